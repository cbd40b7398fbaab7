"""Chunks of a Zarr store, unpacked where they are wanted: Zarr itself takes more than twice as long for a window."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from numcodecs import zstd
from zarr.codecs import BytesCodec, ZstdCodec
from zarr.storage import LocalStore, StorePath

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lulc_core.mapping.windows import Window

_THREAD = threading.local()


def open_arrays(store: Path, names: Iterable[str]) -> dict[str, zarr.Array[Any]]:
    """Open those of some arrays that a store in a folder has, each by its own description.

    Zarr looks for each in several places, in its event loop, which takes six times as long.

    Examples
    --------
    >>> import tempfile
    >>> store = Path(tempfile.mkdtemp())
    >>> made = zarr.open_group(store, mode="w").create_array("label", data=np.ones((1, 2, 2), np.uint8))
    >>> {name: array.shape for name, array in open_arrays(store, ["label", "clear"]).items()}
    {'label': (1, 2, 2)}
    """
    files = {name: store / name / "zarr.json" for name in names}
    said = {name: json.loads(file.read_bytes()) for name, file in files.items() if file.is_file()}
    local = LocalStore(store, read_only=True)
    return {name: zarr.Array(zarr.AsyncArray(one, StorePath(local, name))) for name, one in said.items()}


def read_window(array: zarr.Array[Any], window: Window, into: NDArray[Any]) -> None:
    """Read a window of the first time step of an array (time, y, x).

    Where it is one chunk of bytes that `write_predictions` wrote, that file is unpacked straight into its place; all
    else is read by Zarr.

    Parameters
    ----------
    array
        Of any store.
    window
        Where.
    into
        ``(y, x)``, contiguous, of the shape of the window.

    Examples
    --------
    >>> array = zarr.array(np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    >>> into = np.empty((2, 2), np.uint8)
    >>> read_window(array, (slice(0, 2), slice(1, 3)), into)
    >>> into
    array([[1, 2],
           [4, 5]], dtype=uint8)
    """
    file = _file(array, window) if array.dtype == into.dtype else None
    if file is None:
        into[:] = array[0, *window]
        return
    edges = array.chunks[1:]
    if into.shape == edges:
        zstd.decompress(file.read_bytes(), into.view(np.uint8))
        return
    whole = _room(edges[0] * edges[1])  # at the end of an axis a chunk goes beyond
    zstd.decompress(file.read_bytes(), whole)
    into[:] = whole.reshape(edges)[: into.shape[0], : into.shape[1]].view(into.dtype)


def _room(size: int) -> NDArray[np.uint8]:
    """Return bytes to unpack a chunk into, the same for each of a thread: a new array would be cleared first."""
    held: NDArray[np.uint8] | None = getattr(_THREAD, "room", None)
    if held is None or held.size != size:
        held = _THREAD.room = np.empty(size, np.uint8)
    return held


def _file(array: zarr.Array[Any], window: Window) -> Path | None:
    """Return the file with the one chunk that a window is, if it is one of Zstandard bytes on the disk."""
    store, codecs, chunks = array.store_path.store, getattr(array.metadata, "codecs", ()), array.chunks
    if not isinstance(store, LocalStore) or array.dtype.itemsize != 1 or chunks[0] != 1:
        return None
    if [type(codec) for codec in codecs] != [BytesCodec, ZstdCodec]:
        return None
    axes = list(zip(window, array.shape[1:], chunks[1:], strict=True))
    if any(cut.start % edge or cut.stop != min(cut.start + edge, length) for cut, length, edge in axes):
        return None
    place = (0, *(cut.start // edge for cut, _, edge in axes))
    file = Path(store.root) / array.path / array.metadata.encode_chunk_key(place)
    return file if file.is_file() else None  # what is not there is Zarr's to fill
