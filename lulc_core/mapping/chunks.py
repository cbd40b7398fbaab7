"""Whether a Zarr store still has every chunk: one that is missing would be read as no data."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

import zarr

from lulc_core.errors import InvalidInputError
from lulc_core.mapping.checksums import refuse_missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = "arrays_with_every_chunk"
"""Attribute of a store of which every chunk is written, those of no data, too; it names the arrays."""


def mark_whole(store: Path) -> None:
    """Note in a store that all its chunks are, or will be, written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> store = Path(tempfile.mkdtemp())
    >>> made = zarr.open_group(store, mode="w")
    >>> label = made.create_array("label", shape=(2,), chunks=(2,), dtype="uint8", config={"write_empty_chunks": True})
    >>> label[:] = 0
    >>> mark_whole(store)
    >>> check_chunks(store)
    """
    group = zarr.open_group(store, mode="r+")
    group.attrs[WHOLE] = sorted(group.array_keys())


def check_chunks(store: Path) -> None:
    """Raise `InvalidInputError` if a store lacks a chunk that was written; nothing is read.

    Warns of missing ones where the store does not say that all were written: earlier releases wrote none of what is no
    data.
    """
    group = zarr.open_group(store, mode="r")
    whole = group.attrs.get(WHOLE)
    names = [str(name) for name in whole] if isinstance(whole, list) else sorted(group.array_keys())
    files = [file for name in names for file in _files(group, name)]
    try:
        refuse_missing(store, files)
    except InvalidInputError as error:
        if isinstance(whole, list):
            raise
        warnings.warn(f"{error} What is missing is read as no data, which it may have been.", stacklevel=4)


def _files(group: zarr.Group, name: str) -> Iterator[str]:
    """Yield the files of an array: its description, and its chunks."""
    yield f"{name}/zarr.json"
    if name not in group:
        return
    array: Any = group[name]
    counts = (-(-length // edge) for length, edge in zip(array.shape, array.chunks, strict=True))
    for place in itertools.product(*map(range, counts)):
        yield f"{name}/{array.metadata.encode_chunk_key(place)}"
