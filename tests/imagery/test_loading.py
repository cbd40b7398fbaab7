from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from making import MadeCatalog, write_cog
from odc.geo.geobox import GeoBox
from rasterio.warp import Resampling, reproject

import lulc_core as lulc
from lulc_core.imagery import fetching, loading

if TYPE_CHECKING:
    from pathlib import Path

BANDS = ("B04", "B03", "B02")


def load_made(made: MadeCatalog, bands: tuple[str, ...] = BANDS) -> np.ndarray:
    region = lulc.catalog_region(made.root)
    return lulc.load(lulc.search(region, year=2020, catalog=made.root), region.grid, bands).values


def test_ten_metre_bands_are_the_files_numbers(flanders: Path) -> None:
    region = lulc.catalog_region(flanders)
    scenes = lulc.search(region, year=2018, catalog=flanders)
    image = lulc.load(scenes, region.grid, ("B08", "B02"))
    assert (image.dims, image.dtype, image.shape) == (("time", "band", "y", "x"), np.float32, (91, 2, 64, 64))
    for t in (0, 45, 90):
        with rasterio.open(scenes[t].hrefs["B02"]) as source:
            numbers = source.read(1)
        expected = np.where(numbers == 0, np.nan, numbers / 10_000)
        np.testing.assert_allclose(image[t, 1].values, expected, atol=1e-7)


def test_twenty_metre_bands_are_resampled_bilinearly_as_gdal_does(flanders: Path) -> None:
    region = lulc.catalog_region(flanders)
    scene = lulc.search(region, year=2018, catalog=flanders)[30]
    loaded = lulc.load([scene], region.grid, ("B11",))[0, 0].values
    expected = np.full((64, 64), np.nan, np.float32)
    with rasterio.open(scene.hrefs["B11"]) as source:
        place = {"src_transform": source.transform, "src_crs": source.crs, "src_nodata": 0}
        target = {"dst_transform": region.grid.transform, "dst_crs": source.crs, "dst_nodata": np.nan}
        numbers = source.read(1).astype(np.float32)
        reproject(numbers, expected, **place, **target, resampling=Resampling.bilinear)
    np.testing.assert_allclose(loaded, expected / 10_000, atol=1e-6)


def test_imagery_finer_than_the_grid_is_averaged_over_each_pixel(tmp_path: Path) -> None:
    made = MadeCatalog(tmp_path)
    made.add("a", "2020-06-01T10:00:00Z")
    fine = np.random.default_rng(1).integers(1, 8000, (4 * made.size, 4 * made.size)).astype(np.uint16)
    for band in BANDS:
        write_cog(made.root / "assets" / f"a_{band}.tif", fine, 2.5)
    expected = fine.reshape(made.size, 4, made.size, 4).mean((1, 3)) / 10_000
    np.testing.assert_allclose(load_made(made)[0], [expected] * 3, atol=1e-6)


def test_the_offset_is_removed_and_dark_water_stays_valid(ireland: Path) -> None:
    scenes = lulc.search(lulc.catalog_region(ireland), year=2022, catalog=ireland)
    with rasterio.open(scenes[0].hrefs["B02"]) as source:
        grid = GeoBox.from_rio(source)
    bands = ("B02", "B03", "B04", "B8A", "B11", "B12")
    image = lulc.load(scenes, grid, bands).values[0]
    negative = 0
    for band, values in zip(bands, image, strict=True):
        with rasterio.open(scenes[0].hrefs[band]) as source:
            numbers = source.read(1).astype(np.float32)
        np.testing.assert_array_equal(np.isnan(values), numbers == 0)  # swath edge: no data, and nothing else
        valid = numbers > 0
        np.testing.assert_allclose(values[valid], (numbers[valid] - 1000) / 10_000, atol=1e-6)
        negative += (values < 0).sum()
    assert negative > 1000  # dark, valid, below zero
    assert np.isnan(image[0]).mean() == pytest.approx(0.33, abs=0.01)


def test_resampling_never_mixes_no_data_into_its_neighbours(ireland: Path) -> None:
    scenes = lulc.search(lulc.catalog_region(ireland), year=2022, catalog=ireland)
    with rasterio.open(scenes[0].hrefs["B11"]) as source:
        numbers, grid = source.read(1), GeoBox.from_rio(source)
    image = lulc.load(scenes, grid.translate_pix(0.5, 0.5), ("B11",)).values
    lowest = (float(numbers[numbers > 0].min()) - 1000) / 10_000
    assert np.nanmin(image) >= lowest - 1e-6  # a mean with DN 0 would lie below


def test_a_newer_baseline_is_corrected_whatever_the_date(made: MadeCatalog) -> None:
    dn = np.full((40, 40), 1500, np.uint16)
    made.add("new", "2020-11-15T10:50:00Z", dn=dn, **{"s2:processing_baseline": "05.00"})
    made.add("old", "2020-12-15T10:50:00Z", dn=dn)
    image = load_made(made)
    assert (image[4] == np.float32(0.05)).all()
    assert (image[5] == np.float32(0.15)).all()


def test_a_split_datatake_is_one_step_and_no_pixel_counts_twice(made: MadeCatalog) -> None:
    upper, lower = np.full((40, 40), 2000, np.uint16), np.full((40, 40), 3000, np.uint16)
    upper[25:], lower[:15] = 0, 0
    datatake = {"s2:datatake_id": "GS2A_20201115T105000_1_N02.12"}
    made.add("a", "2020-11-15T10:50:00Z", dn=upper, **datatake)
    made.add("b", "2020-11-15T10:50:00Z", dn=lower, **datatake)
    image = load_made(made)
    assert len(image) == 5
    assert (image[4, :, :25] == np.float32(0.2)).all()  # the first part where both have data
    assert (image[4, :, 25:] == np.float32(0.3)).all()


def test_blocks_do_not_show(made: MadeCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_made(made, (*BANDS, "SCL"))
    monkeypatch.setattr("lulc_core.imagery.loading.BLOCK_PX", 7)
    np.testing.assert_array_equal(load_made(made, (*BANDS, "SCL")), whole)


def test_nothing_is_read_before_it_is_asked_for(made: MadeCatalog) -> None:
    region = lulc.catalog_region(made.root)
    scenes = lulc.search(region, year=2020, catalog=made.root)
    for path in (made.root / "assets").iterdir():
        path.unlink()
    lulc.load(scenes, region.grid, BANDS)
    with pytest.raises(lulc.UnreachableError, match="S2A_202001 cannot be read: no file at"):
        lulc.load(scenes, region.grid, BANDS)[0].compute()


def test_a_truncated_image_is_an_error_not_zeros(made: MadeCatalog) -> None:
    path = made.root / "assets" / "S2A_202004_B03.tif"
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(lulc.UnreachableError, match="S2A_202004 cannot be read"):
        load_made(made)


def test_a_band_that_no_scene_has_is_refused_with_what_there_is(made: MadeCatalog) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"No scene has the band 'B99'.*B02, B03, B04"):
        load_made(made, ("B99",))


def test_a_failed_read_is_tried_again_with_a_fresh_signature(
    made: MadeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, signed, cleared = loading._read_numbers, [], []
    monkeypatch.setattr(fetching, "sign", lambda href: signed.append(href) or href)
    monkeypatch.setattr(loading, "forget_tokens", cleared.append)

    def refused_once(*args: object) -> np.ndarray:
        values = real(*args)
        if len(cleared) == 0:
            raise rasterio.errors.RasterioIOError("HTTP response code: 403")
        return values

    monkeypatch.setattr("lulc_core.imagery.loading._read_numbers", refused_once)
    image = lulc.load(
        lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)[:1],
        lulc.catalog_region(made.root).grid,
        BANDS,
    )
    assert not signed  # as late as possible
    assert np.isfinite(image.values).all()
    assert (len(cleared), len(signed)) == (1, 2 * len(BANDS))  # all at once, then each by itself


def test_the_scene_classification_is_nearest_and_masks_what_is_not_clear(made: MadeCatalog) -> None:
    for i, code in enumerate(range(12)):
        made.add(f"S2A_scl{code}", f"2020-05-{i + 1:02}T10:50:00Z", scl=code)
    region = lulc.catalog_region(made.root)
    scenes = [s for s in lulc.search(region, year=2020, catalog=made.root) if "scl" in s.id]
    codes = lulc.load_scene_classification(scenes, region.grid)
    assert codes.dtype == np.uint8
    assert [set(np.unique(layer)) for layer in codes.values] == [{c} for c in range(12)]
    clear = lulc.clear_sky(codes).values.all(axis=(1, 2))
    assert np.flatnonzero(clear).tolist() == [2, 4, 5, 6, 7, 11]


@pytest.mark.parametrize("tag", [65535, 7])
def test_another_no_data_tag_is_no_data_and_so_is_zero_and_neither_mixes_into_its_neighbours(
    made: MadeCatalog, tag: int
) -> None:
    numbers = np.full((40, 40), 2000, np.uint16)
    numbers[:, :10], numbers[:, 30:] = tag, 0
    made.add("tagged", "2020-11-15T10:50:00Z", dn=numbers)
    for band in (*BANDS, "SCL"):
        with rasterio.open(made.root / "assets" / f"tagged_{band}.tif", "r+") as image:
            image.nodata = 255 if band == "SCL" else tag
            if band == "SCL":
                codes = image.read(1)
                codes[:, :5] = 255
                image.write(codes, 1)
    region = lulc.catalog_region(made.root)
    scene = [s for s in lulc.search(region, year=2020, catalog=made.root) if s.id == "tagged"]
    whole = lulc.load(scene, region.grid, BANDS).values[0]
    assert np.isnan(whole[:, :, :10]).all()
    assert np.isnan(whole[:, :, 30:]).all()
    assert (whole[:, :, 10:30] == np.float32(0.2)).all()
    between = lulc.load(scene, region.grid.translate_pix(0.5, 0.5), BANDS).values[0]
    assert set(np.unique(between[np.isfinite(between)])) == {np.float32(0.2)}
    classes = lulc.load_scene_classification(scene, region.grid).values[0]
    assert (classes[:, :10] == 0).all()
    assert (classes[:, 10:] == 4).all()


@given(st.lists(st.one_of(st.floats(-0.25, 1.5, width=32), st.just(np.nan)), min_size=1))
def test_a_quicklook_gives_the_reflectance_back_to_half_a_step(values: list[float]) -> None:
    reflectance = np.array(values, np.float32)
    stored = lulc.quicklook(xr.DataArray(reflectance)).values
    np.testing.assert_array_equal(stored == 0, np.isnan(reflectance))
    seen = np.isfinite(reflectance)
    root = (stored[seen].astype(float) - 1) / 254
    np.testing.assert_allclose(root, np.sqrt(reflectance[seen].clip(0, 1)), atol=0.5 / 254 + 1e-6)
