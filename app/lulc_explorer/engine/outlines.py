"""Own places that are polygons: read from GeoJSON, their format in the link, and the pixels within them. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import shapely.geometry
from pyproj import Geod

import lulc_core as lulc

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

OUTLINE = "outline:"
LONGEST = 3000
"""Characters of an outline that a link holds; a longer one is kept beside the maps, and the link names it."""
KEPT = re.compile(rf"{OUTLINE}@([0-9a-f]{{16}})")
"""The name of one that is kept."""
_STEP = 1e-5
"""Degrees: coordinates are kept to a metre, and corners that are no farther off the line than two are left out."""
_ITS_BOX = 1 - 1e-6
"""Share of its bounding box that a polygon fills if it is one."""
_POLYGON, _RING, _NUMBER = "~~", "~", "_"


def read_outline(text: str, *, swapped: bool = False) -> BaseGeometry | None:
    """Return the polygons of a text in degrees; None if it is no GeoJSON, or these are no more than its box.

    Raises `ValueError` for polygons that are narrower than two metres everywhere.

    Parameters
    ----------
    text
        GeoJSON that `boxes.read_box` reads, or anything else.
    swapped
        Whether its latitudes come first.
    """
    try:
        shapes = [shapely.make_valid(shapely.geometry.shape(one)) for one in _geometries(lulc.parse_json(text, ""))]
    except (lulc.LulcError, shapely.errors.ShapelyError, AttributeError, LookupError, TypeError, ValueError):
        return None
    if swapped:
        shapes = [turned(shape) for shape in shapes]
    polygons = [part for shape in shapes for part in _polygons(shape)]
    if not polygons:
        return None
    outline = shapely.set_precision(shapely.simplify(shapely.union_all(polygons), 2 * _STEP), _STEP)
    if outline.is_empty:
        raise ValueError("The polygon is narrower than two metres. Draw a larger one.")
    return None if outline.area >= _ITS_BOX * shapely.box(*outline.bounds).area else shapely.normalize(outline)


def turned(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape with longitude and latitude exchanged."""
    turned: BaseGeometry = shapely.transform(shape, lambda points: points[:, ::-1])
    return turned


def outline_key(outline: BaseGeometry) -> str:
    """Return an outline in the format of the link: polygons of rings, without the last corner, which is the first.

    Examples
    --------
    >>> outline_key(shapely.from_wkt("POLYGON ((4.7 50.85, 4.8 50.85, 4.7 50.9, 4.7 50.85))"))
    'outline:4.7_50.85_4.8_50.85_4.7_50.9'
    """
    polygons = [[part.exterior, *part.interiors] for part in _polygons(outline)]
    rings = [[_NUMBER.join(map(_plain, np.ravel(ring.coords[:-1]))) for ring in rings] for rings in polygons]
    return OUTLINE + _POLYGON.join(_RING.join(parts) for parts in rings)


@lru_cache(16)
def outline_of(key: str) -> BaseGeometry:
    """Return the outline of a link; raises `ValueError` for an invalid one.

    Examples
    --------
    >>> outline_of("outline:4.7_50.85_4.8_50.85_4.7_50.9").bounds
    (4.7, 50.85, 4.8, 50.9)
    """
    try:
        polygons = [
            [np.array(ring.split(_NUMBER), np.float64).reshape(-1, 2) for ring in part.split(_RING)]
            for part in key.removeprefix(OUTLINE).split(_POLYGON)
        ]
        shape = shapely.normalize(shapely.union_all([shapely.Polygon(first, holes) for first, *holes in polygons]))
    except (ValueError, shapely.errors.ShapelyError):
        raise ValueError("The link has an outline that is not complete. Paste the polygon again.") from None
    if shape.is_empty or not shape.is_valid or not np.isfinite(shape.bounds).all():
        raise ValueError("The outline of the link is no polygon. Paste the polygon again.")
    return shape


@lru_cache(4)
def inside(outline: BaseGeometry, grid: GeoBox) -> NDArray[np.bool_]:
    """Return which pixels of a grid have their centre in an outline, shape (y, x)."""
    found = lulc.pixels_within(outline, grid)
    found.flags.writeable = False
    return found


def area_ha(outline: BaseGeometry) -> float:
    """Return the area of an outline on the ellipsoid, hectares."""
    return float(abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(outline))[0]) / 10_000)


def _geometries(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the geometries of a GeoJSON value."""
    if value["type"] == "FeatureCollection":
        return [one for feature in value["features"] for one in _geometries(feature)]
    if value["type"] == "Feature":
        return [value["geometry"]] if value["geometry"] else []
    return [value]


def _polygons(shape: BaseGeometry) -> list[shapely.Polygon]:
    """Return the polygons that a shape has, without its lines and points."""
    parts = shapely.get_parts(shape, return_index=False)
    if any(hasattr(part, "geoms") for part in parts):
        return [polygon for part in parts for polygon in _polygons(part)]
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _plain(degrees: float) -> str:
    return f"{degrees:.5f}".rstrip("0").rstrip(".")
