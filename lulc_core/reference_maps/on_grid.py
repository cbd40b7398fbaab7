"""The codes of a class raster on another grid, by nearest neighbour: a mean of codes is no code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform
from rasterio.windows import Window
from rasterio.windows import transform as transform_of

from lulc_core.averaged_codes import MOST_SIDE, SeamTally
from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import pixel_ha
from lulc_core.legend import NO_DATA
from lulc_core.regions import MOST_PX
from lulc_core.valid_pixels import data_bands, read_valid

if TYPE_CHECKING:
    import rasterio
    from numpy.typing import NDArray
    from rasterio import Affine

NOT_SEEN = -1
"""Where a raster has no data; 0 may be a class of another legend."""
_ROWS = 1024
"""Rows of the grid that are read at once."""
_MESH = 33
"""Places a side by which the part of a raster under a grid is found."""
_MARGIN_PX = 2
_ALIKE = 1.5
"""Pixels are of one size up to this ratio of their sides."""


def codes_on_grid(source: rasterio.DatasetReader, grid: GeoBox) -> NDArray[np.integer]:
    """Return the codes of a raster at the centres of a grid's pixels, dims (y, x), `NOT_SEEN` where there are none.

    Its overviews are not read: they may be averages of codes.

    Raises
    ------
    InvalidInputError
        Unless it has one band of whole numbers, and a number of pixels under the grid that can be read.
    """
    bands = data_bands(source)
    kind = np.dtype(source.dtypes[bands[0] - 1]) if len(bands) == 1 else None
    if kind is None or kind.kind not in "iu":
        raise InvalidInputError(
            f"{source.name} must have one band of class codes, whole numbers; it has {len(bands)} of "
            f"{source.dtypes[0]}."
        )
    return band_on_grid(source, bands[0], grid)


def band_on_grid(source: rasterio.DatasetReader, band: int, grid: GeoBox) -> NDArray[np.integer]:
    """Return a band of whole numbers, counted from 1, as `codes_on_grid` does."""
    kind = np.int16 if source.dtypes[band - 1] == "uint8" else np.int32
    found: NDArray[np.integer] = np.full(grid.shape, NOT_SEEN, kind)
    for first in range(0, grid.shape.y, _ROWS):
        rows = slice(first, min(first + _ROWS, grid.shape.y))
        if window := _under(source, grid[rows, :]):
            _warp(source, band, window, found[rows], grid[rows, :])
    return found


def remark_on_pixels(source: rasterio.DatasetReader, grid: GeoBox) -> str:
    """Return what must be said where a raster's pixels are not of the size of the grid's; empty if they are."""
    window = _under(source, grid)
    part = GeoBox.from_rio(source)[window.toslices()] if window else None
    theirs, ours = pixel_ha(part), pixel_ha(grid)
    if not theirs or not ours or 1 / _ALIKE < (ratio := (theirs / ours) ** 0.5) < _ALIKE:
        return ""
    size = f"Its pixels are about {100 * theirs**0.5:,.0f} m a side, where the map's are {100 * ours**0.5:,.0f} m"
    if ratio > 1:
        return f"{size}: each is repeated, so it has no detail that is finer, and borders disagree for that alone."
    return f"{size}: of each {1 / ratio**2:,.0f} the nearest is taken."


def remark_on_averages(source: rasterio.DatasetReader, grid: GeoBox, what: str) -> str:
    """Return that the codes of a raster under a grid seem to be averages; empty if they do not."""
    window = _under(source, grid)
    if window is None:
        return ""
    middle = Window.from_slices(*map(_middle, window.toslices()))
    values, seen = read_valid(source, data_bands(source)[:1], window=middle)
    tally = SeamTally()
    tally.add(np.where(seen & (values > 0) & (values < 256), values, NO_DATA)[0].astype(np.uint8))
    return tally.remark(what, {})


def _middle(part: slice) -> slice:
    """Return the middle of many rows or columns."""
    extra = max(part.stop - part.start - MOST_SIDE, 0) // 2
    return slice(part.start + extra, part.stop - extra)


def _under(source: rasterio.DatasetReader, grid: GeoBox) -> Window | None:
    """Return the part of a raster that lies under a grid, with a margin; None if there is none."""
    rows, columns = (np.linspace(0, n, _MESH) for n in grid.shape)
    right, down = np.meshgrid(columns, rows)
    x, y = transform(str(grid.crs), source.crs, *_placed(grid.affine, right.ravel(), down.ravel()))
    right, down = _placed(~source.transform, np.array(x), np.array(y))
    known = np.isfinite(right) & np.isfinite(down)
    if not known.any():
        return None
    ends = [(np.floor(one[known].min()), np.ceil(one[known].max())) for one in (down, right)]
    parts = [
        slice(max(int(low) - _MARGIN_PX, 0), min(int(high) + _MARGIN_PX, size))
        for (low, high), size in zip(ends, source.shape, strict=True)
    ]
    if any(part.start >= part.stop for part in parts):
        return None
    return Window.from_slices(*parts)


def _placed(
    affine: Affine, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b, c, d, e, f = tuple(affine)[:6]
    return a * x + b * y + c, d * x + e * y + f


def _warp(source: rasterio.DatasetReader, band: int, window: Window, into: NDArray[np.integer], grid: GeoBox) -> None:
    """Write the codes of a part of a raster into an array on a grid."""
    if window.width * window.height > MOST_PX:
        raise InvalidInputError(
            f"{source.name} has {window.width:,} x {window.height:,} pixels under {grid.shape.x:,} x {grid.shape.y:,} "
            "of the map: it is far finer. Warp it to the map's grid first."
        )
    values, seen = read_valid(source, [band], window=window)
    codes = values[0].astype(into.dtype)  # wider: of bytes, none is left for `NOT_SEEN`
    codes[~seen[0]] = NOT_SEEN
    reproject(
        codes,
        into,
        src_transform=transform_of(window, source.transform),
        src_crs=source.crs,
        src_nodata=NOT_SEEN,
        dst_transform=grid.affine,
        dst_crs=str(grid.crs),
        dst_nodata=NOT_SEEN,
        resampling=Resampling.nearest,
    )
