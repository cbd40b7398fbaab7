"""Own places: bounding boxes and outlines from typed numbers or GeoJSON, and their format in the link. Pure."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import shapely

import lulc_core as lulc
from lulc_explorer.engine.outlines import OUTLINE, outline_key, outline_of, read_outline

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (WGS 84)."""

PREFIX = "box:"
HOW = "Give west,south,east,north in degrees, such as 4.70,50.85,4.80,50.92, or paste GeoJSON"
_WGS_84_TAG = re.compile(r"\s*[\[(]\s*(EPSG:4326|OGC:CRS84)\s*[\])]\s*$", re.IGNORECASE)
"""What QGIS writes behind an extent."""
_DECIMALS = 5  # a metre
_POLE = 84.0
"""Northern limit of UTM."""


def place_key(text: str, *, swapped: bool = False) -> str:
    """Return an own place in the format of the link: the outline of polygons, else a box; raises `ValueError`.

    Boxes that are parted by semicolons are one place.

    Parameters
    ----------
    text
        As of `read_box`.
    swapped
        Whether its latitudes come first.

    Examples
    --------
    >>> place_key("50.85,4.7,50.92,4.8", swapped=True)
    'box:4.7,50.85,4.8,50.92'
    >>> place_key("4.7,50.85,4.8,50.92; 4.8,50.85,4.9,50.92")
    'box:4.7,50.85,4.9,50.92'
    """
    if boxes := _several(text):
        whole = shapely.union_all([shapely.box(*read_box(one, swapped=swapped)) for one in boxes])
        return place_key(shapely.to_geojson(whole))
    box = read_box(text, swapped=swapped)
    outline = read_outline(text, swapped=swapped)
    return key_of(box) if outline is None else outline_key(outline)


def text_of(key: str) -> str:
    """Return an own place as it can be typed: a box, boxes parted by semicolons, or GeoJSON.

    Examples
    --------
    >>> text_of("box:4.7,50.85,4.8,50.92")
    '4.7,50.85,4.8,50.92'
    >>> text_of(joined((4.7, 50.85, 4.8, 50.92), (5, 50.85, 5.1, 50.92)))
    '4.7,50.85,4.8,50.92; 5,50.85,5.1,50.92'
    >>> text_of("outline:4.7_50.8_4.7_50.9_4.8_50.8")
    '{"type":"Polygon","coordinates":[[[4.7,50.8],[4.7,50.9],[4.8,50.8],[4.7,50.8]]]}'
    """
    if not key.startswith(OUTLINE):
        return key.removeprefix(PREFIX)
    outline = outline_of(key)
    parts = sorted(shapely.get_parts(outline), key=lambda part: part.bounds)
    if all(part.equals(shapely.box(*part.bounds)) for part in parts):
        return "; ".join(key_of(part.bounds).removeprefix(PREFIX) for part in parts)
    return str(shapely.to_geojson(outline))


def joined(place: BaseGeometry | Box, box: Box) -> str:
    """Return an own place with a box added, in the format of the link: an outline unless both make one box.

    Examples
    --------
    >>> joined((4.7, 50.85, 4.8, 50.92), (4.8, 50.85, 4.9, 50.92))
    'box:4.7,50.85,4.9,50.92'
    >>> joined((4.7, 50.85, 4.8, 50.92), (5, 50.85, 5.1, 50.92)).startswith("outline:")
    True
    """
    whole = shapely.union(shapely.box(*place) if isinstance(place, tuple) else place, shapely.box(*box))
    return place_key(shapely.to_geojson(whole))


def is_own(key: str) -> bool:
    """Whether a key is that of an own place."""
    return key.startswith((PREFIX, OUTLINE))


def box_of(key: str) -> Box:
    """Return the bounding box of an own place."""
    return outline_of(key).bounds if key.startswith(OUTLINE) else read_box(key)


def read_box(text: str, *, swapped: bool = False) -> Box:
    """Return the box of a text; raises `ValueError`, which says what to do.

    Parameters
    ----------
    text
        Four numbers, six with heights, the bounds of Leaflet or of Google Maps, or a GeoJSON geometry, Feature or
        FeatureCollection, whose bounding box is taken.
    swapped
        Whether its latitudes come first.
    """
    text = _WGS_84_TAG.sub("", text.strip().removeprefix(PREFIX))
    if not text:
        raise ValueError(f"The field is empty. {HOW}.")
    box = _of_geojson(text, swapped) if text[0] in "{[" and not _numbers(text) else _of_numbers(text)
    if swapped and _numbers(text):
        box = box[1], box[0], box[3], box[2]
    box = _checked(box)
    _refuse_other_order(box)
    return box


def on_one_side(box: Box) -> Box:
    """Return a box wholly beyond 180 degrees, as on a map across the antimeridian, by its own longitudes.

    Examples
    --------
    >>> on_one_side((180.5, -17, 181, -16)), on_one_side((179.5, -17, 180.5, -16))
    ((-179.5, -17, -179, -16), (179.5, -17, 180.5, -16))
    """
    west, south, east, north = box
    around = 360 * round((west + east) / 720)
    there = west - around, south, east - around, north
    return there if max(map(abs, there)) <= 180 else box


def key_of(box: Box) -> str:
    """Return a box in the format of the link."""
    return PREFIX + ",".join(f"{edge:.{_DECIMALS}f}".rstrip("0").rstrip(".") for edge in box)


def title_of(box: Box) -> str:
    """Return the title of a box: where it lies."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return f"{abs(y):.3f}° {'N' if y >= 0 else 'S'}, {abs(x):.3f}° {'E' if x >= 0 else 'W'}"


def _several(text: str) -> list[str]:
    """Return the boxes of a text that parts them by semicolons; none of any other."""
    parts = [part for part in text.removeprefix(PREFIX).split(";") if part.strip()]
    return parts if len(parts) > 1 and all(len(_numbers(part)) == 4 for part in parts) else []


def _numbers(text: str) -> list[float]:
    """Return the numbers of a text; none if it has anything else."""
    parts = [part for part in re.split(r"[\s,;:°]+", text.replace("\N{MINUS SIGN}", "-").strip("[]() ")) if part]
    try:
        return [float(part) for part in parts]
    except ValueError:
        return []


def _of_numbers(text: str) -> Box:
    found = _numbers(text)
    if not found:
        raise ValueError(f"This is neither four numbers nor GeoJSON. {HOW}.")
    if len(found) == 6:  # with heights (RFC 7946, section 5)
        del found[5], found[2]
    if len(found) != 4:
        raise ValueError(f"A box has four numbers, not {len(found)}. {HOW}.")
    return found[0], found[1], found[2], found[3]


def _refuse_other_order(box: Box) -> None:
    """Raise `ValueError` for a wide box that is a small one in the order of QGIS: west, east, south, north."""
    west, east, south, north = box
    small = west < east and south < north <= _POLE and max(east - west, north - south) < _WIDE
    if small and box[2] - box[0] > _WIDE:
        given, other = key_of(box).removeprefix(PREFIX), key_of((west, south, east, north)).removeprefix(PREFIX)
        raise ValueError(
            f"In the order west,south,east,north this box is {box[2] - box[0]:.0f} degrees wide. If it is in the order "
            f"west,east,south,north, as QGIS writes it, give {other}; {given} is too large."
        )


_WIDE = 5.0
"""Degrees that a box is never wide, and a small one in another order may be."""


def _of_geojson(text: str, swapped: bool) -> Box:
    try:
        shape = lulc.parse_json(text, "The text")
        points = _corners(shape) or lulc.geojson_vertices(shape)
    except lulc.InvalidInputError as error:
        raise ValueError(f"{error} {HOW}.") from None
    except (AttributeError, KeyError, TypeError, ValueError):  # bounds of Leaflet or Google Maps without numbers
        raise ValueError(f"This JSON is not a GeoJSON geometry, Feature or FeatureCollection. {HOW}.") from None
    if not points:
        raise ValueError("This GeoJSON has no coordinates: draw a polygon, and paste it again.")
    xs, ys = zip(*(point[::-1] for point in points) if swapped else points, strict=True)
    if max(xs) - min(xs) > 180:
        what = "This GeoJSON lies on both sides of the antimeridian, or goes around half the earth"
        _refuse_both_sides(what, xs, ys)
    return min(xs), min(ys), max(xs), max(ys)


def _corners(shape: object) -> list[tuple[float, float]]:
    """Return south-west and north-east of the bounds that Leaflet and Google Maps write; none of any other JSON."""
    bounds = (
        {str(key).strip("_").casefold(): corner for key, corner in shape.items()} if isinstance(shape, dict) else {}
    )
    if bounds.keys() != {"southwest", "northeast"}:
        return []
    return [(float(bounds[name]["lng"]), float(bounds[name]["lat"])) for name in ("southwest", "northeast")]


def _refuse_both_sides(what: str, xs: tuple[float, ...], ys: tuple[float, ...]) -> None:
    """Raise `ValueError` for a shape across the antimeridian, cut there (RFC 7946, 3.1.9) or not; it has two boxes."""
    sides = (min((x for x in xs if x > 0), default=180), 180), (-180, max((x for x in xs if x < 0), default=-180))
    boxes = [key_of((west, min(ys), east, max(ys))).removeprefix(PREFIX) for west, east in sides if west < east]
    if boxes and max(map(abs, xs)) <= 180:  # else it goes around the earth, or is not in degrees
        raise ValueError(f"{what}; a box lies on one side. Give one: {' or '.join(boxes)}.")


def _refuse_across(box: Box) -> None:
    """Raise `ValueError` for a box across the antimeridian, as a map that goes on there has it, or GeoJSON."""
    west, east = ((edge + 180) % 360 - 180 for edge in (box[0], box[2]))
    if west > 0 > east and 0 < (east - west) % 360 < 180:
        _refuse_both_sides("This box crosses the antimeridian", (west, east), (box[1], box[3]))


def _checked(box: Box) -> Box:
    """Return a valid box, to the decimals of the link; raises `ValueError`. `places` checks its size."""
    if not all(map(math.isfinite, box)):
        raise ValueError(f"A box has four finite numbers. {HOW}.")
    west, south, east, north = (round(edge, _DECIMALS) + 0.0 for edge in box)  # no -0
    beyond = max(abs(west), abs(east))
    if (west > east or beyond > 180) and beyond <= 360 and max(abs(south), abs(north)) <= _POLE:
        _refuse_across((west, south, east, north))
    if beyond > 180 and max(abs(south), abs(north)) <= _POLE:
        raise ValueError("A longitude is beyond 180 degrees. Give degrees, not metres.")
    if max(abs(south), abs(north)) > _POLE:
        swapped = max(abs(west), abs(east)) <= _POLE and max(abs(south), abs(north)) <= 180
        hint = "Latitude and longitude seem to be swapped: longitude comes first" if swapped else "Use degrees"
        raise ValueError(f"A latitude is beyond {_POLE:.0f} degrees. {hint}. {HOW}.")
    if west > east:
        raise ValueError(f"West exceeds east. {HOW}.")
    if south > north:
        raise ValueError(f"South exceeds north. {HOW}.")
    if west == east or south == north:
        raise ValueError("The box is empty: it is a point or a line, to a metre. Give a box or a polygon.")
    return west, south, east, north
