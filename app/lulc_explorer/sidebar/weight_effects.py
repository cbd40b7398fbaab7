"""The effect of the chosen class weights: area by change of class."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.engine.classes import LEGEND, css_colour
from lulc_explorer.engine.counts import counted
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


class WeightEffects(pn.viewable.Viewer):
    """The pairs of classes that exchanged area, compared with the default weights of the map.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()

        def show(composite: Composite | None) -> str:
            land_cover = session.map.land_cover
            return weight_effects(composite, None if land_cover is None else land_cover.composite)

        shown = pn.bind(show, session.map.param.composite)
        self._pane = pn.pane.HTML(shown, stylesheets=[_CSS], margin=(8, 10), sizing_mode="stretch_width")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane


def weight_effects(composite: Composite | None, usual: Composite | None) -> str:
    """Return the differences between two composites as HTML, the largest area first."""
    if composite is None or usual is None:
        return ""
    pairs = composite.exchanged(usual)
    if not pairs:
        return "<p>No pixel changes class from the default weights.</p>"
    rows = "".join(
        f"<tr><td>{_named(was)} → {_named(now)}</td><td>{hectares(area)} ha</td></tr>"
        for was, now, area in pairs[:_MOST]
    )
    left = pairs[_MOST:]
    if left:
        rest = hectares(sum(area for *_, area in left))
        rows += f"<tr><td>{counted(len(left), 'more pair')}</td><td>{rest} ha</td></tr>"
    total = hectares(sum(area for *_, area in pairs))
    return f"<p>{total} ha change class from the default weights</p><table>{rows}</table>"


def _named(code: int) -> str:
    if not code:
        return "no data"
    return f'<i style="background:{css_colour(code)}"></i>{escape(LEGEND[code].name)}'
