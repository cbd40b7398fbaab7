"""The page around the views, and the mends it needs. All about upstream's shortcomings is in this file."""

from __future__ import annotations

import gc
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import geoviews as gv
import holoviews as hv
import panel as pn
import panel_material_ui as pmui
from bokeh.core.validation import silence
from bokeh.core.validation.warnings import EMPTY_LAYOUT
from bokeh.document.models import DocumentModelManager
from bokeh.models import CustomJS
from panel.util import edit_readonly

from lulc_explorer.rendering import raster
from lulc_explorer.session.explorer import TABS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import param
    from bokeh.document import Document
    from bokeh.models import Column
    from panel.viewable import Viewer

    from lulc_explorer.session.explorer import Explorer

    Build = Callable[[], Sequence[Viewer]]
    """Builds the parts of a tab or a fold."""

_CSS = (Path(__file__).parent / "page.css").read_text()
_TEMPLATE = Path(__file__).parent / "page.html"
THEME = {
    "light": {"palette": {"primary": {"main": "#14594b"}, "background": {"default": "#f6f7f5", "paper": "#ffffff"}}},
    "dark": {"palette": {"primary": {"main": "#7ccfb8"}, "background": {"default": "#121614", "paper": "#1a1f1d"}}},
}
LOOKS = {
    "typography": {"fontFamily": "Roboto, 'Helvetica Neue', Arial, sans-serif", "h3": {"fontSize": "1.25rem"}},
    "components": {
        "MuiAlertTitle": {"styleOverrides": {"root": {"&:empty": {"display": "none"}}}},  # 0.16: there without a title
        "MuiAlert": {
            "styleOverrides": {
                "message": {"overflowWrap": "anywhere", "& p": {"margin": 0}, "& p + p": {"marginTop": 6}}
            }
        },
        "MuiFormLabel": {"styleOverrides": {"root": {"fontSize": "0.8125rem"}}},
        "MuiAccordionSummary": {"styleOverrides": {"content": {"& *": {"fontSize": "0.9rem", "fontWeight": 500}}}},
        "MuiAppBar": {
            "styleOverrides": {"root": {"backgroundColor": "#14594b", "backgroundImage": "none", "color": "#fff"}}
        },
    },
}


_TITLES = {
    "height": "auto",
    "& > .MuiBox-root": {"display": "none"},
    "@media (max-width: 430px)": {"& .MuiTab-root": {"minWidth": 0, "padding": "12px 8px", "flexGrow": 1}},
}
"""Of tabs: no room for what is in them, and all side by side on a phone."""
SEEN, UNSEEN = {"display": "flex"}, {"display": "none"}
"""Of what is in a tab: a style, because bokeh 3.9 lays out the whole page anew for anything else; it keeps a style that
gets no other value."""
_SHOW = "panels.forEach((panel, position) => { panel.styles = position === cb_obj.active ? seen : unseen })"
"""Runs in the browser, so that a tab opens at once and is filled when the server answers."""


silence(EMPTY_LAYOUT, True)  # said in the log of what is built later


class Later(pn.Column):
    """A column that builds its parts when it is first seen.

    Parameters
    ----------
    build
        Returns the parts.
    """

    def __init__(self, build: Build, **looks: object) -> None:
        super().__init__(**looks)
        self._build: Build | None = build
        self.parts: Sequence[Viewer] = []

    def show(self) -> None:
        """Build the parts, unless they are there."""
        if self._build is not None:
            self.parts, self._build = self._build(), None
            self.objects = list(self.parts)


class Tabs(pn.Column):
    """Titles of tabs, and below them what they stand for, of which the browser shows one and hides the others.

    Parameters
    ----------
    bar
        The titles.
    panels
        What they stand for, by title.
    """

    def __init__(self, bar: pmui.Tabs, panels: Mapping[str, Later]) -> None:
        super().__init__(bar, *panels.values(), sizing_mode="stretch_width", margin=0)
        self._titles = list(panels)

    def _get_model(self, *where: object) -> Column:
        """Say what panel 1.9 has no parameter for, and keeps for ever if it is told by `jscallback`."""
        model = super()._get_model(*where)
        bar, *panels = model.children
        for panel, title in zip(panels, self._titles, strict=True):
            panel.html_attributes = {"role": "tabpanel", "aria-label": title}
        bar.data.js_on_change("active", CustomJS(args={"panels": panels, "seen": SEEN, "unseen": UNSEEN}, code=_SHOW))
        return model


class Models(DocumentModelManager):
    """Looks through a page's models for new ones only after one was put in or taken out.

    bokeh 3.9: every `freeze` ends with a walk through all the models of the page, and holoviews 1.23 freezes for
    each redrawing of a map, which puts in none. The walk was two thirds of a map's time.
    """

    _changed = True
    _known: tuple[str, ...] = ()

    def invalidate(self) -> None:
        self._changed = True
        super().invalidate()

    def recompute(self) -> None:
        self._changed, self._known = False, self._roots
        super().recompute()

    @property
    def _roots(self) -> tuple[str, ...]:
        document: Document | None = self._document()
        return tuple(root.id for root in document.roots) if document else ()

    def _pop_freeze(self) -> None:
        self._freeze_count -= 1
        if self._freeze_count == 0 and (self._changed or self._known != self._roots):
            self.recompute()


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
    pn.state.curdoc.models.__class__ = Models
    page = pmui.Page(
        title=title,
        meta_description="Land cover from Sentinel-2, scene by scene and for the year",
        header=[pn.panel(part) for part in header],
        sidebar=[pn.panel(part) for part in sidebar],
        main=[pn.Column(*main, css_classes=["explorer"], stylesheets=[_CSS], sizing_mode="stretch_width", margin=0)],
        sidebar_width=300,
        sidebar_resizable=False,  # 0.16: its handle has no role that a screen reader knows
        busy_indicator=None,
        site_url="",
        template=_TEMPLATE,
        theme_config={mode: {**palette, **LOOKS} for mode, palette in THEME.items()},
    )
    _unfollow_busy(page)
    return page


def tabs(explorer: Explorer, parts: Mapping[str, Build]) -> Tabs:
    """Return some of `state.TABS`, each with its parts one below the other; the open one is what the explorer says.

    panel-material-ui 0.16 mounts what is in a tab anew whenever one goes there. So its tabs are titles only; what they
    stand for lies below them and is there for good, once it was seen, and the browser shows and hides it by itself.
    """
    keys, titles = list(parts), [TABS[key] for key in parts]
    looks = {"css_classes": ["tab"], "stylesheets": [_CSS], "sizing_mode": "stretch_width", "margin": 0}
    active = _position(keys, explorer.tab)
    panels = [
        Later(build, styles=SEEN if position == active else UNSEEN, **looks)
        for position, build in enumerate(parts.values())
    ]
    bar = pmui.Tabs(
        *((title, pn.Spacer()) for title in titles), active=active, sizing_mode="stretch_width", sx=_TITLES, margin=0
    )

    def show(tab: int) -> None:
        panels[tab].show()
        bar.active = tab

    show(active)
    bar.param.watch(lambda event: explorer.param.update(tab=keys[event.new]), "active")
    explorer.param.watch(lambda event: show(_position(keys, event.new)), "tab")
    return Tabs(bar, dict(zip(titles, panels, strict=True)))


def _position(keys: Sequence[str], key: str) -> int:
    return keys.index(key) if key in keys else 0


def fold(parts: Mapping[str, Build]) -> pmui.Accordion:
    """Return parts under titles that open and close; a part with a parameter `open` is told."""
    folds = [Later(build, sizing_mode="stretch_width", margin=0) for build in parts.values()]
    view = pmui.Accordion(*zip(parts, folds, strict=True), margin=10, sizing_mode="stretch_width")

    def tell(event: param.parameterized.Event) -> None:
        for position, fold in enumerate(folds):
            if position in event.new:
                fold.show()
            for part in fold.parts:
                if "open" in part.param:
                    part.open = position in event.new

    view.param.watch(tell, "active")
    return view


def farewell(stops: Sequence[Callable[[], None]], page: pmui.Page) -> Callable[[object], None]:
    """Return what to do when a session ends: stop its work and release what its maps hold.

    bokeh 3.9 clears the globals of ``main.py`` before it calls this, so it must not be defined there.
    panel 1.9, panel-material-ui 0.16: a HoloViews pane with streams inside a Material layout is never cleaned
    up, which keeps about 3 MB for every session that was ever open.
    """

    def leave(_: object) -> None:
        for stop in stops:
            stop()
        for pane in page.select(pn.pane.HoloViews):
            for plot, _ in list(pane._plots.values()):
                plot.cleanup()

    return leave


@cache
def get_ready() -> None:
    """Load and compile what draws maps, once in a process: it takes HoloViews 60 ms each time."""
    hv.extension("bokeh")
    gv.extension("bokeh")
    hv.renderer("bokeh").webgl = False
    raster.warm_up()


@cache
def keep_for_good() -> None:
    """Take all there is now, as it will stay, out of what is searched for garbage.

    panel 1.9 searches everything after every session that ends, in the event loop: 0.3 s in which everybody waits,
    but 0.02 s a living session without the libraries.
    """
    gc.collect()
    gc.freeze()


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
