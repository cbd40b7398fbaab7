"""How far a run is, from its records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lulc_core.runs.plan import read_plan
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
    """Spent on those that are done."""
    a_map_h: float | None
    """Core hours of one of them, in the mean; None while none is done."""
    per_hour: float | None
    """Maps done in an hour, from the first that ended to the last; None while fewer than two are."""

    @property
    def left(self) -> int:
        """Maps that are not made yet."""
        return self.planned - self.done

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
    return RunStatus(
        planned=max(len(read_plan(folder).maps), len(records)),
        done=len(done),
        failed=counts[FAILED],
        running=counts[RUNNING],
        core_hours=hours,
        a_map_h=hours / len(done) if done else None,
        per_hour=_per_hour(done),
    )


def _per_hour(done: list[Record]) -> float | None:
    """Return how many maps end in an hour; the first only starts the clock."""
    ends = sorted(datetime.fromisoformat(record.ended) for record in done)
    span = (ends[-1] - ends[0]).total_seconds() if len(ends) > 1 else 0.0
    return (len(ends) - 1) / span * 3600 if span else None
