"""An entry of the browser's history brings back what the page showed, on the map that it was of."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import making
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.session import address
from lulc_explorer.session.accuracy import DRAWN
from lulc_explorer.session.build import build_session, build_visit
from lulc_explorer.session.history import History
from lulc_explorer.session.link_formats import Drawing, read_drawing, write_drawing
from lulc_explorer.shell.workarounds import parse_query
from lulc_explorer.tabs.map.timeline import Timeline
from panel.io.location import Location

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.session.visit import Visit


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    """A person's visit to two places whose maps have been made."""
    return build_visit(making.small_session(tmp_path, "laos", "belgium"), Jobs())


def entered(visit: Visit, link: str) -> Location:
    """Open a link, and keep the choices of the visit in the address."""
    location = Location(search=link)
    words = address.begin(location)
    session = visit.session
    address_bar = address.Address(session)
    kept = (*address.choices(session), (address_bar, None), (visit.accuracy, address.ACCURACY))
    for part, names in kept:
        location.sync(part, names, on_error=partial(address.take, part))
    address.keep_true(location, words, session)
    History(session, location)
    return location


def test_back_restores_the_words_that_the_address_lacks_too(visit: Visit) -> None:
    location = entered(visit, "?region=laos&year=2023&hidden=clouds")
    first = location.search
    visit.session.display.tab = "area"
    visit.session.layers.param.update(left="truth", hidden=["grass"])
    second = location.search
    location.search = first
    seen = visit.session
    assert (seen.display.tab, seen.layers.left, seen.layers.hidden) == ("map", "prediction", ["clouds"])
    location.search = second
    assert (seen.display.tab, seen.layers.left, seen.layers.hidden) == ("area", "truth", ["grass"])
    usual = seen.layers.scene
    seen.layers.scene = seen.map.land_cover.moments[2]
    seen.layers.param.update(left="prediction", hidden=[], scene=usual)
    seen.display.tab = "map"
    assert location.search == "?region=laos&year=2023"  # the tab and the clearest scene stayed in it
    for search, shown in ((second, ("area", "truth")), ("?region=laos&year=2023", ("map", "prediction"))):
        location.search = search
        assert (seen.display.tab, seen.layers.left, seen.layers.scene) == (*shown, usual)


def test_back_to_another_place_restores_its_pixel_weights_and_sample(visit: Visit) -> None:
    async def go() -> None:
        seen, accuracy = visit.session, visit.accuracy
        location = entered(visit, "?region=laos&year=2023")
        seen.weights.chosen = {"crops": 2.0}
        await making.all_done()
        seen.inspection.pixel = (5, 7)
        accuracy.param.update(source=DRAWN, size=60, seed=4)
        await accuracy.draw()
        there, table = location.search, accuracy.sample.table
        assert location.query_params["sample"] == "60,4;crops:2"
        seen.selection.place = "belgium"
        await making.all_done()
        assert (seen.map.land_cover.request.place.key, seen.weights.chosen) == ("belgium", {})
        assert (accuracy.drawing, accuracy.sample) == ("", None)
        location.search = there
        await making.all_done()
        await making.all_done()  # what follows from the map that was opened
        assert (seen.selection.place, seen.weights.chosen, seen.inspection.pixel) == ("laos", {"crops": 2.0}, (5, 7))
        assert seen.remarks.latest == ""
        assert accuracy.sample.table.equals(table)
        assert location.query_params.items() >= parse_query(there).items()

    asyncio.run(go())


def test_back_to_another_place_restores_its_scene(visit: Visit) -> None:
    async def go() -> None:
        seen = visit.session
        location = entered(visit, "?region=laos&year=2023")
        timeline = Timeline(seen)
        moment = seen.layers.scene = seen.map.land_cover.moments[2]
        there = location.search
        seen.selection.place = "belgium"
        await making.all_done()
        assert seen.layers.scene in seen.map.land_cover.moments
        location.search = there
        await making.all_done()
        assert (seen.selection.place, seen.layers.scene) == ("laos", moment)
        assert seen.remarks.latest == ""
        timeline._strip.chosen = 3
        assert seen.layers.scene == seen.map.land_cover.moments[3]

    asyncio.run(go())


def test_a_sample_comes_back_with_the_weights_of_its_strata() -> None:
    for weights, text, former in (
        ({}, "60,4", "60,4;;crops:2"),  # compared with another map than it was drawn from
        ({"crops": 2.0}, "60,4;crops:2", "60,4;crops:2;"),
    ):
        drawing = Drawing(size=60, seed=4, weights=weights)
        assert write_drawing(drawing) == text
        assert read_drawing(text) == read_drawing(former) == drawing
    for wrong in ("60", "5,1", "60,-1", "60,1;corn:1", "60,1;;;"):
        with pytest.raises((ValueError, KeyError)):
            read_drawing(wrong)


@pytest.fixture
def new(tmp_path: Path) -> Visit:
    """A visit to places without maps."""
    return build_visit(build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs()), Jobs())


def test_what_a_link_need_not_say_is_what_a_visit_begins_with(new: Visit) -> None:
    location = entered(new, "")
    said = {word: getattr(who, name) for who, name, word in address.synced(location)}
    usual = address.usual(location, new.session)
    assert usual.items() <= said.items()
    assert said.keys() - usual.keys() == address.OF_THE_MAP


def test_a_matrix_of_the_paper_stays_beside_a_source_that_would_not_be_the_usual_without_its_word(new: Visit) -> None:
    location = entered(new, "?of=Laos")
    assert (new.accuracy.source, location.query_params["matrix"]) == ("paper", "paper")
    new.accuracy.source = DRAWN
    assert location.query_params["matrix"] == DRAWN
    new.accuracy.region = new.accuracy.param.region.default
    assert location.query_params.keys() == {"region", "year"}
