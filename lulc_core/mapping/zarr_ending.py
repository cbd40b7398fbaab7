"""Lets the thread of zarr end before zarr closes its event loop."""

from __future__ import annotations

import atexit
import functools

from zarr.core import sync

MOST_S = 30
"""Most seconds that the end of a process waits for the thread."""


@functools.cache
def wait_for_thread() -> None:
    """Wait for the thread of zarr when this process ends, however crowded the machine is.

    zarr 3.1 waits 0.2 s, and then closes the event loop that still runs: *Cannot close a running event loop*, a
    traceback after work that went well. What is registered later runs earlier, so zarr then finds the thread ended.
    """
    atexit.register(_stop_and_wait)


def _stop_and_wait() -> None:
    (loop,), (thread,) = getattr(sync, "loop", [None]), getattr(sync, "iothread", [None])
    if loop is not None and thread is not None and not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
        thread.join(MOST_S)
