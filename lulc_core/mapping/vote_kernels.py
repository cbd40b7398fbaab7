"""The class-weighted mode, compiled: votes and decision by parts of rows, so that they stay in the processor's cache.

All loops go along the row, a class at a time, because these vectorise. Rows are cut out of the rasters first, for an
index that might be negative hinders that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from lulc_core.legend import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_AT_ONCE = 254
"""Most observations of a pixel that are counted in narrow integers: the confidences of 257 fit 16 bits, 255 fit 8."""
PART_PX = 1024
"""So much of a row is counted at once."""


class Layers(NamedTuple):
    """What is decided of each pixel: (y, x), or (x,) of a row or a part of it."""

    label: NDArray[np.uint8]
    runner_up: NDArray[np.uint8]
    support: NDArray[np.float32]
    margin: NDArray[np.float32]
    observations: NDArray[np.uint16]


@numba.njit(cache=True, nogil=True)
def _within(layers, where):  # type: ignore[no-untyped-def]
    """Return the layers of a row, or of a part of one."""
    return Layers(
        layers.label[where],
        layers.runner_up[where],
        layers.support[where],
        layers.margin[where],
        layers.observations[where],
    )


@numba.njit(cache=True, nogil=True)
def _look(label, clear, masked, seen, labelled):  # type: ignore[no-untyped-def]
    """Write the labels that count of one scene to `seen`, 0 for the others, and add to their number; all (x,)."""
    for x in range(seen.size):
        seen[x] = label[x]
    if masked:
        for x in range(seen.size):
            seen[x] = seen[x] if clear[x] else np.uint8(0)
    for x in range(seen.size):
        labelled[x] += np.uint8(seen[x] != 0)


@numba.njit(cache=True, nogil=True)
def _vote(label, confidence, clear, y, part, codes, sums, counts):  # type: ignore[no-untyped-def]
    """Count the votes of at most 254 scenes in part of a row, shape (class, 1, x); return whether all have a class.

    Two scenes at once: half as many sums are read and written.
    """
    times, width, masked = label.shape[0], counts.shape[2], clear.size > 0
    one, two, labelled = np.empty(width, np.uint8), np.zeros(width, np.uint8), np.zeros(width, np.uint8)
    sums[:], counts[:] = 0, 0
    for t in range(0, times, 2):
        other = min(t + 1, times - 1)
        first, second = confidence[t, y, part], confidence[other, y, part]
        _look(label[t, y, part], clear[t, y, part], masked, one, labelled)
        if other > t:
            _look(label[other, y, part], clear[other, y, part], masked, two, labelled)
        else:
            two[:] = 0
        for k in range(codes.size):
            code, sums_k, counts_k = codes[k], sums[k, 0], counts[k, 0]
            for x in range(width):
                a, b = one[x] == code, two[x] == code
                more = (np.uint16(first[x]) if a else np.uint16(0)) + (np.uint16(second[x]) if b else np.uint16(0))
                sums_k[x] += np.uint16(more)
                counts_k[x] += np.uint8(np.uint8(a) + np.uint8(b))
    for k in range(codes.size):
        counts_k = counts[k, 0]
        for x in range(width):
            labelled[x] -= counts_k[x]
    return labelled.max() == 0


@numba.njit(cache=True, nogil=True)
def _settle(sums, counts, y, part, codes, weights, layers):  # type: ignore[no-untyped-def]
    """Write the winners of part of a row of pixels.

    `sums` and `counts` have the shape (class, y, x), of which `part` of row `y` is settled; `codes` and `weights`
    (class,); `layers` (x,). Scores are computed in the type of the weights.
    """
    label, runner_up, support, margin, observations = layers
    kind, width = weights.dtype, label.size
    total, best, second = np.zeros(width, kind), np.zeros(width, kind), np.zeros(width, kind)
    winner, follower, seen = np.zeros(width, np.uint16), np.zeros(width, np.uint16), np.zeros(width, np.uint16)
    for k in range(codes.size):
        weight, code = weights[k], np.uint16(codes[k])
        if weight == 0:
            continue
        sums_k, counts_k = sums[k, y, part], counts[k, y, part]
        for x in range(width):
            score = weight * kind.type(sums_k[x])
            wins, follows = score > best[x], score > second[x]
            total[x] += score
            behind = code if follows else follower[x]
            next_best = score if follows else second[x]
            follower[x] = winner[x] if wins else behind
            second[x] = best[x] if wins else next_best
            winner[x] = code if wins else winner[x]
            best[x] = score if wins else best[x]
        for x in range(width):
            seen[x] += counts_k[x]
    for x in range(width):
        none = winner[x] == NO_DATA
        whole = kind.type(1) if none else total[x]
        label[x] = winner[x]
        runner_up[x] = follower[x]
        support[x] = np.float32(np.nan) if none else np.float32(best[x] / whole)
        margin[x] = np.float32(np.nan) if none else np.float32((best[x] - second[x]) / whole)
        observations[x] = np.uint16(0) if none else seen[x]


@numba.njit(cache=True, nogil=True)
def _compose_row(label, confidence, clear, codes, weights, y, layers):  # type: ignore[no-untyped-def]
    known, width = True, label.shape[2]
    for left in range(0, width, PART_PX):
        part = slice(left, min(left + PART_PX, width))
        sums = np.empty((codes.size, 1, part.stop - left), np.uint16)
        counts = np.empty(sums.shape, np.uint8)
        known &= _vote(label, confidence, clear, y, part, codes, sums, counts)
        _settle(sums, counts, 0, slice(0, part.stop - left), codes, weights, _within(layers, part))
    return known


@numba.njit(parallel=True, cache=True)
def compose(label, confidence, clear, codes, weights, known, layers):  # type: ignore[no-untyped-def]
    """Vote and decide, one row per thread; `known` says of each whether all labels that count have a class."""
    for y in numba.prange(label.shape[1]):
        row = np.int64(y)
        known[y] = _compose_row(label, confidence, clear, codes, weights, row, _within(layers, row))


@numba.njit(cache=True, nogil=True)
def _count_row(label, confidence, clear, codes, y, sums, counts):  # type: ignore[no-untyped-def]
    known, width = True, label.shape[2]
    for left in range(0, width, PART_PX):
        part = slice(left, min(left + PART_PX, width))
        sums_here = np.empty((codes.size, 1, part.stop - left), np.uint16)
        counts_here = np.empty(sums_here.shape, np.uint8)
        known &= _vote(label, confidence, clear, y, part, codes, sums_here, counts_here)
        for k in range(codes.size):
            all_sums, all_counts = sums[k, y, part], counts[k, y, part]
            for x in range(all_sums.size):
                all_sums[x] += sums_here[k, 0, x]
                all_counts[x] += counts_here[k, 0, x]
    return known


@numba.njit(parallel=True, cache=True)
def count(label, confidence, clear, codes, known, sums, counts):  # type: ignore[no-untyped-def]
    """Add the votes of at most 254 scenes to those of others, shape (class, y, x)."""
    for y in numba.prange(label.shape[1]):
        known[y] &= _count_row(label, confidence, clear, codes, np.int64(y), sums, counts)


@numba.njit(cache=True, nogil=True)
def _decide_row(sums, counts, codes, weights, y, layers):  # type: ignore[no-untyped-def]
    width = sums.shape[2]
    for left in range(0, width, PART_PX):
        part = slice(left, min(left + PART_PX, width))
        _settle(sums, counts, y, part, codes, weights, _within(layers, part))


@numba.njit(parallel=True, cache=True)
def decide_votes(sums, counts, codes, weights, layers):  # type: ignore[no-untyped-def]
    """Decide on counted votes, shape (class, y, x)."""
    for y in numba.prange(sums.shape[1]):
        row = np.int64(y)
        _decide_row(sums, counts, codes, weights, row, _within(layers, row))
