"""What is said of maps that are missing, wherever they are: why, what class weights do meanwhile, what to do."""

from __future__ import annotations

import asyncio
import html
from typing import TYPE_CHECKING

import making
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.components.empty_state import EmptyState
from lulc_explorer.session import opening
from lulc_explorer.session.build import build_session, build_visit
from lulc_explorer.tabs.change.change_view import MissingMaps
from lulc_explorer.tabs.map.side_year import MissingYear
from lulc_explorer.tabs.years.years_view import MissingYears

import lulc_core as lulc

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from lulc_explorer.background.jobs import Step
    from lulc_explorer.components.empty_state import MapCard
    from lulc_explorer.engine.requests import MapRequest
    from lulc_explorer.session.visit import Visit


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    """A person's visit to a place of whose years that of 2023 has a map."""
    return build_visit(making.small_session(tmp_path, "laos"), Jobs())


def again(visit: Visit) -> Visit:
    """Return a new visit to what another person has looked at, on the same server."""
    session = build_session(visit.session.repository, visit.session.jobs, tabs=making.TABS)
    return build_visit(session, Jobs())


def words(card: MapCard) -> str:
    return html.unescape(card._words.object + card._notes.object * card._notes.visible)


async def comes_to(step: Callable[[], Step | None]) -> None:
    """Wait until a map is half made."""
    while (now := step()) is None or now.stage != "predict":
        await asyncio.sleep(0.01)


def waits(_: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> None:
    """Make half of a map, until everybody has left."""
    progress(lulc.Progress(stage="predict", done=1, total=2, detail=""))
    assert cancel.wait(60)
    raise lulc.CancelledError("Cancelled")


STOPPED = (
    "The map of 2021 was stopped, since nobody waited for it any more. It was at: Classifying each scene · 1 of 2.\n"
    "Start it again: what was finished is kept."
)


def test_who_comes_back_reads_what_happened_to_a_map_that_nobody_waited_for(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit.session.repository, "make", waits)

    async def look() -> None:
        visit.session.display.tab = "change"
        visit.change.param.update(before=2021, after=2023)
        await making.all_done()
        assert "stopped" not in words(MissingMaps(visit.change)._card)
        made = asyncio.ensure_future(visit.change.make())
        await comes_to(lambda: visit.change.maker.step)
        visit.change.stop()  # as when the page is closed
        await made
        person = again(visit)
        person.session.display.tab = "change"
        person.change.param.update(before=2021, after=2023)
        await making.all_done()
        person.session.display.tab = "years"
        await making.all_done()
        for card in (MissingMaps(person.change)._card, MissingYears(person.years)._card):
            assert STOPPED in words(card)
            assert card._make.visible

    asyncio.run(look())


def test_a_map_that_is_cancelled_says_so_where_it_would_be(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit.session.repository, "make", waits)
    session = visit.session
    side, card = session.years["right"], EmptyState(session)._card

    async def look() -> None:
        side.year = 2021  # begun unasked, since the place is simulated
        await comes_to(lambda: side.maker.step)
        veil = MissingYear(session, "right")._card
        assert "stopped" not in words(veil)
        side.maker.stop()
        await making.all_done()
        assert STOPPED in words(MissingYear(session, "right")._card)
        session.selection.year = 2021
        await comes_to(lambda: session.map.step)
        assert "stopped" not in words(card)
        opening.stop(session)
        await making.all_done()
        assert STOPPED in words(card)

    asyncio.run(look())


def test_weights_that_are_chosen_while_a_map_is_missing_say_what_they_apply_to(visit: Visit) -> None:
    async def drag() -> None:
        visit.session.display.tab = "change"
        change, none = MissingMaps(visit.change)._card, MissingYear(visit.session, "right")._card
        await making.all_done()
        visit.session.weights.chosen = {"crops": 2.0}
        await making.all_done()
        assert "Your class weights apply to the open map of 2023 now, and to both maps here" in words(change)
        assert "They do not change how a map is made." in words(change)
        visit.session.map.land_cover = None
        assert "Your class weights apply to both maps here" in words(change)
        visit.session.weights.chosen = {}
        await making.all_done()
        assert "weights" not in words(change)
        assert words(none) == ""  # that side shows the open map

    asyncio.run(drag())


@pytest.mark.parametrize("year", [2019, 2023])
def test_two_equal_years_are_no_fault(visit: Visit, year: int) -> None:
    async def look() -> None:
        card = MissingMaps(visit.change)._card
        visit.session.display.tab = "change"
        visit.change.param.update(before=year, after=year)
        await making.all_done()
        assert f"Both years are {year}" in words(card)
        assert "failed" not in words(card)
        assert "Choose another year in “From” or “To”." in words(card)
        assert not card._make.visible

    asyncio.run(look())


@pytest.mark.parametrize("chooses", [False, True])
def test_years_of_a_place_that_nobody_has_asked_for_are_not_compared(visit: Visit, chooses: bool) -> None:
    """Change and Years showed those of the place that stood in for the one that nobody knows."""

    async def look() -> None:
        session = visit.session
        opening.refuse(session, {"region": "atlantis"})
        cards = {"change": MissingMaps(visit.change)._card, "years": MissingYears(visit.years)._card}
        for tab, card in cards.items():
            session.display.tab = tab
            await making.all_done()
            assert "No place has been chosen." in words(card)
            assert (card._make.visible, card._make.label) == (True, "Continue with Vientiane province, Laos")
        assert (visit.change.missing, visit.years.series) == ([], None)
        if chooses:
            session.selection.year = 2022
        else:
            card._make.clicks += 1
        await making.all_done()
        assert 2023 in visit.years.series.made
        session.display.tab = "change"
        await making.all_done()
        assert visit.change.missing == [2019]
        assert "Make the map of 2019" in cards["change"]._make.label

    asyncio.run(look())
