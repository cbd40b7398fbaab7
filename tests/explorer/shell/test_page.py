"""The mends around the page: Bokeh's models are looked through when they change, and only then."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import panel as pn
import pytest
from bokeh.client import pull_session
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.core.templates import MACROS
from bokeh.document import Document
from bokeh.models import Column, ColumnDataSource, HoverTool, Range1d, Scatter
from bokeh.models import Line as LineGlyph
from bokeh.plotting import figure
from bokeh.protocol import Protocol
from bokeh.server.connection import ServerConnection
from lulc_explorer.engine.errors import UserError
from lulc_explorer.shell import page
from lulc_explorer.shell.notices import Notices
from lulc_explorer.shell.policy import protect
from lulc_explorer.shell.workarounds import plain_default, plain_instability
from panel.io.document import schedule_write_events
from panel_material_ui.template.base import parse_template

if TYPE_CHECKING:
    from bokeh.model import Model
    from bokeh.protocol.message import Message


class Line:
    """A connection to a browser, and its socket, which another message keeps busy until it is free."""

    def __init__(self, document: Document) -> None:
        self.session, self.protocol, self._socket = SimpleNamespace(document=document), Protocol(), self
        self.write_lock = SimpleNamespace(_block=SimpleNamespace(_value=0))
        self.written: list[str] = []

    async def send(self, text_data: str) -> None:
        self.written.append(text_data)

    async def send_message(self, message: Message) -> None:
        for part in (message.header_json, message.metadata_json, message.content_json):
            await self.send(part)


def test_a_change_of_a_figure_never_comes_before_the_figure() -> None:
    """With bokeh's own way of sending it does: the page then said that the reference isn't known."""
    document, events = Document(), []
    column = Column()
    document.add_root(column)
    document.on_change(events.append)
    drawn = figure()
    column.children = [drawn]

    async def send() -> list[str]:
        line = Line(document)
        schedule_write_events(document, [line], events)  # as panel does while the connection is busy
        await asyncio.sleep(0.02)
        drawn.x_range.start = 0.5
        later = ServerConnection.send_patch_document(line, events[-1])
        line.write_lock._block._value = 1
        await later
        return [text for text in line.written if drawn.x_range.id in text]

    first, second = asyncio.run(send())
    assert '"children"' in first
    assert '"start"' in second
    assert '"children"' not in second


def test_what_changes_once_a_page_is_handed_over_reaches_it_before_it_is_drawn() -> None:
    """With panel's own way the browser, which had not said yet that all was drawn, kept what had been before."""
    documents: list[Document] = []

    def build() -> pn.pane.HTML:
        documents.append(pn.state.curdoc)
        return pn.pane.HTML("before")

    def change() -> None:
        with pn.io.hold(documents[-1]):
            documents[-1].roots[0].text = "after"
        documents[-1].title = "changed"

    server = pn.serve({"/": build}, port=0, show=False, start=False)
    server.start()
    serving = threading.Thread(target=server.io_loop.start)
    serving.start()
    try:
        browser = pull_session(url=f"http://localhost:{server.port}")
        assert browser.document.roots[0].text == "before"
        server.io_loop.add_callback(documents[-1].add_next_tick_callback, change)
        browser._connection._loop_until(lambda: browser.document.title == "changed")
        assert browser.document.roots[0].text == "after"
        browser.close()
    finally:
        server.io_loop.add_callback(server.io_loop.stop)
        serving.join()
        server.stop()


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many models each walk through a page found."""
    found: list[int] = []

    def walk(models: page.Models) -> None:
        whole(models)
        found.append(len(list(models)))

    whole = page.Models.recompute
    monkeypatch.setattr(page.Models, "recompute", walk)
    return found


@pytest.fixture
def document() -> Document:
    document = Document()
    document.models.__class__ = page.Models
    document.add_root(figure())
    return document


def test_a_redrawing_that_puts_in_no_model_walks_through_none(document: Document, walks: list[int]) -> None:
    (fig,) = document.roots
    with document.models.freeze():
        fig.x_range.start = 5
        fig.title.text = "Crops"
    assert walks == []


def test_models_put_in_or_taken_out_while_frozen_are_known_or_forgotten(document: Document, walks: list[int]) -> None:
    (fig,) = document.roots
    source, old, new = ColumnDataSource({"x": [1], "y": [1]}), fig.x_range, Range1d()
    with document.models.freeze():
        fig.line("x", "y", source=source)
        fig.x_range = new
    assert len(walks) == 1
    assert {source, new} <= set(document.models)
    assert old not in set(document.models)
    assert source.document is document
    assert old.document is None


def test_a_root_put_in_or_taken_out_is_known_or_forgotten(document: Document) -> None:
    other = figure()
    document.add_root(other)
    assert other.x_range in set(document.models)
    document.remove_root(other)
    assert other.x_range not in set(document.models)
    assert document.roots[0].x_range in set(document.models)


def test_what_a_walk_finds_is_what_bokeh_itself_finds(document: Document) -> None:
    plain = Document()
    twin = figure()
    plain.add_root(twin)
    for one in (document.roots[0], twin):
        with one.document.models.freeze():
            one.scatter([1, 2], [3, 4])
            one.renderers = []
    kinds = [sorted(type(model).__name__ for model in page_.models) for page_ in (document, plain)]
    assert kinds[0] == kinds[1]


def test_an_error_does_not_take_away_what_was_said_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pn.config, "exception_handler", None)
    alarm = Notices()
    view = alarm.__panel__()
    assert not view.visible
    assert not len(view)
    for words in ("One.", "<Two>.", "One."):
        alarm.say(UserError(words))
    (alert,) = view
    assert alert.objects[0].object == "<p>&lt;Two&gt;.</p><p>One.</p>"
    alert.closed = True
    assert not view.visible
    alarm.say(UserError("Three."))
    assert view.visible
    assert not alert.closed
    assert alert.objects[0].object == "<p>Three.</p>"


@pytest.mark.parametrize("kind", [figure, LineGlyph, Scatter, HoverTool, Column, pn.pane.HTML._bokeh_model])
def test_defaults_from_the_table_are_those_of_bokeh(kind: type[Model]) -> None:
    for model in (kind(), kind()):  # the second reads what the first left
        for descriptor in map(model.lookup, model.properties() - {*model._property_values}):
            if isinstance(descriptor, PropertyDescriptor):
                assert descriptor._get(model) == plain_default(descriptor, model)
                assert descriptor.has_unstable_default(model) == plain_instability(descriptor, model)


def test_a_theme_comes_before_the_table_and_each_model_has_lists_of_its_own() -> None:
    one, other = LineGlyph(), LineGlyph()
    assert one.line_color == other.line_color == "black"
    one.apply_theme({"line_color": "red"})
    assert (one.line_color, other.line_color) == ("red", "black")
    one.tags.append("mine")
    assert (one.tags, other.tags, LineGlyph().tags) == (["mine"], [], [])


def test_a_page_runs_only_scripts_of_its_own_template(document: Document) -> None:
    protect(document)
    nonce = document.template_variables["nonce"]
    html = parse_template(page._TEMPLATE).render(document.template_variables, macros=MACROS, docs=[], plot_script="")
    assert f"'nonce-{nonce}'" in html
    assert "'unsafe-inline'" not in document.template_variables["policy"].partition("script-src")[2].partition(";")[0]
    assert html.count("<script") == html.count(f'<script nonce="{nonce}"') > 2
    assert not re.search(r"\son\w+=", html)
    protect(document)
    assert document.template_variables["nonce"] != nonce


def test_no_text_or_line_is_mixed_from_the_colour_of_its_parent() -> None:
    """Chromium keeps what `color-mix` made of it when a theme comes later: dark on dark."""
    sources = [path for kind in ("css", "js", "py") for path in Path(page.__file__).parents[1].rglob(f"*.{kind}")]
    mixed = re.compile(r"(?<![\w-])(?!background)([\w-]+)\s*:[^;{}]*color-mix\(in srgb, currentcolor", re.IGNORECASE)
    found = {path.name: mixed.findall(path.read_text()) for path in sources}
    assert len(found) > 20
    assert {name: properties for name, properties in found.items() if properties} == {}
