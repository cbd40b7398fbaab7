"""The areas of all years of a place, and a year of its own for each of the two maps."""

from __future__ import annotations

import asyncio
import shutil
import threading
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import making
import numpy as np
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.year_panel import intervals_by_truth
from lulc_explorer.layers.layer import ClassRaster, ImageryRaster
from lulc_explorer.rendering.formatting import format_date
from lulc_explorer.session import address, opening
from lulc_explorer.session.build import build_session, build_visit
from lulc_explorer.session.history import History
from lulc_explorer.tabs.map.clicked_pixel.evidence import Evidence
from lulc_explorer.tabs.map.clicked_pixel.panel import ClickedPixel
from lulc_explorer.tabs.map.headline import caption
from lulc_explorer.tabs.years.years_view import table
from panel.io.location import Location

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.engine.requests import MapRequest
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.visit import Visit

WEIGHTS = {"crops": 4.0, "trees": 0.3}


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    """A person's visit to a place with maps of 2019 and 2023."""
    return build_visit(making.small_session(tmp_path, "laos", also=(2019,)), Jobs())


def counted(land_cover: LandCoverMap, weights: dict[str, float]) -> dict[str, float]:
    """Hectares of each class of a composite, counted pixel by pixel."""
    label = land_cover.weigh(weights).label
    return {c.name: float((label == c.code).sum()) / 100 for c in lulc.LEGEND}


@pytest.mark.parametrize("weights", [{}, WEIGHTS])
def test_the_areas_of_a_year_are_those_of_its_map_with_the_weights_on_screen(
    visit: Visit, weights: dict[str, float]
) -> None:
    async def look() -> None:
        visit.session.weights.chosen = weights
        visit.session.display.tab = "years"
        await making.all_done()

    asyncio.run(look())
    series = visit.years.series
    assert (series.made, series.missing, series.simulated) == ([2019, 2023], [2020, 2021, 2022], True)
    for year, areas in series.hectares.items():
        land_cover = visit.session.repository.find(visit.session.selection.request_for(year))
        assert {name: areas[name] for name in lulc.LEGEND.names} == pytest.approx(counted(land_cover, weights))
        true = {
            name: float((land_cover.truth == lulc.LEGEND[name].code).sum()) / 100 for name in series.intervals[year]
        }
        covered = [low <= true[name] <= high for name, (low, high) in series.intervals[year].items()]
        assert len(covered) > 4
        assert np.mean(covered) > 0.8
    assert "95 % interval of the true area, from the same 600 pixels" in table(series)


def fake(repository: MapRepository, folder: Path) -> Callable[..., LandCoverMap | None]:
    """Make maps in no time: copies of a folder, unless they are cancelled before."""

    def make(request: MapRequest, _: object, cancel: threading.Event) -> LandCoverMap | None:
        if cancel.is_set():
            raise lulc.CancelledError("Cancelled")
        shutil.copytree(folder, repository.folder_of(request))
        return repository.find(request)

    return make


def test_areas_have_intervals_only_where_the_truth_of_two_years_is_known(visit: Visit) -> None:
    maps = {year: visit.session.repository.find(visit.session.selection.request_for(year)) for year in (2019, 2023)}
    assert [*intervals_by_truth(maps)] == [2019, 2023]
    assert intervals_by_truth({2023: maps[2023]}) == {}
    untold = SimpleNamespace(truth=None)
    assert intervals_by_truth(maps | {2021: untold}) == {}


def test_missing_years_of_a_simulated_place_are_made_one_by_one_until_somebody_cancels(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, seen = visit.session, []
    make = fake(session.repository, session.map.land_cover.folder)

    def waits(request: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> object:
        progress(lulc.Progress(stage="predict", done=1, total=2, detail=""))
        cancel.wait(60)
        return make(request, progress, cancel)

    async def look() -> None:
        session.repository.make = waits
        visit.years.maker.param.watch(lambda event: seen.append(event.new), "year")
        session.display.tab = "years"
        while visit.years.maker.step is None or visit.years.maker.step.stage != "predict":
            await asyncio.sleep(0.01)
        visit.years.stop()
        await making.all_done()
        await visit.years.refresh()
        assert (seen, visit.years.series.missing) == ([2022, None], [2020, 2021, 2022])
        session.repository.make = make
        await visit.years.make()
        assert [year for year in seen if year] == [2022, 2022, 2021, 2020]
        assert visit.years.series.missing == []

    object.__setattr__(session, "prefetch", SimpleNamespace(start=lambda _: None))
    asyncio.run(look())


def test_change_waits_for_a_map_that_the_tab_years_is_making_and_shows_how_far_it_is(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, go = visit.session, threading.Event()
    make = fake(session.repository, session.map.land_cover.folder)

    def waits(request: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> object:
        progress(lulc.Progress(stage="predict", done=1, total=2, detail=""))
        assert go.wait(60)
        return make(request, progress, cancel)

    async def look() -> None:
        monkeypatch.setattr(session.repository, "make", waits)
        session.display.tab = "years"
        await making.all_done()
        visit.change.param.update(before=2021, after=2023)
        years = asyncio.ensure_future(visit.years.make())  # first 2022, of which Change needs nothing
        while visit.years.maker.step is None or visit.years.maker.step.stage != "predict":
            await asyncio.sleep(0.01)
        session.display.tab = "change"
        while not visit.change.missing:
            await asyncio.sleep(0.01)
        assert (visit.change.missing, visit.change.maker.step) == ([2021], None)
        go.set()
        await years
        while visit.change.compared is None:
            await asyncio.sleep(0.01)
        assert visit.change.compared.years == (2021, 2023)

    asyncio.run(look())


def test_nothing_is_made_unasked_of_a_place_with_real_imagery_or_without_prefetching(visit: Visit) -> None:
    async def look() -> None:
        visit.session.display.tab = "years"
        await making.all_done()
        visit.session.display.tab = "change"
        await making.all_done()

    visit.session.repository.make = lambda *_: pytest.fail("made unasked")
    assert not visit.session.makes_unasked
    asyncio.run(look())
    assert visit.years.series.missing


def shown(session: Session, side: str) -> np.ndarray:
    raster = session.panels[side].shown
    assert isinstance(raster, ClassRaster)
    return raster.codes


def test_each_side_shows_its_own_year_with_the_weights_on_screen(visit: Visit) -> None:
    session = visit.session

    async def look() -> None:
        session.layers.left = "classes"
        session.years["left"].year = 2019
        await making.all_done()
        first = session.repository.find(session.selection.request_for(2019))
        assert (shown(session, "left") == first.composite.label).all()
        assert (shown(session, "right") == session.map.composite.label).all()
        assert not (shown(session, "left") == shown(session, "right")).all()
        session.weights.chosen = WEIGHTS
        await making.all_done()
        assert (shown(session, "left") == first.weigh(WEIGHTS).label).all()
        session.selection.year = 2019  # now both are of one year
        await making.all_done()
        assert (shown(session, "left") == shown(session, "right")).all()

    asyncio.run(look())


def test_another_year_shows_the_clearest_scene_of_the_season_unless_one_is_asked_for(visit: Visit) -> None:
    session = visit.session
    first = session.repository.find(session.selection.request_for(2019))
    year, shares = session.years["left"], first.clear_share.round(2)
    apart = [abs(int(day) - 200) for day in first.predictions["time"].dt.dayofyear.values]
    season = [scene for scene, days in enumerate(apart) if days <= 45]
    clearest = min(season, key=lambda scene: (-shares[scene], apart[scene]))
    cloudiest = min(season, key=lambda scene: shares[scene])
    assert shares[cloudiest] < shares[clearest]

    def seen(scene: int) -> bool:
        raster = session.panels["left"].shown
        assert isinstance(raster, ImageryRaster)
        return bool((raster.looks == first.looks(scene, raster.bands)).all()) and session.panels["left"].up_to_date

    async def look() -> None:
        session.layers.left = "true-colour"
        session.layers.scene = "2023-07-19"
        year.year = 2019
        await making.all_done()
        assert seen(clearest)
        assert format_date(first.moments[clearest]) in caption(session, "left")
        year.scene = first.moments[cloudiest]
        await making.all_done()
        assert seen(cloudiest)
        session.layers.scene = "2023-07-20"
        await making.all_done()
        assert (year.scene, seen(clearest)) == ("", True)

    asyncio.run(look())


def test_a_missing_year_is_made_when_it_is_chosen_and_can_be_cancelled(visit: Visit) -> None:
    session = visit.session

    def waits(_: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> None:
        progress(lulc.Progress(stage="predict", done=1, total=2, detail=""))
        cancel.wait(60)
        raise lulc.CancelledError("Cancelled")

    async def look() -> None:
        make = fake(session.repository, session.map.land_cover.folder)
        session.repository.make = waits
        side = session.years["right"]
        side.year = 2021
        while side.maker.step is None or side.maker.step.stage != "predict":
            await asyncio.sleep(0.01)
        assert session.panels["right"].shown is None
        side.maker.stop()
        await making.all_done()
        assert (side.maker.step, side.shown, side.problem) == (None, None, "")
        session.repository.make = make
        await side.make()
        await making.all_done()
        assert side.shown.request.year == 2021
        assert session.panels["right"].shown is not None

    asyncio.run(look())


def test_a_link_restores_the_year_of_a_side_and_back_takes_it_away(visit: Visit) -> None:
    session = visit.session

    async def look() -> None:
        location = Location(search="?region=laos&year=2023&left-year=2019")
        words = address.begin(location)
        for part, names in address.choices(session):
            location.sync(part, names, on_error=partial(address.take, part))
        address.keep_true(location, words, session)
        History(session, location)
        await making.all_done()
        assert session.years["left"].shown.request.year == 2019
        with_it = location.search
        session.years["left"].year = None
        without = location.search
        assert "left-year" not in without
        location.search = with_it
        assert session.years["left"].year == 2019
        location.search = without
        assert session.years["left"].year is None

    asyncio.run(look())


def test_a_year_without_imagery_is_told_and_the_side_shows_the_chosen_one(visit: Visit) -> None:
    session = visit.session

    async def look() -> None:
        session.years["right"].year = 1999
        await making.all_done()

    asyncio.run(look())
    assert session.years["right"].year is None
    assert "no imagery of 1999 for the map on the right" in session.remarks.latest


def test_the_first_picture_of_a_page_has_the_year_of_its_link(tmp_path: Path) -> None:
    made = making.small_session(tmp_path, "laos", also=(2019,))
    session = build_session(made.repository, Jobs())
    making.choose(session, place="laos", year=2023, left="classes")
    session.years["left"].year = 2019
    opening.open_map(session)
    first = made.repository.find(session.selection.request_for(2019))
    assert (shown(session, "left") == first.composite.label).all()


def test_change_tells_why_a_pixel_has_its_class_in_both_years_and_opens_both_on_the_map(visit: Visit) -> None:
    session, change = visit.session, visit.change

    async def look() -> None:
        session.display.tab = "change"
        await making.all_done()
        row, column = np.argwhere(change.compared.change.changed)[0]
        session.inspection.ask((int(row), int(column)))
        await making.all_done()
        assert [found.land_cover.request.year for found in change.pixels] == [2019, 2023]
        for found in change.pixels:
            label = int(found.land_cover.composite.label[row, column])
            assert found.ledger.scores[0][0] == label
            assert found.evidence.looks
        change.show_on_map("left", change.pixels[0].land_cover.moments[3])
        await making.all_done()
        assert (session.display.tab, session.display.mode, session.layers.left) == ("map", "swipe", "true-colour")
        assert session.years["left"].shown.request.year == 2019
        assert session.panels["left"].context.scene_index == 3
        assert session.years["right"].year is None

    asyncio.run(look())


def test_a_click_on_a_side_of_another_year_tells_the_votes_of_that_year(visit: Visit) -> None:
    session = visit.session
    pixel = ClickedPixel(session)
    evidence = Evidence(session)

    async def look() -> None:
        session.years["left"].year = 2019
        await making.all_done()
        first = session.repository.find(session.selection.request_for(2019))
        row, column = (int(v) for v in np.argwhere(first.composite.label != session.map.composite.label)[0])
        for side, land_cover in (("left", first), ("", session.map.land_cover)):
            session.inspection.ask((row, column), side)
            await making.all_done()
            name = lulc.LEGEND[int(land_cover.composite.label[row, column])].name.capitalize()
            assert f"<h2>{land_cover.request.year}: {name}, with" in pixel._verdict.object
            assert [scene["date"] for scene in evidence._sheet.shown["scenes"]] == [
                format_date(moment) for moment in land_cover.moments
            ]
        session.inspection.ask((row, column), "left")
        await making.all_done()
        evidence._sheet.chosen = 3
        await making.all_done()
        assert session.panels["left"].context.scene_index == 3
        session.years["left"].year = None
        await making.all_done()
        assert session.inspected is session.map.land_cover
        assert "2019" not in pixel._verdict.object

    asyncio.run(look())
