"""A map that is made window by window is that which is made whole, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pytest
import rasterio.shutil
import xarray as xr
import zarr
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile

import lulc_core as lulc
from lulc_core.ground_area import hectares_by_code
from lulc_core.mapping import assembly, windows
from lulc_core.mapping.assembly import Areas, Observations, compose, count
from lulc_core.mapping.products import map_to_write, quality_bands, quality_to_write, write_window

if TYPE_CHECKING:
    from pathlib import Path

GRID = GeoBox.from_bbox((4.0, 45.0, 4.5, 45.4), crs="EPSG:4326", resolution=0.01)
SCENES, WEIGHTS = 5, {"crops": 1.7, "clouds": 0.5}


@pytest.fixture(params=[True, False], ids=["masked", "not masked"])
def predictions(request: pytest.FixtureRequest) -> xr.Dataset:
    random, dims, shape = np.random.default_rng(0), ("time", "y", "x"), (SCENES, *GRID.shape)
    label = random.integers(0, 11, shape).astype(np.uint8)
    label[:, :9, :9] = 0
    values = {"label": label, "confidence": random.integers(1, 256, shape).astype(np.uint8)}
    if request.param:
        values["clear"] = random.random(shape) < 0.7
    days = np.datetime64("2020-01-01", "ns") + np.arange(SCENES) * np.timedelta64(9, "D")
    return xr.Dataset({k: (dims, v) for k, v in values.items()}, {"time": days, **odc.geo.xr.xr_coords(GRID)})


@pytest.fixture
def observations(predictions: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Observations:
    monkeypatch.setattr(windows, "CHUNK_PX", 16)
    stores = [tmp_path / str(number) for number in range(SCENES)]
    for number, store in enumerate(stores):
        lulc.write_predictions(predictions.isel(time=[number]), store)
    return Observations(stores)


def test_what_an_older_xarray_wrote_is_read_as_what_it_is(tmp_path: Path) -> None:
    dims, shape = ("time", "y", "x"), (1, *GRID.shape)
    clear = np.random.default_rng(1).random(shape) < 0.5
    values = {"label": np.full(shape, 2, np.uint8), "confidence": np.full(shape, 200, np.uint8), "clear": clear}
    one = xr.Dataset(
        {name: (dims, each) for name, each in values.items()}, {"time": [np.datetime64("2020-01-01", "ns")]}
    )
    lulc.write_predictions(one, tmp_path / "one")
    group = zarr.open_group(tmp_path / "one", mode="r+", use_consolidated=False)
    older = group.create_array("clear", data=clear.astype("int8"), dimension_names=dims, overwrite=True)
    older.attrs["dtype"] = "bool"
    (window,) = windows.windows(GRID.shape)
    read = Observations([tmp_path / "one"]).read(slice(None), window)
    assert read["clear"].dtype == bool
    np.testing.assert_array_equal(read["clear"].values, clear)


@pytest.mark.parametrize("held", [2**20, 16 * 16 * 3 * 2, 1], ids=["all scenes", "some scenes", "one scene"])
def test_windows_and_groups_of_scenes_change_no_bit(
    predictions: xr.Dataset, observations: Observations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(assembly, "MOST_HELD_BYTES", held)
    whole, areas, votes = lulc.composite(predictions, weights=WEIGHTS), Areas(GRID), lulc.votes(predictions)
    with map_to_write(tmp_path / "map.tif", GRID) as label, quality_to_write(tmp_path / "quality.tif", GRID) as quality:
        for window in windows.windows(GRID.shape):
            part = compose(observations, window, lulc.LEGEND, WEIGHTS)
            for name in whole:
                np.testing.assert_array_equal(part[name].values, whole[name].values[window])
            counted = count(observations, window, lulc.LEGEND)
            np.testing.assert_array_equal(counted["count"].values, votes["count"].values[:, *window])
            write_window(label, part["label"].values[None], window)
            write_window(quality, quality_bands(part), window)
            areas.add(part["label"].values, window)
    np.testing.assert_array_equal(areas.pixels, np.bincount(whole["label"].values.ravel(), minlength=256))
    np.testing.assert_allclose(areas.hectares, hectares_by_code(whole["label"].values, GRID), rtol=1e-12)
    written = {name: (tmp_path / name).read_bytes() for name in ("map.tif", "map.tif.aux.xml", "quality.tif")}
    lulc.write_map(whole["label"], tmp_path / "map.tif")
    lulc.write_quality(whole, tmp_path / "quality.tif")
    assert written == {name: (tmp_path / name).read_bytes() for name in written}


def test_a_raster_written_by_windows_is_the_file_that_gdal_makes_of_the_whole(tmp_path: Path) -> None:
    """Two windows a side, so that the overviews are made across their edges."""
    grid = GeoBox.from_bbox((5e5, 0, 5.11e5, 1.11e4), crs="EPSG:32631", resolution=10)
    random = np.random.default_rng(0)
    label = odc.geo.xr.wrap_xr(np.kron(random.integers(0, 11, (370, 220)), np.ones((3, 5))).astype(np.uint8), grid)
    lulc.write_map(label, tmp_path / "map.tif", tags={"YEAR": "2020"})
    shape = {"count": 1, "height": grid.shape.y, "width": grid.shape.x, "dtype": "uint8", "nodata": 0}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", crs=str(grid.crs), transform=grid.transform, **shape) as whole:
            whole.write(label.values[None])
            whole.descriptions = ["land cover"]
            whole.update_tags(**{f"CLASS_{c.code}": c.name for c in lulc.LEGEND}, YEAR="2020")
            colours = {code: (*rgb, 255) for code, rgb in lulc.LEGEND.colours.items()}
            whole.write_colormap(1, {0: (0, 0, 0, 0), **colours})
        modes = {"overview_resampling": "mode", "warp_resampling": "nearest"}
        rasterio.shutil.copy(
            memory.name, tmp_path / "whole.tif", driver="COG", compress="DEFLATE", blocksize=512, **modes
        )
    assert (tmp_path / "map.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()
