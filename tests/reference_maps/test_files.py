"""A map of others as a file: its legend is what it says itself, or what is said of it, never its codes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.transform import Affine, from_origin

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GRID = GeoBox.from_bbox((500000, 5600000, 500600, 5600500), crs="EPSG:32631", resolution=10)
REGION = lulc.Region.from_grid(GRID, name="here")
WORLDCOVER = np.random.default_rng(0).choice([10, 20, 30, 40, 50, 80], GRID.shape).astype(np.uint8)
COLOURS = {10: "006400", 20: "ffbb22", 30: "ffff4c", 40: "f096ff", 50: "fa0000", 80: "0064c8"}
TABLE = lulc.CROSSWALKS["worldcover"]


def write(
    path: Path,
    codes: np.ndarray,
    *,
    transform: Affine = GRID.transform,
    crs: str = "EPSG:32631",
    nodata: int | None = None,
    colours: Mapping[int, str] | None = None,
    names: Mapping[int, str] | None = None,
) -> Path:
    height, width = codes.shape
    place = {"crs": crs, "transform": transform, "height": height, "width": width}
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype=codes.dtype, nodata=nodata, **place) as image:
        image.write(codes, 1)
        image.update_tags(**{f"CLASS_{code}": name for code, name in (names or {}).items()})
        if colours:
            image.write_colormap(1, {code: (*bytes.fromhex(rgb), 255) for code, rgb in colours.items()})
    return path


def expected(table: lulc.CrosswalkTable, codes: np.ndarray) -> np.ndarray:
    return table.crosswalk.apply(codes)


def test_a_file_is_known_by_its_colours_or_by_the_names_of_a_map_or_of_our_classes(tmp_path: Path) -> None:
    names = {row.code: row.name for row in TABLE.rows if row.code}
    ours = dict(enumerate(lulc.LEGEND.names, 1))
    other_order = {7: "crops", 3: "Urban", 9: "Rangeland"}
    cases = (
        ("a.tif", WORLDCOVER, {"colours": COLOURS}, expected(TABLE, WORLDCOVER)),
        ("b.tif", WORLDCOVER, {"names": names}, expected(TABLE, WORLDCOVER)),
        ("c.tif", WORLDCOVER // 10, {"names": ours}, WORLDCOVER // 10),
        ("d.tif", np.where(WORLDCOVER < 30, 7, 9), {"names": other_order}, np.where(WORLDCOVER < 30, 5, 11)),
    )
    for name, codes, said, result in cases:
        read = lulc.read_reference_map(write(tmp_path / name, codes.astype(np.uint8), **said), REGION)
        np.testing.assert_array_equal(read, result)
        assert (read.dtype, read.odc.geobox, read.attrs["title"]) == (np.uint8, GRID, name)


def test_what_a_file_calls_no_data_is_none_also_where_the_legend_does_not_know_the_code(tmp_path: Path) -> None:
    names = {row.code: row.name for row in TABLE.rows if row.code} | {255: "NODATA"}
    codes = np.where(WORLDCOVER == 30, 255, WORLDCOVER).astype(np.uint8)
    read = lulc.read_reference_map(write(tmp_path / "named.tif", codes, names=names), REGION)
    np.testing.assert_array_equal(read, np.where(codes == 255, 0, expected(TABLE, WORLDCOVER)))


def test_codes_that_were_averaged_are_told(tmp_path: Path) -> None:
    rows = np.tile(np.array([1, 1, 3, 5, 5, 3], np.uint8), GRID.shape.y)[: GRID.shape.y, None]
    codes = np.broadcast_to(rows, GRID.shape).copy()
    whole, averaged = (write(tmp_path / f"{i}.tif", c) for i, c in enumerate((np.where(codes == 3, 1, codes), codes)))
    ours = lulc.CROSSWALKS["io-lulc"]
    assert lulc.read_reference_map(whole, REGION, crosswalk=ours).attrs["remark"] == ""
    said = lulc.read_reference_map(averaged, REGION, crosswalk=ours).attrs["remark"]
    assert "In 1.tif" in said
    assert "lie alone between a lower and a higher code (mostly 3)" in said


def test_codes_alone_are_never_taken_for_a_legend(tmp_path: Path) -> None:
    path = write(tmp_path / "codes.tif", WORLDCOVER)
    with pytest.raises(lulc.InvalidInputError, match=r"codes alone do not tell one map from another\. State its"):
        lulc.read_reference_map(path, REGION)
    np.testing.assert_array_equal(lulc.read_reference_map(path, REGION, crosswalk=TABLE), expected(TABLE, WORLDCOVER))
    odd = write(tmp_path / "odd.tif", WORLDCOVER, colours={10: "010203", 20: "040506"})
    with pytest.raises(lulc.InvalidInputError, match="codes alone"):
        lulc.read_reference_map(odd, REGION)
    named = write(tmp_path / "named.tif", WORLDCOVER, names={10: "Wald", 20: "water"})
    with pytest.raises(lulc.InvalidInputError, match=r"classes that this project does not have: \{10: 'Wald'\}"):
        lulc.read_reference_map(named, REGION)


def test_a_crosswalk_that_the_file_contradicts_is_refused(tmp_path: Path) -> None:
    coloured = write(tmp_path / "colours.tif", WORLDCOVER, colours=COLOURS)
    with pytest.raises(lulc.InvalidInputError, match="colours of ESA WorldCover, which the crosswalk copernicus-100m"):
        lulc.read_reference_map(coloured, REGION, crosswalk=lulc.CROSSWALKS["copernicus-100m"])
    named = write(tmp_path / "names.tif", WORLDCOVER, names={10: "Cropland", 20: "Heide"})
    with pytest.raises(lulc.InvalidInputError, match="code 10 'Cropland', but the crosswalk worldcover calls it 'Tree"):
        lulc.read_reference_map(named, REGION, crosswalk=TABLE)


def test_zero_is_a_class_where_the_legend_has_it_and_no_data_is_what_the_file_says(tmp_path: Path) -> None:
    table = lulc.CROSSWALKS["dynamic-world"]
    codes = (WORLDCOVER // 10 - 1).astype(np.uint8)  # 0 to 7
    np.testing.assert_array_equal(
        lulc.read_reference_map(write(tmp_path / "all.tif", codes), REGION, crosswalk=table), codes + 1
    )
    tagged = write(tmp_path / "tagged.tif", np.where(codes == 4, 99, codes).astype(np.uint8), nodata=99)
    np.testing.assert_array_equal(
        lulc.read_reference_map(tagged, REGION, crosswalk=table), np.where(codes == 4, 0, codes + 1)
    )


def test_codes_of_three_digits_are_read(tmp_path: Path) -> None:
    table = lulc.CROSSWALKS["corine"]
    codes = np.random.default_rng(1).choice([111, 213, 312, 523], GRID.shape).astype(np.int16)
    read = lulc.read_reference_map(write(tmp_path / "clc.tif", codes, nodata=-32768), REGION, crosswalk=table)
    np.testing.assert_array_equal(read, expected(table, codes))
    assert read.attrs["hides"] == (
        "Rice fields is flooded vegetation here, which hides that it is a crop: ours has paddy as flooded vegetation.",
    )


@pytest.mark.parametrize("angle, flip", [(0, 1), (0, -1), (30, 1)])
@pytest.mark.parametrize("step", [3, 10, 300])
def test_each_pixel_is_the_nearest_of_theirs(tmp_path: Path, step: float, angle: float, flip: int) -> None:
    side = int(2000 / step)
    codes = np.random.default_rng(2).choice([10, 20, 30], (side, side)).astype(np.uint8)
    transform = (
        Affine.translation(500300, 5600250)
        @ Affine.rotation(angle)
        @ Affine.translation(-1000.4, flip * 1000.3)
        @ Affine.scale(step, -flip * step)
    )
    read = lulc.read_reference_map(write(tmp_path / "x.tif", codes, transform=transform), REGION, crosswalk=TABLE)
    rows, columns = np.indices(GRID.shape) + 0.5
    x, y = GRID.transform @ (columns, rows)
    right, down = ~transform @ (x, y)
    near = expected(TABLE, codes)[np.floor(down).astype(int), np.floor(right).astype(int)]
    assert (read.values == near).mean() > (0.85 if step == 3 else 0.97)  # GDAL: an eighth of a pixel
    words = {3: "of each 11 the nearest is taken", 10: "", 300: "about 300 m a side, where the map's are 10 m: each is"}
    assert words[int(step)] in read.attrs["remark"]
    assert (read.attrs["remark"] == "") == (step == 10)


def test_the_antimeridian_is_no_border(tmp_path: Path) -> None:
    grid = GeoBox.from_bbox((665_000, 6_600_000, 675_000, 6_610_000), crs="EPSG:32660", resolution=100)
    codes = np.full((200, 3600), 10, np.uint8)
    codes[:, :1800] = 80
    world = write(tmp_path / "world.tif", codes, transform=from_origin(-180, 65, 0.1, 0.1), crs="EPSG:4326")
    read = lulc.read_reference_map(world, lulc.Region.from_grid(grid, name="bering"), crosswalk=TABLE)
    left, right = read.values[50, [0, -1]]
    assert (left, right) == (2, 1)
    assert {*np.unique(read)} == {1, 2}


def test_what_is_no_such_map_is_refused_in_words(tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "far.tif", WORLDCOVER, transform=from_origin(700000, 5600500, 10, 10))
    nowhere = write(tmp_path / "local.tif", WORLDCOVER, crs="")
    strange = write(tmp_path / "strange.tif", np.full(GRID.shape, 77, np.uint8))
    real = write(tmp_path / "float.tif", WORLDCOVER.astype(np.float32))
    (tmp_path / "text.tif").write_text("no raster")
    for path, error, says in (
        (elsewhere, lulc.NotFoundError, "has no class of ours in here: it lies elsewhere"),
        (nowhere, lulc.InvalidInputError, "does not say where it lies"),
        (strange, lulc.InvalidInputError, r"worldcover has no code \[77\]"),
        (real, lulc.InvalidInputError, "one band of class codes, whole numbers; it has 1 of float32"),
        (tmp_path / "text.tif", lulc.InvalidInputError, "not a readable raster"),
        (tmp_path / "none.tif", lulc.NotFoundError, "No map at"),
    ):
        with pytest.raises(error, match=says):
            lulc.read_reference_map(path, REGION, crosswalk=TABLE)
