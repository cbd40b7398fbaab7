"""How large the pixels of a grid are on the ground, whatever its projection makes of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS, Geod, Transformer

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    Floats = NDArray[np.float64]

M2_PER_HA = 10_000
EQUAL_AREA_WITHIN = 0.005
"""A projection whose pixels have their nominal area to this share is taken at its word, as UTM is."""
UTM_WITHIN = 0.01
"""As well for UTM, which is off by 0.5 % at the edges of what a zone is used for; farther out it is not."""
CELLS = 32
"""The area of a pixel is computed at the middle of so many cells a side."""


def is_on_earth(grid: GeoBox | None) -> bool:
    """Return whether a grid says where on the ground it lies, by a transform and a CRS that is not local.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> systems = "EPSG:32631", 'LOCAL_CS["Unknown",UNIT["metre",1]]'
    >>> [is_on_earth(GeoBox.from_bbox((0, 0, 9, 9), crs=crs, resolution=1)) for crs in systems]
    [True, False]
    """
    if grid is None or grid.crs is None or grid.affine.is_identity:  # GDAL's transform of a file without one
        return False
    return bool(grid.crs.projected or grid.crs.geographic)


def metres_of(grid: GeoBox | None) -> float | None:
    """Return how many metres a unit of the grid is; None where it is not projected."""
    if grid is None or grid.crs is None or not grid.crs.projected:
        return None
    return float(grid.crs.proj.axis_info[0].unit_conversion_factor)


def pixel_ha(grid: GeoBox | None) -> float | None:
    """Return the area of a pixel in hectares; None unless the grid `is_on_earth`.

    That is the nominal area in UTM, and wherever it is right to 0.5 % on the whole grid; else the mean geodesic area
    of the grid's pixels, as in Web Mercator or degrees.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> pixel_ha(GeoBox.from_bbox((500000, 0, 500100, 100), crs="EPSG:32631", resolution=10))
    0.01
    >>> round(pixel_ha(GeoBox.from_bbox((522000, 6609000, 522100, 6609100), crs="EPSG:3857", resolution=10)), 5)
    0.00398
    """
    cells = None if grid is None else _pixel_ha_of_cells(grid)
    if grid is None or cells is None or isinstance(cells, float):
        return None if cells is None else float(cells)
    heights, widths = (np.diff(edges) for edges in _edges(grid))
    return float(np.average(cells, weights=np.outer(heights, widths)))


def pixel_areas(
    grid: GeoBox | None, rows: slice = slice(None), columns: slice = slice(None)
) -> float | NDArray[np.float32] | None:
    """Return the area of every pixel in hectares: one number where they are equal, as in `pixel_ha`.

    Parameters
    ----------
    grid
        Where.
    rows, columns
        The part of the grid that is wanted, without steps.

    Returns
    -------
    float or numpy.ndarray or None
        The array has dims (y, x), float32, hectares. None unless the grid `is_on_earth`.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> pixel_areas(GeoBox.from_bbox((4, 45, 5, 60), crs="EPSG:4326", resolution=0.5))[[0, -1], 0]
    array([156585.27, 218114.6 ], dtype=float32)
    """
    cells = None if grid is None else _pixel_ha_of_cells(grid)
    if grid is None or cells is None or isinstance(cells, float):
        return None if cells is None else float(cells)
    down, right = (
        np.searchsorted(edges, np.arange(count)[part], side="right") - 1
        for edges, count, part in zip(_edges(grid), grid.shape, (rows, columns), strict=True)
    )
    return cells[np.ix_(down, right)].astype(np.float32)


def sum_hectares(
    values: NDArray[np.integer], areas: float | NDArray[np.floating], count: int = 256
) -> NDArray[np.float64]:
    """Return the area of each value of a raster, hectares, shape (count,).

    Parameters
    ----------
    values
        Dims (y, x), integers from 0 to `count` - 1.
    areas
        Hectares of a pixel, or of each, dims (y, x), as `pixel_areas` returns them.

    Examples
    --------
    >>> sum_hectares(np.array([[0, 1], [1, 1]]), 0.01, count=2)
    array([0.01, 0.03])
    """
    if isinstance(areas, np.ndarray):
        return np.asarray(np.bincount(values.ravel(), areas.ravel(), minlength=count), np.float64)
    return np.bincount(values.ravel(), minlength=count).astype(np.float64) * areas


def hectares_by_code(codes: NDArray[np.uint8], grid: GeoBox | None) -> Floats | None:
    """Return the area of each code of a class raster, hectares, shape (256,); None unless the grid `is_on_earth`.

    Parameters
    ----------
    codes
        Dims (y, x), uint8, on `grid`.
    grid
        Where. As in `pixel_ha`, areas are geodesic where the projection's are wrong: then by place, for pixels far from
        the equator are smaller than others.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> grid = GeoBox.from_bbox((500000, 0, 500100, 100), crs="EPSG:32631", resolution=10)
    >>> hectares_by_code(np.full((10, 10), 5, np.uint8), grid)[5]
    np.float64(1.0)
    """
    areas = pixel_areas(grid)
    return None if areas is None else sum_hectares(codes, areas)


def _edges(grid: GeoBox) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows and the columns at which the cells of a grid begin and end."""
    height, width = (np.linspace(0, n, min(CELLS, n) + 1).round().astype(np.int64) for n in grid.shape)
    return height, width


@lru_cache(8)
def _pixel_ha_of_cells(grid: GeoBox) -> float | Floats | None:
    """Return the area of a pixel in each cell of a grid, hectares; one number where the nominal area is right.

    None unless the grid `is_on_earth`.
    """
    if not is_on_earth(grid):
        return None
    rows, columns = np.meshgrid(*((edges[:-1] + edges[1:]) / 2 for edges in _edges(grid)), indexing="ij")
    metres, crs = metres_of(grid), CRS.from_user_input(str(grid.crs))
    nominal = abs(grid.affine.determinant) * (metres or 0) ** 2 / M2_PER_HA
    true = _ground_ha(grid, crs, rows, columns)
    if not metres:
        return true
    true = np.where(np.isfinite(true) & (true > 0), true, nominal)  # beyond the projection's world nothing is known
    within = UTM_WITHIN if crs.utm_zone else EQUAL_AREA_WITHIN
    return nominal if abs(true / nominal - 1).max() <= within else true


def _ground_ha(grid: GeoBox, crs: CRS, rows: Floats, columns: Floats) -> Floats:
    """Return the geodesic area of a pixel around each place of a grid, hectares.

    That is the area in degrees, by the differences of longitude and latitude across the pixel, times that of a square
    degree at its latitude.
    """
    a, b, c, d, e, f = tuple(grid.affine)[:6]
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs or "EPSG:4326", always_xy=True)

    def degrees(down: float, right: float) -> tuple[Floats, Floats]:
        y, x = rows + down, columns + right
        lon, lat = to_degrees.transform(a * x + b * y + c, d * x + e * y + f)
        return np.asarray(lon), np.asarray(lat)

    (west, lat_w), (east, lat_e) = degrees(0, -0.5), degrees(0, 0.5)
    (above, lat_a), (below, lat_b) = degrees(-0.5, 0), degrees(0.5, 0)
    across, down = ((step + 180) % 360 - 180 for step in (east - west, below - above))
    square = abs(across * (lat_b - lat_a) - down * (lat_e - lat_w))
    return square * _square_degree_ha(crs, (lat_a + lat_b) / 2)


def _square_degree_ha(crs: CRS, latitude: Floats) -> Floats:
    """Return the area of a square degree at a latitude on the ellipsoid of a CRS, hectares (Snyder 1987, eq. 4-18)."""
    ellipsoid = crs.get_geod() or Geod(ellps="WGS84")
    major, minor = ellipsoid.a, ellipsoid.b
    squared = 1 - (minor / major) ** 2
    phi = np.radians(latitude)
    curvature = major**2 * (1 - squared) / (1 - squared * np.sin(phi) ** 2) ** 2  # both radii of curvature, multiplied
    area: Floats = np.maximum(curvature * np.cos(phi), 0) * np.radians(1) ** 2 / M2_PER_HA
    return area
