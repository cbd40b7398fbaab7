"""Regions to report by, from a file of polygons: GeoJSON or GeoPackage."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import shapely

from lulc_core.errors import InvalidInputError
from lulc_core.geojson import geojson_vertices
from lulc_core.labelling.geopackage import read_geopackage
from lulc_core.territories import refuse_off_earth, shape_of
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from lulc_core.json_types import JsonFields, JsonObject

MOST_REGIONS = 1000
"""Regions of one file."""
MOST_FILE_BYTES = 100_000_000
"""Size of the largest GeoJSON that is read."""
_NAMES = ("name", "region", "title", "label", "id")
"""Properties that name a region, in the order in which they are looked for, in any case."""


def read_regions(path: Path, *, name: str | None = None) -> dict[str, BaseGeometry]:
    """Read polygons by name; several of one name are one region.

    Parameters
    ----------
    path
        GeoJSON in degrees (WGS 84), or a GeoPackage in any projection.
    name
        The property that names a region. Default: the first of name, region, title, label, id; else the row.

    Returns
    -------
    dict of str to shapely.Geometry
        In degrees, in the order of the file.

    Raises
    ------
    InvalidInputError
        For a file that is neither, geometries other than polygons or not in degrees, a property that is not there, and
        more than `MOST_REGIONS`.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> ring = [[3, 50], [4, 50], [4, 51], [3, 50]]
    >>> feature = {"type": "Feature", "properties": {"name": "north"}}
    >>> feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "regions.geojson")
    ...     _ = path.write_text(json.dumps(feature))
    ...     list(read_regions(path))
    ['north']
    """
    if path.suffix.casefold() == ".gpkg":
        table, shapes = read_geopackage(path)
        rows = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
        read = list(zip(rows, cast("list[BaseGeometry]", shapes), strict=True))
    else:
        value = read_json(path, most_bytes=MOST_FILE_BYTES)
        geojson_vertices(value, str(path))
        read = [(dict(properties), shape_of(geometry, path)) for properties, geometry in _features(value, path)]
    kinds, drawn = {shape.geom_type for _, shape in read}, [shape for _, shape in read if not shape.is_empty]
    if not drawn or kinds - {"Polygon", "MultiPolygon"}:
        raise InvalidInputError(
            f"{path} must hold polygons, one region each; it has {', '.join(kinds - {'Polygon'}) or 'none'}."
        )
    refuse_off_earth(shapely.GeometryCollection(drawn), path)
    key = _naming(read, name, path)
    found: dict[str, list[BaseGeometry]] = {}
    for row, (properties, shape) in enumerate(read, 1):
        given = properties.get(key) if key else row
        found.setdefault(str(row if given is None or not str(given).strip() else given).strip(), []).append(shape)
    if len(found) > MOST_REGIONS:
        raise InvalidInputError(f"{path} has {len(found):,} regions; {MOST_REGIONS:,} are assessed at the most.")
    return {title: shapely.union_all(shapely.make_valid(shapes)) for title, shapes in found.items()}


def _features(value: object, path: Path) -> Iterable[tuple[JsonFields, JsonObject]]:
    """Yield properties and geometry of each feature."""
    features = value.get("features", [value]) if isinstance(value, dict) else []
    for feature in features:
        if not isinstance(feature, dict) or not isinstance(feature.get("geometry", feature), dict):
            raise InvalidInputError(f"{path} must be GeoJSON whose features all have a geometry.")
        properties = feature.get("properties")
        yield properties if isinstance(properties, dict) else {}, feature.get("geometry", feature)


def _naming(read: Iterable[tuple[JsonFields, object]], name: str | None, path: Path) -> str | None:
    """Return the property that names the regions, None where there is none."""
    keys = list(dict.fromkeys(key for properties, _ in read for key in properties))
    if name is not None and name not in keys:
        raise InvalidInputError(
            f"No region of {path} has the property {name!r}; they have {', '.join(keys) or 'none'}."
        )
    by_fold = {key.casefold(): key for key in reversed(keys)}
    return name or next((by_fold[each] for each in _NAMES if each in by_fold), None)
