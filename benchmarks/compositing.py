"""The class-weighted mode compared with straightforward implementations, as ratios of run time.

Simulated labels: 12 scenes of 2000 x 2000 px, ten classes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable

SCENES, SIDE, ROUNDS = 12, 2000, 5
WEIGHTS = lulc.LEGEND.weights()


def by_class(label: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """NumPy, a class at a time over all scenes."""
    scores = [(confidence * (label == c.code)).sum(axis=0, dtype=np.uint32) * WEIGHTS[c.code] for c in lulc.LEGEND]
    return lulc.LEGEND.codes[np.argmax(scores, axis=0)]


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


def main() -> None:
    random = np.random.default_rng(0)
    label = random.integers(1, 10, (SCENES, SIDE, SIDE)).astype(np.uint8)
    confidence = random.integers(60, 256, label.shape).astype(np.uint8)
    ways: list[Callable[[np.ndarray, np.ndarray], np.ndarray]] = [ours, by_class, streaming, scatter]
    expected = ours(label, confidence)  # also compiles
    seconds: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            start = time.perf_counter()
            same = np.array_equal(way(label, confidence), expected)
            seconds[way.__name__].append(time.perf_counter() - start)
            if not same:
                raise SystemExit(f"{way.__name__} gives another map")
    print(f"{SCENES} scenes x {SIDE} x {SIDE} px (simulated), median of {ROUNDS}, all the same map")
    base = np.median(seconds["ours"])
    for name, taken in seconds.items():
        print(f"{name:>10}  {np.median(taken):7.3f} s  {np.median(taken) / base:6.1f} x ours")


if __name__ == "__main__":
    main()
