"""The map layout: swipe, with a divider between the two maps, or side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
import param

from lulc_explorer.components.choices import kept
from lulc_explorer.components.command import Command, choices
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.session.display import MODES

if TYPE_CHECKING:
    from lulc_explorer.session.session import Session

_TITLE = "Map layout"
_OPTIONS = {said: mode for mode, said in MODES.items()}
_FOR_SCREEN_READERS = ".MuiFormLabel-root { position: absolute !important; clip-path: inset(50%); }"


class Divider(StyledComponent):
    """A divider over two maps: the left one shows on its left, the right one on its right."""

    at = param.Number(0.5, bounds=(0, 1), doc="Where it is, as a share of the width.")

    _esm = Path(__file__).with_name("divider.js")


class MapLayout(pn.viewable.Viewer):
    """The choice of the map layout.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._view = pmui.RadioButtonGroup.from_param(
            session.display.param.mode,
            label=_TITLE,
            description="",
            options=_OPTIONS,
            size="small",
            margin=0,
            width=190,
            styles=kept(39),
            stylesheets=[_FOR_SCREEN_READERS],
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def commands(session: Session) -> list[Command]:
    """Return a command for each map layout."""
    return choices(_TITLE, session.display, "mode", _OPTIONS)
