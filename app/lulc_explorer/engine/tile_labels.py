"""Tiles that are marked pixel by pixel: their imagery, their drafts, and their marks as files."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cachetools import LRUCache, cached
from shapely import Polygon

import lulc_core as lulc
from lulc_explorer.analysis.shown_imagery import overlap
from lulc_explorer.analysis.tile_imagery import TileImagery, read_tile_imagery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_explorer.engine.labelling import Label, LabelDesk, LabelUnit, Scenes

    TileDraft = lulc.TileDraft

_KEPT_TILES = 6
"""Tiles whose imagery is kept in memory in a process, some 8 MB each."""
GEOPACKAGE, GEOTIFF = "gpkg", "tif"
"""The files that marks are exchanged as."""


def draft_of(desk: LabelDesk, person: str, unit: LabelUnit, *, adjudicating: bool) -> TileDraft:
    """Return what a person has drawn of a tile; raises `UserError` for a point."""
    return lulc.TileDraft(desk, person, unit.number, adjudicating=adjudicating)


@cached(
    LRUCache(_KEPT_TILES),
    key=lambda scenes, unit: (scenes.origin, unit.lon, unit.lat, unit.grid),
    condition=threading.Condition(),
)
def tile_imagery(scenes: Scenes, unit: LabelUnit) -> TileImagery:
    """Read the imagery of a tile, or wait for whoever does; raises `UserError` if it is gone."""
    tile = unit.grid
    if tile is None:
        raise lulc.InvalidInputError(f"Unit {unit.number} is a point.")
    corner = lulc.tile_corner(scenes.grid, tile)
    if corner is None or scenes.grid.resolution != tile.resolution:
        raise lulc.NotFoundError(
            f"The pixels of this tile are not those of {scenes.request.place.title}. Open the map that the tiles "
            "were drawn from."
        )
    shape = tile.shape.y, tile.shape.x
    rows, columns = (overlap(*axis)[0] for axis in zip(corner, shape, scenes.grid.shape, strict=True))
    window = scenes.window(rows, columns)
    return read_tile_imagery(window, (corner[0] - rows.start, corner[1] - columns.start), shape)


def mark(name: str, x: Sequence[float], y: Sequence[float]) -> lulc.MarkedPolygon:
    """Return a polygon of a class, or of none for an empty name, from its corners in the projection of the tile."""
    corners = list(zip(x, y, strict=True))
    if len(corners) < 3:
        raise lulc.InvalidInputError("An area needs three corners or more.")
    return lulc.MarkedPolygon(name=name or None, geometry=Polygon(corners))


def patch_mark(draft: TileDraft, name: str, x: float, y: float) -> lulc.MarkedPolygon:
    """Return the patch at a place, as it is drawn so far, as a polygon of a class; raises `UserError`."""
    row, column = _pixel(draft, x, y)
    return lulc.MarkedPolygon(name=name or None, geometry=lulc.region_at(draft.codes(), row, column))


def patch_said(draft: TileDraft, label: Label, x: float, y: float) -> lulc.MarkedPolygon:
    """Return the patch at a place as somebody's label has it, in its class; raises `UserError`."""
    codes, (row, column) = draft.codes_of(label), _pixel(draft, x, y)
    patch, code = lulc.region_at(codes, row, column), int(codes.values[row, column])
    return lulc.MarkedPolygon(name=draft.desk.project.legend[code].name if code else None, geometry=patch)


def _pixel(draft: TileDraft, x: float, y: float) -> tuple[int, int]:
    column, row = draft.grid.wld2pix(x, y)
    return int(row // 1), int(column // 1)


def marks_of(desk: LabelDesk, label: Label) -> list[lulc.MarkedPolygon]:
    """Return the polygons of somebody's label."""
    return lulc.marks_of(desk, label)


def written(draft: TileDraft, form: str) -> bytes:
    """Return what is drawn as a file: merged polygons, or a class raster as ``lulc train`` reads it."""
    legend, codes = draft.desk.project.legend, draft.codes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"marks.{form}"
        if form == GEOPACKAGE:
            lulc.write_marks(path, lulc.polygons_of(codes, legend), draft.grid)
        else:
            lulc.write_map(codes, path, legend=legend)
        return path.read_bytes()


def marks_in(draft: TileDraft, name: str, content: bytes) -> list[lulc.MarkedPolygon]:
    """Return the marks of a file that was uploaded; raises `UserError` if it cannot be read."""
    legend = draft.desk.project.legend
    form = GEOTIFF if name.lower().endswith((".tif", ".tiff")) else GEOPACKAGE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"marks.{form}"
        path.write_bytes(content)
        try:
            if form == GEOPACKAGE:
                return lulc.read_marks(path, draft.grid, legend)
            cover = lulc.read_map(path, legend=legend, on_remark=lambda _: None)
            return lulc.raster_marks(cover, draft.grid, legend)
        except lulc.LulcError as error:
            raise lulc.InvalidInputError(str(error).replace(str(path), name)) from error
