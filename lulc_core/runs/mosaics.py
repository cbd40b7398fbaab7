"""One raster of all maps of a run and a year, in which the rims that tiles share count once."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
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
from lulc_core.home import from_home
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.locking import enough_room
from lulc_core.mapping.assembly import Areas
from lulc_core.mapping.attribution import attribution
from lulc_core.mapping.checksums import write_checksums
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.products import NO_QUALITY, QUALITY_BANDS, map_to_write, quality_to_write, write_window
from lulc_core.mapping.staging import made, staged
from lulc_core.mapping.windows import windows
from lulc_core.progress import Progress, check, silent
from lulc_core.reference_maps.on_grid import NOT_SEEN, band_on_grid, codes_on_grid
from lulc_core.regions import RESOLUTION_M
from lulc_core.runs.mosaic_report import write_mosaic_report
from lulc_core.runs.plan import read_plan
from lulc_core.runs.results import finished_maps
from lulc_core.runs.storage import storage
from lulc_core.runs.tiles import Tile

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter
    from shapely.geometry.base import BaseGeometry

    from lulc_core.legend import Legend
    from lulc_core.mapping.windows import Window
    from lulc_core.progress import ProgressCallback
    from lulc_core.runs.records import Record

MOST_MOSAIC_PX = 2 * 10**10
"""Pixels of the largest mosaic: some 160 tiles at 10 m, or a continent at 100 m."""
_RASTERS = (".tif", ".tiff")
_STEP_DEGREES = 0.01
"""Length of the pieces into which an edge is cut before it is moved to another CRS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A map, and what of it counts."""

    path: Path
    counts: BaseGeometry
    """In the CRS of the mosaic."""
    quality: Path | None
    """Of the map; None if it is not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A window of a mosaic."""

    where: Window
    codes: NDArray[np.uint8]
    """Dims (y, x), 0 = no data."""
    quality: NDArray[np.uint16]
    """As `quality_bands`."""
    ground: NDArray[np.bool_]
    """Which pixels are the ground of a map, dims (y, x)."""


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
    a Cloud-Optimised GeoTIFF as ``map.tif``, in the colours of the run, written by windows.

    A `path` that does not end in ``.tif`` is a folder, and gets what a finished map has: ``map.tif``, ``quality.tif``
    and ``report.json``, for `open_map` and the explorer.

    Parameters
    ----------
    folder
        Of the run; or its bucket.
    path
        Of the raster, uint8 legend codes, 0 = no data; or of the folder.
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
    records, path = _of_year(folder, year), from_home(path)
    whole = path.suffix.lower() not in _RASTERS
    with contextlib.ExitStack() as held:
        place, target = storage(folder), _crs(crs, records)
        files = (MapFile.MAP, MapFile.QUALITY) if whole else (MapFile.MAP,)
        local = [[held.enter_context(place.local(f"{one.name}/{file}")) for file in files] for one in records]
        parts = [_part(paths, Tile.named(one.tile), target) for paths, one in zip(local, records, strict=True)]
        grid = _grid(parts, target, resolution)
        blocks = _blocks(parts, grid, progress, cancel)
        tags = _tags([part.path for part in parts], records)
        legend = LEGEND.distinct if read_plan(folder).settings.get("distinct") else LEGEND
        if whole:
            out = held.enter_context(staged(path))
            areas = _write(blocks, grid, out / MapFile.MAP, out / MapFile.QUALITY, legend, tags)
            write_mosaic_report(folder, records, areas, out / MapFile.REPORT, title=path.name)
            write_checksums(out)
        else:
            held.enter_context(made(path.parent))
            held.enter_context(enough_room(path.parent))
            _write(blocks, grid, path, None, legend, tags)
    return grid


def _blocks(
    parts: list[_Part], grid: GeoBox, progress: ProgressCallback, cancel: threading.Event | None
) -> Iterator[_Block]:
    """Yield a mosaic window by window."""
    every = windows(grid.shape)
    for number, where in enumerate(every):
        check(cancel)
        progress(Progress(stage="mosaic", done=number, total=len(every)))
        yield _block(parts, grid, where)


def _write(
    blocks: Iterator[_Block], grid: GeoBox, path: Path, quality: Path | None, legend: Legend, tags: dict[str, str]
) -> Areas:
    """Write the rasters of a mosaic, and return its areas."""
    areas = Areas(grid)
    with contextlib.ExitStack() as held:
        codes = held.enter_context(map_to_write(path, grid, legend=legend, tags=tags))
        bands: DatasetWriter | None = None
        if quality is not None:
            bands = held.enter_context(quality_to_write(quality, grid, tags=tags))
        for block in blocks:
            areas.add(block.codes, block.where, block.ground)
            if block.codes.any():
                write_window(codes, block.codes[None], block.where)
            if bands is not None:
                write_window(bands, block.quality, block.where)
    return areas


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


def _part(paths: list[Path], tile: Tile, crs: CRS) -> _Part:
    """Return a map, whose files are given, with the part of it that lies on the ground of its tile."""
    path, quality = paths[0], paths[1] if len(paths) > 1 else None
    with rasterio.open(path) as source:
        box = GeoBox(source.shape, source.transform, source.crs).boundingbox.polygon
        ground = Geometry(tile.ground, "EPSG:4326").to_crs(source.crs, resolution=_STEP_DEGREES)
    counts = (ground & box).segmented(RESOLUTION_M * 100)
    return _Part(path=path, counts=counts.to_crs(crs).geom, quality=quality)


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


def _block(parts: list[_Part], grid: GeoBox, where: Window) -> _Block:
    """Return a window of a mosaic."""
    grid = grid[where]
    found, ground = np.full(grid.shape, NO_DATA, np.uint8), np.zeros(grid.shape, bool)
    quality = np.full((len(QUALITY_BANDS), *grid.shape), NO_QUALITY, np.uint16)
    quality[-1] = 0  # observations
    box = shapely.box(*grid.boundingbox.bbox)
    for part in parts:
        if not part.counts.intersects(box):
            continue
        within = geometry_mask([part.counts], grid.shape, grid.affine, invert=True)
        counts = within & (found == NO_DATA)
        ground |= within
        if counts.any():
            with rasterio.open(part.path) as source:
                found[counts] = codes_on_grid(source, grid).clip(NO_DATA)[counts]
            if part.quality is not None:
                _take_quality(part.quality, grid, counts, quality)
    return _Block(where=where, codes=found, quality=quality, ground=ground)


def _take_quality(path: Path, grid: GeoBox, counts: NDArray[np.bool_], into: NDArray[np.uint16]) -> None:
    """Take the pixels that count from a map's quality."""
    with rasterio.open(path) as source:
        for number, band in enumerate(into, 1):
            theirs = band_on_grid(source, number, grid)[counts]
            missing = 0 if number == len(into) else NO_QUALITY
            band[counts] = np.where(theirs == NOT_SEEN, missing, theirs)


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
