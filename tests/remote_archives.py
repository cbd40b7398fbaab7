"""Single files out of a large archive at an address, by range requests."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import ZipFile

import obstore
from obstore.store import HTTPStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def unpack(address: str, wanted: Callable[[list[str]], list[str]], folder: Path) -> None:
    """Unpack those of an archive's files that `wanted` chooses of their names, and read little else."""
    with ZipFile(io.BufferedReader(_Remote(address), PART_BYTES)) as archive:
        archive.extractall(folder, wanted(archive.namelist()))


PART_BYTES = 2**20
"""What is read at a time: archives like Zenodo's count requests, and turn those away who send many small ones."""


class _Remote(io.RawIOBase):
    def __init__(self, address: str) -> None:
        where, _, name = address.rpartition("/")
        store = HTTPStore.from_url(where, client_options={"allow_http": True})
        self._file = obstore.open_reader(store, name, buffer_size=PART_BYTES)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        got = self._file.read(min(len(buffer), self._file.size - self._file.tell()))  # obstore 0.8 goes not beyond
        buffer[: len(got)] = got
        return len(got)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
