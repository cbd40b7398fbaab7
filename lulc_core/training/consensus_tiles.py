"""The consensus tiles of Dynamic World as they are distributed: what experts agreed on, and what it predicted there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.training.files import geotiffs
from lulc_core.training.rasters import open_tiff
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
class ConsensusTile:
    """What a tile says, dims (y, x) throughout."""

    path: Path
    """The file."""
    grid: GeoBox
    """Its pixels."""
    reference: NDArray[np.uint8]
    """Legend codes that the experts agreed on, 0 = unmarked, no agreement, or cloud."""
    dynamic_world: NDArray[np.uint8]
    """Legend code of the most probable class by Dynamic World, the first if equal; 0 = no answer."""
    remark: str
    """What the tile contradicts itself in, and what is believed; empty if it does not."""


def find_consensus_tiles(folder: Path) -> list[Path]:
    """List the GeoTIFFs below a folder; raises `NotFoundError` if there is none."""
    files, _ = geotiffs(folder)
    if not files:
        raise NotFoundError(
            f"No GeoTIFF in {folder}. Unpack dw_test.zip of https://doi.org/10.5281/zenodo.4766508 there."
        )
    return list(files.values())


def read_consensus_tile(path: Path) -> ConsensusTile:
    """Read a tile: bands are found by their names, ``lulc``, ``label`` and the nine classes.

    Raises
    ------
    InvalidInputError
        If the file is no such tile.
    """
    with open_tiff(path) as source:
        bands = _bands(source, path)
        reference = _reference(*read_valid(source, [bands[REFERENCE]]), path)
        shares, seen = read_valid(source, [bands[each.name] for each in _LAND])
        best = _best(shares, np.asarray(seen.all(axis=0)))
        remark = ""
        if MOST_PROBABLE in bands:
            named, there = read_valid(source, [bands[MOST_PROBABLE]])
            remark = _contradiction(named[0], there[0], best, path)
        grid = GeoBox.from_rio(source)
    return ConsensusTile(path=path, grid=grid, reference=reference, dynamic_world=best, remark=remark)


def _bands(source: rasterio.DatasetReader, path: Path) -> dict[str, int]:
    """Return the positions of the bands by `REFERENCE`, `MOST_PROBABLE` and the names of classes in the legend."""
    found: dict[str, int] = {}
    for i in data_bands(source):
        name = (source.descriptions[i - 1] or "").strip().casefold()
        meant = None if name in ("", REFERENCE, MOST_PROBABLE) else LEGEND.find(name)
        found.setdefault(meant.name if meant else name, i)
    missing = [name for name in (REFERENCE, *(each.name for each in _LAND)) if name not in found]
    if missing:
        raise InvalidInputError(
            f"{path} is not a consensus tile: it lacks {', '.join(missing)} among its bands, which are named "
            f"{', '.join(str(name) for name in source.descriptions)}. Expected lulc, label and the nine classes of "
            "Dynamic World, as in dw_test.zip."
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
