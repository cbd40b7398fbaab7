"""The border of the link: whatever it says is read, or told as it is written; nothing of it is ever markup."""

from __future__ import annotations

import asyncio
import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import making
import panel as pn
import pytest
from bokeh.document import Document
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lulc_explorer import compose
from lulc_explorer.session import address, opening
from lulc_explorer.shell import layout
from lulc_explorer.shell.notices import Notices
from lulc_explorer.shell.page import get_ready
from panel.io.location import Location
from panel.io.state import set_curdoc, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.visit import Visit

MAP = address.OF_THE_MAP
WORDS = sorted(
    MAP
    | {*address.LAYERS.values(), *address.DISPLAY.values(), *address.CHANGE.values(), *address.ACCURACY.values()}
    | {*address.FORMS}
)
OTHERS = [word for word in WORDS if word not in MAP]
MARKUP = '<img src=x onerror="run({})">'
HERE = {"region": "laos", "year": "2023"}
RENDERED = {"Alert": "object", "Typography": "object", "StaticText": "value"}
"""What panel-material-ui 0.16 renders as HTML: component to parameter."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> MapRepository:
    get_ready()
    return making.small_session(tmp_path_factory.mktemp("maps"), "laos").repository


@pytest.fixture
def served(repository: MapRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "the_repository", lambda: repository)
    monkeypatch.setattr(compose, "the_prefetch", lambda: None)
    monkeypatch.setattr(pn.config, "exception_handler", None)


def opened(link: dict[str, str], document: Document) -> tuple[Visit, Notices]:
    """Open a link as a browser does."""
    with set_curdoc(document):
        state._locations[document] = Location(search="?" + urlencode(link))
        notices = Notices()
        return compose.begin_visit(notices), notices


def markup(document: Document) -> Iterator[str]:
    """Yield every text of a page that the browser reads as HTML."""
    for model in document.models:
        if type(model).__name__ in ("HTML", "Markdown"):
            yield html.unescape(model.text)
        elif parameter := RENDERED.get(getattr(model, "class_name", "")):
            yield html.unescape(str(getattr(model.data, parameter)))
        elif "html" in getattr(getattr(model, "data", None), "properties", lambda: ())():
            yield str(model.data.html)


@pytest.mark.parametrize("wrong", [[*OTHERS], *([word] for word in sorted(MAP))], ids=lambda wrong: wrong[0])
@pytest.mark.usefixtures("served")
def test_no_word_of_a_link_is_markup_on_the_page(wrong: list[str]) -> None:
    document = Document()
    visit, notices = opened(HERE | {word: MARKUP.format(word) for word in wrong}, document)
    with set_curdoc(document):
        page = compose.build_page(visit, notices)
        for later in page.select(layout.Later) if wrong == OTHERS else ():
            later.show()
        document.add_root(page.get_root(document))
        texts = [*markup(document)]
    assert not [text for text in texts if "<img src=x" in text]
    said = html.unescape("".join(texts)) + visit.session.map.problem
    assert any(MARKUP.format(word) in said for word in wrong)  # told, as it is written


def shown(notices: Notices) -> str:
    """Return the HTML of the notices; empty if there are none."""
    column = notices.__panel__()
    return column[0].objects[0].object if column.visible else ""


def told(notices: Notices) -> str:
    """Return the text of the notices; empty if there are none."""
    return html.unescape(shown(notices)).replace("<p>", "").replace("</p>", "")


@pytest.mark.usefixtures("served")
def test_what_is_wrong_in_several_parts_of_a_link_is_told_in_one_message() -> None:
    _, notices = opened(HERE | {"scene": "midsummer", "view": "here", "cells": "all", "before": "then"}, Document())
    assert told(notices) == (
        "The link asks for scene 'midsummer', view 'here', cells 'all', before 'then', which are not available "
        "and were ignored."
    )


@pytest.mark.usefixtures("served")
def test_words_that_do_not_fit_the_map_of_their_link_are_told_on_any_tab_and_leave_it() -> None:
    """Years of Change were told on that tab only, and the scene of a side without its year never."""
    unfit = {"threshold": "101", "before": "1900", "after": "2099", "left-scene": "2019-07-01"}
    unfit["right-scene"] = "2023-07-01"
    document = Document()
    visit, notices = opened(HERE | unfit | {"right-year": HERE["year"]}, document)
    assert told(notices) == (
        "The link asks for threshold 101, before 1900, after 2099, left-scene '2019-07-01', right-scene '2023-07-01', "
        "which are not available and were ignored."
    )
    kept = state._locations[document].query_params
    assert not {*unfit.values()} & {*map(str, kept.values())}
    assert {visit.change.before, visit.change.after} <= {*visit.session.selection.years}
    assert {year.scene for year in visit.session.years.values()} == {""}


@pytest.mark.usefixtures("served")
def test_words_that_fit_the_map_of_their_link_are_kept() -> None:
    document, fit = Document(), {"before": "2020", "threshold": "9"}
    visit, notices = opened(HERE | fit, document)
    assert told(notices) == ""
    assert fit.items() <= {word: str(value) for word, value in state._locations[document].query_params.items()}.items()
    assert (visit.change.before, visit.session.layers.threshold) == (2020, 9)


@pytest.mark.usefixtures("served")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(WORDS), st.text(max_size=30), min_size=1, max_size=6))
@example({"year": "9" * 5000})
@example({"year": "²", "opacity": "²", "pixel": "²,1"})
@example({"pixel": "9" * 5000 + ",1"})
@example({"weights": "crops:1e400", "opacity": "nan", "threshold": "-inf", "divider": "1e999"})
@example({"hidden": '["grass"]', "focus": "[[[]]]", "before": "{}", "after": "[1]", "corrected": "2"})
@example({"view": "1,2,3,4,5", "scene": "2023-01-01T00:00+99:99", "rivals": "grass,grass"})
@example({"view": "\x00", "tab": "../..", "region": "box:nan,nan,nan,nan", "network": "/etc/passwd"})
def test_no_text_of_a_link_is_an_error_or_markup(link: dict[str, str]) -> None:
    visit, notices = opened(HERE | link, Document())
    assert "Unexpected" not in visit.session.map.problem
    said = shown(notices)
    assert "Unexpected" not in said
    assert not {*re.findall("<.*?>", said)} - {"<p>", "</p>"}


ELSEWHERE = {"region": "atlantis", "view": "1,2,3,4", "pixel": "9999,1", "scene": "1999-01-01", "before": "1901"}


@pytest.mark.parametrize("year", ["1850", "2023"])
@pytest.mark.parametrize("tab", ["", "map", "change"])
@pytest.mark.usefixtures("served")
def test_a_place_that_nobody_knows_is_told_in_one_message_whatever_is_asked_of_it(year: str, tab: str) -> None:
    """The year was looked for in another place, which nobody had asked for, and told as missing there."""

    async def look() -> None:
        document = Document()
        visit, notices = opened({**ELSEWHERE, "year": year, "tab": tab}, document)
        await making.all_done()
        message = "The link asks for region 'atlantis', which is not available. Choose a place and a year instead."
        assert visit.session.map.problem == message
        assert told(notices) == (message if tab == "change" else "")
        assert visit.session.map.land_cover is None
        assert visit.session.selection.can_make

        def asked() -> set[tuple[str, str]]:
            return {(word, str(value)) for word, value in state._locations[document].query_params.items()}

        assert {*ELSEWHERE.items(), ("year", year)} <= asked()  # whoever is sent the link is told, too
        await opening.make(visit.session)  # Continue with Laos
        assert visit.session.map.problem == ""
        assert told(notices) == ""
        assert asked() >= HERE.items()
        assert not ELSEWHERE.keys() - HERE.keys() & dict(asked()).keys()  # nor the year that Change has here

    asyncio.run(look())


@pytest.mark.parametrize("tab", ["", "years", "area"])
@pytest.mark.usefixtures("served")
def test_a_year_that_the_place_lacks_is_told_on_any_tab(tab: str) -> None:
    """It was told on the tab Map only; the others showed the place as if nothing had been asked for."""
    document = Document()
    visit, notices = opened({**HERE, "year": "1999", "tab": tab}, document)
    message = "no imagery of 1999. Choose one of: 2019, 2020, 2021, 2022, 2023."
    assert message in visit.session.map.problem
    assert (message in told(notices)) == bool(tab)
    assert visit.session.selection.year == 2023  # what a person can go on with
    assert state._locations[document].query_params["year"] == 1999  # whoever is sent the link is told, too
