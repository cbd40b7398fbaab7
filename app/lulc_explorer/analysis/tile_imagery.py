"""What an interpreter sees of a tile: imagery of the whole of it on its clearest dates.

It reads where scenes are clear, and nothing of their classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.analysis.pixel_evidence import NATURAL, clearest, missing_imagery
from lulc_explorer.analysis.unit_imagery import FALSE_COLOUR

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TileImagery:
    """Imagery of a tile, with no class of any map."""

    scenes: tuple[int, ...] = ()
    """Positions of the scenes to look at, in the order of time."""
    bands: tuple[str, ...] = ()
    stored: NDArray[np.uint8]
    """``1 + 254 sqrt(reflectance)``, 0 = no data or beyond the edge, shape (scene, band, y, x)."""
    lacking: str = ""
    """Why there is no imagery; empty if there is."""

    def of(self, scene: int, bands: list[str]) -> NDArray[np.uint8]:
        """Return the imagery of one of `scenes`, by its place among them, shape (band, y, x)."""
        return self.stored[scene][[self.bands.index(band) for band in bands]]

    @property
    def composites(self) -> list[list[str]]:
        """The colours that there are bands for."""
        return [colours for colours in (NATURAL, FALSE_COLOUR) if {*colours} <= {*self.bands}]


def read_tile_imagery(
    clear: xr.DataArray, imagery: xr.DataArray | None, corner: tuple[int, int], shape: tuple[int, int]
) -> TileImagery:
    """Read what is shown of a tile.

    Parameters
    ----------
    clear
        Whether pixels are clear and have data, bool (time, y, x), in memory.
    imagery
        As the engine keeps it on disk: uint8 (time, band, y, x); None if it did not.
    corner
        Row and column of the tile's first pixel; it may lie outside.
    shape
        Rows and columns of the tile.
    """
    lacking = missing_imagery(imagery)
    if lacking or imagery is None:
        return TileImagery(stored=np.zeros((0, 0, *shape), np.uint8), lacking=lacking)
    bands = [band for band in dict.fromkeys([*NATURAL, *FALSE_COLOUR]) if band in imagery["band"].values]
    spans = [_overlap(*axis) for axis in zip(corner, shape, clear.shape[1:], strict=True)]
    inside, into = zip(*spans, strict=True)
    seen = clear.values[:, *inside].mean((1, 2))
    scenes = clearest(seen, seen > 0, clear["time"].dt.dayofyear.values)
    stored = np.zeros((len(scenes), len(bands), *shape), np.uint8)
    stored[:, :, *into] = imagery.sel(band=bands)[scenes, :, *inside].values
    none = "" if scenes else "No imagery: this tile is cloudy in every scene."
    return TileImagery(scenes=tuple(scenes), bands=tuple(bands), stored=stored, lacking=none)


def _overlap(first: int, length: int, size: int) -> tuple[slice, slice]:
    """Return the part of an axis that a tile covers, and where in the tile it lies."""
    start, stop = max(first, 0), min(first + length, size)
    return slice(start, stop), slice(start - first, stop - first)
