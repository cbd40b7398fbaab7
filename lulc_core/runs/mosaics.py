"""One raster of all maps of a run and a year, in which the rims that tiles share count once."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from pyproj.exceptions import CRSError
from rasterio.features import geometry_mask

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.legend import NO_DATA
from lulc_core.locking import enough_room
from lulc_core.mapping.attribution import attribution
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.products import map_to_write, write_window
from lulc_core.mapping.staging import made
from lulc_core.mapping.windows import windows
from lulc_core.progress import Progress, check, silent
from lulc_core.reference_maps.on_grid import codes_on_grid
from lulc_core.regions import RESOLUTION_M
from lulc_core.runs.results import finished_maps
from lulc_core.runs.storage import storage
from lulc_core.runs.tiles import Tile

if TYPE_CHECKING:
    import threading

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from lulc_core.progress import ProgressCallback
    from lulc_core.runs.records import Record

MOST_MOSAIC_PX = 2 * 10**10
"""Pixels of the largest mosaic: some 160 tiles at 10 m, or a continent at 100 m."""
_STEP_DEGREES = 0.01
"""Length of the pieces into which an edge is cut before it is moved to another CRS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A map, and what of it counts."""

    path: Path
    counts: BaseGeometry
    """In the CRS of the mosaic."""


def write_mosaic(
    folder: Path | str,
    path: Path | str,
    *,
    year: int | None = None,
    crs: str | None = None,
    resolution: float | None = None,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> GeoBox:
    """Write the finished maps of a year of a run as one class raster, and return its grid.

    Each pixel takes the code of the map of the tile on whose ground its middle lies (`Tile.ground`), so that the rims
    that tiles and zones of UTM share count once, whatever the order; from another grid the nearest pixel. It is
    a Cloud-Optimised GeoTIFF as ``map.tif``, written by windows.

    Parameters
    ----------
    folder
        Of the run; or its bucket.
    path
        Of the raster, uint8 legend codes, 0 = no data.
    year
        Which; may be left out where the run has one.
    crs
        Such as ``"EPSG:3035"``; by default the zone of UTM of most of the maps.
    resolution
        Edge of a pixel in units of the CRS; by default 10 m.
    progress, cancel
        As in `make_map`.

    Raises
    ------
    NotFoundError
        If no map of that year is finished.
    InvalidInputError
        If there are several years and none is given, the CRS is none, its unit is not the metre and there is no
        resolution, or the mosaic would be larger than `MOST_MOSAIC_PX`.
    CancelledError
        If `cancel` is set.
    """
    records, path = _of_year(folder, year), Path(path).expanduser()
    with contextlib.ExitStack() as held:
        place = storage(folder)
        paths = [held.enter_context(place.local(f"{record.name}/{MapFile.MAP}")) for record in records]
        target = _crs(crs, records)
        parts = [_part(path, Tile.named(one.tile), target) for path, one in zip(paths, records, strict=True)]
        grid = _grid(parts, target, resolution)
        blocks = windows(grid.shape)
        held.enter_context(made(path.parent))
        held.enter_context(enough_room(path.parent))
        with map_to_write(path, grid, tags=_tags(paths, records)) as out:
            for number, (rows, columns) in enumerate(blocks):
                check(cancel)
                progress(Progress(stage="mosaic", done=number, total=len(blocks)))
                codes = _codes(parts, grid[rows, columns])
                if codes.any():
                    write_window(out, codes[None], (rows, columns))
    return grid


def _of_year(folder: Path | str, year: int | None) -> list[Record]:
    records = finished_maps(folder)
    years = sorted({record.year for record in records})
    if year is None and len(years) > 1:
        raise InvalidInputError(f"{folder} has maps of several years; choose one of: {', '.join(map(str, years))}.")
    chosen = [record for record in records if record.year == (year or years[0])]
    if not chosen:
        raise NotFoundError(f"{folder} has no finished map of {year}; choose one of: {', '.join(map(str, years))}.")
    return chosen


def _crs(given: str | None, records: list[Record]) -> CRS:
    """Return the CRS of the mosaic: as given, or that of most of the tiles, the first by name of equals."""
    if given is None:
        zones = Counter(Tile.named(record.tile).crs for record in records)
        return CRS(max(sorted(zones), key=zones.__getitem__))
    try:
        return CRS(given)
    except CRSError as error:
        raise InvalidInputError(f"{given!r} is no CRS; expected one such as EPSG:3035.") from error


def _part(path: Path, tile: Tile, crs: CRS) -> _Part:
    """Return a map with the part of it that lies on the ground of its tile."""
    with rasterio.open(path) as source:
        box = GeoBox(source.shape, source.transform, source.crs).boundingbox.polygon
        ground = Geometry(tile.ground, "EPSG:4326").to_crs(source.crs, resolution=_STEP_DEGREES)
    counts = (ground & box).segmented(RESOLUTION_M * 100)
    return _Part(path=path, counts=counts.to_crs(crs).geom)


def _grid(parts: list[_Part], crs: CRS, resolution: float | None) -> GeoBox:
    """Return the grid of a mosaic, its edges on multiples of its resolution."""
    unit = unit_of(crs)
    if resolution is None and unit != "metre":
        raise InvalidInputError(f"{crs} has pixels in {unit}; give a resolution in that unit, such as 0.0001 degrees.")
    edge = RESOLUTION_M if resolution is None else resolution
    if not edge > 0:
        raise InvalidInputError(f"A resolution is above 0; got {edge:g}.")
    west, south, east, north = shapely.union_all([part.counts for part in parts]).bounds
    if (pixels := (east - west) / edge * ((north - south) / edge)) > MOST_MOSAIC_PX:
        raise InvalidInputError(
            f"The mosaic would have {pixels:,.0f} pixels; the most is {MOST_MOSAIC_PX:,}. Give a coarser resolution, "
            "or another CRS if the maps lie on both sides of the antimeridian."
        )
    return GeoBox.from_bbox((west, south, east, north), crs=crs, resolution=edge)


def unit_of(crs: CRS) -> str:
    """Return the unit of the pixels of a CRS.

    Examples
    --------
    >>> unit_of(CRS("EPSG:4326")), unit_of(CRS("EPSG:3035"))
    ('degrees', 'metre')
    """
    return "degrees" if crs.geographic else crs.units[0]


def _codes(parts: list[_Part], grid: GeoBox) -> NDArray[np.uint8]:
    """Return the codes of a block of a mosaic, dims (y, x), 0 = no data."""
    found = np.full(grid.shape, NO_DATA, np.uint8)
    box = shapely.box(*grid.boundingbox.bbox)
    for part in parts:
        if not part.counts.intersects(box):
            continue
        counts = geometry_mask([part.counts], grid.shape, grid.affine, invert=True) & (found == NO_DATA)
        if counts.any():
            with rasterio.open(part.path) as source:
                found[counts] = codes_on_grid(source, grid).clip(NO_DATA)[counts]
    return found


def _tags(paths: list[Path], records: list[Record]) -> dict[str, str]:
    """Return what the maps say of themselves; of several, all."""
    said: dict[str, set[str]] = {}
    for path in paths:
        with rasterio.open(path) as source:
            for name, value in source.tags().items():
                said.setdefault(name, set()).add(value)
    simulated = "yes" if "yes" in said.get("SIMULATED", set()) else "no"
    tags = {"TILES": " ".join(record.tile for record in records), "SIMULATED": simulated}
    tags |= {name: ", ".join(sorted(said[name])) for name in ("MODEL", "YEAR") if name in said}
    whose = said.get("TIFFTAG_COPYRIGHT") or {
        attribution(year=records[0].year, simulated=simulated == "yes", network=tags.get("MODEL", "unknown"))
    }
    return tags | {"TIFFTAG_COPYRIGHT": " ".join(sorted(whose))}
