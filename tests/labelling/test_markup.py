"""Polygons drawn over a tile become its pixels; what is not marked is no data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import shapely
import xarray as xr
from hypothesis import given
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import sampled_from
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from sqlalchemy import event

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRID = GeoBox.from_bbox((500_000, 5_600_000, 500_120, 5_600_080), crs="EPSG:32631", resolution=10)


def box(name: str | None, west: float, south: float, east: float, north: float) -> lulc.MarkedPolygon:
    """A rectangle, metres from the corner of the tile."""
    x, y = GRID.boundingbox.left, GRID.boundingbox.bottom
    return lulc.MarkedPolygon(name=name, geometry=shapely.box(x + west, y + south, x + east, y + north))


def test_the_later_polygon_counts_one_of_no_class_cuts_and_the_rest_is_no_data() -> None:
    marks = [box("water", 0, 0, 60, 80), box("crops", 30, 0, 90, 40), box(None, 0, 0, 10, 80)]
    label = lulc.rasterise_marks(marks, GRID, lulc.LEGEND)
    assert label.values[0].tolist() == [0, *[1] * 5, *[0] * 6]
    assert label.values[-1].tolist() == [0, 1, 1, *[5] * 6, 0, 0, 0]
    assert label.odc.geobox == GRID


@given(arrays(np.uint8, GRID.shape, elements=sampled_from([0, 1, 2, 5])))
def test_a_raster_is_its_polygons_and_they_are_it(codes: np.ndarray) -> None:
    label = wrap_xr(codes, GRID)
    again = lulc.rasterise_marks(lulc.polygons_of(label, lulc.LEGEND), GRID, lulc.LEGEND)
    np.testing.assert_array_equal(again.values, codes)


@pytest.fixture
def desk() -> Iterator[lulc.LabelDesk]:
    """A project of the four tiles of a small map."""
    grid = GeoBox((16, 24), GRID.affine, GRID.crs)
    cover = xr.Dataset({"label": wrap_xr(np.ones(grid.shape, np.uint8), grid)})
    drawn = lulc.draw_sample(cover, 4, design="tiles", tile_m=80)
    with lulc.LabelDatabase("sqlite:///:memory:") as database:
        project = lulc.LabelProject(name="tiles", kind="tiles", interpreters=3, legend=lulc.LEGEND)
        tiles = lulc.tile_units(drawn, grid, tile_m=80)
        yield lulc.create_label_project(database, project, tiles)


def test_tiles_are_drawn_marked_and_agreed_on_pixel_by_pixel(desk: lulc.LabelDesk, tmp_path: Path) -> None:
    unit = desk.next_unit("Ana")
    assert unit.grid.shape == (8, 8)
    west, south, east, north = unit.grid.boundingbox.bbox
    whole = lulc.MarkedPolygon(name="trees", geometry=shapely.box(west, south, east, north))
    for person, middle in (("Ana", 40), ("Ben", 40), ("Cy", 20)):
        half = lulc.MarkedPolygon(name="crops", geometry=shapely.box(west, south, west + middle, north))
        lulc.mark_tile(desk, person, unit.number, [whole, half])
    agreed = lulc.tile_consensus(desk, unit.number)
    assert agreed.values[0].tolist() == [5, 5, 0, 0, 2, 2, 2, 2]
    lulc.write_map(agreed, tmp_path / "label.tif")
    with rasterio.open(tmp_path / "label.tif") as written:
        assert written.nodata == 0
        np.testing.assert_array_equal(written.read(1), agreed.values)
    assert lulc.marks_of(desk, desk.labels_of("Cy")[0])[1].geometry.area == 20 * 80


def test_tiles_are_clusters_of_the_pixels_that_are_agreed_on(desk: lulc.LabelDesk) -> None:
    cover = wrap_xr(np.ones((16, 24), np.uint8), GeoBox((16, 24), GRID.affine, GRID.crs))
    for person in ("Ana", "Ben", "Cy"):
        for number in (1, 2, 3):
            west, south, _, north = desk.unit(number).grid.boundingbox.bbox
            half = shapely.box(west, south, west + 10 * number, north)
            lulc.mark_tile(desk, person, number, [lulc.MarkedPolygon(name="trees", geometry=half)])
    sample = lulc.tile_sample(desk, cover)
    assert sample[["map", "reference"]].drop_duplicates().to_numpy().tolist() == [["water", "trees"]]
    assert sample["pixels"].tolist() == [8, 16, 24]
    assert sample["stratum"].unique().tolist() == ["all"]
    found = lulc.assess(sample, design=lulc.project_design(desk))
    assert (found.overall.value, found.sample_size) == (0.0, 48)
    with pytest.raises(lulc.InvalidInputError, match="does not lie on the grid"):
        lulc.tile_sample(desk, cover[4:, 4:])


def test_the_labels_of_all_tiles_are_asked_for_once(desk: lulc.LabelDesk) -> None:
    whole = GeoBox((16, 24), GRID.affine, GRID.crs)
    cover = wrap_xr(np.ones(whole.shape, np.uint8), whole)
    for person in ("Ana", "Ben", "Cy"):
        for number in (1, 2, 4):
            marks = [lulc.MarkedPolygon(name="trees", geometry=desk.unit(number).grid.extent.geom)]
            lulc.mark_tile(desk, person, number, marks)
    asked: list[str] = []
    event.listen(desk.database._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert lulc.tile_sample(desk, cover)["pixels"].tolist() == [64, 64, 64]
    assert {unit: int(codes.sum()) for unit, codes in lulc.tile_consensuses(desk)} == dict.fromkeys((1, 2, 4), 128)
    assert sum("withdrawal" in statement for statement in asked) == 2


def test_polygons_leave_and_come_back_as_a_geopackage(tmp_path: Path) -> None:
    marks = [box("water", 0, 0, 60, 80), box(None, 0, 0, 10, 80)]
    lulc.write_marks(tmp_path / "marks.gpkg", marks, GRID)
    assert lulc.read_marks(tmp_path / "marks.gpkg", GRID, lulc.LEGEND) == marks


def test_lines_and_points_are_refused() -> None:
    line = lulc.MarkedPolygon(name="water", geometry=shapely.LineString([(0, 0), (1, 1)]))
    with pytest.raises(lulc.InvalidInputError, match="lines or points"):
        lulc.rasterise_marks([line], GRID, lulc.LEGEND)


def test_a_tile_needs_its_labels_before_it_has_a_consensus(desk: lulc.LabelDesk) -> None:
    lulc.mark_tile(desk, "Ana", 1, [])
    with pytest.raises(lulc.InvalidInputError, match="a tile with 0 that count"):
        lulc.tile_consensus(desk, 1)


def test_tiles_are_planned_by_how_much_those_marked_so_far_differ() -> None:
    grid = GeoBox((16, 48), GRID.affine, GRID.crs)
    cover = wrap_xr(np.ones(grid.shape, np.uint8), grid)
    drawn = lulc.draw_sample(cover.to_dataset(name="label"), 6, design="tiles", tile_m=80)
    project = lulc.LabelProject(name="tiles", kind="tiles", strata={"all": 12.0})
    with lulc.LabelDatabase("sqlite:///:memory:") as database:
        desk = lulc.create_label_project(database, project, lulc.tile_units(drawn, grid, tile_m=80))
        with pytest.raises(lulc.InvalidInputError, match="has enough labels yet"):
            lulc.units_needed(desk, lulc.Targets(overall=0.1), cover=cover)
        for number in range(1, 6):
            west, south, east, north = desk.unit(number).grid.boundingbox.bbox
            wrong = lulc.MarkedPolygon(name="trees", geometry=shapely.box(west, south, west + 10 * number, north))
            whole = lulc.MarkedPolygon(name="water", geometry=shapely.box(west, south, east, north - 10 * (number % 2)))
            lulc.mark_tile(desk, "Ana", number, [whole, wrong])
        assessed = lulc.assess(lulc.tile_sample(desk, cover), design=lulc.project_design(desk))
        reached, half = (
            lulc.units_needed(desk, lulc.Targets(overall=assessed.overall.standard_error / by), cover=cover).loc["all"]
            for by in (1, 1.4)
        )
    assert reached[["size", "labelled", "planned", "more", "waiting", "draw"]].tolist() == [12, 5, 5, 0, 1, 0]
    assert reached["accuracy"] == pytest.approx(assessed.overall.value)
    assert half[["planned", "more", "draw"]].tolist() == [10, 5, 4]  # 5 x 1.4², rounded up
