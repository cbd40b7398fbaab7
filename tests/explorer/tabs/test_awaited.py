"""What stands for the maps until the page has been built: what its link showed before, or nothing of it."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING

import making
import pytest
from lulc_explorer.rendering import raster
from lulc_explorer.session import opening
from lulc_explorer.tabs.map import awaited

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.session.session import Session

LINK = "region=laos&year=2023"


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(awaited, "_seen", type(awaited._seen)(2))
    return making.small_session(tmp_path, "laos")


def pictures(link: str) -> int:
    return awaited.render(link).count("data:image/png")


def test_a_link_shows_what_it_showed_before_in_whatever_order_it_is_written(person: Session) -> None:
    assert pictures(LINK) == 0
    awaited.keep([f"?{LINK}"], person)
    assert pictures("year=2023&region=laos") == 2
    assert "Laos in 2023" in awaited.render(LINK)
    assert pictures(f"{LINK}&weights=crops:2") == 0


def test_nothing_is_kept_of_a_map_that_is_no_longer_open_and_of_links_that_are_too_many(person: Session) -> None:
    awaited.keep(["?a=1", "?b=2", "?c=3"], person)
    assert [pictures(link) for link in ("a=1", "b=2", "c=3")] == [0, 2, 2]
    seen = awaited._seen[awaited._words("c=3")]
    gone = awaited._Seen(maps=(*seen.maps, weakref.ref(type("Gone", (), {})())), parts=seen.parts)
    awaited._seen[awaited._words("c=3")] = gone
    assert pictures("c=3") == 0


def test_a_map_that_comes_while_its_page_is_open_is_kept_once(person: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited, "_DRAWN_S", 0)
    address = ["a=1"]

    async def look() -> None:
        for panel in person.panels.values():
            panel.show(None)
        awaited.follow(lambda: address, person)
        address[:] = ["b=2"]
        opening.open_map(person)
        await making.all_done()
        address[:] = ["c=3"]
        person.layers.scene = person.map.land_cover.moments[0 if person.scene_index else 1]
        await making.all_done()  # its scenes may be played: what they show is not kept
        assert person.panels["left"].up_to_date

    asyncio.run(look())
    assert [pictures(link) for link in ("a=1", "b=2", "c=3")] == [0, 2, 0]


def test_another_map_on_screen_does_not_count_as_a_use_of_the_links_that_are_kept(person: Session) -> None:
    for link in ("a=1", "b=2"):
        awaited.keep([link], person)

    async def look() -> None:
        awaited.follow(lambda: ["b=2"], person)
        person.panels["left"].param.trigger("shown")
        await making.all_done()

    asyncio.run(look())
    awaited.keep(["c=3"], person)
    assert [pictures(link) for link in ("a=1", "b=2", "c=3")] == [0, 2, 2]


@pytest.mark.parametrize("wide, high", [(1e-5, 0.3), (0.3, 1e-5)])
def test_of_a_view_that_is_a_strip_there_is_no_picture(person: Session, wide: float, high: float) -> None:
    """It had millions of rows, or none."""
    west, south, east, north = raster.to_degrees(person.bounds)
    x, y = (west + east) / 2, (south + north) / 2
    person.display.view = f"{x - wide},{y - high},{x + wide},{y + high}"
    assert person.bounds != raster.home(person.selection.grid)
    awaited.keep([LINK], person)
    assert "Laos in 2023" in awaited.render(LINK)
    assert pictures(LINK) == 0


def test_nothing_is_kept_before_both_maps_are_there_and_of_other_tabs(person: Session) -> None:
    person.panels["left"].show(None)
    awaited.keep([LINK], person)
    assert "Laos in 2023" not in awaited.render(LINK)
    opening.open_map(person)
    for panel in person.panels.values():
        panel.show(panel.read())
    person.display.tab = "change"
    awaited.keep([LINK], person)
    assert "Laos in 2023" not in awaited.render(LINK)
    person.display.tab = "map"
    awaited.keep([LINK], person)
    assert pictures(LINK) == 2
