"""A run on a Dask cluster that exists, or one on this machine: a map is a task, and inside a task there is no Dask."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import dask

from lulc_core.cores import JOBS, cores
from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.progress import Progress, check, silent
from lulc_core.runs.extra import import_extra
from lulc_core.runs.gateways import SCHEMES, scheduler_of
from lulc_core.runs.plan import keep_plan
from lulc_core.runs.records import DEATHS, DONE, FAILED, RUNNING, WAITING, Record, new_record, record_of
from lulc_core.runs.running import DIED, end, is_tried_again, make_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from distributed import Client, Future

    from lulc_core.mapping.request import MapRequest
    from lulc_core.progress import ProgressCallback
    from lulc_core.runs.running import Run
    from lulc_core.runs.tile_years import TileYear

LOCAL = "local"
"""The cluster of as many processes on this machine as it has workers."""
PATIENCE_S = 30.0
"""How long a scheduler may take to answer."""
POLL_S = 0.1
"""How often the ends of tasks are looked for."""
_MOST_START = "1h"
"""How long a worker that was killed may take to be back before Dask gives it up, and never starts another: 15 s are too
few on a busy machine."""
HEAVY = "worker-restart-memory"
"""Topic under which Dask tells of workers that it ended because they held too much memory."""
OUT_OF_MEMORY = (
    "Its worker {} was ended, for it held {:.1f} GB of memory. Give workers more memory, or run fewer of them."
)
_RESTARTS = ("scheduler-connection-lost", "scheduler-restart")
_SHARING = threading.Lock()
_LOST = "The scheduler was lost; what is done stays, and the same command goes on"


@contextlib.contextmanager
def connected(cluster: str, *, workers: int = 1) -> Iterator[Client]:
    """Yield a client of a Dask cluster; one of this machine ends with the block.

    Parameters
    ----------
    cluster
        ``"local"``; the address of a scheduler, such as ``tcp://10.0.0.5:8786``, as Dask's own command, dask-jobqueue
        and Kubernetes give it; or that of a Dask Gateway, such as ``gateway://10.0.0.5:8000`` or
        ``gateway+https://hub.example.org/services/dask-gateway``, whose one running cluster is used.
    workers
        Processes of the local cluster, each with an equal share of the cores.

    Raises
    ------
    InvalidInputError, UnreachableError
        If a library is missing, the address is none, or nothing answers there.
    """
    distributed = import_extra("distributed", needed_by="A cluster")
    security = None
    if urlsplit(cluster).scheme in SCHEMES:
        cluster, security = scheduler_of(cluster)
    with contextlib.ExitStack() as held:
        try:
            if cluster == LOCAL:
                held.enter_context(dask.config.set({"distributed.deploy.lost-worker-timeout": _MOST_START}))
                local = distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address="127.0.0.1:0",
                    env={JOBS: str(max(cores() // workers, 1))},
                )
                cluster = held.enter_context(local)
            elif urlsplit(cluster).scheme not in ("tcp", "tls", "ws", "wss", "ucx", "gateway"):
                raise InvalidInputError(
                    f"{cluster!r} is no cluster; expected local, tcp://HOST:PORT or gateway://HOST:PORT."
                )
            client = distributed.Client(cluster, timeout=PATIENCE_S, security=security, set_as_default=False)
            held.enter_context(client)
        except (OSError, TimeoutError) as error:
            raise UnreachableError(f"No scheduler answers at {cluster}: {error}. Check the address.") from error
        except RuntimeError as error:  # as Dask says it of a worker that ends while it starts
            raise UnreachableError(
                f"The workers of this machine did not start: {error} Were they killed, or short of memory? Give the "
                "same command again, with fewer workers if need be."
            ) from error
        yield client


def run_on(
    client: Client, run: Run, *, progress: ProgressCallback = silent, cancel: threading.Event | None = None
) -> list[Record]:
    """Make the maps of a run as tasks of a cluster, and return their records in the order of their ends.

    A worker that dies loses the map that it was making; another takes over the scenes that were done. A map whose
    workers die `DEATHS` times, or run out of memory `TRIES` times, is given up by name. A scheduler that is back at its
    address within `PATIENCE_S` is given what is left to do.

    Raises
    ------
    CancelledError
        If `cancel` is set: tasks that have not begun are dropped.
    UnreachableError
        If the scheduler is lost and does not come back. What is done stays; run again to go on.
    """
    distributed = import_extra("distributed", needed_by="A cluster")
    keep_plan(run.units, run.template, run.folder)
    pending = {_submit(client, unit, run): unit for unit in run.waiting}
    total, done = len(pending), list[Record]()
    ended = distributed.as_completed(list(pending), loop=client.loop)
    try:
        while pending:
            progress(Progress(stage="map", done=total - len(pending), total=total))
            for future in _next(ended, client, cancel):
                unit = pending.pop(future)
                record = _outcome(future, unit, run.folder, cancel)
                if not is_tried_again(record):
                    done.append(record)
                else:
                    again = _submit(client, unit, run)
                    pending[again] = unit
                    ended.add(again)
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be gone
            client.cancel(list(pending))  # type: ignore[no-untyped-call]
    return done


def _submit(client: Client, unit: TileYear, run: Run) -> Future[Record]:
    return client.submit(
        _make_there, unit, run.template, run.folder, pure=False, key=f"{unit.name}-{uuid.uuid4().hex[:8]}"
    )


def _next(ended: Any, client: Client, cancel: threading.Event | None) -> list[Future[Record]]:
    """Return tasks that have ended, at least one; look for a lost scheduler and for a cancel meanwhile."""
    while True:
        check(cancel)
        if client.status not in ("running", "connecting"):
            raise UnreachableError(f"{_LOST} ({client.status}).")
        if batch := list(ended.next_batch(block=False)):
            return batch
        time.sleep(POLL_S)


def _outcome(
    future: Future[Record], unit: TileYear, folder: Path | str, cancel: threading.Event | None = None
) -> Record:
    """Return the record of a task that has ended, of which a worker that died leaves a death."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        return future.result()
    except KilledWorker:
        record = _told_of_memory(future.client, record_of(unit, folder) or new_record(unit), folder)
        if record.status in (DONE, FAILED):
            return record
        record = dataclasses.replace(record, status=WAITING, deaths=record.deaths + 1, passing=True)
        if record.deaths >= DEATHS:
            return end(record, folder, status=FAILED, error=DIED.format(record.deaths))
        record.write(folder)
        return record
    except FutureCancelledError as error:
        if error.reason not in _RESTARTS:
            raise UnreachableError(f"{_LOST}: {error}.") from error
        _wait_for(future.client, cancel)
        record = record_of(unit, folder) or new_record(unit)
        return dataclasses.replace(record, passing=True)  # a scheduler that comes back is no error of the map
    except OSError as error:
        raise UnreachableError(f"{_LOST}: {error}.") from error


def _wait_for(client: Client, cancel: threading.Event | None) -> None:
    """Wait until a client has its scheduler again, which it looks for by itself."""
    while client.status == "connecting":
        check(cancel)
        time.sleep(POLL_S)
    if client.status != "running":
        raise UnreachableError(f"{_LOST} ({client.status}).")


def _make_there(unit: TileYear, template: MapRequest, folder: Path | str) -> Record:
    """Make one map on a worker."""
    from distributed import get_client, get_worker

    worker = get_worker()
    _share_cores(worker.state.nthreads)
    before = record_of(unit, folder)
    if before is not None and before.status == RUNNING:
        _told_of_memory(get_client(), before, folder)
    return make_one(unit, template, folder, worker=worker.address)


def _share_cores(maps: int) -> None:
    """Let each of the maps that a worker makes at once use its share of the cores, unless it was told how many."""
    with _SHARING:
        if maps > 1 and not os.environ.get(JOBS):
            os.environ[JOBS] = str(max(cores() // maps, 1))


def _told_of_memory(client: Client, record: Record, folder: Path | str) -> Record:
    """Return the record of a try whose worker died; it failed if that was for its memory."""
    began = datetime.fromisoformat(record.started).timestamp() if record.started else 0.0
    for when, told in client.get_events(HEAVY):
        if record.status == RUNNING and told["worker"] == record.worker and when >= began:
            error = OUT_OF_MEMORY.format(record.worker, told["rss"] / 1e9)
            return end(record, folder, status=FAILED, tries=record.tries + 1, error=error, peak_bytes=told["rss"])
    return record
