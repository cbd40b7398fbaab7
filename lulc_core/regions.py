"""Where: a named place, its bounding box, and the grid its maps are made on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox, box

from lulc_core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

RESOLUTION_M = 10
"""Ground size of a map pixel: the finest Sentinel-2 bands."""
MOST_PX = 12_000**2
"""Most pixels of a map: a little more than a whole MGRS tile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A place on Earth and its pixel grid.

    Examples
    --------
    >>> region = Region.named("belgium")
    >>> region.grid.shape, region.grid.crs.epsg
    (Shape2d(x=1000, y=1000), 32631)
    >>> Region.from_bbox((4.75, 50.85, 4.80, 50.90)).grid.crs.epsg
    32631
    """

    name: str
    """Short lower-case identifier, used in file names."""
    title: str
    """Name shown to the user."""
    bbox: tuple[float, float, float, float]
    """West, south, east, north in degrees (WGS 84)."""
    grid: GeoBox
    """Pixel grid of its maps: UTM, 10 m, north up."""

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a built-in region: ``belgium``, ``california``, ``costa_rica`` or ``laos``.

        Each is 10 km x 10 km (1000 x 1000 px) inside one MGRS tile.

        Raises
        ------
        NotFoundError
            For any other name.
        """
        try:
            title, epsg, west_m, south_m = _BUILT_IN[name]
        except KeyError:
            raise NotFoundError(
                f"No built-in region {name!r}. There are: {', '.join(_BUILT_IN)}. "
                "Give a bounding box for any other place."
            ) from None
        bounds = (west_m, south_m, west_m + 10_000, south_m + 10_000)
        return cls.from_grid(
            GeoBox.from_bbox(bounds, crs=f"EPSG:{epsg}", resolution=RESOLUTION_M), name=name, title=title
        )

    @classmethod
    def from_grid(cls, grid: GeoBox, *, name: str, title: str | None = None) -> Self:
        """Return the region that a grid covers."""
        west, south, east, north = grid.footprint("EPSG:4326").boundingbox.bbox
        return cls(name=name, title=title or name, bbox=(west, south, east, north), grid=grid)

    @classmethod
    def from_bbox(cls, bbox: Sequence[float], *, name: str = "box", title: str | None = None) -> Self:
        """Return the region of a bounding box; its grid is in the UTM zone of the box's centre.

        Parameters
        ----------
        bbox
            West, south, east, north in degrees (WGS 84).
        name, title
            As the fields.

        Raises
        ------
        InvalidInputError
            For a box that is reversed, empty, outside the world, over the antimeridian, or so wide that no
            UTM zone fits it.
        """
        west, south, east, north = _checked_bbox(bbox)
        zone = int((west + east) / 2 + 180) // 6 + 1
        crs = f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"
        bounds = box(west, south, east, north, "EPSG:4326").to_crs(crs, resolution=0.01).boundingbox
        grid = GeoBox.from_bbox(BoundingBox(*bounds.bbox, crs=crs), resolution=RESOLUTION_M)
        if grid.shape.x * grid.shape.y > MOST_PX:
            raise InvalidInputError(
                f"The bounding box is {grid.shape.x / 100:,.0f} km x {grid.shape.y / 100:,.0f} km; one map holds at "
                f"most {MOST_PX / 1e4:,.0f} square km, a little more than an MGRS tile. Split it."
            )
        return cls(name=name, title=title or name, bbox=(west, south, east, north), grid=grid)

    @property
    def area_ha(self) -> float:
        """Area of the whole grid in hectares."""
        pixel_m2 = abs(self.grid.resolution.x * self.grid.resolution.y)
        return float(self.grid.shape.x * self.grid.shape.y * pixel_m2 / 10_000)


def region_names() -> list[str]:
    """Return the names of the built-in regions, as `Region.named` takes them.

    Examples
    --------
    >>> region_names()
    ['belgium', 'california', 'costa_rica', 'laos']
    """
    return list(_BUILT_IN)


def _checked_bbox(bbox: Sequence[float]) -> tuple[float, float, float, float]:
    order = "Give west south east north, in degrees"
    if len(bbox) != 4 or not all(math.isfinite(v) for v in bbox):
        raise InvalidInputError(f"A bounding box has four finite numbers; got {tuple(bbox)}. {order}.")
    west, south, east, north = (float(v) for v in bbox)
    shown = f"got {west} {south} {east} {north}"
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -84 <= south <= 84 and -84 <= north <= 84):
        raise InvalidInputError(
            f"A bounding box lies within longitudes -180 to 180 and latitudes -84 to 84 (UTM); {shown}. {order}."
        )
    if west >= east:
        raise InvalidInputError(
            f"The bounding box has west >= east ({shown}): it is reversed, or crosses the antimeridian, "
            f"which one UTM grid cannot do. {order}; split a box that crosses 180 degrees in two."
        )
    if south >= north:
        raise InvalidInputError(f"The bounding box has south >= north ({shown}). {order}.")
    if east - west > 6:
        raise InvalidInputError(
            f"The bounding box is {east - west:.1f} degrees wide; one UTM zone has 6 ({shown}). Split it."
        )
    return west, south, east, north


_BUILT_IN = {
    # name: title, EPSG, west and south edge in metres
    "belgium": ("Hageland, Belgium", 32631, 622_000, 5_633_000),  # tile 31UFS
    "california": ("Sierra foothills, California", 32611, 317_000, 4_075_000),  # tile 11SLA
    "costa_rica": ("Térraba-Sierpe, Costa Rica", 32617, 209_000, 985_000),  # tile 17PKK
    "laos": ("Vientiane province, Laos", 32648, 226_000, 2_037_000),  # tile 48QTF
}
