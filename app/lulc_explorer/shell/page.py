"""The page around the tabs."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import geoviews as gv
import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.command import Command
from lulc_explorer.components.theme import LOOKS, THEME
from lulc_explorer.shell.layout import CSS
from lulc_explorer.shell.policy import protect, send_headers
from lulc_explorer.shell.workarounds import Models, unfollow_busy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel.viewable import Viewer

_TEMPLATE = Path(__file__).parent / "page.html"


def build(
    *,
    title: str,
    header: Sequence[Viewer],
    sidebar: Sequence[Viewer],
    main: Sequence[Viewer | pn.viewable.Viewable],
) -> pmui.Page:
    """Return the page.

    Parameters
    ----------
    title
        Title in the header and of the browser tab.
    header, sidebar, main
        The parts of the page.
    """
    pn.state.curdoc.models.__class__ = Models
    protect(pn.state.curdoc)
    page = pmui.Page(
        title=title,
        meta_description="Land cover from Sentinel-2, scene by scene and for the year",
        header=[pn.panel(part) for part in header],
        sidebar=[pn.panel(part) for part in sidebar],
        main=[pn.Column(*main, css_classes=["explorer"], stylesheets=[CSS], sizing_mode="stretch_width", margin=0)],
        sidebar_width=300,
        sidebar_resizable=False,  # 0.16: its handle has no role that a screen reader knows
        busy_indicator=None,
        site_url="",
        template=_TEMPLATE,
        theme_config={mode: {**palette, **LOOKS} for mode, palette in THEME.items()},
    )
    unfollow_busy(page)
    pn.state.curdoc.template_variables.update(components=page._render_esm(server=True))
    return page


def commands(page: pmui.Page) -> list[Command]:
    """Return the commands that change the looks of a page."""
    other = "Light" if page.dark_theme else "Dark"
    said = "Hide" if page.sidebar_open else "Show"
    return [
        Command(group="Page", title=f"{other} theme", run=partial(setattr, page, "dark_theme", not page.dark_theme)),
        Command(group="Page", title=f"{said} the sidebar", run=partial(setattr, page, "sidebar_open", said == "Show")),
    ]


@cache
def get_ready() -> None:
    """Load and compile the drawing of maps, once a process: it takes HoloViews 60 ms each time."""
    send_headers()
    hv.extension("bokeh")
    gv.extension("bokeh")
    hv.renderer("bokeh").webgl = False
