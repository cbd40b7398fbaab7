"""Ending when told to: in order if that is possible, in any case soon."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

GRACE_S = 20.0
"""Longest time that a run clears up after SIGTERM."""
AGAIN_S = 0.5
"""After which a run is interrupted again that could not be where it was."""
INTERRUPTED = threading.Event()
"""Set by SIGTERM and Ctrl-C; long work takes it as `cancel`."""


@cache
def end_on_sigterm() -> None:
    """Let SIGTERM interrupt the run as Ctrl-C does, and end the process if that has not ended it after `GRACE_S`.

    Python runs its handlers between two instructions, so a call into a library that never returns would keep it alive.
    The signal is therefore also written to a socket, which a thread of its own reads.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    heard, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(heard, told), daemon=True).start()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt`; a callback from C ignores that, so the event is set, too.

    One from LLVM would, besides, go on without the compiled code that it asks for, and end the process: not there.
    """
    INTERRUPTED.set()
    if _called_by_llvm(frame):
        threading.Timer(AGAIN_S, _interrupt_main, [number]).start()
    else:
        signal.default_int_handler(number, frame)


def _interrupt_main(number: int) -> None:
    """Send a signal to the main thread, which ends its waits; where threads get none of their own, to the process."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)


def _called_by_llvm(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") == "llvmlite.binding.executionengine":
            return True
        frame = frame.f_back
    return False


@contextmanager
def saying_how_to_go_on() -> Iterator[None]:
    """Let a run that is interrupted say what it leaves."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if not hasattr(interrupt, "__notes__"):
            interrupt.add_note("Interrupted: no scene was done yet.")
        print_notes(interrupt)
        raise


def print_notes(error: BaseException) -> None:
    """Print what an error says beside its message, such as how to go on."""
    for note in getattr(error, "__notes__", ()):
        print(f"lulc: {note}", file=sys.stderr)


def _wait(heard: socket.socket, _told: socket.socket) -> None:
    """Wait for SIGTERM; holds the other end, too, which would be closed without it."""
    while heard.recv(1)[0] != signal.SIGTERM:
        continue
    time.sleep(GRACE_S)
    os._exit(128 + signal.SIGTERM)
