"""The trade-off between two classes: accuracies by one and the same sample along the weight of a class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr

import lulc_core as lulc
from lulc_core.accuracy import labels, observe
from lulc_explorer.engine.classes import LEGEND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from lulc_core.accuracy import Observations
    from lulc_explorer.engine.accuracy import Estimate
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.samples import Sample

NO_CLASS = ""
"""The row of pixels that the weights leave without a class."""
USERS, PRODUCERS = "User's accuracy", "Producer's accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An accuracy of a class."""

    figure: str
    """`USERS` or `PRODUCERS`."""
    name: str
    """The class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePoint:
    """Two accuracies of the map with one weight."""

    weight: float
    across: Estimate
    up: Estimate


def trade_off(
    sample: Sample,
    land_cover: LandCoverMap,
    weights: Mapping[str, float],
    target: str,
    along: Iterable[float],
    axes: tuple[Axis, Axis],
) -> tuple[TradePoint, ...]:
    """Return two accuracies of the map for each weight of a class, those of the other classes as they are.

    Each point is estimated from the same labelled pixels by the design that they were drawn by. Pixels that the weights
    leave without a class are outside a domain; weights that leave an accuracy undefined have no point.

    Parameters
    ----------
    sample
        A labelled sample with `pixels` on the map.
    land_cover
        The map.
    weights
        Class name to weight where it is not that of the map's legend.
    target
        The class whose weight is changed.
    along
        Its weights, unitless, >= 0.
    axes
        The two accuracies.
    """
    points, last = [], None
    first, places = _one_by_one(sample.first or sample)
    for weight, codes in _labels_along(sample, land_cover, weights, target, along):
        if last is None or (codes != last).any():
            observed = _relabelled(first, places[codes])
            across, up = (_figure(observed, axis) for axis in axes)
            last = codes
        if None not in (across.value, up.value):
            points.append(TradePoint(weight=weight, across=across, up=up))
    return tuple(points)


_ONE_BY_ONE: WeakKeyDictionary[Sample, tuple[Observations, NDArray[np.intp]]] = WeakKeyDictionary()
"""The samples on screen, checked once: while a weight is dragged their labels stay."""


def _one_by_one(sample: Sample) -> tuple[Observations, NDArray[np.intp]]:
    """Return a sample with a unit for each of its pixels, in order, and the position of the class of each code."""
    found = _ONE_BY_ONE.get(sample)
    if found is None:
        found = _ONE_BY_ONE[sample] = _checked(sample)
    return found


def _checked(sample: Sample) -> tuple[Observations, NDArray[np.intp]]:
    table, design = sample.table, sample.design or lulc.stated_design(sample.table)
    observed = observe(table, design, classes=LEGEND.names)
    where = {name: place for place, name in enumerate(observed.classes)}
    strata = {name: place for place, name in enumerate(observed.strata)}
    ones, places = np.ones(len(table)), np.full(256, len(observed.classes), np.intp)  # without a class: one more
    places[LEGEND.codes] = [where[name] for name in LEGEND.names]
    return replace(
        observed,
        classes=(*observed.classes, NO_CLASS),
        calibration=None if observed.calibration is None else np.append(observed.calibration, 1.0),
        unit=np.arange(len(table)),
        row=_places(table, "map", where),
        column=_places(table, "reference", where),
        pixels=ones,
        copies=ones,
        stratum=_places(table, "stratum", strata) if len(strata) > 1 else np.zeros(len(table), np.intp),
    ), places


def _places(table: pd.DataFrame, column: str, where: Mapping[str, int]) -> NDArray[np.intp]:
    """Return the position of each label of a column."""
    return np.array([where[name] for name in labels(table, column).astype(object)], np.intp)


def _relabelled(observed: Observations, row: NDArray[np.intp]) -> Observations:
    """Return observations with other map classes, whose strata are their map classes only if each still is."""
    where = {name: place for place, name in enumerate(observed.classes)}
    classes = np.array([where.get(name, -1) for name in observed.strata], np.intp)
    by_map = bool((classes[observed.stratum] == row).all()) and observed.design.kind == "sample"
    return replace(observed, row=row, stratum_row=classes if by_map else np.full(len(classes), -1))


def most_confused(sample: Sample, target: str) -> str:
    """Return the class that most sampled pixels confuse with another, the first of the legend if none is."""
    mapped, reference = (labels(sample.filled, side).astype(object).to_numpy() for side in ("map", "reference"))
    counts = {
        name: int((((mapped == target) & (reference == name)) | ((mapped == name) & (reference == target))).sum())
        for name in LEGEND.names
        if name != target
    }
    return max(counts, key=lambda name: counts[name])


def sampled_classes(sample: Sample) -> list[str]:
    """Return the classes that sampled pixels are really of, in the order of the legend."""
    known = {*labels(sample.table, "reference").unique()}
    return [name for name in LEGEND.names if name in known]


def _labels_along(
    sample: Sample, land_cover: LandCoverMap, weights: Mapping[str, float], target: str, along: Iterable[float]
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield each weight of a class with the codes of the sampled pixels, decided as the whole map is."""
    if sample.pixels is None:
        raise lulc.InvalidInputError("The pixels of this sample are not known to be those of the open map.")
    votes, (row, column) = land_cover.votes, sample.pixels
    off_grid = {name: of for name, of in votes.coords.items() if not {"y", "x"} & {*of.dims} and name != "spatial_ref"}
    sampled = {name: (("class", "y", "x"), values.values[:, row, column][:, None]) for name, values in votes.items()}
    points = xr.Dataset(sampled, coords=off_grid)
    for weight in along:
        decided = lulc.decide(points, land_cover.legend, weights={**weights, target: weight})
        yield weight, decided["label"].values[0]


def _figure(observed: Observations, axis: Axis) -> Estimate:
    """Return an accuracy of a class; undefined if no sampled pixel is of it."""
    if axis.name not in observed.classes:
        return lulc.Estimate(value=None)
    place, count = observed.classes.index(axis.name), len(observed.classes)
    right, whole = np.zeros((2, count, count))
    right[place, place] = 1
    whole[(place, slice(None)) if axis.figure == USERS else (slice(count - 1), place)] = 1
    return observed.ratio(right, whole)
