"""What the four numbers of a bounding box must be, and what those of a wrong one may have meant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_POLE = 84
"""Degrees of latitude to which UTM reaches."""
_MOST_WIDE = 6
"""Degrees between the sides of a zone of UTM."""


def checked_bbox(bbox: Sequence[float]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a box in degrees (WGS 84) that one UTM grid can cover.

    Raises
    ------
    InvalidInputError
        For a box that is reversed, empty, outside the world, over the antimeridian, or too wide for a UTM zone.

    Examples
    --------
    >>> checked_bbox([5, 50, 6, 51])
    (5.0, 50.0, 6.0, 51.0)
    """
    order = "Give west south east north, in degrees"
    if len(bbox) != 4 or not all(math.isfinite(v) for v in bbox):
        raise InvalidInputError(f"A bounding box has four finite numbers; got {tuple(bbox)}. {order}.")
    west, south, east, north = (float(v) for v in bbox)
    problem = _problem(west, south, east, north, f"got {west} {south} {east} {north}", order)
    if problem:
        other = latitude_first((west, south, east, north)) if max(abs(south), abs(north)) > _POLE else None
        hint = " If latitude came first, give {} {} {} {}.".format(*other) if other else ""
        raise InvalidInputError(problem + _as_qgis_orders(west, south, east, north) + hint)
    return west, south, east, north


def _problem(west: float, south: float, east: float, north: float, shown: str, order: str) -> str:
    """Return what is wrong with the edges of a box; empty if nothing is."""
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > _POLE:
        earth = f"longitudes -180 to 180 and latitudes -{_POLE} to {_POLE} (UTM)"
        return f"A bounding box lies within {earth}; {shown}. {order}."
    if west >= east:
        return (
            f"The bounding box has west >= east ({shown}): it is reversed, or crosses the antimeridian, "
            f"which one UTM grid cannot do. {order}; split a box that crosses 180 degrees in two."
        )
    if south >= north:
        return f"The bounding box has south >= north ({shown}). {order}."
    if east - west > _MOST_WIDE:
        return f"The bounding box is {east - west:.1f} degrees wide; one UTM zone has {_MOST_WIDE} ({shown}). Split it."
    return ""


def _as_qgis_orders(west: float, east: float, south: float, north: float) -> str:
    """Return that edges are those of a small box in the order west, east, south, north, with ours; empty if not."""
    on_earth = max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= _POLE
    small = 0 < east - west <= _MOST_WIDE and 0 < north - south <= _MOST_WIDE
    if not (on_earth and small):
        return ""
    return f" If the order is west east south north, as QGIS writes it, give {west} {south} {east} {north}."


def latitude_first(
    bbox: tuple[float, float, float, float],
) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of a box that was written with latitude first; None if it cannot have been.

    Examples
    --------
    >>> latitude_first((50.85, 4.7, 50.92, 4.8)), latitude_first((100.0, 4.7, 100.1, 4.8))
    ((4.7, 50.85, 4.8, 50.92), None)
    """
    south, west, north, east = bbox
    return None if _problem(west, south, east, north, "", "") else (west, south, east, north)
