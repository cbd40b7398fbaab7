"""What predictions and votes carry of where they are from: the weights of their network, and of which scenes they are.

Weights are a coordinate of text, which xarray keeps where it drops attributes: in sums, in a choice of variables, in
what is stored. By it the scenes of two networks can be told apart; the sum of votes with different weights loses it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, Legend

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import xarray as xr
    from numpy.typing import NDArray

WEIGHTS = "weights"
"""Coordinate of predictions, dims (time), and of votes, no dims: class name to weight, as JSON."""
NAMES = "class_name"
"""Coordinate of votes, dims (class); it stays where votes with different weights are added, and `WEIGHTS` does not."""


def in_words(legend: Legend) -> str:
    """Return the weights of a legend as the coordinate `WEIGHTS` has them.

    Examples
    --------
    >>> in_words(Legend((LEGEND["water"], LEGEND["clouds"])))
    '{"water": 1.0, "clouds": 0.0}'
    """
    return json.dumps(legend.weights_by_name)


def of_votes(legend: Legend, predictions: xr.Dataset | None = None) -> dict[str, tuple[Hashable, NDArray[np.object_]]]:
    """Return the coordinates that votes have beside their codes and grid: names of classes and the network's weights.

    The votes of networks with different weights have the names only, and so has the sum of such.
    """
    said = {in_words(legend)} if predictions is None or _is_own(legend) else carried(predictions) or {in_words(legend)}
    weights = {WEIGHTS: ((), np.array(said.pop(), object))} if len(said) == 1 else {}
    return {NAMES: ("class", np.array(legend.names, object)), **weights}


def carried(data: xr.Dataset) -> set[str]:
    """Return the weights that predictions or votes carry: one for each network, none if they are made by hand."""
    return {str(text) for text in data.coords[WEIGHTS].values.ravel()} if WEIGHTS in data.coords else set()


def weighed(legend: Legend, data: xr.Dataset, weights: Mapping[str, float] | None = None) -> Legend:
    """Return a legend with the weights of the network that predictions or votes are from, unless it has its own.

    Raises
    ------
    InvalidInputError
        If they are of networks with different weights, and neither the legend nor `weights` says which to use.
    """
    said = carried(data)
    if _is_own(legend) or {*legend.names} <= {*(weights or {})}:
        return legend
    if len(said) > 1 or (NAMES in data.coords and not said):
        raise InvalidInputError(
            f"These are of networks with different weights{_differences(said)}, and one map cannot have both. Make a "
            "map of each, or give the weight of every class: weights={name: weight}."
        )
    return legend.weighted(json.loads(said.pop())) if said else legend


def refuse_repeated(predictions: xr.Dataset) -> None:
    """Raise `InvalidInputError` if a scene is there twice: it would count twice."""
    if "time" not in predictions.coords or predictions["time"].dims != ("time",):
        return
    times = predictions["time"].values
    named = "scene" in predictions.coords and predictions["scene"].dims == ("time",)
    names = [str(name) for name in predictions["scene"].values] if named else [""] * times.size
    first: dict[tuple[object, str], int] = {}
    for step, key in enumerate(zip(times.tolist(), names, strict=True)):
        before = first.setdefault(key, step)
        if before != step and (named or _alike(predictions["label"], before, step)):
            raise InvalidInputError(
                f"The scene {names[step] or 'without a name'} of {str(times[step])[:19]} is there twice, and would "
                'count twice. Leave one out: predictions.drop_duplicates("time").'
            )


def _alike(label: xr.DataArray, one: int, other: int) -> bool:
    return bool((label.isel(time=one).values == label.isel(time=other).values).all())


def _is_own(legend: Legend) -> bool:
    """Whether a legend has weights of its own, or other classes than this project's."""
    return legend.weights_by_name != LEGEND.weights_by_name


def _differences(said: set[str]) -> str:
    """Return the weights that differ, class by class."""
    tables = [json.loads(text) for text in sorted(said)]
    names = [name for name in tables[0] if len({table.get(name) for table in tables}) > 1] if tables else []
    each = [f"{name} {' and '.join(str(table.get(name)) for table in tables)}" for name in names]
    return f" ({', '.join(each)})" if each else ""
