"""No data of a class raster is what the file says, and its codes mean what it names."""

from __future__ import annotations

import contextlib
import struct
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapefile
import xarray as xr
from hypothesis import example, given
from hypothesis import strategies as st
from making import write_cog
from rasterio.vrt import WarpedVRT

import lulc_core as lulc
from lulc_core.valid_pixels import with_zero_as_no_data

if TYPE_CHECKING:
    from pathlib import Path

CODES = np.repeat(np.arange(1, 5, dtype=np.uint8), 100).reshape(20, 20)
DYNAMIC_WORLD = (
    *("Water", "Trees", "Grass", "Flooded vegetation", "Crops", "Shrub and scrub"),
    *("Built area", "Bare ground", "Snow and ice"),
)


def write(path: Path, codes: np.ndarray, *, nodata: int | None = None, seen: np.ndarray | None = None) -> Path:
    write_cog(path, codes)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as image:
        image.nodata = nodata
        if seen is not None:
            image.write_mask(seen)
    return path


def categories(path: Path, names: tuple[str, ...]) -> None:
    rows = "".join(f"<Category>{name}</Category>" for name in names)
    text = f"<PAMDataset><PAMRasterBand band='1'><CategoryNames>{rows}</CategoryNames></PAMRasterBand></PAMDataset>"
    path.with_name(path.name + ".aux.xml").write_text(text)


@pytest.mark.parametrize("tag", [4, 9, 255])
def test_the_tag_says_where_a_map_has_no_data_to_sample_and_to_assess(tmp_path: Path, tag: int) -> None:
    path = write(tmp_path / "map.tif", np.where(CODES == 4, np.uint8(tag), CODES), nodata=tag)
    read = lulc.read_map(path)
    np.testing.assert_array_equal(read.values, np.where(CODES == 4, 0, CODES))
    strata = lulc.draw_sample(read.to_dataset(name="label"), 60).groupby("stratum")["stratum_size"].first()
    assert strata.to_dict() == {"water": 100, "trees": 100, "grass": 100}
    assert lulc.assess_rasters(path, write(tmp_path / "reference.tif", CODES)).sample_size == 300


def test_a_mask_says_so_too(tmp_path: Path) -> None:
    seen = np.full((20, 20), 255, np.uint8)
    seen[:, :5] = 0
    path = write(tmp_path / "map.tif", CODES, seen=seen)
    assert np.count_nonzero(lulc.read_map(path)) == 300
    assert lulc.assess_rasters(path, write(tmp_path / "reference.tif", CODES)).sample_size == 300


@pytest.mark.parametrize("big", ["NO", "YES"])
def test_a_map_that_is_cut_off_is_never_read_without_its_mask(tmp_path: Path, big: str) -> None:
    seen, path = np.where(np.indices((20, 20))[1] < 5, 0, 255).astype(np.uint8), tmp_path / "map.tif"
    with rasterio.open(write(path, CODES)) as image:
        profile = image.profile | {"BIGTIFF": big}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as image:
        image.write(CODES, 1)
        image.write_mask(seen)
    np.testing.assert_array_equal(lulc.read_map(path, on_remark=lambda _: None), np.where(seen, CODES, 0))
    whole, said = path.read_bytes(), set()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(lulc.InvalidInputError, match=r"cut off|not a readable raster") as error:
            lulc.read_map(path, on_remark=lambda _: None)
        said.add("cut off" in str(error.value))
    assert said == {True, False}
    for length in range(len(whole) - 170, len(whole) - 50, 3):  # the mask's directory; zeros did not arrive
        path.write_bytes(whole[:length] + bytes(len(whole) - length))
        with pytest.raises(lulc.InvalidInputError, match="cut off"):
            lulc.read_map(path, on_remark=lambda _: None)


def test_a_legend_of_its_own_is_read_by_its_names(tmp_path: Path) -> None:
    path = write(tmp_path / "dw.tif", CODES - 1, nodata=255)
    categories(path, DYNAMIC_WORLD)
    np.testing.assert_array_equal(lulc.read_map(path).values, CODES)
    assert lulc.assess_rasters(path, write(tmp_path / "ours.tif", CODES)).overall.value == 1


def test_an_attribute_table_names_classes_too(tmp_path: Path) -> None:
    path = write(tmp_path / "table.tif", CODES * 10)
    fields = "".join(
        f"<FieldDefn index='{i}'><Name>{name}</Name><Type>0</Type><Usage>{usage}</Usage></FieldDefn>"
        for i, (name, usage) in enumerate((("Code", 5), ("Label", 2)))
    )
    names = zip((10, 20, 30, 40), ("crops", "water", "built-up", "trees"), strict=True)
    rows = "".join(f"<Row><F>{code}</F><F>{name}</F></Row>" for code, name in names)
    path.with_name("table.tif.aux.xml").write_text(
        f"<PAMDataset><PAMRasterBand band='1'><GDALRasterAttributeTable>{fields}{rows}</GDALRasterAttributeTable>"
        "</PAMRasterBand></PAMDataset>"
    )
    expected = np.array([0, 5, 1, 7, 2], np.uint8)[CODES]
    np.testing.assert_array_equal(lulc.read_map(path).values, expected)


def test_names_that_the_legend_does_not_have_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "worldcover.tif", np.full((20, 20), 10, np.uint8))  # 10 is clouds here
    categories(path, (*("",) * 10, "Tree cover and mangroves"))
    with pytest.raises(lulc.InvalidInputError, match=r"legend of its own, .*{10: 'Tree cover and mangroves'}"):
        lulc.read_map(path)
    with pytest.raises(lulc.InvalidInputError, match="legend of its own"):
        lulc.assess_rasters(path, path)


@pytest.mark.parametrize("how", ["tag", "mask"])
def test_zeros_that_a_file_calls_data_are_refused(tmp_path: Path, how: str) -> None:
    seen = np.full((20, 20), 255, np.uint8)
    seen[0] = 0
    options = {"nodata": 255} if how == "tag" else {"seen": seen}
    path = write(tmp_path / "dw.tif", CODES - 1, **options)
    with pytest.raises(lulc.InvalidInputError, match="has pixels of 0 that are data"):
        lulc.read_map(path)


def test_an_auxiliary_file_that_is_no_xml_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", CODES)
    path.with_name("map.tif.aux.xml").write_text("<PAM")
    with pytest.raises(lulc.InvalidInputError, match=r"map\.tif\.aux\.xml is not XML"):
        lulc.read_map(path)


def test_a_map_that_names_nothing_is_known_by_its_colours(tmp_path: Path) -> None:
    colours = [lulc.LEGEND[code].colour for code in range(1, 5)]
    dynamic_world = write(tmp_path / "dw.tif", CODES - 1)
    with rasterio.open(dynamic_world, "r+") as image:
        image.write_colormap(1, {code: (*rgb, 255) for code, rgb in enumerate(colours)})
    np.testing.assert_array_equal(lulc.read_map(dynamic_world).values, CODES)
    world_cover = write(tmp_path / "wc.tif", np.full((20, 20), 10, np.uint8))
    with rasterio.open(world_cover, "r+") as image:
        image.write_colormap(1, {10: (0, 100, 0, 255), 20: (255, 187, 34, 255)})
    with pytest.raises(lulc.InvalidInputError, match="WorldCover's tree cover"):
        lulc.read_map(world_cover)
    own = write(tmp_path / "own.tif", CODES)
    with rasterio.open(own, "r+") as image:
        image.write_colormap(1, {code: (code, 200, 3, 255) for code in range(1, 5)})
    np.testing.assert_array_equal(lulc.read_map(own).values, CODES)


def test_colours_that_contradict_the_codes_or_the_no_data_value_are_refused(tmp_path: Path) -> None:
    water, trees = (lulc.LEGEND[code].colour for code in (1, 2))
    for name, colours, nodata, said in (
        ("exchanged.tif", {1: trees, 2: water, 12: (1, 2, 3)}, None, r"other classes .*{1: 'trees', 2: 'water'}"),
        ("nodata.tif", {1: water, 2: trees}, 2, "names code 2 'trees', but its no-data value is 2, too"),
    ):
        path = write(tmp_path / name, CODES, nodata=nodata)
        with rasterio.open(path, "r+") as image:
            image.write_colormap(1, {code: (*rgb, 255) for code, rgb in colours.items()})
        with pytest.raises(lulc.InvalidInputError, match=said):
            lulc.read_map(path)


def test_a_compression_that_gdal_lacks_is_named(tmp_path: Path) -> None:
    """JPEG XL, which the wheels of rasterio cannot read; where GDAL can, these blocks are none."""
    path = write(tmp_path / "map.tif", CODES)
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", content, 4)
    entries = range(start + 2, start + 2 + 12 * struct.unpack_from("<H", content, start)[0], 12)
    compression = next(at for at in entries if struct.unpack_from("<H", content, at)[0] == 259)
    struct.pack_into("<H", content, compression + 8, 50_002)
    path.write_bytes(content)
    with pytest.raises(lulc.InvalidInputError, match=r"map\.tif is not a readable raster"):
        lulc.read_map(path)


def test_complex_numbers_are_no_codes(tmp_path: Path) -> None:
    write_cog(tmp_path / "radar.tif", CODES.astype(np.complex64))
    with pytest.raises(lulc.InvalidInputError, match="it holds complex numbers"):
        lulc.read_map(tmp_path / "radar.tif")


@pytest.mark.parametrize("codes, says", [(CODES - 1, "Dynamic World's codes count from 0"), (CODES * 10, "WorldCover")])
def test_codes_that_may_be_another_maps_are_refused_without_names(tmp_path: Path, codes: np.ndarray, says: str) -> None:
    path, ours = write(tmp_path / "theirs.tif", codes % 11), write(tmp_path / "ours.tif", CODES)
    if codes.max() > 10:
        write(path, np.full((20, 20), 10, np.uint8))
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.read_map(path)
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.assess_rasters(ours, path)


def test_a_map_that_names_nothing_is_read_by_number_aloud(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", CODES, nodata=0)
    with pytest.warns(UserWarning, match=r"names no classes; .* 1 water, 2 trees, 3 grass, 4 flooded vegetation"):
        lulc.read_map(path)
    assert sum("names no classes" in warning for warning in lulc.assess_rasters(path, path).warnings) == 2
    categories(path, ("no data", *lulc.LEGEND.names))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        lulc.read_map(path)
    assert lulc.assess_rasters(path, path).warnings == ()


def test_codes_with_a_scale_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", CODES)
    with rasterio.open(path, "r+") as image:
        image.scales = (0.5,)
    with pytest.raises(lulc.InvalidInputError, match="has a scale and an offset"):
        lulc.read_map(path)


LOSSY = {
    "a.tif": {"driver": "GTiff", "compress": "JPEG"},
    "b.tif": {"driver": "GTiff", "compress": "LERC", "MAX_Z_ERROR": 1},
    "c.jp2": {"driver": "JP2OpenJPEG"},
    "d.jpg": {"driver": "JPEG"},
}
LOSSLESS = {
    "a.tif": {"driver": "GTiff", "compress": "LERC"},
    "b.tif": {"driver": "GTiff", "compress": "LERC", "MAX_Z_ERROR": 0.01},
    "c.jp2": {"driver": "JP2OpenJPEG", "QUALITY": 100, "REVERSIBLE": "YES"},
    "d.png": {"driver": "PNG"},
}


def compressed(path: Path, profile: dict[str, object]) -> Path:
    with rasterio.open(write(path.with_suffix(".plain"), CODES)) as plain:
        georeferenced = {key: plain.profile[key] for key in ("crs", "transform", "height", "width", "count", "dtype")}
    with rasterio.open(path, "w", **georeferenced, **profile) as image:
        image.write(CODES, 1)
    return path


@pytest.mark.parametrize("name", LOSSY)
def test_codes_compressed_with_loss_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"is compressed with loss .*, which makes other codes of class"):
        lulc.read_map(compressed(tmp_path / name, LOSSY[name]))


@pytest.mark.parametrize("name", LOSSLESS)
def test_codes_compressed_without_loss_are_read(tmp_path: Path, name: str) -> None:
    np.testing.assert_array_equal(lulc.read_map(compressed(tmp_path / name, LOSSLESS[name])).values, CODES)


def test_a_value_attribute_table_names_classes_too(tmp_path: Path) -> None:
    path = write(tmp_path / "table.tif", CODES * 10)
    with shapefile.Writer(dbf=str(tmp_path / "table.tif.vat.dbf")) as table:
        table.field("VALUE", "N", 10)
        table.field("COUNT", "N", 10)
        table.field("LandCover", "C", 30)
        for code, name in zip((10, 20, 30, 40), ("crops", "water", "built-up", "trees"), strict=True):
            table.record(code, 100, name)
    np.testing.assert_array_equal(lulc.read_map(path).values, np.array([0, 5, 1, 7, 2], np.uint8)[CODES])
    (tmp_path / "table.tif.vat.dbf").write_bytes(b"no table")
    with pytest.raises(lulc.InvalidInputError, match=r"table\.tif\.vat\.dbf is not a dBASE table"):
        lulc.read_map(path)


STYLES = {
    "palette": (".qml", "qgis", "paletteEntry", "value"),
    "ramp": (".qml", "qgis", "item", "value"),
    "sld": (".sld", "StyledLayerDescriptor xmlns='http://www.opengis.net/sld'", "ColorMapEntry", "quantity"),
}
"""Ending, root and element of the styles of other tools, and the attribute that is the code."""
IMAGINE = "".join(
    f"<FieldDefn><Name>{name}</Name><Type>{kind}</Type><Usage>{usage}</Usage></FieldDefn>"
    for name, kind, usage in (("Histogram", 1, 1), ("Class_Names", 2, 2))
)
"""Columns of Erdas Imagine's attribute table: the row is the code."""


def named_by(how: str, path: Path, codes: np.ndarray, names: tuple[str, ...]) -> Path:
    """Write a raster whose classes are named in one of the ways of other tools; names are those of codes 1, 2, ..."""
    write(path, codes)
    if how in ("flags", "tags"):
        of_codes = {f"class_{code}": name for code, name in enumerate(names, 1)}
        flags = {"flag_values": "1b, 2b, 3b, 4b", "flag_meanings": " ".join(n.replace(" ", "_") for n in names)}
        with rasterio.open(path, "r+") as image:
            image.update_tags(**(flags if how == "flags" else of_codes))
    elif how == "earth engine":
        with rasterio.open(path, "r+") as image:
            image.update_tags(label_class_values="[1, 2, 3, 4]", label_class_names=str([*names]))
    elif how in STYLES:
        ending, start, entry, value = STYLES[how]
        rows = "".join(f"<{entry} {value}='{i}' color='#123456' label='{n}'/>" for i, n in enumerate(names, 1))
        path.with_suffix(ending).write_text(f"<{start}><ColorMap>{rows}</ColorMap></{start.split()[0]}>")
    elif how in ("rows", "imagine"):
        all_names = enumerate(("Unclassified", *names))
        rows = "".join(f"<Row index='{i}'><F>9</F><F>{name}</F></Row>" for i, name in all_names)
        table = f"<GDALRasterAttributeTable>{IMAGINE}{rows}</GDALRasterAttributeTable>"
        beside = path.with_name(path.name + ".aux.xml")
        beside.write_text(f"<PAMDataset><PAMRasterBand band='1'>{table}</PAMRasterBand></PAMDataset>")
        if how == "imagine":
            rasterio.shutil.copy(path, path.with_suffix(".img"), driver="HFA")
            beside.unlink()
            return path.with_suffix(".img")
    else:
        with rasterio.open(path) as source, WarpedVRT(source) as view:
            rasterio.shutil.copy(view, path.with_suffix(".vrt"), driver="VRT")
        rows = "".join(f"<Category>{name}</Category>" for name in ("", *names))
        text = path.with_suffix(".vrt").read_text()
        path = path.with_suffix(".vrt")
        path.write_text(text.replace("<ColorInterp>", f"<CategoryNames>{rows}</CategoryNames><ColorInterp>", 1))
    return path


@pytest.mark.parametrize("how", ["flags", "tags", "earth engine", *STYLES, "rows", "imagine", "vrt"])
def test_names_are_found_wherever_other_tools_write_them(tmp_path: Path, how: str) -> None:
    path = named_by(how, tmp_path / "map.tif", CODES, ("crops", "Bare soil", "built-up", "trees"))
    expected = np.array([0, 5, 8, 7, 2], np.uint8)[CODES]
    np.testing.assert_array_equal(lulc.read_map(path).values, expected)


def test_names_that_contradict_each_other_or_the_tag_are_refused(tmp_path: Path) -> None:
    path = named_by("tags", tmp_path / "map.tif", CODES, ("crops", "Bare soil", "built-up", "trees"))
    categories(path, ("", "cropland", "bare", "built area", "tree cover"))
    lulc.read_map(path)
    categories(path, ("", "water", "bare", "built area", "tree cover"))
    with pytest.raises(lulc.InvalidInputError, match="names code 1 both 'crops' and 'water'"):
        lulc.read_map(path)
    path.with_name("map.tif.aux.xml").unlink()
    with rasterio.open(path, "r+") as image:
        image.nodata = 2
    with pytest.raises(lulc.InvalidInputError, match="names code 2 'Bare soil', but its no-data value is 2"):
        lulc.read_map(path)


def test_of_an_attribute_table_the_column_of_words_has_the_names(tmp_path: Path) -> None:
    path = write(tmp_path / "table.tif", CODES)
    with shapefile.Writer(dbf=str(tmp_path / "table.tif.vat.dbf")) as table:
        for name, kind in (("VALUE", "N"), ("CODE_18", "C"), ("LABEL1", "C"), ("LABEL3", "C")):
            table.field(name, kind, 20)
        for code, name in enumerate(("crops", "water", "built-up", "trees"), 1):
            table.record(code, f"11{code}", "land" if code > 2 else "sea", name)
    np.testing.assert_array_equal(lulc.read_map(path).values, np.array([0, 5, 1, 7, 2], np.uint8)[CODES])


def test_numbers_in_a_style_are_no_names(tmp_path: Path) -> None:
    path = named_by("palette", tmp_path / "map.tif", CODES, ("1", "2", "3", "4"))
    with pytest.warns(UserWarning, match="names no classes"):
        np.testing.assert_array_equal(lulc.read_map(path).values, CODES)


def test_rasters_below_the_home_folder_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "ours.tif", CODES)
    assert lulc.assess_rasters("~/ours.tif", "~/ours.tif").overall.value == 1
    with pytest.raises(lulc.NotFoundError, match=r"No map at ~/theirs\.tif"):
        lulc.assess_rasters("~/ours.tif", "~/theirs.tif")


def test_a_legend_that_counts_from_0_is_known_by_what_agrees(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours.tif", CODES)
    theirs = write(tmp_path / "theirs.tif", np.where(CODES == 1, 4, CODES - 1).astype(np.uint8), nodata=255)
    for paths, pairs in (((ours, theirs), "1 is 4, 2 is 1, 3 is 2"), ((theirs, ours), "1 is 2, 2 is 3, 3 is 4")):
        with pytest.raises(lulc.InvalidInputError, match=rf"agree in 0 % .* in 100 % if .*{pairs}.*theirs\.tif"):
            lulc.assess_rasters(*paths)
    for path in (ours, theirs):
        with rasterio.open(path, "r+") as image:
            image.update_tags(**{f"CLASS_{c.code}": c.name for c in lulc.LEGEND})
    assert lulc.assess_rasters(ours, theirs).overall.value == 0
    two = write(tmp_path / "two.tif", np.where(CODES > 2, 2, CODES).astype(np.uint8))
    swapped = write(tmp_path / "swapped.tif", np.where(CODES > 2, 1, 2).astype(np.uint8))
    assert lulc.assess_rasters(two, swapped).overall.value == pytest.approx(0.25)


@pytest.mark.parametrize("kind", ["mask", "alpha"])
def test_tag_and_mask_both_count(tmp_path: Path, kind: str) -> None:
    path, seen = tmp_path / "map.tif", np.full((20, 20), 255, np.uint8)
    seen[:, :5] = 0
    write_cog(path, CODES)
    with rasterio.open(path) as image:
        profile = image.profile | {"nodata": 4} | ({"count": 2, "alpha": "yes"} if kind == "alpha" else {})
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as image:
        image.write(CODES, 1)
        image.write(seen, 2) if kind == "alpha" else image.write_mask(seen)
        image.update_tags(**{f"CLASS_{c.code}": c.name for c in lulc.LEGEND if c.code != 4})
        image.colorinterp = [rasterio.enums.ColorInterp.gray, rasterio.enums.ColorInterp.alpha][: image.count]
    np.testing.assert_array_equal(lulc.read_map(path).values, np.where((CODES == 4) | (seen == 0), 0, CODES))
    with rasterio.open(path) as image, rasterio.open(with_zero_as_no_data(image, str(path), 1)) as view:
        np.testing.assert_array_equal(view.read(1), np.where((CODES == 4) | (seen == 0), 0, CODES))


HEADER = struct.pack("<BBBBIHH20x", 3, 124, 1, 1, 2**32 - 1, 65, 0)
FIELD = struct.pack("<11sc4xBB14x", b"VALUE", b"N", 0, 0)


@example(HEADER + FIELD + b"\r", ".vat.dbf")
@example(b"<PAM><GDALRasterAttributeTable><Row><F/></Row></GDALRasterAttributeTable></PAM>", ".aux.xml")
@given(st.binary(max_size=200) | st.binary(max_size=60).map(HEADER.__add__), st.sampled_from([".vat.dbf", ".aux.xml"]))
def test_whatever_lies_beside_a_map_is_read_or_named(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.tif"
    for other in (".vat.dbf", ".aux.xml"):
        path.with_name(f"odd.tif{other}").unlink(missing_ok=True)
    write(path, CODES, nodata=0)
    path.with_name(f"odd.tif{ending}").write_bytes(content)
    with contextlib.suppress(lulc.InvalidInputError):
        assert set(np.unique(lulc.read_map(path, on_remark=lambda _: None))) <= {0, *range(1, 11)}


@pytest.mark.parametrize("how, mixed", [("nearest", False), ("mode", False), ("bilinear", True), ("average", True)])
def test_a_vrt_that_mixes_codes_is_refused(tmp_path: Path, how: str, mixed: bool) -> None:
    with (
        rasterio.open(write(tmp_path / "map.tif", CODES, nodata=0)) as source,
        WarpedVRT(source, crs="EPSG:32632", resampling=rasterio.enums.Resampling[how]) as warped,
    ):
        rasterio.shutil.copy(warped, tmp_path / "map.vrt", driver="VRT")
    expected = pytest.raises(lulc.InvalidInputError, match=f"resampled by {how}, which makes other codes")
    with expected if mixed else contextlib.nullcontext(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert {*np.unique(lulc.read_map(tmp_path / "map.vrt"))} == {0, 1, 2, 3, 4}


def test_degrees_that_are_said_to_be_metres_are_refused(tmp_path: Path) -> None:
    with rasterio.open(write(tmp_path / "map.tif", CODES), "r+") as image:
        image.transform = rasterio.Affine(0.0001, 0, 4.5, 0, -0.0001, 51)
    with pytest.raises(lulc.InvalidInputError, match=r"pixels of 0\.0001 m a side .* are degrees, assign that CRS"):
        lulc.read_map(tmp_path / "map.tif")


def test_a_netcdf_with_several_variables_says_which_and_how_to_take_one(tmp_path: Path) -> None:
    codes = (("y", "x"), np.ones((4, 4), np.int8))
    axis = np.arange(4.0)
    xr.Dataset({"cover": codes, "doubt": codes}, coords={"x": axis, "y": axis}).to_netcdf(
        tmp_path / "two.nc", engine="scipy"
    )
    with pytest.raises(lulc.InvalidInputError, match=r"several rasters \(cover, doubt\)[.] .*gdal_translate .*:cover"):
        lulc.read_map(tmp_path / "two.nc")
