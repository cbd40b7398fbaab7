"""The lie of the land: hills, the streams that drain them, lakes and the sea."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from lulc_core.simulation.noise import field, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.simulation.styles import Style

Shape = tuple[int, int]
_COARSE = 4
"""Drainage is worked out on cells of this many pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """Relief and water of one place; every array is ``(y, x)`` on its grid."""

    elevation: NDArray[np.float32]
    """Height above the sea, m."""
    slope_y: NDArray[np.float32]
    """Rise towards the south, m per m."""
    slope_x: NDArray[np.float32]
    """Rise towards the east, m per m."""
    above_stream: NDArray[np.float32]
    """Height above the nearest drainage, m, >= 0 (Nobre et al. 2011, doi:10.1016/j.jhydrol.2011.03.051)."""
    water: NDArray[np.bool_]
    """Rivers, lakes and the sea."""
    shore: NDArray[np.float32]
    """Distance from the nearest water, pixels."""
    slope: NDArray[np.float32]
    """Steepness, m per m."""


def terrain(style: Style, key: tuple[str | int, ...], shape: Shape) -> Terrain:
    """Return the terrain of a place, drawn from its key.

    Parameters
    ----------
    style
        How the region looks.
    key
        Key that the place is drawn from.
    shape
        ``(height, width)``, pixels of 10 m.
    """
    coarse = (-(-shape[0] // _COARSE) + 1, -(-shape[1] // _COARSE) + 1)
    hills, trunk_distance = _hills(style, key, coarse)
    order, downstream, filled = _drainage(hills)
    catchment = _catchment(order, downstream, coarse) * _COARSE**2
    stream = catchment > 0.35 * style.streams
    above = _above_stream(hills, filled, order, downstream, stream | (trunk_distance < 1))
    elevation = _to_pixels((hills - above) + above * above / (above + 1.5), shape)
    above_stream = np.maximum(_to_pixels(above, shape), 0)
    river = _river(style, key, shape, trunk_distance) | _streams(style, key, shape, catchment, downstream)
    water = river | _lakes(style, key, elevation, above_stream) | (elevation < style.sea)
    slope_y, slope_x = (np.gradient(elevation, np.float32(10), axis=axis) for axis in range(2))
    shore = ndimage.distance_transform_edt(~water).astype(np.float32) if water.any() else np.full(shape, 999, "f4")
    return Terrain(
        elevation=elevation, slope_y=slope_y, slope_x=slope_x, above_stream=above_stream, water=water, shore=shore,
        slope=np.hypot(slope_y, slope_x),
    )  # fmt: skip


def _hills(style: Style, key: tuple[str | int, ...], shape: Shape) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return hills (m) cut by the main river's valley, and the distance from that river in coarse cells."""
    rng = generator(*key, "hills")
    relief = field(rng, shape, style.hill / _COARSE, 4.8)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    angle, full = rng.uniform(0, 2 * np.pi), 1000 / _COARSE
    along = (x - shape[1] / 2) * np.cos(angle) + (y - shape[0] / 2) * np.sin(angle)
    across = (y - shape[0] / 2) * np.cos(angle) - (x - shape[1] / 2) * np.sin(angle)
    bend = field(rng, shape, 90 / _COARSE, 5.0) * 5 + field(rng, shape, 300 / _COARSE, 5.5) * 15
    side = across - rng.uniform(-0.2, 0.2) * full + bend
    distance = np.abs(side) / np.maximum(np.hypot(*np.gradient(side)), 0.75)
    valley = 1 - np.exp(-((distance * _COARSE / (14 * style.river + 30)) ** 2))
    middle = 0.42 + rng.uniform(-0.5, 0.5) * max(1 - shape[0] / full, 0)
    rise = np.clip(middle + along / full + 0.08 * field(rng, shape, 300 / _COARSE, 5.0), 0, 1.3)
    rugged = (0.12 + 0.88 * np.clip(1.5 * rise, 0, 1) ** 1.5) * (0.2 + 0.8 * valley)
    hills = style.tilt * (rise**2.2 + 0.05 * rise) + style.relief * np.clip(relief + 1.3, 0, None) * rugged
    return (style.base + hills - 0.5 * (1 - valley)).astype(np.float32), distance.astype(np.float32)


def _drainage(hills: NDArray[np.float32]) -> tuple[list[int], NDArray[np.int64], NDArray[np.float32]]:
    """Drain every cell to the border, by priority-flood (Barnes et al. 2014, doi:10.1016/j.cageo.2013.04.024).

    Returns
    -------
    order, downstream, filled
        Cells from the outlets upwards; the cell each drains to (itself at the border); heights with hollows
        filled.
    """
    height, width = hills.shape
    filled = hills.ravel().tolist()
    downstream = np.arange(hills.size)
    border = np.zeros(hills.shape, bool)
    border[[0, -1], :] = border[:, [0, -1]] = True
    queue = [(filled[i], int(i)) for i in np.flatnonzero(border)]
    heapq.heapify(queue)
    seen = bytearray(border.tobytes())
    order: list[int] = []
    steps = (-width, width, -1, 1, -width - 1, -width + 1, width - 1, width + 1)
    while queue:
        level, cell = heapq.heappop(queue)
        order.append(cell)
        for step in steps:
            other = cell + step
            if not 0 <= other < height * width or seen[other]:
                continue
            seen[other] = 1
            filled[other] = max(filled[other], level)
            downstream[other] = cell
            heapq.heappush(queue, (filled[other], other))
    return order, downstream, np.array(filled, np.float32).reshape(hills.shape)


def _catchment(order: list[int], downstream: NDArray[np.int64], shape: Shape) -> NDArray[np.float32]:
    """Return how many cells drain through each cell."""
    area = [1.0] * len(order)
    to = downstream.tolist()
    for cell in reversed(order):
        if to[cell] != cell:
            area[to[cell]] += area[cell]
    return np.array(area, np.float32).reshape(shape)


def _above_stream(
    hills: NDArray[np.float32],
    filled: NDArray[np.float32],
    order: list[int],
    downstream: NDArray[np.int64],
    stream: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Return the height of each cell above the stream that it drains to, m."""
    level = filled.ravel().tolist()
    to, is_stream = downstream.tolist(), stream.ravel().tolist()
    for cell in order:
        if not is_stream[cell] and to[cell] != cell:
            level[cell] = level[to[cell]]
    return np.maximum(hills - np.array(level, np.float32).reshape(hills.shape), 0)


def _to_pixels(cells: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    large = ndimage.zoom(ndimage.gaussian_filter(cells, 0.8), _COARSE, order=1)
    return np.ascontiguousarray(large[: shape[0], : shape[1]], np.float32)


def _river(style: Style, key: tuple[str | int, ...], shape: Shape, distance: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the main river, whose width wavers."""
    rng = generator(*key, "river")
    width = style.river * np.exp(0.25 * field(rng, shape, 60, 4.0))
    return _to_pixels(distance, shape) * _COARSE < width


def _streams(
    style: Style,
    key: tuple[str | int, ...],
    shape: Shape,
    catchment: NDArray[np.float32],
    downstream: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Draw every stream that is wide enough to be seen, as lines from cell to cell."""
    rng = generator(*key, "streams")
    wander = np.stack([field(rng, catchment.shape, 12, 3.0), field(rng, catchment.shape, 12, 3.0)]) * 0.9
    cells = np.flatnonzero((catchment > style.streams).ravel() & (downstream != np.arange(downstream.size)))
    ends = [
        np.stack(np.unravel_index(at, catchment.shape)) + wander.reshape(2, -1)[:, at]
        for at in (cells, downstream[cells])
    ]
    t = np.linspace(0, 1, 3 * _COARSE)[:, None]
    y, x = ((ends[0][i] * (1 - t) + ends[1][i] * t) * _COARSE for i in range(2))
    radius = np.broadcast_to(np.sqrt(catchment.ravel()[cells] / style.streams) * 0.5, y.shape)
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    widths = np.zeros(shape, np.float32)
    np.maximum.at(widths, (y[inside].astype(int), x[inside].astype(int)), radius[inside])
    if not cells.size:
        return widths > 0
    distance, (near_y, near_x) = ndimage.distance_transform_edt(widths == 0, return_indices=True)
    return np.asarray(distance < widths[near_y, near_x])


def _lakes(
    style: Style, key: tuple[str | int, ...], elevation: NDArray[np.float32], above_stream: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Fill hollows with lakes: ground within a radius that lies below a level and is connected to a low point."""
    rng = generator(*key, "lakes")
    lakes = np.zeros(elevation.shape, bool)
    low = np.flatnonzero(above_stream.ravel() < 2 + style.lake_rise / 4)
    count = rng.poisson(style.lakes * elevation.size / 1e6) if low.size else 0
    rough = field(rng, elevation.shape, 25, 3.5)
    for spot in rng.choice(low, count):
        y, x = divmod(int(spot), elevation.shape[1])
        radius = int(rng.gamma(2.0, 10) + 5)
        bottom, right = (min(at + radius + 1, size) for at, size in zip((y, x), elevation.shape, strict=True))
        window = np.s_[max(y - radius, 0) : bottom, max(x - radius, 0) : right]
        rows, columns = np.ogrid[window]
        around = np.hypot(rows - y, columns - x) / radius
        level = elevation[y, x] + style.lake_rise * (1.15 - around)
        labels, _ = ndimage.label((around < 1) & (elevation[window] + 0.25 * style.lake_rise * rough[window] < level))
        here = labels[y - window[0].start, x - window[1].start]
        lakes[window] |= (labels == here) & (here > 0)
    return lakes
