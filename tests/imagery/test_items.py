"""What an item says of itself is believed where it is clear, and contradicted aloud where it is not."""

from __future__ import annotations

import contextlib
import copy
import json
import re
import sys
import tracemalloc
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pystac
import pytest
import rasterio
import xarray as xr
from hypothesis import example, given
from hypothesis import strategies as st
from making import EPSG, NORTH, WEST, MadeCatalog, item, write_cog
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.transform import from_origin

import lulc_core as lulc
from lulc_core.imagery.assets import ANOTHER, band_named
from lulc_core.imagery.items import read_item, scene_from_item
from lulc_core.mapping.plausibility import (
    DIM,
    EXCHANGED,
    FAINT,
    FILLED,
    IF_EMPTY,
    NEGATIVE,
    TOO_SMALL,
    UNSEEN,
    WITH_OFFSET,
    look_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

BANDS = ("B04", "B03", "B02")
NEW = {"s2:processing_baseline": "05.09"}


@pytest.fixture
def one(tmp_path: Path) -> MadeCatalog:
    """A catalog to which a test adds its scene."""
    return MadeCatalog(tmp_path / "one", size=20)


def found(made: MadeCatalog) -> list[lulc.Scene]:
    return lulc.search(lulc.catalog_region(made.root), year=2021, catalog=made.root)


def loaded(made: MadeCatalog, *bands: str) -> np.ndarray:
    return lulc.load(found(made), lulc.catalog_region(made.root).grid, bands or ("B04",)).values[0]


def say(made: MadeCatalog, band: dict[str, Any], key: str = "raster:bands") -> None:
    for asset in made.items[-1]["assets"].values():
        asset[key] = [band]
    made.save()


def numbers(value: int, size: int = 20) -> np.ndarray:
    return np.full((size, size), value, np.uint16)


def write_floats(made: MadeCatalog, values: np.ndarray) -> None:
    for band in BANDS:
        write_cog(made.root / "assets" / f"a_{band}.tif", values.astype(np.float32))


@pytest.mark.parametrize(
    "properties, band, expected, says",
    [
        ({}, None, 0.3, None),
        (NEW, None, 0.2, None),
        (NEW, {"scale": 1e-4, "offset": -0.1}, 0.2, None),
        (NEW, {"scale": 1e-4, "offset": 0}, 0.3, "stands for an offset of -0.1.* say an offset of 0 .*; used 0"),
        ({}, {"scale": 1e-4, "offset": -0.1}, 0.2, "stands for an offset of 0, .*; used -0.1"),
        (NEW, {"scale": 2e-4}, 0.5, None),
        (NEW, {"raster:scale": 1e-4, "raster:offset": -0.1}, 0.2, None),
        (NEW, {"scale": 1, "offset": 0, "data_type": "uint16"}, 0.2, None),
        (NEW, {"scale": None, "offset": None}, 0.2, None),
        (NEW | {"earthsearch:boa_offset_applied": True}, None, 0.3, None),
        (NEW | {"earthsearch:boa_offset_applied": True}, {"scale": 1e-4, "offset": -0.1}, 0.3, None),
        (NEW | {"earthsearch:boa_offset_applied": True}, {"scale": 1e-4, "offset": 0}, 0.3, None),
        (NEW | {"sentinel:boa_offset_applied": True}, None, 0.3, None),
        (NEW | {"earthsearch:boa_offset_applied": True}, {"scale": 1e-4, "offset": -0.2}, 0.3, "used the flag"),
        ({"earthsearch:boa_offset_applied": True}, {"scale": 1e-4, "offset": -0.1}, 0.3, "used the flag"),
        (NEW | {"earthsearch:boa_offset_applied": False}, {"scale": 1e-4, "offset": 0}, 0.3, "applied is false, but"),
        (NEW | {"earthsearch:boa_offset_applied": False}, {"scale": 1e-4, "offset": -0.1}, 0.2, None),
        (NEW | {"title": "COPERNICUS/S2_SR_HARMONIZED"}, None, 0.3, None),
        (NEW | {"title": "S2 SR, harmonised"}, {"scale": 1e-4, "offset": 0}, 0.3, None),
        (
            NEW | {"title": "Harmonized"},
            {"scale": 1e-4, "offset": -0.1},
            0.3,
            "title is Harmonized, but .* used the name",
        ),
        (NEW | {"title": "Harmonized", "sentinel:boa_offset_applied": False}, None, 0.2, "is false; used the flag"),
        (NEW | {"title": "not harmonized"}, None, 0.2, None),
        ({"s2:processing_baseline": "99.99"}, None, 0.2, "baseline is 99.99, which is none of ESA's .*; used -1000"),
        ({"s2:processing_baseline": "N9999"}, {"scale": 1e-4, "offset": -0.1}, 0.2, None),
    ],
)
def test_scale_and_offset_are_the_items_and_a_contradiction_is_told(
    one: MadeCatalog, properties: dict[str, Any], band: dict[str, Any] | None, expected: float, says: str | None
) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(3000), **properties)
    if band is not None:
        say(one, band, "bands" if "raster:scale" in band else "raster:bands")
    if says is None:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            found(one)
    else:
        with pytest.warns(UserWarning, match=f"Item a: .*{says}"):
            found(one)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_allclose(loaded(one), expected, atol=1e-6)


@pytest.mark.parametrize("dtype, expected", [("uint16", 0.2), ("float32", 0.3)])
def test_scale_and_offset_by_their_cf_names_hold_for_numbers_as_stored(
    one: MadeCatalog, dtype: str, expected: float
) -> None:
    """As files have them that come from netCDF: as text. Beside reflectance they say how it was stored before."""
    values = numbers(3000) if dtype == "uint16" else np.full((one.size, one.size), 0.3, dtype)
    one.add("a", "2021-06-01T10:00:00Z", dn=values)
    with rasterio.open(one.root / "assets" / "a_B04.tif", "r+") as image:
        image.update_tags(1, scale_factor="0.0001", add_offset="-0.1")
    np.testing.assert_allclose(loaded(one), expected, atol=1e-6)


@pytest.mark.parametrize(
    "number, band",
    [(30, {"unit": "%"}), (3000, {"unit": "Percent", "scale": 0.01}), (3000, {"scale": 1e-4, "unit": 1})],
)
def test_per_cent_is_taken_for_per_cent(one: MadeCatalog, number: int, band: dict[str, Any]) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(number))
    say(one, band)
    np.testing.assert_allclose(loaded(one), 0.3, atol=1e-6)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_a_file_in_per_cent_is_read_so(one: MadeCatalog, kind: str) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    path = one.root / "assets" / "a_B04.tif"
    write_cog(path, np.full((one.size, one.size), 30, kind))
    with rasterio.open(path, "r+") as image:
        image.units = ("%",)
    np.testing.assert_allclose(loaded(one), 0.3, atol=1e-6)
    with rasterio.open(path, "r+") as image:
        image.units = ("W m-2 sr-1 um-1",)
    with pytest.raises(lulc.LulcError, match=r"in W m-2 sr-1 um-1: radiance, not surface reflectance"):
        loaded(one)


def test_a_collection_that_is_harmonised_carries_no_offset(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(3000), **NEW)
    one.items[0]["collection"] = "S2_SR_HARMONIZED"
    one.save()
    np.testing.assert_allclose(loaded(one), 0.3, atol=1e-6)


@pytest.mark.parametrize("bad", ["x", float("nan"), -1, True, [1]])
def test_a_scale_that_is_no_number_leaves_the_item_out_by_name(one: MadeCatalog, bad: object) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    say(one, {"scale": bad})
    with pytest.raises(lulc.InvalidInputError, match=r"Item a: the scale of B0\d must be"):
        found(one)


@pytest.mark.parametrize("band", [None, {"scale": 1.0, "offset": 0.0, "data_type": "float32"}])
def test_floats_are_reflectance_and_what_is_not_is_digital_numbers(
    one: MadeCatalog, band: dict[str, Any] | None
) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    values = np.random.default_rng(0).uniform(-0.01, 0.6, (20, 20))
    values[:3] = np.nan
    write_floats(one, values)
    if band:
        say(one, band)
    np.testing.assert_allclose(loaded(one), values[None], atol=1e-6)
    if not band:
        write_floats(one, np.where(np.isnan(values), 0, 2000.0))
        assert (loaded(one)[:, 3:] == np.float32(0.2)).all()


def test_reflectance_of_a_baseline_with_an_offset_is_refused_unless_somebody_says_what_became_of_it(
    one: MadeCatalog,
) -> None:
    one.add("a", "2021-06-01T10:00:00Z", **NEW)
    write_floats(one, np.full((20, 20), 0.25))
    with pytest.raises(lulc.UnreachableError, match=r"B04 holds reflectance, .* offset .* raster:bands"):
        loaded(one)
    say(one, {"scale": 1, "offset": 0, "data_type": "float32"})
    with pytest.warns(UserWarning, match="stands for an offset of -0.1"):
        assert (loaded(one) == 0.25).all()


@pytest.mark.parametrize("kind, empty", [("uint16", 65535), ("int16", -9999), ("float32", -999.0)])
def test_what_the_item_calls_no_data_is_none(one: MadeCatalog, kind: str, empty: float) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    values = np.full((20, 20), 0.3 if kind == "float32" else 3000, kind)
    values[:5] = empty
    values[5:10] = 7 if kind == "uint16" else -0.02 if kind == "float32" else 7
    write_cog(one.root / "assets" / "a_B04.tif", values)
    with rasterio.open(one.root / "assets" / "a_B04.tif", "r+") as image:
        image.nodata = values[5, 0]
    say(one, {"nodata": empty})
    assert np.isnan(loaded(one)[0, :10]).all()
    np.testing.assert_allclose(loaded(one)[0, 10:], 0.3, atol=1e-6)
    with rasterio.open(one.root / "assets" / "a_B04.tif", "r+") as image:
        image.nodata = None
    say(one, {"nodata": str(empty)})
    assert np.isnan(loaded(one)[0, :5]).all()
    assert not np.isnan(loaded(one)[0, 5:]).any()
    say(one, {"nodata": "nan"})
    assert np.isnan(loaded(one)[0, :5]).all()  # saturated, or no reflectance


@pytest.mark.parametrize("fill", [9.96921e36, 1e20, np.inf])
@pytest.mark.parametrize("times", [1, 10_000])
def test_floats_that_no_scale_makes_reflectance_are_no_data(one: MadeCatalog, fill: float, times: int) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    values = np.full((20, 20), 0.3 * times)
    values[:5] = fill
    write_floats(one, values)
    read = loaded(one)[0]
    assert np.isnan(read[:5]).all()
    np.testing.assert_allclose(read[5:], 0.3, atol=1e-6)


def test_reflectance_with_a_value_that_may_mean_no_data_is_refused(one: MadeCatalog) -> None:
    """It is like digital numbers by its highest values, and 0.3 was taken for 0.00003."""
    one.add("a", "2021-06-01T10:00:00Z")
    values = np.full((20, 20), 0.3)
    values[:1] = 9999
    write_floats(one, values)
    with pytest.raises(lulc.UnreachableError, match=r"floats up to 9999, half of them up to 0\.3 only"):
        loaded(one)
    say(one, {"nodata": 9999})
    np.testing.assert_allclose(loaded(one)[0, 1:], 0.3, atol=1e-6)


def test_a_scene_classification_with_other_codes_is_not_read(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", scl=64)
    with pytest.raises(lulc.UnreachableError, match="holds 64 to 64, where ESA's codes are 0 to 11"):
        lulc.load_scene_classification(found(one), lulc.catalog_region(one.root).grid).compute()


def test_a_scene_classification_compressed_with_loss_is_not_read(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    path = one.root / "assets" / "a_SCL.tif"
    with rasterio.open(path) as image:
        codes, where = image.read(), {key: image.profile[key] for key in ("crs", "transform", "height", "width")}
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype="uint8", compress="JPEG", **where) as image:
        image.write(codes)
    with pytest.raises(lulc.UnreachableError, match="SCL of scene a is compressed with loss"):
        lulc.load_scene_classification(found(one), lulc.catalog_region(one.root).grid).compute()


@pytest.mark.parametrize("crs, says", [("", "has no CRS"), ('LOCAL_CS["Unknown",UNIT["metre",1]]', "CRS is LOCAL_CS")])
def test_an_image_that_lies_nowhere_is_named_as_such(one: MadeCatalog, crs: str, says: str) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    with rasterio.open(one.root / "assets" / "a_B04.tif", "r+") as image:
        image.crs = crs or rasterio.crs.CRS()
    with pytest.raises(lulc.UnreachableError, match=says):
        loaded(one)


def test_a_key_that_contradicts_its_band_is_told(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    one.items[0]["assets"]["B04"]["eo:bands"] = [{"name": "B02", "common_name": "blue"}]
    one.save()
    with pytest.warns(UserWarning, match=r"Item a: its asset B04 says that its band is B02; used it as B04\."):
        found(one)


@pytest.mark.parametrize("said", ["05.09", "5.09", 5.09, "0509", "N0509", "N05.09", 509])
def test_a_baseline_is_read_however_it_is_written(one: MadeCatalog, said: object) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(3000), **{"s2:processing_baseline": said})
    np.testing.assert_allclose(loaded(one), 0.2, atol=1e-6)
    older = str(said).replace("5", "2")
    one.items[0]["properties"]["s2:processing_baseline"] = type(said)(older)
    one.save()
    np.testing.assert_allclose(loaded(one), 0.3, atol=1e-6)


def test_a_composite_of_a_year_is_no_scene(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    region = lulc.catalog_region(one.root)
    span = {"datetime": None, "start_datetime": "2021-01-01T00:00:00Z", "end_datetime": "2021-12-31T00:00:00Z"}
    one.items[0]["properties"] |= span
    one.save()
    with pytest.raises(lulc.InvalidInputError, match="covers 2021-01-01 to 2021-12-31: a composite, not one scene"):
        lulc.search(region, year=2021, catalog=one.root)


def test_the_tags_of_a_file_are_read_where_the_item_says_nothing(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(3000))
    with rasterio.open(one.root / "assets" / "a_B04.tif", "r+") as image:
        image.scales, image.offsets = (5e-5,), (-0.05,)
    np.testing.assert_allclose(loaded(one), 0.1, atol=1e-6)


@pytest.mark.parametrize("kind", ["mask", "alpha", "dataMask"])
def test_what_a_mask_or_an_alpha_band_hides_is_no_data(one: MadeCatalog, kind: str) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    seen = np.full((20, 20), 255, np.uint8)
    seen[:10] = 0
    for band in BANDS:
        path = one.root / "assets" / f"a_{band}.tif"
        with rasterio.open(path) as image:
            values, profile = image.read(1), image.profile
        profile |= {"mask": {}, "alpha": {"count": 2, "alpha": "yes"}, "dataMask": {"count": 2}}[kind]
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as image:
            image.write(values, 1)
            if kind == "mask":
                image.write_mask(seen)
            elif kind == "alpha":
                image.write(seen.astype(np.uint16) * 257, 2)
            else:
                image.write(seen // 255, 2)
                image.set_band_description(2, kind)
    image = loaded(one)[0]
    assert np.isnan(image[:10]).all()
    assert np.isfinite(image[10:]).all()


def test_codes_are_not_those_of_averaged_overviews(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    codes = np.where(np.indices((40, 40)).sum(0) % 2, 4, 9).astype(np.uint8)
    path = one.root / "assets" / "a_SCL.tif"
    write_cog(path, codes, 5.0)
    with rasterio.open(path, "r+") as image:
        image.build_overviews([2, 4, 8], Resampling.average)
    coarse = lulc.catalog_region(one.root).grid.zoom_out(4)
    assert set(np.unique(lulc.load_scene_classification(found(one), coarse).values)) <= {4, 9}


@pytest.mark.parametrize(
    "change",
    [
        {"s2:product_type": "S2MSI1C"},
        {"processing:level": "L1C"},
        {"processing:level": "Level-1C"},
        {"product:type": "S2MSI1C"},
        {"collection": "COPERNICUS/S2_HARMONIZED"},
        {"collection": "COPERNICUS/S2"},
        "S2A_MSIL1C_20210601T105031_N0300_R051_T31UFS_20210601T130000",
    ],
)
def test_a_level_1_product_is_left_out_with_the_reason(one: MadeCatalog, change: dict[str, str] | str) -> None:
    one.add("a" if isinstance(change, dict) else change, "2021-06-01T10:00:00Z")
    if isinstance(change, dict):
        one.items[0] |= {key: change[key] for key in change.keys() & {"collection"}}
        one.items[0]["properties"] |= {key: change[key] for key in change.keys() - {"collection"}}
        one.save()
    with pytest.raises(lulc.InvalidInputError, match=r"is Level-1, top of atmosphere .*Choose a Sentinel-2 L2A"):
        found(one)


@pytest.mark.parametrize("level", ["L2A", "Level-2A", "2A", "L2", "S2MSI2A"])
def test_a_level_2_product_is_taken(one: MadeCatalog, level: str) -> None:
    one.add(
        "S2A_MSIL2A_20210601T105031_N0300_R051_T31UFS_20210601T130000",
        "2021-06-01T10:00:00Z",
        **{"processing:level": level, "s2:product_type": level},
    )
    assert len(found(one)) == 1


@pytest.mark.parametrize(
    "dn, baseline, says",
    [
        (950, "05.09", "100 % of the clear pixels of scene a have negative reflectance"),
        (15000, "02.12", "100 % of the clear pixels of scene a have a reflectance above 1"),
        (1100, "02.12", "100 % of the clear pixels of scene a have a reflectance above 0.095 in every band"),
        (1900, "05.09", "100 % of the clear pixels of scene a have the same value in every band; if it means no data"),
        (None, "02.12", None),
    ],
)
def test_the_report_tells_values_that_cannot_be(
    one: MadeCatalog, tiny_model: Path, tmp_path: Path, dn: int | None, baseline: str, says: str | None
) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=dn and numbers(dn), **{"s2:processing_baseline": baseline})
    request = lulc.MapRequest(region=lulc.catalog_region(one.root), year=2021, model=tiny_model, catalog=one.root)
    told = lulc.make_map(request, tmp_path / "out").warnings
    assert [says in warning for warning in told] == [True] if says else told == []


def classes_of(code: int) -> xr.DataArray:
    return xr.DataArray(np.full((1, 20, 20), code, np.uint8), dims=("time", "y", "x"))


def test_bands_that_are_far_too_bright_or_faint_are_refused_or_told() -> None:
    made = np.random.default_rng(0).uniform(0.03, 0.4, (1, 6, 20, 20))
    bands, land = ["B04", "B03", "B02", "B08", "B11", "B12"], classes_of(4)
    scene = xr.DataArray(made, dims=("time", "band", "y", "x"), coords={"band": bands})
    assert look_at(scene, land) is None
    assert look_at(scene / 10, land) == (FAINT, 1.0)
    with pytest.raises(lulc.UnreachableError, match=r"half of its clear pixels .* above 21.* in B08, where 1 is white"):
        look_at(scene * np.array([1, 1, 1, 100, 1, 1])[:, None, None], land)
    with pytest.raises(lulc.UnreachableError, match=r"half of its clear pixels .* below -1e\+03 .* where 0 is black"):
        look_at(scene - 1000, None)
    assert look_at(scene + 1, classes_of(11)) is None  # snow may be brighter than white
    assert look_at(scene + 0.1, land) == (WITH_OFFSET, 1.0)
    assert look_at(scene + 0.1, land, corrected=True) is None  # a desert
    filled = scene.copy()
    filled[..., 0] = 3.2767  # a column of the highest int16
    assert look_at(filled, land) == (FILLED, 0.05)
    assert look_at(filled + 0.1, land, corrected=True) == (FILLED, 0.05)
    filled[:, :4, :, 0] = 0.1  # in some bands only
    assert look_at(filled, land) == (f"a reflectance of 3.277 in B11; {IF_EMPTY}", 0.05)
    filled[:, 4:, :, 0] = 2 + made[:, 4:, :, 0]  # fire, or glint
    assert look_at(filled, land) is None


def six_bands(**times: float) -> xr.DataArray:
    """Clear land, each band with its usual brightness, or so many times that."""
    usual = {"B04": 0.07, "B03": 0.08, "B02": 0.05, "B08": 0.3, "B11": 0.2, "B12": 0.12}
    random = np.random.default_rng(0).uniform(0.9, 1.1, (1, 20, 20))
    made = [value * times.get(band, 1) * random for band, value in usual.items()]
    return xr.DataArray(np.stack(made, axis=1), dims=("time", "band", "y", "x"), coords={"band": list(usual)})


@pytest.mark.parametrize(
    "times, says",
    [
        ({}, None),
        ({"B08": 0.5, "B11": 2}, None),  # lava
        ({"B03": 0.4, "B02": 0.05}, None),  # taken for hazier than it was
        ({"B11": 0.1, "B12": 0.1}, "a B11 of less than 0.1 times B08"),
        ({"B12": 0.1}, "a B12 of less than 0.15 times B11"),
        ({"B08": 0.1}, "a B08 of less than 0.6 times B03"),
        ({"B04": 10}, "a B04 of more than 5 times B03"),
    ],
)
def test_a_band_that_is_unlike_land_beside_its_neighbour_is_told(times: dict[str, float], says: str | None) -> None:
    odd = look_at(six_bands(**times), classes_of(4))
    assert odd is None if says is None else odd == (f"{says}, unlike land; the scale of one seems to be wrong", 1.0)
    assert look_at(six_bands(**times), classes_of(6)) is None  # water may be anything


def test_land_that_is_dim_in_visible_light_is_told_but_water_and_trees_in_winter_are_not() -> None:
    visible = ("B02", "B03", "B04")
    dim, winter = (six_bands(**dict.fromkeys(visible, times)) for times in (0.1, 0.25))
    dim[..., :8] = winter[..., :8]  # some of it is brighter
    assert look_at(dim, classes_of(4)) == (DIM, 0.6)
    assert look_at(dim, classes_of(6)) is None
    assert look_at(winter, classes_of(4)) is None


def test_red_and_blue_that_are_exchanged_are_told_by_bare_land_but_haze_over_trees_is_not() -> None:
    exchanged, classes = six_bands(B04=0.05 / 0.07, B02=0.07 / 0.05), classes_of(4)
    assert look_at(exchanged, classes) is None
    classes[:, :10] = 5
    assert look_at(exchanged, classes) == (EXCHANGED, 0.5)
    assert look_at(six_bands(), classes) is None
    assert look_at(exchanged.sel(band=["B03", "B08"]), classes) is None


@pytest.mark.parametrize("side, refused", [(20, False), (60, True)])
def test_an_image_of_far_coarser_pixels_than_its_item_says_is_refused(
    one: MadeCatalog, side: int, refused: bool
) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    pixels = -(-200 // side)
    write_cog(one.root / "assets" / "a_B04.tif", np.full((pixels, pixels), 900, np.uint16), float(side))
    with pytest.raises(lulc.UnreachableError, match=r"of 60, .* says 10 ") if refused else contextlib.nullcontext():
        assert loaded(one).max() > 0


def test_one_value_in_a_single_band_is_told() -> None:
    scene = six_bands()
    scene[:, 5, :5] = 0.1
    assert look_at(scene, classes_of(4)) == (f"one and the same B12, unlike other bands; {IF_EMPTY}", 0.25)
    assert look_at(scene, None) is None  # where nothing says what is land, dark water may be so


def test_land_is_not_black_but_dark_water_may_be() -> None:
    with pytest.raises(lulc.UnreachableError, match=r"half of its clear land has a visible reflectance below -0\.1"):
        look_at(six_bands() - 0.2, classes_of(4))
    assert look_at(six_bands() - 0.1, classes_of(4)) == (NEGATIVE, 1.0)
    water, dark = six_bands(B04=0, B03=0, B02=0) - 0.005, classes_of(6)
    assert look_at(water, dark) is None
    dark[:, :8] = 5
    water[:, :, 8:] += 0.1
    assert look_at(water, dark) == (NEGATIVE, 1.0)


@pytest.mark.parametrize("codes, refused", [((0, 4), True), ((1, 2), True), ((0, 6), False), ((4, 4), None)])
def test_codes_of_another_mask_are_told_by_where_they_say_no_data(codes: tuple[int, int], refused: bool | None) -> None:
    classes = classes_of(codes[0])
    classes[:, 10:] = codes[1]
    if refused:
        with pytest.raises(
            lulc.UnreachableError, match=f"SCL is 0 or 1 in 50 % of the pixels with data, and {codes[1]}"
        ):
            look_at(six_bands(), classes)
    else:
        assert look_at(six_bands(), classes) == (None if refused is None else (UNSEEN, 0.5))


CLASSES = "no_data saturated_defective cast_shadow cloud_shadow vegetation not_vegetated water cloud_low_probability"
CLASSES += " cloud_medium_probability cloud_high_probability thin_cirrus snow_ice"


@pytest.mark.parametrize("named, says", [({}, None), ({4: "Cloud"}, "4 is 'Cloud', which is 8 or 9 or 10 of ESA's")])
def test_a_classification_with_classes_of_its_own_is_refused(
    one: MadeCatalog, named: dict[int, str], says: str | None
) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    classes = [{"value": code, "name": named.get(code, name)} for code, name in enumerate(CLASSES.split())]
    one.items[0]["assets"]["SCL"]["classification:classes"] = classes
    one.save()
    codes = lulc.load_scene_classification(found(one), lulc.catalog_region(one.root).grid)
    with pytest.raises(lulc.UnreachableError, match=says) if says else contextlib.nullcontext():
        assert (codes.values == 4).all()


@pytest.mark.parametrize("strange", [2, 5, 7])
def test_dark_water_may_have_pixels_that_are_called_land(strange: int) -> None:
    classes = classes_of(6)
    classes[:, :5, :] = strange  # a quarter of the pixels are not called water
    sea = xr.DataArray(np.full((1, 3, 20, 20), 0.0088), dims=("time", "band", "y", "x"), coords={"band": [*BANDS]})
    assert look_at(sea, classes) == (TOO_SMALL, 1.0)
    with pytest.raises(lulc.UnreachableError, match=r"where even water has 0\.001 and more"):
        look_at(sea / 10, classes)
    with pytest.raises(lulc.UnreachableError, match=r"where land has 0\.01 and more"):
        look_at(sea, classes_of(5))


@pytest.mark.parametrize(
    "dn, mask, used", [(30, "scl", False), (300, "scl", True), (30, "none", True), (9, "none", False)]
)
def test_a_scene_too_dark_to_be_land_is_not_used(
    one: MadeCatalog, tiny_model: Path, tmp_path: Path, dn: int, mask: str, used: bool
) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(dn))
    request = lulc.MapRequest(
        region=lulc.catalog_region(one.root), year=2021, model=tiny_model, catalog=one.root, mask=mask
    )
    if used:
        told = lulc.make_map(request, tmp_path / "out").warnings
        assert ["below 0.01" in warning for warning in told] == [dn == 30]
    else:
        with pytest.raises(
            lulc.UnreachableError, match=r"have a visible reflectance of 0\.00.* at most, where (land|even water) has"
        ):
            lulc.make_map(request, tmp_path / "out")


NAMES: dict[str, Callable[[str], str]] = {
    "resolution": lambda key: f"{key}_{'20m' if key == 'SCL' else '10m'}",
    "colour": lambda key: {"B04": "red", "B03": "green", "B02": "blue", "SCL": "scl"}[key],
    "whole": lambda key: f"T31UFS_20210601T105031_{key}_10m",
    "lower": str.lower,
}


def test_a_file_that_is_named_after_another_band_is_told(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    assert found(one)[0].remarks == ()
    one.items[0]["assets"]["B03"]["href"] = "./assets/a_B04.tif"
    one.save()
    with pytest.warns(UserWarning, match="its asset B03 leads to a file that is named after B04; used it as B03"):
        found(one)


def test_one_band_of_a_file_is_not_two_bands(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    for key in ("B03", "B04"):
        one.items[0]["assets"][key]["href"] = "./assets/a_B02.tif"
    one.save()
    with pytest.warns(UserWarning, match="named after B02"):
        scenes = found(one)
    with pytest.raises(lulc.UnreachableError, match="Scene a is not read: its assets B03 and B02 lead to one band"):
        lulc.load(scenes, lulc.catalog_region(one.root).grid, ["B03", "B02"]).compute()


def test_one_image_is_not_two_passes(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    one.add("b", "2021-06-11T10:00:00Z")
    one.add("a again", "2021-06-01T10:01:00Z")
    one.items[1]["assets"]["B03"] = one.items[2]["assets"]["B03"] = one.items[0]["assets"]["B03"]
    one.save()
    with pytest.warns(UserWarning, match="Item b has an image of item a, which was sensed on 2021-06-01, too"):
        assert [scene.id for scene in found(one)] == ["a", "a again"]


DATED: dict[str, Callable[[str], tuple[str, dict[str, str]]]] = {
    "id of ESA": lambda day: (f"S2A_MSIL2A_{day}T105031_R051_T31UFS_20240101T000000", {}),
    "id of Earth Search": lambda day: (f"S2A_31UFS_{day}_0_L2A", {}),
    "product": lambda day: ("a", {"s2:product_uri": f"S2A_MSIL2A_{day}T105031_N0212_R051_T31UFS_20240101T000000.SAFE"}),
    "datatake": lambda day: ("a", {"s2:datatake_id": f"GS2A_{day}T105031_015852_N02.12"}),
    "files": lambda day: (f"T31UFS_{day}T105031", {}),
}


@pytest.mark.parametrize("named", DATED.values(), ids=DATED.keys())
def test_a_date_in_a_name_that_is_not_that_of_the_item_is_told_or_refused(
    one: MadeCatalog, named: Callable[[str], tuple[str, dict[str, str]]]
) -> None:
    name, more = named("20210601")
    one.add(name, "2021-06-02T00:10:00Z", **more)  # sensed across midnight
    assert found(one)[0].remarks == ()
    one.items[0]["properties"]["datetime"] = "2021-11-01T10:00:00Z"
    one.save()
    with pytest.warns(UserWarning, match=r"datetime is 2021-11-01, but its .* says 2021-06-01; used the datetime"):
        found(one)
    one.items[0]["properties"]["datetime"] = "2020-11-01T10:00:00Z"
    one.save()
    region = lulc.catalog_region(one.root)
    with pytest.raises(lulc.LulcError, match=r"of two years: its datetime is 2020-.* says 2021-06-01"):
        lulc.search(region, year=2020, catalog=one.root)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_the_names_of_other_catalogs_tell_the_bands(one: MadeCatalog, name: Callable[[str], str]) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    expected = loaded(one, *BANDS)
    assets = one.items[0]["assets"]
    one.items[0]["assets"] = {name(key): asset for key, asset in assets.items()}
    one.save()
    np.testing.assert_array_equal(loaded(one, *BANDS), expected)
    np.testing.assert_array_equal(loaded(one, name("B04")), expected[:1])  # its own names go on working
    codes = lulc.load_scene_classification(found(one), lulc.catalog_region(one.root).grid)
    assert set(np.unique(codes.values)) == {4}


@pytest.mark.parametrize(
    "said", [{"eo:bands": [{"name": "x", "common_name": "red"}]}, {"bands": [{"eo:common_name": "red"}]}]
)
def test_the_common_name_of_an_only_band_tells_it(one: MadeCatalog, said: dict[str, Any]) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    expected = loaded(one)
    one.items[0]["assets"]["first"] = one.items[0]["assets"].pop("B04") | said
    one.items[0]["assets"]["visual"] = one.items[0]["assets"]["B03"] | {
        "eo:bands": [{"common_name": "red"}, {"common_name": "green"}]
    }
    one.save()
    np.testing.assert_array_equal(loaded(one), expected)


def stacked(made: MadeCatalog, descriptions: tuple[str, ...]) -> Path:
    """One file of the three bands, DN 3000 in B04, 2000 in B03 and 1000 in B02, in place of theirs."""
    made.add("a", "2021-06-01T10:00:00Z")
    path = made.root / "assets" / "stack.tif"
    with rasterio.open(made.root / "assets" / "a_B04.tif") as image:
        profile = image.profile | {"count": 3}
    with rasterio.open(path, "w", **profile) as image:
        image.write(np.stack([numbers(value) for value in (1000, 3000, 2000)]))
        image.descriptions = descriptions
    assets = made.items[0]["assets"]
    made.items[0]["assets"] = {"SCL": assets["SCL"], "data": assets["B04"] | {"href": "./assets/stack.tif"}}
    made.save()
    return path


NAMED = [{"name": "B02"}, {"name": "B04", "eo:common_name": "red"}, {"name": "B03", "raster:scale": 2e-4}]


@pytest.mark.parametrize("where", ["asset", "item"])
def test_the_bands_of_one_file_are_found_by_what_asset_or_item_says(one: MadeCatalog, where: str) -> None:
    stacked(one, ("", "", ""))
    with pytest.raises(lulc.InvalidInputError, match="No scene has the band 'B04'"):
        loaded(one)
    of_item = NAMED if where == "item" else []
    one.items[0]["properties"]["bands"] = of_item
    one.items[0]["assets"]["data"]["bands"] = [{"name": band["name"]} for band in NAMED] if of_item else NAMED
    one.save()
    for band, value in zip(loaded(one, *BANDS), (0.3, 0.4, 0.1), strict=True):
        np.testing.assert_allclose(band, value, atol=1e-6)


def test_scale_and_offset_of_the_item_hold_for_its_assets(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(3000), **{"raster:scale": 2e-4, "raster:offset": 0.0})
    np.testing.assert_allclose(loaded(one), 0.6, atol=1e-6)
    one.items[0]["properties"]["bands"] = [{"name": "B04", "raster:scale": 1e-4}]
    one.save()
    np.testing.assert_allclose(loaded(one, "B04")[0], 0.3, atol=1e-6)
    np.testing.assert_allclose(loaded(one, "B03")[0], 0.6, atol=1e-6)


def test_a_file_of_several_bands_is_read_by_its_descriptions_or_not_at_all(one: MadeCatalog) -> None:
    path = stacked(one, ("Blue", "B4 - Red", "B03"))
    for band in BANDS:
        one.items[0]["assets"][band] = one.items[0]["assets"]["data"]
    one.save()
    for band, value in zip(loaded(one, *BANDS), (0.3, 0.2, 0.1), strict=True):
        np.testing.assert_allclose(band, value, atol=1e-6)
    with rasterio.open(path, "r+") as image:
        image.descriptions = ("a", "b", "c")
    with pytest.raises(lulc.UnreachableError, match="3 bands, and neither item nor file says which is B04"):
        loaded(one)


def test_a_file_that_describes_another_band_is_not_read(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    with rasterio.open(one.root / "assets" / "a_B04.tif", "r+") as image:
        image.descriptions = ("B02",)
    with pytest.raises(lulc.UnreachableError, match="calls a band B04 which the file describes as B02"):
        loaded(one)


@pytest.mark.parametrize("kind, value, says", [("uint8", 80, "holds uint8"), ("float64", 30.0, "floats up to 30")])
def test_values_of_which_nothing_says_what_they_are_are_not_read(
    one: MadeCatalog, kind: str, value: float, says: str
) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    write_cog(one.root / "assets" / "a_B04.tif", np.full((20, 20), value, kind))
    with pytest.raises(lulc.UnreachableError, match=says):
        loaded(one)
    say(one, {"scale": 0.01, "offset": 0})
    np.testing.assert_allclose(loaded(one), value / 100, atol=1e-6)


def test_of_several_resolutions_of_a_band_the_finest_is_read(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    assets = one.items[0]["assets"]
    expected, red = loaded(one), assets.pop("B04")
    assets |= {"B04_60m": assets["B02"], "B04_10m": red, "B04_20m": assets["B03"]}
    one.save()
    np.testing.assert_array_equal(loaded(one), expected)


def test_the_copernicus_statistics_count(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", statistics={"nodata": 60.0, "cloud_shadow": 5.0})
    assert found(one)[0].usable == pytest.approx(0.4 * 0.85)


def test_a_baseline_may_be_the_processing_version(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(3000), **{"processing:version": "05.11"})
    del one.items[0]["properties"]["s2:processing_baseline"]
    one.save()
    np.testing.assert_allclose(loaded(one), 0.2, atol=1e-6)


def test_an_address_is_decoded_unless_a_file_has_that_very_name(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(1000))
    assets = one.root / "assets"
    (assets / "a_B04.tif").rename(assets / "my scene.tif")
    one.items[0]["assets"]["B04"]["href"] = "./assets/my%20scene.tif"
    one.save()
    np.testing.assert_allclose(loaded(one), 0.1, atol=1e-6)
    one.items[0]["assets"]["B04"]["href"] = (assets / "my scene.tif").as_uri()
    one.save()
    np.testing.assert_allclose(loaded(one), 0.1, atol=1e-6)
    write_cog(assets / "my%20scene.tif", numbers(2000))
    one.items[0]["assets"]["B04"]["href"] = "./assets/my%20scene.tif"
    one.save()
    np.testing.assert_allclose(loaded(one), 0.2, atol=1e-6)


def test_of_an_api_the_alternate_address_on_the_web_is_taken() -> None:
    from lulc_core.imagery.items import read_item

    feature = plain()
    feature["assets"]["B04"] |= {
        "href": "s3://eodata/B04.jp2",
        "alternate": {"https": {"href": "https://example.org/B04.jp2"}, "odd": 3},
    }
    assert read_item(feature, None).assets["B04"].href == "https://example.org/B04.jp2"


def test_a_missing_mask_says_how_to_go_without(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    del one.items[0]["assets"]["SCL"]
    one.save()
    with pytest.raises(lulc.InvalidInputError, match="mask none or mask model"):
        lulc.load_scene_classification(found(one), lulc.catalog_region(one.root).grid)


def test_the_year_is_that_of_utc(one: MadeCatalog) -> None:
    one.add("a", "2021-01-01T01:00:00+02:00")
    assert lulc.catalog_years(one.root) == [2020]


def add_with(made: MadeCatalog, properties: dict[str, Any], asset: dict[str, Any]) -> None:
    """Add a scene whose item, and whose assets, say this."""
    made.add("a", "2021-06-01T10:00:00Z", **properties)
    for fields in made.items[0]["assets"].values():
        fields |= asset
    made.save()


BOX = [622000, 5642800, 622200, 5643000]


@pytest.mark.parametrize(
    "properties, asset",
    [
        ({"proj:epsg": "EPSG:32631"}, {}),
        ({"proj:epsg": 32631.0}, {}),
        ({"proj:epsg": None, "proj:code": "EPSG:32631"}, {}),
        ({"proj:epsg": None}, {"proj:code": "EPSG:32631"}),
        ({"proj:epsg": None, "proj:wkt2": rasterio.crs.CRS.from_epsg(32631).to_wkt()}, {}),
        ({}, {"proj:bbox": [*BOX[:2], 0, *BOX[2:], 100]}),
        ({}, {"proj:bbox": None, "proj:shape": [20, 20]}),
    ],
)
def test_a_grid_is_found_wherever_the_item_says_it(
    one: MadeCatalog, properties: dict[str, Any], asset: dict[str, Any]
) -> None:
    add_with(one, properties, asset)
    grid = lulc.catalog_region(one.root).grid
    assert (grid.shape, grid.crs.epsg, list(grid.boundingbox.bbox)) == ((20, 20), 32631, BOX)


@pytest.mark.parametrize(
    "properties, asset",
    [
        ({"proj:epsg": None, "proj:code": "EPSG:None"}, {}),
        ({"proj:epsg": True}, {}),
        ({"proj:epsg": 4}, {}),
        ({"proj:code": "EPSG:32632"}, {}),
        ({}, {"proj:bbox": [4.73, 50.9, 4.74, 50.91]}),
        ({}, {"proj:bbox": [*BOX[2:], *BOX[:2]]}),
        ({}, {"proj:bbox": [float("nan"), *BOX[1:]]}),
        ({}, {"proj:bbox": "all"}),
        ({}, {"proj:transform": [1e-9, 0, BOX[0], 0, -1e-9, BOX[3]]}),
        ({}, {"proj:transform": [0, 0, 0, 0, 0, 0]}),
    ],
)
def test_a_grid_that_is_not_said_is_asked_for(
    one: MadeCatalog, properties: dict[str, Any], asset: dict[str, Any]
) -> None:
    add_with(one, properties, asset)
    with pytest.raises(lulc.InvalidInputError, match="give a bounding box"):
        lulc.catalog_region(one.root)


def test_what_lies_in_another_zone_is_told_in_the_report(one: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    for name, day in (("a", 1), ("b", 2), ("c", 3)):
        one.add(name, f"2021-06-0{day}T10:00:00Z")
    one.items[2]["properties"]["proj:epsg"] = 32632
    one.items[2]["geometry"]["coordinates"] = [[[9, 50], [9.1, 50], [9.1, 50.1], [9, 50]]]
    one.save()
    request = lulc.MapRequest(region=lulc.catalog_region(one.root), year=2021, model=tiny_model, catalog=one.root)
    report = lulc.make_map(request, tmp_path / "out")
    assert "1 of the 3 items" in report.warnings[0]
    assert "such as c, and are not covered" in report.warnings[0]


def test_a_number_for_an_identifier_is_read_as_text(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    one.items[0]["id"] = 7
    one.save()
    assert [scene.id for scene in found(one)] == ["7"]


def test_a_footprint_beyond_180_is_found_from_both_sides(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    for west, east in ((179, 181), (-181, -179)):
        one.items[0]["geometry"]["coordinates"] = [[[west, -18], [east, -18], [east, -17], [west, -17], [west, -18]]]
        one.save()
        for box in ((179.5, -17.5, 179.6, -17.4), (-179.6, -17.5, -179.5, -17.4)):
            assert lulc.search(lulc.Region.from_bbox(box), year=2021, catalog=one.root)
        with pytest.raises(lulc.NotFoundError):
            lulc.search(lulc.Region.from_bbox((0, -17.5, 0.1, -17.4)), year=2021, catalog=one.root)


def plain() -> dict[str, Any]:
    """An item of no file."""
    from pathlib import Path

    root = Path("/nowhere")
    assets = {key: root / f"{key}.tif" for key in (*BANDS, "SCL")}
    made = item("a", "2021-06-01T10:00:00Z", assets, root, 20, **{"s2:datatake_id": "GS2A_1_N02.12"})
    made["properties"]["statistics"] = {"nodata": 1}
    for asset in made["assets"].values():
        asset |= {"raster:bands": [{"scale": 1e-4, "offset": 0}], "eo:bands": [{"common_name": "red"}]}
    return json.loads(json.dumps(made))


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [p for key, v in inner for p in [(*so_far, key), *paths(v, (*so_far, key))]]


PATHS = paths(plain())
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["EPSG:None", "NaN", "1e400", "-", "s3://x/y", "file:///etc/passwd", "2021-13-45T99:00:00Z", "1C"]
    ),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


MOST_LINES = 50_000
"""Lines of this project that run for three items, however odd."""
MOST_BYTES = 20 * 2**20
"""Memory that three items may take, however odd: a search of plain ones takes a tenth."""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Fail where more than `MOST_BYTES` of memory are taken, or more than `MOST_LINES` lines of this project run."""
    lines = 0

    def count(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if "lulc_core" not in frame.f_code.co_filename:
            return None
        lines += event == "line"
        assert lines < MOST_LINES, f"{lines} lines"
        return count

    tracemalloc.start()
    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        sys.settrace(before)
        tracemalloc.stop()


@example([(("id",), [])])
@example([(("id",), ...)])
@given(st.lists(st.tuples(st.sampled_from(PATHS), ODD | st.just(...)), min_size=1, max_size=4))
def test_no_field_of_an_item_whatever_it_holds_raises_anything_but_an_error_of_this_project(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[tuple[Any, ...], Any]]
) -> None:
    odd = plain()
    for path, value in changes:
        parent: Any = odd
        try:
            for key in path[:-1]:
                parent = parent[key]
            if value is ...:
                del parent[path[-1]]
            else:
                parent[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
    folder = tmp_path_factory.getbasetemp() / "odd"
    folder.mkdir(exist_ok=True)
    twin = copy.deepcopy(odd) | {"id": "b"}
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [odd, twin, plain()]}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with bounded():
            try:
                region = lulc.catalog_region(folder)
            except lulc.LulcError:
                region = lulc.Region.from_bbox((4.735, 50.92, 4.742, 50.926))
            try:
                scenes = lulc.search(region, year=2021, catalog=folder)
            except lulc.NotFoundError:
                return
        assert all(0 <= verdict.scene.usable <= 1 for verdict in lulc.select(scenes).verdicts)


def test_two_keys_of_one_band_are_told_unless_they_lead_to_one_image(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    assets = one.items[0]["assets"]
    assets["red"] = assets["B04"] | {"href": "./assets/a_B04.jp2"}
    one.save()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found(one)
    assets["red"]["href"] = "./assets/other.tif"
    one.save()
    with pytest.warns(
        UserWarning, match=r"its assets B04 and red are both B04, but two files \(a_B04 and other\); used B04\."
    ):
        found(one)


def test_two_assets_that_end_in_one_band_are_told(one: MadeCatalog) -> None:
    """MAJA's surface reflectance with and without the correction for slopes: the first was used without a word."""
    one.add("a", "2021-06-01T10:00:00Z")
    assets = one.items[0]["assets"]
    assets["SRE_B4"] = assets.pop("B04")
    assets["FRE_B4"] = assets["SRE_B4"] | {"href": "./assets/other.tif"}
    one.save()
    with pytest.warns(UserWarning, match="its assets SRE_B4 and FRE_B4 are both B04, but two files .*; used SRE_B4"):
        assert found(one)[0].hrefs["B04"].endswith("a_B04.tif")


FORCE = ("BLUE", "GREEN", "RED", "REDEDGE1", "REDEDGE2", "REDEDGE3", "BROADNIR", "NIR", "SWIR1", "SWIR2")


@pytest.mark.parametrize("listed", [True, False], ids=["bands of one asset", "an asset a band"])
def test_nir_beside_broadnir_is_the_narrow_one(one: MadeCatalog, listed: bool) -> None:
    """As FORCE names its bands: B8A was read as B08."""
    one.add("a", "2021-06-01T10:00:00Z")
    assets, here = one.items[0]["assets"], one.root / "assets"
    usual = assets.pop("B04")
    numbers = [np.full((40, 40), 100 * i, np.uint16) for i in range(1, len(FORCE) + 1)]
    if listed:
        shape = {"count": len(FORCE), "height": 40, "width": 40, "dtype": "uint16", "crs": f"EPSG:{EPSG}"}
        place = {"transform": from_origin(WEST, NORTH, 10, 10)}
        with rasterio.open(here / "boa.tif", "w", driver="GTiff", **shape, **place) as target:
            target.write(np.stack(numbers))
            target.descriptions = FORCE
        assets["BOA"] = usual | {"href": "./assets/boa.tif", "eo:bands": [{"name": name} for name in FORCE]}
    else:
        for name, values in zip(FORCE, numbers, strict=True):
            write_cog(here / f"{name}.tif", values)
            assets[name] = usual | {"href": f"./assets/{name}.tif"}
    one.save()
    region = lulc.catalog_region(one.root)
    image = lulc.load(lulc.search(region, year=2021, catalog=one.root), region.grid, ("B04", "B08", "B8A"))
    np.testing.assert_allclose(image.values[0, :, 0, 0], (0.03, 0.07, 0.08))


@pytest.mark.parametrize("what", ["proj:epsg", "geometry"])
def test_a_geometry_that_is_not_where_the_grid_is_is_told_with_both_places(one: MadeCatalog, what: str) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    region, made = lulc.catalog_region(one.root), one.items[0]
    if what == "geometry":
        made["geometry"]["coordinates"] = [[pair[::-1] for pair in made["geometry"]["coordinates"][0]]]
    else:
        made["properties"]["proj:epsg"] += 1
    one.save()
    both = r"its geometry lies at \d+\.\d+ .*, but its proj:\* \(EPSG:\d+\) at \d+\.\d+ "
    with pytest.raises(lulc.InvalidInputError, match=f"Item a contradicts itself: {both}"):
        lulc.catalog_region(one.root)
    if what == "geometry":
        with pytest.raises(lulc.NotFoundError, match=f"Item a contradicts itself: {both}"):
            lulc.search(region, year=2021, catalog=one.root)
    else:
        with pytest.warns(UserWarning, match=f"Item a: {both}.*; found it by its geometry"):
            assert len(lulc.search(region, year=2021, catalog=one.root)) == 1


def test_an_item_that_lies_here_by_its_grid_alone_is_left_out_by_name(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    one.add("b", "2021-07-01T10:00:00Z")
    one.add("c", "2020-07-01T10:00:00Z")
    region = lulc.catalog_region(one.root)
    for made in one.items[1:]:
        made["geometry"]["coordinates"] = [[pair[::-1] for pair in made["geometry"]["coordinates"][0]]]
    one.save()
    with pytest.warns(UserWarning, match="Left out: Item b contradicts itself: its geometry lies at") as told:
        assert [scene.id for scene in lulc.search(region, year=2021, catalog=one.root)] == ["a"]
    assert len(told) == 1


def test_an_image_that_is_not_where_its_item_is_is_not_read(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    with rasterio.open(one.root / "assets" / "a_B04.tif", "r+") as image:
        image.transform = image.transform @ Affine.translation(10_000, 0)
    with pytest.raises(lulc.UnreachableError, match=r"Scene a .*: it lies at .*, but the geometry of its item at"):
        loaded(one)


def test_an_image_that_is_shifted_against_its_item_is_not_read_but_a_part_is(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    path = one.root / "assets" / "a_B04.tif"
    with rasterio.open(path, "r+") as image:
        values, there, image.transform = image.read(1), image.transform, image.transform @ Affine.translation(3, 0)
    with pytest.raises(lulc.UnreachableError, match=r"it lies at .*, but the proj:.* of its item say .*, EPSG:32631"):
        loaded(one)
    write_cog(path, values[:, 3:])
    with rasterio.open(path, "r+") as image:
        image.transform = there @ Affine.translation(3, 0)
    assert np.isnan(loaded(one)[0, :, :3]).all()
    assert np.isfinite(loaded(one)[0, :, 3:]).all()


@pytest.mark.parametrize("part", [(0, 0.1), (0.9, 1)])
def test_a_geometry_that_holds_a_part_of_the_image_contradicts_nothing(
    tmp_path: Path, part: tuple[float, float]
) -> None:
    one = MadeCatalog(tmp_path, size=96)
    one.add("a", "2021-06-01T10:00:00Z")
    west, south, east, north = one.items[0]["bbox"]
    low, high = (south + share * (north - south) for share in part)
    one.items[0] |= {
        "bbox": [west, low, east, high],
        "geometry": {"type": "Polygon", "coordinates": [[[west, low], [east, low], [east, high], [west, low]]]},
    }
    one.save()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        loaded(one)


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda fields: fields.update({"raster:bands": '[{"offset": -0.1}]'}), "raster:bands of B04 must be a list"),
        (lambda fields: fields.update({"raster:bands": [{"nodata": "none"}]}), "the nodata of B04 must be a number"),
        (
            lambda fields: fields.update({"boa_add_offset": -1000, "raster:bands": [{"offset": 0}]}),
            "two offsets of B04",
        ),
    ],
)
def test_what_is_said_of_a_band_in_another_form_leaves_the_item_out_by_name(
    one: MadeCatalog, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    region = lulc.catalog_region(one.root)
    change(one.items[0]["assets"]["B04"])
    one.save()
    with pytest.raises(lulc.InvalidInputError, match=f"Item a.* {says}"):
        lulc.search(region, year=2021, catalog=one.root)


@pytest.mark.parametrize("where", ["properties", "asset"])
def test_the_offset_is_also_read_by_the_name_that_esa_gives_it(one: MadeCatalog, where: str) -> None:
    one.add("a", "2021-06-01T10:00:00Z", dn=numbers(3000))
    fields = one.items[0]["properties"] if where == "properties" else one.items[0]["assets"]["B04"]
    fields["s2:boa_add_offset" if where == "properties" else "BOA_ADD_OFFSET"] = -1000
    one.save()
    with pytest.warns(UserWarning, match="stands for an offset of 0, .* say an offset of -0.1 .*; used -0.1"):
        np.testing.assert_allclose(loaded(one), 0.2, atol=1e-6)


@pytest.mark.parametrize(
    "more", [{"s2:product_uri": "S2A_MSIL2A_20210601T100000_N0500_R022_T31UFS_X.SAFE"}, {"processing:version": "05.00"}]
)
def test_a_name_that_says_a_baseline_with_another_offset_is_told(one: MadeCatalog, more: dict[str, str]) -> None:
    one.add("a", "2021-06-01T10:00:00Z", **more)
    with pytest.warns(
        UserWarning, match=f"its processing baseline is 02.12, but its {next(iter(more))} says 05.00, .*"
    ):
        found(one)


def test_a_grid_that_is_not_that_of_the_bands_is_noted(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    assert not lulc.catalog_region(one.root).notes
    for key, asset in one.items[0]["assets"].items():
        if key == "SCL":
            asset["proj:transform"] = [20.0, 0.0, *asset["proj:transform"][2:4], -20.0, asset["proj:transform"][5]]
        else:
            del asset["proj:transform"]
    one.save()
    region = lulc.catalog_region(one.root)
    assert region.grid.shape == (20, 20)
    assert "do not say their grid; that of another asset is used" in region.notes[0]


@pytest.mark.parametrize(
    "platform, name, datatake, letter",
    [
        ("Sentinel-2A", "x", "", "A"),
        ("sentinel-2b", "x", "", "B"),
        (None, "S2C_31UFS_20200409_0_L2A", "", "C"),
        ("Sentinel-2", "a2b", "GS2B_20200409T105031_025059_N02.14", "B"),
        (None, "a2b", "", ""),
    ],
)
def test_the_satellite_is_read_where_an_item_says_it(
    tmp_path: Path, platform: str | None, name: str, datatake: str, letter: str
) -> None:
    said = {"platform": platform, "s2:datatake_id": datatake}
    one = item(name, "2020-04-09T10:50:31Z", {}, tmp_path, 40, **said)
    assert scene_from_item(pystac.Item.from_dict(one)).satellite == letter


def test_an_item_that_its_catalog_replaced_is_left_out_by_name(one: MadeCatalog) -> None:
    for name in ("old", "new", "gone"):
        one.add(name, "2021-06-01T10:00:00Z")
    one.items[0]["properties"]["deprecated"] = one.items[2]["properties"]["deprecated"] = True
    one.items[0]["stac_extensions"] = ["https://stac-extensions.github.io/version/v1.2.0/schema.json"]
    one.items[0]["links"] = [{"rel": "successor-version", "href": "./new.json"}]
    one.save()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert [scene.id for scene in found(one)] == ["new"]
    assert [text for text in map(str, (w.message for w in said)) if re.search("(?i)item .* is deprecated", text)] == [
        "Left out: Item old is deprecated: its catalog has replaced it by new.",
        "Left out: Item gone is deprecated: its catalog has withdrawn it.",
    ]


def remarks_of(made: dict[str, Any], key: str = "B04", **asset: Any) -> tuple[str, ...]:
    made["assets"][key] |= asset
    return scene_from_item(read_item(made, None)).remarks


@pytest.mark.parametrize(
    "asset, says",
    [
        ({"title": "Band 8 - NIR - 10m"}, "its asset B04 has the title of B08; used it as B04."),
        ({"title": "NIR 2 (band 8A)"}, "its asset B04 has the title of B8A; used it as B04."),
        ({"title": "Red (band 4) - 10m"}, None),
        ({"eo:bands": [{"center_wavelength": 0.842}]}, "its asset B04 has the wavelength of B08; used it as B04."),
        ({"bands": [{"eo:center_wavelength": 1610}]}, "its asset B04 has the wavelength of B11; used it as B04."),
        ({"bands": [{"eo:center_wavelength": 0.6646}]}, None),
        ({"bands": [{"eo:center_wavelength": None}]}, None),
        ({"gsd": 60}, r"its pixels are larger than Sentinel-2's own \(B04 of 60 m\), so that a map shows less."),
        ({"gsd": 10.0}, None),
    ],
)
def test_what_is_said_beside_the_key_of_a_band_is_compared_with_it(
    one: MadeCatalog, asset: dict[str, Any], says: str | None
) -> None:
    one.add("a", "2021-06-01T10:00:00Z")
    remarks = remarks_of(one.items[0], **asset)
    assert [bool(re.fullmatch(says, remark)) for remark in remarks] == [True] if says else remarks == ()


@pytest.mark.parametrize(
    "asset, properties, says",
    [
        ({"processing:level": "L1C"}, {}, r"is Level-1, top of atmosphere \(processing:level of B04: L1C\)"),
        ({"title": "Red, TOA reflectance"}, {}, r"is Level-1, top of atmosphere \(title of B04: TOA\)"),
        ({}, {"platform": "landsat-9"}, r"is of landsat-9 \(platform\), not Sentinel-2 L2A"),
    ],
)
def test_another_product_is_left_out_by_what_it_is(
    one: MadeCatalog, asset: dict[str, Any], properties: dict[str, Any], says: str
) -> None:
    one.add("a", "2021-06-01T10:00:00Z", **properties)
    with pytest.raises(lulc.InvalidInputError, match=says):
        remarks_of(one.items[0], **asset)


def test_a_date_without_a_time_is_told(one: MadeCatalog) -> None:
    one.add("a", "2021-01-01T00:00:00Z")
    one.add("b", "2021-06-01T10:00:00Z")
    with pytest.warns(UserWarning, match="Item a: its datetime is midnight, so a date without a time"):
        assert [scene.remarks != () for scene in found(one)] == [True, False]


def test_the_baseline_is_read_of_the_name_of_the_product(one: MadeCatalog) -> None:
    one.add("a", "2021-06-01T10:00:00Z", **{"s2:processing_baseline": None})
    name = "S2A_MSIL2A_20210601T105031_N0208_R051_T31UFS_20210601T120000"
    one.items[0]["properties"]["sentinel:product_id"] = name
    one.save()
    assert found(one)[0].boa_offset == 0
    one.items[0]["properties"]["sentinel:product_id"] = name.replace("N0208", "N0500")
    one.save()
    assert found(one)[0].boa_offset == -1000


SENTINEL_2B = "B01 442.3 B02 492.1 B03 559 B04 665 B05 703.8 B06 739.1 B07 779.7 B08 833 B8A 864 B11 1610.4 B12 2185.7"
"""Central wavelengths, nm, as ESA's handbook has them."""


def test_bands_that_are_named_by_their_wavelength_are_found() -> None:
    named = dict(zip(SENTINEL_2B.split()[::2], SENTINEL_2B.split()[1::2], strict=True))
    for form in ("{} nm", "{}nm", "Band 1 ({} Nanometers)", "center wavelength {} nm"):
        assert {band: band_named(form.format(nm)) for band, nm in named.items()} == {band: band for band in named}
    assert band_named("0.665 um") == band_named("0.6646 Micrometers") == "B04"
    assert [band_named(text) for text in ("605 nm", "20 m", "2020", "665", "NDVI")] == [ANOTHER, None, None, None, None]
    assert band_named("B8A (842 nm)") == "B8A"  # a name comes first
