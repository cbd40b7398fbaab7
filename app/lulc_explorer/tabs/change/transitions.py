"""The transitions, the most likely real change first, with a search: a click on one shows it alone on the map.

Between grass and crops, fields rotate, and their votes differ as if they had changed for good: in full-size simulated
Belgium on 1.0 % of the area, of which 0.03 % was real. So these two are ranked last, as an upper bound.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.classes import PALETTE, css_colour, css_ink
from lulc_explorer.rendering.formatting import hectares

if TYPE_CHECKING:
    from lulc_explorer.analysis.change import Flow
    from lulc_explorer.session.change import ChangeSession, Compared


class TransitionList(StyledComponent):
    """A list of transitions with a search field; tells which was clicked, by its position."""

    shown = param.List(default=[], doc="The transitions in order: see `rows`.")
    chosen = param.Integer(-1, doc="Position of the transition shown alone; -1 for all.")

    _esm = Path(__file__).with_name("transitions.js")


class Transitions(pn.viewable.Viewer):
    """The transitions of a comparison, of which one can be shown alone on the map.

    Parameters
    ----------
    comparison
        The comparison of one person.
    """

    def __init__(self, comparison: ChangeSession) -> None:
        super().__init__()
        self._comparison = comparison
        self._list = TransitionList(margin=0, sizing_mode="stretch_width")
        self._list.param.watch(self._choose, "chosen")
        comparison.param.watch(self._redraw, ["compared", "flow"])
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._list

    def _choose(self, event: param.parameterized.Event) -> None:
        flows = ranked(self._comparison.compared)
        self._comparison.flow = (flows[event.new].before, flows[event.new].after) if event.new >= 0 else None

    def _redraw(self, *_: param.parameterized.Event) -> None:
        pairs = [(flow.before, flow.after) for flow in ranked(self._comparison.compared)]
        flow = self._comparison.flow
        chosen = pairs.index(flow) if flow in pairs else -1
        self._list.param.update(shown=rows(self._comparison.compared), chosen=chosen)


def ranked(compared: Compared | None) -> list[Flow]:
    """Return the transitions, that with the largest likely real area first, and those that may be rotation last."""
    return [] if compared is None else sorted(compared.change.flows(), key=lambda f: (f.rotates, -(f.likely_ha or 0)))


def rows(compared: Compared | None) -> list[dict[str, object]]:
    """Return the transitions as they are ranked: classes and areas as texts, and areas as parts of a bar.

    A whole bar is the largest transition that is no rotation: beside fields that rotate all others would be too short.
    """
    flows = ranked(compared)
    most = max((flow.hectares for flow in flows if not flow.rotates), default=0) or max(
        (flow.hectares for flow in flows), default=1.0
    )
    return [
        {
            "before": _class(flow.before),
            "after": _class(flow.after),
            "likely": _likely(flow),
            "area": hectares(flow.hectares),
            "parts": _parts(min(flow.hectares / most, 1.0), flow),
        }
        for flow in flows
    ]


def _likely(flow: Flow) -> str:
    """Return the area that is likely real; of what may be rotation, an upper bound."""
    if flow.likely_ha is None:
        return "–"
    return ("at most " if flow.rotates and flow.likely_ha else "") + hectares(flow.likely_ha)


def _parts(length: float, flow: Flow) -> list[float]:
    """Return how much of a bar is likely real, and how much is not; all is as one where nobody can tell."""
    real = length if flow.likely_ha is None else length * flow.likely_ha / flow.hectares
    return [real, length - real]


def _class(position: int) -> dict[str, str]:
    code = PALETTE.codes[position]
    return {"name": PALETTE.names[position], "colour": css_colour(code), "ink": css_ink(code)}
