"""Several files that appear in a folder together, each by rename, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.locking import alone, cannot_write, enough_room, folder_to_write, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STAGE = ".partial-"
"""Start of the name of a folder that is being written; its lock lies beside it."""


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Write several files, then let them appear in `folder` together, each by rename.

    Parameters
    ----------
    folder
        Made if it is not there. Files and folders of the same names in it are replaced, and what killed runs left
        unfinished in it is removed.

    Yields
    ------
    pathlib.Path
        An empty folder in it, on the same disk. If the block raises, it is removed and `folder` is as it was.

    Raises
    ------
    InvalidInputError
        If the folder cannot be written, or its disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> out = Path(tempfile.mkdtemp()) / "map"
    >>> with staged(out) as stage:
    ...     _ = (stage / "a.txt").write_text("whole")
    >>> [p.name for p in out.iterdir()]
    ['a.txt']
    """
    made = not folder.exists()
    folder_to_write(folder)
    sweep(folder, f"{_STAGE}*.lock", lambda lock: _clear(lock.with_suffix("")))
    stage = folder / f"{_STAGE}{uuid.uuid4().hex[:8]}"
    try:
        with _alone_in(stage):
            try:
                with enough_room(folder):
                    yield stage
                    finished = sorted(stage.iterdir())
                    _check_kinds(finished, folder)
                    for new in finished:
                        _replace(new, folder / new.name)
            finally:
                _clear(stage)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):  # another run may write to it by now
                folder.rmdir()
        raise


@contextlib.contextmanager
def _alone_in(stage: Path) -> Iterator[None]:
    """Make an empty folder that is locked for as long as this process lives."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(alone(stage.with_suffix(".lock")))
            stage.mkdir()
        except OSError as error:
            raise cannot_write(stage.parent, error) from error
        yield


def _clear(folder: Path) -> None:
    """Remove a folder; raises if some of it stays."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise InvalidInputError(f"Could not remove the unfinished {folder}; remove it by hand.")


def _check_kinds(finished: list[Path], folder: Path) -> None:
    for new in finished:
        target = folder / new.name
        if target.exists() and target.is_dir() != new.is_dir():
            there, wanted = ("folder", "file") if target.is_dir() else ("file", "folder")
            raise InvalidInputError(
                f"{target} is a {there}; a {wanted} of that name is needed. "
                "Move it away, or give another folder; nothing was changed."
            )


def _replace(new: Path, target: Path) -> None:
    if target.is_dir():  # a folder cannot be renamed over one that is not empty
        old = new.with_name(new.name + ".old")
        target.rename(old)
        new.rename(target)
        shutil.rmtree(old)
    else:
        os.replace(new, target)
