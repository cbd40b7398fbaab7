"""A file is read on a grid of its own pixels, or of halves of them, as GDAL warps it: bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio.warp
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile

from lulc_core.imagery.aligned import Alignment

CRS, WEST, NORTH, PIXEL = "EPSG:32631", 500_000, 5_600_000, 10


def grid(shape: tuple[int, int], first: tuple[int, int] = (0, 0), pixel: float = PIXEL) -> GeoBox:
    """A grid whose first pixel lies so many rows and columns of 10 m from the corner."""
    west, north = WEST + PIXEL * first[1], NORTH - PIXEL * first[0]
    return GeoBox(shape, Affine(pixel, 0, west, 0, -pixel, north), CRS)


sizes = st.tuples(st.integers(2, 12), st.integers(2, 12))  # of a single row GDAL's warp interpolates nothing


@pytest.mark.parametrize("how", ["bilinear", "nearest"])
@given(
    parts=st.sampled_from([1, 2]),
    size=sizes,
    first=st.tuples(st.integers(-6, 26), st.integers(-6, 26)),
    shape=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    empty=st.sampled_from([0, 0.3, 0.9]),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_lies_on_the_grid_is_read_as_gdal_warps_it(
    how: str,
    parts: int,
    size: tuple[int, int],
    first: tuple[int, int],
    shape: tuple[int, int],
    empty: float,
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(1, 65_536, size).astype(np.uint16)
    values[random.random(size) < empty] = 0
    source, target = grid(size, pixel=PIXEL * parts), grid(shape, first)
    warped, read = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    with MemoryFile() as memory:
        profile = {"count": 1, "dtype": "uint16", "crs": CRS, "transform": source.affine, "nodata": 0}
        with memory.open(driver="GTiff", height=size[0], width=size[1], **profile) as file:
            file.write(values, 1)
        with memory.open() as file:
            aligned = Alignment.of(source, target)
            assert aligned is not None
            where, numbers = aligned.read(file, nearest=how == "nearest")
            read[where] = numbers
            rasterio.warp.reproject(
                rasterio.band(file, 1),
                warped,
                src_nodata=0,
                dst_nodata=0,
                dst_crs=CRS,
                dst_transform=target.affine,
                resampling=rasterio.warp.Resampling[how],
            )
    np.testing.assert_array_equal(read, warped)


@pytest.mark.parametrize(
    "target",
    [
        grid((4, 4), pixel=PIXEL / 3),
        grid((4, 4), pixel=2 * PIXEL),
        GeoBox((4, 4), grid((4, 4)).affine @ Affine.translation(0.25, 0), CRS),
        GeoBox((4, 4), grid((4, 4)).affine @ Affine.rotation(1), CRS),
        GeoBox((4, 4), grid((4, 4)).affine, "EPSG:32632"),
    ],
    ids=["a third", "twice", "between pixels", "turned", "another zone"],
)
def test_other_grids_are_left_to_a_warp(target: GeoBox) -> None:
    assert Alignment.of(grid((8, 8)), target) is None
