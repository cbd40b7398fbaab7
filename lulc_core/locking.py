"""Locks between processes, cleaning up after killed ones, and full disks."""

from __future__ import annotations

import contextlib
import errno
import shutil
import time
from typing import TYPE_CHECKING

import filelock

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
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
"""What a file system without locks answers."""


def folder_to_write(folder: Path) -> None:
    """Make a folder if it is not there; raises `InvalidInputError` if it cannot be made."""
    file = next((path for path in (folder, *folder.parents) if path.is_file()), None)
    if file is not None:
        raise InvalidInputError(f"Cannot write to {folder}: {file} is a file. Give a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


@contextlib.contextmanager
def alone(
    lock: Path, *, cancel: threading.Event | None = None, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold a lock between processes, and remove its file in the end.

    The operating system releases it however the process ends. On a file system without locks nobody is kept out.

    Parameters
    ----------
    lock
        The file; its folder exists.
    cancel
        Set it to stop waiting.
    waiting
        Called about ten times a second while another holds the lock.

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
    with _releasing(lock, held):
        yield


@contextlib.contextmanager
def if_free(lock: Path) -> Iterator[bool]:
    """Hold a lock as `alone` does if nobody else holds it; yields whether it is held."""
    held = _take(lock, if_unknown=False)
    if held is None:
        yield False
        return
    with _releasing(lock, held):
        yield True


def sweep(folder: Path, pattern: str, clear: Callable[[Path], None]) -> None:
    """Remove what killed processes left in a folder.

    Parameters
    ----------
    folder
        Where the locks are.
    pattern
        Glob pattern of their names.
    clear
        Called with each lock that nobody holds, to remove what its holder left unfinished.
    """
    for lock in folder.glob(pattern):
        with contextlib.suppress(OSError), if_free(lock) as free:
            if free:
                clear(lock)


@contextlib.contextmanager
def enough_room(folder: Path) -> Iterator[None]:
    """Turn whatever a library raises when the disk is full into an `InvalidInputError` that says so."""
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
    """Return an error that says why a folder cannot be written."""
    return InvalidInputError(f"Cannot write to {folder}: {error.strerror}. Give a folder that you may write to.")


def _take(lock: Path, *, if_unknown: bool) -> filelock.BaseFileLock | None:
    """Return the held lock; None if another holds it. `if_unknown`: go on where there are no locks."""
    held = filelock.FileLock(lock, thread_local=False, fallback_to_soft=False)
    try:
        held.acquire(blocking=False)
    except filelock.Timeout:
        return None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return held if if_unknown else None
    return held


@contextlib.contextmanager
def _releasing(lock: Path, held: filelock.BaseFileLock) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):  # Windows: filelock removes it after the release
            lock.unlink(missing_ok=True)  # before the release: whoever opens it from now on makes a new file
        held.release()
