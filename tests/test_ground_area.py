"""Areas in hectares are those of the ground, whatever the projection makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from making import MadeCatalog, write_model
from odc.geo import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from odc.geo.xr import wrap_xr
from pyproj import Geod
from rasterio.warp import transform_bounds

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = 'LOCAL_CS["Unknown",UNIT["metre",1]]'


def ground_ha(grid: GeoBox) -> float:
    """Geodesic area of a grid's outline, its edges cut into short steps."""
    edge = shapely.segmentize(grid.extent.geom.exterior, grid.extent.boundingbox.span_x / 200)
    ring = shapely.get_coordinates(edge)
    x, y = grid.crs.transformer_to_crs(CRS("EPSG:4326"))(ring[:, 0], ring[:, 1])
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(x, y)[0]) / 10_000


@given(st.floats(-170, 170), st.floats(-75, 75), st.sampled_from(["EPSG:3857", "EPSG:4326", "ESRI:54009"]))
def test_the_area_of_a_grid_is_that_of_the_ground(lon: float, lat: float, crs: str) -> None:
    bounds = transform_bounds("EPSG:4326", crs, lon, lat, lon + 0.2, lat + 0.2)
    grid = GeoBox.from_bbox(bounds, crs=crs, resolution=(bounds[2] - bounds[0]) / 50)
    right = pytest.approx(ground_ha(grid), rel=6e-3 if crs == "ESRI:54009" else 1e-3)  # nominal to 0.5 %
    assert lulc.pixel_ha(grid) * grid.shape.x * grid.shape.y == right
    codes = np.ones(grid.shape, np.uint8)
    assert lulc.hectares_by_code(codes, grid)[1] == right


@given(st.integers(1, 60), st.integers(0, 100_000), st.integers(0, 900_000))
def test_utm_stays_nominal(zone: int, column: int, row: int) -> None:
    x, y = 10 * column, 10 * row
    grid = GeoBox.from_bbox((x, y, x + 5000, y + 5000), crs=f"EPSG:{32600 + zone}", resolution=10)
    assert lulc.pixel_ha(grid) == 0.01
    assert lulc.hectares_by_code(np.ones(grid.shape, np.uint8), grid)[1] == pytest.approx(2500)


def test_utm_far_out_of_its_zone_is_geodesic() -> None:
    grid = GeoBox.from_bbox((1_500_000, 5_640_000, 1_510_000, 5_650_000), crs="EPSG:32631", resolution=100)
    assert lulc.pixel_ha(grid) * 10_000 == pytest.approx(ground_ha(grid), rel=1e-3)
    assert ground_ha(grid) == pytest.approx(9762, abs=10)  # 10,000 nominally


def test_classes_far_from_the_equator_are_not_as_large_as_those_near_it() -> None:
    bounds = transform_bounds("EPSG:4326", "EPSG:3857", 10, 50, 11, 70)
    grid = GeoBox.from_bbox(bounds, crs="EPSG:3857", resolution=10_000)
    codes = np.ones(grid.shape, np.uint8)
    codes[: grid.shape[0] // 2] = 2
    halves = [ground_ha(grid[: grid.shape[0] // 2, :]), ground_ha(grid[grid.shape[0] // 2 :, :])]
    np.testing.assert_allclose(lulc.hectares_by_code(codes, grid)[[2, 1]], halves, rtol=2e-3)
    mapped = lulc.mapped_areas(wrap_xr(codes, grid).to_dataset(name="label"))
    np.testing.assert_allclose([mapped.area_ha[name] for name in ("trees", "water")], halves, rtol=2e-3)


def test_a_map_in_web_mercator_tells_the_ground(tmp_path: Path) -> None:
    made = MadeCatalog(tmp_path / "catalog", size=60)
    made.add("a", "2021-06-01T10:00:00Z")
    bounds = transform_bounds("EPSG:32631", "EPSG:3857", 622_000, 5_642_400, 622_600, 5_643_000)
    for path in (made.root / "assets").iterdir():
        with rasterio.open(path, "r+") as image:
            image.crs = "EPSG:3857"
            step = 600 / image.width
            image.transform = rasterio.transform.from_origin(bounds[0], bounds[3], step, step)
    made.items[0]["properties"]["proj:epsg"] = 3857
    for asset in made.items[0]["assets"].values():
        asset["proj:bbox"] = [bounds[0], bounds[3] - 600, bounds[0] + 600, bounds[3]]
        asset["proj:transform"] = [10, 0, bounds[0], 0, -10, bounds[3]]
    made.save()
    mercator = BoundingBox(bounds[0], bounds[3] - 600, bounds[0] + 600, bounds[3], crs="EPSG:3857")
    region = lulc.Region.from_grid(GeoBox.from_bbox(mercator, resolution=10), name="mercator")
    request = lulc.MapRequest(region=region, year=2021, model=write_model(tmp_path / "net"), catalog=made.root)
    lulc.make_map(request, tmp_path / "out")
    classes = json.loads((tmp_path / "out" / "report.json").read_text())["classes"]
    told = sum(c["area_ha"] for c in classes.values())
    assert told == pytest.approx(ground_ha(region.grid), rel=1e-4)
    assert told == pytest.approx(region.area_ha, rel=1e-3)
    assert 13 < told < 15  # 36 in the projection's metres


def uneven() -> tuple[GeoBox, np.ndarray, np.ndarray]:
    """A grid from 50 to 70 degrees north in Web Mercator: trees in the north half, water in the other, and a truth."""
    bounds = transform_bounds("EPSG:4326", "EPSG:3857", 10, 50, 11, 70)
    grid = GeoBox.from_bbox(bounds, crs="EPSG:3857", resolution=10_000)
    mapped = np.ones(grid.shape, np.uint8)
    mapped[: grid.shape[0] // 2] = 2
    truth = mapped.copy()
    truth[: grid.shape[0] // 4] = 5
    return grid, mapped, truth


def test_a_comparison_of_rasters_sums_the_pixels_of_each_class(tmp_path: Path) -> None:
    grid, mapped, truth = uneven()
    paths = [tmp_path / "map.tif", tmp_path / "truth.tif"]
    shape = {"count": 1, "height": grid.shape[0], "width": grid.shape[1], "dtype": "uint8"}
    for path, codes in zip(paths, (mapped, truth), strict=True):
        place = {"crs": "EPSG:3857", "transform": grid.affine, "blockysize": 16}
        with rasterio.open(path, "w", driver="GTiff", **shape, **place) as target:
            target.write(codes, 1)
            target.update_tags(**{f"CLASS_{c.code}": c.name for c in lulc.LEGEND})
    expected, by_map = (lulc.hectares_by_code(codes, grid) for codes in (truth, mapped))
    by_labels = lulc.assess_labels(wrap_xr(mapped, grid), wrap_xr(truth, grid))
    for report in (lulc.assess_rasters(*paths), by_labels):
        for name, area in report.area.items():
            code = lulc.LEGEND[name].code
            assert area.area_ha.value == pytest.approx(expected[code], rel=1e-6)
            assert area.mapped_ha == pytest.approx(by_map[code], rel=1e-6)
        assert report.overall.value == pytest.approx(1 - expected[5] / expected.sum(), rel=1e-6)
        assert report.sample_size == pytest.approx(grid.shape[0] * grid.shape[1])
    with pytest.raises(lulc.InvalidInputError, match=r"its pixels have \d+ ha, but 2 ha was given"):
        lulc.assess_rasters(*paths, pixel_ha=2.0)
    agreed = lulc.assess_rasters(*paths, pixel_ha=lulc.pixel_ha(grid) * 1.001)
    assert agreed.area["crops"] == report.area["crops"]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("crs, metres", [(None, 10), (LOCAL, 10), ("EPSG:32631", None)])
def test_pixels_that_lie_nowhere_have_the_area_that_is_given(
    tmp_path: Path, crs: str | None, metres: int | None
) -> None:
    codes, path = np.repeat(np.array([1, 2], np.uint8), 200).reshape(20, 20), tmp_path / "map.tif"
    place = {"crs": crs, "transform": metres and rasterio.transform.from_origin(0, 0, metres, metres)}
    with rasterio.open(path, "w", driver="GTiff", count=1, height=20, width=20, dtype="uint8", **place) as target:
        target.write(codes, 1)
    assert lulc.assess_rasters(path, path).area["water"].area_ha.value is None
    assert lulc.assess_rasters(path, path, pixel_ha=2.0).area["water"].area_ha.value == pytest.approx(400)
    with pytest.raises(lulc.InvalidInputError, match="must be one uint8 band with a georeference"):
        lulc.read_map(path)


def test_an_area_that_the_map_contradicts_is_refused() -> None:
    mapped = lulc.MappedAreas(pixels={"water": 10, "trees": 10}, pixel_ha=0.01)
    sample = pd.DataFrame({"map": ["water", "trees"] * 2, "reference": ["water", "trees"] * 2})
    design = lulc.Design.simple_random(20)
    assert lulc.assess(sample, mapped, design=design, pixel_ha=0.01).area["water"].mapped_ha == pytest.approx(0.1)
    with pytest.raises(lulc.InvalidInputError, match=r"have 0\.01 ha, but 100 ha was given"):
        lulc.assess(sample, mapped, design=design, pixel_ha=100)
    codes = wrap_xr(np.ones((9, 9), np.uint8), GeoBox.from_bbox((0, 0, 90, 90), crs="EPSG:32631", resolution=10))
    with pytest.raises(lulc.InvalidInputError, match=r"have 0\.01 ha, but 100 ha was given"):
        lulc.assess(sample[:1], codes.to_dataset(name="label"), design=design, pixel_ha=100)


@pytest.mark.parametrize("crs", [LOCAL, "EPSG:4978", None])
def test_a_grid_that_is_nowhere_on_earth_has_no_area_and_is_no_region(crs: str | None) -> None:
    grid = GeoBox((9, 9), rasterio.transform.from_origin(0, 0, 10, 10), crs)
    assert lulc.pixel_ha(grid) is None
    assert lulc.hectares_by_code(np.ones(grid.shape, np.uint8), grid) is None
    with pytest.raises(lulc.InvalidInputError, match="lies nowhere"):
        lulc.Region.from_grid(grid, name="nowhere")


def test_areas_of_pixels_are_those_of_the_whole_grid_wherever_it_is_read() -> None:
    grid, *_ = uneven()
    whole = lulc.pixel_areas(grid)
    np.testing.assert_array_equal(lulc.pixel_areas(grid, slice(7, 90), slice(2, 5)), whole[7:90, 2:5])
    assert whole.sum() == pytest.approx(lulc.pixel_ha(grid) * whole.size, rel=1e-5)
