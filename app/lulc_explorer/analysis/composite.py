"""A composite: areas, layers of uncertainty, and where two classes are confused. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import xarray as xr

_UNITS = {"observations": "observations", "disagreement": "bits"}
_DIGITS = {"observations": 0, "disagreement": 2}
"""Of layers that are not shares."""
_OF = {"stability": "of the scenes"}
"""What the others are a share of, if not of the votes."""
BIN = 5
"""Hundredths a bar of a histogram."""


PixelHa = float | np.ndarray
"""Hectares of a pixel, or of each, shape (y, x)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Spotlight:
    """Highlighted pixels, and what they are."""

    pixels: np.ndarray
    """Which, boolean, shape (y, x)."""
    words: str
    """What they are, as ``map crops, reference grass``."""
    hectares: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Composite:
    """A composite, with its areas and layers of uncertainty."""

    data: xr.Dataset
    """`label`, `runner_up`, `support`, `margin`, `observations` on (y, x)."""
    hectares: Mapping[int, float]
    """Area of every code of the legend, and of 0 (no data)."""
    pixel_ha: PixelHa
    """Area of a pixel in hectares, or of each, shape (y, x), where they are not of one size."""
    more: Mapping[str, Callable[[], np.ndarray]] = field(default_factory=dict)
    """Layers of uncertainty besides those of `data`, computed on request."""
    _kept: dict[str, tuple[np.ndarray, float]] = field(default_factory=dict)

    @cached_property
    def label(self) -> np.ndarray:
        """Class codes, uint8, shape (y, x)."""
        return self.data["label"].values

    def layer(self, name: str) -> tuple[np.ndarray, float]:
        """Return a layer as 0-100 uint8, 255 = no data, and the value of 100."""
        if name not in self._kept:
            values = self.more[name]() if name in self.more else self.data[name].values.astype(float)
            values = np.where(self.label == 0, np.nan, values)
            whole = max(float(np.nanmax(values, initial=0)), 1.0) if name in _UNITS else 1.0
            hundredths = np.nan_to_num(np.rint(values / whole * 100), nan=255).astype(np.uint8)
            self._kept[name] = hundredths, whole
        return self._kept[name]

    def ends(self, name: str) -> tuple[str, str]:
        """Return the labels of the two ends of a layer's scale, the second with its unit."""
        _, whole = self.layer(name)
        if name in _UNITS:
            return "0", f"{whole:.{_DIGITS[name]}f} {_UNITS[name]}"
        return "0 %", f"100 % {_OF.get(name, 'of the votes')}"

    def words(self, name: str) -> list[str]:
        """Return the text of each hundredth of a layer."""
        _, whole = self.layer(name)
        if name in _UNITS:
            return [f"{whole * i / 100:.{_DIGITS[name]}f} {_UNITS[name]}" for i in range(101)]
        return [f"{i} %" for i in range(101)]

    def confused(self, one: int, other: int) -> np.ndarray:
        """Return where two classes are the top two, in either order: bool, shape (y, x)."""
        second = self.data["runner_up"].values
        return ((self.label == one) & (second == other)) | ((self.label == other) & (second == one))

    def contested_pairs(self) -> list[tuple[tuple[int, int], float]]:
        """Return the pairs of classes that are the top two, each with its contested hectares, the most contested first.

        A pixel is contested by one minus the lead of its winner: wholly at a tie.
        """
        label, second = (self.data[name].values for name in ("label", "runner_up"))
        pairs = np.minimum(label, second).astype(np.uint16) * 256 + np.maximum(label, second)
        contested = (1 - np.nan_to_num(self.data["margin"].values, nan=1.0)) * self.pixel_ha
        areas = np.bincount(pairs.ravel(), contested.ravel(), minlength=256 * 256)
        areas[:256] = 0  # pixels that only one class has votes for
        order = np.argsort(-areas, kind="stable")[: (areas > 0).sum()]
        return [((int(pair // 256), int(pair % 256)), float(areas[pair])) for pair in order]

    def exchanged(self, usual: Composite) -> list[tuple[int, int, float]]:
        """Return the transitions from another composite: code there, code here, hectares; largest first."""
        differ = usual.label != self.label
        pairs = usual.label[differ].astype(np.uint16) * 256 + self.label[differ]
        ha = self.pixel_ha[differ] if isinstance(self.pixel_ha, np.ndarray) else self.pixel_ha
        areas = sum_hectares(pairs, ha, 256 * 256)
        found = [(int(pair // 256), int(pair % 256), float(areas[pair])) for pair in areas.nonzero()[0]]
        return sorted(found, key=lambda f: -f[2])

    @property
    def mapped_ha(self) -> float:
        """Area with a class."""
        return sum(area for code, area in self.hectares.items() if code)


def votes_for(name: str) -> str:
    """Return the name of the layer that is a class's share of the votes."""
    return f"votes for {name}"


def sum_hectares(values: np.ndarray, pixel_ha: PixelHa, count: int) -> np.ndarray:
    """Return the hectares of each value 0 to `count` - 1 of a raster, shape (count,).

    The engine sums in the same way; this floor knows no engine.
    """
    if isinstance(pixel_ha, np.ndarray):
        return np.bincount(values.ravel(), pixel_ha.ravel(), minlength=count)
    return np.bincount(values.ravel(), minlength=count) * pixel_ha


def areas(hundredths: np.ndarray, pixel_ha: PixelHa) -> np.ndarray:
    """Return the hectares of every hundredth of a layer, 0 to 100: shape (101,). No data, 255, is left out."""
    return sum_hectares(hundredths, pixel_ha, 256)[:101]


def histogram(areas: np.ndarray) -> np.ndarray:
    """Return hectares in bins of 5 hundredths, shape (20,), of those of every hundredth; 100 belongs to the last."""
    return np.add.reduceat(areas, np.arange(0, 100, BIN))
