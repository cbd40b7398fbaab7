"""The clicked pixel: its class and what would change it, its evidence by date, and every scene's vote."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import panel as pn

from lulc_explorer.components.command import Command
from lulc_explorer.tabs.map.clicked_pixel.evidence import Evidence
from lulc_explorer.tabs.map.clicked_pixel.votes import STYLE, composited, flip, tables, verdict

if TYPE_CHECKING:
    import param

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

_BEFORE = (
    '<p class="before">A click on a map shows here the class that won and by how much, what would change it, its '
    "probabilities by date, and the imagery of the clearest dates.</p>"
)
"""What fills a dock with room before a click."""
_GROUP, CLOSEST = "Vote", "Ask about the pixel with the smallest lead"


class ClickedPixel(pn.viewable.Viewer):
    """What a click shows of a pixel.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        looks = {"stylesheets": [STYLE], "sizing_mode": "stretch_width", "margin": 0}
        self._verdict, self._flip = (pn.pane.HTML(css_classes=["verdict"], **looks) for _ in range(2))
        self._tables = pn.pane.HTML(**looks)
        parts = (self._verdict, self._flip, Evidence(session), self._tables)
        self._view = pn.Column(*parts, sizing_mode="stretch_width", margin=0, css_classes=["clicked"])
        session.map.param.watch(self._redraw, "land_cover")
        session.inspection.param.watch(self._redraw, ["pixel", "side"])
        session.weights.param.watch(self._redraw, "chosen")
        for year in session.years.values():
            year.param.watch(self._redraw, ["year", "land_cover"])
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _redraw(self, *_: param.parameterized.Event) -> None:
        """Show the ledger of the pixel; without one, what a click shows."""
        land_cover, pixel = self._session.inspected, self._session.inspection.pixel
        if land_cover is None or pixel is None:
            can_ask = land_cover is not None and not land_cover.why_no_votes
            self._verdict.object, self._flip.object, self._tables.object = _BEFORE if can_ask else "", "", ""
            return
        year = self._of_year(land_cover)
        if land_cover.why_no_votes:
            self._verdict.object, self._tables.object = f"<h2>{year}{composited(land_cover, pixel)}</h2>", ""
            self._flip.object = f"<p>{escape(land_cover.why_no_votes)}</p>"
            return
        ledger = land_cover.ledger(pixel, self._session.weights.chosen)
        self._verdict.object, self._flip.object = f"<h2>{year}{verdict(ledger)}</h2>", f"<p>{flip(ledger)}</p>"
        self._tables.object = tables(ledger)

    def _of_year(self, land_cover: LandCoverMap) -> str:
        """Return the year that the votes are of, where one of the maps shows another; empty elsewhere."""
        apart = any(year.apart for year in self._session.years.values())
        return f"{land_cover.request.year}: " if apart else ""


def commands(session: Session) -> list[Command]:
    """Return the command that asks about the closest vote; none without a map that has votes."""
    land_cover = session.map.land_cover
    if land_cover is None or land_cover.why_no_votes:
        return []
    return [Command(group=_GROUP, title=CLOSEST, run=partial(_ask_closest, session))]


def _ask_closest(session: Session) -> None:
    """Ask about the pixel whose winner leads by the least, the first of several."""
    if (composite := session.map.composite) is not None:
        lead = np.where(composite.label > 0, composite.data["margin"].values, np.inf)
        row, column = np.unravel_index(np.argmin(np.nan_to_num(lead, nan=np.inf)), lead.shape)
        session.inspection.ask((int(row), int(column)))
