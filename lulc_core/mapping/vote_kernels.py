"""The class-weighted mode, compiled: votes and decision by parts of the pixels that stay in the processor's cache.

Rasters are flat, (scene, pixel) or (class, pixel). All loops go along the pixels, a class at a time, because these
vectorise. Parts are cut out of the rasters first, for an index that might be negative hinders that.

What is compiled here a newcomer waits for, so there is little of it: threads are the caller's, because Numba's own take
as long to compile as all else; and loops stand for slices that are assigned, and for `max` and the like.
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
"""So many pixels are counted at once."""


class Layers(NamedTuple):
    """What is decided of each pixel: all of one shape."""

    label: NDArray[np.uint8]
    runner_up: NDArray[np.uint8]
    support: NDArray[np.float32]
    margin: NDArray[np.float32]
    observations: NDArray[np.uint16]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _vote(label, confidence, clear, first, width, codes, seen, sums, counts):  # type: ignore[no-untyped-def]
    """Count the votes of at most 254 scenes in some pixels; return whether all labels that count have a class.

    `seen` (3, pixel) is room for it. Two scenes at once: half as many sums are read and written.
    """
    times, masked, part = label.shape[0], clear.size > 0, slice(first, first + width)
    one, two, labelled = seen[0], seen[1], seen[2]
    for x in range(width):
        labelled[x] = 0
    for k in range(codes.size):
        sums_k, counts_k = sums[k], counts[k]
        for x in range(width):
            sums_k[x], counts_k[x] = 0, 0
    for t in range(0, times, 2):
        other = min(t + 1, times - 1)
        both = np.uint8(other > t)
        first_label, second_label = label[t, part], label[other, part]
        first_votes, second_votes = confidence[t, part], confidence[other, part]
        for x in range(width):
            one[x], two[x] = first_label[x], second_label[x] * both
        if masked:
            first_clear, second_clear = clear[t, part], clear[other, part]
            for x in range(width):
                one[x] *= np.uint8(first_clear[x])
                two[x] *= np.uint8(second_clear[x])
        for x in range(width):
            labelled[x] += np.uint8(one[x] != 0) + np.uint8(two[x] != 0)
        for k in range(codes.size):
            code, sums_k, counts_k = codes[k], sums[k], counts[k]
            for x in range(width):
                a, b = one[x] == code, two[x] == code
                votes = np.uint16(first_votes[x]) if a else np.uint16(0)
                more = np.uint16(second_votes[x]) if b else np.uint16(0)
                sums_k[x] += np.uint16(votes + more)
                counts_k[x] += np.uint8(np.uint8(a) + np.uint8(b))
    for k in range(codes.size):
        counts_k = counts[k]
        for x in range(width):
            labelled[x] -= counts_k[x]
    unknown = np.uint8(0)
    for x in range(width):
        unknown |= labelled[x]
    return unknown == 0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _settle(sums, counts, first, width, codes, weights, layers, at):  # type: ignore[no-untyped-def]
    """Write the winners of some pixels, from `first` on in the votes, into layers from `at` on.

    Scores are computed in the type of the weights.
    """
    kind = weights.dtype
    total, best, second = np.empty(width, kind), np.empty(width, kind), np.empty(width, kind)
    winner, follower, seen = np.empty(width, np.uint16), np.empty(width, np.uint16), np.empty(width, np.uint16)
    for x in range(width):
        total[x], best[x], second[x] = 0, 0, 0
        winner[x], follower[x], seen[x] = 0, 0, 0
    for k in range(codes.size):
        weight, code = weights[k], np.uint16(codes[k])
        if weight == 0:
            continue
        sums_k, counts_k = sums[k, first : first + width], counts[k, first : first + width]
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
    part = slice(at, at + width)
    label, runner_up, observations = layers.label[part], layers.runner_up[part], layers.observations[part]
    support, margin = layers.support[part], layers.margin[part]
    for x in range(width):
        none = winner[x] == NO_DATA
        label[x], runner_up[x] = winner[x], follower[x]
        support[x] = np.float32(np.nan) if none else np.float32(best[x] / total[x])
        margin[x] = np.float32(np.nan) if none else np.float32((best[x] - second[x]) / total[x])
        observations[x] = np.uint16(0) if none else seen[x]


@numba.njit(cache=True, nogil=True)
def compose(label, confidence, clear, codes, weights, layers, start, stop):  # type: ignore[no-untyped-def]
    """Vote and decide from pixel `start` to `stop`; return whether all labels that count have a class."""
    known = True
    seen, counts = np.empty((3, PART_PX), np.uint8), np.empty((codes.size, PART_PX), np.uint8)
    sums = np.empty(counts.shape, np.uint16)
    for first in range(start, stop, PART_PX):
        width = min(PART_PX, stop - first)
        known &= _vote(label, confidence, clear, first, width, codes, seen, sums, counts)
        _settle(sums, counts, np.int64(0), width, codes, weights, layers, first)
    return known


@numba.njit(cache=True, nogil=True)
def count(label, confidence, clear, codes, sums, counts, start, stop):  # type: ignore[no-untyped-def]
    """Add the votes of at most 254 scenes to those of others (class, pixel), from pixel `start` to `stop`.

    Return whether all labels that count have a class.
    """
    known = True
    seen, counts_here = np.empty((3, PART_PX), np.uint8), np.empty((codes.size, PART_PX), np.uint8)
    sums_here = np.empty(counts_here.shape, np.uint16)
    for first in range(start, stop, PART_PX):
        width = min(PART_PX, stop - first)
        known &= _vote(label, confidence, clear, first, width, codes, seen, sums_here, counts_here)
        for k in range(codes.size):
            all_sums, all_counts = sums[k, first : first + width], counts[k, first : first + width]
            some_sums, some_counts = sums_here[k], counts_here[k]
            for x in range(width):
                all_sums[x] += some_sums[x]
                all_counts[x] += some_counts[x]
    return known


@numba.njit(cache=True, nogil=True)
def decide_votes(sums, counts, codes, weights, layers, start, stop):  # type: ignore[no-untyped-def]
    """Decide on counted votes (class, pixel), from pixel `start` to `stop`."""
    for first in range(start, stop, PART_PX):
        _settle(sums, counts, first, min(PART_PX, stop - first), codes, weights, layers, first)
