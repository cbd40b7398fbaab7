"""Class codes that were averaged, cut or compressed with loss are told or refused; maps that were not never are."""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

import lulc_core as lulc
from lulc_core.averaged_codes import SeamTally

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

GRID = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:32631", "nodata": 0}
CORNER = from_origin(500_000, 5_600_000, 10, 10)
TOLD = "lie alone between a lower and a higher code"


def patches(codes: tuple[int, ...], seed: int = 0, side: int = 120) -> NDArray[np.uint8]:
    """Return a map of smooth patches of some classes."""
    random = np.random.default_rng(seed)
    fields = [scipy.ndimage.gaussian_filter(random.normal(size=(side, side)), 4) for _ in codes]
    made: NDArray[np.uint8] = np.array(codes, np.uint8)[np.argmax(fields, axis=0)]
    return made


def warped(codes: NDArray[np.uint8], how: Resampling, side_m: float) -> NDArray[np.uint8]:
    """Return a map in another projection."""
    height, width = codes.shape
    bounds = (500_000, 5_600_000 - 10 * height, 500_000 + 10 * width, 5_600_000)
    transform, width, height = calculate_default_transform(
        "EPSG:32631", "EPSG:3035", width, height, *bounds, resolution=side_m
    )
    made = np.zeros((height, width), np.uint8)
    reproject(
        codes,
        made,
        src_transform=CORNER,
        src_crs="EPSG:32631",
        src_nodata=0,
        dst_transform=transform,
        dst_crs="EPSG:3035",
        dst_nodata=0,
        resampling=how,
    )
    return made


def remark(codes: NDArray[np.uint8]) -> str:
    tally = SeamTally()
    tally.add(codes)
    return tally.remark("a.tif", {3: "grass"})


def written(path: Path, codes: NDArray[np.uint8], **more: object) -> Path:
    height, width = codes.shape
    with rasterio.open(path, "w", height=height, width=width, transform=CORNER, **GRID, **more) as image:
        image.write(codes, 1)
    return path


AVERAGING = [(Resampling.bilinear, 10), (Resampling.bilinear, 4), (Resampling.cubic, 10), (Resampling.average, 20)]
KEEPING = [(Resampling.nearest, 10), (Resampling.nearest, 30), (Resampling.nearest, 4), (Resampling.mode, 30)]


@pytest.mark.parametrize("codes", [(1, 2, 5, 7, 8), (3, 5, 7), (2, 5), (1, 2, 3, 4, 5, 6, 7, 8, 9)])
@pytest.mark.parametrize("how, side_m", AVERAGING)
def test_a_map_whose_codes_were_averaged_is_told(codes: tuple[int, ...], how: Resampling, side_m: float) -> None:
    assert TOLD in remark(warped(patches(codes), how, side_m))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 10), min_size=1, max_size=10, unique=True), st.integers(0, 99), st.sampled_from(KEEPING))
def test_a_map_whose_codes_were_not_is_not(codes: list[int], seed: int, way: tuple[Resampling, float]) -> None:
    whole = patches(tuple(codes), seed)
    assert remark(whole) == remark(warped(whole, *way)) == ""


def test_a_class_that_does_line_others_is_not_told() -> None:
    whole = patches((1, 2, 5, 7, 8), side=200)
    water = whole == 1
    shore = scipy.ndimage.binary_dilation(water) & ~water
    assert remark(np.where(shore, 4, whole).astype(np.uint8)) == ""
    assert remark(np.where(scipy.ndimage.binary_dilation(shore), 3, whole).astype(np.uint8)) == ""


def test_no_data_beside_classes_is_no_border() -> None:
    whole = np.zeros((60, 60), np.uint8)
    whole[:, 20:] = 1
    whole[:, 21:] = 5
    assert remark(whole) == ""


def test_maps_say_so_wherever_they_are_read(tmp_path: Path) -> None:
    whole = patches((1, 2, 5, 7, 8))
    averaged = written(tmp_path / "a.tif", warped(whole, Resampling.bilinear, 10))
    with pytest.warns(UserWarning, match=TOLD):
        lulc.read_map(averaged)
    report = lulc.assess_rasters(averaged, averaged)
    assert any(TOLD in each for each in report.warnings)
    kept = written(tmp_path / "b.tif", whole)
    assert not any(TOLD in each for each in lulc.assess_rasters(kept, kept).warnings)


def test_codes_that_its_bits_cut_are_told(tmp_path: Path) -> None:
    cut = written(tmp_path / "a.tif", patches((1, 2, 5)), NBITS=2)
    with pytest.warns(UserWarning, match=r"codes up to 3 only \(NBITS=2\)"):
        assert set(np.unique(lulc.read_map(cut))) == {1, 2, 3}
    for codes, bits in (((1, 2), 2), ((1, 2, 5, 8), 4)):
        said: list[str] = []
        lulc.read_map(written(tmp_path / "b.tif", patches(codes), NBITS=bits), on_remark=said.append)
        assert not any("NBITS" in each for each in said)


def test_names_of_codes_that_its_bits_cannot_hold_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", patches((1, 2, 5)), NBITS=2)
    with rasterio.open(path, "r+") as image:
        image.update_tags(CLASS_1="water", CLASS_2="trees", CLASS_5="crops")
    with pytest.raises(lulc.InvalidInputError, match=r"names {5: 'crops'}, but holds codes up to 3"):
        lulc.read_map(path)


@pytest.mark.parametrize("compress", ["LERC", "LERC_DEFLATE"])
def test_lerc_is_believed_by_its_blocks_where_its_tags_say_nothing(tmp_path: Path, compress: str) -> None:
    path = written(tmp_path / "a.tif", patches((1, 2, 5, 7)), compress=compress, MAX_Z_ERROR=1e-3)
    lulc.read_map(path, on_remark=lambda _: None)
    with rasterio.open(path) as image:
        at, size = (int(image.get_tag_item(f"BLOCK_{what}_0_0", "TIFF", bidx=1)) for what in ("OFFSET", "SIZE"))
    whole = path.read_bytes().replace(b"MAX_Z_ERROR", b"SOMETHINGXX")
    block = whole[at : at + size] if compress == "LERC" else zlib.decompress(whole[at : at + size])
    block = block[:42] + struct.pack("<d", 2.0) + block[50:]
    block = block if compress == "LERC" else zlib.compress(block, 9)[:size].ljust(size, b"\0")
    path.write_bytes(whole[:at] + block + whole[at + size :])
    with pytest.raises(lulc.InvalidInputError, match=f"compressed with loss \\({compress}\\)"):
        lulc.read_map(path)


def test_tiles_with_loss_in_a_database_are_refused(tmp_path: Path) -> None:
    codes = patches((1, 2, 5, 7, 8), side=256)
    plain = written(tmp_path / "a.tif", codes)
    for kind in ("PNG", "JPEG"):
        rasterio.shutil.copy(plain, tmp_path / f"{kind}.gpkg", driver="GPKG", TILE_FORMAT=kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        np.testing.assert_array_equal(lulc.read_map(tmp_path / "PNG.gpkg").values, codes)
    with pytest.raises(lulc.InvalidInputError, match=r"compressed with loss \(JPEG\)"):
        lulc.read_map(tmp_path / "JPEG.gpkg")


def test_a_folder_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"is a folder; a map is one file\. Convert it"):
        lulc.read_map(tmp_path)
