"""The field for an own place: a bounding box or GeoJSON."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import kept
from lulc_explorer.components.command import Command
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.engine.boxes import box_of, is_own, place_key, text_of
from lulc_explorer.engine.countries import country_of
from lulc_explorer.engine.outlines import KEPT, area_ha
from lulc_explorer.engine.places import MOST_HA
from lulc_explorer.session.drawing import can_add, turn

if TYPE_CHECKING:
    import param

    from lulc_explorer.engine.boxes import Box
    from lulc_explorer.engine.requests import Place
    from lulc_explorer.session.selection import MapSelection
    from lulc_explorer.session.session import Session

_CSS = """
p { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); margin: 0;
    overflow-wrap: anywhere; }
"""
LABEL = "Own place: box or GeoJSON"
_DRAW, _ADD, _SWAP = "Draw on the map", "Add a rectangle", "Swap latitude and longitude"
_LIMIT = f"At most {MOST_HA / 100:,.0f} km², from real imagery. Of a polygon, only what lies within it counts."
_NOT_IN_LINK = "It has too many corners for a link, so that the link opens it only in this explorer."


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
            label=LABEL,
            placeholder="west,south,east,north",
            max_length=500_000,
            size="small",
            margin=(8, 10, 4, 10),
            styles=kept(40),
            **wide,
        )
        self._draw = pmui.Button(
            label=_DRAW,
            on_click=self._turn,
            variant="outlined",
            size="small",
            margin=(0, 10, 4, 10),
            styles=kept(37),
            **wide,
        )
        self._add = LateColumn(self._build_add, sizing_mode="stretch_width")
        self._other = ""
        self._writing = False
        self._swap = pmui.Button(
            on_click=self._exchange, variant="outlined", size="small", margin=(0, 10, 4, 10), visible=False, **wide
        )
        self._said = pn.pane.HTML("", stylesheets=[_CSS], margin=(0, 10, 8, 10), **wide)
        self._field.param.watch(self._take, "value")
        session.selection.param.watch(self._follow, ["place", "imagery"])
        session.display.param.watch(self._follow, "drawing")
        self._follow()

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(
            self._field, self._draw, self._add, self._said, self._swap, sizing_mode="stretch_width", margin=0
        )

    def _take(self, event: param.parameterized.Event) -> None:
        """Go to what was typed; what cannot be read, or be a place, is answered here, and the map stays."""
        if self._writing:
            return
        if not event.new.strip():
            self._follow()
            return
        selection = self._session.selection
        try:
            key = place_key(event.new)
            problem, country = selection.go_to(key), country_of(box_of(key))
        except ValueError as error:
            problem, country = str(error), ""
        if problem:
            self._say(problem, role="alert")
        self._offer(_other_order(selection, event.new), at_sea=not problem and not country)

    def _offer(self, other: str, *, at_sea: bool) -> None:
        """Offer a place with latitude and longitude exchanged, if it is on land; alert who is at sea."""
        country = country_of(box_of(other)) if other else ""
        self._other = other if country else ""
        self._swap.param.update(label=f"{_SWAP} ({country})", visible=bool(country))
        if at_sea and country:
            self._say(f"This place lies at sea. With latitude and longitude swapped it is in {country}.", role="alert")

    def _exchange(self, _: param.parameterized.Event) -> None:
        """Go to the place that was offered."""
        self._session.selection.go_to(self._other)

    def _turn(self, _: param.parameterized.Event) -> None:
        turn(self._session)

    def _build_add(self) -> pmui.Button:
        return pmui.Button(
            label=_ADD,
            on_click=lambda _: turn(self._session, adding=True),
            variant="outlined",
            size="small",
            margin=(0, 10, 4, 10),
            sizing_mode="stretch_width",
        )

    def _follow(self, *_: param.parameterized.Event) -> None:
        """Show the chosen place and its size."""
        session = self._session
        self._draw.label = _drawing(session)
        self._add.show(can_add(session) and not session.display.drawing)
        self._swap.visible = False
        place = session.selection.places.get(session.selection.place)
        if session.display.drawing:
            part = "; it becomes a part of this place" if session.display.adding else ""
            self._say(f"Drag a rectangle on either map{part}. The mouse wheel still zooms.")
        elif place is None or not is_own(place.key):
            self._say(_LIMIT)
        elif place.region is None:
            self._say(place.problem, role="alert")
        else:
            self._write("" if KEPT.fullmatch(place.key) else text_of(place.key))
            self._say(_size(place, place.region.bbox, place.region.area_ha))

    def _write(self, text: str) -> None:
        """Show a box in the field."""
        self._writing = True
        self._field.value = text
        self._writing = False

    def _say(self, text: str, role: str = "status") -> None:
        self._said.object = f'<p role="{role}">{escape(text)}</p>'


def commands(session: Session) -> list[Command]:
    """Return the commands that start to draw a place, or a part of one, or stop; and swap the axes of an own one."""
    drawn = [Command(group="Own place", title=_drawing(session), run=partial(turn, session))]
    if can_add(session) and not session.display.drawing:
        drawn.append(Command(group="Own place", title=_ADD, run=partial(turn, session, adding=True)))
    return [*drawn, *_swaps(session.selection)]


def _swaps(selection: MapSelection) -> list[Command]:
    """Return the command that goes to the chosen own place with its axes swapped, if that is on land."""
    if not is_own(selection.place) or KEPT.fullmatch(selection.place):
        return []
    other = _other_order(selection, text_of(selection.place))
    country = country_of(box_of(other)) if other else ""
    title = f"{_SWAP} ({country})"
    return [Command(group="Own place", title=title, run=partial(selection.go_to, other))] if country else []


def _drawing(session: Session) -> str:
    return "Cancel drawing" if session.display.drawing else _DRAW


def _other_order(selection: MapSelection, text: str) -> str:
    """Return the key of the place that a text is with latitude first; empty if there is none."""
    try:
        key = place_key(text, swapped=True)
    except ValueError:
        return ""
    return "" if selection.problem_of(key) else key


def _size(place: Place, box: Box, box_ha: float) -> str:
    """Return where an own place lies and how large it is."""
    size, limit = _area(box_ha), f"at most {MOST_HA / 100:,.0f} km²"
    where = f" In or near {country}." if (country := country_of(box)) else " At sea."
    if place.outline is None:
        return f"{size} of {limit}.{where}"
    kept = f" {_NOT_IN_LINK}" if KEPT.fullmatch(place.key) else ""
    counted = _area(area_ha(place.outline))
    return f"The polygon has {counted}: only that counts. Its box has {size} of {limit}.{where}{kept}"


def _area(hectares: float) -> str:
    return f"{hectares / 100:,.1f} km²" if hectares >= 100 else f"{hectares:.1f} ha"
