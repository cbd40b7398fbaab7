"""Reading a file on a grid that has its pixels, or halves of them: without a warp, and with its result.

GDAL's warp takes any two grids, and a tenth of a second for a million pixels. Of a file whose pixels are twice those of
the grid, as the 20 m bands are on the grid of the others, the weights of a bilinear interpolation are 9, 3, 3 and 1
sixteenths everywhere, and sums of 16-bit numbers with these are exact in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np
from rasterio.windows import Window

if TYPE_CHECKING:
    import rasterio
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

_TOLERANCE = 1e-6
"""Of a pixel's size and place, in pixels of the file: far below what a weight shows."""
Place = tuple[tuple[slice, slice], "NDArray[np.float32]"]
"""Rows and columns of a grid, and the numbers there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """How the pixels of a grid lie in those of a file."""

    parts: int
    """How many of them lie along one of the file: 1 or 2."""
    first: tuple[int, int]
    """Row and column of the grid's first pixel, in pixels of its own size from the file's first."""
    shape: tuple[int, int]
    """Height and width of the grid."""

    @classmethod
    def of(cls, source: GeoBox, grid: GeoBox) -> Alignment | None:
        """Return how a grid lies in that of a file; None if its pixels are no such parts.

        Examples
        --------
        >>> from odc.geo.geobox import GeoBox
        >>> fine = GeoBox.from_bbox((0, 0, 80, 40), "EPSG:32631", resolution=10)
        >>> found = Alignment.of(fine.zoom_out(2), fine[1:, 2:])
        >>> found.parts, found.first
        (2, (1, 2))
        """
        if source.crs != grid.crs:
            return None
        within = ~source.affine @ grid.affine
        for parts in (1, 2):
            column, row = round(within.c * parts), round(within.f * parts)
            wanted = (1 / parts, 0, column / parts, 0, 1 / parts, row / parts)
            if max(abs(a - b) for a, b in zip(within[:6], wanted, strict=True)) < _TOLERANCE:
                return cls(parts=parts, first=(row, column), shape=(grid.shape.y, grid.shape.x))
        return None

    def read(self, image: rasterio.DatasetReader, *, nearest: bool) -> Place:
        """Read the first band of a file, of whole numbers with 0 as no data.

        Parameters
        ----------
        image
            Open.
        nearest
            Whether to repeat larger pixels, as codes need it; else they are interpolated bilinearly between those that
            are data, and 0 where they are none themselves.

        Returns
        -------
        tuple
            Where in the grid the file has pixels, and their values.
        """
        sizes = [self.parts * size for size in image.shape]
        spans = [(max(at, 0), min(at + n, size)) for at, n, size in zip(self.first, self.shape, sizes, strict=True)]
        if any(stop <= start for start, stop in spans):
            return (slice(0, 0), slice(0, 0)), np.empty((0, 0), np.float32)
        rim = int(self.parts > 1 and not nearest)
        window = [
            (max(start // self.parts - rim, 0), min((stop - 1) // self.parts + 1 + rim, size))
            for (start, stop), size in zip(spans, image.shape, strict=True)
        ]
        read = image.read(1, window=Window.from_slices(*window))
        top, left = (start - self.parts * low for (start, _), (low, _) in zip(spans, window, strict=True))
        numbers = np.empty([stop - start for start, stop in spans], np.float32)
        if rim:
            _double(read, top, left, numbers)
        else:
            larger = read.repeat(self.parts, 0).repeat(self.parts, 1) if self.parts > 1 else read
            numbers[:] = larger[top : top + numbers.shape[0], left : left + numbers.shape[1]]
        rows, columns = (slice(start - at, stop - at) for at, (start, stop) in zip(self.first, spans, strict=True))
        return (rows, columns), numbers


@numba.njit(cache=True, nogil=True)
def _double(coarse: NDArray[np.generic], top: int, left: int, fine: NDArray[np.float32]) -> None:
    """Interpolate values, 0 = no data, to the part of the halves of their pixels that begins at a row and a column."""
    height, width = coarse.shape
    sums, weights = np.empty(width + 2, np.int32), np.empty(width + 2, np.int32)  # with a pixel more at each end
    seen, row = np.empty(width, np.float32), np.empty(2 * width, np.float32)
    for y in range(fine.shape[0]):
        here = (y + top) // 2
        beside = min(max(here + (y + top) % 2 * 2 - 1, 0), height - 1)
        near, far = coarse[here], coarse[beside]
        for x in range(width):
            a, b = np.int32(near[x]), np.int32(far[x])
            sums[x + 1] = 3 * a + b
            weights[x + 1] = 3 * np.int32(a != 0) + np.int32(b != 0)
            seen[x] = np.float32(a != 0)
        for outer, inner in ((0, 1), (width + 1, width)):
            sums[outer], weights[outer] = sums[inner], weights[inner]
        for x in range(width):
            total, weight = 3 * sums[x + 1], 3 * weights[x + 1]
            row[2 * x] = seen[x] * np.float32(total + sums[x]) / np.float32(max(weight + weights[x], 1))
            row[2 * x + 1] = seen[x] * np.float32(total + sums[x + 2]) / np.float32(max(weight + weights[x + 2], 1))
        into, part = fine[y], row[left:]
        for x in range(into.size):  # assigning the row would take the compiler seconds
            into[x] = part[x]
