"""Where a map confuses two classes: patches where they are winner and runner-up, each with its probable cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import pixel_areas
from lulc_core.legend import LEGEND, Legend
from lulc_core.mapping.confusion_causes import (
    CONFUSION_CAUSES,
    SURROUNDINGS_PX,
    CauseReason,
    PatchVotes,
    probable_cause,
)
from lulc_core.raster_layout import on_grid

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedPatch:
    """A connected patch where two classes are the top two."""

    pixel: tuple[int, int]
    """Row and column of what shows the cause: of the pixels that vote as it says on most dates, the smallest margin."""
    box: tuple[int, int, int, int]
    """First row and column, and those after the last."""
    hectares: float
    margin: float
    """Mean lead of the winner, as a share of the score, 0-1."""
    cause: str
    """Key of `CONFUSION_CAUSES`; empty if no rule applies."""
    why: str
    """What speaks for it, in words."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConfusedPatches:
    """The patches where two classes are the top two, the most contested area first."""

    ids: NDArray[np.int32]
    """Position of the patch from 1, 0 elsewhere, shape (y, x)."""
    patches: tuple[ConfusedPatch, ...]
    smaller_ha: float
    """Area of the patches that are too small to be listed."""

    def tally(self) -> dict[str, int]:
        """Return how many patches have each cause, in the order of `CONFUSION_CAUSES`, then those without one."""
        found = [patch.cause for patch in self.patches]
        return {key: found.count(key) for key in (*CONFUSION_CAUSES, "") if key in found}


def confused_patches(
    land_cover: xr.Dataset,
    predictions: xr.Dataset,
    pair: tuple[int, int],
    *,
    legend: Legend = LEGEND,
    least_ha: float = 0.5,
) -> ConfusedPatches:
    """Return the connected patches where two classes are the top two, each with its probable cause.

    Patches are joined along the sides of their pixels. They are in the order of their contested area: hectares times
    one minus the mean margin, so that a large patch near a tie comes first.

    Parameters
    ----------
    land_cover
        `label`, `runner_up` uint8 codes, `margin` float32 0-1, `observations` uint16 on (y, x): see `composite`.
    predictions
        `label`, `confidence` uint8, `clear` bool on (time, y, x) of the same grid: what the map was made of.
    pair
        Codes of the two classes.
    legend
        The classes, with the weights that the map was made with.
    least_ha
        Area of the smallest patch to list, hectares; 0 for single pixels, too.

    Raises
    ------
    InvalidInputError
        For one class twice, a code that is not in the legend, a negative area, or predictions of another grid.

    Examples
    --------
    >>> import xarray as xr
    >>> from lulc_core import composite
    >>> on, grid = ("time", "y", "x"), {"y": [15.0, 5.0], "x": [5.0, 15.0, 25.0, 35.0]}
    >>> codes = np.full((2, 2, 4), 3, np.uint8)
    >>> codes[1, :, 2:] = 5
    >>> rasters = {"label": codes, "confidence": codes * 0 + 200, "clear": codes > 0}
    >>> p = xr.Dataset({name: (on, values) for name, values in rasters.items()}, grid).odc.assign_crs(32631)
    >>> p["time"] = np.array(["2021-05-01", "2021-05-11"], "datetime64[ns]")
    >>> found = confused_patches(composite(p), p, (3, 5), least_ha=0.03)
    >>> [(patch.pixel, round(patch.hectares, 2), patch.cause) for patch in found.patches]
    [((0, 2), 0.04, 'few-dates')]
    """
    names = _checked(pair, legend, least_ha)
    predictions = on_grid(predictions, land_cover, "The predictions", "the map")
    contested = confused(land_cover, pair)
    joined, count = ndimage.label(contested)
    margin, areas = land_cover["margin"].values, _areas(land_cover)
    hectares = _sums(joined, count, areas)
    margins = _sums(joined, count, margin) / np.bincount(joined.ravel(), minlength=count + 1)[1:]
    order = np.flatnonzero(hectares >= least_ha)
    order = order[np.argsort(-(hectares * (1 - margins))[order], kind="stable")]
    ids = _renumbered(joined, order, count)
    weights = legend.weights(land_cover.attrs.get("weights"))
    votes = _votes(ids, land_cover, predictions, names=names, legend=legend, weights=weights)
    return ConfusedPatches(
        ids=ids,
        patches=tuple(
            _patch(
                box,
                np.where(ids[box] == number, margin[box], np.inf),
                predictions,
                votes=of,
                codes=(legend[names[0]].code, legend[names[1]].code),
                size=(float(hectares[i]), float(margins[i])),
            )
            for number, (i, of, box) in enumerate(zip(order, votes, ndimage.find_objects(ids), strict=True), 1)
        ),
        smaller_ha=float(hectares.sum() - hectares[order].sum()),
    )


def confused(land_cover: xr.Dataset, pair: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where two classes are the top two, in either order.

    Parameters
    ----------
    land_cover
        `label` and `runner_up` uint8 codes on (y, x).
    pair
        Codes of the two.

    Returns
    -------
    numpy.ndarray
        bool, shape (y, x).

    Examples
    --------
    >>> import xarray as xr
    >>> two = {"label": ("x", np.array([3, 5, 5])), "runner_up": ("x", np.array([5, 3, 1]))}
    >>> confused(xr.Dataset(two), (3, 5))
    array([ True,  True, False])
    """
    label, second = land_cover["label"].values, land_cover["runner_up"].values
    one, other = pair
    return ((label == one) & (second == other)) | ((label == other) & (second == one))


def _checked(pair: tuple[int, int], legend: Legend, least_ha: float) -> tuple[str, str]:
    """Return the names of the two classes; raise for what cannot be asked."""
    if pair[0] == pair[1]:
        raise InvalidInputError(f"Two different classes can be confused; both codes are {pair[0]}.")
    if not least_ha >= 0:
        raise InvalidInputError(f"The smallest patch has an area of at least 0 ha; least_ha is {least_ha}.")
    return legend[pair[0]].name, legend[pair[1]].name


def _areas(land_cover: xr.Dataset) -> float | NDArray[np.float32]:
    areas = pixel_areas(land_cover.odc.geobox)
    if areas is None:
        raise InvalidInputError("The area of a patch needs a map with coordinates and a CRS; this one has none.")
    return areas


def _sums(joined: NDArray[np.integer], count: int, values: float | NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the sum of some values over each patch, shape (count,)."""
    here = np.flatnonzero(joined)
    weights = np.broadcast_to(np.asarray(values, np.float64), joined.shape).ravel()[here]
    return np.bincount(joined.ravel()[here], weights, minlength=count + 1)[1:].astype(np.float64)


def _renumbered(joined: NDArray[np.integer], order: NDArray[np.intp], count: int) -> NDArray[np.int32]:
    """Return the patches in another order, those that are left out as 0."""
    numbers = np.zeros(count + 1, np.int32)
    numbers[order + 1] = np.arange(1, len(order) + 1)
    return numbers[joined]


def _patch(
    box: tuple[slice, ...],
    leads: NDArray[np.floating],
    predictions: xr.Dataset,
    *,
    votes: PatchVotes,
    codes: tuple[int, int],
    size: tuple[float, float],
) -> ConfusedPatch:
    """Return a patch by the margins in its box, infinite beside it."""
    cause, why = probable_cause(votes)
    shown = _shown(why, predictions, box, codes)
    shown[np.isinf(leads)] = -1
    row, column = np.unravel_index(np.where(shown == shown.max(), leads, np.inf).argmin(), leads.shape)
    rows, columns = box
    return ConfusedPatch(
        pixel=(int(row) + rows.start, int(column) + columns.start),
        box=(rows.start, columns.start, rows.stop, columns.stop),
        hectares=size[0],
        margin=size[1],
        cause=cause,
        why=why.words,
    )


def _shown(
    why: CauseReason, predictions: xr.Dataset, box: tuple[slice, ...], codes: tuple[int, int]
) -> NDArray[np.int64]:
    """Return on how many of its dates each pixel of a box votes as a reason says, shape (y, x)."""
    dates = list(why.sees)
    label, clear = (predictions[name][dates, *box].values for name in ("label", "clear"))
    said = np.array([codes[which] for which in why.sees.values()], np.uint8)
    return (clear & (label == said[:, None, None])).sum(0)


def _votes(
    ids: NDArray[np.int32],
    land_cover: xr.Dataset,
    predictions: xr.Dataset,
    *,
    names: tuple[str, str],
    legend: Legend,
    weights: NDArray[np.float64],
) -> list[PatchVotes]:
    """Return what the rules ask of each patch."""
    boxes = ndimage.find_objects(ids)
    dates = ndimage.median(land_cover["observations"].values, ids, np.arange(1, len(boxes) + 1)) if boxes else []
    codes = (legend[names[0]].code, legend[names[1]].code)
    rim, beside = _shape(ids, land_cover["label"].values, codes, len(boxes))
    scores, clear, cloudy = _by_date(ids, predictions, codes, weights, legend)
    days = predictions["time"].values.astype("datetime64[D]").astype(np.int64)
    return [
        PatchVotes(
            names=names,
            days=days,
            scores=scores[:, i],
            clear=clear[i],
            cloudy=cloudy[i],
            masked=_masked(predictions, box),
            dates=float(dates[i]),
            rim=float(rim[i]),
            beside=(float(beside[0, i]), float(beside[1, i])),
        )
        for i, box in enumerate(boxes)
    ]


def _shape(
    ids: NDArray[np.int32], label: NDArray[np.uint8], codes: tuple[int, int], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of each patch at its rim, shape (patch,), and what lies along it, shape (class, patch)."""
    around, classes = np.pad(ids, 1), np.pad(label, 1)
    at = np.flatnonzero(around)
    of, outside = around.ravel()[at] - 1, np.zeros(len(at), np.bool_)
    along, beside = np.zeros(count), np.zeros((2, count))
    for step in (-1, 1, -around.shape[1], around.shape[1]):
        beyond = around.ravel()[at + step] - 1 != of
        outside |= beyond
        along += np.bincount(of[beyond], minlength=count)
        for which, code in enumerate(codes):
            beside[which] += np.bincount(of[beyond & (classes.ravel()[at + step] == code)], minlength=count)
    return np.bincount(of, outside, minlength=count) / np.bincount(of, minlength=count), beside / along


def _by_date(
    ids: NDArray[np.int32],
    predictions: xr.Dataset,
    codes: tuple[int, int],
    weights: NDArray[np.float64],
    legend: Legend,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return scores (class, patch, time), clear shares and cloudy votes (patch, time)."""
    at, count, times = np.flatnonzero(ids), int(ids.max(initial=0)), predictions.sizes["time"]
    of = ids.ravel()[at] - 1
    label, confidence, clear = (predictions[name].values for name in ("label", "confidence", "clear"))
    is_cloud = np.isin(np.arange(256), [c.code for c in legend if c.cloud])
    scores, counted, cloudy = np.zeros((2, count, times)), np.zeros((count, times)), np.zeros((count, times))
    for time in range(times):
        votes = label[time].ravel()[at]
        seen = clear[time].ravel()[at] & (votes > 0)
        probability = confidence[time].ravel()[at] / 255
        counted[:, time] = np.bincount(of[seen], minlength=count)
        cloudy[:, time] = np.bincount(of[seen & is_cloud[votes]], minlength=count)
        for which, code in enumerate(codes):
            scores[which, :, time] = np.bincount(of, seen * (votes == code) * probability, minlength=count)
        scores[:, :, time] *= weights[list(codes)][:, None]
    return scores, counted / np.bincount(of, minlength=count)[:, None], cloudy / np.maximum(counted, 1)


def _masked(predictions: xr.Dataset, box: tuple[slice, ...]) -> NDArray[np.float64]:
    """Return the masked share of what a date shows around a patch, 0 where it shows nothing, shape (time,)."""
    around = tuple(slice(max(side.start - SURROUNDINGS_PX, 0), side.stop + SURROUNDINGS_PX) for side in box)
    shown = predictions["label"][:, *around].values > 0
    masked = shown & ~predictions["clear"][:, *around].values
    return masked.sum((1, 2)) / np.maximum(shown.sum((1, 2)), 1)
