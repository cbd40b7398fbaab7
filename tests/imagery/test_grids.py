"""The grid of a map of a local catalog: pixels of 10 m on the ground, whatever those of its images are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Geod, Transformer
from rasterio.warp import transform_bounds

import lulc_core as lulc

if TYPE_CHECKING:
    from making import MadeCatalog

UTM, BOUNDS = 32631, (622_000, 5_642_600, 622_400, 5_643_000)
"""Where `making` puts its images."""


def place(asset: dict[str, Any], epsg: int, step: float) -> tuple[int, int]:
    """Let an asset say that it lies in another CRS, with pixels of a size in its units; return height and width."""
    west, south, east, north = transform_bounds(UTM, epsg, *BOUNDS)
    height, width = math.ceil((north - south) / step), math.ceil((east - west) / step)
    asset |= {
        "proj:epsg": epsg,
        "proj:bbox": [west, north - height * step, west + width * step, north],
        "proj:transform": [step, 0, west, 0, -step, north],
    }
    return height, width


def ground(region: lulc.Region) -> tuple[float, float]:
    """Width and height of the pixel in the middle of a grid, m, by geodesics."""
    grid = region.grid
    row, column = (n // 2 for n in grid.shape)
    corners = [grid.affine * at for at in ((column, row), (column + 1, row), (column, row + 1))]
    lon, lat = Transformer.from_crs(grid.crs.proj, "EPSG:4326", always_xy=True).transform(*zip(*corners, strict=True))
    return tuple(Geod(ellps="WGS84").inv(lon[:1] * 2, lat[:1] * 2, lon[1:], lat[1:])[2])


@pytest.mark.parametrize(
    "epsg, step, crs, told",
    [
        (32631, 10, 32631, ""),
        (25831, 10, 25831, ""),  # ETRS89, UTM
        (32632, 10, 32632, ""),  # the next zone, as where tiles overlap
        (3035, 10, 3035, ""),  # Europe's equal-area projection, true near its middle
        (32631, 20, 32631, "20 x 20 m"),
        (32631, 5, 32631, "5 x 5 m"),
        (3857, 10, 32631, "6.3"),
        (4326, 9e-5, 32631, "6.33 x 10 m"),
        (6933, 10, 32631, "m on the ground"),  # equal in area, but not in shape
    ],
)
def test_a_map_has_pixels_of_ten_metres_on_the_ground(
    made: MadeCatalog, epsg: int, step: float, crs: int, told: str
) -> None:
    for item in made.items:
        for key, asset in item["assets"].items():
            place(asset, epsg, 10 if key == "SCL" and step == 5 else step)
    made.save()
    region = lulc.catalog_region(made.root)
    assert region.grid.crs.epsg == crs
    np.testing.assert_allclose(ground(region), 10, rtol=0.02)
    assert bool(told) == bool(region.notes)
    assert all(told in note and "Networks are made for 10 m" in note for note in region.notes)
    lon, lat = region.outline.centroid.coords[0]
    there = transform_bounds(UTM, 4326, *BOUNDS)
    assert there[0] < lon < there[2]
    assert there[1] < lat < there[3]


def test_one_finer_band_does_not_make_the_pixels_of_a_map(made: MadeCatalog) -> None:
    before = lulc.catalog_region(made.root)
    place(made.items[0]["assets"]["B03"], UTM, 5)
    made.save()
    after = lulc.catalog_region(made.root)
    assert (after.grid, after.notes) == (before.grid, ())


@pytest.mark.parametrize("epsg, step", [(4326, 9e-5), (3857, 10)])
def test_images_in_another_projection_are_read_on_the_grid_of_the_map(
    made: MadeCatalog, epsg: int, step: float
) -> None:
    """West of the middle reflectance is 0.1, east of it 0.3: so it is on the map, each on half of the ground."""
    for item in made.items:
        for asset in item["assets"].values():
            height, width = place(asset, epsg, step)
            where = {"crs": f"EPSG:{epsg}", "transform": Affine(*asset["proj:transform"])}
            profile = {"driver": "GTiff", "count": 1, "height": height, "width": width, "dtype": np.uint16, **where}
            with rasterio.open(made.root / asset["href"], "w", **profile) as image:
                image.write(np.broadcast_to(np.where(np.arange(width) < width / 2, 1000, 3000), (height, width)), 1)
    made.save()
    region = lulc.catalog_region(made.root)
    image = lulc.load(lulc.search(region, year=2020, catalog=made.root), region.grid, ["B04"]).values[0, 0]
    seen = image[np.isfinite(image)]
    assert (abs(seen - 0.1) < 1e-6).mean() == pytest.approx(0.5, abs=0.05)
    assert (abs(seen - 0.3) < 1e-6).mean() == pytest.approx(0.5, abs=0.05)
    assert not (np.diff(image, axis=1) < -1e-6).any()
