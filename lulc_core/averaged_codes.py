"""Class codes that were averaged, as by a bilinear warp: codes 3 and 4 between 2 and 5 are wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.counted import percent
from lulc_core.legend import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MOST_SIDE = 2_000
"""Rows and columns of each array that are looked at, from its middle."""
MOST_PX = 16_000_000
"""Pixels that are looked at in all."""
FEWEST = 50
"""Fewer seams may be so by chance."""
LEAST_BETWEEN = 0.25
"""Share of seams in them and all borders between codes that differ by more than 1: in truths of simulated places and
maps of Flanders 0.21 at most, 30 m and 100 m versions by mode or nearest among them; 0.32 and more once averaged."""
LEAST_ORDERED = 0.45
"""Share of the pixels alone between two other classes whose code lies between theirs: 1 of 3 by chance, 0.50 and more
once averaged."""


@dataclass(slots=True)
class SeamTally:
    """Counts of what lies between what, along rows and columns of class codes.

    Averages of two codes lie between them, wherever two classes meet; classes of a map that was not averaged do not
    care about the order of their codes.

    Examples
    --------
    >>> codes = np.repeat([[2] * 9, [3] * 9, [5] * 9], [4, 1, 4], axis=0)
    >>> tally = SeamTally()
    >>> tally.add(np.tile(codes, (1, 9)))
    >>> tally.remark("a.tif", {3: "grass"})[:80]
    'In a.tif, 81 pixels lie alone between a lower and a higher code (mostly 3 grass)'
    """

    seams: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    """Pixels by code that lie, alone, between a lower and a higher code; one may count in its row and its column."""
    others: int = 0
    """Pixels that lie so between two other classes whose codes are both lower or both higher."""
    direct: int = 0
    """Neighbours whose codes differ by more than 1."""
    pixels: int = 0
    """That were looked at."""

    def add(self, codes: NDArray[np.uint8]) -> None:
        """Count in an array of codes, dims (y, x), 0 = no data, or in the middle of it."""
        middle = tuple(slice(max(n - MOST_SIDE, 0) // 2, max(n - MOST_SIDE, 0) // 2 + MOST_SIDE) for n in codes.shape)
        if self.pixels >= MOST_PX:
            return
        part = codes[middle].astype(np.int16)
        self.pixels += part.size
        for lines in (part, part.T):
            self._add_lines(lines)

    def _add_lines(self, lines: NDArray[np.int16]) -> None:
        step = np.diff(lines, axis=1)
        data = lines != NO_DATA
        both = data[:, 1:] & data[:, :-1]
        self.direct += int(np.count_nonzero(both & (abs(step) > 1)))
        before, after = step[:, :-1], step[:, 1:]
        alone = both[:, :-1] & both[:, 1:] & (before != 0) & (after != 0) & (before != -after)
        seam = alone & ((before > 0) == (after > 0))
        self.others += int(np.count_nonzero(alone & ~seam))
        self.seams += np.bincount(lines[:, 1:-1][seam], minlength=256)

    def __add__(self, other: SeamTally) -> SeamTally:
        return SeamTally(
            seams=self.seams + other.seams,
            others=self.others + other.others,
            direct=self.direct + other.direct,
            pixels=self.pixels + other.pixels,
        )

    def remark(self, source: str, names: Mapping[int, str]) -> str:
        """Return that the codes seem to be averages, with figures; empty if they do not.

        Parameters
        ----------
        source
            What the message calls the raster.
        names
            Of the codes, as far as they are known.
        """
        found = int(self.seams.sum())
        between = found / max(found + self.direct, 1)
        if found < FEWEST or between < LEAST_BETWEEN or found < LEAST_ORDERED * (found + self.others):
            return ""
        most = [int(code) for code in np.argsort(-self.seams)[:2] if self.seams[code]]
        called = " and ".join(f"{code} {names[code]}" if code in names else str(code) for code in most)
        return (
            f"In {source}, {found:,} pixels lie alone between a lower and a higher code (mostly {called}), "
            f"{percent(between)} of these and of all borders between codes that differ by more than 1, as where "
            "codes were averaged: warped or resampled by bilinear, cubic or average. In maps that were not it is 21 % "
            "at most. If this one was, those pixels are wrong: warp its source again with nearest neighbour or mode."
        )
