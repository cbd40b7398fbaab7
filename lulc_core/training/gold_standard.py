"""How good a network is on the consensus tiles of Dynamic World, beside Dynamic World's own probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from odc.geo.xr import xr_coords

from lulc_core.accuracy.assessment import assess
from lulc_core.accuracy.designs import Design
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError, LulcError, NotFoundError, UnreachableError
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.ahead import ahead
from lulc_core.mapping.inference import predict
from lulc_core.progress import Progress, ProgressCallback, check, silent
from lulc_core.training.chip_making import GIVE_UP
from lulc_core.training.consensus_tiles import ConsensusTile, TileFiles, find_consensus_tiles, read_consensus_tile
from lulc_core.training.day_imagery import ImagerySource, image_of_day
from lulc_core.training.files import geotiffs
from lulc_core.training.label_tiles import day_of, tile_named
from lulc_core.training.published_scores import DYNAMIC_WORLD, PUBLISHED, PublishedScore
from lulc_core.training.rasters import check_grids, open_tiff, read_reflectance

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lulc_core.accuracy.report import Assessment
    from lulc_core.json_types import JsonObject
    from lulc_core.networks.model import Model

AT_ONCE = 4
"""Tiles that are read, and whose images are fetched, while one is classified."""
_CLOUD = [each.code for each in LEGEND if each.cloud]
_CODES = 16
"""More than any code of the legend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good a map is on the tiles."""

    name: str
    """Name of the network, or `DYNAMIC_WORLD`."""
    assessment: Assessment
    """Its accuracies, with intervals for clusters: the tiles."""
    unanswered: float
    """Share of the labelled pixels, 0-1, at which it has no class of land: cloud, or no data. They are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What came of a benchmark."""

    scores: tuple[Score, ...]
    """Of the network, if there is one, and of Dynamic World on the same tiles."""
    tiles: int
    """Tiles that were scored."""
    labelled_px: int
    """Pixels with a consensus on land in them."""
    left_out: Mapping[str, str]
    """Why a tile could not be scored, by its name."""
    remarks: tuple[str, ...]
    """What a reader should know."""
    published: Mapping[str, PublishedScore] = field(default_factory=lambda: PUBLISHED)
    """Published accuracies by the name of the score."""

    def as_dict(self) -> JsonObject:
        """Return it for JSON; scores as `Assessment.as_dict`."""
        return {
            "tiles": self.tiles,
            "labelled_px": self.labelled_px,
            "scores": [
                {"name": each.name, "unanswered": each.unanswered, **each.assessment.as_dict()} for each in self.scores
            ],
            "published": {
                name: {"source": p.source, "overall": p.overall, "users": {**p.users}, "producers": {**p.producers}}
                for name, p in self.published.items()
            },
            "left_out": dict(self.left_out),
            "remarks": list(self.remarks),
        }


def score_gold_standard(
    folder: str | os.PathLike[str],
    model: Model | None = None,
    *,
    imagery: str | os.PathLike[str] | None = None,
    source: ImagerySource | None = None,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> Benchmark:
    """Score a network on the 409 consensus tiles of Dynamic World, and Dynamic World's own probabilities.

    Compared are the pixels with a consensus on a class of land, as by Brown et al. (2022); those at which a map says
    cloud, or nothing, are left out and counted. Tiles were drawn at random within biomes and hemispheres, not from the
    world as it is: each counts by its labelled pixels, and the intervals treat tiles as clusters.

    Parameters
    ----------
    folder
        Holds the unpacked tiles (https://doi.org/10.5281/zenodo.4766508).
    model
        The network; without one only Dynamic World is scored.
    imagery
        A dataset, whose ``images`` have the names of the tiles; by default the images are fetched.
    source
        Where scenes are fetched; by default the Planetary Computer.
    progress, cancel
        Called after each tile; set to stop before the next.

    Returns
    -------
    Benchmark
        The tiles that have no image are left out for both maps.

    Raises
    ------
    NotFoundError
        If there is no tile, or none could be scored.
    InvalidInputError
        If the consensus seems to count from 0, or a network needs other bands than a dataset has.
    CancelledError
        If cancelled.

    Examples
    --------
    >>> score_gold_standard("dw_test").scores[0].assessment.overall.value  # doctest: +SKIP
    0.738
    """
    tiles = find_consensus_tiles(Path(folder))
    kept = None if imagery is None else Path(imagery)
    images = _Images(model=model, dataset=kept, source=source or ImagerySource(), cancel=cancel)
    scoring = _Scoring(model=model)
    for done, (files, got) in enumerate(zip(tiles, ahead(AT_ONCE, images.read, tiles), strict=True), start=1):
        check(cancel)
        scoring.add(files.name, got)
        progress(Progress(stage="score", done=done, total=len(tiles), detail=files.name))
    return scoring.benchmark(Path(folder))


_Read = tuple["ConsensusTile", "xr.DataArray | None"]
"""A tile and its image, (time, band, y, x) with one time; None without a network."""


@dataclass(slots=True, kw_only=True)
class _Scoring:
    """Tiles while they are scored."""

    model: Model | None
    own: _Tally = field(default_factory=lambda: _Tally(name=DYNAMIC_WORLD))
    """Of Dynamic World."""
    network: _Tally = field(default_factory=lambda: _Tally(name=""))
    """Of the network."""
    left_out: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    shifted: int = 0
    """Pixels at which Dynamic World would be right if the consensus counted from 0."""
    unreachable: int = 0
    """Tiles in a row that could not be reached."""

    def add(self, name: str, got: _Read | LulcError) -> None:
        """Count a tile; raises `UnreachableError` if tile after tile cannot be reached."""
        self.unreachable = self.unreachable + 1 if isinstance(got, UnreachableError) else 0
        if isinstance(got, LulcError):
            self.left_out[name] = str(got)
            if self.unreachable >= GIVE_UP:
                raise got
            return
        tile, image = got
        self.remarks += [tile.remark] if tile.remark else []
        self.shifted += int(np.count_nonzero((tile.reference > 0) & (tile.reference + 1 == tile.dynamic_world)))
        self.own.add(name, tile.dynamic_world, tile.reference)
        if self.model is not None and image is not None:
            self.network.add(name, predict(image, self.model)["label"].values[0], tile.reference)

    def benchmark(self, folder: Path) -> Benchmark:
        """Return the scores; raises if there are none, or the consensus counts from 0."""
        why = next(iter(self.left_out.values()), "Nothing is marked in them.")
        if not self.own.answered:
            raise NotFoundError(f"No tile in {folder} could be scored. {why}")
        if self.shifted > self.own.right:
            raise InvalidInputError(
                f"The band lulc of the tiles in {folder} agrees with Dynamic World at {self.own.right:,} pixels, and "
                f"at {self.shifted:,} if it counted from 0. Expected codes from 1, and 0 for unmarked: give the tiles "
                "as published."
            )
        remarks = list(self.remarks)
        if self.model is not None:
            self.network.name = self.model.name
            remarks += [self.model.level_remark] if self.model.level_remark else []
        if self.left_out:
            name = next(iter(self.left_out))
            remarks.append(f"{counted(len(self.left_out), 'tile')} could not be scored, such as {name}: {why}")
        return Benchmark(
            scores=tuple(tally.score() for tally in (self.network, self.own) if tally.answered),
            tiles=self.own.tiles,
            labelled_px=self.own.labelled,
            left_out=self.left_out,
            remarks=tuple(remarks),
        )


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Pixels of a map against the consensus."""

    name: str
    rows: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Tile, class of the map, class of the reference, pixels."""
    tiles: int = 0
    labelled: int = 0
    answered: int = 0
    right: int = 0

    def add(self, tile: str, mapped: NDArray[np.uint8], reference: NDArray[np.uint8]) -> None:
        """Count the pixels of a tile."""
        self.tiles += 1
        asked = reference > 0
        said = asked & ~np.isin(mapped, [NO_DATA, *_CLOUD])
        pairs = np.bincount(mapped[said].astype(int) * _CODES + reference[said], minlength=_CODES**2)
        for pair in np.flatnonzero(pairs).tolist():
            row, column = divmod(pair, _CODES)
            self.rows.append((tile, LEGEND[row].name, LEGEND[column].name, int(pairs[pair])))
            self.right += int(pairs[pair]) * (row == column)
        self.labelled += int(np.count_nonzero(asked))
        self.answered += int(np.count_nonzero(said))

    def score(self) -> Score:
        """Return the accuracies of what was counted."""
        table = pd.DataFrame(self.rows, columns=["cluster", "map", "reference", "pixels"])
        found = assess(table, design=Design.indicative("cluster"))
        notes = tuple(note for note in found.warnings if not note.startswith("Areas in hectares"))  # there is no area
        unanswered = 1 - self.answered / self.labelled
        return Score(name=self.name, assessment=replace(found, warnings=notes), unanswered=unanswered)


@dataclass(slots=True, kw_only=True)
class _Images:
    """Where the images of tiles come from."""

    model: Model | None
    dataset: Path | None
    source: ImagerySource
    cancel: threading.Event | None
    known: dict[str, Path] = field(default_factory=dict)
    """Images of the dataset by their names."""

    def __post_init__(self) -> None:
        if self.model is None:
            return
        if self.dataset is None:
            self.source.check()
            return
        other = [band for band in self.model.bands if band not in BANDS]
        if other:
            raise InvalidInputError(
                f"{self.model.name} needs {', '.join(other)}; a dataset has {', '.join(BANDS)}. Leave the dataset "
                "out, so that the images are fetched."
            )
        self.known = {tile_named(path.stem): path for path in geotiffs(self.dataset / "images")[0].values()}

    def read(self, files: TileFiles) -> _Read | LulcError:
        """Return a tile and its image, or why there is none."""
        try:
            tile = read_consensus_tile(files)
            return tile, None if self.model is None else self._image(tile, self.model)
        except LulcError as error:
            return error

    def _image(self, tile: ConsensusTile, model: Model) -> xr.DataArray:
        bands = model.bands if self.dataset is None else BANDS
        if self.dataset is None:
            day = day_of(tile.files.labels, tile.grid)
            values = image_of_day(tile.grid, day, self.source, bands=bands, cancel=self.cancel).reflectance
        elif tile.files.name in self.known:
            values = _kept(self.known[tile.files.name], tile.files.labels)
        else:
            raise NotFoundError(f"{self.dataset / 'images'} has no image {tile.files.name}.")
        coords = {"time": [np.datetime64("1970-01-01", "ns")], "band": list(bands), **xr_coords(tile.grid)}
        return xr.DataArray(values[None], coords, ("time", "band", "y", "x"))


def _kept(image: Path, tile: Path) -> NDArray[np.float32]:
    """Return the reflectance (band, y, x) of an image on the pixels of its tile, NaN = no data."""
    with open_tiff(image) as picture, open_tiff(tile) as codes:
        check_grids(picture, codes)
        values, seen = read_reflectance(picture)
    return np.where(seen, values, np.float32(np.nan))
