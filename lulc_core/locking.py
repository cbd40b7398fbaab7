"""Who may write where: locks that end with their process, what a killed one left, and a disk that is full."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError, LulcError
from lulc_core.progress import check

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

_POLL_S = 0.1
_FULL_BYTES = 4 * 2**20
"""A disk with less room than this is full: GDAL removes what did not fit before anybody can look."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def folder_to_write(folder: Path) -> None:
    """Make a folder if it is not there.

    Raises
    ------
    InvalidInputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


@contextlib.contextmanager
def alone(
    lock: Path, *, cancel: threading.Event | None = None, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold a lock between processes, and remove its file in the end.

    The system lets go of it however the process ends. On a file system without locks nobody is kept out.

    Parameters
    ----------
    lock
        The file; its folder is there.
    cancel
        Set it to stop waiting.
    waiting
        Called again and again while another holds the lock.

    Raises
    ------
    CancelledError
        If cancelled while waiting.
    """
    while (held := _take(lock, if_unknown=True)) is None:
        if waiting:
            waiting()
        check(cancel)
        time.sleep(_POLL_S)
    with _letting_go(lock, held):
        yield


@contextlib.contextmanager
def if_free(lock: Path) -> Iterator[bool]:
    """Hold a lock if nobody does, as `alone` does, and say whether."""
    held = _take(lock, if_unknown=False)
    if held is None:
        yield False
        return
    with _letting_go(lock, held):
        yield True


def sweep(folder: Path, pattern: str, clear: Callable[[Path], None]) -> None:
    """Remove what killed processes left in a folder.

    Parameters
    ----------
    folder
        Where.
    pattern
        Of the names of the locks.
    clear
        Called with each lock that nobody holds, to remove what its holder left half-done.
    """
    for lock in folder.glob(pattern):
        with contextlib.suppress(OSError), if_free(lock) as free:
            if free:
                clear(lock)


@contextlib.contextmanager
def enough_room(folder: Path) -> Iterator[None]:
    """Say in words that the disk is full, whatever a library makes of it.

    Raises
    ------
    InvalidInputError
        If the block raises, and there is no room.
    """
    try:
        yield
    except LulcError:
        raise
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in _NO_ROOM
        if full or shutil.disk_usage(folder).free < _FULL_BYTES:
            raise InvalidInputError(
                f"The disk that holds {folder} is full. Make room on it, or give a folder on another."
            ) from error
        raise


def cannot_write(folder: Path, error: OSError) -> InvalidInputError:
    """Return the error that says that a folder cannot be written, and why."""
    return InvalidInputError(f"Cannot write to {folder}: {error.strerror}. Give a folder that you may write to.")


def _take(lock: Path, *, if_unknown: bool) -> int | None:
    """Open and lock a file; None if another holds it. `if_unknown`: take it where there are no locks."""
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours = os.fstat(held).st_nlink > 0  # its last holder may have removed it since it was opened
    except BlockingIOError:
        ours = False
    except OSError:
        ours = if_unknown
    if not ours:
        os.close(held)
    return held if ours else None


@contextlib.contextmanager
def _letting_go(lock: Path, held: int) -> Iterator[None]:
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)  # first: who opens it from now on makes a file of its own
        os.close(held)
