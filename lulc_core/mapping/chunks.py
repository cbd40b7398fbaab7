"""What a Zarr store says of itself: its arrays in one file, and whether it still has every chunk of them."""

from __future__ import annotations

import itertools
import json
import warnings
from typing import TYPE_CHECKING, Any

import zarr

from lulc_core.errors import InvalidInputError
from lulc_core.mapping.checksums import refuse_missing
from lulc_core.mapping.zarr_ending import wait_for_thread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = "arrays_with_every_chunk"
"""Attribute of a store of which every chunk is written, those of no data, too; it names the arrays."""
_CONSOLIDATED = "consolidated_metadata"
wait_for_thread()


def consolidate(store: Path) -> None:
    """Write the descriptions of a store's arrays into its own, too: a reader opens it by one file, without a warning.

    zarr 3 does the same, in any order, and warns that no version of the format has it yet.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> store = Path(tempfile.mkdtemp())
    >>> made = zarr.open_group(store, mode="w").create_array("label", shape=(2,), dtype="uint8")
    >>> consolidate(store)
    >>> sorted(zarr.open_consolidated(store).array_keys())
    ['label']
    """
    arrays = {path.parent.name: json.loads(path.read_text("utf-8")) for path in sorted(store.glob("*/zarr.json"))}
    _describe(store, {_CONSOLIDATED: {"kind": "inline", "must_understand": False, "metadata": arrays}})


def unconsolidate(store: Path) -> None:
    """Remove what `consolidate` wrote, before the arrays change: nobody may read of them as they were."""
    _describe(store, {})


def _describe(store: Path, more: dict[str, object]) -> None:
    """Write the description of a store anew, by one rename."""
    path = store / "zarr.json"
    said = {name: value for name, value in json.loads(path.read_text("utf-8")).items() if name != _CONSOLIDATED}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(said | more, indent=2), "utf-8")
    part.replace(path)


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
    group = zarr.open_group(store, mode="r+", use_consolidated=False)
    group.attrs[WHOLE] = sorted(group.array_keys())


def check_chunks(store: Path) -> None:
    """Raise `InvalidInputError` if a store lacks a chunk that was written; nothing is read.

    Warns of missing ones where the store does not say that all were written: earlier releases wrote none of what is no
    data.
    """
    group = zarr.open_group(store, mode="r", use_consolidated=False)
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
