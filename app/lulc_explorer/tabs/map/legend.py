"""The legend: the colour of each class, and its area in the composite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.components.command import Command, choices
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.classes import LEGEND, css_colour, css_ink
from lulc_explorer.rendering.formatting import hectares, percent

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.session.session import Session


class LegendChips(StyledComponent):
    """Chips of the classes, each a button that highlights its class and a switch that hides it."""

    rows = param.List(doc="Name, colour, ink, share, area and definition of each class, as texts.")
    highlight = param.String(doc="Name of the highlighted class; empty for none.")
    hidden = param.List(doc="Names of the hidden classes.")
    hatched = param.String(doc="Name of the class that the maps hatch; empty for none.")

    _esm = Path(__file__).with_name("legend.js")


class Legend(pn.viewable.Viewer):
    """The classes with their share and area in the composite.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        chosen = {name: getattr(session.layers, name) for name in ("highlight", "hidden")}
        self._chips = LegendChips(rows=rows(session), **chosen, margin=0, sizing_mode="stretch_width")
        self._chips.link(session.layers, highlight="highlight", hidden="hidden", bidirectional=True)
        session.map.param.watch(self._redraw, "composite")
        for year in session.years.values():
            year.param.watch(self._redraw, ["year", "composite"])
        session.layers.param.watch(self._hatch, "highlight")
        session.focus.param.watch(self._hatch, ["pair", "spotlight"])
        session.map.param.watch(self._hatch, "composite")
        self._hatch()

    def _redraw(self, *_: param.parameterized.Event) -> None:
        self._chips.rows = rows(self._session)

    def _hatch(self, *_: param.parameterized.Event) -> None:
        context = self._session.context
        self._chips.hatched = context.hatched if context is not None else ""

    def __panel__(self) -> pn.viewable.Viewable:
        return self._chips


def rows(session: Session | None) -> list[dict[str, str | float]]:
    """Return what is said of each class, with areas where a map is open: see `LegendChips`."""
    composite, land_cover = (session.map.composite, session.map.land_cover) if session else (None, None)
    others = _other_years(session) if session else {}
    found: list[dict[str, str | float]] = []
    for c in LEGEND:
        area = composite.hectares[c.code] if composite else 0.0
        share = area / composite.mapped_ha if composite and area else 0.0
        change = area - land_cover.composite.hectares[c.code] if composite and land_cover else 0.0
        found.append(
            {
                "name": c.name,
                "colour": css_colour(c.code),
                "ink": css_ink(c.code),
                "definition": c.definition,
                "part": share,
                "share": percent(share) if area else "",
                "area": format_area(share, area, change) if composite else "",
                "others": " · ".join(f"{year}: {_share(of, c.code)}" for year, of in others.items()),
            }
        )
    return found


def _other_years(session: Session) -> dict[int, Composite]:
    """Return the composites of the other years that the two maps show."""
    return {
        side.shown.request.year: side.composite
        for side in session.years.values()
        if side.apart and side.shown is not None and side.composite is not None
    }


def _share(composite: Composite, code: int) -> str:
    area = composite.hectares[code]
    return percent(area / composite.mapped_ha) if area else "none"


def commands(session: Session) -> list[Command]:
    """Return a command for each class that can be highlighted, and for none."""
    options = {"No class": ""} | {name.capitalize(): name for name in LEGEND.names}
    return choices("Highlight", session.layers, "highlight", options)


def format_area(share: float, area: float, change: float) -> str:
    """Return the text of a share, an area and its change by the weights, both in hectares."""
    text = f"{percent(share)} · {hectares(area)} ha" if area else "none on this map"
    return f"{text} ({'+' if change > 0 else '−'}{hectares(abs(change))})" if change else text
