"""The field for an own place: a bounding box or GeoJSON."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.engine.boxes import PREFIX, key_of, read_box
from lulc_explorer.engine.places import MOST_HA

if TYPE_CHECKING:
    import param

    from lulc_explorer.session.session import Session

_CSS = """
p { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); margin: 0;
    overflow-wrap: anywhere; }
"""
_DRAW = "Draw on the map"
_COVERS = "The map covers the bounding box"
_LIMIT = f"At most {MOST_HA / 100:,.0f} km². {_COVERS}, from real imagery."


class OwnPlace(pn.viewable.Viewer):
    """A field that takes a box or GeoJSON and shows the size of the place.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        wide = {"sizing_mode": "stretch_width"}
        self._field = pmui.TextInput(
            label="Own place: box or GeoJSON",
            placeholder="west,south,east,north",
            max_length=500_000,
            size="small",
            margin=(8, 10, 4, 10),
            **wide,
        )
        self._draw = pmui.Button(
            label=_DRAW, on_click=self._turn, variant="outlined", size="small", margin=(0, 10, 4, 10), **wide
        )
        self._said = pn.pane.HTML("", stylesheets=[_CSS], margin=(0, 10, 8, 10), **wide)
        self._field.param.watch(self._take, "value")
        session.selection.param.watch(self._follow, ["place", "imagery"])
        session.display.param.watch(self._follow, "drawing")
        self._follow()

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self._field, self._draw, self._said, sizing_mode="stretch_width", margin=0)

    def _take(self, event: param.parameterized.Event) -> None:
        """Go to what was typed; what cannot be read, or be a place, is answered here, and the map stays."""
        if not event.new.strip():
            self._follow()
            return
        try:
            problem = self._session.selection.go_to(key_of(read_box(event.new)))
        except ValueError as error:
            problem = str(error)
        if problem:
            self._say(problem, role="alert")

    def _turn(self, _: param.parameterized.Event) -> None:
        self._session.display.drawing = not self._session.display.drawing

    def _follow(self, *_: param.parameterized.Event) -> None:
        """Show the chosen box and its size."""
        session = self._session
        self._draw.label = "Cancel drawing" if session.display.drawing else _DRAW
        place = session.selection.places.get(session.selection.place)
        if session.display.drawing:
            self._say("Drag a rectangle on either map. The mouse wheel still zooms.")
        elif place is None or not place.key.startswith(PREFIX):
            self._say(_LIMIT)
        elif place.region is None:
            self._say(place.problem, role="alert")
        else:
            self._field.value = place.key.removeprefix(PREFIX)
            self._say(f"{place.region.area_ha / 100:,.1f} km² of at most {MOST_HA / 100:,.0f} km². {_COVERS}.")

    def _say(self, text: str, role: str = "status") -> None:
        self._said.object = f'<p role="{role}">{escape(text)}</p>'
