"""How likely a pixel really changed between two years, from the votes of both. Pure.

The votes of a year are draws from the shares that the classes have at a pixel, which vary from pixel to pixel as a
Dirichlet distribution does: with ``a_k`` of class k and ``A`` of all, ``n`` votes ``c`` have the chance ::

    m(c) = G(A) / G(n + A) prod_k G(c_k + a_k) / G(a_k)

(Dirichlet-multinomial; Good 1965, The Estimation of Probabilities). This is the mean of distributions that have one
more of a class each, the class of the pixel: in pixels of class k votes have the chance ``m(c) s_k(c)``, where
``s_k(c) = (c_k + a_k) / (n + A) * A / a_k``. A pixel that stays a class has the same shares in both years, one that
turns from i to j has others. If ``S_k`` and ``T_ij`` of all pixels do so, the votes ``c`` and ``d`` of two years have
the chance ::

    m(c + d) sum_k S_k s_k(c + d)  +  m(c) m(d) sum_ij T_ij s_i(c) s_j(d)

and the chance of a change is the second term divided by both. Here all is divided by ``m(c) m(d)``: what is left,
``m(c + d) / m(c) m(d)``, is the Bayes factor of one set of shares against two (Gunel & Dickey 1974, Biometrika 61,
545-557).

All numbers are the most likely ones in the place (empirical Bayes): ``a`` by the fixed point of Minka 2000, Estimating
a Dirichlet distribution; S and T by expectation maximisation, as in Dawid & Skene 1979, Applied Statistics 28, 20-28.
So a transition that is frequent in the place is believed sooner than a rare one. Each has to be worth its parameter
(Figueiredo & Jain 2002, doi:10.1109/34.990138), so that T falls to 0 where chance explains everything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Votes = NDArray[np.integer]

WHOLE = 255
"""Votes count in this part: a vote of probability 1 is 255."""
_AT_MOST = 50_000
"""Pixels that the transitions are found by, drawn at random."""
_PART = 5_000
"""Pixels that are weighed at once: what is found of them stays in the processor's cache."""
_COARSE = 32
"""Votes are rounded to so many of their parts, an eighth, to find how shares vary."""
_LEAST = 1e-4
"""No ``a`` is smaller, and no number of pixels that stay a class: without votes both would be 0."""
_SURE = 40.0
"""A Bayes factor counts up to e to this: no share outweighs it, and single precision holds it."""
_ROUNDS, _SETTLED = 200, 1e-6
"""Steps of a search at most; it ends when no number changes by more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """How often pixels stay a class or turn into another; all shares together are 1."""

    spread: Floats
    """``a`` of each class."""
    stays: Floats
    """``S``: share of pixels that stay each class."""
    often: Floats
    """Share of pixels that turn from a class (row) into another (column), by a transition that the place shows."""
    rare: float
    """Share of pixels that turn from any class into any other, all alike."""

    @property
    def turns(self) -> Floats:
        """``T``: share of pixels that turn from a class (row) into another (column)."""
        apart = _apart(len(self.stays))
        return np.asarray(self.often + self.rare * apart / apart.sum())

    def chances(self, votes: tuple[Votes, Votes], asked: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the chance that pixels changed, 0-1; 0 where it is not asked for, or without votes in both years.

        Parameters
        ----------
        votes
            As those that the transitions were found by, shape (class, y, x). No class weights count.
        asked
            Shape (y, x). Others cost nothing.
        """
        chances = np.zeros(asked.shape, np.float32)
        pixels = np.flatnonzero(asked)
        if len(pixels) and self.turns.any():
            before, after = _at(votes, pixels)
            found = [np.divide(*self.weigh(part)) for part in evidence_of(before, after, self.spread)]
            chances.ravel()[pixels] = np.concatenate(found) * (before.any(0) & after.any(0))
        return chances

    def weigh(self, part: Evidence) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how likely the votes of each pixel are if it changed, and either way."""
        turned = np.einsum("kp,kp->p", self.turns.astype(np.float32) @ part.after, part.before)
        return turned, turned + self.stays.astype(np.float32) @ part.both

    def improved(self, parts: list[Evidence]) -> Transitions:
        """Return likelier ones: a step of expectation maximisation."""
        each, kept = np.zeros_like(self.often), np.zeros_like(self.stays)
        for part in parts:
            _, either = self.weigh(part)
            each += (part.before / either) @ part.after.T
            kept += part.both @ (1 / either)
        worth = math.log(sum(part.both.shape[1] for part in parts))  # twice that of Schwarz 1978: neighbours are alike
        stays = np.maximum(self.stays * kept, _LEAST)
        often = np.maximum(self.often * each - worth, 0.0)
        rare = max(self.rare * float(each[_apart(len(each))].mean()) - 1, 0.0)
        whole = stays.sum() + often.sum() + rare
        return replace(self, stays=stays / whole, often=often / whole, rare=rare / whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How likely the votes of some pixels are, by their class, divided by ``m(c) m(d)``; each (class, pixel)."""

    before: NDArray[np.float32]
    """``s_i(c)``: those of the earlier year."""
    after: NDArray[np.float32]
    """``s_j(d)``: those of the later year."""
    both: NDArray[np.float32]
    """``s_k(c + d) m(c + d) / m(c) m(d)``: those of both years, of a pixel that stays the class."""


def evidence_of(before: Votes, after: Votes, spread: Floats) -> Iterator[Evidence]:
    """Yield what the votes of both years say, shape (class, pixel), of `_PART` pixels each time."""
    both = before + after
    log_factor = log_factors(before, after, spread)
    for first in range(0, both.shape[1], _PART):
        part = slice(first, first + _PART)
        factor = np.exp(-log_factor[part].clip(-_SURE, _SURE)).astype(np.float32)
        yield Evidence(
            before=class_factors(before[:, part], spread),
            after=class_factors(after[:, part], spread),
            both=class_factors(both[:, part], spread) * factor,
        )


def find_transitions(votes: tuple[Votes, Votes], rotated: Collection[int] = ()) -> Transitions:
    """Return how often pixels stay a class or turn into another.

    Besides the transitions that the place shows, each with a share of its own, some pixels turn from any class into
    any other, all alike. Between `rotated` classes there is only that: votes that often differ there do not make it
    likelier that a pixel differs for good, so that only clear ones count.

    Parameters
    ----------
    votes
        Votes of each class in the earlier and the later year, 255 = one of probability 1, shape (class, y, x). Pixels
        without votes in one of them do not count.
    rotated
        Positions of classes between which fields rotate.

    Examples
    --------
    >>> before = np.full((2, 1, 100), [[[2550]], [[0]]])
    >>> after = before.copy()
    >>> after[:, 0, :9] = [[0], [2550]]
    >>> found = find_transitions((before, after))
    >>> found.chances((before, after), np.ones((1, 100), bool))[0, [0, 50]].round(2).tolist()
    [1.0, 0.0]
    """
    before, after = _at(votes, _drawn(np.any(votes[0], axis=0) & np.any(votes[1], axis=0)))
    spread = _spread(np.hstack([before, after]))
    classes = len(spread)
    rotates = np.isin(range(classes), [*rotated])
    learned = _apart(classes) & ~(rotates[:, None] & rotates)
    even = np.full(classes, 0.9 / classes)
    found = Transitions(spread=spread, stays=even, often=0.05 * learned / max(learned.sum(), 1), rare=0.05)
    parts = list(evidence_of(before, after, spread))
    for _ in range(_ROUNDS if parts else 0):
        old, found = found, found.improved(parts)
        moved = np.abs(found.turns - old.turns).max()
        if not found.turns.any() or max(moved, np.abs(found.stays - old.stays).max()) < _SETTLED:
            break
    return found


def _drawn(seen: NDArray[np.bool_]) -> NDArray[np.integer]:
    """Return the positions of the pixels that were seen; of at most `_AT_MOST` of them, the same each time."""
    there = np.flatnonzero(seen)
    if len(there) <= _AT_MOST:
        return there
    return np.sort(np.random.default_rng(0).choice(there, _AT_MOST, replace=False))


def _at(votes: tuple[Votes, Votes], pixels: NDArray[np.integer]) -> tuple[Votes, Votes]:
    """Return the votes of some pixels, shape (class, pixel)."""
    before, after = (each.reshape(len(each), -1)[:, pixels].astype(np.int32) for each in votes)
    return before, after


def _apart(classes: int) -> NDArray[np.bool_]:
    return ~np.eye(classes, dtype=bool)


def log_factors(before: Votes, after: Votes, spread: Floats) -> Floats:
    """Return the logarithm of the Bayes factor of each pixel, shape (pixel,); votes have the shape (class, pixel)."""
    both = before + after
    of_class, of_all = _tables(int(both.sum(0).max(initial=0)), spread)

    def log_chance(votes: Votes) -> Floats:
        return np.asarray(of_all[votes.sum(0)] + sum(table[each] for table, each in zip(of_class, votes, strict=True)))

    return log_chance(before) + log_chance(after) - log_chance(both)


def _tables(most: int, spread: Floats) -> tuple[Floats, Floats]:
    """Return what each number of votes adds to the logarithm of m: of each class, and of all together."""
    votes, whole = np.arange(most + 1) / WHOLE, spread.sum()
    of_class = gammaln(votes + spread[:, None]) - gammaln(spread)[:, None]
    return of_class, gammaln(whole) - gammaln(votes + whole)


def class_factors(votes: Votes, spread: Floats) -> NDArray[np.float32]:
    """Return how many times likelier the votes of each pixel are in pixels of each class, shape (class, pixel)."""
    whole = spread.sum()
    factors = np.multiply(votes, 1 / WHOLE, dtype=np.float32)
    factors += spread[:, None].astype(np.float32)
    factors *= (whole / (votes.sum(0) / WHOLE + whole)).astype(np.float32)
    factors /= spread[:, None].astype(np.float32)
    return factors


def _spread(votes: Votes) -> Floats:
    """Return the most likely ``a`` of each class, by the votes of both years."""
    some = np.rint(votes[:, :: max(1, votes.shape[1] // 20_000)] / _COARSE).astype(int)
    counts = [np.bincount(each) for each in (*some, some.sum(0))]
    values = [np.arange(len(each)) * (_COARSE / WHOLE) for each in counts]
    spread = np.full(len(votes), 0.1)
    for _ in range(_ROUNDS):
        *ups, down = (
            float(count @ (digamma(value + each) - digamma(each)))
            for count, value, each in zip(counts, values, (*spread, spread.sum()), strict=True)
        )
        if not down:  # hardly a vote
            break
        old, spread = spread, np.maximum(spread * np.array(ups) / down, _LEAST)
        if np.abs(spread - old).max() < _SETTLED:
            break
    return spread
