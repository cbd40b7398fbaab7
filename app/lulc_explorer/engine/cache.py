"""The folder of maps: removes the least recently used, and sets broken ones aside."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from contextlib import AbstractContextManager
    from pathlib import Path

MOST_MAPS = 60
"""Maps kept on disk: the most recently used."""
UNFINISHED = ".unfinished"
"""Name of the engine's folder in that of a map whose run was ended: the scenes that another run can go on with."""
_MOST_S = 7 * 86_400
"""Such scenes are kept so many seconds at most."""


def share_with_group(folder: Path) -> None:
    """Let a group change what this process writes, if its cache folder is made for that: `chmod 2770`.

    Then a service of a hub and the people on it, each another user of the system, share maps, locks and cleaning up.
    """
    with contextlib.suppress(OSError):
        mode = folder.stat().st_mode
        if mode & stat.S_ISGID and mode & stat.S_IWGRP:
            os.umask(os.umask(0o077) & ~stat.S_IRWXG)


def tidy(
    folder: Path,
    last_written: str,
    *,
    in_use: Container[str],
    if_free: Callable[[Path], AbstractContextManager[bool]],
    most: int = MOST_MAPS,
) -> list[str]:
    """Remove the least recently used maps, and those that were begun long ago; return their names.

    Parameters
    ----------
    folder
        Holds a folder for each map, and beside it ``<name>.lock``, held by whoever makes it.
    last_written
        The file of a map that says when it was last looked at.
    in_use
        Maps never to remove.
    if_free
        Holds a lock if nobody does, and says whether.
    most
        Maps to keep.
    """
    removed = []
    for name in [made.name for made in latest(folder, last_written)[most:]]:
        if name not in in_use:
            with if_free(folder / f"{name}.lock") as free:
                if free:
                    (folder / name / last_written).unlink(missing_ok=True)  # first: what is left of it is no map
                    shutil.rmtree(folder / name, ignore_errors=True)
                    removed.append(name)
    for begun, changed in _changed(folder, UNFINISHED).items():
        if changed < time.time() - _MOST_S:
            with if_free(folder / f"{begun.name}.lock") as free:
                if free and not (begun / last_written).exists():
                    shutil.rmtree(begun, ignore_errors=True)
                    removed.append(begun.name)
    return removed


def latest(folder: Path, last_written: str) -> list[Path]:
    """Return where the maps in a folder are, the one first that was last looked at."""
    seen = _changed(folder, last_written)
    return sorted(seen, key=seen.__getitem__, reverse=True)


def _changed(folder: Path, name: str) -> dict[Path, float]:
    """Return when something of a name was changed in each subfolder, but not where another process removes it now."""
    found = {}
    for path in folder.glob(f"*/{name}"):
        with contextlib.suppress(FileNotFoundError):
            found[path.parent] = path.stat().st_mtime
    return found


def set_aside(folder: Path) -> None:
    """Move a map that cannot be used out of the way, in place of the last that was; nothing if there is none."""
    if folder.exists():
        aside = folder.with_name(".broken")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
