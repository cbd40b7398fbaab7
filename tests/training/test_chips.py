"""Training data from outside: image and label on the same ground, reflectance, bands in order, or refused by name."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import rasterio.errors
import scipy.ndimage
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from rasterio.enums import ColorInterp
from rasterio.transform import Affine, from_origin

import lulc_core as lulc
from lulc_core.imagery.scenes import BANDS
from lulc_core.training.chip_survey import Survey, survey
from lulc_core.training.datasets import Chip, hold_out, read_chips
from lulc_core.training.places import SHARED, Footprint, places_of
from lulc_core.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

SIDE = 16
WEST, NORTH = 622_000, 5_643_000
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def write(path: Path, values: NDArray[Any], *, names: Sequence[str] = (), **profile: Any) -> Path:
    """A GeoTIFF of values (band, y, x) at a place, unless `profile` says another, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = values.shape
    shape = {"count": count, "height": height, "width": width, "dtype": values.dtype}
    place = {"crs": "EPSG:32631", "transform": from_origin(WEST, NORTH, 10, 10)}
    with rasterio.open(path, "w", driver="GTiff", **(shape | place | profile)) as target:
        target.write(values)
        for i, name in enumerate(names, start=1):
            target.set_band_description(i, name)
    return path


def reflectance(seed: int = 0, bands: int = 6) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(0.02, 0.4, (bands, SIDE, SIDE)).astype(np.float32)


def digital(seed: int = 0) -> NDArray[np.uint16]:
    return np.rint(reflectance(seed) * 10_000).astype(np.uint16)


LABEL = np.ones((1, SIDE, SIDE), np.uint8)


def chip(folder: Path, image: NDArray[Any], label: NDArray[np.uint8] = LABEL, **profile: Any) -> Chip:
    """A data set of one chip; `profile` is of its image."""
    write(folder / "images/a.tif", image, **profile)
    write(folder / "labels/a.tif", label)
    return read_chips(folder)[0]


def without_a_corner(values: NDArray[Any], blank: float) -> NDArray[Any]:
    """Values with no data in a corner of 4 x 4 px."""
    values = values.copy()
    values[:, :4, :4] = blank
    return values


# Bands


@pytest.mark.parametrize(
    "names",
    [
        ["B2", "B3", "B4", "B8", "B11", "B12"],
        ["b12", "b11", "b08", "b02", "b03", "b04"],
        ["B04_10m", "B03_10m", "B02_10m", "B08_10m", "B11_20m", "B12_20m"],
        ["blue", "green", "red", "nir", "swir16", "swir22"],
        ["Red (B4)", "Green (B3)", "Blue (B2)", "NIR (B8)", "SWIR 1", "SWIR 2"],
        ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"],
        ["coastal", "blue", "green", "red", "rededge1", "rededge2", "nir", "nir08", "nir09", "swir16", "swir22"],
        ["BLUE", "GREEN", "RED", "BROADNIR", "NIR", "SWIR1", "SWIR2"],
    ],
)
def test_bands_are_those_that_the_file_names_in_any_order(tmp_path: Path, names: list[str]) -> None:
    order = {"B02": ("b2", "blue"), "B03": ("b3", "green"), "B04": ("b4", "red"), "B08": ("b8", "nir")}
    order |= {"B11": ("b11", "swir16", "swir 1", "swir1"), "B12": ("b12", "swir22", "swir 2", "swir2")}
    order["B08"] = ("broadnir",) if "BROADNIR" in names else order["B08"]
    plain = [name.lower().replace("b0", "b").split("_")[0].split(" (")[0] for name in names]
    places = [next(i for i, name in enumerate(plain) if name in order[band]) for band in BANDS]
    values = reflectance(bands=len(names))
    image, _ = chip(tmp_path, values, names=names).read()
    np.testing.assert_array_equal(image, values[places])


@pytest.mark.parametrize("names", [[], [f"Band {i}" for i in range(1, 7)], ["a", "b", "c", "d", "e", "f"]])
def test_bands_without_a_name_of_a_band_are_taken_in_the_documented_order(tmp_path: Path, names: list[str]) -> None:
    np.testing.assert_array_equal(chip(tmp_path, reflectance(), names=names).read()[0], reflectance())


@pytest.mark.parametrize(
    "names",
    [
        ["B1", "B2", "B3", "B4", "B5", "B6"],
        ["red", "red", "green", "nir", "swir1", "swir2"],
        ["B4", "B3", "B2", "B8A", "B11", "B12"],
        ["red", "green", "blue", "Band 4", "Band 5", "Band 6"],
    ],
)
def test_names_that_are_not_those_of_the_six_bands_are_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(lulc.InvalidInputError, match=f"B04 B03 B02 B08 B11 B12.*named {', '.join(names)}"):
        chip(tmp_path, reflectance(), names=names).read()


# Values


@pytest.mark.parametrize(
    "image, says",
    [
        (digital().astype(np.float32), "values up to 399.*Divide digital numbers by 10000"),
        (reflectance() * 100, "values up to 39"),
        (np.full_like(reflectance(), 4.5) + reflectance(), "values up to 4.8"),
        (without_a_corner(reflectance(), -9999), "values down to -9999.*a_nodata"),
        ((reflectance() > 0.2).astype(np.uint16), "dark beyond belief"),
        (reflectance() / 10_000, "dark beyond belief"),
        (digital().astype(np.int32), "holds int32"),
    ],
)
def test_values_that_cannot_be_reflectance_are_refused(tmp_path: Path, image: NDArray[Any], says: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=rf"a\.tif.*{says}"):
        chip(tmp_path, image).read()


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32"])
def test_scale_and_offset_in_the_file_are_believed(tmp_path: Path, dtype: str, by_name: bool) -> None:
    path = write(tmp_path / "images/a.tif", (digital() + 1000).astype(dtype))
    with rasterio.open(path, "r+") as target:
        if by_name:
            target.update_tags(scale_factor=1e-4, add_offset=-0.1)
        else:
            target.scales, target.offsets = [1e-4] * 6, [-0.1] * 6
    write(tmp_path / "labels/a.tif", LABEL)
    np.testing.assert_allclose(read_chips(tmp_path)[0].read()[0], digital() / 10_000, atol=1e-6)


def test_an_offset_that_is_still_there_is_spoken_of(tmp_path: Path) -> None:
    said = "The set of labels names no classes; its codes are taken for those of this project: 1 water."
    assert survey([chip(tmp_path, digital())]).remarks == [said]
    assert "baseline 04.00" in survey([chip(tmp_path, digital() + np.uint16(1000))]).remarks[0]


@pytest.mark.parametrize("many, told", [(1, False), (2, True)])
def test_images_that_are_stretched_band_by_band_are_spoken_of(tmp_path: Path, many: int, told: bool) -> None:
    """As for pictures: the lowest value of each band is 0 and the highest 1; 2 % of both ends may be cut."""
    chips = []
    for number in range(3):
        image = reflectance(number).astype(np.float32)
        if number < many:
            low, high = (np.percentile(image, at, axis=(1, 2), keepdims=True) for at in (2 * number, 100 - 2 * number))
            image = ((image - low) / (high - low)).clip(0, 1)
        chips.append(chip(tmp_path / str(number), image))
    said = [remark for remark in survey(chips).remarks if "stretched band by band" in remark]
    assert [remark.partition(",")[0] for remark in said] == ["In 2 of 3 images"] * told


def test_an_offset_that_is_still_in_some_images_is_spoken_of(tmp_path: Path) -> None:
    chips = [chip(tmp_path / str(i), digital(i) + np.uint16(1000 * (i == 0))) for i in range(11)]
    said = survey(chips[:2]).remarks[0]
    assert re.match(
        r"In 1 of 2 images, such as that of .*a.tif, no reflectance is below 0.095; .* still in these", said
    )
    assert (survey(chips[:1]) + survey(chips[1:2])).remarks[0] == said
    assert len(survey(chips).remarks) == 1  # one of eleven may be sand


def test_images_of_eight_bits_are_spoken_of(tmp_path: Path) -> None:
    assert "Land is brighter" in survey([chip(tmp_path, digital() // np.uint16(20))]).remarks[0]


# No data


@pytest.mark.parametrize(
    "image, profile",
    [
        (without_a_corner(digital(), 65_535), {"nodata": 65_535}),
        (without_a_corner(digital(), 65_535), {}),  # saturated, as ESA writes it
        (without_a_corner(digital(), 0), {"nodata": 0}),
        (without_a_corner(digital(), 0), {}),
        (without_a_corner(digital(), 7), {"nodata": 7}),
        (without_a_corner(reflectance(), -9999), {"nodata": -9999}),
        (without_a_corner(reflectance(), np.nan), {"nodata": np.nan}),
        (without_a_corner(reflectance(), np.nan), {}),
        (without_a_corner(reflectance(), 0), {}),
    ],
)
def test_pixels_without_data_have_no_part_in_learning(
    tmp_path: Path, image: NDArray[Any], profile: dict[str, Any]
) -> None:
    read = chip(tmp_path, image, **profile)
    assert_without_a_corner(read)
    assert survey([read]).hidden == 16
    assert "16 labelled pixels are not learned" in survey([read]).remarks[0]


def assert_without_a_corner(read: Chip) -> None:
    image, label = read.read()
    seen = np.ones((SIDE, SIDE), bool)
    seen[:4, :4] = False
    np.testing.assert_array_equal(label, np.where(seen, 1, 0))
    np.testing.assert_allclose(image[:, seen], reflectance()[:, seen], atol=1e-4)
    means = np.broadcast_to(reflectance()[:, seen].mean(axis=1)[:, None], (6, 16))
    np.testing.assert_allclose(image[:, ~seen], means, atol=1e-4)


def test_a_mask_in_the_file_is_no_data(tmp_path: Path) -> None:
    path = write(tmp_path / "images/a.tif", digital())
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as target:
        target.write_mask(without_a_corner(np.full((1, SIDE, SIDE), 255, np.uint8), 0)[0])
    write(tmp_path / "labels/a.tif", LABEL)
    assert_without_a_corner(read_chips(tmp_path)[0])


def test_an_alpha_band_is_no_band_but_a_mask(tmp_path: Path) -> None:
    alpha = without_a_corner(np.full((1, SIDE, SIDE), 65_535, np.uint16), 0)
    path = write(tmp_path / "images/a.tif", np.concatenate([digital(), alpha]))
    with rasterio.open(path, "r+") as target:
        target.colorinterp = [*target.colorinterp[:6], ColorInterp.alpha]
    write(tmp_path / "labels/a.tif", LABEL)
    assert_without_a_corner(read_chips(tmp_path)[0])


def test_no_data_in_one_band_is_no_data_and_a_dark_band_is_not(tmp_path: Path) -> None:
    image = digital()
    image[3, :4, :4] = 0
    assert chip(tmp_path, image).read()[1].all()
    read = chip(tmp_path, image, nodata=0).read()[1]
    assert (read == 0).sum() == 16


def test_the_no_data_of_a_label_is_its_tag(tmp_path: Path) -> None:
    write(tmp_path / "images/a.tif", digital())
    write(tmp_path / "labels/a.tif", without_a_corner(LABEL, 255), nodata=255)
    assert (read_chips(tmp_path)[0].read()[1] == 0).sum() == 16


def test_an_image_without_any_data_is_refused_with_the_labels_that_it_hides(tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"no data .* at any of its 256 labelled pixels"):
        chip(tmp_path, np.zeros((6, SIDE, SIDE), np.uint16)).read()


# Ground


@pytest.mark.parametrize(
    "label",
    [
        {"transform": from_origin(WEST + 320, NORTH, 10, 10)},
        {"transform": from_origin(WEST + 5, NORTH, 10, 10)},
        {"transform": Affine(10, 0, WEST, 0, 10, NORTH - 10 * SIDE)},
        {"transform": from_origin(WEST, NORTH, 20, 20)},
        {"transform": Affine(0, 10, WEST, -10, 0, NORTH)},
        {"transform": Affine(float("nan"), 0, WEST, 0, -10, NORTH)},
        {"crs": "EPSG:32632"},
        {"crs": "EPSG:32731"},
    ],
    ids=["far", "half a pixel", "south up", "coarser", "turned", "NaN", "another zone", "the other hemisphere"],
)
def test_a_label_on_other_ground_is_refused_with_both_grids(tmp_path: Path, label: dict[str, Any]) -> None:
    write(tmp_path / "images/a.tif", digital())
    write(tmp_path / "labels/a.tif", LABEL, **label)
    with pytest.raises(lulc.InvalidInputError, match=r"images/a.tif lies on EPSG:32631, .* but its label on EPSG:32"):
        read_chips(tmp_path)[0].read()


@pytest.mark.parametrize(
    "label", [{"transform": from_origin(WEST + 0.5, NORTH, 10, 10)}, {"crs": None, "transform": None}, {"crs": None}]
)
def test_a_label_on_the_same_ground_or_without_any_is_read(tmp_path: Path, label: dict[str, Any]) -> None:
    write(tmp_path / "images/a.tif", digital())
    write(tmp_path / "labels/a.tif", LABEL, **label)
    assert read_chips(tmp_path)[0].read()[1].all()


# Files


def test_geotiffs_have_either_ending_in_any_case_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    for image, label in (("a.tif", "a.tif"), ("b.tiff", "b.TIF"), ("c.TIF", "c.tiff")):
        write(tmp_path / "images" / image, digital())
        write(tmp_path / "labels" / label, LABEL)
    for label in ("d.tif", "e.tif"):
        write(tmp_path / "labels" / label, LABEL)
    (tmp_path / "images/a.png").touch()
    (tmp_path / "images/a.tif.aux.xml").touch()
    with (
        pytest.warns(UserWarning, match=r"Left out, not GeoTIFF \(1 file\): .*a\.png$"),
        pytest.warns(UserWarning, match=r"Left out, without an image \(2 files\): .*d\.tif, .*e\.tif$"),
    ):
        chips = read_chips(tmp_path)
    assert [Path(c.name).name for c in chips] == ["a.tif", "b.TIF", "c.tiff"]


def test_pairs_that_lie_nowhere_and_folders_that_are_places_are_counted(tmp_path: Path) -> None:
    for name, place in (("a/1", {}), ("a/2", {"crs": None, "transform": Affine.identity()}), ("b/1", {})):
        for side, values in (("images", digital()), ("labels", LABEL)):
            write(tmp_path / side / f"{name}.tif", values, **place)
    with pytest.warns(UserWarning, match="file") as said:
        read_chips(tmp_path)
    words = " ".join(str(warning.message) for warning in said)
    assert "Without a place, so that image and label are paired by name alone" in words
    assert (
        "Folders of chips without a date in their names, each taken for one place, on one side of the split (1 file)"
        in words
    )


def test_a_label_that_names_its_classes_is_read_by_the_names(tmp_path: Path) -> None:
    """Dynamic World's codes: 0 water, 1 trees."""
    label = np.indices((SIDE, SIDE)).sum(axis=0)[None].astype(np.uint8) % 2
    made = chip(tmp_path, digital(), label)
    with rasterio.open(made.label, "r+") as source:
        source.update_tags(1, CLASS_0="water", CLASS_1="trees")
    assert (made.read()[1] == label[0] + 1).all()
    with rasterio.open(made.label, "r+") as source:
        source.update_tags(1, CLASS_1="mangroves")
    with pytest.raises(lulc.InvalidInputError, match="legend of its own"):
        made.read()


@pytest.mark.parametrize(
    "most, share, nodata, says",
    [
        (8, 0.2, None, "codes 0 to 8, and does not say that 0 is no data: Dynamic World's"),
        (7, 0.2, None, "codes 0 to 7, and does not say that 0 is no data: Dynamic World's"),
        (7, 0.02, None, "codes 0 to 7, and does not say that 0 is no data: Dynamic World's"),
        (7, 0.2, 0, ""),
        (9, 0.2, None, ""),
    ],
)
def test_labels_that_may_count_from_0_are_asked_about(
    tmp_path: Path, most: int, share: float, nodata: int | None, says: str
) -> None:
    codes = np.arange(SIDE * SIDE, dtype=np.uint8).reshape(1, SIDE, SIDE) % most + 1
    codes.ravel()[: round(share * codes.size)] = 0
    made = chip(tmp_path, digital(), codes)
    write(made.label, codes, nodata=nodata)
    if says:
        with pytest.raises(lulc.InvalidInputError, match=says):
            _ = survey([made]).remarks
    else:
        assert "its codes are taken for those of this project" in survey([made]).remarks[-1]


def test_water_that_looks_like_leaves_is_asked_about_if_nothing_names_it(tmp_path: Path) -> None:
    leaves = np.rint(land() * 10_000).astype(np.uint16)
    water = leaves.copy()
    water[3] = water[1] // 2
    with pytest.raises(lulc.InvalidInputError, match=r"100 % of the pixels labelled water \(1\) .* 1 is trees"):
        _ = survey([chip(tmp_path / "trees", leaves, LABEL)]).remarks
    assert "labelled water" not in "".join(survey([chip(tmp_path / "water", water, LABEL)]).remarks)
    named = chip(tmp_path / "named", leaves, LABEL)
    with rasterio.open(named.label, "r+") as source:
        source.update_tags(1, CLASS_0="no data", CLASS_1="water")
    assert "unlike water: is each label that of its image?" in "".join(survey([named]).remarks)


def test_labels_of_tens_are_refused(tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"The set of labels names no classes, .* \[10\]: tens"):
        _ = survey([chip(tmp_path, digital(), LABEL * 10)]).remarks


def test_two_images_of_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.tif", "a.TIFF"):
        write(tmp_path / "images" / name, digital())
    with pytest.raises(lulc.InvalidInputError, match=r"a\.TIFF.*are of one id"):
        read_chips(tmp_path)


def test_a_file_that_points_elsewhere_is_no_geotiff(tmp_path: Path) -> None:
    real = write(tmp_path / "elsewhere.tif", digital())
    (tmp_path / "images").mkdir()
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{i}"><SimpleSource><SourceFilename>{real}</SourceFilename>'
        f"<SourceBand>{i}</SourceBand></SimpleSource></VRTRasterBand>"
        for i in range(1, 7)
    )
    size = f'rasterXSize="{SIDE}" rasterYSize="{SIDE}"'
    (tmp_path / "images/a.tif").write_text(f"<VRTDataset {size}>{bands}</VRTDataset>")
    write(tmp_path / "labels/a.tif", LABEL)
    with pytest.raises(lulc.InvalidInputError, match=r"a\.tif is not a readable GeoTIFF"):
        read_chips(tmp_path)


def test_an_image_of_a_million_pixels_a_side_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    shape = {"width": 10**6, "height": 10**6, "count": 1, "dtype": "uint8", "tiled": True, "sparse_ok": True}
    with rasterio.open(tmp_path / "images/a.tif", "w", driver="GTiff", blockxsize=2**14, blockysize=2**14, **shape):
        pass
    write(tmp_path / "labels/a.tif", LABEL)
    with pytest.raises(lulc.InvalidInputError, match="1000000 x 1000000 px"):
        read_chips(tmp_path)


# Places


def test_the_same_ground_on_two_dates_is_on_one_side(tmp_path: Path) -> None:
    for i in range(6):
        for name in (f"winter_x{i}", f"summer_y{5 - i}"):
            place = from_origin(WEST + 1000 * int(name[-1]), NORTH, 10, 10)
            for side, values in (("images", digital()), ("labels", LABEL)):
                write(tmp_path / side / f"{name}.tif", values, transform=place)
    chips = read_chips(tmp_path)
    sides = [{c.name[-5] for c in part} for part in hold_out(chips, Recipe(validation=0.3))]
    assert len({c.place for c in chips}) == 6
    assert sides[0].isdisjoint(sides[1])


@pytest.mark.parametrize(
    "one, other",
    [
        ("T31UFS_20190101", "T31UFS_20190611"),
        ("tile7_2019-06-11", "tile7_2019-07-01"),
        ("dw_1.5_-3.1-20190703", "dw_1.5_-3.1-20200703"),
        ("20190101_a", "20200101T105031_a"),
        ("S2A_20190101T105421_T31UFS_12", "S2A_20190611T105421_T31UFS_12"),
    ],
)
def test_ids_that_are_equal_but_for_a_date_are_of_one_place(one: str, other: str) -> None:
    first, second, third = places_of([Path(one), Path(other), Path("else")], [None] * 3)
    assert first == second != third


def footprint(west: float, north: float, *, crs: str = "EPSG:32631", side: int = 100) -> Footprint:
    return Footprint(crs=crs, transform=(10.0, 0.0, west, 0.0, -10.0, north), shape=(side, side))


@pytest.mark.parametrize(
    "other, one_place",
    [
        (footprint(500_000, 5_600_000), True),
        (footprint(500_500, 5_600_000), True),
        (footprint(501_000, 5_600_000), False),  # neighbours
        (footprint(500_950, 5_600_000), False),  # neighbours that overlap by a seam
        (footprint(500_400, 5_599_400, side=10), True),  # a small one within
        (footprint(75_090, 5_617_210, crs="EPSG:32632"), True),  # the same in the next zone, a little turned
        (footprint(500_000, 5_600_000, crs="EPSG:32632"), False),
        (footprint(500_000, 5_600_000, crs="unheard of"), False),
    ],
)
def test_chips_that_share_ground_are_of_one_place(other: Footprint, one_place: bool) -> None:
    places = places_of([Path("x"), Path("y")], [footprint(500_000, 5_600_000), other])
    assert (len(set(places)) == 1) == one_place


def test_ground_across_the_antimeridian_is_one_place_on_two_dates() -> None:
    across = footprint(829_000, 50_000, crs="EPSG:32660", side=1000)
    again = footprint(829_200, 50_000, crs="EPSG:32660", side=1000)
    assert len(set(places_of([Path("x"), Path("y")], [across, again]))) == 1


@given(
    corners=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_places_are_the_grounds_that_hang_together(corners: list[tuple[int, int]], order: Any) -> None:
    """By hand: boxes that share more than a tenth, and what hangs together through others; in any order of files."""
    size = 10
    boxes = [shapely.box(x, y, x + size, y + size) for x, y in corners]
    assume(all(one.intersection(other).area != SHARED * size**2 for one in boxes for other in boxes))
    group = list(range(len(boxes)))
    for i, one in enumerate(boxes):
        for j, other in enumerate(boxes):
            if one.intersection(other).area > SHARED * size**2:
                group = [group[i] if g == group[j] else g for g in group]
    places = [footprint(500_000 + 100 * x, 5_000_000 + 100 * y, side=size * 10) for x, y in corners]
    shuffled = list(range(len(boxes)))
    order.shuffle(shuffled)
    found = places_of([Path(f"chip{i}") for i in shuffled], [places[i] for i in shuffled])
    by_chip = dict(zip(shuffled, found, strict=True))
    for i in range(len(boxes)):
        for j in range(len(boxes)):
            assert (by_chip[i] == by_chip[j]) == (group[i] == group[j])


def test_what_was_remarked_is_in_the_card(tmp_path: Path) -> None:
    read = chip(tmp_path / "data", without_a_corner(digital(), 0))
    with pytest.warns(UserWarning, match="16 labelled pixels"):
        lulc.train([read], tmp_path / "out", Recipe(epochs=1, chip=32, width=4, validation=0))
    assert "16 labelled pixels" in json.loads((tmp_path / "out/model.json").read_text())["data"]["remarks"][0]


@pytest.mark.parametrize("turned", [np.fliplr, np.flipud, np.rot90])
def test_images_on_both_sides_of_the_split_are_told_though_mirrored_or_turned(turned: Callable[..., Any]) -> None:
    images = np.random.default_rng(1).integers(500, 9000, (3, 6, 24, 32), np.uint16)
    label = np.ones((24, 32), np.uint8)

    def found(**chips: NDArray[Any]) -> Survey:
        return survey([Chip(name=n, place=n, image=i, label=label.reshape(i.shape[1:])) for n, i in chips.items()])

    twin = np.stack([turned(band) for band in images[0]])
    learned, other = found(a=images[0], b=images[1]), found(c=images[2])
    assert "1 image is on both sides of the split" in (said := "".join((learned + found(d=twin)).remarks))
    assert "such as a and d" in said
    nothing = found(e=np.full((6, 24, 32), 800, np.uint16))
    assert not (learned + other).twins + (nothing + nothing).twins


# Single bands


def land(seed: int = 0) -> NDArray[np.float32]:
    """Reflectance of a place on land, bands in the order of the paper."""
    usual = np.array([0.08, 0.08, 0.05, 0.3, 0.2, 0.12])[:, None, None]
    return (usual * np.random.default_rng(seed).uniform(0.9, 1.1, (6, SIDE, SIDE))).astype(np.float32)


@pytest.mark.parametrize(
    "band, made, says",
    [
        (4, lambda image: 0 * image[4], "one and the same B11, unlike other bands"),
        (4, lambda image: image[5], "the same values in B11 and B12"),
        (3, lambda image: image[3] / 10, "a B08 of less than 0.6 times B03, unlike land"),
        (
            [0, 1, 2],
            lambda image: image[[2, 1, 0]],
            "more blue (B02) than red (B04), unlike land: without names, the order is B04 B03 B02",
        ),
        (3, lambda image: image[3], None),
    ],
)
def test_a_band_that_is_odd_in_most_images_is_told(band: int | list[int], made: Any, says: str | None) -> None:
    chips = []
    for seed in range(3):
        image = land(seed)
        image[band] = made(image)
        values = np.rint(image * 10_000).astype(np.uint16)
        chips.append(Chip(name=f"chip {seed}", place=str(seed), image=values, label=2 * LABEL[0]))
    told = [f"Most of the land in 3 of 3 images, such as that of chip 0, has {says}."] if says else []
    assert (survey(chips[:2]) + survey(chips[2:])).remarks[: len(told)] == told
    assert not [said for said in survey(chips).remarks[len(told) :] if "images" in said]
    water = [Chip(name=chip.name, place=chip.place, image=chip.image, label=LABEL[0]) for chip in chips]
    assert not [said for said in survey(water).remarks if "images" in said]


def test_one_label_beside_images_of_several_places_is_told() -> None:
    labels = np.random.default_rng(0).integers(1, 9, (2, SIDE, SIDE)).astype(np.uint8)
    images = [np.rint(land(seed) * 10_000).astype(np.uint16) for seed in range(2)]

    def surveyed(places: str, *, one: bool) -> str:
        return "".join(
            survey(
                [
                    Chip(name=f"chip {n}", place=place, image=images[n], label=labels[0 if one else n])
                    for n, place in enumerate(places)
                ]
            ).remarks
        )

    said = "1 label equals that of another place, pixel for pixel, such as chip 0 and chip 1"
    assert said in surveyed("ab", one=True)
    assert "another place" not in surveyed("aa", one=True) + surveyed("ab", one=False)  # one place on two dates


def test_labels_whose_codes_were_averaged_are_told_one_by_one_and_together() -> None:
    """By a warp of half a pixel: crops (5) beside trees (2) are lined by classes that are not there."""

    def labelled(side: int, seed: int, *, averaged: bool) -> Chip:
        fields = np.random.default_rng(seed).normal(size=(5, side, side))
        smooth = [scipy.ndimage.gaussian_filter(values, 4) for values in fields]
        codes = np.array([1, 2, 5, 7, 8])[np.argmax(smooth, axis=0)]
        codes = np.rint((codes[:, :-1] + codes[:, 1:]) / 2 + 0.01) if averaged else codes[:, 1:]
        image = np.random.default_rng(seed).integers(300, 3000, (6, *codes.shape), np.uint16)
        return Chip(name=f"chip {seed}", place=str(seed), image=image, label=codes.astype(np.uint8))

    def said_of(chips: list[Chip]) -> list[str]:
        return [said for said in survey(chips).remarks if "lie alone between" in said]

    clean = [labelled(120, seed, averaged=False) for seed in range(4)]
    assert said_of(clean) == []
    (told,) = said_of([*clean, labelled(120, 9, averaged=True)])
    assert told.startswith("In chip 9, ")
    assert told.endswith("It is one of 1 such in 5 chips.")
    (told,) = said_of([labelled(16, seed, averaged=True) for seed in range(20)])
    assert told.startswith("In the labels, ")


def test_labels_whose_codes_few_bits_cut_are_told(tmp_path: Path) -> None:
    label = np.array([2, 5], np.uint8)[np.arange(SIDE * SIDE).reshape(1, SIDE, SIDE) // 8 % 2]
    made = chip(tmp_path, digital(), label)
    assert not any("NBITS" in said for said in survey([made]).remarks)
    write(tmp_path / "labels/a.tif", label, NBITS=2)
    (told,) = [said for said in survey([made]).remarks if "NBITS=2" in said]
    assert told.endswith("It is one of 1 such in 1 chips.")


@pytest.mark.parametrize("side_m, told", [(10, False), (20, True), (3, True)])
def test_images_of_other_pixels_than_those_of_maps_are_told(tmp_path: Path, side_m: int, told: bool) -> None:
    place = {"transform": from_origin(WEST, NORTH, side_m, side_m)}
    write(tmp_path / "images/a.tif", digital(), **place)
    write(tmp_path / "labels/a.tif", LABEL, **place)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        read_chips(tmp_path)
    assert any("another size on the ground than the 10 m of maps" in str(each.message) for each in said) == told


def test_pixels_that_are_white_in_every_band_are_told_as_no_data_perhaps(tmp_path: Path) -> None:
    filled = digital()
    filled[:, 0] = 55_537  # -9999 in 16 bits without a sign
    (told,) = [said for said in survey([chip(tmp_path, filled)]).remarks if "in every band" in said]
    assert told.startswith("6.2 % of the pixels of the image of ")
    filled[4:, 0] = 2000  # a cloud is darker in the short-wave infrared
    assert not any("in every band" in said for said in survey([chip(tmp_path, filled)]).remarks)
