"""Where people build: towns that grow, the roads between them, pits and building grounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from lulc_core.simulation.noise import field, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.simulation.styles import Style
    from lulc_core.simulation.terrain import Terrain


@dataclass(frozen=True, slots=True, kw_only=True)
class Towns:
    """Built places; every array is ``(y, x)``."""

    year_built: NDArray[np.float32]
    """Year from which the ground is part of a town; infinite where it never is."""
    centrality: NDArray[np.float32]
    """1 in the middle of the nearest town, 0 at its edge of 2019, negative outside."""
    roads: NDArray[np.bool_]
    """Main roads."""
    year_dug: NDArray[np.float32]
    """Year from which the ground is a pit or a building ground; infinite where it never is."""


def towns(style: Style, key: tuple[str | int, ...], land: Terrain) -> Towns:
    """Return the towns, roads and pits of a place."""
    rng = generator(*key, "towns")
    shape = land.elevation.shape
    gentle = (land.slope < style.steep) & (land.above_stream > 0.5) & (land.shore > 8)
    middles = _spots(rng, gentle, style.towns)
    radii = style.town / np.arange(1, len(middles) + 1) ** 0.6
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    ragged = 0.30 * field(rng, shape, 45, 3.2)
    size = np.full(shape, -9, np.float32)
    for (row, column), radius in zip(middles, radii, strict=True):
        size = np.maximum(size, 1 - np.hypot(y - row, x - column) / np.float32(radius))
    steepness = np.clip(land.slope / style.steep - 0.6, 0, 2)
    centrality = size + ragged * (size > -1.5) - steepness * 0.6
    return Towns(
        year_built=_year_reached(1 - centrality, style.growth),
        centrality=centrality,
        roads=_roads(rng, shape, middles) & (land.slope < 2.5 * style.steep),
        year_dug=_pits(rng, style, gentle),
    )


def _year_reached(distance: NDArray[np.float32], growth: float) -> NDArray[np.float32]:
    """Return when an edge that grows by `growth` a year reaches a distance that is 1 in 2019."""
    years = np.ceil((distance - 1) / max(growth, 1e-9))
    return np.where(distance <= 1, 1900, np.where(years <= 40, 2019 + years, np.inf)).astype(np.float32)


def _spots(rng: np.random.Generator, allowed: NDArray[np.bool_], per_place: float) -> NDArray[np.int64]:
    """Return rows and columns of random spots on allowed ground: so many in 10 km x 10 km, on average."""
    expected = per_place * allowed.size / 1e6
    count = int(expected + rng.random())
    spots = np.flatnonzero(allowed)
    if not spots.size:
        return np.empty((0, 2), np.int64)
    return np.stack(np.unravel_index(rng.choice(spots, count), allowed.shape), -1)


def _roads(rng: np.random.Generator, shape: tuple[int, int], middles: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Join each town to the nearest one before it, and the first and last to the border, by winding roads."""
    roads = np.zeros(shape, bool)
    if not len(middles):
        return roads
    ends = [(middles[0], np.array(shape) * rng.integers(0, 2, 2)), (middles[-1], np.array([rng.integers(shape[0]), 0]))]
    for i in range(1, len(middles)):
        before = middles[:i]
        ends.append((middles[i], before[np.hypot(*(before - middles[i]).T).argmin()]))
    for start, end in ends:
        length = float(np.hypot(*(end - start))) + 1
        t = np.linspace(0, 1, int(3 * length))
        bend = sum(rng.normal(0, 0.05 / k) * np.sin(np.pi * k * t) for k in range(1, 6)) * length
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / length
        line = start + t[:, None] * (end - start) + np.asarray(bend)[:, None] * normal
        rows, columns = line.round().astype(int).T
        inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
        roads[rows[inside], columns[inside]] = True
    return ndimage.binary_dilation(roads, [[0, 0, 0], [0, 1, 1], [0, 1, 1]])


def _pits(rng: np.random.Generator, style: Style, allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return from which year on the ground is dug up; pits widen a little every year."""
    year = np.full(allowed.shape, np.inf, np.float32)
    ragged = 0.35 * field(rng, allowed.shape, 14, 3.0)
    y, x = np.mgrid[: allowed.shape[0], : allowed.shape[1]].astype(np.float32)
    for row, column in _spots(rng, allowed, style.pits):
        distance = np.hypot(y - row, x - column) / np.float32(rng.uniform(6, 16)) + ragged
        year = np.minimum(year, _year_reached(distance, 0.06))
    return year
