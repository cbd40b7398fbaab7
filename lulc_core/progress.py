"""What long work tells its caller, and how the caller stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.errors import CancelledError

if TYPE_CHECKING:
    import threading


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a piece of long work is."""

    stage: str
    """What is being done, in plain words: ``"search"``, ``"predict"``."""
    done: int
    """Steps finished."""
    total: int
    """Steps in all; >= 1."""
    detail: str = ""
    """What this step works on, for example a scene's date."""


ProgressCallback = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Ignore the progress: the default of every long function."""


def check(cancel: threading.Event | None) -> None:
    """Raise `CancelledError` if the caller has set `cancel`."""
    if cancel is not None and cancel.is_set():
        raise CancelledError("Cancelled; nothing half-done was left.")
