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

and the chance of a change is the second term divided by both. ``m(c) m(d) / m(c + d)`` is the Bayes factor of two
shares against one (Gunel & Dickey 1974, Biometrika 61, 545-557).

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
from scipy.special import digamma, expit, gammaln

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Votes = NDArray[np.integer]

WHOLE = 255
"""Votes count in this part: a vote of probability 1 is 255."""
_AT_MOST = 50_000
"""Pixels that the transitions are found by, drawn at random; and of which the chances are found at once."""
_COARSE = 32
"""Votes are rounded to so many of their parts, an eighth, to find how shares vary."""
_LEAST = 1e-4
"""No ``a`` is smaller, and no number of pixels that stay a class: without votes both would be 0."""
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

    def chances(self, before: Votes, after: Votes) -> Floats:
        """Return the chance that each pixel changed, shape (pixel,); votes have the shape (class, pixel)."""
        if not self.turns.any():
            return np.zeros(before.shape[1])
        return self.weigh(Evidence.of(before, after, self.spread))[0]

    def weigh(self, evidence: Evidence) -> tuple[Floats, Floats, Floats]:
        """Return the chance that each pixel changed, and both sums: over the classes that stay, and the transitions."""
        kept = self.stays @ evidence.both
        turned = np.einsum("kp,kp->p", self.turns @ evidence.after, evidence.before)
        return expit(evidence.log_factor + np.log(turned) - np.log(kept)), kept, turned

    def improved(self, evidence: Evidence) -> Transitions:
        """Return likelier ones: a step of expectation maximisation."""
        chances, kept, turned = self.weigh(evidence)
        each = (evidence.before * (chances / turned)) @ evidence.after.T
        worth = math.log(len(chances))  # twice what Schwarz 1978 asks of a parameter: neighbours are alike
        stays = np.maximum(self.stays * (evidence.both @ ((1 - chances) / kept)), _LEAST)
        often = np.maximum(self.often * each - worth, 0.0)
        rare = max(self.rare * float(each[_apart(len(each))].mean()) - 1, 0.0)
        whole = stays.sum() + often.sum() + rare
        return replace(self, stays=stays / whole, often=often / whole, rare=rare / whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the votes of pixels say."""

    log_factor: Floats
    """Logarithm of the Bayes factor, shape (pixel,)."""
    before: NDArray[np.float32]
    """`class_factors` of the earlier year, shape (class, pixel)."""
    after: NDArray[np.float32]
    """`class_factors` of the later year."""
    both: NDArray[np.float32]
    """`class_factors` of all votes together."""

    @classmethod
    def of(cls, before: Votes, after: Votes, spread: Floats) -> Evidence:
        """Return what votes of the shape (class, pixel) say."""
        return cls(
            log_factor=log_factors(before, after, spread),
            before=class_factors(before, spread),
            after=class_factors(after, spread),
            both=class_factors(before + after, spread),
        )


def change_chances(
    votes: tuple[Votes, Votes], seen: NDArray[np.bool_], rotated: Collection[int] = ()
) -> NDArray[np.float32]:
    """Return the chance that each pixel changed, 0-1, shape (y, x); 0 where it was not seen. No class weights count.

    Parameters
    ----------
    votes
        Votes of each class in the earlier and the later year, 255 = one of probability 1, shape (class, y, x).
    seen
        Pixels with votes in both years, shape (y, x).
    rotated
        Positions of classes between which fields rotate, see `find_transitions`.

    Examples
    --------
    >>> before = np.full((2, 1, 100), [[[2550]], [[0]]])
    >>> after = before.copy()
    >>> after[:, 0, :9] = [[0], [2550]]
    >>> change_chances((before, after), np.ones((1, 100), bool))[0, [0, 50]].round(2).tolist()
    [1.0, 0.0]
    """
    chances = np.zeros(seen.shape, np.float32)
    there = np.flatnonzero(seen)
    if not len(there):
        return chances
    flat = tuple(each.reshape(len(each), -1) for each in votes)

    def at(pixels: NDArray[np.integer]) -> tuple[Votes, Votes]:
        return flat[0][:, pixels].astype(np.int32), flat[1][:, pixels].astype(np.int32)

    some = there if len(there) <= _AT_MOST else np.random.default_rng(0).choice(there, _AT_MOST, replace=False)
    found = find_transitions(*at(np.sort(some)), rotated)
    for part in np.array_split(there, -(-len(there) // _AT_MOST)):
        chances.ravel()[part] = found.chances(*at(part))
    return chances


def find_transitions(before: Votes, after: Votes, rotated: Collection[int] = ()) -> Transitions:
    """Return how often pixels stay a class or turn into another, by the votes of both years, shape (class, pixel).

    Besides the transitions that the place shows, each with a share of its own, some pixels turn from any class into
    any other, all alike. Between `rotated` classes there is only that: votes that often differ there do not make it
    likelier that a pixel differs for good, so that only clear ones count.
    """
    spread = _spread(np.hstack([before, after]))
    evidence = Evidence.of(before, after, spread)
    classes = len(spread)
    rotates = np.isin(range(classes), [*rotated])
    learned = _apart(classes) & ~(rotates[:, None] & rotates)
    even = np.full(classes, 0.9 / classes)
    found = Transitions(spread=spread, stays=even, often=0.05 * learned / max(learned.sum(), 1), rare=0.05)
    for _ in range(_ROUNDS):
        old, found = found, found.improved(evidence)
        moved = np.abs(found.turns - old.turns).max()
        if not found.turns.any() or max(moved, np.abs(found.stays - old.stays).max()) < _SETTLED:
            break
    return found


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
    some = np.rint(votes[:, :: -(-votes.shape[1] // 20_000)] / _COARSE).astype(int)
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
