"""Sampled pixels on the map. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

MOST_MARKERS = 5_000
"""Sampled pixels that are drawn one by one, at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SamplePoints:
    """Sampled pixels on the map: where they are, and whether the map is correct there."""

    x: np.ndarray
    """Web Mercator metres, shape (point,)."""
    y: np.ndarray
    """Web Mercator metres, shape (point,)."""
    right: np.ndarray
    """Whether map and reference agree, shape (point,)."""
    words: list[str]
    """What each is, as ``map crops, reference grass``; none if crowded."""
    title: str
    """Whose they are."""

    @property
    def crowded(self) -> bool:
        """Whether they are too many to have a marker each."""
        return len(self.x) > MOST_MARKERS
