"""The class-weighted mode: from all the scenes of a year to one map (Karra et al. 2021).

Each valid observation of a pixel adds ``weight[class] * probability`` to the score of its class; the highest
score wins. A class's weight is the same in every scene, so the score is the weight times a sum that does not
depend on it: votes are kept unweighted, as integers. Votes add up to the same bits in any order and any split,
and a change of weights does not need the scenes again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import xarray as xr

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA, Legend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MOST_OBSERVATIONS = 65_535
"""Most observations of a pixel that fit uint16."""
VOTES: dict[str, np.dtype[Any]] = {"confidence": np.dtype(np.uint32), "count": np.dtype(np.uint16)}
"""Rasters of `votes`, dims (class, y, x), and the type of their values."""
SKIPPED, UNKNOWN = -1, -2
"""Positions of no data and of codes outside the legend in the table of positions."""


def composite(
    predictions: xr.Dataset, legend: Legend = LEGEND, *, weights: Mapping[str, float] | None = None
) -> xr.Dataset:
    """Make one map from the predictions of many scenes by the class-weighted mode.

    Parameters
    ----------
    predictions
        ``label`` (time, y, x) uint8, legend codes, 0 = no data, and ``confidence`` (time, y, x) uint8,
        255 = probability 1; optionally ``clear`` (time, y, x) bool, False where an observation is masked.
    legend
        The classes; ties go to its first.
    weights
        Class name to weight (unitless, >= 0) where it differs from the legend's; 0 removes a class.

    Returns
    -------
    xarray.Dataset
        Dims (y, x). ``label`` and ``runner_up`` uint8 legend codes, 0 = none; ``support``, the winner's share
        of the total score, and ``margin``, its lead over the runner-up as a share of the total score, both
        float32 0-1, NaN = no data; ``observations`` uint16, how many observations were counted.

    Raises
    ------
    InvalidInputError
        For a label that is not in the legend, or an unknown class or bad weight.

    Examples
    --------
    >>> labels = np.array([3, 5, 5], np.uint8).reshape(3, 1, 1)
    >>> confidence = np.array([200, 90, 90], np.uint8).reshape(3, 1, 1)
    >>> p = xr.Dataset({"label": (("time", "y", "x"), labels), "confidence": (("time", "y", "x"), confidence)})
    >>> composite(p).label.item(), composite(p, weights={"crops": 1.5}).label.item()
    (3, 5)
    """
    table = legend.weights(weights)
    label, confidence, clear = _checked(predictions)
    layers = _empty_layers(label.shape[1:])
    unknown = np.zeros(256, np.bool_)
    _compose(label, confidence, clear, _positions(legend), legend.codes, table[legend.codes], unknown, *layers)
    _refuse_unknown(unknown, legend)
    return _dataset(layers, predictions, legend, table)


def votes(predictions: xr.Dataset, legend: Legend = LEGEND, *, onto: xr.Dataset | None = None) -> xr.Dataset:
    """Count the unweighted votes of scenes, for `decide`.

    Parameters
    ----------
    predictions, legend
        As for `composite`.
    onto
        Votes of other scenes on the same grid, to add to in place: the votes of a whole tile take 7 GB.

    Returns
    -------
    xarray.Dataset
        Dims (class, y, x): ``confidence`` uint32, the sum over observations labelled with the class, 255 =
        one observation of probability 1; ``count`` uint16, how many observations. The votes of two sets of
        scenes are the sum of their votes: ``votes(a) + votes(b)``.

    Raises
    ------
    InvalidInputError
        For a label that is not in the legend.
    """
    label, confidence, clear = _checked(predictions)
    shape = (len(legend), *label.shape[1:])
    if onto is None:
        dims = ("class", "y", "x")
        coords = {"class": legend.codes, **_grid_coords(predictions)}
        empty = {name: (dims, np.zeros(shape, dtype)) for name, dtype in VOTES.items()}
        onto = xr.Dataset(empty, coords=coords)
    elif onto["count"].shape != shape:
        raise InvalidInputError(
            f"Cannot add votes of shape {shape} to votes of shape {onto['count'].shape}; they must be on one grid."
        )
    unknown = np.zeros(256, np.bool_)
    _count(label, confidence, clear, _positions(legend), unknown, onto["confidence"].values, onto["count"].values)
    _refuse_unknown(unknown, legend)
    return onto


def decide(counted: xr.Dataset, legend: Legend = LEGEND, *, weights: Mapping[str, float] | None = None) -> xr.Dataset:
    """Make the map of counted votes, bit for bit the `composite` of their scenes.

    Parameters
    ----------
    counted
        As `votes` returns them, or a sum of such.
    legend, weights
        As for `composite`.

    Returns
    -------
    xarray.Dataset
        As of `composite`.

    Raises
    ------
    InvalidInputError
        If the votes are of another legend, or for an unknown class or bad weight.
    """
    table = legend.weights(weights)
    legend.check_classes(counted["class"].values, "The votes")
    layers = _empty_layers(counted["count"].shape[1:])
    sums = np.ascontiguousarray(counted["confidence"].values, np.uint32)
    counts = np.ascontiguousarray(counted["count"].values, np.uint16)
    _decide_votes(sums, counts, legend.codes, table[legend.codes], *layers)
    return _dataset(layers, counted, legend, table)


Layers = tuple[
    "NDArray[np.uint8]",
    "NDArray[np.uint8]",
    "NDArray[np.float32]",
    "NDArray[np.float32]",
    "NDArray[np.uint16]",
]


def _checked(predictions: xr.Dataset) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Return label, confidence and clear as (time, y, x); clear is empty where nothing is masked."""
    label = predictions["label"].transpose("time", "y", "x").values
    confidence = predictions["confidence"].transpose("time", "y", "x").values
    if label.dtype != np.uint8 or confidence.dtype != np.uint8:
        raise InvalidInputError(f"label and confidence must be uint8; got {label.dtype} and {confidence.dtype}.")
    if len(label) > MOST_OBSERVATIONS:
        raise InvalidInputError(f"At most {MOST_OBSERVATIONS} scenes fit one composite; got {len(label)}.")
    if "clear" not in predictions:
        return label, confidence, np.empty((0, 0, 0), np.bool_)
    return label, confidence, predictions["clear"].transpose("time", "y", "x").values.astype(np.bool_, copy=False)


def _positions(legend: Legend) -> NDArray[np.int64]:
    """Return the position of every code in the legend, -1 for no data and -2 for others; shape (256,)."""
    positions = legend.places
    positions[positions < 0] = UNKNOWN
    positions[NO_DATA] = SKIPPED
    return positions


def _refuse_unknown(unknown: NDArray[np.bool_], legend: Legend) -> None:
    legend.check_codes(np.flatnonzero(unknown), "predictions.label")


def _grid_coords(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    return {str(name): dataset[name] for name in ("y", "x", "spatial_ref") if name in dataset.coords}


def _empty_layers(shape: tuple[int, ...]) -> Layers:
    codes = np.zeros((2, *shape), np.uint8)
    shares = np.full((2, *shape), np.nan, np.float32)
    return codes[0], codes[1], shares[0], shares[1], np.zeros(shape, np.uint16)


def _dataset(layers: Layers, source: xr.Dataset, legend: Legend, table: NDArray[np.float64]) -> xr.Dataset:
    names = ("label", "runner_up", "support", "margin", "observations")
    used = {c.name: float(table[c.code]) for c in legend}
    return xr.Dataset(
        {name: (("y", "x"), values) for name, values in zip(names, layers, strict=True)},
        coords=_grid_coords(source),
        attrs={"weights": used},
    )


@numba.njit(inline="always")
def _settle(sums, counts, row, codes, weights, label, runner_up, support, margin, observations):  # type: ignore[no-untyped-def]
    """Write the winners of one row of pixels: class by class along the row, so that the loop vectorises.

    `sums` and `counts` have the shape (class, y, x), of which `row` is settled; `codes` and `weights` (class,); the
    others, which hold no data yet, (x,).
    """
    width = label.size
    total, best, second = np.zeros(width), np.zeros(width), np.zeros(width)
    for k in range(codes.size):
        weight, code = weights[k], codes[k]
        if weight == 0:
            continue
        for x in range(width):
            score = weight * sums[k, row, x]
            wins, follows = score > best[x], score > second[x]
            total[x] += score
            observations[x] += counts[k, row, x]
            runner_up[x] = label[x] if wins else code if follows else runner_up[x]
            second[x] = best[x] if wins else score if follows else second[x]
            label[x] = code if wins else label[x]
            best[x] = score if wins else best[x]
    for x in range(width):
        if label[x] == NO_DATA:
            observations[x] = 0
        else:
            support[x] = best[x] / total[x]
            margin[x] = (best[x] - second[x]) / total[x]


@numba.njit(parallel=True, cache=True)
def _compose(  # type: ignore[no-untyped-def]
    label_in, confidence, clear, positions, codes, weights, unknown, label, runner_up, support, margin, observations
):
    """Vote and decide, one row per thread; the votes of a row stay in the processor's cache."""
    times, height, width = label_in.shape
    masked = clear.size > 0
    for y in numba.prange(height):
        sums = np.zeros((codes.size, 1, width), np.uint32)
        counts = np.zeros((codes.size, 1, width), np.uint16)
        for t in range(times):
            for x in range(width):
                k = positions[label_in[t, y, x]]
                if k >= 0 and not (masked and not clear[t, y, x]):
                    sums[k, 0, x] += confidence[t, y, x]
                    counts[k, 0, x] += np.uint16(1)
                elif k == UNKNOWN:
                    unknown[label_in[t, y, x]] = True
        _settle(sums, counts, 0, codes, weights, label[y], runner_up[y], support[y], margin[y], observations[y])


@numba.njit(parallel=True, cache=True)
def _count(label, confidence, clear, positions, unknown, sums, counts):  # type: ignore[no-untyped-def]
    times, height, width = label.shape
    masked = clear.size > 0
    for y in numba.prange(height):
        for t in range(times):
            for x in range(width):
                k = positions[label[t, y, x]]
                if k >= 0 and not (masked and not clear[t, y, x]):
                    sums[k, y, x] += confidence[t, y, x]
                    counts[k, y, x] += np.uint16(1)
                elif k == UNKNOWN:
                    unknown[label[t, y, x]] = True


@numba.njit(parallel=True, cache=True)
def _decide_votes(sums, counts, codes, weights, label, runner_up, support, margin, observations):  # type: ignore[no-untyped-def]
    for y in numba.prange(sums.shape[1]):
        _settle(sums, counts, y, codes, weights, label[y], runner_up[y], support[y], margin[y], observations[y])
