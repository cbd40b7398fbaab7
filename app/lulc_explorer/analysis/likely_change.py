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
    import xarray as xr
    from numpy.typing import NDArray

    from lulc_explorer.rendering.palette import Palette

WHOLE = 255
"""Votes count in this part: a vote of probability 1 is 255."""
_AT_MOST = 100_000
"""Pixels that the two numbers are found by, evenly spread."""
_SPREADS = (1e-3, 1.0)
"""Between these lies ``a``."""


def change_chances(
    votes: tuple[NDArray[np.integer], NDArray[np.integer]], seen: NDArray[np.bool_], asked: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the chance that each pixel changed, 0-1, shape (y, x); 0 where it is not asked for.

    Parameters
    ----------
    votes
        Votes of each class in the earlier and the later year, 255 = one of probability 1, shape (class, y, x).
    seen
        Pixels with votes in both years, shape (y, x).
    asked
        Those whose chance is asked for, shape (y, x).

    Examples
    --------
    >>> before = np.full((2, 1, 100), [[[2550]], [[0]]])
    >>> after = before.copy()
    >>> after[:, 0, 0] = 0, 2550
    >>> changed = (before != after).any(0)
    >>> change_chances((before, after), np.ones((1, 100), bool), changed)[0, :2].round(2).tolist()
    [1.0, 0.0]
    """
    chances = np.zeros(seen.shape)
    some = np.flatnonzero(seen)
    some = some[:: max(len(some) // _AT_MOST, 1)]
    if not len(some) or not (seen & asked).any():
        return chances
    flat = tuple(each.reshape(len(each), -1) for each in votes)
    before, after = (each[:, some].astype(np.int64) for each in flat)
    spread = _spread(np.hstack([before, after]))
    share = _share(log_factors(before, after, spread))
    if share > 0:
        there = seen & asked
        first, second = (each[:, there.ravel()].astype(np.int64) for each in flat)
        found = log_factors(first, second, spread)
        chances[there] = expit(found + logit(share))
    return chances


def log_factors(before: NDArray[np.int64], after: NDArray[np.int64], spread: float) -> NDArray[np.float64]:
    """Return the logarithm of B of each pixel, shape (pixel,); votes have the shape (class, pixel)."""
    both = before + after
    tables = _tables(int(both.sum(0).max(initial=0)), len(both), spread)
    return _log_chance(before, tables) + _log_chance(after, tables) - _log_chance(both, tables)


def _tables(most: int, classes: int, spread: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each number of votes adds to the logarithm of m: of one class, and of all together."""
    votes = np.arange(most + 1) / WHOLE
    whole = classes * spread
    return gammaln(votes + spread) - gammaln(spread), gammaln(whole) - gammaln(votes + whole)


def _log_chance(votes: NDArray[np.int64], tables: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Return the logarithm of m of each pixel."""
    of_class, of_all = tables
    return np.asarray(of_all[votes.sum(0)] + sum(of_class[each] for each in votes))


def _spread(votes: NDArray[np.int64]) -> float:
    """Return the most likely ``a``, by the votes of both years."""
    some = votes[:, :: max(votes.shape[1] // (_AT_MOST // 5), 1)]
    most = int(some.sum(0).max(initial=0))

    def unlikely(log: float) -> float:
        return -float(_log_chance(some, _tables(most, len(some), math.exp(log))).sum())

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


def votes_of_composite(data: xr.Dataset, palette: Palette) -> NDArray[np.int64]:
    """Return the votes that a composite tells of, where they were not kept: of the winner and of the runner-up.

    Each observation counts as a vote of probability 1, which is more than it was: chances are then too high.

    Parameters
    ----------
    data
        As `lulc_core.composite` returns it.
    palette
        The legend.

    Returns
    -------
    numpy.ndarray
        255 = one vote of probability 1, shape (class, y, x).
    """
    support, margin, observations = (data[name].values for name in ("support", "margin", "observations"))
    codes = np.array(palette.codes)[:, None, None]
    found = np.zeros((len(codes), *support.shape), np.int64)
    for name, share in {"label": support, "runner_up": support - margin}.items():
        votes = np.rint(WHOLE * observations * np.nan_to_num(np.maximum(share, 0))).astype(np.int64)
        found += np.where(codes == data[name].values, votes, 0)
    return found
