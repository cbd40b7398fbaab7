"""The progress bar that every long command shows."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    import lulc_core as lulc


@dataclass(frozen=True, slots=True)
class ProgressBar:
    """A progress bar on the terminal; call it with the progress."""

    bar: Progress
    """As rich draws it."""

    def __call__(self, p: lulc.Progress) -> None:
        """Show how far the work is."""
        task = self.bar.task_ids[0] if self.bar.task_ids else self.bar.add_task("")
        self.bar.update(task, description=f"{p.stage} {p.detail}"[:40], completed=p.done, total=p.total)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question."""
        self.bar.stop()
        try:
            yield
        finally:
            self.bar.start()


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[ProgressBar]:
    """Show a progress bar on stderr; nothing if `quiet`, or if that is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%"),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr, quiet=quiet)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        yield ProgressBar(bar)
