"""What is packed in memory reads as what it was."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, basic_indices
from lulc_explorer.engine.packed import pack

SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 4), st.integers(1, 4))
DIMS = ("time", "y", "x")
KINDS = [(bool, st.booleans()), (np.uint8, st.integers(0, 15)), (np.uint8, st.integers(0, 255))]


@pytest.mark.parametrize("dtype, elements", KINDS, ids=["booleans", "codes", "any"])
@given(data=st.data())
def test_every_part_reads_as_before(dtype: type, elements: st.SearchStrategy[object], data: st.DataObject) -> None:
    values = data.draw(arrays(dtype, SHAPES, elements=elements))
    part = data.draw(basic_indices(values.shape, allow_newaxis=False, allow_ellipsis=False))
    assume(values[part].size)  # xarray 2026.9 cannot cut nothing out of what it reads when asked
    packed = pack(xr.DataArray(values, dims=DIMS))
    np.testing.assert_array_equal(packed[part].values, values[part], strict=True)
    np.testing.assert_array_equal(packed.values, values, strict=True)


@pytest.mark.parametrize("dtype, most", [(bool, 1 / 8), (np.uint8, 1 / 2)])
def test_it_takes_less_memory(dtype: type, most: float) -> None:
    whole = xr.DataArray(np.ones((16, 10, 10), dtype), dims=DIMS)
    held = pack(whole).variable._data.array._packed
    assert held.nbytes == most * whole.nbytes
    assert pack(whole)._in_memory is False  # nothing keeps what was unpacked
