"""The search for the class weights whose composite agrees best with labels.

One weight at a time is set to its best, exactly, on a grid of one per cent, until none gains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numba
import numpy as np

from lulc_core.progress import check

if TYPE_CHECKING:
    import threading

    from numpy.typing import NDArray

    from lulc_core.legend import Legend
    from lulc_core.mapping.labelled_pixels import Pixels

Objective = Literal["overall", "balanced"]
"""What to maximise: overall accuracy, or the mean of the classes' producer's accuracies."""
_STEP = 0.01
"""Step of the search in log-weight: about one per cent."""
_SWEEPS = 50
"""Most sweeps through all classes."""
_ENOUGH = 1e-4
"""A sweep through all classes that gains less than this share is the last."""
_FIRST_PIXELS = 50_000
"""Most pixels that the search starts on; it ends on all."""


class Search:
    """Finds the best weights for labelled pixels.

    Parameters
    ----------
    legend, objective, bounds, cancel
        As for `calibrate`.
    """

    def __init__(
        self, legend: Legend, objective: Objective, bounds: tuple[float, float], cancel: threading.Event | None
    ) -> None:
        self.legend = legend
        self._cancel = cancel
        self.objective: Objective = objective
        self.default = legend.weights()[legend.codes]
        self._low, high = np.log(bounds)
        self._last = round((high - self._low) / _STEP)

    def best(self, pixels: Pixels) -> NDArray[np.float64]:
        """Return the weight of every class, shape (class,), to hundredths."""
        fitted = np.intersect1d(np.unique(pixels.truth), np.flatnonzero(self.default > 0))
        if fitted.size < 2:
            return self.default
        race = self._race(pixels, fitted)
        if not race.truth.size:  # each pixel has the votes of one class, or none of its own: weights change nothing
            return self.default
        few = race.every(-(-race.truth.size // _FIRST_PIXELS))
        even = np.full(fitted.size, round(-self._low / _STEP))
        starts = [self._climb(few, start) for start in (even, self._balancing(pixels, fitted))]
        tried = [self.default]
        for steps in starts:
            tried.append(self.default.copy())
            tried[-1][fitted] = np.exp(self._low + _STEP * self._climb(race, steps)).round(2)
        return max(tried, key=lambda weights: self.score(error_matrix(pixels, weights)))

    def score(self, matrix: NDArray[np.float64]) -> float:
        """Return the objective, 0-1, of an error matrix (map, reference); the last row is no data."""
        columns = matrix.sum(0)
        right = np.diag(matrix)
        if self.objective == "overall":
            return float(right.sum() / columns.sum())
        return float((right[columns > 0] / columns[columns > 0]).mean())

    def named(self, weights: NDArray[np.float64]) -> dict[str, float]:
        """Return weights, shape (class,), by class name."""
        return dict(zip(self.legend.names, weights.tolist(), strict=True))

    def _race(self, pixels: Pixels, fitted: NDArray[np.int64]) -> Race:
        """Return what the search needs of the pixels that some weights get right and others wrong."""
        values = pixels.stands_for
        if self.objective == "balanced":
            values = values / np.bincount(pixels.truth, values, len(self.legend))[pixels.truth]
        places = np.full(len(self.legend), -1)
        places[fitted] = np.arange(fitted.size)
        scores, truth = pixels.scores[:, fitted], places[pixels.truth]
        contested = (truth >= 0) & ((scores > 0).sum(1) > 1)
        contested[contested] &= scores[contested, truth[contested]] > 0
        with np.errstate(divide="ignore"):
            logs = np.log(scores[contested])
        return Race(logs=logs, truth=truth[contested], values=values[contested], whole=float(values.sum()))

    def _balancing(self, pixels: Pixels, fitted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the weights that give each class votes in proportion to its labels, in steps."""
        votes = pixels.stands_for @ pixels.scores[:, fitted]
        labels = np.bincount(pixels.truth, pixels.stands_for, len(self.legend))[fitted]
        return self._centred(np.rint((np.log(labels / np.maximum(votes, 1.0)) - self._low) / _STEP).astype(int))

    def _climb(self, race: Race, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Set one weight after another to its best, until a whole sweep gains next to nothing."""
        steps = steps.copy()
        for _ in range(_SWEEPS):
            check(self._cancel)
            gained = 0.0
            for k in range(steps.size):
                weights = (self._low + _STEP * steps).astype(np.float32)
                gains = _gains(race.logs, race.truth, race.values, weights, k, self._low, _STEP, self._last)
                gains = np.cumsum(gains)
                best = np.flatnonzero(gains >= gains.max() - 1e-9 * race.whole)
                nearest = best[np.abs(best - steps[k]).argmin()]
                gained += gains[nearest] - gains[steps[k]]
                steps[k] = nearest
            steps = self._centred(steps)
            if gained <= _ENOUGH * race.whole:
                break
        return steps

    def _centred(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return weights with a geometric mean of 1, to a step, within the bounds."""
        shift = round(-self._low / _STEP - steps.mean())
        return np.clip(steps + shift, 0, self._last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Pixels that some weights get right and some wrong; only the classes whose weights are sought."""

    logs: NDArray[np.float32]
    """Logarithm of the unweighted votes, shape (pixel, class); minus infinity without votes."""
    truth: NDArray[np.int64]
    values: NDArray[np.float64]
    """What each pixel is worth if right, shape (pixel,)."""
    whole: float
    """What all pixels are worth, those outside the race too."""

    def every(self, nth: int) -> Race:
        """Return a thinner race; the pixels that are left stand for the others."""
        return Race(logs=self.logs[::nth], truth=self.truth[::nth], values=self.values[::nth] * nth, whole=self.whole)


def error_matrix(pixels: Pixels, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the error matrix, rows map (the last is no data), columns reference, in labelled pixels."""
    return _tabulate(pixels.scores, pixels.truth, pixels.stands_for, weights)


@numba.njit(cache=True)
def _tabulate(scores, truth, values, weights):  # type: ignore[no-untyped-def]
    classes = weights.size
    matrix = np.zeros((classes + 1, classes))
    for i in range(truth.size):
        best, winner = 0.0, classes
        for k in range(classes):
            score = weights[k] * scores[i, k]
            if score > best:
                best, winner = score, k
        matrix[winner, truth[i]] += values[i]
    return matrix


@numba.njit(cache=True)
def _gains(logs, truth, values, weights, k, low, step, last):  # type: ignore[no-untyped-def]
    """Return what each step of log-weight `k`, from `low` on, gains over the step before.

    A pixel turns to `k` once its weight is over the best other score by its own.
    """
    gains = np.zeros(last + 1)
    for i in range(truth.size):
        own, best, other = logs[i, k], np.float32(-np.inf), -1
        for j in range(weights.size):
            score = logs[i, j] + weights[j]
            if j != k and score > best:
                best, other = score, j
        if own == -np.inf or (truth[i] != k and truth[i] != other):
            continue
        place = (best - own - low) / step
        at = max(int(np.ceil(place)), 0) if place < last + 1 else last + 1
        if at == place and k > other:  # a tie goes to the first of the legend
            at += 1
        if at <= last:
            gains[at] += values[i] if truth[i] == k else -values[i]
    return gains
