"""What is done to the probabilities of chips, compiled: they are blended, and become labels and bytes.

Rows are cut out of the rasters before they are looped over, and rasters are passed whole: both let loops vectorise, and
the latter spares a newcomer the same for other layouts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FULL_CONFIDENCE = 255
"""Stored value of probability 1."""


@numba.njit(cache=True, nogil=True)
def blend(
    pending: NDArray[np.float32],
    at: int,
    shares: NDArray[np.float32],
    top: int,
    left: int,
    row_weights: NDArray[np.float64],
    column_weights: NDArray[np.float64],
) -> None:
    """Add probabilities (class, y, x), from a row and a column of theirs on, by their weights to what is pending.

    They go to its first rows, from column `at` on.
    """
    width = column_weights.size
    weights = np.empty((row_weights.size, width), np.float32)
    for y in range(row_weights.size):
        for x in range(width):
            weights[y, x] = row_weights[y] * column_weights[x]
    for c in range(shares.shape[0]):  # class by class: that is how the probabilities lie in memory
        for y in range(row_weights.size):
            into, some, by = pending[c, y, at : at + width], shares[c, top + y, left : left + width], weights[y]
            for x in range(width):
                into[x] += by[x] * some[x]


@numba.njit(cache=True, nogil=True)
def round_shares(blended: NDArray[np.float32], valid: NDArray[np.bool_], stored: NDArray[np.uint8], top: int) -> None:
    """Write the first rows of probabilities (class, y, x), 255 = 1, from row `top` on; 0 where they are not valid."""
    for c in range(blended.shape[0]):
        for y in range(valid.shape[0]):
            shares, into, counts = blended[c, y], stored[c, top + y], valid[y]
            for x in range(into.size):
                share = np.uint8(np.rint(shares[x] * np.float32(FULL_CONFIDENCE)))
                into[x] = share if counts[x] else np.uint8(0)


@numba.njit(cache=True, nogil=True)
def decide(
    blended: NDArray[np.float32],
    valid: NDArray[np.bool_],
    codes: NDArray[np.uint8],
    label: NDArray[np.uint8],
    confidence: NDArray[np.uint8],
) -> None:
    """Write the code of the first of the most probable classes, and its probability, into rows that hold 0."""
    height, width = valid.shape
    best, most = np.empty(width, np.uint8), np.empty(width, np.float32)
    for y in range(height):
        first = blended[0, y]
        for x in range(width):
            best[x], most[x] = 0, first[x]
        for c in range(1, blended.shape[0]):  # class by class: that is how the probabilities lie in memory
            shares = blended[c, y]
            for x in range(width):
                more = shares[x] > most[x]
                best[x] = np.uint8(c) if more else best[x]
                most[x] = shares[x] if more else most[x]
        counts, labels, shown = valid[y], label[y], confidence[y]
        for x in range(width):
            if counts[x]:
                labels[x] = codes[best[x]]
                shown[x] = max(np.rint(most[x] * np.float32(FULL_CONFIDENCE)), 1)
