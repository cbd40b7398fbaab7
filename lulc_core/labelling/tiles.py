"""Projects of tiles: units that are marked pixel by pixel, what their interpreters agree on, and a sample of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pandas as pd
from pyproj import Transformer

from lulc_core.errors import InvalidInputError
from lulc_core.labelling.adjudication import agreed_codes, counting, tile_layers
from lulc_core.labelling.markup import polygons_of, refuse_other_shapes, stored_marks
from lulc_core.labelling.results import all_labels, unit_table
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.raster_layout import APART, class_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.markup import MarkedPolygon
    from lulc_core.labelling.records import Label
    from lulc_core.legend import Legend


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
    refuse_other_shapes(marks)
    stored = stored_marks(marks, desk.project.legend)
    return desk.label(person, unit, None, sure=sure, comment=comment, imagery=imagery, replaces=replaces, markup=stored)


def tile_consensus(desk: LabelDesk, unit: int) -> xr.DataArray:
    """Return the pixels of a tile on which its interpreters agree, by the rule of the project.

    Where somebody has adjudicated the tile, these are the pixels that they marked.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8 legend codes; 0 where they do not agree or did not mark, as in the paper's tiles.

    Raises
    ------
    InvalidInputError
        If the unit is no tile, or has not enough labels yet.
    """
    return _agreed(desk, unit, _deciding(desk).get(unit, []))


def tile_consensuses(desk: LabelDesk) -> Iterator[tuple[int, xr.DataArray]]:
    """Yield the number of each tile that has enough labels and its consensus, as `tile_consensus` returns it.

    Raises
    ------
    InvalidInputError
        If the units are no tiles.
    """
    for unit, said in _deciding(desk).items():
        yield unit, _agreed(desk, unit, said)


def _deciding(desk: LabelDesk) -> dict[int, list[Label]]:
    """Return what decides each unit that has enough labels, in order: its adjudication, else the labels that count."""
    labels = all_labels(desk)
    decided = {one.unit: [one] for one in labels if one.adjudication and one.withdrawn is None}
    counted = counting(labels, desk.project.interpreters)
    return {unit: decided.get(unit, counted[unit]) for unit in sorted(counted)}


def decided_tiles(desk: LabelDesk) -> Iterator[tuple[int, list[Label], dict[str, str | int]]]:
    """Yield each tile that has enough labels: its number, what decides it, and its ``cluster`` and ``stratum``.

    Raises
    ------
    InvalidInputError
        If none has enough labels yet.
    """
    units, decided = unit_table(desk).dropna(axis="columns", how="all"), _deciding(desk)
    if not decided:
        raise InvalidInputError(f"No tile of {desk.project.name!r} has enough labels yet. Mark some first.")
    for unit, said in decided.items():
        stratum = {"stratum": units["stratum"][unit]} if "stratum" in units else {}
        yield unit, said, {"cluster": units["id"][unit], **stratum}


def _agreed(desk: LabelDesk, unit: int, said: Sequence[Label]) -> xr.DataArray:
    """Return the pixels of a tile on which labels agree, by the rule of the project."""
    grid, layers = marked_layers(desk, unit, said)
    strict = desk.project.rule != "majority"
    return odc.geo.xr.wrap_xr(agreed_codes(layers, strict=strict), grid, nodata=NO_DATA)


def marked_layers(desk: LabelDesk, unit: int, said: Sequence[Label]) -> tuple[GeoBox, NDArray[np.uint8]]:
    """Return the grid of a tile, and what each of its labels marks, shape (label, y, x).

    Raises
    ------
    InvalidInputError
        If the unit is no tile, or there are no labels.
    """
    grid, project = desk.unit(unit).grid, desk.project
    if grid is None or not said:
        what = "a point" if grid is None else "a tile with 0 that count"
        raise InvalidInputError(
            f"A tile with {project.interpreters} labels has a consensus of pixels; unit {unit} is {what}."
        )
    with desk.database.reading() as session:
        return grid, tile_layers(session, desk, grid, said)


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
    layer, rows = class_codes(cover, "The map"), []
    for unit, said, place in decided_tiles(desk):
        agreed = _agreed(desk, unit, said)
        pairs = np.stack([tile_window(layer, agreed.odc.geobox).ravel(), agreed.values.ravel()])
        found, pixels = np.unique(pairs[:, (pairs != NO_DATA).all(axis=0)], axis=1, return_counts=True)
        rows += [
            {**place, "map": LEGEND[int(a)].name, "reference": desk.project.legend[int(b)].name, "pixels": int(n)}
            for a, b, n in zip(*found, pixels, strict=True)
        ]
    return pd.DataFrame(rows)


def tile_window(cover: xr.DataArray, grid: GeoBox) -> NDArray[np.uint8]:
    """Return the pixels of a map that are those of a tile; raises `InvalidInputError` if they are not of its grid."""
    corner = tile_corner(cover.odc.geobox, grid)
    if corner is not None:
        row, column = corner
        found = cover.values[max(row, 0) : row + grid.height, max(column, 0) : column + grid.width]
        if found.shape == grid.shape:
            return np.asarray(found)
    raise InvalidInputError(
        "A tile of the project does not lie on the grid of the map. Give the map it was drawn from."
    )


def tile_corner(whole: GeoBox, tile: GeoBox) -> tuple[int, int] | None:
    """Return row and column of a tile's first pixel on the grid of a map, which may be outside it.

    None if the pixels are not the same ones.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> whole = GeoBox.from_bbox((0, 0, 100, 100), crs="EPSG:32631", resolution=10)
    >>> tile_corner(whole, whole[3:5, 2:6]), tile_corner(whole, whole.zoom_out(2))
    ((3, 2), None)
    """
    ends = [~whole.affine @ (tile.affine @ pixel) for pixel in ((0, 0), (tile.width, tile.height))]
    (column, row), (right, bottom) = ends
    c, r = round(column), round(row)
    apart = max(abs(column - c), abs(row - r), abs(right - c - tile.width), abs(bottom - r - tile.height))
    return (r, c) if whole.crs == tile.crs and apart <= APART else None


def raster_marks(cover: xr.DataArray, grid: GeoBox, legend: Legend) -> list[MarkedPolygon]:
    """Return what a class raster says of a tile as polygons, such as labels that were drawn elsewhere.

    Parameters
    ----------
    cover
        ``label (y, x)`` uint8 legend codes, 0 = no data, on the grid of the tile, which it may exceed.
    grid
        Pixels of the tile.
    legend
        Classes.

    Raises
    ------
    InvalidInputError
        If the tile does not lie on the grid of the raster.
    """
    codes = tile_window(class_codes(cover, "The raster"), grid)
    return polygons_of(odc.geo.xr.wrap_xr(codes, grid, nodata=NO_DATA), legend)
