"""The part of a raster in view, warped to web Mercator at screen resolution. Pure.

Warping a viewport costs the same for a raster of any size. Classes are resampled by nearest neighbour; continuous
quantities are averaged where the screen is coarser.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.geom import point
from odc.geo.warp import rio_reproject
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.crs import CRS
    from odc.geo.geom import Geometry

MERCATOR = "EPSG:3857"
_EARTH_M = 6_378_137.0
"""Radius of web Mercator's sphere, metres."""
_AROUND_M = 2 * math.pi * _EARTH_M
_THE_WORLD = (-2e7, -1e7, 2e7, 1e7)
_LARGEST_SIDE = 2560
"""Maximum width and height of a view, pixels."""
_CACHED_VIEWPORTS = 24
"""Number of cached viewports: about 1 MB each, 14 MB on the largest screen."""
_STRIPE, _APART = 2, 9
"""Screen pixels: the width of a stripe of hatching, and how far one is from the next."""
_NONE = -1
"""The number of pixels outside the grid."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewport:
    """The part of the world a map shows, and the pixels it has for that."""

    bounds: Bounds
    """West, south, east, north in web Mercator metres."""
    width: int
    """Screen pixels."""
    height: int
    """Screen pixels."""

    @property
    def scale(self) -> float:
        """Mercator metres per screen pixel, the coarser of the two axes."""
        west, south, east, north = self.bounds
        return max((east - west) / self.width, (north - south) / self.height)

    @property
    def ground(self) -> float:
        """Metres on the ground per Mercator metre, in the middle.

        Examples
        --------
        >>> round(Viewport(bounds=to_mercator((4, 59.9, 5, 60.1)), width=1, height=1).ground, 3)
        0.5
        """
        _, south, _, north = self.bounds
        return 1 / math.cosh((south + north) / 2 / _EARTH_M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Pixels placed in web Mercator."""

    pixels: NDArray[np.unsignedinteger]
    """Shape (..., height, width), first row north."""
    bounds: Bounds
    """West, south, east, north in web Mercator metres, the outer edges of the pixels."""


@lru_cache(64)
def mercator_bounds(grid: GeoBox) -> Bounds:
    """Return the extent of a grid in web Mercator metres."""
    return _bounds(footprint(grid))


@lru_cache(64)
def footprint(grid: GeoBox) -> Geometry:
    """Return the outline of a grid in web Mercator, in one piece."""
    return in_one_piece(grid.footprint(MERCATOR), grid.crs)


def in_one_piece(shape: Geometry, crs: CRS | None) -> Geometry:
    """Return a shape in web Mercator as it lies in a projection: see `unwrapped`."""
    return shape.transform(lambda x, y: (unwrapped(np.asarray(x), crs), y))


def unwrapped(x: NDArray[np.floating], crs: CRS | None) -> NDArray[np.floating]:
    """Return web Mercator's x as it goes on in a projection: beyond 180 degrees if that crosses the antimeridian.

    Only UTM's zones 1 and 60 do.

    Examples
    --------
    >>> from odc.geo.crs import CRS
    >>> unwrapped(np.array([20e6, -20e6]), CRS("EPSG:32660")).round()
    array([20000000., 20075017.])
    """
    zone = crs.proj.utm_zone if crs is not None else None
    middle = (6 * int(zone[:-1]) - 183) / 360 * _AROUND_M if zone else 0.0
    return x - np.round((x - middle) / _AROUND_M) * _AROUND_M


def to_degrees(bounds: Bounds) -> Bounds:
    """Return web Mercator bounds as longitudes and latitudes; beyond 180 degrees where they cross the antimeridian."""
    west, south, east, north = bounds
    return (
        west / _AROUND_M * 360,
        math.degrees(math.atan(math.sinh(south / _EARTH_M))),
        east / _AROUND_M * 360,
        math.degrees(math.atan(math.sinh(north / _EARTH_M))),
    )


def to_mercator(bounds: Bounds) -> Bounds:
    """Return bounds in longitudes and latitudes as web Mercator metres."""
    west, south, east, north = bounds
    return mercator_x(west), mercator_y(south), mercator_x(east), mercator_y(north)


def mercator_x(longitude: float) -> float:
    """Return a longitude in web Mercator, metres."""
    return longitude / 360 * _AROUND_M


def mercator_y(latitude: float) -> float:
    """Return a latitude in web Mercator, metres."""
    return math.asinh(math.tan(math.radians(latitude))) * _EARTH_M


def padded(bounds: Bounds, *, share: float = 0.03) -> Bounds:
    """Return bounds with a margin on every side, a share of their size."""
    west, south, east, north = bounds
    dx, dy = (east - west) * share, (north - south) * share
    return west - dx, south - dy, east + dx, north + dy


def home(grid: GeoBox | None) -> Bounds:
    """Return the bounds of a grid with a margin; the whole world without a grid."""
    return padded(mercator_bounds(grid)) if grid else _THE_WORLD


def is_padded(view: Bounds, bounds: Bounds) -> bool:
    """Return whether a view shows just `bounds`, with the space that the screen's shape adds on one axis."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    off_x = abs(view[0] + view[2] - bounds[0] - bounds[2]) / width
    off_y = abs(view[1] + view[3] - bounds[1] - bounds[3]) / height
    spare = min((view[2] - view[0]) / width, (view[3] - view[1]) / height) - 1
    return max(off_x, off_y, abs(spare)) < 0.005


def middle(bounds: Bounds) -> tuple[float, float]:
    """Return the centre of bounds."""
    return (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2


def centred(bounds: Bounds, on: Bounds) -> Bounds:
    """Return bounds of the same size around the middle of others."""
    dx = (on[0] + on[2] - bounds[0] - bounds[2]) / 2
    dy = (on[1] + on[3] - bounds[1] - bounds[3]) / 2
    return bounds[0] + dx, bounds[1] + dy, bounds[2] + dx, bounds[3] + dy


def overlap(one: Bounds, other: Bounds) -> bool:
    """Return whether two bounds share any ground."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def warp(pixels: NDArray[np.uint8], grid: GeoBox, viewport: Viewport, *, fill: int, mean: bool = False) -> Picture:
    """Return what a viewport shows of a raster, by the nearest pixel.

    Parameters
    ----------
    pixels
        Rasters of the shape of `grid`, shape (..., y, x), uint8; one, if its mean is wanted.
    grid
        Where the pixels are, in any projection.
    viewport
        What to show.
    fill
        The value of a pixel without data, in and out.
    mean
        Whether to average several pixels under one screen pixel; never for classes.

    Returns
    -------
    Picture
        Only the part of the viewport that the raster covers; one pixel of `fill` where they do not meet.
    """
    layer = _pixels_in_view(grid, viewport)
    if layer is None:
        return nothing(viewport, fill=fill, of=pixels.shape[:-2])
    target, seen = layer
    if mean:
        out = _averaged(pixels, grid, target, fill)
    else:
        out = np.where(seen == _NONE, fill, pixels.reshape(*pixels.shape[:-2], -1)[..., seen]).astype(np.uint8)
    return Picture(pixels=out, bounds=_bounds(target))


def hatched(picture: Picture, viewport: Viewport, *, of: int, ink: int) -> Picture:
    """Return a picture whose pixels `of` a value have the value `ink` along diagonal stripes.

    They go from the lower left to the upper right. They are of the world, not of the screen: they stay where they are
    when a map is moved.

    Examples
    --------
    >>> picture = Picture(pixels=np.full((2, 9), 3, np.uint8), bounds=(0, 0, 9, 2))
    >>> hatched(picture, Viewport(bounds=(0, 0, 9, 2), width=9, height=2), of=3, ink=7).pixels
    array([[3, 3, 7, 7, 3, 3, 3, 3, 3],
           [3, 7, 7, 3, 3, 3, 3, 3, 3]], dtype=uint8)
    """
    rows, columns = np.ogrid[: picture.pixels.shape[-2], : picture.pixels.shape[-1]]
    first = round(picture.bounds[0] / viewport.scale), round(picture.bounds[3] / viewport.scale)
    on = (columns + first[0] + rows - first[1]) % _APART < _STRIPE
    return Picture(pixels=np.where(on & (picture.pixels == of), np.uint8(ink), picture.pixels), bounds=picture.bounds)


def nothing(viewport: Viewport, *, fill: int, of: tuple[int, ...] = ()) -> Picture:
    """Return a viewport without data, of as many rasters as `of` says."""
    return Picture(pixels=np.full((*of, 1, 1), fill, np.uint8), bounds=viewport.bounds)


def sample(grid: GeoBox, x: float, y: float) -> tuple[int, int] | None:
    """Return the row and column of the pixel at a web Mercator point; None outside the grid."""
    column, row = ~grid.transform @ point(x, y, MERCATOR).to_crs(_crs(grid)).coords[0]
    inside = 0 <= row < grid.shape.y and 0 <= column < grid.shape.x
    return (int(row), int(column)) if inside else None


def _bounds(shape: Geometry | GeoBox) -> Bounds:
    west, south, east, north = shape.boundingbox.bbox
    return west, south, east, north


def _crs(grid: GeoBox) -> CRS:
    """Return the projection of a grid; every grid of a map has one."""
    if grid.crs is None:
        raise ValueError(f"Expected a grid with a projection, got {grid!r}. Give its GeoBox a CRS.")
    return grid.crs


def _target(grid: GeoBox, viewport: Viewport) -> GeoBox | None:
    """Return the screen pixels that the grid covers, on the lattice of the viewport."""
    west, south, east, north = viewport.bounds
    left, bottom, right, top = mercator_bounds(grid)
    scale = max(viewport.scale, (east - west) / _LARGEST_SIDE)
    first = max(math.floor((left - west) / scale), 0), max(math.floor((north - top) / scale), 0)
    last = math.ceil((min(right, east) - west) / scale), math.ceil((north - max(bottom, south)) / scale)
    width, height = last[0] - first[0], last[1] - first[1]
    if width <= 0 or height <= 0:
        return None
    x, y = west + first[0] * scale, north - first[1] * scale
    return GeoBox.from_bbox(
        (x, y - height * scale, x + width * scale, y), crs=MERCATOR, shape=(height, width), tight=True
    )


@lru_cache(_CACHED_VIEWPORTS)
def _pixels_in_view(grid: GeoBox, viewport: Viewport) -> tuple[GeoBox, NDArray[np.int32]] | None:
    """Return the screen pixels that a grid covers, and the number of its pixel that each shows; None for none.

    Many layers share one viewport, so pixel numbers are warped once and reused.
    """
    target = _target(grid, viewport)
    if target is None:
        return None
    numbers, thinned = _numbered(grid, target)
    seen = np.full(target.shape, _NONE, np.int32)
    if numbers.size:
        rio_reproject(numbers, seen, thinned, target, "nearest", src_nodata=_NONE, dst_nodata=_NONE)
    return target, seen


def _numbered(grid: GeoBox, target: GeoBox) -> tuple[NDArray[np.int32], GeoBox]:
    """Return the numbers of a grid's pixels under a target, row by row, thinned."""
    height, width = grid.shape
    lines = (np.broadcast_to(line, (height, width)) for line in np.ogrid[:height, :width])  # takes no memory
    (rows, thinned), (columns, _) = (_thin(*_crop(line, grid, target), target) for line in lines)
    return (rows * width + columns).astype(np.int32), thinned


def _averaged(pixels: NDArray[np.uint8], grid: GeoBox, target: GeoBox, fill: int) -> NDArray[np.uint8]:
    """Return what a target shows of a raster, averaged where the target is coarser."""
    seen, seen_grid = _crop(pixels, grid, target)
    out = np.full(target.shape, fill, np.uint8)
    if seen.size:
        coarse, coarse_grid = _average(seen, seen_grid, target, fill)
        rio_reproject(coarse, out, coarse_grid, target, "nearest", src_nodata=fill, dst_nodata=fill)
    return out


def _crop(pixels: NDArray[np.integer], grid: GeoBox, target: GeoBox) -> tuple[NDArray[np.integer], GeoBox]:
    """Return the part of a raster under a target."""
    area = target.footprint(_crs(grid)).boundingbox
    corners = [~grid.transform @ corner for corner in ((area.left, area.top), (area.right, area.bottom))]
    columns, rows = zip(*corners, strict=True)
    top, bottom = _window(rows, grid.shape.y)
    left, right = _window(columns, grid.shape.x)
    seen = pixels[..., top:bottom, left:right]
    return seen, GeoBox(seen.shape[-2:], grid.transform @ Affine.translation(left, top), grid.crs)


def _thin(pixels: NDArray[np.integer], grid: GeoBox, target: GeoBox) -> tuple[NDArray[np.integer], GeoBox]:
    """Return a raster thinned to about two of its pixels a target pixel."""
    stride = max(int(_coarser(grid, target) / 2), 1)
    thinned = np.ascontiguousarray(pixels[..., ::stride, ::stride])
    centred = 0.5 - stride / 2  # a coarse pixel lies around the one it was taken from
    transform = grid.transform @ Affine.translation(centred, centred) @ Affine.scale(stride)
    return thinned, GeoBox(thinned.shape[-2:], transform, grid.crs)


def _average(
    pixels: NDArray[np.integer], grid: GeoBox, target: GeoBox, fill: int
) -> tuple[NDArray[np.integer], GeoBox]:
    """Return a raster averaged to about one pixel a target pixel; as it is where the target is finer."""
    coarser = _coarser(grid, target)
    if coarser <= 1:
        return np.ascontiguousarray(pixels), grid
    shape = math.ceil(grid.shape.y / coarser), math.ceil(grid.shape.x / coarser)
    transform = grid.transform @ Affine.scale(grid.shape.x / shape[1], grid.shape.y / shape[0])
    return _mean(pixels, shape, fill=fill), GeoBox(shape, transform, grid.crs)


def _mean(pixels: NDArray[np.integer], shape: tuple[int, int], *, fill: int) -> NDArray[np.uint8]:
    """Return a raster in fewer pixels, each the mean of those with data that it covers, by their share in it."""
    rows, columns = (_shares(size, parts) for size, parts in zip(pixels.shape, shape, strict=True))
    known = pixels != fill
    values, weights = ((columns @ (rows @ part.astype(np.float32)).T).T for part in (np.where(known, pixels, 0), known))
    mean = np.divide(values, weights, out=np.full(shape, fill, np.float32), where=weights > 0)
    return np.rint(mean).astype(np.uint8)


@lru_cache(64)
def _shares(size: int, parts: int) -> csr_matrix:
    """Return how much of each of `size` pixels lies in each of as many equal parts, shape (parts, size)."""
    cuts = np.union1d(np.arange(size + 1), np.linspace(0, size, parts + 1))
    middles = (cuts[1:] + cuts[:-1]) / 2
    within = (middles * parts / size).astype(np.int32), middles.astype(np.int32)
    return csr_matrix((np.diff(cuts).astype(np.float32), within), shape=(parts, size))


def _coarser(grid: GeoBox, target: GeoBox) -> float:
    """Return how many pixels of a grid are side by side in one of a target."""
    return max(grid.shape.y / target.shape.y, grid.shape.x / target.shape.x)


def _window(edges: tuple[float, float], size: int) -> tuple[int, int]:
    return max(math.floor(min(edges)) - 1, 0), min(math.ceil(max(edges)) + 1, size)
