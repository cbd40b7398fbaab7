"""Labelled pixels with their votes, from which class weights are learned, and the folds to validate them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from lulc_core.errors import InvalidInputError
from lulc_core.legend import NO_DATA
from lulc_core.raster_layout import class_codes, on_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lulc_core.legend import Legend

MOST_PIXELS = 200_000
"""Most labelled pixels of a place that are used; of more, a random part stands for all."""
_BLOCKS, _FOLDS = 4, 4
"""A single place is cut into 4 x 4 blocks, in four folds that each have a block in every row and column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """Labelled pixels of a place."""

    name: str
    scores: NDArray[np.float32]
    """Unweighted votes, whole numbers that float32 holds exactly, shape (pixel, class)."""
    truth: NDArray[np.int64]
    """Position of the label in the legend, shape (pixel,)."""
    stands_for: NDArray[np.float64]
    """How many labelled pixels each one stands for, shape (pixel,)."""
    block: NDArray[np.int64]
    """Fold of each pixel if its place is the only one, shape (pixel,)."""


def pixels_of(
    name: str,
    counted: xr.Dataset,
    reference: xr.DataArray | NDArray[np.uint8],
    legend: Legend,
    rng: np.random.Generator,
) -> Pixels:
    """Return the labelled pixels of a place, or a random part of them if there are too many."""
    what, votes = f"The reference of {name}", f"the votes of {name}"
    if isinstance(reference, xr.DataArray):
        reference = on_grid(class_codes(reference, what), counted, what, votes)
    labels = np.asarray(reference)
    sums = counted["confidence"].transpose("class", "y", "x").values
    legend.check_classes(counted["class"].values, f"The votes of {name}")
    if labels.shape != sums.shape[1:] or labels.dtype.kind not in "iu":
        raise InvalidInputError(
            f"{what} must be whole codes on the grid of the votes, shape {sums.shape[1:]}; "
            f"got {labels.dtype} of shape {labels.shape}."
        )
    legend.check_codes(np.unique(labels), what)
    labelled = np.flatnonzero(labels.ravel() != NO_DATA)
    taken = labelled if labelled.size <= MOST_PIXELS else np.sort(rng.choice(labelled, MOST_PIXELS, replace=False))
    rows, columns = np.unravel_index(taken, labels.shape)
    down, across = rows * _BLOCKS // labels.shape[0], columns * _BLOCKS // labels.shape[1]
    return Pixels(
        name=name,
        scores=sums[:, rows, columns].T.astype(np.float32, order="C"),
        truth=legend.places[labels[rows, columns]],
        stands_for=np.full(taken.size, labelled.size / max(taken.size, 1)),
        block=(down + 2 * across) % _FOLDS,
    )


def blocks_of(place: Pixels) -> list[Pixels]:
    """Return the folds of a single place; those without labels are left out."""
    folds = [_some(place, f"{place.name}, part {fold + 1}", place.block == fold) for fold in range(_FOLDS)]
    return [fold for fold in folds if fold.truth.size]


def _some(place: Pixels, name: str, chosen: NDArray[np.bool_]) -> Pixels:
    return Pixels(
        name=name,
        scores=place.scores[chosen],
        truth=place.truth[chosen],
        stands_for=place.stands_for[chosen],
        block=place.block[chosen],
    )


def together(parts: Sequence[Pixels]) -> Pixels:
    """Return the pixels of several parts as one."""
    return Pixels(
        name=" and ".join(part.name for part in parts),
        scores=np.concatenate([part.scores for part in parts]),
        truth=np.concatenate([part.truth for part in parts]),
        stands_for=np.concatenate([part.stands_for for part in parts]),
        block=np.concatenate([part.block for part in parts]),
    )


def check_labels(parts: Sequence[Pixels], legend: Legend) -> None:
    """Raise `InvalidInputError` unless there are labels in every part, of two classes and in two parts at least."""
    bare = [part.name for part in parts if not part.truth.size]
    if bare:
        raise InvalidInputError(f"There are no reference labels in {', '.join(bare)}. Leave out places without labels.")
    if len(parts) < 2:
        raise InvalidInputError(
            "Weights are validated on places that are left out; the labels of a single place must lie in at least two "
            "of its 4 x 4 blocks. Give labels from further apart, or from more places."
        )
    classes = np.unique(np.concatenate([part.truth for part in parts]))
    if classes.size < 2:
        names = ", ".join(legend.names[k] for k in classes)
        raise InvalidInputError(f"Weights compare classes, so at least two need reference labels; got {names}.")
