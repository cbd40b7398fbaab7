"""The choice of the colours of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.components.choices import toggle
from lulc_explorer.components.command import Command, choices
from lulc_explorer.components.css_variables import CssVariables
from lulc_explorer.engine.classes import COLOURS, css_variables

if TYPE_CHECKING:
    from lulc_explorer.session.display import MapDisplay

_TITLE = "Class colours"
_OPTIONS = {label: key for key, label in COLOURS.items()}


class ClassColours(pn.viewable.Viewer):
    """Chooses the colours of the classes: on the maps, in every table and figure, and in what is downloaded.

    Parameters
    ----------
    display
        How the maps of one person are shown.
    """

    def __init__(self, display: MapDisplay) -> None:
        super().__init__()
        variables = CssVariables(values=pn.bind(css_variables, display.param.colours), width=0, height=0, margin=0)
        looks = {"margin": (10, 10, 0, 10), "sizing_mode": "stretch_width"}
        choice = toggle(display.param.colours, _TITLE, _OPTIONS, **looks)
        self._view = pn.Column(choice, variables, sizing_mode="stretch_width", margin=0)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def commands(display: MapDisplay) -> list[Command]:
    """Return a command for each of the colours."""
    return choices(_TITLE, display, "colours", _OPTIONS)
