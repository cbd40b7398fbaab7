"""Own places drawn on the map: a box, or one more part of the place that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.engine.boxes import is_own, joined, key_of, on_one_side

if TYPE_CHECKING:
    from lulc_explorer.engine.boxes import Box
    from lulc_explorer.session.session import Session


def draw(session: Session, box: Box) -> str:
    """Go to a place that was drawn (degrees); return why it is not available, and keep drawing."""
    selection, box = session.selection, on_one_side(box)
    place = selection.places.get(selection.place)
    if not (session.display.adding and can_add(session)) or place is None or place.region is None:
        return selection.go_to(key_of(box))
    return selection.go_to(joined(place.outline if place.outline is not None else place.region.bbox, box))


def can_add(session: Session) -> bool:
    """Whether the chosen place is one's own, so that it can have another part."""
    place = session.selection.places.get(session.selection.place)
    return place is not None and is_own(place.key) and place.region is not None


def turn(session: Session, *, adding: bool = False) -> None:
    """Begin to draw a place, or a part to add to that which is chosen; or stop."""
    drawing = not session.display.drawing
    session.display.param.update(drawing=drawing, adding=drawing and adding)
