"""Imagery that an interpreter is shown, with no class of any map: on its clearest dates, in true and false colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.analysis.pixel_evidence import NATURAL, clearest

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

FALSE_COLOUR = ["B08", "B04", "B03"]
"""Near infrared, red and green: shown as red, green and blue, plants are red."""
SHOWN_BANDS = tuple(dict.fromkeys([*NATURAL, *FALSE_COLOUR]))
"""What of a scene is shown, by asset keys."""

_MOSTLY_CLEAR = 2 / 3
"""Clear share of a picture from which on it is shown before all others."""
_FEWEST = 4
"""Dates that are shown even if their pictures are half white."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """A part of every scene of a place."""

    clear: xr.DataArray
    """Whether pixels are clear and have data, bool (time, y, x), in memory."""
    imagery: xr.DataArray | None
    """As the engine keeps it on disk: uint8 (time, band, y, x); None if it did not."""
    unread: int = 0
    """How many scenes could not be read; they have no data."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownImagery:
    """Imagery of a part of a map on some dates."""

    scenes: tuple[int, ...] = ()
    """Positions of the scenes to look at, in the order of time."""
    bands: tuple[str, ...] = ()
    stored: NDArray[np.uint8]
    """``1 + 254 sqrt(reflectance)``, 0 = no data or beyond the edge, shape (scene, band, y, x)."""
    lacking: str = ""
    """Why there is no imagery; empty if there is."""
    unread: int = 0
    """How many scenes of the year could not be read."""

    def of(self, scene: int, bands: list[str]) -> NDArray[np.uint8]:
        """Return the imagery of one of `scenes`, by its place among them, shape (band, y, x)."""
        return self.stored[scene][[self.bands.index(band) for band in bands]]

    @property
    def composites(self) -> list[list[str]]:
        """The colours that there are bands for."""
        return [colours for colours in (NATURAL, FALSE_COLOUR) if {*colours} <= {*self.bands}]


def shown_bands(imagery: xr.DataArray) -> list[str]:
    """Return the bands of kept imagery that are shown."""
    return [band for band in SHOWN_BANDS if band in imagery["band"].values]


def dates_to_show(around: NDArray[np.floating], seen: NDArray[np.bool_], day: NDArray[np.integer]) -> list[int]:
    """Return which dates to show, in order: see `clearest`; half white ones only where few others are there.

    Parameters
    ----------
    around
        Clear share of the picture, 0-1, shape (time,).
    seen, day
        As for `clearest`.

    Examples
    --------
    >>> around = np.array([0.3, 0.9, 0.5, 0.95, 1.0, 0.7, 0.4])
    >>> dates_to_show(around, around > 0, np.arange(1, 366, 60))
    [1, 3, 4, 5]
    >>> dates_to_show(around[:4], around[:4] > 0.3, np.arange(1, 240, 60))
    [1, 2, 3]
    """
    mostly = around >= _MOSTLY_CLEAR
    clear = clearest(around, seen & mostly, day)
    white = [int(scene) for scene in np.argsort(-around, kind="stable") if seen[scene] and not mostly[scene]]
    return sorted([*clear, *white[: max(_FEWEST - len(clear), 0)]])


def overlap(first: int, length: int, size: int) -> tuple[slice, slice]:
    """Return the part of an axis of a map that is shown from a position on, and where it lies in what is shown.

    Examples
    --------
    >>> overlap(-2, 5, 100)
    (slice(0, 3, None), slice(2, 5, None))
    """
    start, stop = max(first, 0), min(first + length, size)
    return slice(start, stop), slice(start - first, stop - first)
