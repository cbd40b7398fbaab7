"""What the chosen weights change: which class gave land to which."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.rendering.formatting import hectares

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.session.session import Session

_CSS = """
:host { color: var(--panel-on-background-color); font: 12px/1.45 var(--bokeh-base-font); min-height: 136px; }
p { margin: 0 0 2px; font-weight: 500; }
table { border-collapse: collapse; width: 100%; }
td { padding: 1px 0; }
td:last-child { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
i { display: inline-block; width: 10px; height: 10px; margin-right: 4px; border-radius: 2px; }
"""
_MOST = 5


class Exchanged(pn.viewable.Viewer):
    """The pairs of classes that exchanged land, against the weights that the map was made with.

    Parameters
    ----------
    session
        What the person looks at.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        shown = pn.bind(
            lambda composite: exchanged(composite, session.map.land_cover and session.map.land_cover.composite),
            session.map.param.composite,
        )
        self._pane = pn.pane.HTML(shown, stylesheets=[_CSS], margin=(8, 10), sizing_mode="stretch_width")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane


def exchanged(composite: Composite | None, usual: Composite | None) -> str:
    """Return what differs between two composites, the most land first."""
    if composite is None or usual is None:
        return ""
    pairs = composite.exchanged(usual)
    if not pairs:
        return "<p>No pixel has another class than with the usual weights.</p>"
    rows = "".join(
        f"<tr><td>{_named(was)} → {_named(now)}</td><td>{hectares(area)} ha</td></tr>"
        for was, now, area in pairs[:_MOST]
    )
    left = pairs[_MOST:]
    if left:
        rest = hectares(sum(area for *_, area in left))
        rows += f"<tr><td>{len(left)} more pair{'s' if len(left) > 1 else ''}</td><td>{rest} ha</td></tr>"
    total = hectares(sum(area for *_, area in pairs))
    return f"<p>{total} ha have another class than with the usual weights</p><table>{rows}</table>"


def _named(code: int) -> str:
    if not code:
        return "no data"
    c = LEGEND[code]
    return f'<i style="background:{c.hex}"></i>{escape(c.name)}'
