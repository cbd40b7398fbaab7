"""The badge of simulated landscapes in the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

if TYPE_CHECKING:
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

_CSS = """
p { margin: 0; padding: 3px 10px; border-radius: 12px; font: 500 13px/1.3 var(--bokeh-base-font);
    background: #ffb74d; color: #1c1400; white-space: nowrap; }
"""


class Origin(pn.viewable.Viewer):
    """Says that the chosen place is simulated, where it is.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        choice = (session.map.param.land_cover, session.selection.param.place, session.selection.param.imagery)
        self._pane = pn.pane.HTML(pn.bind(self._say, *choice), stylesheets=[_CSS], margin=(0, 8), sizing_mode=None)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _say(self, land_cover: LandCoverMap | None, place: str, _: str) -> str:
        """Return the label of a simulated place; nothing for a real one."""
        where = self._session.selection.places.get(place)
        if not (where and where.simulated) and not (land_cover and land_cover.simulated):
            return ""
        return '<p role="note" title="Simulated imagery: not a map of the real place">simulated place</p>'
