"""Stage mode: larger type, no sidebar, and a line that says what the scene on screen shows."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import panel as pn
import param

from lulc_explorer.components.command import Command
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.session.stage import ON, SCENES, position

if TYPE_CHECKING:
    import panel_material_ui as pmui

    from lulc_explorer.session.display import MapDisplay
    from lulc_explorer.session.session import Session

GROUP, TITLE = "Stage", "Stage mode"


class StageBar(StyledComponent):
    """The line, with its buttons and the presenter's keys.

    Parameters
    ----------
    session
        The person's session.
    """

    staged = param.Boolean(False, doc="Whether the page is on stage.")
    at = param.Integer(-1, doc="Position of the scene; -1 for none.")
    scenes = param.List(doc="Title and text of each scene.")

    _esm = Path(__file__).with_name("stage.js")

    def __init__(self, session: Session) -> None:
        scenes = [{"title": scene.title, "says": scene.says} for scene in SCENES]
        super().__init__(scenes=scenes, margin=0, sizing_mode="stretch_width", styles={"min-height": "64px"})
        self._session = session

    def _handle_msg(self, data: dict[str, Any]) -> None:
        """Go where the browser asks to."""
        if "leave" in data:
            self._session.display.stage = ""
        elif data.get("go") in range(len(SCENES)):
            go(SCENES[data["go"]].link)


class Stage(pn.viewable.Viewer):
    """Shows the line on stage, and puts the sidebar away.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        looks = {"css_classes": ["stage"], "stylesheets": [*StageBar._stylesheets], "sizing_mode": "stretch_width"}
        self._view = LateColumn(lambda: self._bar, **looks)
        session.display.param.watch(self._follow, "stage")
        self._follow()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _bar(self) -> StageBar:
        return StageBar(self._session)

    def _follow(self, *_: object) -> None:
        word = self._session.display.stage
        self._view.show(bool(word))
        if len(self._view):
            self._bar.param.update(staged=bool(word), at=position(word))


def put_sidebar_away(display: MapDisplay, page: pmui.Page) -> None:
    """Close the sidebar of a page while it is on stage; then it is as it was before."""
    before = page.sidebar_open

    def follow(event: param.parameterized.Event) -> None:
        nonlocal before
        if event.new and not event.old:
            before = page.sidebar_open
        page.sidebar_open = before and not event.new

    display.param.watch(follow, "stage")
    page.sidebar_open = before and not display.stage


def commands(display: MapDisplay) -> list[Command]:
    """Return the command that goes on stage or leaves it, and one for each scene."""
    turn = partial(setattr, display, "stage", "" if display.stage else ON)
    scenes = [
        Command(
            group=GROUP,
            title=f"{number} {scene.title}",
            run=partial(go, scene.link),
            chosen=scene.key == display.stage,
        )
        for number, scene in enumerate(SCENES, 1)
    ]
    return [Command(group=GROUP, title=TITLE, run=turn, chosen=bool(display.stage), keys="F8", event="stage"), *scenes]


def go(link: str) -> None:
    """Open a link of the app in place, as Back and Forward do: the page stays in full screen."""
    if pn.state.location is not None:
        pn.state.location.search = link
