"""Making the maps of a run: one after the other in this process, or as tasks of a Dask cluster."""

from __future__ import annotations

import dataclasses
import logging
import sys
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_core.errors import CancelledError, LulcError, UnreachableError
from lulc_core.mapping.pipeline import make_map
from lulc_core.progress import Progress, check, silent
from lulc_core.runs.plan import keep_plan
from lulc_core.runs.processes import this_process
from lulc_core.runs.records import DEATHS, DONE, FAILED, RUNNING, Record, left_to_do, new_record, record_of
from lulc_core.runs.storage import storage
from lulc_core.runs.tile_years import request_of

if TYPE_CHECKING:
    import threading

    from lulc_core.mapping.request import MapRequest
    from lulc_core.progress import ProgressCallback
    from lulc_core.runs.tile_years import TileYear

DIED = "Its process ended {} times without a word: it was killed, or had too little memory."
FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    NotImplementedError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What Python raises for a wrong program, which is as wrong at the next try."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Many maps that are made alike, into one folder or bucket.

    Making it again goes on: what is done stays, and what failed is tried again, up to `TRIES` times in all. An error
    that may pass, as an address that does not answer, is tried again at once.
    """

    units: tuple[TileYear, ...]
    """Which maps."""
    template: MapRequest
    """How they are made; its region and year are those of each map."""
    folder: Path | str
    """Where, such as ``s3://maps/belgium``: a folder a map, and its record beside it."""

    @property
    def waiting(self) -> list[TileYear]:
        """What is neither done nor given up."""
        return left_to_do(self.units, self.folder)


def run_here(run: Run, *, progress: ProgressCallback = silent, cancel: threading.Event | None = None) -> list[Record]:
    """Make the maps of a run one after the other, and return their records.

    Raises
    ------
    CancelledError
        If `cancel` is set; what is done stays.
    """
    keep_plan(run.units, run.template, run.folder)
    waiting = run.waiting
    done = []
    while waiting:
        again = []
        for index, unit in enumerate(waiting):
            check(cancel)
            progress(Progress(stage="map", done=index, total=len(waiting), detail=unit.name))
            done.append(make_one(unit, run.template, run.folder, cancel=cancel))
            if is_tried_again(done[-1]):
                again.append(unit)
        waiting = again
    return done


def is_tried_again(record: Record) -> bool:
    """Return whether this run tries a map again; a run to come may, where this one does not."""
    return not record.finished and record.passing


def make_one(
    unit: TileYear,
    template: MapRequest,
    folder: Path | str,
    *,
    worker: str = "",
    cancel: threading.Event | None = None,
) -> Record:
    """Make one map, and leave a record of how that went beside it.

    An error of this one map becomes its record, and others go on. `worker` is its address in a cluster.

    Raises
    ------
    CancelledError
        If `cancel` is set.
    """
    before = record_of(unit, folder) or new_record(unit)
    if before.finished:
        return before
    record = dataclasses.replace(
        before,
        status=RUNNING,
        deaths=before.deaths + (before.status == RUNNING),  # nobody said how that try ended
        worker=worker or this_process(),
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        ended="",
        error="",
        passing=True,
    )
    record.write(folder)
    if record.deaths >= DEATHS:
        return end(record, folder, status=FAILED, error=DIED.format(record.deaths))
    try:
        with storage(folder).folder_to_fill(unit.name) as out:
            report = make_map(request_of(unit, template), out, cancel=cancel)
    except (CancelledError, KeyboardInterrupt, SystemExit):
        _leave(before, folder)  # as if it had not been begun
        raise
    except Exception as error:  # whatever is wrong with one map, others are made
        known = isinstance(error, (LulcError, OSError))
        _log.log(logging.WARNING if known else logging.ERROR, "%s failed", unit.name, exc_info=not known)
        said = str(error) if known else _in_words(error)
        passing = isinstance(error, UnreachableError) or not isinstance(error, (LulcError, *FAULTS))
        return end(record, folder, status=FAILED, tries=record.tries + 1, error=said, passing=passing)
    taken = sum(scene["taken"] for scene in report.scenes) - len(report.failed)
    cores = {stage: seconds["core"] for stage, seconds in report.seconds.items()}
    read = None if report.traffic is None else int(report.traffic["read_bytes"])
    return end(record, folder, status=DONE, scenes=taken, core_seconds=cores, read_bytes=read)


def _in_words(error: Exception) -> str:
    """Return an error that nobody foresaw, with the line that raised it; a fault of the program is called one."""
    said = f"{type(error).__name__}: {error}"
    if not isinstance(error, FAULTS):
        return said
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{said} ({Path(frame.filename).name}, line {frame.lineno}). This is a fault of the program; report it."


def end(record: Record, folder: Path | str, **fields: Any) -> Record:
    """Write what came of a try, and return the record that stands there now."""
    now = datetime.now(UTC)
    seconds = (now - datetime.fromisoformat(record.started)).total_seconds()
    ended = now.isoformat(timespec="milliseconds")
    fields = {"ended": ended, "seconds": round(seconds, 3), "peak_bytes": _peak_bytes(), **fields}
    return _leave(dataclasses.replace(record, **fields), folder)


def _leave(record: Record, folder: Path | str) -> Record:
    """Write the record of a try, and return what stands there now.

    A scheduler that was lost may have left a worker that makes the same map: what that one has done stays done.
    """
    there = Record.read(folder, record.name)
    if there is not None and there.status == DONE != record.status:
        return there
    record.write(folder)
    return record


def _peak_bytes() -> int:
    """Return the most memory that this process has held; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
