"""Tiles drawn stroke by stroke: nothing is lost, everything can be undone, and a third decides pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import floats, lists, sampled_from, tuples
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio.features import rasterize
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

import lulc_core as lulc
from lulc_core.labelling.markup import snapped
from lulc_core.training.rasters import read_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRID = GeoBox.from_bbox((500_000, 5_600_000, 500_120, 5_600_080), crs="EPSG:32631", resolution=10)
WEST, SOUTH = GRID.boundingbox.left, GRID.boundingbox.bottom


def box(name: str | None, west: float, south: float, east: float, north: float) -> lulc.MarkedPolygon:
    """A rectangle, metres from the corner of the tile."""
    shape = shapely.box(WEST + west, SOUTH + south, WEST + east, SOUTH + north)
    return lulc.MarkedPolygon(name=name, geometry=shape)


def tiles(database: lulc.LabelDatabase, **terms: object) -> lulc.LabelDesk:
    """A project of one tile."""
    project = lulc.LabelProject(name="Tiles", kind="tiles", **terms)
    return lulc.create_label_project(database, project, pd.DataFrame({"lon": [3.0], "lat": [50.5], "grid": [GRID]}))


@pytest.fixture
def desk() -> Iterator[lulc.LabelDesk]:
    """A tile for two interpreters and an adjudicator."""
    with lulc.LabelDatabase("sqlite:///:memory:") as database:
        yield tiles(database, interpreters=2, rule="adjudicated")


def test_strokes_outlive_the_desk_and_every_one_can_be_undone(either: str) -> None:
    with lulc.LabelDatabase(either) as database:
        draft = lulc.TileDraft(tiles(database), "Ana", 1)
        draft.draw([box("water", 0, 0, 60, 80)])
        draft.draw([box("crops", 30, 0, 90, 40), box(None, 0, 0, 10, 80)])
        assert lulc.TileDraft(draft.desk, "Ben", 1).marks() == []  # nobody else's
    with lulc.LabelDatabase(either) as database:
        again = lulc.TileDraft(lulc.LabelDesk(database), "ana", 1)
        assert again.codes().values[-1].tolist() == [0, 1, 1, *[5] * 6, 0, 0, 0]
        assert again.undo()
        assert again.codes().values[-1].tolist() == [*[1] * 6, *[0] * 6]
        assert again.undo()
        assert (again.undo(), again.marks()) == (False, [])
        for _ in range(2):  # back and forth as often as one likes
            assert [again.redo(), again.redo(), again.redo()] == [True, True, False]
            assert again.codes().values[-1].tolist() == [0, 1, 1, *[5] * 6, 0, 0, 0]
            assert [again.undo(), again.undo(), again.undo()] == [True, True, False]
        again.draw([box("trees", 100, 0, 120, 80)])
        assert not again.redo()  # another stroke was drawn since
        assert again.codes().values[-1].tolist() == [*[0] * 10, 2, 2]


def test_drawing_one_stroke_more_is_drawing_all_anew(desk: lulc.LabelDesk) -> None:
    draft, random = lulc.TileDraft(desk, "Ana", 1), np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        step = random.choice(["draw", "undo", "redo"], p=[0.5, 0.3, 0.2])
        if step == "draw":
            west, south = random.integers(0, 8, 2) * 10
            name = [None, "water", "trees", "crops"][random.integers(4)]
            draft.draw([box(name, west, south, west + 40, min(south + 30, 80))])
        else:
            getattr(draft, step)()
        codes = draft.codes().values
        np.testing.assert_array_equal(codes, lulc.TileDraft(desk, "Ana", 1).codes().values)
        seen.add(codes.tobytes())
        codes[:] = 9  # whoever asks may do with them what they like
    assert len(seen) > 20


def test_the_database_refuses_to_change_a_stroke(tmp_path: Path) -> None:
    with lulc.LabelDatabase(tmp_path / "labels.db") as database:
        lulc.TileDraft(tiles(database), "Ana", 1).draw([box("water", 0, 0, 60, 80)])
    engine = create_engine(f"sqlite:///{tmp_path / 'labels.db'}")
    with engine.connect() as connection, pytest.raises(DBAPIError, match="only added"):
        connection.execute(text("DELETE FROM lulc_stroke"))


def test_a_database_from_before_there_were_strokes_is_given_the_table(tmp_path: Path) -> None:
    with lulc.LabelDatabase(tmp_path / "labels.db") as database:
        tiles(database)
    engine = create_engine(f"sqlite:///{tmp_path / 'labels.db'}")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE lulc_stroke"))
    with lulc.LabelDatabase(tmp_path / "labels.db", create=False) as database:
        draft = lulc.TileDraft(lulc.LabelDesk(database), "Ana", 1)
        draft.draw([box("water", 0, 0, 60, 80)])
        assert len(draft.marks()) == 1


def test_what_is_drawn_becomes_a_label_merged_and_a_label_that_is_taken_back_is_drawn_on(desk: lulc.LabelDesk) -> None:
    draft = lulc.TileDraft(desk, "Ana", 1)
    draft.draw([box("water", 0, 0, 40, 80)])
    draft.draw([box("water", 30, 0, 60, 80)])
    label = draft.finish(comment="clear", imagery=["scene"])
    assert [(m.name, m.geometry.area) for m in lulc.marks_of(desk, label)] == [("water", 60 * 80)]
    assert len(draft.marks()) == 1  # what was said, and no stroke since
    draft.draw([box(None, 0, 0, 60, 40)])
    again = draft.finish(replaces=label.id)
    assert [label.id for label in desk.labels_of("Ana")] == [again.id]
    desk.withdraw("Ana", again.id)
    np.testing.assert_array_equal(draft.codes().values[0], [*[1] * 6, *[0] * 6])
    assert not draft.codes().values[-1].any()


def test_a_third_begins_with_what_two_agree_on_and_decides_the_rest(desk: lulc.LabelDesk) -> None:
    for person, edge in (("Ana", 60), ("Ben", 30)):
        draft = lulc.TileDraft(desk, person, 1)
        draft.draw([box("water", 0, 0, 100, 80)])
        draft.draw([box("crops", edge, 0, 100, 80)])
        draft.finish()
    assert lulc.disputes(desk, "Ana") == []  # one of them decides nothing
    assert lulc.tile_consensus(desk, 1).values[0].tolist() == [1, 1, 1, 0, 0, 0, 5, 5, 5, 5, 0, 0]
    (dispute,) = lulc.disputes(desk, "Eva")
    draft = lulc.TileDraft(desk, "Eva", dispute.unit.number, adjudicating=True)
    np.testing.assert_array_equal(draft.codes().values, lulc.tile_consensus(desk, 1).values)
    draft.draw([box("trees", 30, 0, 60, 80)])
    assert draft.finish().adjudication
    assert lulc.disputes(desk) == []
    assert lulc.tile_consensus(desk, 1).values[0].tolist() == [1, 1, 1, 2, 2, 2, 5, 5, 5, 5, 0, 0]
    with pytest.raises(lulc.InvalidInputError, match="cannot be decided"):
        lulc.TileDraft(desk, "Zoe", 1, adjudicating=True).finish()


def test_a_tile_that_one_marked_less_of_is_in_no_dispute(desk: lulc.LabelDesk) -> None:
    for person, edge in (("Ana", 60), ("Ben", 30)):
        lulc.mark_tile(desk, person, 1, [box("water", 0, 0, edge, 80)])
    assert lulc.disputes(desk) == []


@given(lists(tuples(floats(-20, 140), floats(-20, 100)), min_size=3, max_size=9))
def test_a_snapped_polygon_has_the_pixels_of_the_drawn_one_and_stays_as_it_is(
    corners: list[tuple[float, float]],
) -> None:
    drawn = shapely.Polygon([(WEST + x, SOUTH + y) for x, y in corners])
    once = snapped(drawn, GRID)
    for shape in (once, snapped(once, GRID)):
        burnt = rasterize([(shape, 1)], out_shape=GRID.shape, transform=GRID.affine) if not shape.is_empty else 0
        np.testing.assert_array_equal(burnt, rasterize([(drawn, 1)], out_shape=GRID.shape, transform=GRID.affine))
    assert once.area == pytest.approx(100 * np.sum(burnt))


@given(arrays(np.uint8, GRID.shape, elements=sampled_from([0, 1, 2])))
def test_a_patch_is_all_that_a_pixel_is_joined_to(codes: np.ndarray) -> None:
    patch = lulc.region_at(wrap_xr(codes, GRID), 3, 4)
    inside = rasterize([(patch, 1)], out_shape=GRID.shape, transform=GRID.affine).astype(bool)
    assert inside[3, 4]
    assert (codes[inside] == codes[3, 4]).all()
    for one, other in ((inside[1:], inside[:-1]), (inside[:, 1:], inside[:, :-1])):
        along = 0 if one.shape[0] < GRID.shape[0] else 1
        same = np.diff(codes.astype(int), axis=along) == 0
        assert not (same & (one != other)).any()


def test_a_stroke_that_meets_no_pixel_and_a_draft_of_a_point_are_refused(desk: lulc.LabelDesk) -> None:
    with pytest.raises(lulc.InvalidInputError, match="No pixel"):
        lulc.TileDraft(desk, "Ana", 1).draw([box("water", 1, 1, 2, 2)])
    point = lulc.LabelProject(name="Points")
    points = lulc.create_label_project(desk.database, point, pd.DataFrame({"lon": [3.0], "lat": [51.0]}))
    with pytest.raises(lulc.InvalidInputError, match="is a point"):
        lulc.TileDraft(points, "Ana", 1)


def test_a_marked_tile_is_a_label_that_training_reads(desk: lulc.LabelDesk, tmp_path: Path) -> None:
    draft = lulc.TileDraft(desk, "Ana", 1)
    draft.draw([box("water", 0, 0, 40, 80), box("crops", 60, 0, 120, 80)])
    (tmp_path / "labels").mkdir()
    lulc.write_map(draft.codes(), tmp_path / "labels" / "tile.tif")
    image = np.full((6, *GRID.shape), 1200, np.uint16)
    corner = {"crs": GRID.crs.to_epsg(), "transform": GRID.affine}
    (tmp_path / "images").mkdir()
    shape = {"count": 6, "height": GRID.shape[0], "width": GRID.shape[1], "dtype": "uint16"}
    with rasterio.open(tmp_path / "images" / "tile.tif", "w", driver="GTiff", **shape, **corner) as target:
        target.write(image)
    (chip,) = lulc.read_chips(tmp_path)
    _, label, *_ = read_pair(chip.image, chip.label)
    np.testing.assert_array_equal(label, draft.codes().values)
    assert label[0].tolist() == [*[1] * 4, 0, 0, *[5] * 6]
    back = lulc.raster_marks(lulc.read_map(tmp_path / "labels" / "tile.tif"), GRID, lulc.LEGEND)
    other = lulc.TileDraft(desk, "Ben", 1)
    other.draw(back)
    np.testing.assert_array_equal(other.codes().values, label)
