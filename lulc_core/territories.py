"""Shapes on the ground: read from GeoJSON, and the pixels of a grid that lie within."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import shapely
import shapely.geometry
from odc.geo.geom import Geometry
from rasterio.features import geometry_mask
from shapely.errors import ShapelyError

from lulc_core.errors import InvalidInputError
from lulc_core.geojson import geojson_vertices
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

    from lulc_core.json_types import JsonObject

MOST_BYTES = 64 * 2**20
"""Size of the largest GeoJSON of a territory that is read."""
_HOLE_OUTSIDE = "Hole lies outside shell"
"""What GEOS says of it; made valid, the hole would be ground."""


def read_territory(path: Path) -> BaseGeometry:
    """Return the shape of a GeoJSON file, degrees (WGS 84): the union of all that has a geometry.

    Raises
    ------
    InvalidInputError
        If it is no GeoJSON, has no geometry, says another CRS or bounding box than it has, or lies outside the world.
    """
    value = read_json(path, most_bytes=MOST_BYTES)
    shapes = [shapely.make_valid(shape_of(geometry, path)) for geometry in _geometries(value, path)]
    geojson_vertices(value, str(path))  # refuses what contradicts itself
    territory = shapely.union_all(shapes)
    if territory.is_empty:
        raise InvalidInputError(f"{path} holds no geometry; expected GeoJSON of a territory, in degrees.")
    refuse_off_earth(territory, path)
    return territory


def refuse_off_earth(shape: BaseGeometry, path: Path) -> None:
    """Raise `InvalidInputError` for a shape of a file beyond degrees at which there are maps, or of half the Earth."""
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -80 <= south <= north <= 84):
        raise InvalidInputError(
            f"{path} reaches from {west:g} {south:g} to {east:g} {north:g}; expected degrees, longitude first, within "
            "-180 to 180 and -80 to 84, and a territory over the antimeridian cut there (RFC 7946)."
        )
    lefts, _, rights, _ = shapely.bounds(shapely.get_parts(shapely.get_parts(shape))).T
    if (widest := max(rights - lefts)) > 180:
        raise InvalidInputError(
            f"{path} has a shape that is {widest:.0f} degrees wide, as one over the antimeridian is that was not cut "
            "there. Cut it at 180 degrees (RFC 7946), or split it."
        )


def areal_parts(shape: BaseGeometry) -> BaseGeometry:
    """Return what of a shape has an area, without its lines and points; empty if nothing has.

    Examples
    --------
    >>> mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(2, 2)])
    >>> areal_parts(mixed).bounds
    (0.0, 0.0, 1.0, 1.0)
    """
    parts = shapely.get_parts(shape)
    return shapely.union_all([areal_parts(p) if hasattr(p, "geoms") else p for p in parts if p.area])


def pixels_within(outline: BaseGeometry, grid: GeoBox) -> NDArray[np.bool_]:
    """Return which pixels of a grid have their centre in an outline in degrees (WGS 84), bool, shape (y, x).

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> grid = GeoBox.from_bbox((0, 0, 4, 4), crs="EPSG:4326", resolution=1)
    >>> pixels_within(shapely.box(0, 0, 2, 1.4), grid).astype(int)
    array([[0, 0, 0, 0],
           [0, 0, 0, 0],
           [0, 0, 0, 0],
           [1, 1, 0, 0]])
    """
    shape = Geometry(outline, "EPSG:4326").to_crs(str(grid.crs), resolution=0.01).geom
    found: NDArray[np.bool_] = geometry_mask([shape], grid.shape, grid.affine, invert=True)
    return found


def _geometries(value: object, path: Path) -> list[JsonObject]:
    """Return the geometries of a GeoJSON value."""
    if isinstance(value, dict) and value.get("type") == "FeatureCollection" and isinstance(value.get("features"), list):
        return [one for feature in value["features"] for one in _geometries(feature, path)]
    if isinstance(value, dict) and value.get("type") == "Feature":
        if not value.get("geometry"):
            which = shorten(str(value.get("properties")), 80)
            raise InvalidInputError(
                f"{path} has a feature with no geometry, {which}: what it stands for would be missing. Give it one, or "
                "remove it."
            )
        return [value["geometry"]]
    if isinstance(value, dict) and "type" in value:
        return [value]
    raise InvalidInputError(f"{path} is no GeoJSON; expected a Feature, a FeatureCollection or a geometry.")


def shape_of(geometry: JsonObject, path: Path) -> BaseGeometry:
    """Return the shape of a GeoJSON geometry of a file; raises `InvalidInputError` for one that cannot be what it says.

    Examples
    --------
    >>> from pathlib import Path
    >>> shape_of({"type": "Topology", "arcs": []}, Path("a.json"))
    Traceback (most recent call last):
        ...
    lulc_core.errors.InvalidInputError: a.json has a geometry that cannot be read: Unknown geometry type: 'topology'.
    """
    try:
        shape = shapely.geometry.shape(geometry)
        shape.bounds  # noqa: B018 - coordinates that are none raise here at the latest
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidInputError(f"{path} has a geometry that cannot be read: {error}.") from error
    if _HOLE_OUTSIDE in (said := shapely.is_valid_reason(shape)):
        raise InvalidInputError(
            f"{path} has a polygon with a hole outside it, at {said.partition('[')[2].rstrip(']')}. Several polygons "
            "are a MultiPolygon, each with rings of its own."
        )
    return shape
