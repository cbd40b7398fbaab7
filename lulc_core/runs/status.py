"""How far a run is, from its records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lulc_core.runs.plan import planning_since, read_plan
from lulc_core.runs.records import DONE, FAILED, RUNNING, run_records

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_core.runs.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """How far a run is.

    Examples
    --------
    >>> RunStatus(planned=8, done=2, failed=0, running=1, core_hours=0.5, a_map_h=0.25, per_hour=None).left
    6
    """

    planned: int
    """Maps of the run."""
    done: int
    """Those that are made."""
    failed: int
    """Those that failed, be it that they are tried again."""
    running: int
    """Those that are being made, or whose process ended without a word."""
    core_hours: float
    """Time that processors computed for those that are done, without tries that failed or were killed."""
    a_map_h: float | None
    """Core hours of one of them, in the mean; None while none is done."""
    per_hour: float | None
    """Maps done in an hour in which any was being made, so that pauses do not count; None while none is done."""
    given_up: int = 0
    """Those that failed so often that no run tries them again."""
    planning: str = ""
    """Since when the run is being planned, ISO 8601, UTC; empty once it has a plan."""

    @property
    def left(self) -> int:
        """Maps that are still to be made."""
        return self.planned - self.done - self.given_up

    @property
    def core_hours_left(self) -> float | None:
        """Expected core hours of what is left."""
        return None if self.a_map_h is None else self.a_map_h * self.left

    @property
    def left_for(self) -> timedelta | None:
        """Expected time that is left at the rate so far."""
        return timedelta(hours=self.left / self.per_hour) if self.per_hour else None


def run_status(folder: Path | str, records: list[Record] | None = None) -> RunStatus:
    """Return how far the run in a folder or a bucket is; its records are read unless they are given."""
    records = run_records(folder) if records is None else records
    counts = Counter(record.status for record in records)
    done = [record for record in records if record.status == DONE]
    hours = sum(sum(record.core_seconds.values()) for record in done) / 3600
    planned = max(len(read_plan(folder).maps), len(records))
    return RunStatus(
        planned=planned,
        planning="" if planned else planning_since(folder),
        done=len(done),
        failed=counts[FAILED],
        running=counts[RUNNING],
        core_hours=hours,
        a_map_h=hours / len(done) if done else None,
        per_hour=_per_hour(records, len(done)),
        given_up=sum(record.status == FAILED and record.finished for record in records),
    )


def _per_hour(records: list[Record], done: int) -> float | None:
    """Return how many maps are done in an hour in which any was tried."""
    times = [(one.started, one.ended) for one in records if one.ended]
    tries = sorted((datetime.fromisoformat(began), datetime.fromisoformat(ended)) for began, ended in times)
    hours, until = 0.0, datetime.min.replace(tzinfo=UTC)
    for began, ended in tries:
        hours += max((ended - max(began, until)).total_seconds(), 0.0) / 3600
        until = max(until, ended)
    return done / hours if done and hours else None
