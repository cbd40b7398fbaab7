"""What is drawn on a map only when there is something to draw, and what lies above what."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.models import ColumnDataSource, CustomJSHover, Line
from bokeh.plotting import figure
from lulc_explorer.components import late_glyphs, map_tools
from lulc_explorer.components.late_glyphs import LateGlyphs
from lulc_explorer.rendering.raster import Picture

PIXEL = {"x": [0.0, 1.0], "y": [0.0, 1.0], "middle_x": [0.5, 0.5], "middle_y": [0.5, 0.5]}
NO_PIXEL = map_tools.framed(None)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run what waits for the document at once: here is none."""
    monkeypatch.setattr(late_glyphs, "with_lock", lambda change, *args: change(*args))


def test_a_glyph_comes_with_its_first_data_and_then_only_its_data_change() -> None:
    fig, marks = figure(), LateGlyphs(map_tools.mark)
    marks.join(fig)
    marks.show(NO_PIXEL)
    assert not fig.renderers
    marks.show(PIXEL)
    drawn = list(fig.renderers)
    (source,) = {one.data_source for one in drawn}
    marks.show(NO_PIXEL)
    assert fig.renderers == drawn
    assert source.data == NO_PIXEL


def test_a_figure_that_comes_later_shows_what_is_shown_already() -> None:
    marks = LateGlyphs(map_tools.mark)
    marks.show(PIXEL)
    fig = figure()
    marks.join(fig)
    assert fig.renderers[0].data_source.data == PIXEL


def test_imagery_lies_below_a_pixel_that_was_marked_before() -> None:
    fig, classes = figure(), ColumnDataSource({"x": [], "y": []})
    fig.add_glyph(classes, Line(x="x", y="y"))
    map_tools.outline(fig, map_tools.edges(None, None))
    marks = LateGlyphs(map_tools.mark)
    imagery = LateGlyphs(lambda fig, columns: map_tools.lay_imagery(fig, columns, CustomJSHover()))
    for glyphs in (marks, imagery):
        glyphs.join(fig)
    marks.show(PIXEL)
    imagery.show(map_tools.pictured(Picture(pixels=np.ones((2, 2), np.uint32), bounds=(0, 0, 1, 1))))
    kinds = [type(renderer.glyph).__name__ for renderer in fig.renderers]
    assert kinds == ["Line", "ImageRGBA", "MultiLine", "Scatter", "Scatter", "Line", "Line"]
    assert fig.renderers[0].data_source is classes
