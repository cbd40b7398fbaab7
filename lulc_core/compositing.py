"""The class-weighted mode: all the scenes of a year to one map (Karra et al. 2021).

Each valid observation of a pixel adds ``weight[class] * probability`` to the score of its class; the highest
score wins. A class's weight is the same in every scene, so the score is the weight times a sum that does not
depend on it: votes are kept unweighted, as integers. Votes add up in any order and any split to the same
bits, and a change of weights needs no second look at the scenes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
import xarray as xr

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA, Legend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MOST_OBSERVATIONS = 65_535
"""More observations of a pixel than this do not fit uint16."""


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
    label, confidence, clear = _checked(predictions, legend)
    cover = _empty_cover(label.shape[1:])
    _compose(label, confidence, clear, legend.codes, table, *cover)
    return _cover(cover, predictions, legend, table)


def votes(predictions: xr.Dataset, legend: Legend = LEGEND) -> xr.Dataset:
    """Count the votes of scenes, without weights, for `decide`.

    Parameters
    ----------
    predictions, legend
        As for `composite`.

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
    label, confidence, clear = _checked(predictions, legend)
    shape = (len(legend), *label.shape[1:])
    sums, counts = np.zeros(shape, np.uint32), np.zeros(shape, np.uint16)
    _count(label, confidence, clear, _positions(legend), sums, counts)
    dims = ("class", "y", "x")
    coords = {"class": legend.codes, **_grid_coords(predictions)}
    return xr.Dataset({"confidence": (dims, sums), "count": (dims, counts)}, coords=coords)


def decide(counted: xr.Dataset, legend: Legend = LEGEND, *, weights: Mapping[str, float] | None = None) -> xr.Dataset:
    """Make the map of counted votes; the same to the last bit as `composite` of their scenes.

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
    if not np.array_equal(counted["class"].values, legend.codes):
        raise InvalidInputError(
            f"The votes are for the codes {counted['class'].values.tolist()}, the legend has {legend.codes.tolist()}."
        )
    cover = _empty_cover(counted["count"].shape[1:])
    sums = np.ascontiguousarray(counted["confidence"].values, np.uint32)
    counts = np.ascontiguousarray(counted["count"].values, np.uint16)
    _decide_votes(sums, counts, legend.codes, table, *cover)
    return _cover(cover, counted, legend, table)


Cover = tuple[
    "NDArray[np.uint8]",
    "NDArray[np.uint8]",
    "NDArray[np.float32]",
    "NDArray[np.float32]",
    "NDArray[np.uint16]",
]


def _checked(predictions: xr.Dataset, legend: Legend) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    label = predictions["label"].transpose("time", "y", "x").values
    confidence = predictions["confidence"].transpose("time", "y", "x").values
    if label.dtype != np.uint8 or confidence.dtype != np.uint8:
        raise InvalidInputError(f"label and confidence must be uint8; got {label.dtype} and {confidence.dtype}.")
    if len(label) > MOST_OBSERVATIONS:
        raise InvalidInputError(f"At most {MOST_OBSERVATIONS} scenes fit one composite; got {len(label)}.")
    legend.check_codes(np.flatnonzero(_codes_present(label)), "predictions.label")
    if "clear" in predictions:
        clear = predictions["clear"].transpose("time", "y", "x").values.astype(bool)
    else:
        clear = np.broadcast_to(np.True_, label.shape)
    return label, confidence, clear


def _positions(legend: Legend) -> NDArray[np.int64]:
    """Return the place of every code in the legend, -1 for others; shape (256,)."""
    positions = np.full(256, -1)
    positions[legend.codes] = np.arange(len(legend))
    return positions


def _grid_coords(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    return {str(name): dataset[name] for name in ("y", "x", "spatial_ref") if name in dataset.coords}


def _empty_cover(shape: tuple[int, ...]) -> Cover:
    codes = np.zeros((2, *shape), np.uint8)
    shares = np.full((2, *shape), np.nan, np.float32)
    return codes[0], codes[1], shares[0], shares[1], np.zeros(shape, np.uint16)


def _cover(cover: Cover, source: xr.Dataset, legend: Legend, table: NDArray[np.float64]) -> xr.Dataset:
    names = ("label", "runner_up", "support", "margin", "observations")
    used = {c.name: float(table[c.code]) for c in legend}
    return xr.Dataset(
        {name: (("y", "x"), values) for name, values in zip(names, cover, strict=True)},
        coords=_grid_coords(source),
        attrs={"weights": used},
    )


@numba.njit(cache=True)
def _codes_present(label: NDArray[np.uint8]) -> NDArray[np.bool_]:
    present = np.zeros(256, np.bool_)
    for t in range(label.shape[0]):
        for y in range(label.shape[1]):
            for x in range(label.shape[2]):
                present[label[t, y, x]] = True
    return present


@numba.njit(inline="always")
def _settle(sums, counts, codes, table, y, x, label, runner_up, support, margin, observations):  # type: ignore[no-untyped-def]
    """Write the winner of one pixel; `sums` and `counts` are its votes per code, shape (256,)."""
    total = best = second = 0.0
    seen = 0
    winner = follower = NO_DATA
    for code in codes:
        if table[code] == 0 or counts[code] == 0:
            continue
        score = table[code] * sums[code]
        total += score
        seen += counts[code]
        if score > best:
            best, second, winner, follower = score, best, code, winner
        elif score > second:
            second, follower = score, code
    if winner != NO_DATA:
        label[y, x] = winner
        runner_up[y, x] = follower
        support[y, x] = best / total
        margin[y, x] = (best - second) / total
        observations[y, x] = seen


@numba.njit(parallel=True, cache=True)
def _compose(label_in, confidence, clear, codes, table, label, runner_up, support, margin, observations):  # type: ignore[no-untyped-def]
    """Vote and decide, a row a thread; a row's votes stay in cache."""
    times, height, width = label_in.shape
    for y in numba.prange(height):
        sums = np.zeros((width, 256), np.int64)
        counts = np.zeros((width, 256), np.int64)
        for t in range(times):
            for x in range(width):
                code = label_in[t, y, x]
                if code != NO_DATA and clear[t, y, x]:
                    sums[x, code] += confidence[t, y, x]
                    counts[x, code] += 1
        for x in range(width):
            _settle(sums[x], counts[x], codes, table, y, x, label, runner_up, support, margin, observations)


@numba.njit(parallel=True, cache=True)
def _count(label, confidence, clear, positions, sums, counts):  # type: ignore[no-untyped-def]
    times, height, width = label.shape
    for y in numba.prange(height):
        for t in range(times):
            for x in range(width):
                code = label[t, y, x]
                if code != NO_DATA and clear[t, y, x]:
                    sums[positions[code], y, x] += confidence[t, y, x]
                    counts[positions[code], y, x] += 1


@numba.njit(parallel=True, cache=True)
def _decide_votes(sums_in, counts_in, codes, table, label, runner_up, support, margin, observations):  # type: ignore[no-untyped-def]
    classes, height, width = sums_in.shape
    for y in numba.prange(height):
        sums = np.zeros(256, np.int64)
        counts = np.zeros(256, np.int64)
        for x in range(width):
            for k in range(classes):
                sums[codes[k]] = sums_in[k, y, x]
                counts[codes[k]] = counts_in[k, y, x]
            _settle(sums, counts, codes, table, y, x, label, runner_up, support, margin, observations)
