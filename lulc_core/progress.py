"""Progress of long work, how it draws itself, and how the caller cancels it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lulc_core.display import meter
from lulc_core.errors import CancelledError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from rich.progress import Progress as Bar

MOST_A_SECOND = 10
"""How often a notebook draws a bar anew: each time is a message to the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far long work has come."""

    stage: str
    """What is being done: ``"search"``, ``"predict"``."""
    done: int
    """Steps finished."""
    total: int
    """Total number of steps, >= 1."""
    detail: str = ""
    """What this step works on, such as a scene's date."""

    @property
    def words(self) -> str:
        """Stage and detail, as a bar shows them."""
        return f"{self.stage} {self.detail}".strip()


ProgressCallback = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Ignore progress: the default of every long function."""


def check(cancel: threading.Event | None) -> None:
    """Raise `CancelledError` if the caller has set `cancel`."""
    if cancel is not None and cancel.is_set():
        raise CancelledError("Cancelled.")


@dataclass(frozen=True, slots=True)
class ProgressBar:
    """A progress bar on the terminal; call it with the progress."""

    bar: Bar
    """As rich draws it."""

    def __call__(self, p: Progress) -> None:
        """Show how far the work is."""
        task = self.bar.task_ids[0] if self.bar.task_ids else self.bar.add_task("")
        self.bar.update(task, description=p.words[:40], completed=p.done, total=p.total)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question."""
        self.bar.stop()
        try:
            yield
        finally:
            self.bar.start()


@dataclass(slots=True)
class NotebookBar:
    """A progress bar in the output of a notebook's cell; call it with the progress."""

    display: Callable[..., Any]
    """IPython's."""
    _handle: Any = field(default=None, init=False)
    _last: Progress | None = field(default=None, init=False)
    _drawn_s: float = field(default=0.0, init=False)

    def __call__(self, p: Progress) -> None:
        """Show how far the work is, unless that was shown a moment ago."""
        self._last = p
        if time.monotonic() - self._drawn_s >= 1 / MOST_A_SECOND:
            self.draw()

    def draw(self) -> None:
        """Show what came last."""
        if (p := self._last) is None:
            return
        shown = {"text/html": meter(p.words, p.done, p.total), "text/plain": f"{p.words}: {p.done} of {p.total}"}
        if self._handle is None:
            self._handle = self.display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)
        self._drawn_s = time.monotonic()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the cell to a question, which comes below."""
        yield


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[ProgressBar | NotebookBar]:
    """Show a progress bar in the notebook, or on the terminal; nothing if `quiet`, or if stderr is no terminal.

    Parameters
    ----------
    quiet
        Whether to show nothing.

    Yields
    ------
    ProgressBar or NotebookBar
        What every long function takes as `progress`.

    Examples
    --------
    >>> with progress_bar(quiet=True) as progress:
    ...     progress(Progress(stage="predict", done=1, total=2))
    """
    if not quiet and (display := notebook_display()):
        bar = NotebookBar(display)
        try:
            yield bar
        finally:
            bar.draw()
        return
    from rich.console import Console  # only where a bar is asked for
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%"), TimeRemainingColumn()
    console = Console(file=sys.stderr, quiet=quiet)
    with Bar(*columns, console=console, disable=quiet or not console.is_terminal) as lines:
        yield ProgressBar(lines)


def notebook_display() -> Callable[..., Any] | None:
    """Return IPython's ``display`` where this process is the kernel of a notebook; None elsewhere.

    Rich draws in a notebook with ipywidgets only, which the kernel and the page would both have to have.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    display: Callable[..., Any] = sys.modules["IPython.display"].display
    return display
