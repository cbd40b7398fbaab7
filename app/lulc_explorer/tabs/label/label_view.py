"""The label desk: who labels, the unit on screen, adjudication, and results for those who ask for them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.analysis.tile_imagery import TileImagery
from lulc_explorer.components.empty_state import Card, say
from lulc_explorer.components.message import Message
from lulc_explorer.engine.labelling import HOW_TO_BEGIN
from lulc_explorer.engine.requests import LIVE_CATALOGS
from lulc_explorer.tabs.label.keeper import Keeper
from lulc_explorer.tabs.label.new_project import NewProject
from lulc_explorer.tabs.label.results import ResultsView
from lulc_explorer.tabs.label.sheet import LabelSheet, sheet
from lulc_explorer.tabs.label.tile_view import TileView, drawing_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import param
    from panel.models.esm import DataEvent

    from lulc_explorer.session.labelling import LabelSession
    from lulc_explorer.session.project_making import ProjectMaking

_WIDE = {"sizing_mode": "stretch_width", "margin": 0}
_ROW = {"flex-flow": "row wrap", "align-items": "center"}
_CSS = """
:host { color: var(--panel-on-background-color); font: 14px/1.43 var(--bokeh-base-font); overflow-wrap: anywhere; }
p { margin: 4px 0; }
"""
_DRAWN = ("chosen", "tool", "look", "false_colour", "hidden", "theirs", "codes")
_BLIND = (
    "You label blind: this tab shows no class and no stratum of the map. The other tabs show maps: leave them closed "
    "until you are done."
)
_PURPOSE = (
    "Here several people label the units of a sample, each blind, one key a unit; a third settles what they see "
    "differently, and the error matrix follows. There is no labelling project yet."
)
_ASK = "Results (they show map classes)"
_SHOWS_CLASSES = (
    "The results show classes of the map, and which are often wrong. Look at them when you have labelled your units."
)


class LabelTab(pn.viewable.Viewer):
    """The label desk of one person.

    Parameters
    ----------
    labelling
        The desk.
    projects
        Makes new projects.
    dark
        Tells whether the page is dark.
    """

    def __init__(self, labelling: LabelSession, projects: ProjectMaking, dark: Callable[[], bool]) -> None:
        super().__init__()
        self._labelling = labelling
        self._sheet = LabelSheet(**_WIDE)
        self._sheet.on_msg(self._answer)
        self._none = Message(severity="info", margin=(10, 0))
        self._card = Card(labelling.open_scenes, labelling.stop, max_width=460, margin=10)
        self._card.instead = labelling.go_on
        self._results = ResultsView(labelling, dark)
        self._tile: TileView | None = None
        self._sides = pn.Column(self._sheet, **_WIDE)
        self._work = pn.Column(self._bar(), self._done(), self._card, self._sides, self._results, **_WIDE)
        self._new = NewProject(projects)
        self._view = pn.Column(
            self._none, Entry(labelling), self._new, self._work, sizing_mode="stretch_width", margin=(12, 0)
        )
        labelling.param.watch(self._redraw, ["person", "problem", "projects", "shown", "step", "other_catalog"])
        labelling.marking.param.watch(self._follow, list(_DRAWN))
        labelling.param.watch(self._tell, ["progress", "disputes", "adjudicating", "answered", "results", "finished"])
        self._redraw()
        self._tell()
        pn.state.onload(labelling.open)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _bar(self) -> pn.Column:
        """Return who labels, and the buttons besides those of the unit."""
        labelling = self._labelling
        self._who = pn.pane.HTML("", stylesheets=[_CSS], margin=(4, 12, 4, 0))
        looks = {"variant": "outlined", "size": "small", "margin": (4, 12, 4, 0)}
        self._decide = pmui.Button(on_click=self._turn, **looks)
        self._ask = pmui.Button(label=_ASK, description=_SHOWS_CLASSES, on_click=self._show_results, **looks)
        leave = pmui.Button(label="Another person", on_click=lambda _: labelling.leave(), **looks)
        leave.visible = not labelling.owner
        return pn.Column(
            self._who,
            self._decide,
            self._ask,
            leave,
            styles={"flex-flow": "row wrap", "align-items": "center"},
            **_WIDE,
        )

    def _done(self) -> Message:
        self._nothing_left = Message(severity="success", margin=(10, 0))
        return self._nothing_left

    async def _answer(self, event: DataEvent) -> None:
        if isinstance(event.data, dict):
            await self._labelling.answer(event.data)

    async def _turn(self, _: param.parameterized.Event) -> None:
        shown, now = self._labelling.shown, self._labelling.adjudicating
        unit = shown.unit.number if shown is not None else 0
        await self._labelling.answer({"do": "stop adjudicating" if now else "adjudicate", "unit": unit})

    async def _show_results(self, _: param.parameterized.Event) -> None:
        if self._labelling.results is not None:
            self._labelling.results = None
        else:
            await self._labelling.compute_results()

    def _redraw(self, *_: param.parameterized.Event) -> None:
        labelling = self._labelling
        shown, working = labelling.shown, bool(labelling.person)
        waiting = "Opening the labels." if labelling.store.address else f"{_PURPOSE} {HOW_TO_BEGIN}"
        self._none.show([_BLIND if labelling.projects else labelling.problem or waiting])
        self._none.__panel__().visible = not working
        self._work.visible = working
        self._new.__panel__().visible = bool(labelling.store.address) and not working
        self._who.object = f"<p><b>{escape(labelling.person)}</b> · {escape(labelling.project)}</p>" if working else ""
        missing = shown.missing if shown is not None else None
        title = f"Unit {shown.unit.number} lies in {missing.place.title}" if shown is not None and missing else ""
        words = say(labelling.step) if labelling.step is not None else shown.lacking if shown is not None else ""
        other = LIVE_CATALOGS.get(labelling.other_catalog) if missing is not None else None
        self._card.show(
            title,
            words,
            labelling.step,
            action="Search the scenes" if missing is not None else "",
            instead=f"Use {other} instead" if other else "",
        )
        self._card.__panel__().visible = missing is not None or labelling.step is not None
        self._lay_out(tile=shown is not None and working and isinstance(shown.imagery, TileImagery))
        self._follow()
        self._sheet.shown = sheet(labelling.desk, shown) if shown is not None and working else {}

    def _lay_out(self, *, tile: bool) -> None:
        """Put the scene of a tile beside the sheet; it is built when there first is one."""
        if tile and self._tile is None:
            self._tile = TileView(self._labelling)
            self._sides.styles = {"flex-flow": "row wrap", "align-items": "flex-start", "gap": "8px 16px"}
            self._sides.insert(0, self._tile)
        if self._tile is not None:
            self._tile.__panel__().visible = tile
            self._sheet.styles = {"flex": "1 1 300px" if tile else "1 1 100%"}

    def _follow(self, *_: param.parameterized.Event) -> None:
        self._sheet.drawing = drawing_of(self._labelling)

    def _tell(self, *_: param.parameterized.Event) -> None:
        labelling = self._labelling
        self._decide.visible = labelling.adjudicating or labelling.disputes > 0
        self._decide.label = "Back to labelling" if labelling.adjudicating else f"Adjudicate ({labelling.disputes})"
        self._ask.label = _ASK if labelling.results is None else "Hide the results"
        self._nothing_left.show([labelling.finished, f"{labelling.progress}."] if labelling.finished else [])
        self._nothing_left.__panel__().visible = bool(labelling.finished)
        self._sheet.param.update(
            progress=labelling.progress, adjudicating=labelling.adjudicating, answered=labelling.answered
        )


class Entry(pn.viewable.Viewer):
    """Asks who labels, and which project.

    Parameters
    ----------
    labelling
        The desk of one person.
    """

    def __init__(self, labelling: LabelSession) -> None:
        super().__init__()
        self._labelling = labelling
        looks = {"size": "small", "width": 260, "margin": (4, 12, 4, 0)}
        self._name = pmui.TextInput(label="Your name", max_length=200, value=labelling.owner, **looks)
        self._name.disabled = bool(labelling.owner)
        self._name.param.watch(self._begin, "enter_pressed")
        self._project = pmui.Select(label="Project", **looks)
        self._keeper = Keeper(width=0, height=0, margin=0)
        self._keeper.on_msg(self._begin_again)
        begin = pmui.Button(label="Begin", color="primary", variant="contained", on_click=self._begin, margin=(4, 0))
        self._fields = [self._name, self._project, begin]
        self._ask = pn.Column(*self._fields, styles=_ROW, **_WIDE)
        self._view = pn.Column(self._ask, self._keeper, **_WIDE)
        labelling.param.watch(self._redraw, ["projects", "person"])
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    async def _begin(self, _: param.parameterized.Event) -> None:
        name = self._name.value_input or self._name.value
        await self._labelling.begin(name, self._project.value)

    async def _begin_again(self, event: DataEvent) -> None:
        """Go on as whom this tab of the browser knows, after a reload."""
        labelling, said = self._labelling, event.data if isinstance(event.data, dict) else {}
        await labelling.open()
        if not labelling.owner and not labelling.person and said.get("project") in labelling.projects:
            await labelling.begin(str(said.get("person", "")), said["project"])

    def _redraw(self, *_: param.parameterized.Event) -> None:
        labelling, projects = self._labelling, self._labelling.projects
        self._ask.visible = bool(projects) and not labelling.person
        asked = labelling.person and not labelling.owner
        self._keeper.kept = {"person": labelling.person, "project": labelling.project} if asked else {}
        before = [*self._project.options]
        if before != projects:
            new = [name for name in projects if before and name not in before]
            chosen = next(iter([*new, *projects]), None)
            self._project.param.update(options=list(projects), value=chosen)
