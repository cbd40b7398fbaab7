"""The viewport warp: nearest pixels only, where GDAL puts them, at the cost of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from odc.geo.geobox import GeoBox
from odc.geo.geom import point
from odc.geo.warp import rio_reproject
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy.ndimage import binary_erosion

if TYPE_CHECKING:
    from numpy.typing import NDArray

from lulc_explorer.rendering import raster

FILL = 255
GRID = GeoBox.from_bbox((622_000, 5_633_000, 625_000, 5_637_000), crs="EPSG:32631", resolution=10)
PIXELS = np.random.default_rng(0).integers(0, 10, GRID.shape, np.uint8)


def looking_at(x: float, y: float, size: float, width: int = 200, height: int = 160) -> raster.Viewport:
    """A viewport around a place given as shares of the grid's extent, `size` times as wide as it."""
    west, south, east, north = raster.mercator_bounds(GRID)
    half_x = (east - west) * size / 2
    half_y = half_x * height / width
    cx, cy = west + x * (east - west), south + y * (north - south)
    return raster.Viewport(bounds=(cx - half_x, cy - half_y, cx + half_x, cy + half_y), width=width, height=height)


viewports = st.builds(looking_at, x=st.floats(-0.2, 1.2), y=st.floats(-0.2, 1.2), size=st.floats(0.02, 1.5))


@given(viewports)
def test_a_warp_is_what_gdal_makes_of_the_whole_raster(viewport: raster.Viewport) -> None:
    picture = raster.warp(PIXELS, GRID, viewport, fill=FILL)
    if min(picture.pixels.shape) < 10:  # a sliver at the raster's edge: half a pixel decides, and GDAL's is approximate
        return
    target = GeoBox.from_bbox(picture.bounds, crs=raster.MERCATOR, shape=picture.pixels.shape, tight=True)
    expected = np.full(target.shape, FILL, np.uint8)
    reproject(
        PIXELS,
        expected,
        src_transform=GRID.transform,
        src_crs=str(GRID.crs),
        src_nodata=FILL,
        dst_transform=target.transform,
        dst_crs=raster.MERCATOR,
        dst_nodata=FILL,
        resampling=Resampling.nearest,
    )
    source_px_per_screen_px = viewport.scale * 0.63 / 10
    data = (picture.pixels != FILL) | (expected != FILL)
    apart = binary_erosion(data, np.ones((3, 3))) | ~data  # from the raster's edge, where half a pixel decides
    if source_px_per_screen_px < 3.5 and apart.any():  # from 4 on the source is thinned, and a neighbour may stand in
        assert (picture.pixels == expected)[apart].mean() > 0.99  # GDAL's own approximation differs by a hair


@given(viewports, st.integers(0, 3))
def test_classes_are_never_mixed(viewport: raster.Viewport, seed: int) -> None:
    two = np.random.default_rng(seed).choice(np.array([1, 9], np.uint8), GRID.shape)
    assert set(np.unique(raster.warp(two, GRID, viewport, fill=FILL).pixels)) <= {1, 9, FILL}


@given(viewports)
def test_a_picture_lies_on_the_pixels_of_its_viewport(viewport: raster.Viewport) -> None:
    picture = raster.warp(PIXELS, GRID, viewport, fill=FILL)
    height, width = picture.pixels.shape
    west, south, east, north = picture.bounds
    assert width <= viewport.width + 1
    assert height <= viewport.height + 1
    if picture.pixels.size > 1:
        assert (east - west) / width == pytest.approx(viewport.scale)
        assert (north - south) / height == pytest.approx(viewport.scale)


def test_the_whole_raster_is_seen_when_the_view_holds_it() -> None:
    viewport = looking_at(0.5, 0.5, 2.0, 400, 400)
    marked = np.zeros(GRID.shape, np.uint8)
    marked[:40, :40] = marked[-40:, -40:] = 7
    picture = raster.warp(marked, GRID, viewport, fill=FILL)
    rows, columns = np.nonzero(picture.pixels == 7)
    assert rows.min() < 15
    assert rows.max() > picture.pixels.shape[0] - 15
    assert columns.min() < 15
    assert columns.max() > picture.pixels.shape[1] - 15


def test_a_view_beside_the_raster_is_empty() -> None:
    picture = raster.warp(PIXELS, GRID, looking_at(5, 5, 0.5), fill=FILL)
    assert picture.pixels.tolist() == [[FILL]]


def test_a_thinned_warp_shows_pixels_from_where_it_says() -> None:
    rows = np.broadcast_to((np.arange(GRID.shape.y) // 4)[:, None], GRID.shape).astype(np.uint8)
    coarse = looking_at(0.5, 0.5, 1.0, 30, 40)
    picture = raster.warp(rows, GRID, coarse, fill=FILL)
    middle = picture.pixels[:, picture.pixels.shape[1] // 2].astype(int)
    inside = middle[middle != FILL]
    expected = np.linspace(inside[0], inside[-1], inside.size)
    assert np.abs(inside - expected).max() <= 2  # two classes of four rows each


@given(st.integers(0, GRID.shape.y - 1), st.integers(0, GRID.shape.x - 1))
def test_a_click_on_the_middle_of_a_pixel_finds_it(row: int, column: int) -> None:
    x, y = GRID.transform @ (column + 0.5, row + 0.5)
    mx, my = point(x, y, GRID.crs).to_crs(raster.MERCATOR).coords[0]
    assert raster.sample(GRID, mx, my) == (row, column)


def test_a_click_outside_finds_nothing() -> None:
    assert raster.sample(GRID, 0.0, 0.0) is None


@pytest.mark.parametrize("bounds", [(4.5, 50.5, 4.6, 50.7), (179.9, -17.1, 180.1, -16.9)])
def test_degrees_and_mercator_are_inverse(bounds: raster.Bounds) -> None:
    assert raster.to_degrees(raster.to_mercator(bounds)) == pytest.approx(bounds)
    assert raster.to_mercator(bounds)[1::2] == pytest.approx(
        [point(0, lat, "EPSG:4326").to_crs(raster.MERCATOR).coords[0][1] for lat in bounds[1::2]]
    )


@pytest.mark.parametrize("crs, west", [("EPSG:32760", 790_200), ("EPSG:32701", 99_960)])
def test_a_map_across_the_antimeridian_is_drawn_in_one_piece(crs: str, west: int) -> None:
    """It was as wide as the world, with a sliver of the map at either end."""
    grid = GeoBox.from_bbox((west, 8_090_200, west + 109_800, 8_200_000), crs, resolution=100)
    numbers = np.stack([np.indices(grid.shape)[axis] // 8 for axis in (0, 1)]).astype(np.uint8)
    viewport = raster.Viewport(bounds=raster.home(grid), width=400, height=400)
    seen = raster.warp(numbers, grid, viewport, fill=255)
    left, _, right, top = seen.bounds
    _, height, width = seen.pixels.shape
    assert 110_000 < right - left < 125_000
    for row, column in np.ndindex(height, width):
        if row % 40 == column % 40 == 20:
            x = left + (column + 0.5) * (right - left) / width
            there = raster.sample(grid, x, top - (row + 0.5) * (top - seen.bounds[1]) / height)
            assert there is not None
            assert np.abs(seen.pixels[:, row, column].astype(int) - np.array(there) // 8).max() <= 1


def test_a_padded_view_is_recognised_with_the_room_a_screen_adds() -> None:
    home = raster.padded(raster.mercator_bounds(GRID))
    west, south, east, north = home
    assert raster.is_padded((west - 500, south, east + 500, north), home)
    assert not raster.is_padded((west + 500, south, east + 500, north), home)
    assert not raster.is_padded((west - 500, south - 500, east + 500, north + 500), home)


@given(
    arrays(np.uint8, (12, 20), elements=st.sampled_from([0, 1, 7, 50, 99, 100, 255])),
    st.sampled_from([(12, 20), (6, 10), (4, 5), (3, 4), (1, 1)]),
)
def test_a_mean_is_that_of_the_pixels_with_data(pixels: NDArray[np.uint8], shape: tuple[int, int]) -> None:
    blocks = pixels.reshape(shape[0], 12 // shape[0], shape[1], 20 // shape[1]).swapaxes(1, 2)
    mean = raster._mean(pixels, shape, fill=255)
    for row, column in np.ndindex(shape):
        known = [int(value) for value in blocks[row, column].ravel() if value != 255]
        assert mean[row, column] == 255 if not known else abs(mean[row, column] - sum(known) / len(known)) <= 0.5001


def test_a_mean_on_a_coarse_screen_is_what_gdal_makes_of_it() -> None:
    grid = GeoBox((900, 1100), Affine(10, 0, 250_000, 0, -10, 2_000_000), "EPSG:32648")
    y, x = np.mgrid[:900, :1100]
    smooth = np.rint(50 + 50 * np.sin(x / 60) * np.cos(y / 45)).astype(np.uint8)
    noise = np.random.default_rng(0).integers(-20, 21, smooth.shape)
    pixels = np.clip(smooth + noise, 0, 100).astype(np.uint8)
    pixels[:200, :300] = 255
    viewport = raster.Viewport(bounds=raster.home(grid), width=160, height=140)
    seen = raster.warp(pixels, grid, viewport, fill=255, mean=True)
    target = GeoBox.from_bbox(seen.bounds, crs=raster.MERCATOR, shape=seen.pixels.shape, tight=True)
    gdal = np.full(target.shape, 255, np.uint8)
    rio_reproject(pixels, gdal, grid, target, "average", src_nodata=255, dst_nodata=255)
    both = (gdal != 255) & (seen.pixels != 255)
    assert both.sum() > 0.95 * (gdal != 255).sum()
    apart = np.abs(seen.pixels[both].astype(int) - gdal[both])
    assert apart.mean() < 4  # half a coarse pixel of shift; by the nearest pixel it is the noise, more than 10
    nearest = raster.warp(pixels, grid, viewport, fill=255).pixels
    assert np.abs(nearest[both].astype(int) - gdal[both]).mean() > 2 * apart.mean()


def test_a_mean_on_a_fine_screen_is_the_very_pixels() -> None:
    grid = GeoBox((40, 50), Affine(10, 0, 250_000, 0, -10, 2_000_000), "EPSG:32648")
    pixels = np.random.default_rng(0).integers(0, 101, grid.shape).astype(np.uint8)
    viewport = raster.Viewport(bounds=raster.home(grid), width=400, height=400)
    mean, nearest = (raster.warp(pixels, grid, viewport, fill=255, mean=mean).pixels for mean in (True, False))
    assert (mean == nearest).all()
