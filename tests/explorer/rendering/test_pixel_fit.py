"""The pixel that the browser names under the pointer is the one that a click asks about."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lulc_explorer.rendering import pixel_fit, raster
from lulc_explorer.rendering.raster import MERCATOR, mercator_bounds, sample
from odc.geo.geobox import GeoBox
from odc.geo.geom import point

ROUNDING = 0.01
"""Pixels within which of an edge either side may be named."""


@pytest.mark.parametrize(
    "corner, crs, size",
    [
        ((622_000, 5_643_000), "EPSG:32631", 96),
        ((600_000, 5_700_000), "EPSG:32631", 10_980),
        ((799_980, 1_000_000), "EPSG:32748", 10_980),
        ((399_960, 8_300_040), "EPSG:32633", 10_980),
        ((4_000_000, 3_000_000), "EPSG:3035", 5_000),
        ((300_000, 6_190_240), "EPSG:32719", 2_000),
    ],
)
def test_it_names_the_pixel_that_a_click_asks_about(corner: tuple[float, float], crs: str, size: int) -> None:
    x, y = corner
    grid = GeoBox.from_bbox((x, y - 10 * size, x + 10 * size, y), crs, resolution=10)
    fitted, (west, south, east, north) = pixel_fit.fit(grid), mercator_bounds(grid)
    checked = 0
    for across, up in np.random.default_rng(1).random((300, 2)):
        at = west + across * (east - west), south + up * (north - south)
        where, named = sample(grid, *at), pixel_fit.pixel(fitted, *at)
        near_an_edge = any(abs(value - round(value)) < ROUNDING for value in named)
        if where is not None and not near_an_edge:
            assert tuple(map(int, np.floor(named))) == where
            checked += 1
    assert checked > 150


@example(zone=60, south=True, easting=70, northing=300, size=10_980, where=(0.5, 0.9), within=(0.5, 0.5))
@given(
    zone=st.integers(1, 60),  # those on both sides of the antimeridian, too
    south=st.booleans(),
    easting=st.integers(20, 70),
    northing=st.integers(10, 830),
    size=st.sampled_from([64, 1_000, 10_980]),
    where=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    within=st.tuples(st.floats(ROUNDING, 1 - ROUNDING), st.floats(ROUNDING, 1 - ROUNDING)),
)
def test_any_point_within_a_pixel_is_that_pixel_to_a_click_and_to_the_pointer(
    zone: int,
    south: bool,
    easting: int,
    northing: int,
    size: int,
    where: tuple[float, float],
    within: tuple[float, float],
) -> None:
    """The way back of what frames a chosen pixel: from its row and column to web Mercator."""
    x, y = 10_000 * easting, 10_000 * ((1_000 - northing) if south else northing)
    crs = f"EPSG:{(32_700 if south else 32_600) + zone}"
    grid = GeoBox.from_bbox((x, y - 10 * size, x + 10 * size, y), crs, resolution=10)
    row, column = (min(int(share * size), size - 1) for share in where)
    there = point(*(grid.transform @ (column + within[1], row + within[0])), crs).to_crs(MERCATOR)
    (at,) = raster.in_one_piece(there, grid.crs).coords
    assert sample(grid, *at) == (row, column)
    assert raster.overlap(mercator_bounds(grid[row, column]), (*at, *at))
    assert tuple(map(int, np.floor(pixel_fit.pixel(pixel_fit.fit(grid), *at)))) == (row, column)


def test_no_map_has_no_pixels() -> None:
    assert pixel_fit.fit(None) == []
