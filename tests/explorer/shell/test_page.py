"""The mends around the page: Bokeh's models are looked through when they change, and only then."""

from __future__ import annotations

import re

import panel as pn
import pytest
from bokeh.core.templates import MACROS
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure
from lulc_explorer.engine.errors import UserError
from lulc_explorer.shell import page
from lulc_explorer.shell.notices import Notices
from lulc_explorer.shell.policy import protect
from panel_material_ui.template.base import parse_template


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
    alert = alarm.__panel__()
    for words in ("One.", "<Two>.", "One."):
        alarm.say(UserError(words))
    assert alert.objects[0].object == "<p>&lt;Two&gt;.</p><p>One.</p>"
    alert.closed = True
    assert not alert.visible
    alarm.say(UserError("Three."))
    assert alert.visible
    assert alert.objects[0].object == "<p>Three.</p>"


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
