"""The folder of maps: what is kept of it when it grows. Pure: it knows nothing of what a map is."""

from __future__ import annotations

import fcntl
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

MOST_MAPS = 60
"""Maps kept on disk: those that were looked at last."""


def tidy(folder: Path, last_written: str, *, in_use: Container[str], most: int = MOST_MAPS) -> list[str]:
    """Remove the maps that nobody has looked at for longest; return their names.

    Parameters
    ----------
    folder
        Holds a folder for each map, and beside it ``<name>.lock``, held by whoever makes it.
    last_written
        The file of a map that says when it was last looked at.
    in_use
        Maps never to remove.
    most
        Maps to keep.
    """
    seen = {mark.parent.name: mark.stat().st_mtime for mark in folder.glob(f"*/{last_written}")}
    removed = []
    for name in sorted(seen, key=lambda name: -seen[name])[most:]:
        if name not in in_use:
            with (folder / f"{name}.lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                (folder / name / last_written).unlink()  # first: what is left of it is no map any more
                shutil.rmtree(folder / name, ignore_errors=True)
                removed.append(name)
    return removed
