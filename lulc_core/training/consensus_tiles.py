"""The consensus tiles of Dynamic World as they are distributed: what experts agreed on, and what it predicted there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.training.files import geotiffs
from lulc_core.training.label_tiles import tile_named
from lulc_core.training.rasters import check_grids, open_tiff
from lulc_core.valid_pixels import data_bands, read_valid

if TYPE_CHECKING:
    from pathlib import Path

    import rasterio
    from numpy.typing import NDArray

REFERENCE, MOST_PROBABLE = "lulc", "label"
"""Bands of a tile beside its probabilities: the consensus, from 1; and Dynamic World's own class, from 0."""
_LAND = tuple(each for each in LEGEND if not each.cloud)
"""The nine classes of the probabilities."""
DIFFERING = 0.001
"""Share of the pixels at which the band `MOST_PROBABLE` may differ: where two classes are equally probable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileFiles:
    """Where a tile lies."""

    name: str
    """Such as ``dw_-0p64_6p82-20190226``."""
    labels: Path
    """Has the bands `REFERENCE` and `MOST_PROBABLE`."""
    probabilities: Path
    """Has a band for each of the nine classes; the same file if there is but one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusTile:
    """What a tile says, dims (y, x) throughout."""

    files: TileFiles
    """Where it lies."""
    grid: GeoBox
    """Its pixels."""
    reference: NDArray[np.uint8]
    """Legend codes that the experts agreed on, 0 = unmarked, no agreement, or cloud."""
    dynamic_world: NDArray[np.uint8]
    """Legend code of the most probable class by Dynamic World, the first if equal; 0 = no answer."""
    remark: str
    """What the tile contradicts itself in, and what is believed; empty if it does not."""


def find_consensus_tiles(folder: Path) -> list[TileFiles]:
    """List the tiles below a folder: ``label_<tile>.tif`` with its ``probs_<tile>.tif``, in any folders.

    A file of another name is a tile that has all bands in itself.

    Raises
    ------
    NotFoundError
        If there is no tile.
    InvalidInputError
        If two files are of one tile.
    """
    files, _ = geotiffs(folder)
    probabilities = {tile_named(path.stem): path for path in files.values() if _has_probabilities(path)}
    tiles: dict[str, TileFiles] = {}
    for path in files.values():
        name = tile_named(path.stem)
        if _has_probabilities(path):
            continue
        if name in tiles:
            raise InvalidInputError(f"{tiles[name].labels} and {path} are of one tile. Remove one.")
        tiles[name] = TileFiles(name=name, labels=path, probabilities=probabilities.get(name, path))
    if not tiles:
        raise NotFoundError(
            f"No tile in {folder}. Unpack dw_test.zip of https://doi.org/10.5281/zenodo.4766508 there: label_dw_*.tif "
            "and probs_dw_*.tif."
        )
    return list(tiles.values())


def _has_probabilities(path: Path) -> bool:
    """Return whether a file is of a tile's probabilities, by its name."""
    return path.stem.casefold().startswith("probs_")


def read_consensus_tile(files: TileFiles) -> ConsensusTile:
    """Read a tile: bands are found by their names, ``lulc``, ``label`` and the nine classes.

    Raises
    ------
    InvalidInputError
        If the files are no such tile.
    """
    with open_tiff(files.labels) as labels, open_tiff(files.probabilities) as probabilities:
        check_grids(probabilities, labels)
        bands = _bands(labels, files.labels, (REFERENCE,))
        reference = _reference(*read_valid(labels, [bands[REFERENCE]]), files.labels)
        classes = _bands(probabilities, files.probabilities, tuple(each.name for each in _LAND))
        shares, seen = read_valid(probabilities, [classes[each.name] for each in _LAND])
        best = _best(shares, np.asarray(seen.all(axis=0)))
        remark = ""
        if MOST_PROBABLE in bands:
            named, there = read_valid(labels, [bands[MOST_PROBABLE]])
            remark = _contradiction(named[0], there[0], best, files.labels)
        grid = GeoBox.from_rio(labels)
    return ConsensusTile(files=files, grid=grid, reference=reference, dynamic_world=best, remark=remark)


def _bands(source: rasterio.DatasetReader, path: Path, wanted: tuple[str, ...]) -> dict[str, int]:
    """Return the positions of the bands by `REFERENCE`, `MOST_PROBABLE` and the names of classes in the legend."""
    found: dict[str, int] = {}
    for i in data_bands(source):
        name = (source.descriptions[i - 1] or "").strip().casefold()
        meant = None if name in ("", REFERENCE, MOST_PROBABLE) else LEGEND.find(name)
        found.setdefault(meant.name if meant else name, i)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InvalidInputError(
            f"{path} is not of a consensus tile: it lacks {', '.join(missing)} among its bands, which are named "
            f"{', '.join(str(name) for name in source.descriptions)}. Expected, as in dw_test.zip, lulc and label in "
            "label_dw_*.tif, and the nine classes of Dynamic World in probs_dw_*.tif of the same tile."
        )
    return found


def _reference(values: NDArray[np.number], valid: NDArray[np.bool_], path: Path) -> NDArray[np.uint8]:
    """Return the codes of the consensus, 0 where there is none or it is cloud."""
    codes = np.where(valid, values, NO_DATA)[0]
    if (codes % 1 != 0).any() or codes.min() < 0 or codes.max() > LEGEND.codes.max():
        raise InvalidInputError(
            f"{path} must have codes from 0 (unmarked) to {LEGEND.codes.max()} in its band lulc; it has "
            f"{codes.min():g} to {codes.max():g}."
        )
    cloud = [each.code for each in LEGEND if each.cloud]
    return np.where(np.isin(codes, cloud), NO_DATA, codes).astype(np.uint8)


def _best(shares: NDArray[np.number], seen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the code of the highest share (class, y, x), 0 where there is none."""
    answered = seen & (np.where(seen, shares, 0).sum(axis=0) > 0)
    codes = np.array([each.code for each in _LAND], np.uint8)
    return np.where(answered, codes[np.where(answered, shares, 0).argmax(axis=0)], NO_DATA).astype(np.uint8)


def _contradiction(named: NDArray[np.number], there: NDArray[np.bool_], best: NDArray[np.uint8], path: Path) -> str:
    """Return what to say where the class that a tile names is not its most probable one."""
    both = there & (best > 0)
    whole, differing = np.count_nonzero(both), np.count_nonzero(named[both] + 1 != best[both])
    if differing <= DIFFERING * whole:
        return ""
    return (
        f"{path.name}: its band label, counted from 0, is not the most probable class at {differing:,} of "
        f"{whole:,} pixels; used the probabilities."
    )
