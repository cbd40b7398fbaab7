"""The tiles of Sentinel-2: squares of 100 km of the military grid (MGRS), each with a rim that its neighbours share."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from lulc_core.errors import InvalidInputError
from lulc_core.regions import RESOLUTION_M, Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shapely.geometry.base import BaseGeometry

    _Change = Callable[..., tuple[Any, Any]]

SQUARE_M = 100_000
"""Edge of a square of the grid."""
TILE_PX = 10_980
"""Edge of a tile at 10 m: 9.8 km more than its square, to the east and to the south."""
CORNER_M = 60
"""A tile's corner lies on a multiple of this, which the bands of 10, 20 and 60 m share."""
LEAST_M2 = 1.0
"""Ground that is shared by less is an edge, bent by rounding."""
BANDS = "CDEFGHJKLMNPQRSTUVWX"
"""Bands of latitude, from 80° S, of 8° each; the last has 12°."""
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
"""Letters of the columns of zones 1, 2, 3; they repeat."""
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
"""Letters of the rows, which repeat every 2,000 km; even zones begin with F."""
_WIDER = {(32, "V"): (3, 12), (31, "V"): (0, 3), (31, "X"): (0, 9), (33, "X"): (9, 21), (35, "X"): (21, 33)} | {
    (37, "X"): (33, 42)
}
"""Zone and band to west and east, degrees, around Norway and Svalbard."""
_NONE = {(32, "X"), (34, "X"), (36, "X")}
"""Zones that those have taken over."""
_NAME = re.compile(r"T?(\d{1,2})([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A tile of Sentinel-2.

    Examples
    --------
    >>> tile = Tile.named("31UFS")
    >>> tile.grid.crs.epsg, tile.grid.boundingbox.bbox
    (32631, (600000.0, 5590200.0, 709800.0, 5700000.0))
    """

    name: str
    """Such as ``31UFS``: zone, band of latitude, column and row of its square."""
    west_m: int
    """Easting of its square's west edge in its zone of UTM."""
    south_m: int
    """Northing of its square's south edge, 10,000 km more on the southern hemisphere."""

    @classmethod
    def named(cls, name: str) -> Tile:
        """Return the tile of a name, with or without the leading ``T``.

        Raises
        ------
        InvalidInputError
            If there is no such tile.
        """
        found = _NAME.fullmatch(name.strip().upper())
        tile = _at_letters(int(found[1]), found[2], found[3], found[4]) if found else None
        if tile is None:
            raise InvalidInputError(f"{name!r} is no tile of Sentinel-2; expected a name such as 31UFS.")
        return tile

    @property
    def zone(self) -> int:
        """Zone of UTM, 1 to 60."""
        return int(self.name[:-3])

    @property
    def crs(self) -> str:
        """Its UTM, such as ``EPSG:32631``."""
        return _crs(self.zone, self.name[-3])

    @property
    def grid(self) -> GeoBox:
        """Pixel grid of its images at 10 m, 10980 x 10980 px."""
        west = math.floor(self.west_m / CORNER_M) * CORNER_M
        north = math.ceil((self.south_m + SQUARE_M) / CORNER_M) * CORNER_M
        edge = TILE_PX * RESOLUTION_M
        return GeoBox.from_bbox((west, north - edge, west + edge, north), crs=self.crs, resolution=RESOLUTION_M)

    @property
    def region(self) -> Region:
        """The region of the whole tile."""
        return Region.from_grid(self.grid, name=self.name, title=f"Tile {self.name}")

    @property
    def ground(self) -> BaseGeometry:
        """The ground that no other tile counts, degrees (WGS 84): its square, as far as its zone reaches."""
        square = shapely.box(self.west_m, self.south_m, self.west_m + SQUARE_M, self.south_m + SQUARE_M)
        edge = _moved(shapely.segmentize(square, SQUARE_M / 16), _to_degrees(self.crs))
        middle = 6 * self.zone - 183
        edge = shapely.transform(edge, lambda xy: xy - np.round((xy - middle) / 360) * [360, 0])  # beyond 180 goes on
        return edge.intersection(_zone(self.zone))


def tiles_of(territory: BaseGeometry) -> list[Tile]:
    """Return the tiles whose ground a territory touches, by name.

    Parameters
    ----------
    territory
        Degrees (WGS 84); cut at the antimeridian as RFC 7946 says.

    Examples
    --------
    >>> [tile.name for tile in tiles_of(shapely.box(5.9, 50.6, 6.1, 50.7))]
    ['31UGS', '32UKB']
    """
    found: dict[str, Tile] = {}
    names, boxes = list(cells()), shapely.box(*np.transpose(list(cells().values())))
    for index in np.flatnonzero(shapely.intersects(boxes, territory)):
        (zone, band), part = names[index], territory.intersection(boxes[index])
        if not part.is_empty and (part.area or not territory.area):
            found |= {tile.name: tile for tile in _touching(part, zone, band)}
    return [found[name] for name in sorted(found)]


@lru_cache(maxsize=1)
def cells() -> dict[tuple[int, str], tuple[float, float, float, float]]:
    """Return zone and band to west, south, east, north, degrees, of each cell of the grid."""
    found: dict[tuple[int, str], tuple[float, float, float, float]] = {}
    for zone in range(1, 61):
        for index, band in enumerate(BANDS):
            if (zone, band) not in _NONE:
                west, east = _WIDER.get((zone, band), (6 * zone - 186, 6 * zone - 180))
                south = 8 * index - 80
                found[zone, band] = (west, south, east, south + (12 if band == "X" else 8))
    return found


@lru_cache(maxsize=60)
def _zone(zone: int) -> BaseGeometry:
    """Return the cells of a zone, which has steps around Norway and Svalbard, as one shape in degrees."""
    return shapely.union_all([shapely.box(*bounds) for (number, _), bounds in cells().items() if number == zone])


def _touching(part: BaseGeometry, zone: int, band: str) -> Iterator[Tile]:
    """Yield the tiles whose squares a part of a territory in one cell touches."""
    plane = _moved(shapely.segmentize(part, 0.05), _to_metres(_crs(zone, band)))
    west, south, east, north = (math.floor(bound / SQUARE_M) for bound in plane.bounds)
    for column in range(west, east + 1):
        for row in range(south, north + 1):
            square = shapely.box(column, row, column + 1, row + 1)
            if _within(plane, shapely.transform(square, lambda xy: xy * SQUARE_M)):
                yield _at(zone, band, column * SQUARE_M, row * SQUARE_M)


def _within(part: BaseGeometry, square: BaseGeometry) -> bool:
    """Return whether a part has ground in a square; a line or a point need only touch it."""
    shared = part.intersection(square)
    return shared.area > LEAST_M2 or (not part.area and not shared.is_empty)


def _at(zone: int, band: str, west_m: int, south_m: int) -> Tile:
    """Return the tile of a square, named by the band of latitude that has most of it."""
    column = _COLUMNS[(zone - 1) % 3][west_m // SQUARE_M - 1]
    row = _ROWS[(south_m // SQUARE_M + (0 if zone % 2 else 5)) % len(_ROWS)]
    near = [BANDS[i] for i in range(len(BANDS)) if abs(i - BANDS.index(band)) <= 1 and (BANDS[i] < "N") == (band < "N")]
    named = [
        Tile(name=f"{zone:02}{b}{column}{row}", west_m=west_m, south_m=south_m) for b in near if (zone, b) in cells()
    ]
    ground = named[0].ground
    return max(named, key=lambda tile: ground.intersection(shapely.box(*cells()[zone, tile.name[-3]])).area)


def _at_letters(zone: int, band: str, column: str, row: str) -> Tile | None:
    """Return the tile of letters; None if there is no such square in the zone."""
    if (zone, band) not in cells() or column not in _COLUMNS[(zone - 1) % 3]:
        return None
    west_m = (_COLUMNS[(zone - 1) % 3].index(column) + 1) * SQUARE_M
    first = (_ROWS.index(row) - (0 if zone % 2 else 5)) % len(_ROWS) * SQUARE_M
    _, south, _, north = cells()[zone, band]
    middle = float(_to_metres(_crs(zone, band))(6 * zone - 183.0, (south + north) / 2)[1])
    repeat = len(_ROWS) * SQUARE_M
    south_m = first + round((middle - SQUARE_M / 2 - first) / repeat) * repeat
    tile = Tile(name=f"{zone:02}{band}{column}{row}", west_m=west_m, south_m=south_m)
    cell = shapely.box(*cells()[zone, band])
    return tile if tile.ground.intersection(cell).area else None


def _moved(shape: BaseGeometry, change: _Change) -> BaseGeometry:
    """Return a shape in other coordinates."""
    return shapely.transform(shape, lambda xy: np.column_stack(change(xy[:, 0], xy[:, 1])))


def _crs(zone: int, band: str) -> str:
    return f"EPSG:{(32600 if band >= 'N' else 32700) + zone}"


@lru_cache(maxsize=128)
def _to_metres(crs: str) -> _Change:
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform


@lru_cache(maxsize=128)
def _to_degrees(crs: str) -> _Change:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
