"""A short tour for first-time visitors: the purpose, the vote, the confusion, the change and the accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.styled_component import StyledComponent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WORDS = {
    "Where a land-cover map can be trusted": (
        "A network reads every clear Sentinel-2 scene of a year; then the scenes vote, pixel by pixel. The first map "
        "is one day, chosen on the timeline, the second the whole year. Here you see how each pixel was decided."
    ),
    "The vote": (
        "Click any pixel: every scene's vote, what it counted for, and how little would have changed the winner. "
        "In the sidebar, the sliders under “Class weights” change the map as you drag."
    ),
    "The confusion": (
        "Some classes look alike. Step through the patches where two of them compete, the largest contested area "
        "first, each with its probable cause."
    ),
    "The change": (
        "Two years of the place: what differs, how certain both years were of it, and from which class to which."
    ),
    "The accuracy": (
        "The error matrix says how often the map is right, with the user's and producer's accuracy of each class; the "
        "tab Area estimates how much of each class there is, with 95 % intervals. By a sample of your own, or the "
        "paper's."
    ),
}
"""Title and text of each step."""


class Tour(StyledComponent):
    """The card: a strip below what is on screen, for which the page keeps room, so that it covers nothing.

    Parameters
    ----------
    do
        Does a command by its name.
    shows
        The command that shows what a step is about, by the title of the step.
    """

    steps = param.List(doc="Title, text and command of each step; no command where there is nothing to show.")
    asked = param.Integer(0, doc="Number of times that somebody asked to be shown around again.")

    _esm = Path(__file__).with_name("tour.js")

    def __init__(self, do: Callable[[str], None], shows: Mapping[str, str]) -> None:
        steps = [{"title": title, "says": says, "command": shows.get(title, "")} for title, says in WORDS.items()]
        super().__init__(steps=steps, margin=0, sizing_mode="stretch_width")
        self._do = do

    def _handle_msg(self, data: Mapping[str, object]) -> None:
        """Show what a step is about."""
        self._do(str(data.get("run")))


class ShowAround(pn.viewable.Viewer):
    """The place of the tour, which is built when it is first shown.

    Parameters
    ----------
    do, shows
        Of the tour.
    """

    def __init__(self, do: Callable[[str], None], shows: Mapping[str, str]) -> None:
        super().__init__()
        looks = {"css_classes": ["tour"], "stylesheets": [*Tour._stylesheets], "sizing_mode": "stretch_width"}
        self._view = LateColumn(lambda: Tour(do, shows), **looks)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def begin(self) -> None:
        """Show the tour, from its beginning."""
        again = len(self._view) > 0
        self._view.show()
        if again:
            self._view[0].asked += 1
