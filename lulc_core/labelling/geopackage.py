"""GeoPackages of one layer: the tables of the standard (OGC 12-128r19, version 1.3) in an SQLite file.

The GDAL of rasterio's wheels has no vector drivers, and a second GDAL would be the largest dependency of this library.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from lulc_core.errors import InvalidInputError
from lulc_core.locking import folder_to_write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from shapely import Geometry

_GPKG = 0x47504B47
_VERSION = 10300
_DEGREES = 4326
_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
    srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL UNIQUE REFERENCES gpkg_contents(table_name),
    column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES
    gpkg_spatial_ref_sys(srs_id), z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name));
"""
_TYPES = {"i": "INTEGER", "u": "INTEGER", "f": "REAL", "b": "BOOLEAN"}
"""Type of a column, by the kind of its values; text otherwise."""
_KINDS = {0: "POINT", 1: "LINESTRING", 3: "POLYGON", 4: "MULTIPOINT", 5: "MULTILINESTRING", 6: "MULTIPOLYGON"}
"""Names of the kinds of geometries, by shapely's number."""
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
"""Bytes of the box in the header of a geometry, by its code."""


def write_geopackage(
    path: Path, layer: str, table: pd.DataFrame, geometries: Sequence[Geometry], *, epsg: int = _DEGREES
) -> None:
    """Write one layer, under a temporary name that is then renamed.

    Parameters
    ----------
    path
        Where; a file that is there is replaced.
    layer
        Its name.
    table
        Attributes, one row per feature: whole numbers, numbers, truth values or text; blank where missing.
    geometries
        Geometries of one kind.
    epsg
        Code of their projection; x and longitude come first.
    """
    folder_to_write(path.parent)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(part)) as file, file:
        file.execute(f"PRAGMA application_id = {_GPKG}")
        file.execute(f"PRAGMA user_version = {_VERSION}")
        file.executescript(_TABLES)
        _add_projections(file, epsg)
        _add_layer(file, layer, table, geometries, epsg)
    part.replace(path)


def read_geopackage(path: Path, *, epsg: int = _DEGREES) -> tuple[pd.DataFrame, list[Geometry]]:
    """Read the only layer of a GeoPackage.

    Parameters
    ----------
    path
        The file.
    epsg
        Projection in which geometries are returned; x and longitude come first.

    Returns
    -------
    table : pandas.DataFrame
        Attributes as SQLite holds them, one row per feature that has a geometry.
    geometries : list of shapely.Geometry
        Theirs.

    Raises
    ------
    InvalidInputError
        For a file that is no GeoPackage, has several layers with geometries or none, or a geometry that cannot be read.
    """
    with _opened(path) as file:
        layers = file.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns").fetchall()
        if len(layers) != 1:
            names = ", ".join(str(name) for name, *_ in layers) or "none"
            raise InvalidInputError(f"{path} must have one layer with geometries; it has {names}.")
        layer, column, srs = layers[0]
        cursor = file.execute(f"SELECT * FROM {_quoted(layer)}")
        fields = [str(field[0]) for field in cursor.description]
        rows = [row for row in cursor if row[fields.index(column)] is not None]
        transform = _transform(file, int(srs), epsg, path)
    table = pd.DataFrame(rows, columns=fields)
    geometries = [shapely.transform(_geometry(blob, path), transform) for blob in table.pop(column)]
    return table, geometries


def _add_projections(file: sqlite3.Connection, epsg: int) -> None:
    """Add the three projections that the standard asks for, and that of the layer."""
    rows: list[tuple[object, ...]] = [
        ("Undefined Cartesian", -1, "NONE", -1, "undefined", None),
        ("Undefined geographic", 0, "NONE", 0, "undefined", None),
    ]
    for code in dict.fromkeys((_DEGREES, epsg)):
        crs = CRS.from_epsg(code)
        rows.append((crs.name, code, "EPSG", code, crs.to_wkt("WKT1_GDAL"), None))
    file.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", rows)


def _add_layer(
    file: sqlite3.Connection, layer: str, table: pd.DataFrame, geometries: Sequence[Geometry], epsg: int
) -> None:
    kinds = {int(kind) for kind in shapely.get_type_id(list(geometries))}
    kind = _KINDS.get(kinds.pop(), "GEOMETRY") if len(kinds) == 1 else "GEOMETRY"
    columns = [f"{_quoted(str(name))} {_TYPES.get(table[name].dtype.kind, 'TEXT')}" for name in table]
    fields = ", ".join(['"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL', f'"geom" {kind}', *columns])
    file.execute(f"CREATE TABLE {_quoted(layer)} ({fields})")
    box = shapely.total_bounds(list(geometries)).tolist() if len(geometries) else [None] * 4
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    contents = (layer, "features", layer, "", now, *box, epsg)
    file.execute("INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", contents)
    file.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (layer, kind, epsg))
    header = b"GP" + struct.pack("<BBi", 0, 1, epsg)  # version 1, little endian, no box
    cells = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    places = ", ".join("?" * (table.shape[1] + 2))
    file.executemany(
        f"INSERT INTO {_quoted(layer)} VALUES ({places})",
        (
            (None, header + shapely.to_wkb(geometry, byte_order=1), *row)
            for geometry, row in zip(geometries, cells, strict=True)
        ),
    )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage to read; raises `InvalidInputError` for what is none."""
    if not path.is_file():
        raise InvalidInputError(f"There is no file {path}. Give a GeoPackage.")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
            file.execute("PRAGMA trusted_schema = OFF")
            yield file
    except sqlite3.Error as error:
        raise InvalidInputError(f"{path} must be a GeoPackage that can be read; SQLite says: {error}.") from error


def _transform(file: sqlite3.Connection, srs: int, epsg: int, path: Path) -> _Transform:
    """Return what leads from the projection of a layer to another."""
    found = file.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs,)
    ).fetchone()
    try:
        authority = found is not None and str(found[0]).upper() == "EPSG"
        source = CRS.from_epsg(int(found[1])) if authority else CRS.from_user_input(found and str(found[2]))
    except CRSError as error:
        raise InvalidInputError(f"{path} must say in which projection it is; its code {srs} is unknown.") from error
    return _Transform(Transformer.from_crs(source, epsg, always_xy=True))


class _Transform:
    """Moves coordinates, shape (point, 2)."""

    def __init__(self, transformer: Transformer) -> None:
        self._transformer = transformer

    def __call__(self, coordinates: np.ndarray) -> np.ndarray:
        return np.column_stack(self._transformer.transform(coordinates[:, 0], coordinates[:, 1]))


def _geometry(blob: bytes, path: Path) -> Geometry:
    """Return the geometry behind its header."""
    start = 8 + _ENVELOPES.get(blob[3] >> 1 & 7, 0) if isinstance(blob, bytes) and blob[:2] == b"GP" else 0
    geometry = shapely.from_wkb(blob[start:], on_invalid="ignore") if start else None
    if geometry is None:
        raise InvalidInputError(f"{path} has a geometry that cannot be read. Export the layer again.")
    return shapely.force_2d(geometry)


def _quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
