"""From the kept predictions of all scenes to the map, window by window, in bounded memory.

What is in memory at once hangs on the size of a window: neither on that of the map nor on the number of scenes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from lulc_core.cores import in_parts
from lulc_core.ground_area import pixel_areas, sum_hectares
from lulc_core.mapping.chunk_reading import open_arrays, read_window
from lulc_core.mapping.compositing import composite, decide, votes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.legend import Legend
    from lulc_core.mapping.vote_store import VoteStore
    from lulc_core.mapping.windows import Window

MOST_HELD_BYTES = 96 * 2**20
"""Of the observations that are read at once: those of 32 scenes in a window of 1024 x 1024 px."""
_KINDS = {"label": np.uint8, "confidence": np.uint8, "clear": np.bool_}
"""What is read, as what: releases of xarray before 2026 write truth values as int8."""


class Observations:
    """What is counted of scenes, ``label``, ``confidence`` and, where they were masked, ``clear``, read by windows.

    Parameters
    ----------
    stores
        As `write_predictions` makes them, each of one time step, and all of the same variables and grid.
    """

    def __init__(self, stores: Sequence[Path]) -> None:
        opened = [open_arrays(store, _KINDS) for store in stores]
        self._arrays = {name: [arrays[name] for arrays in opened] for name in opened[0]}
        self._held: dict[str, NDArray[Any]] = {}

    def groups(self, window: Window) -> list[slice]:
        """Return which scenes are read at once: all, unless they take too much memory."""
        pixels = np.prod([part.stop - part.start for part in window])
        at_once = max(1, int(MOST_HELD_BYTES // (len(self._arrays) * pixels)))
        return [slice(first, first + at_once) for first in range(0, len(self._arrays["label"]), at_once)]

    def read(self, scenes: slice, window: Window) -> xr.Dataset:
        """Read scenes in a window, dims (time, y, x); good until the next is read, into the same memory."""
        sources = {name: arrays[scenes] for name, arrays in self._arrays.items()}
        shape = (len(sources["label"]), *(part.stop - part.start for part in window))
        read = {name: self._room(name, shape) for name in sources}
        wanted = [
            (array, into) for name, arrays in sources.items() for array, into in zip(arrays, read[name], strict=True)
        ]

        def fill(start: int, stop: int) -> None:
            for array, into in wanted[start:stop]:
                read_window(array, window, into)

        in_parts(fill, len(wanted), least=1)
        return xr.Dataset({name: (("time", "y", "x"), values) for name, values in read.items()})

    def _room(self, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return memory to read into: a new array would cost as much again, for the system clears it first."""
        size = math.prod(shape)
        if name not in self._held or self._held[name].size < size:
            self._held[name] = np.empty(size, _KINDS[name])
        return self._held[name][:size].reshape(shape)


def compose(
    observations: Observations,
    window: Window,
    legend: Legend,
    weights: Mapping[str, float],
    *,
    keep: VoteStore | None = None,
) -> xr.Dataset:
    """Return the `composite` of all scenes in a window; `keep` takes their votes."""
    groups = observations.groups(window)
    if len(groups) == 1 and keep is None:
        return composite(observations.read(groups[0], window), legend, weights=weights)
    counted = count(observations, window, legend)
    if keep is not None:
        keep.write(counted, window)
    return decide(counted, legend, weights=weights)


def count(observations: Observations, window: Window, legend: Legend) -> xr.Dataset:
    """Return the `votes` of all scenes in a window."""
    first, *others = observations.groups(window)
    counted = votes(observations.read(first, window), legend)
    for group in others:
        votes(observations.read(group, window), legend, onto=counted)
    return counted


@dataclass(frozen=True, slots=True)
class Areas:
    """How much of a map each code has, added up window by window."""

    grid: GeoBox
    """Of the map."""
    counted: NDArray[np.bool_] | None = None
    """Which pixels count, shape (y, x); None for all."""
    pixels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    """By code."""
    hectares: NDArray[np.float64] = field(default_factory=lambda: np.zeros(256))
    """By code; 0 where the grid is not on the ground."""

    def add(self, label: NDArray[np.uint8], window: Window, counted: NDArray[np.bool_] | None = None) -> None:
        """Add a window of the map; `counted` says which of its pixels count, else that of the whole map does."""
        areas = pixel_areas(self.grid, *window)
        if counted is None and self.counted is not None:
            counted = self.counted[window]
        if counted is not None:
            label, areas = label[counted], areas[counted] if isinstance(areas, np.ndarray) else areas
        self.pixels[:] += np.bincount(label.ravel(), minlength=256)
        if areas is not None:
            self.hectares[:] += sum_hectares(label, areas)
