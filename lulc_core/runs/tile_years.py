"""What a run is to make: tiles and years, and how each map is made."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from odc.geo.geom import BoundingBox, Geometry

from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home
from lulc_core.regions import Region
from lulc_core.runs.tiles import Tile, tiles_of
from lulc_core.territories import read_territory
from lulc_core.untrusted import format_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely.geometry.base import BaseGeometry

    from lulc_core.mapping.request import MapRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TileYear:
    """One map of a run: a tile, or the part of it that a territory touches, and a year.

    Examples
    --------
    >>> TileYear(tile=Tile.named("31UFS"), year=2021).name
    '31UFS-2021'
    """

    tile: Tile
    """Which tile."""
    year: int
    """Calendar year, UTC."""
    within: tuple[float, float, float, float] | None = None
    """Left, bottom, right, top of the part that is mapped, in the tile's UTM; None for all of it."""

    @property
    def name(self) -> str:
        """Name of its folder and of its record."""
        return f"{self.tile.name}-{self.year}"

    @property
    def region(self) -> Region:
        """Where its map is made."""
        grid = self.tile.grid
        if self.within is not None:
            grid &= grid.enclosing(BoundingBox(*self.within, crs=grid.crs))
        return Region.from_grid(grid, name=self.tile.name, title=f"Tile {self.tile.name}")


def tile_years(tiles: Sequence[str], years: Iterable[int], *, clip: bool = False) -> list[TileYear]:
    """Return the maps of a run, by tile and year.

    Parameters
    ----------
    tiles
        Names such as ``31UFS``, files of them, one a line, and GeoJSON files of a territory, whose tiles are those that
        it touches.
    years
        Calendar years.
    clip
        Map of each tile only the box that the territory touches.

    Raises
    ------
    InvalidInputError
        For what is none of these, and for a run without a tile or a year.

    Examples
    --------
    >>> [one.name for one in tile_years(["31UFS", "t31ugs"], range(2020, 2022))]
    ['31UFS-2020', '31UFS-2021', '31UGS-2020', '31UGS-2021']
    """
    named = [one for given in tiles for one in _read(given, clip=clip)]
    found: dict[tuple[int, int, str], TileYear] = {}
    for one in named:
        for year in sorted(set(years)):
            key = (one.tile.west_m, one.tile.south_m, f"{one.tile.crs}-{year}")  # one square may have two names
            found.setdefault(key, dataclasses.replace(one, year=year))
    if not found:
        raise InvalidInputError("A run needs at least one tile and one year.")
    return sorted(found.values(), key=lambda one: one.name)


def shard(units: Sequence[TileYear], part: str) -> list[TileYear]:
    """Return every n-th map from the i-th on, for a part ``"i/n"``: all parts together are the run.

    Examples
    --------
    >>> units = tile_years(["31UFS"], range(2018, 2023))
    >>> [one.year for one in shard(units, "2/2")]
    [2019, 2021]
    """
    found = re.fullmatch(r"(\d+)/(\d+)", part.strip())
    index, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= count:
        raise InvalidInputError(f"A shard is i/n, such as 1/8 for the first of eight; got {part!r}.")
    return list(units[index - 1 :: count])


def request_of(unit: TileYear, template: MapRequest) -> MapRequest:
    """Return the request for one map, made as all of a run are."""
    return dataclasses.replace(template, region=unit.region, year=unit.year)


def _read(given: str, *, clip: bool) -> list[TileYear]:
    """Return the tiles that a name or a file stands for, of no year."""
    path = from_home(given)
    if not path.is_file():
        try:
            return [TileYear(tile=Tile.named(given), year=0)]
        except InvalidInputError as error:
            raise InvalidInputError(f"{error} Nor is there a file of that name.") from None
    if path.suffix.lower() in (".json", ".geojson"):
        territory = read_territory(path)
        return [_part(tile, territory if clip else None) for tile in tiles_of(territory)]
    try:
        return [TileYear(tile=Tile.named(name), year=0) for name in path.read_text("utf-8-sig").split()]
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} must hold names of tiles such as 31UFS, or be GeoJSON of a territory; it is "
            f"{format_of(error.object)}."
        ) from error
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{path} must hold names of tiles such as 31UFS and blanks or line ends between, or be GeoJSON (.geojson) "
            "of a territory in degrees, as ogr2ogr -t_srs EPSG:4326 writes it; got "
            f"{str(error).partition(' is no')[0][:80]}."
        ) from error


def _part(tile: Tile, territory: BaseGeometry | None) -> TileYear:
    """Return a tile, cut to what a territory touches of its ground."""
    if territory is None:
        return TileYear(tile=tile, year=0)
    touched = Geometry(territory.intersection(tile.ground), "EPSG:4326").to_crs(tile.crs, resolution=0.01)
    return TileYear(tile=tile, year=0, within=touched.boundingbox.bbox)
