"""A run on a real Dask cluster: processes of this machine, some of which are killed."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np
import pytest
from distributed import KilledWorker
from many_tiles import maps_of, prepare

import lulc_core as lulc
from lulc_core.runs import cluster
from lulc_core.runs.cluster import connected, run_on
from lulc_core.runs.running import make_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from distributed import Client
    from many_tiles import MadeRun


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with connected("local", workers=2) as client:
        yield client


def test_a_cluster_makes_the_same_maps_though_a_worker_is_killed(
    client: Client, finished: lulc.Run, made_run: MadeRun, tmp_path: Path
) -> None:
    run = made_run.into(tmp_path / "out")
    killed: list[int] = []

    def kill(step: lulc.Progress) -> None:
        if not killed:
            killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)

    done = run_on(client, run, progress=kill)
    assert sorted(one.name for one in done) == [unit.name for unit in run.units]
    assert {one.status for one in lulc.run_records(run.folder)} == {"done"}
    assert killed
    assert maps_of(run.folder) == maps_of(finished.folder)


def test_a_death_that_dask_tells_of_counts_once(made_run: MadeRun, tmp_path: Path) -> None:
    run = made_run.into(tmp_path / "out", (2020,))
    unit = run.units[0]
    lulc.Record(tile=unit.tile.name, year=2020, status="running", deaths=3).write(run.folder)
    future: Future[lulc.Record] = Future()
    future.set_exception(KilledWorker("key", None, 3))
    assert cluster._outcome(future, unit, run.folder).deaths == 4
    made = make_one(unit, run.template, run.folder)
    assert (made.status, made.deaths) == ("done", 4)


def test_a_cancel_drops_what_has_not_begun(client: Client, made_run: MadeRun, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    run = made_run.into(tmp_path / "out")
    with pytest.raises(lulc.CancelledError):
        run_on(client, run, cancel=cancel)


def test_a_lost_scheduler_is_told_and_the_run_goes_on_elsewhere(
    finished: lulc.Run, made_run: MadeRun, tmp_path: Path
) -> None:
    run = made_run.into(tmp_path / "out")
    with pytest.raises(lulc.UnreachableError, match="same command goes on"), connected("local") as client:
        run_on(client, run, progress=lambda step: client.cluster.close() if step.done else None)
    assert any(one.status == "done" for one in lulc.run_records(run.folder))
    lulc.run_here(run)
    assert maps_of(run.folder) == maps_of(finished.folder)


@pytest.mark.parametrize("address", ["10.0.0.5:8786", "http://somewhere", "slurm"])
def test_what_is_no_cluster_is_refused(address: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match="is no cluster; expected local"), connected(address):
        pass


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lulc_core.runs.cluster.PATIENCE_S", 0.5)
    with (
        pytest.raises(lulc.UnreachableError, match=r"No scheduler answers at tcp://127\.0\.0\.1:9"),
        connected("tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.slow
def test_twenty_kills_lose_no_map(tmp_path: Path) -> None:
    """Workers of a scheduler are killed at random; every map is made, bit for bit as alone, but one that cannot be."""
    made = prepare(tmp_path, tuple(range(1999, 2022)))
    run, alone = made.into(tmp_path / "killed", (*made.years, 2030)), made.into(tmp_path / "alone")
    random, over, killed = np.random.default_rng(0), threading.Event(), list[int]()
    with connected("local", workers=2) as client:

        def kill() -> None:
            while len(killed) < 20 and not over.wait(random.uniform(0.5, 4)):
                workers = [nanny.pid for nanny in client.cluster.workers.values() if nanny.pid]
                if workers:
                    killed.append(int(random.choice(workers)))
                    os.kill(killed[-1], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            run_on(client, run)
        finally:
            over.set()
            killer.join()
    lulc.run_here(alone)
    records = lulc.run_records(run.folder)
    assert len(killed) >= 15
    assert {one.name for one in records if one.status != "done"} == {"31UGS-2030", "32UKB-2030"}
    assert maps_of(run.folder) == maps_of(alone.folder)
