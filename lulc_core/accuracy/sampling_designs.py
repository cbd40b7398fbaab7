"""The sampling designs: `SAMPLE_DESIGNS` has one entry each, a function that draws.

A design gets the population, how the sample is to be divided among strata, and a random generator. It returns one
row per pixel: ``position`` (flat index into the label), ``stratum``, ``stratum_size``, ``inclusion_probability`` and,
where whole tiles were drawn, ``cluster``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.allocation import allocate
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

EVERYWHERE = "all"
"""The one stratum of a design without strata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The population that a sample is drawn from."""

    label: NDArray[np.uint8]
    """Legend codes, shape (y, x), 0 = no data."""
    pixel_m: float
    """Side of a pixel, metres."""
    tile_m: float
    """Side of a tile, metres, for the designs that draw tiles."""
    square: bool = True
    """Whether pixels are as high as they are wide."""

    @property
    def tile(self) -> int:
        """Side of a tile, pixels; raises `InvalidInputError` if it holds none."""
        if not self.square:
            raise InvalidInputError("Tiles are drawn from maps of square pixels. Warp the map, or draw single pixels.")
        across = self.tile_m / self.pixel_m
        if not 0.5 < across < math.inf:
            raise InvalidInputError(f"A tile must hold a pixel of {self.pixel_m} m; got {self.tile_m} m.")
        return round(across)


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """The number of units to draw and their division among strata; see `draw_sample`."""

    size: int
    allocation: str | Mapping[str, int]
    users: float | Mapping[str, float]
    minimum: int | None

    def among(self, sizes: Mapping[str, int], minimum: int) -> dict[str, int]:
        """Return the units to draw in each stratum: at least two, so that each has a variance.

        Parameters
        ----------
        sizes
            Units in each stratum.
        minimum
            Minimum for each stratum if `self.minimum` is not set.
        """
        if not isinstance(self.allocation, Mapping):
            least = max(minimum if self.minimum is None else self.minimum, 2)
            return allocate(self.size, sizes, self.allocation, users=self.users, minimum=least, counted=True)
        if set(self.allocation) != set(sizes):
            raise InvalidInputError(
                f"The allocation must name each stratum of the map, {list(sizes)}, once; got {list(self.allocation)}."
            )
        for name, n in self.allocation.items():
            if not min(2, sizes[name]) <= n <= sizes[name]:
                raise InvalidInputError(
                    f"Stratum {name!r} has {sizes[name]} units; 2 to that many can be drawn, not {n}."
                )
        return dict(self.allocation)


def _simple(population: Population, division: Division, rng: np.random.Generator) -> pd.DataFrame:
    """Any labelled pixel."""
    labelled = np.flatnonzero(population.label.ravel() != NO_DATA)
    if not 2 <= division.size <= len(labelled):
        raise InvalidInputError(
            f"The map has {len(labelled)} labelled pixels; 2 to that many can be drawn, not {division.size}."
        )
    position = labelled[np.sort(rng.choice(len(labelled), division.size, replace=False))]
    return _drawn(rng.permutation(position), EVERYWHERE, len(labelled), division.size)


def _stratified(population: Population, division: Division, rng: np.random.Generator) -> pd.DataFrame:
    """Pixels of each map class."""
    flat = population.label.ravel()
    counts = np.bincount(flat, minlength=256)
    sizes = {c.name: int(counts[c.code]) for c in LEGEND if counts[c.code]}
    parts = []
    for name, n in division.among(sizes, min(50, division.size // (2 * len(sizes)))).items():
        ranks = np.sort(rng.choice(sizes[name], n, replace=False))
        parts.append(_drawn(np.flatnonzero(flat == LEGEND[name].code)[ranks], name, sizes[name], n))
    sample = pd.concat(parts, ignore_index=True)
    return sample.iloc[rng.permutation(len(sample))].reset_index(drop=True)


def _tiles(population: Population, division: Division, rng: np.random.Generator) -> pd.DataFrame:
    """Any tile with a labelled pixel."""
    tiles = [corner for corner, _ in _labelled_tiles(population)]
    return _draw_tiles(population, {EVERYWHERE: tiles}, division, rng)


def _stratified_tiles(population: Population, division: Division, rng: np.random.Generator) -> pd.DataFrame:
    """Tiles by their most frequent class."""
    tiles: dict[str, list[tuple[int, int]]] = {}
    for corner, counts in _labelled_tiles(population):
        tiles.setdefault(LEGEND[int(counts.argmax())].name, []).append(corner)
    return _draw_tiles(population, tiles, division, rng)


SAMPLE_DESIGNS: dict[str, Callable[[Population, Division, np.random.Generator], pd.DataFrame]] = {
    "stratified": _stratified,
    "simple": _simple,
    "tiles": _tiles,
    "stratified-tiles": _stratified_tiles,
}
"""Designs by name, as `draw_sample` and the command line take it."""


def _labelled_tiles(population: Population) -> Iterable[tuple[tuple[int, int], NDArray[np.int64]]]:
    """Yield row and column of the corner of each tile with a label, and its pixels of each code, shape (256,)."""
    label, tile = population.label, population.tile
    for r in range(0, label.shape[0], tile):
        for c in range(0, label.shape[1], tile):
            counts = np.bincount(label[r : r + tile, c : c + tile].ravel(), minlength=256)
            counts[NO_DATA] = 0
            if counts.any():
                yield (r, c), counts


def _draw_tiles(
    population: Population,
    tiles: Mapping[str, list[tuple[int, int]]],
    division: Division,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw tiles of each stratum, and return all their labelled pixels."""
    label, tile = population.label, population.tile
    sizes = {name: len(found) for name, found in tiles.items()}
    parts = []
    for name, n in division.among(sizes, 2).items():
        for i in rng.choice(sizes[name], n, replace=False):
            r, c = tiles[name][i]
            rows, columns = np.nonzero(label[r : r + tile, c : c + tile])
            part = _drawn((rows + r) * label.shape[1] + columns + c, name, sizes[name], n)
            parts.append(part.assign(cluster=f"r{r // tile}c{c // tile}"))
    return pd.concat(parts, ignore_index=True)


def _drawn(position: Positions, stratum: str, there: int, n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"position": position, "stratum": stratum, "stratum_size": there, "inclusion_probability": n / there}
    )
