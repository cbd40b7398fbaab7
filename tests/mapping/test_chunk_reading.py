"""A window of a store is what Zarr reads of it, however the store is packed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

import lulc_core as lulc
from lulc_core.mapping import prediction_store
from lulc_core.mapping.chunk_reading import read_window
from lulc_core.mapping.windows import windows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE, EDGE = (37, 50), 16


def random(dtype: type[np.generic]) -> NDArray[np.generic]:
    return np.random.default_rng(0).integers(0, 2 if dtype is np.bool_ else 200, (1, *SHAPE)).astype(dtype)


def read(array: Any, window: tuple[slice, slice], dtype: type[np.generic]) -> NDArray[np.generic]:
    into = np.empty([part.stop - part.start for part in window], dtype)
    read_window(array, window, into)
    return into


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.uint16])
@pytest.mark.parametrize("packed", [ZstdCodec(level=3), BloscCodec(), None])
def test_windows_are_those_of_zarr(dtype: type[np.generic], packed: Any, tmp_path: Path) -> None:
    values = random(dtype)
    array = zarr.create_array(tmp_path, data=values, chunks=(1, EDGE, EDGE), compressors=packed)
    for window in [*windows(SHAPE, EDGE), *windows(SHAPE, 20), (slice(0, SHAPE[0]), slice(0, SHAPE[1]))]:
        assert np.array_equal(read(array, window, dtype), values[0, *window])


def test_predictions_are_read_without_zarr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nothing would be gained, and nobody would see it."""
    monkeypatch.setattr(prediction_store, "CHUNK_PX", EDGE)
    values = {"label": random(np.uint8), "clear": random(np.bool_)}
    given = xr.Dataset({k: (("time", "y", "x"), v) for k, v in values.items()}, {"time": [np.datetime64(0, "ns")]})
    lulc.write_predictions(given, tmp_path / "one")
    group = zarr.open_group(tmp_path / "one", mode="r", use_consolidated=False)
    arrays = {name: group[name] for name in values}
    monkeypatch.delattr(zarr.Array, "__getitem__")
    for name, array in arrays.items():
        for window in windows(SHAPE, EDGE):
            stored = array.dtype.type  # xarray 2025.6 stores truth values as int8
            assert np.array_equal(read(array, window, stored), values[name][0, *window])


def test_a_chunk_that_was_not_written_is_no_data(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path, shape=(1, *SHAPE), dtype=np.uint8, chunks=(1, EDGE, EDGE), fill_value=7)
    assert (read(array, windows(SHAPE, EDGE)[0], np.uint8) == 7).all()


def test_a_chunk_that_was_cut_off_is_not_read(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path, data=random(np.uint8), chunks=(1, EDGE, EDGE), compressors=ZstdCodec())
    file = tmp_path / array.metadata.encode_chunk_key((0, 0, 0))
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(RuntimeError, match="Zstd"):
        read(array, windows(SHAPE, EDGE)[0], np.uint8)
