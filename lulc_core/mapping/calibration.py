"""Class weights from reference labels, validated on places that were left out.

A network that favours one class does so everywhere, and a weight corrects that without training. The score of a class
is its weight times its unweighted votes, so the search does not need the scenes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from lulc_core.counted import percent
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, Legend
from lulc_core.mapping.labelled_pixels import Pixels, blocks_of, check_labels, pixels_of, together
from lulc_core.mapping.provenance import weighed
from lulc_core.mapping.weight_search import Objective, Search, error_matrix
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAccuracy:
    """What calibrated weights do to one class, on places that the weights have not seen."""

    name: str
    """As in the legend."""
    pixels: int
    """Reference pixels of the class that were used."""
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
    """A place, or a part of a single place, that was left out, and what the weights of the others do to it."""

    name: str
    pixels: int
    """Labelled pixels that were used."""
    weights: Mapping[str, float]
    """Found without this fold."""
    before: float
    """Objective with the legend's weights, 0-1."""
    after: float
    """Objective with `weights`, 0-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Class weights found from reference labels, and how good such weights are in places left out."""

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
    The result is validated by leaving out one place at a time; a single place is cut into 4 x 4 blocks.

    Parameters
    ----------
    counted
        Name of each place to its votes, as `votes` returns them.
    reference
        Name of each of these places to its labels, (y, x) uint8 codes on the grid of the votes, 0 = no label.
    legend
        The classes, with the weights to compare with, as for `composite`. One with weight 0 stays off the map; one
        without labels keeps its weight.
    objective
        ``"overall"`` or ``"balanced"``: the mean of the producer's accuracies of the classes with labels.
    bounds
        Smallest and largest weight allowed, unitless, around 1.
    seed
        Seed of the random part of the pixels of a place with more than 200,000 labels.
    progress, cancel
        Called for every fold; set to stop between two sweeps through the classes.

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
    A network that sees grass twice as strongly as it should:

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
    legend = _legend_of(counted, legend)
    rng = np.random.default_rng(seed)
    places = [pixels_of(name, counted[name], reference[name], legend, rng) for name in counted]
    parts = places if len(places) > 1 else blocks_of(places[0])
    check_labels(parts, legend)
    search = Search(legend, objective, bounds, cancel)
    folds, matrices = [], []
    for number, part in enumerate(parts):
        check(cancel)
        progress(Progress(stage="calibrate", done=number, total=len(parts) + 1, detail=part.name))
        others = together([other for other in parts if other is not part])
        weights = search.best(others)
        pair = (error_matrix(part, search.default), error_matrix(part, weights))
        matrices.append(pair)
        folds.append(_fold(search, part, weights, *pair))
    check(cancel)
    progress(Progress(stage="calibrate", done=len(parts), total=len(parts) + 1, detail="all places"))
    weights = search.best(together(parts))
    before, after = (np.sum([pair[i] for pair in matrices], axis=0) for i in (0, 1))
    return _report(search, weights, together(parts), before, after, tuple(folds))


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


def _legend_of(counted: Mapping[str, xr.Dataset], legend: Legend) -> Legend:
    """Return the legend with the weights that the votes of all places carry."""
    legends = {weighed(legend, votes) for votes in counted.values()}
    if len(legends) > 1:
        raise InvalidInputError(
            f"The votes of {', '.join(counted)} are of networks with different weights; weights suit one network. "
            "Calibrate the places of each."
        )
    return legends.pop()


def _fold(
    search: Search,
    part: Pixels,
    weights: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> Fold:
    return Fold(
        name=part.name,
        pixels=part.truth.size,
        weights=search.named(weights),
        before=search.score(before),
        after=search.score(after),
    )


def _report(
    search: Search,
    weights: NDArray[np.float64],
    pixels: Pixels,
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
    search: Search, labelled: NDArray[np.int64], before: float, after: float, folds: tuple[Fold, ...]
) -> list[str]:
    said = []
    bare = [c.name for c, n in zip(search.legend, labelled, strict=True) if not n and c.weight > 0]
    if bare:
        said.append(f"No reference for {', '.join(bare)}: classes without labels keep their weight.")
    off = [c.name for c, n in zip(search.legend, labelled, strict=True) if n and c.weight == 0]
    if off:
        said.append(
            f"There are labels of {', '.join(off)}, which have weight 0 and are never mapped: they count as wrong."
        )
    if after <= before:
        said.append(
            f"In places left out, these weights do no better than the default ({percent(after, 1)} after, "
            f"{percent(before, 1)} before): keep the default."
        )
    worse = [fold.name for fold in folds if fold.after < fold.before]
    if worse and after > before:
        said.append(f"Better overall, but worse in {len(worse)} of {len(folds)}: {', '.join(worse)}.")
    return said
