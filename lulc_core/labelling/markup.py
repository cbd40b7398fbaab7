"""Dense labels of tiles: polygons of one class each, drawn over a scene, become pixels of the tile's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pandas as pd
import shapely
from rasterio.features import rasterize, shapes
from scipy import ndimage
from sqlalchemy import select

from lulc_core.errors import InvalidInputError
from lulc_core.labelling.geopackage import read_geopackage, write_geopackage
from lulc_core.labelling.tables import LabelRow
from lulc_core.legend import NO_DATA
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from shapely import Geometry
    from sqlalchemy.orm import Session

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


def rasterise_marks(
    marks: Sequence[MarkedPolygon], grid: GeoBox, legend: Legend, *, over: NDArray[np.uint8] | None = None
) -> xr.DataArray:
    """Return the classes of a tile's pixels: those whose centre lies in a polygon; unmarked is no data.

    Parameters
    ----------
    marks
        Polygons, the oldest first.
    grid
        Pixels of the tile.
    legend
        Classes.
    over
        What is there already, shape (y, x), uint8; it stays as it is. None for nothing.

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
    refuse_other_shapes(marks)
    codes = [NO_DATA if mark.name is None else legend[mark.name].code for mark in marks]
    drawn = [
        (mark.geometry, code) for mark, code in zip(marks, codes, strict=True) if not shapely.is_empty(mark.geometry)
    ]
    label = np.full(grid.shape, NO_DATA, np.uint8) if over is None else over.copy()
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


def snapped(geometry: Geometry, grid: GeoBox) -> Geometry:
    """Return a polygon along the edges of pixels: of those whose centre lies in it; an empty one of none.

    Parameters
    ----------
    geometry
        Polygon or multipolygon, in the projection of the grid.
    grid
        Pixels of the tile.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> grid = GeoBox.from_bbox((0, 0, 30, 10), crs="EPSG:32631", resolution=10)
    >>> snapped(shapely.box(2, 1, 17, 9), grid).bounds
    (0.0, 0.0, 20.0, 10.0)
    """
    refuse_other_shapes([MarkedPolygon(name=None, geometry=geometry)])
    inside = np.zeros(grid.shape, np.uint8)
    if not shapely.is_empty(geometry):
        rasterize([(geometry, 1)], out=inside, transform=grid.affine)
    return _outline(inside.astype(bool), grid)


def region_at(label: xr.DataArray, row: int, column: int) -> Geometry:
    """Return the patch that a pixel of a class raster belongs to: all of the same code that touch by their edges.

    Parameters
    ----------
    label
        Dims (y, x), uint8 legend codes, 0 = no data, which makes patches, too.
    row, column
        The pixel.

    Returns
    -------
    shapely.MultiPolygon
        Along the edges of pixels.

    Raises
    ------
    InvalidInputError
        If the pixel lies outside.
    """
    codes = class_codes(label, "The label").values
    if not (0 <= row < codes.shape[0] and 0 <= column < codes.shape[1]):
        raise InvalidInputError(f"The tile has {codes.shape[0]} x {codes.shape[1]} px; got pixel {row}, {column}.")
    patches, _ = ndimage.label(codes == codes[row, column])
    return _outline(patches == patches[row, column], label.odc.geobox)


def marks_of(desk: LabelDesk, label: Label) -> list[MarkedPolygon]:
    """Return the polygons of a label; none for that of a point."""
    with desk.database.reading() as session:
        return label_marks(session, label.id, desk.project.legend)


def label_marks(session: Session, label: int, legend: Legend) -> list[MarkedPolygon]:
    """Return the polygons of a label by its id, in a transaction that goes on."""
    return marks_from(session.scalar(select(LabelRow.markup).where(LabelRow.id == label)) or [], legend)


def stored_marks(marks: Iterable[MarkedPolygon], legend: Legend) -> list[dict[str, Any]]:
    """Return polygons as the database keeps them: code, 0 for none, and well-known binary."""
    return [
        {
            "code": NO_DATA if mark.name is None else legend[mark.name].code,
            "wkb": shapely.to_wkb(mark.geometry, hex=True, byte_order=1),
        }
        for mark in marks
    ]


def marks_from(stored: Iterable[Mapping[str, Any]], legend: Legend) -> list[MarkedPolygon]:
    """Return the polygons that `stored_marks` made."""
    names = {c.code: c.name for c in legend}
    return [MarkedPolygon(name=names.get(one["code"]), geometry=shapely.from_wkb(one["wkb"])) for one in stored]


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
    refuse_other_shapes(marks)
    return marks


def refuse_other_shapes(marks: Sequence[MarkedPolygon]) -> None:
    """Refuse geometries that are no polygons, and too many; raises `InvalidInputError`."""
    kinds = {int(kind) for kind in shapely.get_type_id([mark.geometry for mark in marks])} - {3, 6}
    if kinds or len(marks) > MOST_POLYGONS:
        raise InvalidInputError(
            f"A tile is marked by up to {MOST_POLYGONS:,} polygons; got {len(marks):,}"
            f"{' with lines or points among them' if kinds else ''}."
        )


def _outline(inside: NDArray[np.bool_], grid: GeoBox) -> Geometry:
    """Return the pixels of a mask as one multipolygon, along their edges."""
    found = shapes(inside.astype(np.uint8), mask=inside, transform=grid.affine)  # they touch at corners at most
    rings = [shape["coordinates"] for shape, _ in found]
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, *holes in rings])


def _epsg(grid: GeoBox) -> int:
    code = None if grid.crs is None else grid.crs.to_epsg()
    if code is None:
        raise InvalidInputError(f"Polygons are exchanged in projections with an EPSG code; the tile has {grid.crs}.")
    return int(code)
