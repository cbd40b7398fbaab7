"""Rasters of many scenes in a part of their memory, which xarray indexes as it does any array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core.indexing import IndexingSupport, LazilyIndexedArray, explicit_indexing_adapter

if TYPE_CHECKING:
    import xarray as xr
    from xarray.core.indexing import ExplicitIndexer


class _Packed(BackendArray):
    """Several scenes in a byte, so that a pixel through all scenes unpacks no other pixel, and a scene no other one."""

    def __init__(self, values: np.ndarray, bits: int) -> None:
        self.shape, self.dtype, self._bits, each = values.shape, values.dtype, bits, 8 // bits
        self._packed = np.zeros((-(-len(values) // each), *self.shape[1:]), np.uint8)
        for scene, value in enumerate(values):
            self._packed[scene // each] |= value.view(np.uint8) << np.uint8(scene % each * bits)

    def __getitem__(self, key: ExplicitIndexer) -> np.ndarray:
        return explicit_indexing_adapter(key, self.shape, IndexingSupport.BASIC, self._unpack)

    def _unpack(self, key: tuple[Any, ...]) -> np.ndarray:
        scenes, *pixels = key
        asked, each = np.arange(self.shape[0])[scenes], 8 // self._bits
        rows = self._packed[:, *pixels]
        shift = (asked % each * self._bits).astype(np.uint8)
        unpacked = rows[asked // each] >> shift.reshape(shift.shape + (1,) * (rows.ndim - 1))
        return (unpacked & np.uint8(2**self._bits - 1)).view(self.dtype)


def pack(values: xr.DataArray) -> xr.DataArray:
    """Return the same values, packed along their first dimension and unpacked whenever they are asked for.

    Booleans take a bit, codes up to 15 four; others are returned as they are.

    Parameters
    ----------
    values
        Boolean or uint8, of any shape; as scene by scene, dims (time, y, x). It is read once.

    Examples
    --------
    >>> import xarray as xr
    >>> label = xr.DataArray(np.array([[1, 0], [10, 3], [5, 5]], np.uint8), dims=("time", "x"))
    >>> packed = pack(label)
    >>> packed.values.tolist(), packed[:, 0].values.tolist(), packed[-1].values.tolist()
    ([[1, 0], [10, 3], [5, 5]], [1, 10, 5], [5, 5])
    """
    whole = values.values
    if whole.dtype == bool:
        return values.copy(data=LazilyIndexedArray(_Packed(whole, 1)))
    if whole.dtype == np.uint8 and whole.max(initial=0) < 16:
        return values.copy(data=LazilyIndexedArray(_Packed(whole, 4)))
    return values
