"""From reflectance to labels and probabilities, scene by scene and chip by chip, in bounded memory.

A scene is processed in strips one chip high. Only the rows that the strip needs are in memory; once no later strip
touches a row, its blended probabilities become labels and are freed. The network sees as many chips at once as suits
it, and the next block is read meanwhile; chips are blended in their order, so that the result does not depend on which
was ready first.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import warnings
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import dask.array
import numpy as np
import odc.geo.xr  # noqa: F401 - the accessor .odc
import xarray as xr

from lulc_core.cores import beside
from lulc_core.errors import InvalidInputError
from lulc_core.imagery.grids import remark_on_pixels
from lulc_core.mapping.ahead import ahead
from lulc_core.mapping.chip_kernels import blend, decide, round_shares
from lulc_core.mapping.chips import CHIP_PX, OVERLAP_PX, Window, reflected, windows
from lulc_core.mapping.provenance import WEIGHTS, in_words
from lulc_core.mapping.value_range import ValueRange, check_type
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable, Iterator

    from numpy.typing import NDArray

    from lulc_core.networks.model import Model

_T = TypeVar("_T")
_R = TypeVar("_R")


def predict(
    reflectance: xr.DataArray,
    model: Model,
    *,
    chip: int = CHIP_PX,
    overlap: int = OVERLAP_PX,
    probabilities: bool = False,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> xr.Dataset:
    """Classify every time step.

    Chips overlap; their probabilities are blended by weights that sum to one at every pixel and do not fade
    at the border of the scene. A pixel that is NaN in a band is filled with its chip's mean for the network
    and is no data in the result.

    Parameters
    ----------
    reflectance
        Dims (time, band, y, x), float32, unitless, NaN = no data; lazy or not. Has the model's bands.
    model
        The network.
    chip, overlap
        Largest chip edge, rounded up to what the network takes, and least overlap of neighbours, px; the paper's are
        500 and 100. Larger chips compute fewer pixels twice: 1100 takes three quarters of the time.
    probabilities
        Keep the probability of every class, not only of the label.
    progress
        Called after each chip.
    cancel
        Set it to stop before the next chip.

    Returns
    -------
    xarray.Dataset
        ``label`` (time, y, x) uint8, legend code of the most probable class, the first of the legend if
        equal, 0 = no data; ``confidence`` (time, y, x) uint8, its probability, 255 = 1; with
        `probabilities` also ``probability`` (time, class, y, x) uint8, 255 = 1. In memory. The coordinate ``weights``
        (time) has those of the network's classes, for `composite`.

    Raises
    ------
    InvalidInputError
        If dims, type or bands are wrong, or values cannot be reflectance. Doubtful values, and pixels that by their
        coordinates are not 10 m, are told by a warning.
    CancelledError
        If cancelled.
    UnreachableError
        If an image cannot be read.
    """
    check_type(reflectance)
    if remark := remark_on_pixels(reflectance.odc.geobox):
        warnings.warn(remark, stacklevel=2)
    found = ValueRange()
    out = label_scenes(
        reflectance,
        model,
        chip=chip,
        overlap=overlap,
        probabilities=probabilities,
        progress=progress,
        cancel=cancel,
        look=found.passing,
    )
    found.tell()
    return out


_Strips: TypeAlias = "Iterable[NDArray[np.float32]]"
"""Rows of a scene, (band, y, x)."""


def _unseen(_date: str, strips: _Strips) -> _Strips:
    return strips


def nobody_waits() -> None:
    """Do nothing."""


def label_scenes(
    reflectance: xr.DataArray,
    model: Model,
    *,
    chip: int,
    overlap: int,
    probabilities: bool,
    progress: ProgressCallback,
    cancel: threading.Event | None,
    look: Callable[[str, _Strips], _Strips] = _unseen,
    given: Callable[[], None] = nobody_waits,
    ahead_of_use: int = 1,
) -> xr.Dataset:
    """Classify every time step, as `predict` does, of values that were looked at or that `look` sees pass.

    So many blocks that are not in memory are read while those before them are classified. `given` is called when the
    network has the last chips of a time step.
    """
    ordered = _with_bands_of(model, reflectance)
    times, _, height, width = ordered.shape
    plan = _Plan.make((height, width), model, chip, overlap)
    out = _allocate(ordered, model, probabilities)
    done, total = 0, times * plan.chips

    def chip_done(detail: str) -> None:
        nonlocal done
        done += 1
        progress(Progress(stage="predict", done=done, total=total, detail=detail))
        if done < total:
            check(cancel)

    check(cancel)
    for t in range(times):
        date = str(ordered.time.values[t])[:10]
        looking = functools.partial(look, date)
        blocks = _read(ordered[t], [rows.at for rows in plan.rows], ahead_of_use)
        chips = _chips(looking(blocks), plan, model, given)
        for rows, blended, valid in _strips(blocks, chips, width, model, plan, functools.partial(chip_done, date)):
            _write(out, t, rows, blended, valid, model)
    return out


def _with_bands_of(model: Model, reflectance: xr.DataArray) -> xr.DataArray:
    """Return reflectance with the bands of a network in its order, itself if it is so.

    Raises
    ------
    InvalidInputError
        For other dims, or if a band is missing.
    """
    if reflectance.dims != ("time", "band", "y", "x"):
        raise InvalidInputError(f"Expected dims (time, band, y, x); got {reflectance.dims}.")
    bands = reflectance.band.values.tolist()
    missing = set(model.bands) - set(bands)
    if missing:
        raise InvalidInputError(
            f"{model.name} needs the bands {', '.join(model.bands)}; {', '.join(sorted(missing))} is missing from "
            f"{bands}. Load them: load(scenes, grid, model.bands)."
        )
    return reflectance if tuple(bands) == model.bands else reflectance.sel(band=list(model.bands))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Where the chips of a scene lie and how they blend."""

    rows: list[Window]
    columns: list[Window]

    @classmethod
    def make(cls, shape: tuple[int, int], model: Model, chip: int, overlap: int) -> _Plan:
        size = model.window(chip, overlap)
        rows, columns = (windows(length, *size, model.multiple, model.least) for length in shape)
        return cls(rows=rows, columns=columns)

    @property
    def chips(self) -> int:
        return len(self.rows) * len(self.columns)


def chips_of(shape: tuple[int, int], model: Model, chip: int, overlap: int) -> tuple[int, tuple[int, int]]:
    """Return how many chips a scene of a height and a width (px) is cut into, and height and width of each.

    Examples
    --------
    >>> from lulc_core.networks.model import Model
    >>> chips_of((1000, 400), Model.open("unet-simulated"), chip=500, overlap=100)
    (3, (416, 400))
    """
    plan = _Plan.make(shape, model, chip, overlap)
    height, width = (window.at.stop - window.at.start + sum(window.pads) for window in (plan.rows[0], plan.columns[0]))
    return plan.chips, (height, width)


def _strips(
    blocks: Generator[NDArray[np.float32], None, None],
    chips: Iterator[_Job],
    width: int,
    model: Model,
    plan: _Plan,
    chip_done: Callable[[], None],
) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.bool_]]]:
    """Yield finished rows of one scene: where, probabilities (class, y, x) that begin with them, their validity (y, x).

    Both are good until the next. Chips are read and seen by the network while those before them are blended, from strip
    to strip.
    """
    deepest = max(rows.at.stop - rows.at.start for rows in plan.rows)
    pending = np.zeros((len(model.legend), deepest, width), np.float32)
    with (
        contextlib.closing(blocks),
        contextlib.closing(ahead(beside(model.network.at_once), _classify, chips)) as classified,
    ):
        for rows, after in itertools.zip_longest(plan.rows, plan.rows[1:]):
            for columns in plan.columns:
                shares, valid = next(classified)
                if shares is not None:
                    inside = rows.inside.start, columns.inside.start
                    blend(pending, columns.at.start, shares, *inside, rows.weights, columns.weights)
                chip_done()
            ready = (after.at.start if after else rows.at.stop) - rows.at.start
            yield slice(rows.at.start, rows.at.start + ready), pending, valid[:ready]
            pending[:, : deepest - ready] = pending[:, ready:]
            pending[:, deepest - ready :] = 0


_Job = tuple["NDArray[np.float32] | None", "NDArray[np.bool_]", "Model"]
"""A chip (band, y, x) that may hold NaN, but not only, or None; the validity of its whole strip; who is to see it."""


def _chips(
    strips: Iterable[NDArray[np.float32]], plan: _Plan, model: Model, given: Callable[[], None]
) -> Iterator[_Job]:
    """Yield the chips of strips, left to right, and say when all were taken."""
    for rows, strip in zip(plan.rows, strips, strict=True):
        valid: NDArray[np.bool_] = np.all(np.isfinite(strip), axis=0)
        for columns in plan.columns:
            seen = valid[:, columns.at].any()
            yield (reflected(strip[:, :, columns.at], rows, columns) if seen else None), valid, model
    given()


def _classify(job: _Job) -> tuple[NDArray[np.float32] | None, NDArray[np.bool_]]:
    """Return probabilities (class, y, x) of a chip, None of None; and the validity of its strip."""
    chip, valid, model = job
    if chip is None:
        return None, valid
    gaps: NDArray[np.bool_] = ~np.isfinite(chip)
    if gaps.any():
        chip = np.where(gaps, 0, chip)
        means = chip.sum(axis=(1, 2), keepdims=True) / np.maximum((~gaps).sum(axis=(1, 2), keepdims=True), 1)
        chip = np.where(gaps, means.astype(np.float32), chip)
    return model.probabilities(chip[None])[0], valid


def _read(scene: xr.DataArray, strips: list[slice], ahead_of_use: int) -> Generator[NDArray[np.float32], None, None]:
    """Yield rows (band, y, x) of one scene, in order; each block is computed once, some of them ahead of their use."""
    stops = np.cumsum(scene.chunksizes.get("y", (scene.sizes["y"],))).tolist()
    blocks = (scene[:, start:stop] for start, stop in itertools.pairwise([0, *stops]))
    held: deque[NDArray[np.float32]] = deque()
    first = stop = 0
    with contextlib.closing(ahead(ahead_of_use, _computed, blocks)) as computed:
        for rows in strips:
            while held and first + held[0].shape[1] <= rows.start:
                first += held.popleft().shape[1]
            while stop < rows.stop:
                held.append(next(computed))
                stop += held[-1].shape[1]
            tops = itertools.accumulate((block.shape[1] for block in held), initial=first)
            parts = [
                block[:, max(rows.start - top, 0) : rows.stop - top] for top, block in zip(tops, held, strict=False)
            ]
            yield np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def _computed(rows: xr.DataArray) -> NDArray[np.float32]:
    """Return rows of a scene in memory, each block read into its place: only one copy is there at once."""
    if rows.chunks is None:
        return rows.to_numpy()
    values = np.empty(rows.shape, rows.dtype)
    dask.array.store(rows.data, values, lock=False)
    return values


def _allocate(reflectance: xr.DataArray, model: Model, probabilities: bool) -> xr.Dataset:
    times, _, height, width = reflectance.shape
    raster, cube = ("time", "y", "x"), ("time", "class", "y", "x")
    shape = (times, height, width)
    variables: dict[str, Any] = {name: (raster, np.zeros(shape, np.uint8)) for name in ("label", "confidence")}
    if probabilities:
        variables["probability"] = (cube, np.zeros((times, len(model.legend), height, width), np.uint8))
    coords: dict[Any, Any] = {k: v for k, v in reflectance.coords.items() if "band" not in v.dims}
    coords = {k: v for k, v in coords.items() if k != "band"} | {"class": model.legend.codes}
    coords[WEIGHTS] = "time", np.full(times, in_words(model.legend))
    return xr.Dataset(variables, coords=coords, attrs={"model": model.name})


def _write(
    out: xr.Dataset, t: int, rows: slice, blended: NDArray[np.float32], valid: NDArray[np.bool_], model: Model
) -> None:
    """Write finished rows, the first of the probabilities (class, y, x), into the result."""
    decide(blended, valid, model.legend.codes, out["label"].values[t, rows], out["confidence"].values[t, rows])
    if "probability" in out:
        round_shares(blended, valid, out["probability"].values[t], rows.start)
