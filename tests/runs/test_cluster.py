"""A run on a real Dask cluster: processes of this machine, some of which are killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

import dask
import distributed
import numpy as np
import pytest
from distributed import Client, KilledWorker
from many_tiles import maps_of, prepare

import lulc_core as lulc
from lulc_core.cores import JOBS
from lulc_core.runs import cluster
from lulc_core.runs.cluster import connected, run_on
from lulc_core.runs.running import make_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from many_tiles import MadeRun


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "1ms"}), connected("local", workers=2) as client:
        yield client


def test_a_cluster_makes_the_same_maps_though_a_worker_is_killed(
    client: Client, finished: lulc.Run, made_run: MadeRun, tmp_path: Path
) -> None:
    run = made_run.into(tmp_path / "out")
    killed: list[int] = []

    def kill(step: lulc.Progress) -> None:
        if not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    done = run_on(client, run, progress=kill)
    assert sorted(one.name for one in done) == [unit.name for unit in run.units]
    assert {one.status for one in lulc.run_records(run.folder)} == {"done"}
    assert len(killed) == 1
    assert maps_of(run.folder) == maps_of(finished.folder)


def test_a_death_that_dask_tells_of_counts_once(made_run: MadeRun, tmp_path: Path) -> None:
    run = made_run.into(tmp_path / "out", (2020,))
    unit = run.units[0]
    lulc.Record(tile=unit.tile.name, year=2020, status="running", deaths=3).write(run.folder)
    future: Future[lulc.Record] = Future()
    future.client = SimpleNamespace(get_events=lambda topic: ())  # Dask tells of no worker that was too heavy
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


@pytest.mark.slow
def test_a_lost_scheduler_is_told_and_the_run_goes_on_elsewhere(
    finished: lulc.Run, made_run: MadeRun, tmp_path: Path
) -> None:
    run = made_run.into(tmp_path / "out")
    with pytest.raises(lulc.UnreachableError, match="same command goes on"), connected("local") as client:
        run_on(client, run, progress=lambda step: client.cluster.close() if step.done else None)
    assert any(one.status == "done" for one in lulc.run_records(run.folder))
    lulc.run_here(run)
    assert maps_of(run.folder) == maps_of(finished.folder)


@pytest.mark.parametrize("maps, told, each", [(1, None, None), (2, None, "4"), (16, None, "1"), (2, "6", "6")])
def test_maps_that_a_worker_makes_at_once_share_its_cores(
    monkeypatch: pytest.MonkeyPatch, maps: int, told: str | None, each: str | None
) -> None:
    monkeypatch.setattr(cluster, "cores", lambda: 8)
    monkeypatch.setenv(JOBS, told or "")
    for _ in range(2):  # of the next map, too
        cluster._share_cores(maps)
        assert os.environ[JOBS] == (each or "")


@pytest.mark.parametrize("address", ["10.0.0.5:8786", "http://somewhere", "slurm"])
def test_what_is_no_cluster_is_refused(address: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match="is no cluster; expected local"), connected(address):
        pass


def test_workers_that_do_not_start_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(**_: object) -> None:
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr("distributed.LocalCluster", start)
    with (
        pytest.raises(lulc.UnreachableError, match=r"did not start: Nanny failed to start\. .* fewer workers"),
        connected("local"),
    ):
        pytest.fail("It has started.")


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
            while len(killed) < 20 and not over.wait(random.uniform(0.2, 2)):
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
    assert len(killed) == 20
    assert {one.name for one in records if one.status != "done"} == {"31UGS-2030", "32UKB-2030"}
    assert maps_of(run.folder) == maps_of(alone.folder)


class Hog(distributed.WorkerPlugin):
    """Lets a worker hold ever more memory over one map: at each try, or at the first only."""

    def __init__(self, tile: str, marks: Path, *, times: int) -> None:
        self.tile, self.marks, self.times = tile, marks, times

    def setup(self, worker: distributed.Worker) -> None:
        from lulc_core.runs import running

        def make_map(request: lulc.MapRequest, out: Path, **how: object) -> lulc.MapReport:
            if request.region.name == self.tile and len(list(self.marks.iterdir())) < self.times:
                (self.marks / str(os.getpid())).touch()
                held = []
                while True:
                    held.append(np.ones(2**21))
                    time.sleep(0.01)
            return lulc.make_map(request, out, **how)

        running.make_map = make_map


@pytest.mark.slow
def test_a_worker_out_of_memory_is_told_and_its_map_tried_again(
    finished: lulc.Run, made_run: MadeRun, tmp_path: Path
) -> None:
    """The nanny of the worker ends it; a map that always needs too much is named, one that did so once is made."""
    for times, outcome in ((1, ("done", 1)), (99, ("failed", 3))):
        run = made_run.into(tmp_path / str(times), (2020,))
        marks = tmp_path / f"marks-{times}"
        marks.mkdir()
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, memory_limit="900MB", dashboard_address="127.0.0.1:0"
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            client.register_plugin(Hog("31UGS", marks, times=times))
            run_on(client, run)
        records = {one.tile: one for one in lulc.run_records(run.folder)}
        assert (records["31UGS"].status, records["31UGS"].tries) == outcome
        assert (records["32UKB"].status, records["32UKB"].tries) == ("done", 0)
        assert len(list(marks.iterdir())) == outcome[1]
        made = maps_of(run.folder)
        assert made == {name: maps_of(finished.folder)[name] for name in made}
    assert "was ended, for it held" in records["31UGS"].error
    assert records["31UGS"].peak_bytes > 500e6


@contextmanager
def process(name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of Dask's own commands."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.terminate()


@pytest.mark.slow
def test_a_scheduler_that_is_killed_and_back_is_given_the_rest(tmp_path: Path) -> None:
    made = prepare(tmp_path, (2018, 2019, 2020, 2021))
    run, alone = made.into(tmp_path / "out"), made.into(tmp_path / "alone")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    first = ("scheduler", "--host", "127.0.0.1", "--port", port, "--dashboard-address", "127.0.0.1:0")
    second = ("worker", address, "--nworkers", "1", "--nthreads", "1", "--dashboard-address", "127.0.0.1:0")
    with process(*first) as scheduler, process(*second) as worker, connected(address) as client:
        client.wait_for_workers(1)
        left: list[int] = []

        def restart() -> None:
            scheduler.kill()
            scheduler.wait()
            worker.wait(60)  # it ends without its scheduler
            with process(*first), process(*second):
                over.wait()

        over, again = threading.Event(), threading.Thread(target=restart)

        def kill(step: lulc.Progress) -> None:
            if step.done and not left:
                left.append(step.total - step.done)
                again.start()

        try:
            done = run_on(client, run, progress=kill)
        finally:
            over.set()
            again.join()
    assert left[0] >= 4
    assert sorted(one.name for one in done) == [unit.name for unit in run.units]
    lulc.run_here(alone)
    assert maps_of(run.folder) == maps_of(alone.folder)
