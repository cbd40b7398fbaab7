"""What an interpreter sees of a unit: imagery around it on the clearest dates, and its indices through the year.

It reads where scenes are clear, and nothing of their classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.analysis.pixel_evidence import missing_imagery
from lulc_explorer.analysis.shown_imagery import ShownImagery, dates_to_show, overlap, shown_bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_explorer.analysis.shown_imagery import Window

SURROUNDINGS, CLOSE = 97, 25
"""Pixels a side of what is shown around a unit: odd, so that it lies in the middle."""
_RED, _GREEN, _NEAR_INFRARED = "B04", "B03", "B08"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitImagery(ShownImagery):
    """Imagery around a unit, and its indices through the year."""

    clear: NDArray[np.bool_]
    """Whether every scene of the year is clear at the unit, shape (time,)."""
    ndvi: NDArray[np.float64]
    """In every scene, -1 to 1, NaN without data or bands, shape (time,)."""
    ndwi: NDArray[np.float64]
    """The same: green against near infrared (McFeeters 1996)."""


def surroundings(pixel: tuple[int, int], shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of a map of some shape that are shown around a pixel.

    Examples
    --------
    >>> surroundings((0, 60), (1000, 1000))
    (slice(0, 49, None), slice(12, 109, None))
    """
    rows, columns = (overlap(p - SURROUNDINGS // 2, SURROUNDINGS, n)[0] for p, n in zip(pixel, shape, strict=True))
    return rows, columns


def read_unit_imagery(window: Window, pixel: tuple[int, int]) -> UnitImagery:
    """Read what is shown of a unit.

    Parameters
    ----------
    window
        The `surroundings` of the unit, or more.
    pixel
        Row and column of the unit in it.
    """
    clear, imagery = window.clear, window.imagery
    at = clear.values[:, *pixel]
    nothing = np.full(len(at), np.nan)
    lacking = missing_imagery(imagery)
    if lacking or imagery is None:
        empty = np.zeros((0, 0, SURROUNDINGS, SURROUNDINGS), np.uint8)
        return UnitImagery(stored=empty, clear=at, ndvi=nothing, ndwi=nothing, lacking=lacking)
    bands = shown_bands(imagery)
    spans = [overlap(p - SURROUNDINGS // 2, SURROUNDINGS, n) for p, n in zip(pixel, clear.shape[1:], strict=True)]
    inside, into = zip(*spans, strict=True)
    scenes = dates_to_show(clear.values[:, *inside].mean((1, 2)), at, clear["time"].dt.dayofyear.values)
    read = imagery.sel(band=bands)[:, :, *inside].values
    stored = np.zeros((len(scenes), len(bands), SURROUNDINGS, SURROUNDINGS), np.uint8)
    stored[:, :, *into] = read[scenes]
    here = {band: read[:, i, pixel[0] - inside[0].start, pixel[1] - inside[1].start] for i, band in enumerate(bands)}
    return UnitImagery(
        scenes=tuple(scenes),
        bands=tuple(bands),
        stored=stored,
        clear=at,
        ndvi=_index(here.get(_NEAR_INFRARED), here[_RED], nothing),
        ndwi=_index(here[_GREEN], here.get(_NEAR_INFRARED), nothing),
        unread=window.unread,
        lacking="" if scenes else "No imagery: this place is cloudy in every scene.",
    )


def _index(
    one: NDArray[np.uint8] | None, other: NDArray[np.uint8] | None, nothing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the normalised difference of two stored bands, NaN where either has no data."""
    if one is None or other is None:
        return nothing
    a, b = (np.where(band > 0, ((band.astype(float) - 1) / 254) ** 2, np.nan) for band in (one, other))
    total = a + b
    return np.divide(a - b, total, out=nothing.copy(), where=total > 0)
