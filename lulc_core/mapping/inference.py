"""From reflectance to labels and probabilities, scene by scene and chip by chip, in bounded memory.

A scene is processed in strips one chip high. Only the rows that the strip needs are in memory; once no later strip
touches a row, its blended probabilities become labels and are freed. The network sees as many chips of a strip at once
as suits it; they are blended in their order, so that the result does not depend on which was ready first.
"""

from __future__ import annotations

import contextlib
import functools
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import xarray as xr

from lulc_core.errors import InvalidInputError
from lulc_core.mapping.chips import CHIP_PX, OVERLAP_PX, reflect_to_multiple, spans, taper
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterator

    from numpy.typing import NDArray

    from lulc_core.networks.model import Model

FULL_CONFIDENCE = 255
"""Stored value of probability 1."""


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
        Chip edge and least overlap of neighbours, px; the paper's are 500 and 100.
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
        `probabilities` also ``probability`` (time, class, y, x) uint8, 255 = 1. In memory.

    Raises
    ------
    InvalidInputError
        If dims or bands are wrong.
    CancelledError
        If cancelled.
    UnreachableError
        If an image cannot be read.
    """
    if reflectance.dims != ("time", "band", "y", "x"):
        raise InvalidInputError(f"Expected dims (time, band, y, x); got {reflectance.dims}.")
    missing = set(model.bands) - set(reflectance.band.values.tolist())
    if missing:
        raise InvalidInputError(
            f"{model.name} needs the bands {', '.join(model.bands)}; {', '.join(sorted(missing))} is missing from "
            f"{reflectance.band.values.tolist()}. Load them: load(scenes, grid, model.bands)."
        )
    ordered = reflectance.sel(band=list(model.bands))
    times, _, height, width = ordered.shape
    plan = _Plan.make((height, width), *model.window(chip, overlap))
    out = _allocate(ordered, model, probabilities)
    done, total = 0, times * plan.chips

    def chip_done(detail: str) -> None:
        nonlocal done
        done += 1
        progress(Progress(stage="predict", done=done, total=total, detail=detail))
        check(cancel)

    check(cancel)
    for t in range(times):
        date = str(ordered.time.values[t])[:10]
        for rows, blended, valid in _strips(ordered[t], model, plan, functools.partial(chip_done, date)):
            _write(out, t, rows, blended, valid, model)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Where the chips of a scene lie and how they blend."""

    rows: list[slice]
    columns: list[slice]
    row_weights: list[NDArray[np.float64]]
    column_weights: list[NDArray[np.float64]]

    @classmethod
    def make(cls, shape: tuple[int, int], chip: int, overlap: int) -> _Plan:
        rows, columns = (spans(length, chip, overlap) for length in shape)
        return cls(
            rows=rows,
            columns=columns,
            row_weights=taper(rows, shape[0]),
            column_weights=taper(columns, shape[1]),
        )

    @property
    def chips(self) -> int:
        return len(self.rows) * len(self.columns)


def _strips(
    scene: xr.DataArray, model: Model, plan: _Plan, chip_done: Callable[[], None]
) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.bool_]]]:
    """Yield finished rows of one scene: where, probabilities (class, rows, x), validity (rows, x)."""
    read = _RowReader(scene)
    width = scene.sizes["x"]
    pending = np.zeros((len(model.legend), 0, width), np.float32)
    for i, rows in enumerate(plan.rows):
        strip = read(rows)
        valid = np.all(np.isfinite(strip), axis=0)
        pending = np.pad(pending, ((0, 0), (0, strip.shape[1] - pending.shape[1]), (0, 0)))
        chips = (strip[:, :, columns] if valid[:, columns].any() else None for columns in plan.columns)
        with contextlib.closing(_classified(chips, model)) as classified:
            for columns, weights, shares in zip(plan.columns, plan.column_weights, classified, strict=True):
                if shares is not None:
                    weight = np.outer(plan.row_weights[i], weights).astype(np.float32)
                    pending[:, :, columns] += weight * shares
                chip_done()
        ready = (plan.rows[i + 1].start if i + 1 < len(plan.rows) else rows.stop) - rows.start
        yield slice(rows.start, rows.start + ready), pending[:, :ready], valid[:ready]
        pending = pending[:, ready:]


def _classified(
    chips: Iterator[NDArray[np.float32] | None], model: Model
) -> Generator[NDArray[np.float32] | None, None, None]:
    """Yield the probabilities of chips in their order, None for None, while others of them are with the network."""
    at_once = getattr(model.network, "at_once", 1)
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[NDArray[np.float32] | None]] = deque()
        try:
            for chip in chips:
                waiting.append(pool.submit(_classify, chip, model))
                if len(waiting) > at_once:  # one more than the network takes: it never waits for the blending
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _classify(chip: NDArray[np.float32] | None, model: Model) -> NDArray[np.float32] | None:
    """Return probabilities (class, y, x) of one chip (band, y, x) that may hold NaN, but not only; None of None."""
    if chip is None:
        return None
    gaps: NDArray[np.bool_] = ~np.isfinite(chip)
    if gaps.any():
        means = np.nanmean(np.where(gaps, np.nan, chip), axis=(1, 2), keepdims=True)
        chip = np.where(gaps, np.nan_to_num(means), chip)
    padded, (y, x) = reflect_to_multiple(chip, model.side or model.multiple, model.least)
    return model.probabilities(padded[None])[0][:, y, x]


class _RowReader:
    """Rows of one scene (band, y, x), each block computed once; rows must be read in order."""

    def __init__(self, scene: xr.DataArray) -> None:
        heights = scene.chunksizes.get("y", (scene.sizes["y"],))
        self._stops = iter(np.cumsum(heights).tolist())
        self._scene = scene
        self._start = 0
        self._held = np.empty((scene.sizes["band"], 0, scene.sizes["x"]), np.float32)

    def __call__(self, rows: slice) -> NDArray[np.float32]:
        self._held = self._held[:, rows.start - self._start :]
        self._start = rows.start
        while (held_to := self._start + self._held.shape[1]) < rows.stop:
            block = self._scene[:, held_to : next(self._stops)].to_numpy()
            self._held = np.concatenate([self._held, block], axis=1)
        return self._held[:, : rows.stop - rows.start]


def _allocate(reflectance: xr.DataArray, model: Model, probabilities: bool) -> xr.Dataset:
    times, _, height, width = reflectance.shape
    raster, cube = ("time", "y", "x"), ("time", "class", "y", "x")
    shape = (times, height, width)
    variables: dict[str, Any] = {name: (raster, np.zeros(shape, np.uint8)) for name in ("label", "confidence")}
    if probabilities:
        variables["probability"] = (cube, np.zeros((times, len(model.legend), height, width), np.uint8))
    coords: dict[Any, Any] = {k: v for k, v in reflectance.coords.items() if "band" not in v.dims}
    coords = {k: v for k, v in coords.items() if k != "band"} | {"class": model.legend.codes}
    return xr.Dataset(variables, coords=coords, attrs={"model": model.name})


def _write(
    out: xr.Dataset, t: int, rows: slice, blended: NDArray[np.float32], valid: NDArray[np.bool_], model: Model
) -> None:
    """Write finished rows, probabilities (class, rows, x), into the result."""
    _decide(blended, valid, model.legend.codes, out["label"].values[t, rows], out["confidence"].values[t, rows])
    if "probability" in out:
        out["probability"].values[t, :, rows] = np.where(valid, np.rint(blended * FULL_CONFIDENCE), 0).astype(np.uint8)


@numba.njit(cache=True, nogil=True)
def _decide(
    blended: NDArray[np.float32],
    valid: NDArray[np.bool_],
    codes: NDArray[np.uint8],
    label: NDArray[np.uint8],
    confidence: NDArray[np.uint8],
) -> None:
    """Write the code of the first of the most probable classes, and its probability, into rows that hold 0."""
    classes, height, width = blended.shape
    best, most = np.empty(width, np.uint8), np.empty(width, np.float32)
    for y in range(height):
        best[:], most[:] = 0, blended[0, y]
        for c in range(1, classes):  # class by class: that is how the probabilities lie in memory
            for x in range(width):
                if blended[c, y, x] > most[x]:
                    best[x], most[x] = c, blended[c, y, x]
        for x in range(width):
            if valid[y, x]:
                label[y, x] = codes[best[x]]
                confidence[y, x] = max(np.rint(most[x] * np.float32(FULL_CONFIDENCE)), 1)
