"""Uncertainty of a composite: share of the votes, agreement of the scenes, stability without one of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def disagreement(counts: NDArray[np.integer], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Shannon entropy of the observed classes in bits: 0 if all agree, NaN without observations.

    Parameters
    ----------
    counts
        Clear observations of every class, shape (class, y, x).
    weights
        Of every class, shape (class,): one without weight has no say.
    """
    counted = counts * (weights > 0)[:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = counted / counted.sum(0)
        entropy = -np.where(shares == 0, 0, shares * np.log2(shares)).sum(0)
    return np.abs(entropy)  # never -0


def share(sums: NDArray[np.integer], weights: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    """Return a class's share of the weighted votes, 0-1, NaN without any: the shares of all classes sum to one.

    Parameters
    ----------
    sums, weights
        Unweighted votes (class, y, x) and weights (class,).
    place
        Of the class in the legend.
    """
    scores = (weight * votes for weight, votes in zip(weights, sums, strict=True))
    with np.errstate(invalid="ignore"):
        return weights[place] * sums[place] / sum(scores)


def stability(
    sums: NDArray[np.integer],
    weights: NDArray[np.float64],
    winner: NDArray[np.integer],
    observations: NDArray[np.integer],
    *,
    votes: NDArray[np.integer],
    confidence: NDArray[np.integer],
    clear: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the share of observations that could each be left out without another class winning, NaN if none.

    Parameters
    ----------
    sums, weights
        Unweighted votes (class, y, x) and weights (class,) that decided.
    winner, observations
        Place in the legend of the class that won, and how many observations counted, shape (y, x).
    votes, confidence, clear
        Of every scene: place in the legend, what it adds to the sum, whether it counts, shape (time, y, x).
    """
    scores = weights[:, None, None] * sums
    np.put_along_axis(scores, winner[None].astype(np.intp), 0, 0)
    rival, second = scores.argmax(0), scores.max(0)
    weight = weights[winner]
    best = np.take_along_axis(sums, winner[None].astype(np.intp), 0)[0].astype(np.int64)
    lost = np.zeros(winner.shape, np.int64)
    for vote, added, counts in zip(votes, confidence, clear, strict=True):  # only the winner's own votes can matter
        left = weight * (best - added)
        stays = (left > second) | ((left == second) & (winner < rival) & (left > 0))
        lost += counts & (vote == winner) & ~stays
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - lost / observations
