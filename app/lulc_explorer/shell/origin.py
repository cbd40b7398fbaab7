"""The badge of simulated landscapes in the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.components.simulated import NOT_REAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_explorer.session.visit import Visit

_CSS = """
:host { align-self: center; }
p { margin: 0; padding: 3px 10px; border-radius: 12px; font: 500 13px/1.3 var(--bokeh-base-font);
    background: #ffb74d; color: #1c1400; white-space: nowrap; }
"""


class Origin(pn.viewable.Viewer):
    """Says that the chosen place is simulated, where it is and is shown.

    Parameters
    ----------
    visit
        The person's visit.
    shows_place
        Whether the open tab shows the chosen place.
    """

    def __init__(self, visit: Visit, shows_place: Callable[[], bool]) -> None:
        super().__init__()
        self._session, self._shows_place = visit.session, shows_place
        choice = [visit.session.selection.param[name] for name in ("place", "imagery")]
        shown = visit.session.map.param.land_cover, visit.session.display.param.tab, visit.accuracy.param.source
        words = pn.bind(self._say, *choice, *shown)
        self._pane = pn.pane.HTML(words, stylesheets=[_CSS], margin=(0, 8), sizing_mode=None)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _say(self, place: str, *_: object) -> str:
        """Return the label of a simulated place; nothing for a real one, and over figures that are not of the place."""
        where, land_cover = self._session.selection.places.get(place), self._session.map.land_cover
        simulated = (where and where.simulated) or (land_cover and land_cover.simulated)
        if not simulated or not self._shows_place():
            return ""
        return f'<p role="note" title="{NOT_REAL}">simulated place</p>'
