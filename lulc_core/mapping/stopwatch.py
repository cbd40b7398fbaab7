"""How long the stages of a run take."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Stopwatch:
    """Wall and core seconds of each stage, summed over its visits; a stage within another stops that one's.

    It is for one thread. What others do meanwhile takes core seconds of the stage that this one is in.
    """

    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    running: str | None = None
    since: tuple[float, float] = (0.0, 0.0)

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time of a block to a stage."""
        outer = self._switch(stage)
        try:
            yield
        finally:
            self._switch(outer)

    def _switch(self, stage: str | None) -> str | None:
        """Let another stage run, or none; return that which ran."""
        now, before = (time.perf_counter(), time.process_time()), self.running
        if before is not None:
            spent = self.stages.setdefault(before, {"wall": 0.0, "core": 0.0})
            spent["wall"] += now[0] - self.since[0]
            spent["core"] += now[1] - self.since[1]
        self.running, self.since = stage, now
        return before

    def rounded(self) -> dict[str, dict[str, float]]:
        """Return the seconds to the millisecond."""
        return {stage: {k: round(v, 3) for k, v in spent.items()} for stage, spent in self.stages.items()}
