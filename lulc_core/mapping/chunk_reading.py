"""Chunks of a Zarr store, unpacked where they are wanted: Zarr itself takes more than twice as long for a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numcodecs import zstd
from zarr.codecs import BytesCodec, ZstdCodec
from zarr.storage import LocalStore

if TYPE_CHECKING:
    import zarr
    from numpy.typing import NDArray

    from lulc_core.mapping.windows import Window


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
    >>> import zarr
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
    whole = into if into.shape == edges else np.empty(edges, into.dtype)
    zstd.decompress(file.read_bytes(), whole.view(np.uint8))
    if whole is not into:  # at the end of an axis a chunk goes beyond
        into[:] = whole[: into.shape[0], : into.shape[1]]


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
