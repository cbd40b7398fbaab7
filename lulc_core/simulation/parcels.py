"""Fields: blocks of land with their own direction, divided into rows of parcels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from lulc_core.simulation.noise import field, generator, hashed

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcels:
    """A division of a place into parcels; every array is ``(y, x)``."""

    ids: NDArray[np.int64]
    """Number of the parcel; practically unique."""
    blocks: NDArray[np.int64]
    """Number of the block that the parcel belongs to."""
    centre: tuple[NDArray[np.int64], NDArray[np.int64]]
    """Row and column of the parcel's centre, clipped to the place."""

    @property
    def borders(self) -> NDArray[np.bool_]:
        """Pixels whose neighbour to the east or south is in another parcel."""
        return _borders(self.ids)

    @property
    def lanes(self) -> NDArray[np.bool_]:
        """Pixels whose neighbour to the east or south is in another block."""
        return _borders(self.blocks)


def parcels(
    key: tuple[str | int, ...], shape: tuple[int, int], *, block: float, size: tuple[float, float], wavy: float
) -> Parcels:
    """Divide a place: Voronoi blocks around jittered points, each a rotated grid with staggered rows.

    Parameters
    ----------
    key
        Key that the division is drawn from.
    shape
        ``(height, width)``, pixels.
    block
        Distance between the middles of blocks, pixels.
    size
        Length and width of a parcel, pixels.
    wavy
        How far borders wander from straight lines, pixels.
    """
    rng = generator(*key, "parcels")
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    y += wavy * field(rng, shape, 24, 4.0)
    x += wavy * field(rng, shape, 24, 4.0)
    seeds = _block_middles(rng, shape, block)
    nearest = cKDTree(seeds).query(np.stack([y, x], -1).reshape(-1, 2))[1]
    blocks = np.asarray(nearest, np.int64).reshape(shape)
    turn, stretch = rng.uniform(0, np.pi, len(seeds)), np.exp(rng.normal(0, 0.25, (2, len(seeds))))
    cos, sin = np.cos(turn)[blocks].astype("f4"), np.sin(turn)[blocks].astype("f4")
    length, width = (np.float32(s) * stretch[i][blocks].astype("f4") for i, s in enumerate(size))
    middle_y, middle_x = (seeds[:, i][blocks].astype("f4") for i in range(2))
    along = (x - middle_x) * cos + (y - middle_y) * sin
    across = (y - middle_y) * cos - (x - middle_x) * sin
    row = np.floor(across / width)
    stagger = hashed(blocks * 4096 + row.astype(np.int64), "stagger") * length
    place = np.floor((along + stagger) / length)
    ids = (blocks * 4096 + row.astype(np.int64) + 2048) * 4096 + place.astype(np.int64) + 2048
    centre_along, centre_across = (place + 0.5) * length - stagger, (row + 0.5) * width
    centre_y = np.clip(middle_y + centre_along * sin + centre_across * cos, 0, shape[0] - 1)
    centre_x = np.clip(middle_x + centre_along * cos - centre_across * sin, 0, shape[1] - 1)
    return Parcels(ids=ids, blocks=blocks, centre=(centre_y.astype(np.int64), centre_x.astype(np.int64)))


def _block_middles(rng: np.random.Generator, shape: tuple[int, int], block: float) -> NDArray[np.float64]:
    rows, columns = (np.arange(-block, s + 2 * block, block) for s in shape)
    grid = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    return grid + rng.uniform(-0.45, 0.45, grid.shape) * block


def _borders(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    borders = np.zeros(ids.shape, bool)
    borders[:, :-1] |= ids[:, :-1] != ids[:, 1:]
    borders[:-1] |= ids[:-1] != ids[1:]
    return borders
