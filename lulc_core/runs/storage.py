"""Where a run lies: a folder, or the bucket of an object store. Whoever reads it sees a file whole or not at all."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.home import from_home
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.staging import made, sync
from lulc_core.runs.extra import import_extra
from lulc_core.untrusted import MOST_BYTES, parse_json, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from obstore.store import ObjectStore

SCHEMES = ("s3", "s3a", "gs", "az", "abfs", "abfss")
"""Addresses of object stores: S3 and what speaks like it, Google Cloud Storage, Azure."""
LAST = MapFile.ITEM
"""The file of a map that is uploaded last: where it is, the map is whole."""

_TOLD = (".json", ".sha256")
"""Files that say how a map was made, and when: they differ between workers that make the same map at one time."""
_MOST_ROUNDS = 3
"""How often a file is uploaded at most, and how often those again where another worker's lie between them."""


class Storage(Protocol):
    """What a run needs of the place where it lies. Names are relative to it, with ``/`` between their parts."""

    def read_json(self, name: str, *, most_bytes: int = MOST_BYTES) -> Any:
        """Return the value of a JSON file; None if there is no such file. Raises `InvalidInputError` if it is none."""

    def write_json(self, name: str, value: object) -> None:
        """Write a JSON file in place of what was there, at once."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def names(self) -> list[str]:
        """Return the names of the files that lie directly in it, sorted."""

    def names_below(self, folder: str) -> list[str]:
        """Return the names of the files of a map, those of folders in it too, relative to it; none of hidden ones."""

    def copy(self, name: str, path: Path) -> None:
        """Write a file to a path of this machine."""

    def address(self, name: str) -> str:
        """Return the path or address of a file."""

    def begun(self) -> contextlib.AbstractContextManager[None]:
        """Make it ready to be written to; what is empty when the block raises goes again."""

    def written_at(self, name: str) -> Path:
        """Return where on this machine the files of a map are written first, whose disk needs the room."""

    def folder_to_fill(self, name: str) -> contextlib.AbstractContextManager[Path]:
        """Yield a local folder, whose files lie in this place under that name when the block ends."""

    def local(self, name: str) -> contextlib.AbstractContextManager[Path]:
        """Yield a file as one of this machine."""


def is_address(place: Path | str) -> bool:
    """Return whether a place is an address, not a path."""
    return "://" in str(place)


def found_anywhere(place: Path | str) -> str:
    """Return a place as other processes find it: an address as it is, and a path from the root of the disk.

    Examples
    --------
    >>> found_anywhere("s3://maps/belgium")
    's3://maps/belgium'
    >>> Path(found_anywhere("belgium")).is_absolute()
    True
    """
    return str(place) if is_address(place) else str(from_home(place).absolute())


def storage(place: Path | str, *, patience_s: float | None = None) -> Storage:
    """Return the storage at a path or an address.

    Parameters
    ----------
    place
        A folder, or the address of a bucket or of a folder in it.
    patience_s
        Seconds after which no request to a bucket is tried again; by default three minutes.

    Raises
    ------
    InvalidInputError
        If it is an address of another kind, or that of an object store and `obstore` is not installed.

    Examples
    --------
    >>> storage("belgium").address("plan.json")
    'belgium/plan.json'
    >>> storage("s3://maps/belgium").address("plan.json")
    's3://maps/belgium/plan.json'
    """
    if not is_address(place):
        return Folder(path=Path(place))
    parts = urlsplit(str(place))
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise InvalidInputError(
            f"{place} is no place for a run; expected a folder, or a bucket such as s3://BUCKET/FOLDER "
            f"({', '.join(SCHEMES)})."
        )
    return Bucket(url=str(place).rstrip("/"), patience_s=patience_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of this machine, or one that several machines share."""

    path: Path

    def read_json(self, name: str, *, most_bytes: int = MOST_BYTES) -> Any:  # noqa: D102 - see Storage
        path = self.path / name
        return read_json(path, most_bytes=most_bytes) if path.is_file() else None

    def write_json(self, name: str, value: object) -> None:  # noqa: D102
        path = self.path / name
        new = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}")
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(value, indent=1))
        sync([new])
        new.replace(path)

    def remove(self, name: str) -> None:  # noqa: D102
        (self.path / name).unlink(missing_ok=True)

    def names(self) -> list[str]:  # noqa: D102
        return sorted(path.name for path in self.path.glob("*") if path.is_file())

    def names_below(self, folder: str) -> list[str]:  # noqa: D102
        where = self.path / folder
        files = filter(Path.is_file, _shown(where)) if where.is_dir() else ()
        return sorted(path.relative_to(where).as_posix() for path in files)

    def copy(self, name: str, path: Path) -> None:  # noqa: D102
        shutil.copyfile(self.path / name, path)

    def address(self, name: str) -> str:  # noqa: D102
        return str(self.path / name)

    @contextlib.contextmanager
    def begun(self) -> Iterator[None]:  # noqa: D102
        with made(self.path):
            yield

    def written_at(self, name: str) -> Path:  # noqa: D102
        return self.path / name

    @contextlib.contextmanager
    def folder_to_fill(self, name: str) -> Iterator[Path]:  # noqa: D102
        yield self.path / name  # what fills it publishes it by itself, and finds what a killed process left

    @contextlib.contextmanager
    def local(self, name: str) -> Iterator[Path]:  # noqa: D102
        yield self.path / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A part of an object store; keys and the address of the service come from the environment, as ``AWS_*`` do.

    A request that fails is tried again, with growing pauses, for three minutes.
    """

    url: str
    patience_s: float | None = None
    """Seconds after which no request is tried again; None for those three minutes."""

    def read_json(self, name: str, *, most_bytes: int = MOST_BYTES) -> Any:  # noqa: D102
        obstore = _obstore()
        with self._errors(name):
            try:
                found = obstore.get(self._store, name)
            except FileNotFoundError:
                return None
            if found.meta["size"] > most_bytes:
                raise InvalidInputError(f"{self.address(name)} is larger than {most_bytes:,} bytes.")
            data = bytes(found.bytes())
        return parse_json(data.decode(errors="replace"), self.address(name))

    def write_json(self, name: str, value: object) -> None:  # noqa: D102
        with self._errors(name):
            _obstore().put(self._store, name, json.dumps(value, indent=1).encode())

    def remove(self, name: str) -> None:  # noqa: D102
        with self._errors(name), contextlib.suppress(FileNotFoundError):
            _obstore().delete(self._store, name)

    def names(self) -> list[str]:  # noqa: D102
        with self._errors(""):
            found = _obstore().list_with_delimiter(self._store)
        return sorted(str(one["path"]) for one in found["objects"])

    def names_below(self, folder: str) -> list[str]:  # noqa: D102
        with self._errors(folder):
            pages = _obstore().list(self._store, prefix=folder)
            found = [str(one["path"]).removeprefix(f"{folder}/") for page in pages for one in page]
        return sorted(name for name in found if ".." not in name.split("/"))

    def copy(self, name: str, path: Path) -> None:  # noqa: D102
        with self._errors(name), path.open("wb") as file:
            for part in _obstore().get(self._store, name).stream():
                file.write(part)

    def address(self, name: str) -> str:  # noqa: D102
        return f"{self.url}/{name}"

    def begun(self) -> contextlib.AbstractContextManager[None]:  # noqa: D102
        self.names()  # refused here if it cannot be reached
        return contextlib.nullcontext()

    def written_at(self, name: str) -> Path:  # noqa: D102
        return Path(tempfile.gettempdir()) / name

    @contextlib.contextmanager
    def folder_to_fill(self, name: str) -> Iterator[Path]:  # noqa: D102
        with tempfile.TemporaryDirectory(prefix="lulc-run-") as made_here:
            folder = Path(made_here) / name
            yield folder
            files = sorted(filter(Path.is_file, _shown(folder)), key=lambda path: (path.name == LAST, path))
            names = {path: f"{name}/{path.relative_to(folder).as_posix()}" for path in files}
            self._upload(names)
            told = {path: name for path, name in names.items() if path.parent == folder and path.suffix in _TOLD}
            for _ in range(_MOST_ROUNDS):
                if all(self._holds(path, name) for path, name in told.items()):
                    return
                self._upload(told)

    def _upload(self, names: dict[Path, str]) -> None:
        for path, name in names.items():
            for left in reversed(range(_MOST_ROUNDS)):  # a part of a large file that comes too late fails all of it
                try:
                    with self._errors(name), path.open("rb") as file:
                        _obstore().put(self._store, name, file)
                    break
                except UnreachableError:
                    if not left:
                        raise

    def _holds(self, path: Path, name: str) -> bool:
        """Return whether an object is still as it was uploaded."""
        with self._errors(name):
            return bytes(_obstore().get(self._store, name).bytes()) == path.read_bytes()

    @contextlib.contextmanager
    def local(self, name: str) -> Iterator[Path]:  # noqa: D102
        with tempfile.TemporaryDirectory(prefix="lulc-run-") as folder:
            path = Path(folder) / Path(name).name
            self.copy(name, path)
            yield path

    @property
    def _store(self) -> ObjectStore:
        return _open(self.url, self.patience_s)

    @contextlib.contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        """Turn an error of the store into ours."""
        base = _obstore().exceptions.BaseError
        try:
            yield
        except (base, OSError) as error:
            said = str(error).splitlines()[0][:300]
            raise UnreachableError(
                f"{self.address(name)} cannot be reached: {said}. Check the address, and the keys in the environment."
            ) from error


def _shown(folder: Path) -> Iterator[Path]:
    """Yield the files of a map and of the folders in it, through links, without what its writer hides."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield from path.rglob("*")
        elif not path.name.startswith("."):
            yield path


@lru_cache(maxsize=16)
def _open(url: str, patience_s: float | None) -> ObjectStore:
    retry = None if patience_s is None else {"retry_timeout": timedelta(seconds=patience_s)}
    return _obstore().store.from_url(url, retry_config=retry)


def _obstore() -> ModuleType:
    import_extra("obstore.store", needed_by="A bucket")
    return import_extra("obstore", needed_by="A bucket")
