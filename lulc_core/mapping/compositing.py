"""The class-weighted mode: from all the scenes of a year to one map (Karra et al. 2021).

Each valid observation of a pixel adds ``weight[class] * probability`` to the score of its class; the highest
score wins. A class's weight is the same in every scene, so the score is the weight times a sum that does not
depend on it: votes are kept unweighted, as integers. Votes add up to the same bits in any order and any split,
and a change of weights does not need the scenes again.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import xarray as xr

from lulc_core.cores import in_parts
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, Legend
from lulc_core.mapping.provenance import carried, of_votes, refuse_repeated, weighed
from lulc_core.mapping.vote_kernels import MOST_AT_ONCE, PART_PX, Layers, compose, count, decide_votes
from lulc_core.raster_layout import on_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

_T = TypeVar("_T")
MOST_OBSERVATIONS = 65_535
"""Most observations of a pixel that fit uint16."""
VOTES: dict[str, np.dtype[Any]] = {"confidence": np.dtype(np.uint32), "count": np.dtype(np.uint16)}
"""Rasters of `votes`, dims (class, y, x), and the type of their values."""
NARROW_VOTES: dict[str, np.dtype[Any]] = {"confidence": np.dtype(np.uint16), "count": np.dtype(np.uint8)}
"""Types in which votes of 255 scenes and fewer fit, too."""
LEAST_PX = 64 * PART_PX
"""Of what a thread of its own is worth."""
EXACT_FLOAT32 = 2**24
"""Whole numbers below it are exact in float32."""


def composite(
    predictions: xr.Dataset, legend: Legend = LEGEND, *, weights: Mapping[str, float] | None = None
) -> xr.Dataset:
    """Make one map from the predictions of many scenes by the class-weighted mode.

    Parameters
    ----------
    predictions
        ``label`` (time, y, x) uint8, legend codes, 0 = no data, and ``confidence`` (time, y, x) uint8,
        255 = probability 1; optionally ``clear`` (time, y, x) bool, False where an observation is masked. The
        coordinate ``weights`` of `predict` has those of the network.
    legend
        The classes; ties go to its first. Its weights hold if it has its own, such as ``model.legend`` or that of
        `Legend.weighted`; else those that the predictions carry.
    weights
        Class name to weight (unitless, >= 0) where it differs from these; 0 removes a class.

    Returns
    -------
    xarray.Dataset
        Dims (y, x). ``label`` and ``runner_up`` uint8 legend codes, 0 = none; ``support``, the winner's share
        of the total score, and ``margin``, its lead over the runner-up as a share of the total score, both
        float32 0-1, NaN = no data; ``observations`` uint16, how many observations were counted.

    Raises
    ------
    InvalidInputError
        For other types or dims, a scene that is there twice, a label that counts and is not in the legend, an unknown
        class or bad weight, or scenes of networks with different weights.

    Examples
    --------
    >>> labels = np.array([3, 5, 5], np.uint8).reshape(3, 1, 1)
    >>> confidence = np.array([200, 90, 90], np.uint8).reshape(3, 1, 1)
    >>> p = xr.Dataset({"label": (("time", "y", "x"), labels), "confidence": (("time", "y", "x"), confidence)})
    >>> composite(p).label.item(), composite(p, weights={"crops": 1.5}).label.item()
    (3, 5)
    """
    label, confidence, clear = _checked(predictions)
    legend = weighed(legend, predictions, weights)
    table = legend.weights(weights)
    if len(label) > MOST_AT_ONCE:
        return decide(votes(predictions, legend), legend, weights=weights)
    layers, in_order = _empty_layers(label.shape[1:]), _in_order(table, legend, len(label))
    known = _by_cores(compose, *map(_flat, (label, confidence, clear)), legend.codes, in_order, _flat_layers(layers))
    _refuse_unknown(known, label, clear, legend)
    return _dataset(layers, predictions, legend, table)


def votes(predictions: xr.Dataset, legend: Legend = LEGEND, *, onto: xr.Dataset | None = None) -> xr.Dataset:
    """Count the unweighted votes of scenes, for `decide`.

    Parameters
    ----------
    predictions, legend
        As for `composite`.
    onto
        Votes of other scenes on the same grid, in memory, to add to in place: the votes of a whole tile take 7 GB.

    Returns
    -------
    xarray.Dataset
        Dims (class, y, x): ``confidence`` uint32, the sum over observations labelled with the class, 255 =
        one observation of probability 1; ``count`` uint16, how many observations. The coordinate ``weights`` has
        those of the network, for `decide`. The votes of two sets of scenes are the sum of their votes:
        ``votes(a) + votes(b)``.

    Raises
    ------
    InvalidInputError
        For other types or dims, a scene that is there twice, a label that counts and is not in the legend, or votes of
        another grid, legend or network to add to.
    """
    if onto is not None:
        predictions = on_grid(predictions, onto, "The predictions", "the votes to add to")
        _check_onto(onto, predictions, legend)
    label, confidence, clear = _checked(predictions)
    onto = _no_votes(predictions, legend) if onto is None else onto
    all_votes = [onto[name].values for name in VOTES]
    counted = [_flat(values) for values in all_votes]
    for first in range(0, len(label), MOST_AT_ONCE):
        some = [_flat(values[first : first + MOST_AT_ONCE]) for values in (label, confidence, clear)]
        _refuse_unknown(_by_cores(count, *some, legend.codes, *counted), label, clear, legend)
    for values, flat in zip(all_votes, counted, strict=True):
        if not np.may_share_memory(values, flat):
            values[:] = flat.reshape(values.shape)
    return onto


def decide(counted: xr.Dataset, legend: Legend = LEGEND, *, weights: Mapping[str, float] | None = None) -> xr.Dataset:
    """Make the map of counted votes, bit for bit the `composite` of their scenes.

    Parameters
    ----------
    counted
        As `votes` and `open_votes` return them, or a sum of such.
    legend, weights
        As for `composite`.

    Returns
    -------
    xarray.Dataset
        As of `composite`.

    Raises
    ------
    InvalidInputError
        If the votes are of another legend, no whole numbers, or of networks with different weights, or for an unknown
        class or bad weight.
    """
    legend.check_classes(counted["class"].values, "The votes")
    table = weighed(legend, counted, weights).weights(weights)
    narrow = all(counted[name].dtype == dtype for name, dtype in NARROW_VOTES.items())
    sums, counts = (_whole(counted, name, dtype) for name, dtype in (NARROW_VOTES if narrow else VOTES).items())
    layers = _empty_layers(counts.shape[1:])
    _by_cores(decide_votes, _flat(sums), _flat(counts), legend.codes, _in_order(table, legend), _flat_layers(layers))
    return _dataset(layers, counted, legend, table)


def _checked(predictions: xr.Dataset) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Return label, confidence and clear as (time, y, x); clear is empty where nothing is masked."""
    label, confidence = (_raster(predictions, name, "uint8") for name in ("label", "confidence"))
    if len(label) > MOST_OBSERVATIONS:
        raise InvalidInputError(f"At most {MOST_OBSERVATIONS} scenes fit one composite; got {len(label)}.")
    refuse_repeated(predictions)
    masked = "clear" in predictions
    return label, confidence, _raster(predictions, "clear", "bool") if masked else np.empty((0, 0, 0), np.bool_)


_TO_DO = {
    "uint8": 'If it has whole numbers, and NaN means no data: .fillna(0).astype("uint8").',
    "bool": "NaN in it, or numbers that come of it, show that it lies on another grid or on other dates than the "
    "labels; of a probability of cloud, say from where on it is clear.",
}


def _raster(predictions: xr.Dataset, name: str, dtype: str) -> NDArray[Any]:
    """Return a variable of predictions as (time, y, x)."""
    if name not in predictions or {*predictions[name].dims} != {"time", "y", "x"}:
        came = predictions[name].dims if name in predictions else f"only {', '.join(map(str, predictions))}"
        raise InvalidInputError(f"Predictions need {name} with the dims (time, y, x); got {came}.")
    found = predictions[name].dtype
    if found != np.dtype(dtype):
        raise InvalidInputError(f"{name} must be {dtype}; got {found}. {_TO_DO[dtype]}")
    return predictions[name].transpose("time", "y", "x").values


def _no_votes(predictions: xr.Dataset, legend: Legend) -> xr.Dataset:
    """Return the votes of no scene on the grid of predictions."""
    dims, shape = ("class", "y", "x"), (len(legend), predictions.sizes["y"], predictions.sizes["x"])
    coords = {"class": legend.codes, **_grid_coords(predictions), **of_votes(legend, predictions)}
    return xr.Dataset({name: (dims, np.zeros(shape, dtype)) for name, dtype in VOTES.items()}, coords=coords)


def _check_onto(onto: xr.Dataset, predictions: xr.Dataset, legend: Legend) -> None:
    """Raise `InvalidInputError` unless votes of predictions can be added to others in place."""
    legend.check_classes(onto["class"].values, "The votes to add to")
    for name, dtype in VOTES.items():
        if onto[name].dims != ("class", "y", "x") or onto[name].dtype != dtype or onto[name].chunks is not None:
            raise InvalidInputError(
                f"Votes to add to must have {name} in memory, dims (class, y, x), {dtype}; got {onto[name].dims}, "
                f"{onto[name].dtype}{', not in memory: .load() them' if onto[name].chunks else ''}."
            )
    if carried(onto) != carried(xr.Dataset(coords=of_votes(legend, predictions))):
        raise InvalidInputError("The votes to add to are of a network with other weights. Count each network's apart.")


def _whole(counted: xr.Dataset, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a variable of votes as (class, y, x) and of a type, if its values fit that."""
    votes = counted[name].transpose("class", "y", "x").values
    fits = votes.dtype.kind == "u" and np.can_cast(votes.dtype, dtype)
    if not fits and votes.dtype.kind in "iu":  # as sums are of other types
        fits = not votes.size or (votes.min() >= 0 and votes.max() <= np.iinfo(dtype).max)
    if not fits:
        raise InvalidInputError(
            f"{name} of votes must be whole numbers, {dtype}, as votes() and sums of its results are; got "
            f"{votes.dtype}, which shares and means are."
        )
    return np.ascontiguousarray(votes, dtype)


def _in_order(table: NDArray[np.float64], legend: Legend, scenes: int | None = None) -> NDArray[np.floating]:
    """Return the weights in legend order; in float32, which is faster, where every score of so many scenes is exact.

    That is where weights are whole multiples of a power of two, such as 1, 1.5 and 0.25, and not too many of it.
    """
    weights = table[legend.codes]
    whole = weights * 256
    if scenes is None or not np.array_equal(whole, np.rint(whole)):
        return weights
    common = int(np.gcd.reduce(whole.astype(np.int64)))
    most = 255 * scenes * whole.max() / (common & -common)
    return weights.astype(np.float32) if most < EXACT_FLOAT32 else weights


def _by_cores(kernel: Callable[..., _T], *given: Any) -> list[_T]:
    """Run a kernel on all pixels of flat rasters, as many as the first has; return what it says of each part."""
    return in_parts(partial(kernel, *given), given[0].shape[1], LEAST_PX)


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    """Return rasters (n, y, x) as (n, pixel)."""
    return np.ascontiguousarray(values).reshape(len(values), math.prod(values.shape[1:]))


def _flat_layers(layers: Layers) -> Layers:
    return Layers(**{name: values.reshape(-1) for name, values in layers._asdict().items()})


def _refuse_unknown(known: list[bool], label: NDArray[np.uint8], clear: NDArray[np.bool_], legend: Legend) -> None:
    """Raise `InvalidInputError` if labels that count are outside the legend."""
    if not all(known):
        legend.check_codes(np.unique(label[clear] if clear.size else label), "predictions.label")


def _grid_coords(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    names = [name for name in ("y", "x", "spatial_ref") if name in dataset.coords]
    return {name: dataset[name].reset_coords(drop=True) for name in names}


def _empty_layers(shape: tuple[int, ...]) -> Layers:
    codes, shares = np.empty((2, *shape), np.uint8), np.empty((2, *shape), np.float32)
    return Layers(codes[0], codes[1], shares[0], shares[1], np.empty(shape, np.uint16))


def _dataset(layers: Layers, source: xr.Dataset, legend: Legend, table: NDArray[np.float64]) -> xr.Dataset:
    used = {c.name: float(table[c.code]) for c in legend}
    return xr.Dataset(
        {name: (("y", "x"), values) for name, values in layers._asdict().items()},
        coords=_grid_coords(source),
        attrs={"weights": used},
    )
