"""Long work: one thread a job, watched by any number of people.

Requests for a job that is already running join it. A job is cancelled when the last person who waits for it leaves.
People wait in the event loop, which stays free. A job that nobody waits for yet is quiet: it runs at low priority, and
gives way as soon as anything else is requested.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from lulc_explorer.background.tally import the_tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_EVERY_S = 0.1
"""Shortest time between two steps shown."""
_NICENESS = 5
"""Niceness of quiet work."""

Made = TypeVar("Made")


class Progress(Protocol):
    """Progress as a job reports it."""

    @property
    def stage(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def detail(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Progress of a job, and an estimate of the time left."""

    stage: str
    """Stage of the work."""
    done: int
    """Finished parts of this stage."""
    total: int
    """All parts of this stage."""
    detail: str
    """What is being worked on."""
    seconds_left: float | None
    """Estimate for this stage from its pace so far; None while there is no pace yet."""
    whole: str = ""
    """What the whole work takes, in words, once that has been estimated."""


ESTIMATE = "estimate"
"""Stage whose detail says what the whole work takes."""
STARTING = Step(stage="start", done=0, total=1, detail="", seconds_left=None)
"""Before the first report."""


class Pace:
    """Turns progress into steps with an estimate, stage by stage.

    Parameters
    ----------
    clock
        Returns seconds; may start anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._began = 0.0
        self._already = 0
        self._whole = ""

    def step(self, progress: Progress) -> Step:
        now = self._clock()
        if progress.stage != self._stage:
            self.end()
            self._stage, self._began, self._already = progress.stage, now, progress.done
        if progress.stage == ESTIMATE:
            self._whole = progress.detail
        finished = progress.done - self._already
        left = (now - self._began) / finished * (progress.total - progress.done) if finished > 0 else None
        return Step(
            stage=progress.stage,
            done=progress.done,
            total=progress.total,
            detail="" if progress.stage == ESTIMATE else progress.detail,
            seconds_left=left,
            whole=self._whole,
        )

    def end(self, *, failed: bool = False) -> None:
        """Count the time of the stage that has ended, and whether it failed."""
        tally, stage = the_tally(), self._stage or STARTING.stage
        if self._stage:
            tally.add(tally.seconds, stage, self._clock() - self._began)
        if failed:
            tally.add(tally.failures, stage)


Work = Callable[[Callable[[Progress], None], threading.Event], Made]
"""Called with a progress callback and the event that cancels it; returns what it made."""


class Job(Generic[Made]):
    """Work in a thread of its own, and the people who wait for it.

    Parameters
    ----------
    work
        What to do.
    quiet
        Whether it runs at low priority.
    """

    def __init__(self, work: Work[Made], *, quiet: bool = False) -> None:
        self._work = work
        self._quiet = quiet
        self._cancel = threading.Event()
        self._lock = threading.Lock()
        self._tickets: set[Ticket[Made]] = set()
        self._pace = Pace()
        self._shown = 0.0
        self._step: Step | None = None
        self.made: Made | None = None
        self.error: BaseException | None = None
        self.ended = False
        self.left_at: Step | None = None
        """How far it was when the last person who waited for it left; None if nobody did."""

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="job", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it has neither ended nor been cancelled."""
        return not self.ended and not self._cancel.is_set()

    def join(self, *, quiet: bool = False) -> Ticket[Made] | None:
        """Return a ticket to wait with; None if the work has ended or was cancelled."""
        with self._lock:
            if not self.running:
                return None
            ticket = Ticket(self, quiet=quiet)
            self._tickets.add(ticket)
            if self._step is not None:
                ticket.show(self._step)
            return ticket

    def leave(self, ticket: Ticket[Made]) -> None:
        with self._lock:
            self._tickets.discard(ticket)
            if not self._tickets:
                self._cancel.set()
                if not self.ended and not ticket.quiet:
                    self.left_at = self._step or STARTING

    def give_way(self) -> None:
        """Stop, unless a person waits for it."""
        with self._lock:
            quiet = [ticket for ticket in self._tickets if ticket.quiet]
        for ticket in quiet:
            ticket.leave()

    def stop(self) -> None:
        """Cancel, even if people wait for it."""
        self._cancel.set()

    def _run(self) -> None:
        if self._quiet and sys.platform == "linux":  # elsewhere this would slow the whole process
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        try:
            self.made = self._work(self._report, self._cancel)
        except BaseException as error:
            self.error = error
        with self._lock:
            self._pace.end(failed=self.error is not None and not self._cancel.is_set())
            self.ended = True
            for ticket in self._tickets:
                ticket.show(None)

    def _report(self, progress: Progress) -> None:
        with self._lock:
            new_stage = self._step is None or self._step.stage != progress.stage
            self._step = self._pace.step(progress)
            now = time.monotonic()
            if not new_stage and now - self._shown < _EVERY_S:
                return
            self._shown = now
            for ticket in self._tickets:
                ticket.show(self._step)


class Ticket(Generic[Made]):
    """One person's wait for a job: iterate over its steps, then ask for what was made.

    Made in the event loop that will iterate over it; `leave` may be called from any thread, more than once.
    """

    def __init__(self, job: Job[Made], *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._job = job
        self._loop = asyncio.get_running_loop()
        self._steps: asyncio.Queue[Step | None] = asyncio.Queue()
        self.left = False

    def show(self, step: Step | None) -> None:
        """Pass a step on; None ends the wait."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._steps.put_nowait, step)

    async def steps(self) -> AsyncIterator[Step]:
        """Yield every step until the work has ended or this person has left."""
        while (step := await self._steps.get()) is not None and not self.left:
            yield step

    def leave(self) -> None:
        """Stop waiting; the work stops too if nobody else waits for it."""
        self.left = True
        self._job.leave(self)
        self.show(None)

    @property
    def waiting(self) -> bool:
        """Whether this person waits, and the work goes on."""
        return not self.left and self._job.running

    def result(self) -> Made | None:
        """Return what was made, or raise what went wrong; None for one who has left."""
        if self.left:
            return None
        if self._job.error is not None:
            raise self._job.error
        return self._job.made


class Jobs(Generic[Made]):
    """The running jobs of a process, by key."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job[Made]] = {}
        self._left: dict[str, Step] = {}
        self._lock = threading.Lock()

    def join(self, key: str, work: Work[Made], *, quiet: bool = False) -> Ticket[Made]:
        """Return a ticket for the running job of this key, or for a new one.

        Parameters
        ----------
        key
            What the work makes.
        work
            What to run, unless it is running.
        quiet
            Whether nobody waits for it yet. If False, quiet jobs with other keys give way.
        """
        with self._lock:
            self._tidy()
            if not quiet:
                for other in self._jobs.keys() - {key}:
                    self._jobs[other].give_way()
            running = self._jobs.get(key)
            ticket = running.join(quiet=quiet) if running else None
            return ticket or self._start(key, work, quiet=quiet)

    def _tidy(self) -> None:
        """Forget the jobs that have ended, but not how far those were that everybody had left."""
        for key, job in self._jobs.items():
            if job.made is not None:
                self._left.pop(key, None)
            elif job.left_at is not None:
                self._left[key] = job.left_at
        self._jobs = {key: job for key, job in self._jobs.items() if not job.ended}

    def _start(self, key: str, work: Work[Made], *, quiet: bool) -> Ticket[Made]:
        self._left.pop(key, None)
        self._jobs[key] = job = Job(work, quiet=quiet)
        ticket = job.join(quiet=quiet)
        assert ticket is not None  # it has neither ended nor been stopped
        job.start()
        return ticket

    def stop(self) -> None:
        """Cancel all jobs, when the server stops."""
        with self._lock:
            for job in self._jobs.values():
                job.stop()

    def running(self) -> list[str]:
        """Return the keys of the running jobs."""
        with self._lock:
            return [key for key, job in self._jobs.items() if job.running]

    def left_at(self, key: str) -> Step | None:
        """Return how far the last job of a key was when the last person left it; None if it was not left."""
        with self._lock:
            self._tidy()
            return self._left.get(key)


@cache
def the_jobs() -> Jobs[Any]:
    """Return the jobs of this process."""
    return Jobs()
