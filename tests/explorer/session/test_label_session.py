"""The label desk without a browser: two people, blind, who take back, replace, leave for later and adjudicate."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from label_desks import at_desk
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.labelling import LabelStore, unit_imagery
from lulc_explorer.engine.tile_labels import tile_imagery
from lulc_explorer.session import labelling, opening
from lulc_explorer.session.build import build_visit
from lulc_explorer.tabs.label.label_view import LabelTab
from lulc_explorer.tabs.label.results import agreement_table, bounds_table
from lulc_explorer.tabs.label.sheet import sheet
from making import all_done, small_session
from odc.geo import CRS
from sqlalchemy import event

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lulc_explorer.session.labelling import LabelSession
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.unit_on_screen import UnitOnScreen

STRATA = {"stratum-of-lakes": 3000.0, "stratum-of-forests": 6216.0}
UNITS = 4


@pytest.fixture
def store(tmp_path: Path, viewer: Session) -> Iterator[LabelStore]:
    """A project of a few units on the place, for two people and an adjudicator."""
    places = [viewer.map.land_cover.grid.pix2wld(8.5 + 12 * i, 20.5) for i in range(UNITS)]
    grid = viewer.map.land_cover.grid
    lon, lat = zip(*(grid.crs.transformer_to_crs(CRS("EPSG:4326"))(x, y) for x, y in places), strict=True)
    kinds = [*STRATA] * (UNITS // 2)
    names = {"stratum-of-lakes": "water", "stratum-of-forests": "trees"}
    table = pd.DataFrame({"lon": lon, "lat": lat, "stratum": kinds, "map": [names[kind] for kind in kinds]})
    with lulc.LabelDatabase(tmp_path / "labels.db") as database:
        terms = {"interpreters": 2, "rule": "adjudicated", "strata": STRATA, "pixel_ha": 0.01}
        lulc.create_label_project(database, lulc.LabelProject(name="Laos", **terms), table)
    opened = LabelStore(str(tmp_path / "labels.db"))
    yield opened
    opened.close()


async def say(labelling: LabelSession, name: str | None, **more: object) -> None:
    """Press the key of a class."""
    await labelling.answer({"do": "label", "unit": labelling.shown.unit.number, "name": name, **more})


async def press(labelling: LabelSession, what: str) -> None:
    unit = labelling.shown.unit.number if labelling.shown is not None else 0
    await labelling.answer({"do": what, "unit": unit})


def test_two_people_label_and_a_third_decides_where_they_disagree(viewer: Session, store: LabelStore) -> None:
    async def three() -> None:
        ana, ben = await at_desk(viewer, store, "Ana"), await at_desk(viewer, store, "Ben")
        for _ in range(UNITS):
            await say(ana, "trees", alternate="crops", sure=False, comment="<b>dry</b>")
            await say(ben, "water" if ben.shown.unit.number == 2 else "trees")
        assert (ana.shown, ana.disputes) == (None, 0)  # one of them decides nothing
        await press(ana, "back")
        assert ana.shown.own.name == "trees"
        assert ben.progress == f"{UNITS} of {UNITS}, 0 left for you · {UNITS} have all 2 labels"

        eva = await at_desk(viewer, store, "Eva")
        assert (eva.shown, eva.disputes) == (None, 1)
        done = "Every unit that needed your label has one."
        assert ben.finished == f"{done} 1 unit is in dispute, to be decided by somebody else."
        assert eva.finished == f"{done} All units have all their labels."
        await press(eva, "adjudicate")
        assert {label.name for label in eva.shown.said} == {"trees", "water"}
        shown = sheet(eva.desk, eva.shown)
        assert "Ana" not in json.dumps(shown)
        assert {"name": "trees", "alternate": "crops", "sure": False, "comment": "<b>dry</b>"} in shown["said"]
        await say(eva, "trees")
        assert (eva.disputes, eva.adjudicating) == (0, False)

        await eva.compute_results()
        counts = eva.results.study.matrix_table.set_index(["map", "reference"])["pixels"]
        assert (counts["water", "trees"], counts["trees", "trees"]) == (2, 2)
        told = agreement_table(eva.results) + bounds_table(eva.results)
        assert "Ana and Ben" in told
        assert told.count("3 of 4") == 3  # all classes and trees, in the pair, and trees of all
        assert "What units without a consensus may hide" in told

        await ana.compute_results()
        agreed = ana.results.study.counts.sum()
        await press(ana, "back")
        await say(ana, "crops")
        assert ana.results.study.counts.sum() == agreed - 1  # they follow on the screen
        await press(ana, "back")
        await say(ana, "trees")
        assert ana.results.study.counts.sum() == agreed

    asyncio.run(three())


def test_who_is_done_is_told_whom_the_project_waits_for(viewer: Session, store: LabelStore) -> None:
    async def two() -> None:
        ana = await at_desk(viewer, store, "Ana")
        for _ in range(UNITS):
            await say(ana, "trees")
        assert "4 units need more labels, of other people: 1 interpreter has not begun." in ana.finished
        ben = await at_desk(viewer, store, "Ben")
        await say(ben, "trees")
        await press(ana, "next")  # look again
        assert "3 units need more labels, of other people: Ben can label 3." in ana.finished

    asyncio.run(two())


def test_a_label_is_taken_back_or_replaced_and_a_unit_left_for_later_comes_again(
    viewer: Session, store: LabelStore
) -> None:
    async def one() -> None:
        ana = await at_desk(viewer, store, "Ana")
        first = ana.shown.unit.number
        await press(ana, "next")
        second = ana.shown.unit.number
        assert second != first
        await say(ana, "crops")
        await press(ana, "back")
        assert (ana.shown.unit.number, ana.shown.own.name) == (second, "crops")
        await say(ana, "trees")
        assert [label.name for label in ana.desk.labels_of("Ana")] == ["trees"]
        await press(ana, "back")
        await press(ana, "take back")
        assert (ana.shown.unit.number, ana.shown.own, ana.desk.labels_of("Ana")) == (second, None, [])
        while ana.shown.unit.number != first:
            await say(ana, "trees")
        assert ana.progress.startswith(f"{UNITS - 1} of {UNITS}, 1 left for you · only those that you left for later")

    asyncio.run(one())


def test_a_key_that_comes_late_labels_nothing_and_a_refused_label_leaves_its_unit(
    viewer: Session, store: LabelStore
) -> None:
    async def one() -> None:
        ana = await at_desk(viewer, store, "Ana")
        unit, answered = ana.shown.unit.number, ana.answered
        await ana.answer({"do": "label", "unit": unit + 1, "name": "trees"})
        assert "was not counted" in viewer.remarks.latest
        await say(ana, "no such class")
        assert "no such class" in viewer.remarks.latest
        await say(ana, "trees", comment="x" * 3000)
        assert "2,000 characters" in viewer.remarks.latest
        assert (ana.shown.unit.number, ana.answered, ana.desk.labels_of("Ana")) == (unit, answered + 3, [])

    asyncio.run(one())


def test_nothing_that_the_desk_reads_or_shows_tells_the_class_or_the_stratum(
    viewer: Session, store: LabelStore
) -> None:
    async def one() -> str:
        visit = build_visit(viewer, Jobs(), labels=store)
        labelling, view = visit.labelling, LabelTab(visit.labelling, visit.projects, dark=lambda: False).__panel__()
        await labelling.open()
        await labelling.begin("Ana", "Laos")
        await press(labelling, "next")
        await say(labelling, "crops")
        await press(labelling, "back")
        return "".join(str(model.properties_with_values()) for model in view.get_root().references())

    asked: list[str] = []
    store.projects()
    event.listen(store._database._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    shown = asyncio.run(one())
    assert "data:image/png" in shown  # a unit is on the screen
    assert not [name for name in STRATA if name in shown]
    assert not [statement for statement in asked if "held_apart" in statement]


def test_a_unit_lies_in_the_middle_of_its_pictures_at_the_edge_of_the_map_too(
    viewer: Session, store: LabelStore
) -> None:
    scenes = viewer.map.land_cover
    x, y = scenes.grid.pix2wld(0.5, 0.5)
    lon, lat = scenes.grid.crs.transformer_to_crs(CRS("EPSG:4326"))(x, y)
    imagery = unit_imagery(scenes, lulc.LabelUnit(number=1, lon=lon, lat=lat))
    middle = imagery.stored.shape[-1] // 2
    whole = scenes.imagery.sel(band=list(imagery.bands)).values[list(imagery.scenes)]
    assert (imagery.stored[..., middle, middle] == whole[..., 0, 0]).all()
    assert not imagery.stored[..., :middle].any()
    assert 1 <= len(imagery.scenes) <= 8


@pytest.mark.parametrize("look", [unit_imagery, tile_imagery])
@pytest.mark.parametrize("lost", [{"folder": Path("/nowhere")}, {"why_no_votes": "They are no longer on disk."}])
def test_points_and_tiles_of_a_map_without_scenes_are_told_the_same(
    viewer: Session, look: Callable[..., object], lost: dict[str, object]
) -> None:
    scenes = replace(viewer.map.land_cover, **lost)
    x, y = scenes.grid.pix2wld(25.5, 26.5)
    lon, lat = scenes.grid.crs.transformer_to_crs(CRS("EPSG:4326"))(x, y)
    with pytest.raises(lulc.NotFoundError, match=r"Laos.* has no scenes to look at\. They are no longer on disk\."):
        look(scenes, lulc.LabelUnit(number=1, lon=lon, lat=lat, grid=scenes.grid[10:30, 10:30]))


def test_without_a_map_a_unit_shows_what_it_shows_with_one(
    tmp_path: Path, viewer: Session, store: LabelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise UserError("The catalog does not answer.")

    async def shown_at_the_second_attempt(session: Session) -> UnitOnScreen:
        session.display.tab = "label"
        with monkeypatch.context() as broken:
            broken.setattr(labelling, "open_scenes", fail)
            ana = await at_desk(session, store, "Ana")
            await all_done()
        assert "does not answer" in session.remarks.latest
        assert (ana.shown.imagery, ana.step) == (None, None)
        await ana.open_scenes()  # the button
        return ana.shown

    async def shown(session: Session) -> UnitOnScreen:
        session.display.tab = "label"
        ana = await at_desk(session, store, "Ana")
        await all_done()
        return ana.shown

    async def leave(session: Session) -> None:
        await opening.begin(session)  # as the page does when it is open
        assert session.map.land_cover is None
        session.display.tab = "map"
        await all_done()

    with_map = asyncio.run(shown(viewer))
    unmade = small_session(tmp_path / "unmade", "laos")
    shutil.rmtree(unmade.repository.folder_of(unmade.selection.request))
    unmade.map.land_cover = unmade.map.composite = None
    without = asyncio.run(shown_at_the_second_attempt(unmade))
    assert not unmade.repository.has(unmade.selection.request)
    assert (without.unit, without.seen) == (with_map.unit, with_map.seen)
    for name in ("stored", "clear", "ndvi", "ndwi"):
        np.testing.assert_array_equal(getattr(without.imagery, name), getattr(with_map.imagery, name), name)
    assert without.seen
    with_map, without = (sheet(store.desk("Laos"), unit) for unit in (with_map, without))
    assert without == with_map
    asyncio.run(leave(unmade))
    assert unmade.map.land_cover is not None


@pytest.mark.parametrize("units, count", [("points", 60), ("sample", 90), ("tiles", 4)])
def test_a_person_makes_a_project_of_what_is_on_the_screen(
    viewer: Session, tmp_path: Path, units: str, count: int
) -> None:
    async def one() -> lulc.LabelDesk:
        visit = build_visit(viewer, Jobs(), labels=LabelStore(str(tmp_path / "new.db")))
        await visit.labelling.open()
        assert (visit.labelling.projects, visit.labelling.problem != "") == ([], True)
        asked = {"name_of_project": "", "units": units, "size": count, "tile_m": 320.0, "interpreters": 3}
        visit.projects.param.update(**asked)
        await visit.projects.make()
        assert visit.projects.problem  # it needs a name
        composite, viewer.map.composite = viewer.map.composite, None
        await visit.projects.make()
        viewer.map.composite = composite
        needs = visit.projects.lacking
        visit.projects.open_what_is_lacking()
        assert (needs, visit.projects.problem) == ("error-matrix" if units == "sample" else "map", "")
        assert viewer.display.tab == needs
        visit.projects.name_of_project = "Mine"
        if units == "sample":
            await visit.projects.make()
            assert "Draw or open one" in visit.projects.problem
            visit.accuracy.size = count
            await visit.accuracy.draw()
        await visit.projects.make()
        assert (visit.labelling.projects, visit.labelling.problem, visit.projects.problem) == (["Mine"], "", "")
        await visit.labelling.begin("Ana", "Mine")
        assert visit.labelling.shown.imagery is not None
        return visit.labelling.desk

    desk = asyncio.run(one())
    assert (desk.progress().units, desk.project.interpreters, desk.project.rule) == (count, 3, "adjudicated")
    assert desk.project.pixel_ha == pytest.approx(0.01)
    assert sum(desk.project.strata.values()) == {"tiles": 4}.get(units, viewer.map.composite.data["label"].size)
    if units == "tiles":
        assert {tuple(desk.unit(1 + i).grid.shape) for i in range(count)} == {(32, 32)}
    else:
        assert set(lulc.units_needed(desk).index) == set(desk.project.strata)


def test_who_has_no_labels_is_told_how_to_begin(viewer: Session, tmp_path: Path) -> None:
    async def problem(address: str) -> str:
        labelling = build_visit(viewer, Jobs(), labels=LabelStore(address)).labelling
        await labelling.open()
        await all_done()
        return labelling.problem

    assert asyncio.run(problem("")) == ""
    assert "labels.db" in asyncio.run(problem(str(tmp_path / "labels.db")))
