"""The report of what is on screen: what it has, and that it needs nothing but itself."""

from __future__ import annotations

import asyncio
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import making
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.rendering.formatting import hectares
from lulc_explorer.session.build import build_visit
from lulc_explorer.tabs.report import report

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.session.visit import Visit

LINK = "https://example.org/app?region=laos&year=2023&weights=grass%3A0"


class Found(HTMLParser):
    """What a page fetches, and its words; fails where tags do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.words = ""
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "iframe", "button"}
        self.fetched += [value or "" for name, value in attrs if name in {"src", "srcset", "poster", "data"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in {"meta", "img", "wbr", "br", "rect", "path"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"rect", "path"}:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    return build_visit(making.small_session(tmp_path_factory.mktemp("maps"), "laos"), Jobs())


def test_a_report_has_the_areas_on_screen_and_fetches_nothing(visit: Visit) -> None:
    found = Found(report(visit, LINK))
    composite = visit.session.map.composite
    for c in visit.session.map.land_cover.legend:
        if area := composite.hectares[c.code]:
            assert f"{c.name}{hectares(area)}" in found.words
    assert all(source.startswith("data:image/png;base64,") for source in found.fetched)
    assert len(found.fetched) == 1
    assert LINK in found.words
    assert "simulated" in found.words
    assert "Pixel in row" not in found.words


def test_what_has_been_opened_is_in_it_and_nothing_else(visit: Visit) -> None:
    async def open_all() -> None:
        making.choose(visit.session, pixel=(5, 7), chosen={"grass": 0.5})
        visit.session.display.tab = "error-matrix"
        await making.all_done()

    asyncio.run(open_all())
    found = Found(report(visit))
    assert "Pixel in row 5, column 7" in found.words
    assert "grass × 0.5" in found.words
    assert "Votes by date" in found.words
    overall = visit.accuracy.study.overall.value
    assert f"{100 * overall:.1f}\xa0%" in found.words
    assert re.search(r"of the (classified )?area is mapped correctly", found.words)
    assert "of the area changed its class" not in found.words


def test_without_a_map_there_is_none(tmp_path: Path) -> None:
    bare = build_visit(making.small_session(tmp_path, unmade=("laos",)), Jobs())
    with pytest.raises(ValueError, match="Open a map first"):
        report(bare)
