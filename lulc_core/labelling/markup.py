"""Dense labels of tiles: polygons of one class each, drawn over a scene, become pixels of the tile's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pandas as pd
import shapely
from pyproj import Transformer
from rasterio.features import rasterize, shapes
from sqlalchemy import select

from lulc_core.errors import InvalidInputError
from lulc_core.labelling.adjudication import counting
from lulc_core.labelling.geopackage import read_geopackage, write_geopackage
from lulc_core.labelling.results import all_labels, unit_table
from lulc_core.labelling.tables import LabelRow
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.raster_layout import APART, class_codes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from shapely import Geometry

    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import Label
    from lulc_core.legend import Legend

MOST_POLYGONS = 100_000
"""Of one tile: more are pixels rather than polygons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPolygon:
    """A polygon of one class. Of two that overlap, the later one counts."""

    name: str | None
    """The class; None takes away what was marked below it."""
    geometry: Geometry
    """Polygon or multipolygon, in the projection of the tile."""


def rasterise_marks(marks: Sequence[MarkedPolygon], grid: GeoBox, legend: Legend) -> xr.DataArray:
    """Return the classes of a tile's pixels: those whose centre lies in a polygon; unmarked is no data.

    Parameters
    ----------
    marks
        Polygons, the oldest first.
    grid
        Pixels of the tile.
    legend
        Classes.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8 legend codes, 0 = no data, as `write_map` writes and `lulc train` reads them.

    Raises
    ------
    InvalidInputError
        For a class that is not in the legend, or a geometry that is no polygon.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from lulc_core.legend import LEGEND
    >>> grid = GeoBox.from_bbox((0, 0, 30, 10), crs="EPSG:32631", resolution=10)
    >>> marks = [MarkedPolygon(name="water", geometry=shapely.box(0, 0, 20, 10))]
    >>> rasterise_marks(marks, grid, LEGEND).values.tolist()
    [[1, 1, 0]]
    """
    _refuse(marks)
    codes = [NO_DATA if mark.name is None else legend[mark.name].code for mark in marks]
    drawn = [
        (mark.geometry, code) for mark, code in zip(marks, codes, strict=True) if not shapely.is_empty(mark.geometry)
    ]
    label = np.full(grid.shape, NO_DATA, np.uint8)
    if drawn:
        rasterize(drawn, out=label, transform=grid.affine)
    return odc.geo.xr.wrap_xr(label, grid, nodata=NO_DATA)


def polygons_of(label: xr.DataArray, legend: Legend) -> list[MarkedPolygon]:
    """Return the polygons of a class raster, along the edges of its pixels; no data has none.

    Parameters
    ----------
    label
        Dims (y, x), uint8 legend codes, 0 = no data.
    legend
        Classes.

    Raises
    ------
    InvalidInputError
        For codes outside the legend.
    """
    layer = class_codes(label, "The label")
    legend.check_codes(np.unique(layer.values), "the label")
    found = shapes(layer.values, mask=layer.values != NO_DATA, transform=layer.odc.geobox.affine)
    return [MarkedPolygon(name=legend[int(code)].name, geometry=shapely.geometry.shape(shape)) for shape, code in found]


def mark_tile(
    desk: LabelDesk,
    person: str,
    unit: int,
    marks: Sequence[MarkedPolygon],
    *,
    sure: bool = True,
    comment: str = "",
    imagery: Sequence[str] = (),
    replaces: int | None = None,
) -> Label:
    """Store the polygons of a tile as a person's label; arguments as in `LabelDesk.label`.

    Raises
    ------
    InvalidInputError
        If the unit is no tile, or for a class that is not in the legend, or a geometry that is no polygon.
    """
    if desk.unit(unit).grid is None:
        raise InvalidInputError(f"Unit {unit} is a point, which takes one class; only tiles are marked by polygons.")
    _refuse(marks)
    stored = [
        {
            "code": NO_DATA if mark.name is None else desk.project.legend[mark.name].code,
            "wkb": shapely.to_wkb(mark.geometry, hex=True, byte_order=1),
        }
        for mark in marks
    ]
    return desk.label(person, unit, None, sure=sure, comment=comment, imagery=imagery, replaces=replaces, markup=stored)


def marks_of(desk: LabelDesk, label: Label) -> list[MarkedPolygon]:
    """Return the polygons of a label; none for that of a point."""
    with desk.database.reading() as session:
        stored = session.scalar(select(LabelRow.markup).where(LabelRow.id == label.id)) or []
    names = {c.code: c.name for c in desk.project.legend}
    return [MarkedPolygon(name=names.get(one["code"]), geometry=shapely.from_wkb(one["wkb"])) for one in stored]


def tile_consensus(desk: LabelDesk, unit: int) -> xr.DataArray:
    """Return the pixels of a tile on which its interpreters agree, by the rule of the project.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8 legend codes; 0 where they do not agree or did not mark, as in the paper's tiles.

    Raises
    ------
    InvalidInputError
        If the unit is no tile, has not enough labels yet, or the rule is adjudication, which tiles do not have.
    """
    grid, project = desk.unit(unit).grid, desk.project
    said = counting(all_labels(desk), project.interpreters).get(unit, [])
    if grid is None or not said or project.rule == "adjudicated":
        what = "a point" if grid is None else f"a tile with {len(said)} that count, by {project.rule}"
        raise InvalidInputError(
            f"A tile with {project.interpreters} labels, by the rule strict or majority, has a consensus of pixels; "
            f"unit {unit} is {what}."
        )
    layers = np.stack([rasterise_marks(marks_of(desk, label), grid, project.legend).values for label in said])
    agreed = np.zeros(grid.shape, np.uint8)
    least = len(said) if project.rule == "strict" else len(said) // 2 + 1
    for code in project.legend.codes:
        agreed[(layers == code).sum(axis=0) >= least] = code
    return odc.geo.xr.wrap_xr(agreed, grid, nodata=NO_DATA)


def tile_sample(desk: LabelDesk, cover: xr.DataArray) -> pd.DataFrame:
    """Return the pixels on which interpreters agree beside those of the map, as a sample of clusters for `assess`.

    Parameters
    ----------
    desk
        A project of tiles.
    cover
        The map that the tiles were drawn from: ``label (y, x)`` uint8 legend codes, 0 = no data.

    Returns
    -------
    pandas.DataFrame
        One row per tile, map class and reference class: ``cluster``, ``map``, ``reference``, ``pixels``, and
        ``stratum`` where the project has strata. Pixels without either class are left out.

    Raises
    ------
    InvalidInputError
        If a tile does not lie on the grid of the map, or none has enough labels yet.
    """
    layer, units = class_codes(cover, "The map"), unit_table(desk).dropna(axis="columns", how="all")
    counted = counting(all_labels(desk), desk.project.interpreters)
    if not counted:
        raise InvalidInputError(f"No tile of {desk.project.name!r} has enough labels yet. Mark some first.")
    rows = []
    for unit in sorted(counted):
        agreed = tile_consensus(desk, unit)
        pairs = np.stack([_window(layer, agreed.odc.geobox).ravel(), agreed.values.ravel()])
        found, pixels = np.unique(pairs[:, (pairs != NO_DATA).all(axis=0)], axis=1, return_counts=True)
        named = {"cluster": units["id"][unit], **({"stratum": units["stratum"][unit]} if "stratum" in units else {})}
        rows += [
            {**named, "map": LEGEND[int(a)].name, "reference": desk.project.legend[int(b)].name, "pixels": int(n)}
            for a, b, n in zip(*found, pixels, strict=True)
        ]
    return pd.DataFrame(rows)


def _window(cover: xr.DataArray, grid: GeoBox) -> NDArray[np.uint8]:
    """Return the pixels of a map that are those of a tile."""
    whole = cover.odc.geobox
    column, row = ~whole.affine @ (grid.affine.c, grid.affine.f)
    r, c = round(row), round(column)
    found = cover.values[max(r, 0) : r + grid.height, max(c, 0) : c + grid.width]
    if whole.crs != grid.crs or max(abs(row - r), abs(column - c)) > APART or found.shape != grid.shape:
        raise InvalidInputError(
            "A tile of the project does not lie on the grid of the map. Give the map it was drawn from."
        )
    return np.asarray(found)


def tile_units(sample: pd.DataFrame, grid: GeoBox, tile_m: float = 5000) -> pd.DataFrame:
    """Return the tiles of a sample of `draw_sample` as units: ``lon, lat, grid, id, stratum, stratum_size``.

    Parameters
    ----------
    sample
        Drawn by a design of tiles: column ``cluster``.
    grid
        Of the map that it was drawn from.
    tile_m
        Side of a tile in metres, as it was drawn.
    """
    side = round(tile_m / abs(grid.resolution.x))
    tiles = sample.drop_duplicates("cluster").reset_index(drop=True)
    corners = tiles["cluster"].str.extract(r"^r(\d+)c(\d+)$").astype(int).to_numpy() * side
    height, width = grid.shape
    boxes = [grid[r : min(r + side, height), c : min(c + side, width)] for r, c in corners.tolist()]
    centres = np.array([box.boundingbox.polygon.geom.centroid.coords[0] for box in boxes])
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(*centres.T)
    strata = tiles[["stratum", "stratum_size"]]
    return pd.DataFrame({"lon": lon, "lat": lat, "grid": boxes, "id": tiles["cluster"]}).assign(**strata)


def write_marks(path: Path, marks: Sequence[MarkedPolygon], grid: GeoBox) -> None:
    """Write polygons as a GeoPackage with a column ``class``, in the projection of the tile, the oldest first.

    Raises
    ------
    InvalidInputError
        If that projection has no EPSG code.
    """
    table = pd.DataFrame({"class": [mark.name for mark in marks]}, dtype=object)
    write_geopackage(path, "marks", table, [mark.geometry for mark in marks], epsg=_epsg(grid))


def read_marks(path: Path, grid: GeoBox, legend: Legend) -> list[MarkedPolygon]:
    """Read the polygons of a GeoPackage, in any projection, in the order of its rows.

    Raises
    ------
    InvalidInputError
        For a file without a column ``class``, a class that is not in the legend, or geometries other than polygons.
    """
    table, geometries = read_geopackage(path, epsg=_epsg(grid))
    columns = {str(name).casefold(): name for name in table}
    if "class" not in columns:
        raise InvalidInputError(f"{path} needs a column class; it has {', '.join(map(str, table))[:200]}.")
    names = [
        None if pd.isna(name) or not str(name).strip() else legend[str(name)].name for name in table[columns["class"]]
    ]
    marks = [MarkedPolygon(name=name, geometry=shape) for name, shape in zip(names, geometries, strict=True)]
    _refuse(marks)
    return marks


def _refuse(marks: Sequence[MarkedPolygon]) -> None:
    """Refuse geometries that are no polygons, and too many."""
    kinds = {int(kind) for kind in shapely.get_type_id([mark.geometry for mark in marks])} - {3, 6}
    if kinds or len(marks) > MOST_POLYGONS:
        raise InvalidInputError(
            f"A tile is marked by up to {MOST_POLYGONS:,} polygons; got {len(marks):,}"
            f"{' with lines or points among them' if kinds else ''}."
        )


def _epsg(grid: GeoBox) -> int:
    code = None if grid.crs is None else grid.crs.to_epsg()
    if code is None:
        raise InvalidInputError(f"Polygons are exchanged in projections with an EPSG code; the tile has {grid.crs}.")
    return int(code)
