"""The page around the views, and the mends it needs. All about upstream's shortcomings is in this file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
import param
from panel.util import edit_readonly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from panel.viewable import Viewer
    from state import Explorer

_CSS = (Path(__file__).parent / "page.css").read_text()
THEME = {
    "light": {"palette": {"primary": {"main": "#14594b"}, "background": {"default": "#f6f7f5", "paper": "#ffffff"}}},
    "dark": {"palette": {"primary": {"main": "#7ccfb8"}, "background": {"default": "#121614", "paper": "#1a1f1d"}}},
}
LOOKS = {
    "typography": {"fontFamily": "Roboto, 'Helvetica Neue', Arial, sans-serif", "h3": {"fontSize": "1.25rem"}},
    "components": {
        "MuiFormLabel": {"styleOverrides": {"root": {"fontSize": "0.8125rem"}}},
        "MuiAccordionSummary": {"styleOverrides": {"content": {"& *": {"fontSize": "0.9rem", "fontWeight": 500}}}},
        "MuiAppBar": {
            "styleOverrides": {"root": {"backgroundColor": "#14594b", "backgroundImage": "none", "color": "#fff"}}
        },
    },
}


_AS_TALL_AS_ITS_PARTS = {"height": "auto", "& > .MuiBox-root": {"overflow": "visible"}}
"""Of tabs: one scroll bar, the page's own."""


class Screen(pn.custom.JSComponent):
    """What the browser says about the screen, once, when the page is there."""

    narrow = param.Boolean(False, doc="A phone's width: the sidebar would cover the page.")
    dark = param.Boolean(False, doc="The person prefers dark pages.")

    _esm = """
    const PATIENCE_MS = 400  // panel-material-ui 0.16: a page that has just appeared misses what changes meanwhile

    export function render({ model, view, el }) {
      const say = () => {
        model.narrow = matchMedia("(max-width: 600px)").matches
        model.dark = matchMedia("(prefers-color-scheme: dark)").matches
      }
      const wait = () => el.isConnected ? setTimeout(() => requestIdleCallback(say), PATIENCE_MS) : setTimeout(wait, 50)
      view.root.ready.then(wait)
    }
    """


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
        In the header and in the browser's tab.
    header, sidebar, main
        What to show where.
    """
    screen = Screen()
    page = pmui.Page(
        title=title,
        meta_description="Land cover from Sentinel-2, scene by scene and for the year",
        header=[pn.panel(part) for part in header],
        sidebar=[pn.panel(part) for part in sidebar],
        main=[
            pn.Column(
                screen, *main, css_classes=["explorer"], stylesheets=[_CSS], sizing_mode="stretch_width", margin=0
            )
        ],
        sidebar_open="Mobi" not in pn.state.headers.get("User-Agent", ""),
        sidebar_width=300,
        sidebar_resizable=False,  # 0.16: its handle has no role that a screen reader knows
        busy_indicator=None,
        site_url="",
        theme_config={mode: {**palette, **LOOKS} for mode, palette in THEME.items()},
    )
    _unfollow_busy(page)
    screen.param.watch(lambda event: page.param.update(sidebar_open=not event.new), "narrow")
    screen.param.watch(lambda event: page.param.update(dark_theme=event.new), "dark")
    return page


def tabs(explorer: Explorer, parts: Mapping[str, Sequence[Viewer]]) -> pmui.Tabs:
    """Return tabs by title, each with its parts one below the other; the open one is what the explorer says."""
    keys = [title.lower().replace(" ", "-") for title in parts]
    looks = {"css_classes": ["tab"], "stylesheets": [_CSS], "sizing_mode": "stretch_width", "margin": 0}
    view = pmui.Tabs(
        *((title, pn.Column(*views, **looks)) for title, views in parts.items()),
        active=_position(keys, explorer.tab),
        sizing_mode="stretch_width",
        sx=_AS_TALL_AS_ITS_PARTS,
        margin=0,
    )
    view.param.watch(lambda event: explorer.param.update(tab=keys[event.new]), "active")
    explorer.param.watch(lambda event: view.param.update(active=_position(keys, event.new)), "tab")
    return view


def _position(keys: Sequence[str], key: str) -> int:
    return keys.index(key) if key in keys else 0


def fold(parts: dict[str, Viewer]) -> pmui.Accordion:
    """Return parts under titles that open and close."""
    return pmui.Accordion(
        *((title, pn.panel(part)) for title, part in parts.items()), margin=10, sizing_mode="stretch_width"
    )


def farewell(stops: Sequence[Callable[[], None]], panes: list[pn.pane.HoloViews]) -> Callable[[object], None]:
    """Return what to do when a session ends: stop its work and release what its maps hold.

    bokeh 3.9 clears the globals of ``main.py`` before it calls this, so it must not be defined there.
    panel 1.9, panel-material-ui 0.16: a HoloViews pane with streams inside a Material layout is never cleaned
    up, which keeps about 3 MB for every session that was ever open.
    """

    def leave(_: object) -> None:
        for stop in stops:
            stop()
        for pane in panes:
            for plot, _ in list(pane._plots.values()):
                plot.cleanup()

    return leave


def _unfollow_busy(page: pmui.Page) -> None:
    """Stop the page from following the server-wide busy state.

    panel-material-ui 0.16: `Page.busy` is tied to `pn.state.busy`, so that every event of anybody updates the
    page of everybody, and the tie outlives the session.
    """
    for names, watcher in page._param__private.ref_watchers:
        if "busy" in names:
            pn.state.param.unwatch(watcher)
    with edit_readonly(page):
        page.busy = False
