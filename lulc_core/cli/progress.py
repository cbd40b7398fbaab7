"""The progress bar that every long command shows."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    import lulc_core as lulc
    from lulc_core.progress import ProgressCallback


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[ProgressCallback]:
    """Show a progress bar on stderr; nothing if `quiet`."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr, quiet=quiet), disable=quiet) as bar:

        def show(p: lulc.Progress) -> None:
            task = bar.task_ids[0] if bar.task_ids else bar.add_task("")
            bar.update(task, description=f"{p.stage} {p.detail}"[:40], completed=p.done, total=p.total)

        yield show
