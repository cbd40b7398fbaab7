"""The planet on paper: what the simulation of `benchmarks/planet.py` cannot get wrong."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "planet.py"
spec = importlib.util.spec_from_file_location("planet", BENCHMARK)
assert spec is not None
assert spec.loader is not None
planet = importlib.util.module_from_spec(spec)
sys.modules["planet"] = planet  # where dataclasses look for it
spec.loader.exec_module(planet)
IDEAL = planet.Planet(cores=400, source=np.inf, line=np.inf, loss_per_hour=0.0, slow=0.0, broken=0.0)
TILES = 2_000


def test_tiles_take_as_many_scenes_as_the_published_map_did() -> None:
    scenes = planet.scenes_a_tile(200_000, np.random.default_rng(1))
    assert (scenes.min(), scenes.max()) == (10, 48)
    assert scenes.mean() == pytest.approx(22.5, abs=0.2)


def test_without_faults_it_takes_what_list_scheduling_may() -> None:
    """Graham's bounds: no less than all work shared equally, no more than that and the longest task."""
    got, slots = planet.run(IDEAL, TILES), IDEAL.cores // IDEAL.cores_a_task
    random = np.random.default_rng(IDEAL.seed)
    scenes = planet.scenes_a_tile(TILES, random)
    tasks = scenes * IDEAL.scene_core_s / IDEAL.cores_a_task * random.lognormal(0, 0.15, TILES)
    assert tasks.sum() / slots <= got.days * 86_400 <= tasks.sum() / slots + tasks.max()
    assert got.core_hours == pytest.approx(tasks.sum() * IDEAL.cores_a_task / 3600)
    assert got.busy == 1.0


def test_a_slow_source_bounds_it() -> None:
    slow = replace(IDEAL, cores=6400, source=planet.GBIT)
    got = planet.run(slow, TILES)
    assert got.days * 86_400 >= 0.8 * got.read_tb * 1e12 / slow.source
    assert got.busy < 0.1
