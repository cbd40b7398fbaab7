"""The checksums of what was written, so that a map that broke on disk is noticed and never shown as another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.untrusted import sha256_of

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

CHECKSUMS = "checksums.sha256"
"""The file that holds them, in the format of ``sha256sum``."""


def write_checksums(folder: Path) -> None:
    """Write the checksum of every file of a folder, those of folders in it too.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.txt").write_text("whole")
    >>> write_checksums(folder)
    >>> check_files(folder)
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / CHECKSUMS).write_text("".join(lines))


def check_files(folder: str | os.PathLike[str], *, needed: bool = False) -> None:
    """Compare the files of a folder with their checksums.

    Parameters
    ----------
    folder
        As `write_checksums` leaves it.
    needed
        Whether there must be checksums; else a folder without them is one of an earlier release.

    Raises
    ------
    InvalidInputError
        If a file is missing, or is not as it was written.
    """
    folder = Path(folder)
    if not needed and not (folder / CHECKSUMS).is_file():
        return
    for line in (folder / CHECKSUMS).read_text().splitlines():
        written, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file() or sha256_of(path) != written:
            state = "is not as it was written" if path.exists() else "is missing"
            raise InvalidInputError(f"{path} {state}. Make the map again.")


def check_complete(store: Path) -> bool:
    """Return whether checksums beside a folder name its files; read none of these.

    A Zarr store without a chunk would be read as no data there.

    Raises
    ------
    InvalidInputError
        If one that they name is missing.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "store").mkdir()
    >>> _ = (folder / "store" / "0").write_text("chunk")
    >>> write_checksums(folder)
    >>> check_complete(folder / "store"), check_complete(folder)
    (True, False)
    """
    if not (store.parent / CHECKSUMS).is_file():
        return False
    lines = (store.parent / CHECKSUMS).read_text().splitlines()
    names = [name for _, _, name in (line.partition("  ") for line in lines) if name.startswith(f"{store.name}/")]
    refuse_missing(store, [name.removeprefix(f"{store.name}/") for name in names])
    return bool(names)


def refuse_missing(store: Path, names: Sequence[str]) -> None:
    """Raise `InvalidInputError` if a store lacks some of the files that it should have, by their names in it."""
    missing = [name for name in names if not (store / name).is_file()]
    if missing:
        raise InvalidInputError(
            f"{store} is not whole: {len(missing)} of its {len(names)} files are missing, such as "
            f"{store.name}/{missing[0]}. Copy it again, or make the map again."
        )
