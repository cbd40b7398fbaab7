"""Finds the places where two classes are the top two, the smallest margin first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
import param

from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.rendering.formatting import hectares

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import ConfusedPatch
    from lulc_explorer.session.session import Session


class Confusion(pn.viewable.Viewer):
    """The places where two classes are the top two, one by one.

    Parameters
    ----------
    session
        The person's session.
    """

    one: param.Selector[str] = param.Selector(default="grass", objects=LEGEND.names, doc="First of the two classes.")
    other: param.Selector[str] = param.Selector(default="crops", objects=LEGEND.names, doc="Second of the two classes.")
    open = param.Boolean(False, doc="Whether this is on screen: nothing is searched before.")
    shown = param.Boolean(False, doc="Fade all but the places where the two are on top.")
    at = param.Integer(-1, doc="Position of the place on screen; -1 before the first.")

    def __init__(self, session: Session) -> None:
        super().__init__(**_asked(session.focus.pair))
        self._session = session
        self._places: list[ConfusedPatch] = []
        wide = {"size": "small", "description": "", "sizing_mode": "stretch_width", "margin": (6, 10)}
        self._words = pmui.Typography("", variant="body2", margin=(6, 10))
        self._next = pmui.Button(label="Next place", size="small", variant="outlined", margin=10, on_click=self._go)
        self._view = pn.Column(
            pmui.Select.from_param(self.param.one, label="Class", **wide),
            pmui.Select.from_param(self.param.other, label="and class", **wide),
            pmui.Switch.from_param(self.param.shown, label="Show only these places", margin=(6, 10)),
            self._words,
            self._next,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.param.watch(self._find, ["one", "other", "shown", "open"])
        session.map.param.watch(self._find, "composite")
        self._tell()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    async def _find(self, *_: param.parameterized.Event) -> None:
        pair = (LEGEND[self.one].code, LEGEND[self.other].code)
        self._session.focus.pair = pair if self.shown else None
        composite = self._session.map.composite
        if not self.open:
            return
        places = await asyncio.to_thread(composite.confused_patches, *pair) if composite else []
        if composite is self._session.map.composite and pair == (LEGEND[self.one].code, LEGEND[self.other].code):
            self._places, self.at = places, -1
            self._tell()

    def _go(self, _: param.parameterized.Event) -> None:
        self.at = (self.at + 1) % len(self._places)
        self._session.inspection.ask(self._places[self.at].pixel)
        self._tell()

    def _tell(self) -> None:
        self._next.disabled = not self._places
        self._words.object = tell(self._places, self.at)


def _asked(pair: tuple[int, int] | None) -> dict[str, object]:
    """Return the parameters that show the pair of a link."""
    return {"one": LEGEND[pair[0]].name, "other": LEGEND[pair[1]].name, "shown": True} if pair else {}


def tell(places: list[ConfusedPatch], at: int) -> str:
    """Return the area on which two classes are the top two, and the place on screen."""
    if not places:
        return "These are nowhere the top two classes."
    area = hectares(sum(place.hectares for place in places))
    if at < 0:
        return f"Top two classes on {area} ha, in {len(places):,} places."
    place = places[at]
    return (
        f"Place {at + 1:,} of {len(places):,}: {hectares(place.hectares)} ha; "
        f"the winner leads by {100 * place.margin:.0f} % of the score."
    )
