"""A warning above maps of real places."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.engine.networks import BETTER

if TYPE_CHECKING:
    from lulc_explorer.session.session import Session

_CSS = """
p { margin: 10px 0 0; padding: 8px 12px; border-radius: 4px; font: 14px/1.4 var(--bokeh-base-font);
    background: #ffe0b2; color: #1c1400; overflow-wrap: anywhere; }
"""


class Banner(pn.viewable.Viewer):
    """Says that the chosen network is not made for the chosen imagery.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        choice = (session.selection.param[name] for name in ("place", "imagery", "network"))
        self._pane = pn.pane.HTML(
            pn.bind(self._warn, *choice), stylesheets=[_CSS], margin=0, sizing_mode="stretch_width"
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane

    def _warn(self, place: str, _: str, network: str) -> str:
        """Return the warning of the network's card over imagery of a real place; else nothing."""
        session = self._session
        where, what = session.selection.places.get(place), session.selection.networks.get(network)
        if where is None or what is None or where.simulated or not what.warning:
            return ""
        return f'<p role="note"><b>{escape(what.title)}: {escape(what.warning)}</b> {escape(BETTER)}</p>'
