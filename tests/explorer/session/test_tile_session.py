"""Tiles are marked without a browser: drawn, cut, filled, undone, finished, exchanged, and decided by a third."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bokeh.events import SelectionGeometry, Tap
from label_desks import at_desk
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.labelling import LabelStore
from lulc_explorer.engine.tile_labels import GEOPACKAGE, GEOTIFF, written
from lulc_explorer.rendering.formatting import percent
from lulc_explorer.session.build import build_visit
from lulc_explorer.tabs.label.label_view import LabelTab
from lulc_explorer.tabs.label.sheet import sheet
from lulc_explorer.tabs.label.tile_view import TileView, drawing_of

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lulc_explorer.session.labelling import LabelSession
    from lulc_explorer.session.session import Session

SIDE = 24
"""Pixels of a tile."""


@pytest.fixture
def store(tmp_path: Path, viewer: Session) -> Iterator[LabelStore]:
    """A project of two tiles on the place, for two people and an adjudicator."""
    grid = viewer.map.land_cover.grid
    drawn = pd.DataFrame({"cluster": ["r0c0", "r0c1"], "stratum": "secret-stratum", "stratum_size": 9})
    tiles = lulc.tile_units(drawn, grid, tile_m=SIDE * grid.resolution.x)
    with lulc.LabelDatabase(tmp_path / "labels.db") as database:
        terms = {"kind": "tiles", "interpreters": 2, "rule": "adjudicated"}
        lulc.create_label_project(database, lulc.LabelProject(name="Tiles", **terms), tiles)
    opened = LabelStore(str(tmp_path / "labels.db"))
    yield opened
    opened.close()


async def do(labelling: LabelSession, what: str, **more: object) -> None:
    unit = labelling.shown.unit.number if labelling.shown is not None else 0
    await labelling.answer({"do": what, "unit": unit, **more})


async def draw(labelling: LabelSession, name: str, columns: tuple[int, int], rows: tuple[int, int] = (0, SIDE)) -> None:
    """Go around some columns and rows of the tile."""
    await do(labelling, "choose", name=name)
    (west, east), (north, south) = columns, rows
    corners = [
        labelling.marking.draft.grid.pix2wld(*at) for at in ((west, north), (east, north), (east, south), (west, south))
    ]
    x, y = zip(*corners, strict=True)
    await do(labelling, "draw", x=list(x), y=list(y))


def test_a_tile_is_drawn_on_cut_filled_undone_and_finished(viewer: Session, store: LabelStore) -> None:
    async def one() -> None:
        ana = await at_desk(viewer, store, "Ana")
        tile = ana.shown.unit
        assert ana.shown.imagery.stored.shape[2:] == (SIDE, SIDE) == tile.grid.shape
        await do(ana, "label", name=None)
        assert "Nothing is marked" in viewer.remarks.latest
        await draw(ana, "water", (0, 10))
        await draw(ana, "trees", (8, 12))
        await draw(ana, "", (0, 2))
        assert ana.marking.codes[0].tolist() == [0, 0, *[1] * 6, *[2] * 4, *[0] * 12]
        x, y = tile.grid.pix2wld(20.5, 3.5)
        await do(ana, "choose", name="crops")
        await do(ana, "fill", x=x, y=y)
        assert ana.marking.codes[5].tolist() == [0, 0, *[1] * 6, *[2] * 4, *[5] * 12]
        await do(ana, "undo")
        await do(ana, "redo")
        assert ana.marking.codes[5, -1] == 5
        await do(ana, "undo")
        assert drawing_of(ana)["marked"] == f"{percent(10 / SIDE)} of the tile is marked"
        again = await at_desk(viewer, store, "Ana")  # another page: nothing is lost
        assert (again.shown.unit, again.shown.codes.tolist()) == (tile, ana.marking.codes.tolist())
        await do(ana, "label", name=None, comment="clear", sure=False)
        assert ana.shown.unit.number != tile.number
        await do(ana, "back")
        assert (ana.shown.unit.number, ana.shown.own.comment) == (tile.number, "clear")
        assert ana.shown.own.imagery == tuple(ana.shown.seen)
        await do(ana, "take back")
        assert ana.shown.own is None
        assert ana.marking.codes.any()  # what was drawn stays

    asyncio.run(one())


def test_a_third_decides_a_tile_and_sees_the_marks_but_not_whose(viewer: Session, store: LabelStore) -> None:
    async def three() -> None:
        first = 0
        for person, edge in (("Ana", 12), ("Ben", 6)):
            desk = await at_desk(viewer, store, person)
            while first and desk.shown.unit.number != first:
                await do(desk, "next")
            first = desk.shown.unit.number
            await draw(desk, "water", (0, 20))
            await draw(desk, "crops", (edge, 20))
            await do(desk, "label", name=None, comment="mine")
        eva = await at_desk(viewer, store, "Eva")
        assert eva.disputes == 1
        await do(eva, "adjudicate")
        shown = sheet(eva.desk, eva.shown)
        assert [one["comment"] for one in shown["said"]] == ["mine", "mine"]
        assert "Ana" not in json.dumps(shown)
        assert "secret-stratum" not in json.dumps(shown)
        assert eva.marking.codes[0].tolist() == [*[1] * 6, *[0] * 6, *[5] * 8, *[0] * 4]
        await do(eva, "theirs", number=2)
        assert eva.marking.codes[0].tolist() == [*[1] * 6, *[5] * 14, *[0] * 4]
        assert eva.marking.taken[0].tolist() == [*[True] * 6, *[False] * 6, *[True] * 12]
        await do(eva, "choose", name="crops")
        x, y = eva.marking.draft.grid.pix2wld(9.5, 3.5)
        for what, more in (("take over", {"name": "crops"}), ("fill", {"x": x, "y": y})):  # a class, or a patch
            await do(eva, what, **more)
            assert (eva.marking.theirs, eva.marking.taken.all()) == (2, True)
            await do(eva, "undo")
            assert not eva.marking.taken[0, 6:12].any()
        await do(eva, "take over", name="trees")
        assert "nothing as trees" in viewer.remarks.latest
        await do(eva, "take over")
        await do(eva, "label", name=None)
        assert (eva.disputes, eva.adjudicating) == (0, False)
        assert lulc.tile_consensus(eva.desk, first).values[0].tolist() == [*[1] * 6, *[5] * 14, *[0] * 4]
        await eva.compute_results()
        assert eva.results.study.matrix_table["pixels"].sum() == 20 * SIDE

    asyncio.run(three())


@pytest.mark.parametrize("form", [GEOPACKAGE, GEOTIFF])
def test_marks_leave_as_a_file_and_come_back_to_another_person(
    viewer: Session, store: LabelStore, tmp_path: Path, form: str
) -> None:
    async def two() -> None:
        ana = await at_desk(viewer, store, "Ana")
        await draw(ana, "water", (0, 20))
        await draw(ana, "crops", (6, 20), (3, 9))
        content = written(ana.marking.draft, form)
        ben = await at_desk(viewer, store, "Ben")
        while ben.shown.unit.number != ana.shown.unit.number:
            await do(ben, "next")
        await do(ben, "read", name=f"x.{form}", content=content)
        np.testing.assert_array_equal(ben.marking.codes, ana.marking.codes)
        await do(ben, "undo")
        assert not ben.marking.codes.any()
        await do(ben, "read", name=f"x.{form}", content=b"nonsense")
        assert not ben.marking.codes.any()
        assert f"x.{form}" in viewer.remarks.latest

    asyncio.run(two())


def test_the_screen_draws_what_the_pointer_goes_around_and_fills_what_it_clicks_on(
    viewer: Session, store: LabelStore
) -> None:
    async def one() -> None:
        ana = await at_desk(viewer, store, "Ana")
        view = TileView(ana)
        west, south, east, north = ana.shown.unit.grid.boundingbox.bbox
        half = {"type": "rect", "x0": west, "x1": (west + east) / 2, "y0": south, "y1": north}
        await view.take_shape(SelectionGeometry(None, geometry=half, final=True))
        names = ana.desk.project.legend.names
        assert ana.marking.chosen == names[0]
        assert (ana.marking.codes > 0).mean() == 0.5
        assert view._marks.data["image"][0].shape == ana.shown.unit.grid.shape
        assert view._scale in view._figure.center
        assert view._scale.visible
        await view.take_tap(Tap(None, x=east - 1, y=north - 1))  # with the lasso a click does nothing
        assert (ana.marking.codes > 0).mean() == 0.5
        await do(ana, "tool", tool="fill")
        await view.take_tap(Tap(None, x=east - 1, y=north - 1))
        assert (ana.marking.codes > 0).all()
        await do(ana, "hide")
        assert view._marks.data["image"] == []
        before = view._scene.data["image"][0]
        await do(ana, "colours")
        assert (view._scene.data["image"][0] != before).any()

    asyncio.run(one())


def test_the_tab_builds_the_scene_of_a_tile_only_when_there_is_one(viewer: Session, store: LabelStore) -> None:
    async def one() -> None:
        visit = build_visit(viewer, Jobs(), labels=store)
        labelling, tab = visit.labelling, LabelTab(visit.labelling, visit.projects, dark=lambda: False)
        await labelling.open()
        assert tab._tile is None
        await labelling.begin("Ana", "Tiles")
        assert tab._sides[0] is tab._tile.__panel__()
        assert set(tab._sheet.shown["tools"]) == {"lasso", "box", "polygon", "fill", "move"}
        labelling.leave()
        assert not tab._tile.__panel__().visible
        assert tab._tile._marks.data["image"] == []

    asyncio.run(one())
