"""GeoJSON as files and people give it: the places that it means, or what in it contradicts them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lulc_core.json_types import JsonObject

_WGS_84 = re.compile(r'(CRS:?84|EPSG[:/]([\d.]*[:/])?4326)"', re.IGNORECASE)
"""How GeoJSON of before RFC 7946 names the only reference system that it may have today."""
_ROUNDED = 0.01
"""Degrees that a ``bbox`` may be off, as tools round them."""
_MOST_SHOWN = 100
"""Characters of a ``crs`` that a message shows."""


def geojson_vertices(value: Any, source: str = "The text") -> list[tuple[float, float]]:
    """Return longitude and latitude of every vertex, degrees (WGS 84).

    Parameters
    ----------
    value
        A geometry, a Feature or a FeatureCollection, as `parse_json` returns it.
    source
        What messages call it.

    Raises
    ------
    InvalidInputError
        If it, or a part of it, says another ``crs``, lies outside its own ``bbox``, or is no GeoJSON.

    Examples
    --------
    >>> geojson_vertices({"type": "Point", "coordinates": [4.7, 50.9, 20]})
    [(4.7, 50.9)]
    """
    try:
        return _points(value, source)
    except InvalidInputError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise InvalidInputError(f"{source} is not a GeoJSON geometry, Feature or FeatureCollection.") from error


def _points(shape: JsonObject, source: str) -> list[tuple[float, float]]:
    """Return the vertices of a shape; raises `InvalidInputError` if its ``bbox`` says other places."""
    points = list(_vertices(shape, source))
    box = shape.get("bbox")
    if not box or not points:
        return points
    half = len(box) // 2  # six numbers have heights
    west, south, east, north = *map(float, box[:2]), *map(float, box[half : half + 2])
    given, found = (west, east), (south, north)
    if west <= east and not _within(points, given, found):
        swapped = ": longitude and latitude are swapped, longitude comes first" if _within(points, found, given) else ""
        raise InvalidInputError(
            f"{source} has coordinates, such as {points[0][0]:g}, {points[0][1]:g}, outside its bbox, "
            f"{west:g},{south:g},{east:g},{north:g}{swapped}. Correct the one that is wrong."
        )
    return points


def _within(points: list[tuple[float, float]], *sides: tuple[float, float]) -> bool:
    """Return whether points lie within least and most x, and y, but for rounding."""
    return all(
        low - _ROUNDED <= number <= high + _ROUNDED
        for point in points
        for number, (low, high) in zip(point, sides, strict=True)
    )


def _vertices(shape: JsonObject, source: str) -> Iterator[tuple[float, float]]:
    """Yield longitude and latitude of every vertex; raises `InvalidInputError` for another CRS than WGS 84."""
    said = json.dumps(shape["crs"]) if shape.get("crs") is not None else None
    if said and not _WGS_84.search(said):
        raise InvalidInputError(f"{source} is not in degrees of WGS 84: its crs is {said[:_MOST_SHOWN]}. Transform it.")
    kind = shape["type"]
    if kind == "FeatureCollection":
        for feature in shape["features"]:
            yield from _points(feature, source)
    elif kind == "Feature":
        if shape["geometry"] is not None:
            yield from _points(shape["geometry"], source)
    elif kind == "GeometryCollection":
        for part in shape["geometries"]:
            yield from _points(part, source)
    else:
        yield from _leaves(shape["coordinates"])


def _leaves(coordinates: list[Any]) -> Iterator[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], list):
        for part in coordinates:
            yield from _leaves(part)
    elif coordinates:
        if any(isinstance(number, bool) for number in coordinates[:2]):
            raise TypeError
        yield float(coordinates[0]), float(coordinates[1])
