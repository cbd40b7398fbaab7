"""Several files that appear in a folder together, by one rename, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home
from lulc_core.locking import alone, cannot_write, enough_room, folder_to_write, sweep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

_STAGE = ".partial-"
"""Start of the name of a folder that is being written; its lock lies beside it."""
_VERSION, _CURRENT, _LINK = ".version-", ".current", ".link-"
"""Starts of the names of a folder that was written and of a link not yet in place; the link to what is shown."""
_PUBLISHING = ".publishing.lock"
"""Held while what is written appears."""
_AT_ONCE = 8
"""Files that the disk is waited for at once."""


@contextlib.contextmanager
def staged(folder: Path, *, without: Collection[str] = ()) -> Iterator[Path]:
    """Write several files, then let them appear in `folder` together: a kill leaves all of the old or all of the new.

    On a disk without symbolic links, and on Windows, they are renamed one after the other.

    Parameters
    ----------
    folder
        Made if it is not there. Files and folders of the same names in it are replaced, and what killed runs left
        unfinished in it is removed.
    without
        Names that an earlier version may have, and that are not to stay beside the new files.

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
    >>> [p.name for p in out.iterdir() if not p.name.startswith(".")]
    ['a.txt']
    """
    with made(folder) as folder, scratch(folder) as stage, enough_room(folder):
        yield stage
        _check_kinds(stage, folder)
        sync([*stage.rglob("*"), stage])
        with alone(folder / _PUBLISHING):
            (_publish if _has_links(folder) else _replace)(stage, folder, without)


@contextlib.contextmanager
def made(folder: Path) -> Iterator[Path]:
    """Make a folder if it is not there, and remove it again if the block raises and has left nothing in it."""
    folder = from_home(folder)
    there = folder.exists()
    folder_to_write(folder)
    try:
        yield folder
    except BaseException:
        if not there:
            with contextlib.suppress(OSError):  # another run may write to it by now
                folder.rmdir()
        raise


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Make an empty folder in another, and remove it in the end; what killed processes left of theirs goes, too."""
    sweep(folder, f"{_STAGE}*.lock", lambda lock: clear(lock.with_suffix("")))
    stage = folder / f"{_STAGE}{uuid.uuid4().hex[:8]}"
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(alone(stage.with_suffix(".lock")))
            stage.mkdir()
        except OSError as error:
            raise cannot_write(folder, error) from error
        held.callback(clear, stage)
        yield stage


def clear(folder: Path) -> None:
    """Remove a folder; raises if some of it stays."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise InvalidInputError(f"Could not remove the unfinished {folder}; remove it by hand.")


def _check_kinds(stage: Path, folder: Path) -> None:
    for new in stage.iterdir():
        target = folder / new.name
        if target.exists() and target.is_dir() != new.is_dir():
            there, wanted = ("folder", "file") if target.is_dir() else ("file", "folder")
            raise InvalidInputError(
                f"{target} is a {there}; a {wanted} of that name is needed. "
                "Move it away, or give another folder; nothing was changed."
            )


def sync(paths: Iterable[Path]) -> None:
    """Bring files and folders to the disk, so that a power cut cannot leave them half.

    Several wait at once, for a disk that writes one can write others with it.
    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sync") as pool:
        list(pool.map(_sync, paths))


def _sync(path: Path) -> None:
    with contextlib.suppress(PermissionError):  # Windows: a folder cannot be opened
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _publish(stage: Path, folder: Path, without: Collection[str]) -> None:
    """Let what is staged appear in a folder, in place of what appeared there before.

    The names in the folder are links through `.current`, itself a link to one version. So all of them change when it
    does, by one rename: a kill before leaves the old version, one after it the new.
    """
    names = {new.name for new in stage.iterdir()} | {name for name in without if (folder / name).exists()}
    current = folder / _CURRENT
    version = stage.rename(folder / f"{_VERSION}{uuid.uuid4().hex[:8]}")
    try:
        if not current.is_symlink():
            _adopt(names, folder)
        for kept in current.iterdir() if current.is_dir() else ():
            if kept.name not in names:
                _copy(kept, version)
        for name in sorted(names):
            if not (folder / name).is_symlink():
                _link(f"{_CURRENT}/{name}", folder / name)
        _link(version.name, current)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        _sweep_versions(folder)
        sync([folder])


def _has_links(folder: Path) -> bool:
    """Whether links in a folder can be put in place by a rename: not on Windows, and not on disks such as FAT."""
    link = folder / f"{_LINK}{uuid.uuid4().hex[:8]}"
    try:
        link.symlink_to(_CURRENT)
        link.unlink()
    except OSError:
        return False
    return os.name != "nt"


def _replace(stage: Path, folder: Path, without: Collection[str]) -> None:
    """Rename one by one, where there are no links: after a kill meanwhile some are old, which their checksums tell."""
    gone = [folder / name for name in without if (folder / name).exists() and not (stage / name).exists()]
    try:
        for new in sorted(stage.iterdir()):
            target = folder / new.name
            if target.is_dir():  # a rename replaces no folder
                target.rename(folder / f"{_VERSION}{uuid.uuid4().hex[:8]}")
            new.replace(target)
        for old in gone:
            old.rename(folder / f"{_VERSION}{uuid.uuid4().hex[:8]}")
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        _sweep_versions(folder)
        sync([folder])


def _adopt(names: set[str], folder: Path) -> None:
    """Make a version of the files that a release before versions wrote, so that they give way together."""
    earlier = folder / f"{_VERSION}{uuid.uuid4().hex[:8]}"
    earlier.mkdir()
    there = [folder / name for name in sorted(names) if (folder / name).exists()]
    for old in there:
        _copy(old, earlier)
    clear(folder / _CURRENT)  # a copy of such a folder may hold folders for links
    _link(earlier.name, folder / _CURRENT)


def _copy(path: Path, into: Path) -> None:
    """Let a file or folder be in another folder, too: by hard links, where the disk has them."""
    if path.is_dir():
        shutil.copytree(path, into / path.name, copy_function=link_or_copy)
    else:
        link_or_copy(path, into / path.name)


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Let a file appear at another path, too: by a hard link, where the disk has them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _link(target: str, link: Path) -> None:
    """Put a link in place of what is there, by one rename."""
    new = link.with_name(f"{_LINK}{uuid.uuid4().hex[:8]}")
    new.symlink_to(target)
    if link.is_dir() and not link.is_symlink():  # of a release before versions; a copy of it is in the current one
        link.rename(link.with_name(f"{_VERSION}{uuid.uuid4().hex[:8]}"))
    os.replace(new, link)


def _sweep_versions(folder: Path) -> None:
    """Remove versions that are not the current one, links that were never put in place, and those to nothing."""
    current = (folder / _CURRENT).resolve().name
    for path in folder.iterdir():
        if path.name.startswith(_VERSION) and path.name != current:
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith(_LINK) or (path.is_symlink() and not path.exists() and _is_own(path)):
            path.unlink(missing_ok=True)


def _is_own(link: Path) -> bool:
    return link.readlink().parts[0] == _CURRENT
