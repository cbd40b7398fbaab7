"""Tabs and accordions whose parts are built when first opened."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
from bokeh.models import CustomJS

from lulc_explorer.components.choices import kept
from lulc_explorer.components.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import param
    from bokeh.models import Column
    from panel.viewable import Viewer

    from lulc_explorer.session.display import MapDisplay

    Build = Callable[[], Sequence[Viewer]]
    """Builds the parts of a tab or a fold."""

CSS = (Path(__file__).parent / "page.css").read_text()
_SIDEBAR = "Sidebar"
"""Group of the commands that lead to a part of it."""
_TITLES = {
    "height": "auto",
    "display": "var(--off-stage, flex)",
    "& > .MuiBox-root": {"display": "none"},
    "@media (max-height: 520px)": {"minHeight": 36, "& .MuiTab-root": {"minHeight": 36, "padding": "6px 16px"}},
    "@media (max-width: 430px)": {"& .MuiTab-root": {"minWidth": 0, "padding": "12px 4px", "flexGrow": 1}},
}
"""Style of the tab bar: no room for content, all side by side on a phone."""
SEEN, UNSEEN = {"display": "flex"}, {"display": "none"}
"""Of what is in a tab: a style, because bokeh 3.9 lays out the whole page anew for anything else; it keeps a style that
gets no other value."""
_UNBUILT = "unbuilt"
"""Style class of a column without its parts: it says that they will come."""
_SHOW = "panels.forEach((panel, position) => { panel.styles = position === cb_obj.active ? seen : unseen })"
"""Runs in the browser, so that a tab opens at once and fills when the server answers."""


class Later(pn.Column):
    """A column that builds its parts when it is first seen.

    Parameters
    ----------
    build
        Returns the parts.
    css_classes
        Style classes.
    looks
        Other options of the column.
    """

    def __init__(self, build: Build, css_classes: Sequence[str] = (), **looks: object) -> None:
        super().__init__(css_classes=[*css_classes, _UNBUILT], **looks)
        self._build: Build | None = build
        self.parts: Sequence[Viewer] = []

    def show(self) -> None:
        """Build the parts, unless they are there."""
        if self._build is not None:
            self.parts, self._build = self._build(), None
            classes = [name for name in self.css_classes if name != _UNBUILT]
            self.param.update(objects=list(self.parts), css_classes=classes)


class Tabs(pn.Column):
    """A tab bar and its panels, of which the browser shows one.

    Parameters
    ----------
    bar
        The titles.
    panels
        The panels, by title.
    """

    def __init__(self, bar: pmui.Tabs, panels: Mapping[str, Later]) -> None:
        super().__init__(bar, *panels.values(), sizing_mode="stretch_width", margin=0)
        self._titles = list(panels)

    def _get_model(self, *where: object) -> Column:
        """Set what panel 1.9 has no parameter for, and leaks if set by `jscallback`."""
        model = super()._get_model(*where)
        bar, *panels = model.children
        for panel, title in zip(panels, self._titles, strict=True):
            panel.html_attributes = {"role": "tabpanel", "aria-label": title}
        bar.data.js_on_change("active", CustomJS(args={"panels": panels, "seen": SEEN, "unseen": UNSEEN}, code=_SHOW))
        return model


def tabs(display: MapDisplay, titles: Mapping[str, str], builds: Mapping[str, Build]) -> Tabs:
    """Return tabs by key, each with its parts in a column; `display.tab` is the open one.

    panel-material-ui 0.16 mounts the content of a tab again at each visit. So its tabs are titles only; the panels lie
    below them, are mounted once, and are shown and hidden by the browser.
    """
    keys = list(titles)
    looks = {"stylesheets": [CSS], "sizing_mode": "stretch_width", "margin": 0}
    active = keys.index(display.tab)
    panels = [
        Later(builds[key], ["tab"], styles=SEEN if position == active else UNSEEN, **looks)
        for position, key in enumerate(keys)
    ]
    bar = pmui.Tabs(
        *((title, pn.Spacer()) for title in titles.values()),
        active=active,
        sizing_mode="stretch_width",
        sx=_TITLES,
        styles={"min-height": "0" if display.stage else "var(--tab-bar, 48px)"},  # before they are drawn
        margin=0,
    )

    def show(tab: int) -> None:
        panels[tab].show()
        bar.active = tab

    show(active)
    bar.param.watch(lambda event: display.param.update(tab=keys[event.new]), "active")
    display.param.watch(lambda event: show(keys.index(event.new)), "tab")
    return Tabs(bar, dict(zip(titles.values(), panels, strict=True)))


def sidebar(build: Build) -> Later:
    """Return the column of the sidebar; `fill_when_seen` puts its parts in."""
    return Later(build, ["sidebar"], stylesheets=[CSS], sizing_mode="stretch_width", margin=0)


def fill_when_seen(sidebar: Later, display: MapDisplay, page: pmui.Page) -> None:
    """Build the sidebar of a page when it is open and the page has been painted: the maps do not wait for it."""

    def fill(*_: object) -> None:
        if display.painted and page.sidebar_open:
            sidebar.show()

    display.param.watch(fill, "painted")
    page.param.watch(fill, "sidebar_open")
    fill()


def openings(view: pmui.Accordion, titles: Iterable[str], show: Callable[[], object]) -> list[Command]:
    """Return a command that opens each fold of an accordion, after `show` has shown where that is."""

    def unfold(position: int) -> None:
        show()
        view.active = [position]

    return [
        Command(group=_SIDEBAR, title=title, run=partial(unfold, position), chosen=position in view.active, focus=title)
        for position, title in enumerate(titles)
    ]


def reaching(labels: Iterable[str], show: Callable[[], object]) -> list[Command]:
    """Return a command that gives the keyboard to each of some fields and buttons, after `show` has shown them."""
    return [Command(group=_SIDEBAR, title=label, run=show, focus=label) for label in labels]


def fold(parts: Mapping[str, Build]) -> pmui.Accordion:
    """Return an accordion; a part with a parameter `open` follows its fold."""
    folds = [Later(build, sizing_mode="stretch_width", margin=0) for build in parts.values()]
    looks = {"title_variant": "h4", "margin": 10, "sizing_mode": "stretch_width", "styles": kept(48 * len(parts))}
    view = pmui.Accordion(*zip(parts, folds, strict=True), **looks)

    def tell(event: param.parameterized.Event) -> None:
        for position, fold in enumerate(folds):
            if position in event.new:
                fold.show()
            for part in fold.parts:
                if "open" in part.param:
                    part.open = position in event.new

    view.param.watch(tell, "active")
    return view
