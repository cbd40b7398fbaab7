"""The transitions, largest first, with a search: a click on one shows it alone on the map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.engine.classes import PALETTE, css_colour, css_ink
from lulc_explorer.rendering.formatting import hectares, percent

if TYPE_CHECKING:
    from lulc_explorer.analysis.change import Flow
    from lulc_explorer.session.change import ChangeSession, Compared

_HERE = Path(__file__).parent


class TransitionList(pn.custom.JSComponent):
    """A list of transitions with a search field; tells which was clicked, by its position."""

    shown = param.List(default=[], doc="The transitions, largest first: see `rows`.")
    chosen = param.Integer(-1, doc="Position of the transition shown alone; -1 for all.")

    _esm = _HERE / "transitions.js"
    _stylesheets = (_HERE / "transitions.css",)


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
        self._list = TransitionList(margin=(10, 0, 0, 0), sizing_mode="stretch_width")
        self._list.param.watch(self._choose, "chosen")
        comparison.param.watch(self._redraw, ["compared", "flow"])
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._list

    @property
    def _flows(self) -> list[Flow]:
        compared = self._comparison.compared
        return [] if compared is None else compared.change.flows()

    def _choose(self, event: param.parameterized.Event) -> None:
        flows = self._flows
        self._comparison.flow = (flows[event.new].before, flows[event.new].after) if event.new >= 0 else None

    def _redraw(self, *_: param.parameterized.Event) -> None:
        pairs = [(flow.before, flow.after) for flow in self._flows]
        flow = self._comparison.flow
        chosen = pairs.index(flow) if flow in pairs else -1
        self._list.param.update(shown=rows(self._comparison.compared), chosen=chosen)


def rows(compared: Compared | None) -> list[dict[str, object]]:
    """Return every transition, largest first: its classes, its area, and how much of it is uncertain, as texts."""
    if compared is None:
        return []
    change = compared.change
    flows = change.flows()
    return [
        {
            "before": _class(flow.before),
            "after": _class(flow.after),
            "area": f"{hectares(flow.hectares)} ha",
            "part": flow.hectares / flows[0].hectares,
            "uncertain": percent(float(change.uncertain_ha[flow.before, flow.after]) / flow.hectares),
        }
        for flow in flows
    ]


def _class(position: int) -> dict[str, str]:
    code = PALETTE.codes[position]
    return {"name": PALETTE.names[position], "colour": css_colour(code), "ink": css_ink(code)}
