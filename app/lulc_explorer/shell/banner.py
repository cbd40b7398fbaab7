"""What is to be said of a network above maps of real places, and a better network to download."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.network_download import NetworkDownloadButton
from lulc_explorer.engine.networks import BETTER

if TYPE_CHECKING:
    from lulc_explorer.engine.networks import Network
    from lulc_explorer.session.session import Session

_CSS = """
p { margin: 10px 0 0; padding: 8px 12px; border-radius: 4px; font: 14px/1.4 var(--bokeh-base-font);
    background: #ffe0b2; color: #1c1400; overflow-wrap: anywhere; }
p.remark { margin-top: 4px; padding: 2px 12px; font-size: 13px; }  /* the maps stay on the first screen */
"""


class Banner(pn.viewable.Viewer):
    """Says that the chosen network is not made for the chosen imagery, or for another product level.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        wide = {"margin": 0, "sizing_mode": "stretch_width"}
        self._words = pn.pane.HTML("", stylesheets=[_CSS], **wide)
        self._offer = LateColumn(lambda: NetworkDownloadButton(session.network_download, height=45), **wide)
        self._view = pn.Column(self._words, self._offer, **wide)
        session.selection.param.watch(self._redraw, ["place", "imagery", "network"])
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _redraw(self, *_: object) -> None:
        """Show the warning of the network's card over imagery of a real place, or a remark; else nothing."""
        selection = self._session.selection
        where, what = selection.places.get(selection.place), selection.networks.get(selection.network)
        if where is not None and where.made:  # by another network than the one that is chosen for maps to come
            what = next((one for one in selection.networks.values() if one.title == where.network), None)
        real = where is not None and what is not None and not (where.simulated or where.made_of_simulated)
        self._words.object = _say(what) if what and real else ""
        self._offer.show(bool(what and real and what.warning))


def _say(network: Network) -> str:
    """Return what is to be said of the maps of a network, as HTML; empty if nothing."""
    if network.warning:
        return f'<p role="note"><b>{escape(network.title)}: {escape(network.warning)}</b> {escape(BETTER)}</p>'
    return f'<p role="note" class="remark">{escape(network.remark)}</p>' if network.remark else ""
