"""How likely a pixel really changed between two years, from the votes of both. Pure.

The votes of a year are draws from the shares that the classes have at a pixel, which vary from pixel to pixel as a
symmetric Dirichlet distribution does. With the votes ``c`` of one year and ``d`` of another, the Bayes factor of two
shares against one that held in both years is ``B = m(c) m(d) / m(c + d)``, where for K classes and ``n`` votes::

    m(c) = G(K a) / G(n + K a) prod_k G(c_k + a) / G(a)

(the Dirichlet-multinomial distribution; Good 1965, The Estimation of Probabilities; Gunel & Dickey 1974, Biometrika
61, 545-557). ``a`` and the share ``p`` of pixels that changed are the most likely ones in the place (empirical Bayes),
so that nothing is fitted elsewhere. The chance of a change is then ``p B / (1 - p + p B)``. Where votes are few, or
pixels that kept their class differ as much, ``p`` falls, to 0 where chance explains everything.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, gammaln, logit

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHOLE = 255
"""Votes count in this part: a vote of probability 1 is 255."""
_AT_MOST = 100_000
"""Pixels that the two numbers are found by, evenly spread; and of which the chances are found at once."""
_SPREADS = (1e-3, 1.0)
"""Between these lies ``a``."""


def change_chances(
    votes: tuple[NDArray[np.integer], NDArray[np.integer]], seen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the chance that each pixel changed, 0-1, shape (y, x); 0 where it was not seen. No class weights count.

    Parameters
    ----------
    votes
        Votes of each class in the earlier and the later year, 255 = one of probability 1, shape (class, y, x).
    seen
        Pixels with votes in both years, shape (y, x).

    Examples
    --------
    >>> before = np.full((2, 1, 100), [[[2550]], [[0]]])
    >>> after = before.copy()
    >>> after[:, 0, 0] = 0, 2550
    >>> change_chances((before, after), np.ones((1, 100), bool))[0, :2].round(2).tolist()
    [1.0, 0.0]
    """
    chances = np.zeros(seen.shape, np.float32)
    there = np.flatnonzero(seen)
    some = there[:: max(len(there) // _AT_MOST, 1)]
    if not len(some):
        return chances
    flat = tuple(each.reshape(len(each), -1) for each in votes)
    before, after = (each[:, some].astype(np.int32) for each in flat)
    spread = _spread(np.hstack([before, after]))
    share = _share(log_factors(before, after, spread))
    if share > 0:
        for part in np.array_split(there, max(len(there) // _AT_MOST, 1)):
            first, second = (each[:, part].astype(np.int32) for each in flat)
            chances.ravel()[part] = expit(log_factors(first, second, spread) + logit(share))
    return chances


def log_factors(before: NDArray[np.integer], after: NDArray[np.integer], spread: float) -> NDArray[np.float64]:
    """Return the logarithm of B of each pixel, shape (pixel,); votes have the shape (class, pixel)."""
    cast = before.sum(0), after.sum(0)
    both = cast[0] + cast[1]
    tables = _tables(int(both.max(initial=0)), len(before), spread)
    apart = _log_chance(before, cast[0], tables) + _log_chance(after, cast[1], tables)
    return apart - _log_chance(before + after, both, tables)


def _tables(most: int, classes: int, spread: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each number of votes adds to the logarithm of m: of one class, and of all together."""
    votes = np.arange(most + 1) / WHOLE
    whole = classes * spread
    return gammaln(votes + spread) - gammaln(spread), gammaln(whole) - gammaln(votes + whole)


def _log_chance(
    votes: NDArray[np.integer], cast: NDArray[np.integer], tables: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float64]:
    """Return the logarithm of m of each pixel, of its votes and of how many they are together."""
    of_class, of_all = tables
    return np.asarray(of_all[cast] + sum(of_class[each] for each in votes))


def _spread(votes: NDArray[np.integer]) -> float:
    """Return the most likely ``a``, by the votes of both years."""
    some = votes[:, :: max(votes.shape[1] // (_AT_MOST // 5), 1)]
    cast = some.sum(0)
    most = int(cast.max(initial=0))

    def unlikely(log: float) -> float:
        return -float(_log_chance(some, cast, _tables(most, len(some), math.exp(log))).sum())

    low, high = map(math.log, _SPREADS)
    found = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 0.02})
    return math.exp(found.x)


def _share(log_factors: NDArray[np.float64]) -> float:
    """Return the most likely share of pixels that changed, 0-1."""
    more = np.expm1(np.minimum(log_factors, 600.0))

    def slope(share: float) -> float:
        return float((more / (1 + share * more)).mean())

    if slope(0.0) <= 0:
        return 0.0
    return 1.0 if slope(1.0) >= 0 else float(brentq(slope, 0.0, 1.0, xtol=1e-7))
