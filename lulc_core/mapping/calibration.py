"""Class weights from reference labels: those whose map agrees best, judged on places that were left out.

A network that sees one class too readily does so everywhere, and a weight mends it without training. The score of a
class is its weight times its unweighted votes, so the search needs no second look at the scenes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numba
import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA, Legend
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

Objective = Literal["overall", "balanced"]
"""What to maximise: the share of pixels that are right, or the mean of the classes' producer's accuracies."""
MOST_PIXELS = 200_000
"""Labelled pixels of a place that are looked at; of more, a random part stands for all."""
_STEP = 0.01
"""Of the search, in log-weight: about one per cent."""
_SWEEPS = 50
_ENOUGH = 1e-4
"""A round through all classes that gains less than this share is the last."""
_FIRST_PIXELS = 50_000
"""The search starts on at most so many pixels, and ends on all."""
_BLOCKS, _FOLDS = 4, 4
"""A place alone is cut into 4 x 4 blocks, in four folds that each reach into every row and column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAccuracy:
    """What calibrated weights do to one class, on places that the weights have not seen."""

    name: str
    """As in the legend."""
    pixels: int
    """Reference pixels of the class that were looked at."""
    users_before: float
    """User's accuracy with the legend's weights, 0-1; NaN where nothing is mapped as the class."""
    users_after: float
    """User's accuracy with weights from the other places, 0-1; NaN as before."""
    producers_before: float
    """Producer's accuracy with the legend's weights, 0-1; NaN without reference."""
    producers_after: float
    """Producer's accuracy with weights from the other places, 0-1; NaN without reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A place, or a part of the only place, that was left out, and what the weights of the others do to it."""

    name: str
    pixels: int
    """Labelled pixels that were looked at."""
    weights: Mapping[str, float]
    """Found without this fold."""
    before: float
    """Objective with the legend's weights, 0-1."""
    after: float
    """Objective with `weights`, 0-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Class weights found from reference labels, and how good such weights are where they were not found."""

    weights: Mapping[str, float]
    """Weight of every class, from all labels: what `decide` and `composite` take."""
    objective: Objective
    before: float
    """Objective with the legend's weights, 0-1, over all folds."""
    after: float
    """Objective under cross-validation, 0-1: every fold with the weights of the others."""
    overall_before: float
    """Overall accuracy with the legend's weights, 0-1."""
    overall_after: float
    """Overall accuracy under cross-validation, 0-1."""
    classes: tuple[ClassAccuracy, ...]
    """Of every class of the legend, in its order, under cross-validation."""
    folds: tuple[Fold, ...]
    warnings: tuple[str, ...]
    """What to know before using the weights, in plain words."""

    @property
    def improves(self) -> bool:
        """Whether weights found elsewhere do better than the legend's."""
        return self.after > self.before

    @property
    def recommended(self) -> Mapping[str, float]:
        """The weights if they improve; none, that is the legend's, if they do not."""
        return self.weights if self.improves else {}


def calibrate(
    counted: Mapping[str, xr.Dataset],
    reference: Mapping[str, xr.DataArray | NDArray[np.uint8]],
    legend: Legend = LEGEND,
    *,
    objective: Objective = "overall",
    bounds: tuple[float, float] = (0.25, 4.0),
    seed: int = 0,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> Calibration:
    r"""Find the class weights whose composite agrees best with reference labels.

    Maximises over the weights :math:`w_k` of the classes that have labels

    .. math:: \frac{\sum_i u_i [\arg\max_k w_k s_{ik} = r_i]}{\sum_i u_i}

    with :math:`s_{ik}` the votes for class k at pixel i, :math:`r_i` its label, and :math:`u_i` 1 for the overall
    accuracy or one over the labels of class :math:`r_i` for the balanced one. One weight at a time is set to its
    best (exactly, on a grid of one per cent) until none gains, from two starts; the geometric mean is kept at 1.
    What that is worth is judged by leaving out one place at a time; a place alone is cut into 4 x 4 blocks.

    Parameters
    ----------
    counted
        Name of each place to its votes, as `votes` returns them.
    reference
        Name of each of these places to its labels, (y, x) uint8 codes on the grid of the votes, 0 = no label.
    legend
        The classes. One with weight 0 stays off the map; one without labels keeps its weight.
    objective
        ``"overall"`` or ``"balanced"``: the mean of the producer's accuracies of the classes with labels.
    bounds
        Least and most that a weight may be, unitless, around 1.
    seed
        Of the random part of the pixels of a place with more than 200,000 labels.
    progress, cancel
        Told after every fold; stops between two rounds through the classes.

    Returns
    -------
    Calibration

    Raises
    ------
    InvalidInputError
        If places do not match, a grid or a code is wrong, or fewer than two classes or folds have labels.
    CancelledError
        If `cancel` was set.

    Examples
    --------
    Grass is always seen twice as strongly as it should be:

    >>> import xarray as xr
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.choice(np.array([2, 3, 5], np.uint8), (40, 40))
    >>> sums = rng.integers(0, 400, (len(LEGEND), 40, 40)).astype(np.uint32)
    >>> sums[~np.isin(LEGEND.codes, [2, 3, 5])] = 0
    >>> sums += (300 * (LEGEND.codes[:, None, None] == truth)).astype(np.uint32)
    >>> sums[LEGEND.codes == 3] *= 2
    >>> counts = (sums > 0).astype(np.uint16)
    >>> dims = ("class", "y", "x")
    >>> v = xr.Dataset({"confidence": (dims, sums), "count": (dims, counts)}, coords={"class": LEGEND.codes})
    >>> found = calibrate({"here": v}, {"here": truth})
    >>> found.improves, round(found.weights["grass"] / found.weights["crops"], 1)
    (True, 0.5)
    """
    _check_arguments(counted, reference, objective, bounds)
    rng = np.random.default_rng(seed)
    places = [_place(name, counted[name], reference[name], legend, rng) for name in counted]
    parts = places if len(places) > 1 else _blocks(places[0])
    _check_labels(parts, legend)
    search = _Search(legend, objective, bounds, cancel)
    folds, matrices = [], []
    for number, part in enumerate(parts):
        check(cancel)
        progress(Progress(stage="calibrate", done=number, total=len(parts) + 1, detail=part.name))
        others = _together([other for other in parts if other is not part])
        weights = search.best(others)
        pair = (_matrix(part, search.default), _matrix(part, weights))
        matrices.append(pair)
        folds.append(search.fold(part, weights, *pair))
    check(cancel)
    progress(Progress(stage="calibrate", done=len(parts), total=len(parts) + 1, detail="all together"))
    weights = search.best(_together(parts))
    before, after = (np.sum([pair[i] for pair in matrices], axis=0) for i in (0, 1))
    return _report(search, weights, _together(parts), before, after, tuple(folds))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pixels:
    """Labelled pixels of a place."""

    name: str
    scores: NDArray[np.float32]
    """Unweighted votes, whole numbers that float32 holds exactly, shape (pixel, class)."""
    truth: NDArray[np.int64]
    """Place of the label in the legend, shape (pixel,)."""
    stands_for: NDArray[np.float64]
    """How many labelled pixels each stands for, shape (pixel,)."""
    block: NDArray[np.int64]
    """Fold of the pixel if its place is the only one, shape (pixel,)."""


def _check_arguments(
    counted: Mapping[str, object], reference: Mapping[str, object], objective: str, bounds: tuple[float, float]
) -> None:
    if not counted or set(counted) != set(reference):
        raise InvalidInputError(
            f"Every place needs votes and reference labels; there are votes of {sorted(counted)} and labels of "
            f"{sorted(reference)}."
        )
    if objective not in get_args(Objective):
        raise InvalidInputError(f"The objective must be one of {', '.join(get_args(Objective))}; got {objective!r}.")
    if not 0 < bounds[0] < 1 < bounds[1] < np.inf:
        raise InvalidInputError(f"The bounds of a weight must be positive, around 1, such as 0.25 and 4; got {bounds}.")


def _place(
    name: str,
    counted: xr.Dataset,
    reference: xr.DataArray | NDArray[np.uint8],
    legend: Legend,
    rng: np.random.Generator,
) -> _Pixels:
    """Return the labelled pixels of a place; of too many, a random part."""
    labels = np.asarray(reference)
    sums = counted["confidence"].transpose("class", "y", "x").values
    legend.check_classes(counted["class"].values, f"The votes of {name}")
    if labels.shape != sums.shape[1:] or labels.dtype.kind not in "iu":
        raise InvalidInputError(
            f"The reference of {name} must be whole codes on the grid of the votes, shape {sums.shape[1:]}; "
            f"got {labels.dtype} of shape {labels.shape}."
        )
    legend.check_codes(np.unique(labels), f"The reference of {name}")
    labelled = np.flatnonzero(labels.ravel() != NO_DATA)
    taken = labelled if labelled.size <= MOST_PIXELS else np.sort(rng.choice(labelled, MOST_PIXELS, replace=False))
    rows, columns = np.unravel_index(taken, labels.shape)
    down, across = rows * _BLOCKS // labels.shape[0], columns * _BLOCKS // labels.shape[1]
    return _Pixels(
        name=name,
        scores=sums[:, rows, columns].T.astype(np.float32, order="C"),
        truth=legend.places[labels[rows, columns]],
        stands_for=np.full(taken.size, labelled.size / max(taken.size, 1)),
        block=(down + 2 * across) % _FOLDS,
    )


def _blocks(place: _Pixels) -> list[_Pixels]:
    """Return the folds of a place that is alone; those without labels are left out."""
    folds = [_some(place, f"{place.name}, part {fold + 1}", place.block == fold) for fold in range(_FOLDS)]
    return [fold for fold in folds if fold.truth.size]


def _some(place: _Pixels, name: str, chosen: NDArray[np.bool_]) -> _Pixels:
    return _Pixels(
        name=name,
        scores=place.scores[chosen],
        truth=place.truth[chosen],
        stands_for=place.stands_for[chosen],
        block=place.block[chosen],
    )


def _together(parts: Sequence[_Pixels]) -> _Pixels:
    return _Pixels(
        name=" and ".join(part.name for part in parts),
        scores=np.concatenate([part.scores for part in parts]),
        truth=np.concatenate([part.truth for part in parts]),
        stands_for=np.concatenate([part.stands_for for part in parts]),
        block=np.concatenate([part.block for part in parts]),
    )


def _check_labels(parts: Sequence[_Pixels], legend: Legend) -> None:
    bare = [part.name for part in parts if not part.truth.size]
    if bare:
        raise InvalidInputError(f"There are no reference labels in {', '.join(bare)}. Leave such a place out.")
    if len(parts) < 2:
        raise InvalidInputError(
            "Weights are judged on places that are left out; the labels of a place alone must lie in at least two of "
            "its 4 x 4 blocks. Give labels from further apart, or from more places."
        )
    classes = np.unique(np.concatenate([part.truth for part in parts]))
    if classes.size < 2:
        names = ", ".join(legend.names[k] for k in classes)
        raise InvalidInputError(f"Weights compare classes, so at least two need reference labels; got {names}.")


class _Search:
    """Finds the best weights for some pixels.

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

    def best(self, pixels: _Pixels) -> NDArray[np.float64]:
        """Return the weight of every class, shape (class,), to hundredths."""
        fitted = np.intersect1d(np.unique(pixels.truth), np.flatnonzero(self.default > 0))
        if fitted.size < 2:
            return self.default
        race = self._race(pixels, fitted)
        few = race.every(-(-race.truth.size // _FIRST_PIXELS))
        even = np.full(fitted.size, round(-self._low / _STEP))
        starts = [self._climb(few, start) for start in (even, self._balancing(pixels, fitted))]
        tried = [self.default]
        for steps in starts:
            tried.append(self.default.copy())
            tried[-1][fitted] = np.exp(self._low + _STEP * self._climb(race, steps)).round(2)
        return max(tried, key=lambda weights: self.score(_matrix(pixels, weights)))

    def score(self, matrix: NDArray[np.float64]) -> float:
        """Return the objective, 0-1, of an error matrix (map, reference); the last row is no data."""
        columns = matrix.sum(0)
        right = np.diag(matrix)
        if self.objective == "overall":
            return float(right.sum() / columns.sum())
        return float((right[columns > 0] / columns[columns > 0]).mean())

    def fold(
        self,
        part: _Pixels,
        weights: NDArray[np.float64],
        before: NDArray[np.float64],
        after: NDArray[np.float64],
    ) -> Fold:
        return Fold(
            name=part.name,
            pixels=part.truth.size,
            weights=self.named(weights),
            before=self.score(before),
            after=self.score(after),
        )

    def named(self, weights: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self.legend.names, weights.tolist(), strict=True))

    def _race(self, pixels: _Pixels, fitted: NDArray[np.int64]) -> _Race:
        """Return what the search needs to know of the pixels that some weights would get right."""
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
        return _Race(logs=logs, truth=truth[contested], values=values[contested], whole=float(values.sum()))

    def _balancing(self, pixels: _Pixels, fitted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the weights that give each class votes in proportion to its labels, in steps."""
        votes = pixels.stands_for @ pixels.scores[:, fitted]
        labels = np.bincount(pixels.truth, pixels.stands_for, len(self.legend))[fitted]
        return self._centred(np.rint((np.log(labels / np.maximum(votes, 1.0)) - self._low) / _STEP).astype(int))

    def _climb(self, race: _Race, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Set one weight after the other to its best, until a whole round gains next to nothing."""
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
class _Race:
    """Pixels that some weights get right and some wrong; classes are those whose weights are sought."""

    logs: NDArray[np.float32]
    """Logarithm of the unweighted votes, shape (pixel, class); minus infinity without votes."""
    truth: NDArray[np.int64]
    values: NDArray[np.float64]
    """What it is worth to have each pixel right, shape (pixel,)."""
    whole: float
    """What all the pixels are worth, those outside the race too."""

    def every(self, nth: int) -> _Race:
        """Return a thinner race; the pixels that are left stand for the others."""
        return _Race(logs=self.logs[::nth], truth=self.truth[::nth], values=self.values[::nth] * nth, whole=self.whole)


def _report(
    search: _Search,
    weights: NDArray[np.float64],
    pixels: _Pixels,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    folds: tuple[Fold, ...],
) -> Calibration:
    labelled = np.bincount(pixels.truth, minlength=len(search.legend))
    classes = [
        ClassAccuracy(
            name=name,
            pixels=int(labelled[k]),
            users_before=_share(before[k, k], before[k].sum()),
            users_after=_share(after[k, k], after[k].sum()),
            producers_before=_share(before[k, k], before[:, k].sum()),
            producers_after=_share(after[k, k], after[:, k].sum()),
        )
        for k, name in enumerate(search.legend.names)
    ]
    return Calibration(
        weights=search.named(weights),
        objective=search.objective,
        before=search.score(before),
        after=search.score(after),
        overall_before=_share(np.trace(before), before.sum()),
        overall_after=_share(np.trace(after), after.sum()),
        classes=tuple(classes),
        folds=folds,
        warnings=tuple(_warnings(search, labelled, search.score(before), search.score(after), folds)),
    )


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _warnings(
    search: _Search, labelled: NDArray[np.int64], before: float, after: float, folds: tuple[Fold, ...]
) -> list[str]:
    said = []
    bare = [c.name for c, n in zip(search.legend, labelled, strict=True) if not n and c.weight > 0]
    if bare:
        said.append(f"No reference for {', '.join(bare)}: what has no labels keeps its weight.")
    off = [c.name for c, n in zip(search.legend, labelled, strict=True) if n and c.weight == 0]
    if off:
        said.append(f"There are labels of {', '.join(off)}, which the legend leaves off the map: always wrong there.")
    if after <= before:
        said.append(
            f"Where they were not found, such weights do no better than the default ({after:.1%} after, "
            f"{before:.1%} before): keep the default."
        )
    worse = [fold.name for fold in folds if fold.after < fold.before]
    if worse and after > before:
        said.append(f"Better over all, but worse in {len(worse)} of {len(folds)}: {', '.join(worse)}.")
    return said


def _matrix(pixels: _Pixels, weights: NDArray[np.float64]) -> NDArray[np.float64]:
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
