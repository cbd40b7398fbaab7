"""A training set of a region from maps that others publish: their classes where they agree and the sky is clear."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.home import from_home
from lulc_core.imagery.catalog import search
from lulc_core.imagery.loading import load, load_scene_classification
from lulc_core.imagery.scenes import acquisitions
from lulc_core.imagery.selection import LOOKS, choose
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.chips import spans
from lulc_core.mapping.cloud_masks import clear_sky
from lulc_core.progress import ProgressCallback, check, silent
from lulc_core.reference_maps.crosswalks import RANGELAND
from lulc_core.training.chip_making import imagery_card, make_chips
from lulc_core.training.dataset_report import DatasetReport
from lulc_core.training.day_imagery import DayImage, ImagerySource

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.imagery.scenes import Scene
    from lulc_core.json_types import JsonFields, JsonObject
    from lulc_core.regions import Region

CHIP_PX = 256
"""Edge of a chip."""
_RANGE = [each.code for each in LEGEND if each.rangeland]
"""Classes that `RANGELAND` may be."""
_SAID = ("title", "year", "credit", "crosswalk", "hides")
"""What is said of a map on the card."""


def agreed_label(maps: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return the class that all maps give a pixel, 0 where they differ or one gives none.

    Grass or scrub agrees with either, and is settled by a map that says which; if none does, there is no class.

    Parameters
    ----------
    maps
        Codes of `REFERENCE_LEGEND`, 0 = no data, all of one shape.

    Examples
    --------
    >>> agreed_label([np.array([1, 2, 11, 11, 0], np.uint8), np.array([1, 3, 3, 11, 5], np.uint8)])
    array([1, 0, 3, 0, 0], dtype=uint8)
    """
    agreed = maps[0]
    for other in maps[1:]:
        settled = (agreed == RANGELAND.code) & np.isin(other, _RANGE)
        kept = (agreed == other) | ((other == RANGELAND.code) & np.isin(agreed, _RANGE))
        agreed = np.where(settled, other, np.where(kept, agreed, NO_DATA)).astype(np.uint8)
    return np.where(agreed == RANGELAND.code, NO_DATA, agreed).astype(np.uint8)


def distil_maps(
    maps: Sequence[xr.DataArray],
    region: Region,
    out: str | os.PathLike[str],
    *,
    year: int,
    source: ImagerySource | None = None,
    max_scenes: int | None = None,
    looks: float = LOOKS,
    size: int = CHIP_PX,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> DatasetReport:
    """Make a dataset for `train` of published maps of a region and the scenes of a year.

    Each chip is a window of one acquisition, labelled where all maps agree and the scene classification is clear. A
    map has errors, and shows the year, not the day: a network learns both. A run that was ended goes on.

    Parameters
    ----------
    maps
        Of `load_reference_map` or `read_reference_map`: codes of `REFERENCE_LEGEND` (y, x) on the region's grid.
    region, year
        Where and when.
    out
        Folder for ``images``, ``labels``, the card ``dataset.json`` and ``chips.csv``.
    source
        Where the scenes are; by default the Planetary Computer.
    max_scenes, looks
        As for `choose`.
    size
        Edge of a chip, px.
    progress, cancel
        Called after each chip; set to stop.

    Returns
    -------
    DatasetReport
        What is in the dataset, and what could not be had.

    Raises
    ------
    InvalidInputError
        If there is no map, one is on another grid, or no scene has a scene classification.
    NotFoundError
        If there is no scene, or no pixel that the maps agree on.
    UnreachableError, CancelledError
        As for `fetch_dynamic_world`.

    Examples
    --------
    >>> label = load_reference_map("io-lulc-annual-v02", leuven, year=2021)  # doctest: +SKIP
    >>> distil_maps([label], leuven, "dataset", year=2021).pixels  # doctest: +SKIP
    """
    source = source or ImagerySource()
    if not maps or any(one.odc.geobox != region.grid for one in maps):
        raise InvalidInputError(f"Give one map or more on the grid of {region.title}; got {len(maps)}.")
    codes = [np.asarray(one, np.uint8) for one in maps]
    label = agreed_label(codes)
    if not label.any():
        raise NotFoundError(f"No pixel of {region.title} has a class in every map that all of them agree on.")
    scenes = search(region, year=year, catalog=source.catalog, timeout=source.timeout, data_dirs=source.data_dirs)
    passes = acquisitions(choose(scenes, max_scenes, looks=looks))
    check(cancel)
    report = DatasetReport(folder=from_home(out))
    card = imagery_card(source) | {"distilled_from": _card(maps, codes, label, year)}
    make_chips(_windows(label, region, passes, size), report, card, progress, cancel)
    return report


def _card(
    maps: Sequence[xr.DataArray], codes: Sequence[NDArray[np.uint8]], label: NDArray[np.uint8], year: int
) -> JsonObject:
    """Return what a dataset was distilled from, and how far the maps agree."""
    said = [{str(key): value for key, value in one.attrs.items()} for one in maps]
    everywhere = np.all([one > 0 for one in codes], axis=0)
    return {
        "maps": [{key: each[key] for key in _SAID if key in each} for each in said],
        "notes": _years(said, year),
        "rule": "labelled where all maps agree and the scene classification is clear; clouds are not labelled",
        "mapped_px": int(np.count_nonzero(everywhere)),
        "agreed_px": int(np.count_nonzero(label)),
    }


def _years(said: Sequence[JsonFields], year: int) -> list[str]:
    """Return which maps are of another year than the images."""
    others = [each for each in said if each.get("year", year) != year]
    return [f"{each.get('title')} is of {each['year']}, the images are of {year}." for each in others]


def _windows(
    label: NDArray[np.uint8], region: Region, passes: Sequence[Sequence[Scene]], size: int
) -> list[_WindowChip]:
    """Return the chips of each window with a label, and each acquisition."""
    height, width = label.shape
    boxes = [(rows, columns) for rows in spans(height, size, 0) for columns in spans(width, size, 0)]
    labelled = [box for box in boxes if label[box].any()]
    return [
        _WindowChip(
            scenes=tuple(parts),
            grid=region.grid[box],
            codes=label[box],
            name=f"{region.name}_y{box[0].start:05}_x{box[1].start:05}",
        )
        for parts in passes
        for box in labelled
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _WindowChip:
    """A window of a region in one acquisition."""

    scenes: tuple[Scene, ...]
    grid: GeoBox
    codes: NDArray[np.uint8]
    """What the maps agree on."""
    name: str
    group: str = ""

    @property
    def id(self) -> Path:
        return Path(f"{self.name}-{self.scenes[0].datetime:%Y%m%dT%H%M%S}")

    @property
    def day(self) -> str:
        return f"{self.scenes[0].datetime:%Y-%m-%d}"

    @property
    def label_from(self) -> str:
        return hashlib.sha256(self.codes.tobytes()).hexdigest()

    def label(self) -> NDArray[np.uint8]:
        clear = clear_sky(load_scene_classification(self.scenes, self.grid)[0]).to_numpy()
        label = np.where(clear, self.codes, NO_DATA).astype(np.uint8)
        if not label.any():
            raise NotFoundError(f"Nothing that the maps agree on is clear of cloud in {self.id} ({self.scenes[0].id}).")
        return label

    def image(self, cancel: threading.Event | None) -> DayImage:
        check(cancel)
        values = load(self.scenes, self.grid)[0].to_numpy()
        return DayImage(reflectance=values, scenes=tuple(scene.id for scene in self.scenes), remarks=())
