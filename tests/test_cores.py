"""One budget of cores, and every library with threads of its own held to it."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import dask
import dask.base
import dask.system
import numpy as np
import pytest
import rasterio
import xarray as xr
import zarr

import lulc_core as lulc
from lulc_core import cli
from lulc_core.cores import JOBS, at_most, cores, sharing_cores
from lulc_core.mapping import classification, compositing, inference
from lulc_core.networks import openvino_graph, openvino_network

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog

MANY = 1000


@pytest.fixture(autouse=True)
def a_machine_of_four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask.system, "CPU_COUNT", 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv(JOBS, raising=False)


@pytest.mark.parametrize("name", [JOBS, "OMP_NUM_THREADS"])
@pytest.mark.parametrize("asked, got", [("1", 1), ("3", 3), ("100000", 4), ("", 4)])
def test_each_variable_bounds_the_cores(monkeypatch: pytest.MonkeyPatch, name: str, asked: str, got: int) -> None:
    monkeypatch.setenv(name, asked)
    assert cores() == got


def test_the_least_of_all_bounds_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with at_most(3):
        assert cores() == 2
    with at_most(1):
        assert cores() == 1


@pytest.mark.parametrize("threads", ["0", "many", "2,1"])
def test_what_openmp_would_not_read_as_one_number_bounds_nothing(monkeypatch: pytest.MonkeyPatch, threads: str) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert cores() == 4


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_jobs_that_are_no_number_of_cores_are_refused(monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    monkeypatch.setenv(JOBS, jobs)
    with pytest.raises(lulc.InvalidInputError, match=f"LULC_JOBS must be a whole number of cores.*got '{jobs}'"):
        cores()


def test_a_budget_ends_with_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    with at_most(2):
        with at_most(None), at_most(1):
            assert (cores(), os.environ[JOBS]) == (1, "1")
        assert cores() == 2
    assert JOBS not in os.environ
    with pytest.raises(lulc.InvalidInputError, match="got 0"), at_most(0):
        pass


@pytest.mark.parametrize("jobs", [1, 2])
def test_dask_gdal_and_zarr_get_no_more_threads(jobs: int) -> None:
    before = dask.config.get("num_workers", None)
    with at_most(jobs), sharing_cores():
        assert dask.config.get("num_workers") == jobs
        assert dask.base.get_scheduler() is dask.threaded.get  # whether or not a cluster is at hand
        assert rasterio.env.getenv()["GDAL_NUM_THREADS"] == jobs
        assert zarr.config.get("threading.max_workers") == jobs
    assert dask.config.get("num_workers", None) == before


def test_a_map_that_is_done_takes_no_settings_from_one_that_another_thread_makes() -> None:
    before, first = dask.config.get("num_workers", None), ExitStack()
    with at_most(2), ThreadPoolExecutor(1) as other:
        other.submit(first.enter_context, sharing_cores()).result()
        with sharing_cores():
            other.submit(first.close).result()
            assert (dask.config.get("num_workers"), zarr.config.get("threading.max_workers")) == (2, 2)
    assert dask.config.get("num_workers", None) == before


def test_of_two_maps_that_are_made_at_once_the_smaller_budget_counts() -> None:
    """Whichever began first, and as long as it is made."""
    before, first = dask.config.get("num_workers", None), ExitStack()

    def begin(jobs: int) -> None:
        first.enter_context(at_most(jobs))
        first.enter_context(sharing_cores())

    def budget() -> tuple[object, ...]:
        return cores(), os.environ.get(JOBS), dask.config.get("num_workers"), zarr.config.get("threading.max_workers")

    with ThreadPoolExecutor(1) as other:
        other.submit(begin, 3).result()
        with at_most(1), sharing_cores():
            assert budget() == (1, "1", 1, 1)
        assert budget() == (3, "3", 3, 3)
        with at_most(2), sharing_cores():
            other.submit(first.close).result()
            assert budget() == (2, "2", 2, 2)
    assert (os.environ.get(JOBS), dask.config.get("num_workers", None)) == (None, before)


@pytest.mark.parametrize("jobs, parts", [(1, [10]), (3, [3, 3, 4]), (MANY, [2, 2, 3, 3])])
def test_a_composite_is_made_by_as_many_threads_as_cores(
    jobs: int, parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, compose = list[int](), compositing.compose

    def watched(*given: Any) -> bool:
        seen.append(given[-1] - given[-2])
        return bool(compose(*given))

    monkeypatch.setattr(compositing, "compose", watched)
    monkeypatch.setattr(compositing, "LEAST_PX", 1)
    shape, random = (3, 2, 5), np.random.default_rng(0)
    rasters = {name: random.integers(1, 10, shape, np.uint8) for name in ("label", "confidence")}
    predictions = xr.Dataset({name: (("time", "y", "x"), values) for name, values in rasters.items()})
    with at_most(jobs):
        made = lulc.composite(predictions)
    assert sorted(seen) == parts
    assert made.identical(lulc.decide(lulc.votes(predictions)))


@pytest.mark.parametrize("jobs", [1, 2])
def test_networks_get_no_more_threads(tiny_model: Path, jobs: int) -> None:
    with at_most(jobs):
        reference = lulc.Model.open(tiny_model, runtime="onnxruntime").network.run
        assert reference.session.get_session_options().intra_op_num_threads == jobs
        wanted = openvino_graph.Wanted(bands=3, layouts=("NCHW", "NCHW"), given=None)
        made = openvino_graph.Compiled.make(str(tiny_model / "model.onnx"), (32, 32), wanted, "float32")
        compiled = made.requests.get().get_compiled_model()
        assert int(compiled.get_property("INFERENCE_NUM_THREADS")) == jobs
        assert int(compiled.get_property("NUM_STREAMS")) == jobs
        assert openvino_network.at_once() == jobs


def test_torch_gets_no_more_threads_and_keeps_fewer() -> None:
    torch = pytest.importorskip("torch", reason="torch counts its own threads")
    from lulc_core.networks.unet import share_cores

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        for jobs, got in ((MANY, 3), (2, 2), (3, 2), (1, 1)):
            with at_most(jobs):
                share_cores()
            assert torch.get_num_threads() == got
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_map_is_made_within_the_budget(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    seen: set[tuple[int, ...]] = set()

    def label_scenes(*given: Any, **more: Any) -> Any:
        seen.add((cores(), dask.config.get("num_workers")))
        return inference.label_scenes(*given, **more)

    monkeypatch.setattr(classification, "label_scenes", label_scenes)
    command = f"lulc map --catalog {made.root} --year 2020 --model {tiny_model} --out {tmp_path / 'out'}".split()
    if by == "option":
        command += ["--jobs", "1"]
    else:
        monkeypatch.setenv(JOBS, "1")
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert (stopped.value.code, seen) == (0, {(1, 1)})
    assert os.environ.get(JOBS) == (None if by == "option" else "1")
