"""What is not seen first is built later: the sidebar once it is open on a page that has been painted."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui
import pytest
from lulc_explorer.components.first_paint import FirstPaint
from lulc_explorer.session.display import MAP, MapDisplay
from lulc_explorer.shell import layout


@pytest.mark.parametrize("first", ["painted", "opened"])
def test_the_sidebar_is_built_once_when_it_can_be_seen(first: str) -> None:
    built: list[str] = []

    def build() -> list[pn.pane.Markdown]:
        built.append("sidebar")
        return [pn.pane.Markdown("Place and year")]

    display, paint, sidebar = MapDisplay([MAP]), FirstPaint(), layout.sidebar(build)
    page = pmui.Page(sidebar=[sidebar], sidebar_open=False)
    layout.fill_when_seen(sidebar, display, page)
    paint.link(display, painted="painted")
    steps = {
        "painted": lambda: paint.param.update(painted=True),
        "opened": lambda: page.param.update(sidebar_open=True),
    }
    steps.pop(first)()
    assert (built, len(sidebar)) == ([], 0)
    steps.popitem()[1]()
    assert (built, len(sidebar)) == (["sidebar"], 1)
    page.sidebar_open = False
    page.sidebar_open = True
    assert built == ["sidebar"]
