"""The class-weighted mode compared with straightforward implementations, as ratios of core time.

Simulated labels: 12 scenes of 2000 x 2000 px, ten classes. The peers make the labels only; this project also makes the
runner-up, support, margin and observations. What is compared is of three kinds: all in memory at once; votes and
decision as a run makes them, window by window, of windows that are in memory; and the same with reading from the disk.
On one core, as NumPy computes.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

import lulc_core as lulc
from lulc_core.mapping.assembly import Observations, compose
from lulc_core.mapping.windows import windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_core.mapping.windows import Window

SCENES, SIDE, ROUNDS = 12, 2000, 5
ROWS = 64
WEIGHTS = lulc.LEGEND.weights()


def by_class(label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """NumPy, a class at a time over all scenes."""
    scores = [(confidence * (label == c.code)).sum(axis=0, dtype=np.uint32) * WEIGHTS[c.code] for c in lulc.LEGEND]
    return lulc.LEGEND.codes[np.argmax(scores, axis=0)]


def by_rows(label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """NumPy as narrow as it can be: a class and a scene at a time, in parts of rows that stay in the cache."""
    out = np.empty((SIDE, SIDE), np.uint8)
    for y in range(0, SIDE, ROWS):
        rows = slice(y, y + ROWS)
        best, winner = np.zeros(out[rows].shape, np.float32), np.zeros(out[rows].shape, np.uint8)
        for code in lulc.LEGEND.codes[WEIGHTS[lulc.LEGEND.codes] > 0]:
            score = np.zeros(best.shape, np.uint16)
            for codes, votes in zip(label[:, rows], confidence[:, rows], strict=True):
                score += votes * (codes == code)
            score = score * np.float32(WEIGHTS[code])
            winner[score > best] = code
            np.maximum(best, score, out=best)
        out[rows] = winner
    return out


def streaming(label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """NumPy, a scene at a time into one array of scores."""
    scores = np.zeros((SIDE * SIDE, 11))
    pixel = np.arange(SIDE * SIDE)
    for codes, votes in zip(label, confidence, strict=True):
        flat = codes.ravel()
        scores[pixel, flat] += WEIGHTS[flat] * votes.ravel()
    return (scores[:, 1:].argmax(axis=1) + 1).astype(np.uint8).reshape(SIDE, SIDE)


def scatter(label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Torch, scatter_add over the scenes."""
    scores = torch.zeros((11, SIDE, SIDE))
    votes = torch.from_numpy(WEIGHTS[label].astype(np.float32) * confidence)
    scores.scatter_add_(0, torch.from_numpy(label).long(), votes)
    return (scores[1:].argmax(dim=0) + 1).numpy().astype(np.uint8)


def ours(label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """This project: label, runner-up, support, margin and observations in one pass."""
    dims = ("time", "y", "x")
    return lulc.composite(xr.Dataset({"label": (dims, label), "confidence": (dims, confidence)})).label.values


def by_votes(label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """This project: votes of a scene at a time, then the decision, as for the weights of a map to be changed."""
    dims, votes = ("time", "y", "x"), None
    for t in range(SCENES):
        some = slice(t, t + 1)
        votes = lulc.votes(
            xr.Dataset({"label": (dims, label[some]), "confidence": (dims, confidence[some])}), onto=votes
        )
    return lulc.decide(votes).label.values


def stored(folder: Path, label: np.ndarray, confidence: np.ndarray) -> list[Path]:
    """Write scenes as a run keeps them; return their stores."""
    dims, stores = ("time", "y", "x"), [folder / str(t) for t in range(SCENES)]
    for t, store in enumerate(stores):
        values = {"label": (dims, label[t : t + 1]), "confidence": (dims, confidence[t : t + 1])}
        lulc.write_predictions(xr.Dataset(values, {"time": [np.datetime64(t, "D").astype("datetime64[ns]")]}), store)
    return stores


def pipeline(observations: Observations) -> np.ndarray:
    """This project, as a run does it: window by window."""
    out = np.empty((SIDE, SIDE), np.uint8)
    for window in windows(out.shape):
        out[window] = compose(observations, window, lulc.LEGEND, {}).label.values
    return out


class InMemory(Observations):
    """The windows of a run, read before."""

    def __init__(self, stores: list[Path]) -> None:
        super().__init__(stores)
        self._read = {str(w): Observations.read(self, slice(None), w).copy(deep=True) for w in windows((SIDE, SIDE))}

    def read(self, scenes: slice, window: Window) -> xr.Dataset:
        """Return what was read of all scenes, which fit."""
        return self._read[str(window)]


def whole(stores: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Read scenes whole, with Zarr."""
    opened = [lulc.open_predictions(store) for store in stores]
    label, confidence = (np.concatenate([o[name].values for o in opened]) for name in ("label", "confidence"))
    return label, confidence


def main() -> None:
    random = np.random.default_rng(0)
    label = random.integers(1, 10, (SCENES, SIDE, SIDE)).astype(np.uint8)
    confidence = random.integers(60, 256, label.shape).astype(np.uint8)
    expected = ours(label, confidence)  # also compiles
    with tempfile.TemporaryDirectory() as folder:
        stores = stored(Path(folder), label, confidence)
        ways: dict[str, Callable[[], np.ndarray]] = {
            way.__name__: partial(way, label, confidence)
            for way in (ours, by_votes, by_class, streaming, by_rows, scatter)
        } | {
            "pipeline": partial(pipeline, InMemory(stores)),
            "pipeline, read": lambda: pipeline(Observations(stores)),
            "by_class, read": lambda: by_class(*whole(stores)),
            "streaming, read": lambda: streaming(*whole(stores)),
            "by_rows, read": lambda: by_rows(*whole(stores)),
        }
        seconds = measured(ways, expected)
    print(f"{SCENES} scenes x {SIDE} x {SIDE} px (simulated), core time, median of {ROUNDS}, all the same map")
    for name, taken in seconds.items():
        own = seconds["pipeline, read" if name.endswith("read") else "pipeline"]
        print(f"{name:>16}  {taken:7.3f} s  {taken / own:6.1f} x as a run does it")


def measured(ways: dict[str, Callable[[], np.ndarray]], expected: np.ndarray) -> dict[str, float]:
    """Return the core seconds of each, one after the other in each round; raises if one makes another map."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for counted in range(ROUNDS + 1):  # the first round compiles
        for name, way in ways.items():
            start = time.process_time()
            made = way()
            if counted:
                seconds[name].append(time.process_time() - start)
            if not np.array_equal(made, expected):
                raise SystemExit(f"{name} gives another map")
    return {name: float(np.median(taken)) for name, taken in seconds.items()}


if __name__ == "__main__":
    main()
