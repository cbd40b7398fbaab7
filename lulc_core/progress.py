"""Progress of long work, and how the caller cancels it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.errors import CancelledError

if TYPE_CHECKING:
    import threading


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


ProgressCallback = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Ignore progress: the default of every long function."""


def check(cancel: threading.Event | None) -> None:
    """Raise `CancelledError` if the caller has set `cancel`."""
    if cancel is not None and cancel.is_set():
        raise CancelledError("Cancelled.")
