"""Where: a named place, its bounding box, and the grid its maps are made on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import shapely
import shapely.affinity
import shapely.geometry
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox, box

from lulc_core.bounding_boxes import checked_bbox
from lulc_core.counted import percent
from lulc_core.display import block, bullets, pairs
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.ground_area import is_on_earth, pixel_ha
from lulc_core.territories import areal_parts, pixels_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from lulc_core.json_types import JsonObject

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
    """West, south, east, north in degrees (WGS 84); west > east if it crosses the antimeridian."""
    grid: GeoBox
    """Pixel grid of its maps: UTM, 10 m, north up."""
    notes: tuple[str, ...] = ()
    """What a reader of its maps should know, such as what it does not cover."""
    within: BaseGeometry | None = None
    """What of the grid counts, degrees (WGS 84); None for all. Elsewhere its maps have no data."""

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
    def from_grid(cls, grid: GeoBox, *, name: str, title: str | None = None, notes: tuple[str, ...] = ()) -> Self:
        """Return the region that a grid covers."""
        return cls(name=name, title=title or name, bbox=bbox_of(footprint(grid)), grid=grid, notes=notes)

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
        west, south, east, north = checked_bbox(bbox)
        zone = int((west + east) / 2 + 180) // 6 + 1
        crs = f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"
        bounds = box(west, south, east, north, "EPSG:4326").to_crs(crs, resolution=0.01).boundingbox
        grid = GeoBox.from_bbox(BoundingBox(*bounds.bbox, crs=crs), resolution=RESOLUTION_M)
        if grid.shape.x * grid.shape.y > MOST_PX:
            raise InvalidInputError(
                f"The bounding box is {grid.shape.x / 100:,.0f} km x {grid.shape.y / 100:,.0f} km; one map holds at "
                f"most {MOST_PX / 1e4:,.0f} km², a little more than an MGRS tile. Split it."
            )
        return cls(name=name, title=title or name, bbox=(west, south, east, north), grid=grid)

    @classmethod
    def from_polygons(cls, shape: BaseGeometry, *, name: str = "polygon", title: str | None = None) -> Self:
        """Return the region of polygons: the grid is that of their bounding box, and what lies within them counts.

        Parameters
        ----------
        shape
            Degrees (WGS 84), as `read_territory` returns it; its lines and points do not count.
        name, title
            As the fields.

        Raises
        ------
        InvalidInputError
            If no pixel has its centre within, and as `from_bbox`.

        Examples
        --------
        >>> triangle = shapely.from_wkt("POLYGON ((4.75 50.85, 4.80 50.85, 4.75 50.90, 4.75 50.85))")
        >>> region = Region.from_polygons(triangle)
        >>> round(float(region.counted().mean()), 2)
        0.47
        """
        polygons = areal_parts(shape)
        if polygons.is_empty:
            raise InvalidInputError("The shape has no polygon, only lines or points. Give one with an area.")
        region = replace(cls.from_bbox(polygons.bounds, name=name, title=title), within=polygons)
        if not region.counted().any():
            raise InvalidInputError(f"The polygon has no pixel of {RESOLUTION_M} m within it. Give a larger one.")
        return region

    def counted(self, grid: GeoBox | None = None) -> NDArray[np.bool_]:
        """Return which pixels count, bool, shape (y, x): those whose centre lies `within`, of `grid` or its own."""
        grid = grid or self.grid
        return np.ones(grid.shape, bool) if self.within is None else pixels_within(self.within, grid)

    @property
    def ground(self) -> BaseGeometry:
        """What counts, degrees: the polygons, or the bounding box if there are none."""
        return self.outline if self.within is None else self.within

    @property
    def outline(self) -> BaseGeometry:
        """The bounding box as a shape in degrees, in two parts if it crosses the antimeridian."""
        west, south, east, north = self.bbox
        if west <= east:
            return shapely.box(west, south, east, north)
        return shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])

    @property
    def area_ha(self) -> float:
        """Area of the whole grid in hectares; see `pixel_ha`. 0 for a grid that lies nowhere."""
        return float(self.grid.shape.x * self.grid.shape.y * (pixel_ha(self.grid) or 0.0))

    @property
    def __geo_interface__(self) -> JsonObject:
        """The `ground` as a GeoJSON feature, which shapely, GeoPandas, folium and leafmap take a region for.

        Examples
        --------
        >>> shapely.geometry.shape(Region.from_bbox((4.75, 50.85, 4.80, 50.90))).bounds
        (4.75, 50.85, 4.8, 50.9)
        """
        properties = {"name": self.name, "title": self.title}
        geometry = shapely.geometry.mapping(self.ground)
        return {"type": "Feature", "bbox": self.bbox, "properties": properties, "geometry": geometry}

    def __repr__(self) -> str:
        return f"<Region {self.name}: {self._size()}, {self._place()}, {self._crs()}>"

    def _repr_html_(self) -> str:
        facts = [
            ("name", self.name),
            ("bounding box", self._place()),
            ("grid", f"{self._size()}, {self._crs()}"),
            ("area", f"{self.area_ha:,.0f} ha"),
        ]
        if self.within is not None:
            facts.append(("of it within the polygon", percent(self.counted().mean(), 1)))
        return block(self.title, pairs(facts), bullets(self.notes))

    def _size(self) -> str:
        return f"{self.grid.shape.x:,} x {self.grid.shape.y:,} px"

    def _crs(self) -> str:
        code = self.grid.crs and self.grid.crs.epsg
        return f"EPSG:{code}" if code else "a CRS of its own"

    def _place(self) -> str:
        west, south, east, north = self.bbox
        return f"west {west:.4f}, south {south:.4f}, east {east:.4f}, north {north:.4f}"


def footprint(grid: GeoBox) -> BaseGeometry:
    """Return the outline of a grid in degrees (WGS 84), cut at the antimeridian (RFC 7946, 3.1.9)."""
    if not is_on_earth(grid):
        raise InvalidInputError("A grid without a CRS, or with a local one, lies nowhere; give one that has its CRS.")
    edge = grid.extent.segmented(max(grid.extent.boundingbox.span_x, grid.extent.boundingbox.span_y) / 32)
    ring = shapely.get_coordinates(edge.to_crs("EPSG:4326", wrapdateline=False).geom)
    ring[:, 0] = np.unwrap(ring[:, 0], period=360)  # a ring that jumps from 180 to -180 goes on beyond 180
    return cut_at_antimeridian(shapely.Polygon(ring))


def cut_at_antimeridian(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape in degrees that may lie beyond 180 or -180 in parts between them.

    Examples
    --------
    >>> cut_at_antimeridian(shapely.box(179, 0, 181, 1)).bounds
    (-180.0, 0.0, 180.0, 1.0)
    """
    west, south, east, north = shape.bounds
    if west >= -180 and east <= 180:
        return shape
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        part = shape.intersection(shapely.box(-180 + turn, south - 1, 180 + turn, north + 1))
        if part.area > 0 or (not part.is_empty and not shape.area):
            parts.append(shapely.affinity.translate(part, xoff=-turn))
    return shapely.union_all(parts)


def bbox_of(outline: BaseGeometry) -> tuple[float, float, float, float]:
    """Return west, south, east, north of an outline; west > east if it touches both sides of the antimeridian."""
    west, south, east, north = outline.bounds
    parts = [part.bounds for part in getattr(outline, "geoms", ())]
    if west <= -180 and east >= 180 and parts:
        west = min(part[0] for part in parts if part[0] > 0)
        east = max(part[2] for part in parts if part[2] < 0)
    return west, south, east, north


def region_names() -> list[str]:
    """Return the names of the built-in regions, as `Region.named` takes them.

    Examples
    --------
    >>> region_names()
    ['belgium', 'california', 'costa_rica', 'laos']
    """
    return list(_BUILT_IN)


_BUILT_IN = {
    # name: title, EPSG, west and south edge in metres
    "belgium": ("Hageland, Belgium", 32631, 622_000, 5_633_000),  # tile 31UFS
    "california": ("Sierra foothills, California", 32611, 317_000, 4_075_000),  # tile 11SLA
    "costa_rica": ("Térraba-Sierpe, Costa Rica", 32617, 209_000, 985_000),  # tile 17PKK
    "laos": ("Vientiane province, Laos", 32648, 226_000, 2_037_000),  # tile 48QTF
}
