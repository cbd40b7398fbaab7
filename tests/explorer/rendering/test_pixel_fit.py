"""The pixel that the browser names under the pointer is the one that a click asks about."""

from __future__ import annotations

import numpy as np
import pytest
from lulc_explorer.rendering import pixel_fit
from lulc_explorer.rendering.raster import mercator_bounds, sample
from odc.geo.geobox import GeoBox

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


def test_no_map_has_no_pixels() -> None:
    assert pixel_fit.fit(None) == []
