"""The grid that the items of a catalog say they lie on (the projection extension)."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from pyproj import Geod
from pyproj.exceptions import CRSError

from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import is_on_earth
from lulc_core.imagery.assets import REFLECTANCE_BANDS, SCL
from lulc_core.imagery.fetching import MOST_PX as MOST_PX_OF_AN_IMAGE
from lulc_core.imagery.fetching import RefusedError
from lulc_core.imagery.items import footprint_of
from lulc_core.regions import MOST_PX, RESOLUTION_M, Region, bbox_of, footprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pystac
    from shapely.geometry.base import BaseGeometry

    from lulc_core.json_types import JsonFields

    Bounds = tuple[float, float, float, float]


RIGHT_WITHIN = 0.02
"""How far, as a share, pixels may be off `RESOLUTION_M` on the ground: UTM is by 0.1 % within its zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where one asset lies."""

    item: str
    key: str
    crs: CRS
    bounds: Bounds
    pixel: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonGrid:
    """The grid of a map of some items."""

    grid: GeoBox
    """Pixels of `RESOLUTION_M` on the ground, which networks are made for."""
    elsewhere: tuple[str, ...]
    """Identifiers of items that it may not cover."""
    resampled: str
    """How large the pixels of the bands are, if none are of this size; else empty."""


def common_grid(items: Iterable[pystac.Item]) -> CommonGrid | None:
    """Return the grid that covers the items of the most frequent CRS.

    It is in this CRS if a metre there is one on the ground, else in UTM. Others lie in another CRS, or off the grid
    without a statement of theirs that can be right. None if no item says where it lies, or if all together are more
    than a map holds.
    """
    items = list(items)
    places = [place for item in items for place in _places(item)]
    if not places:
        return None
    of_items = {place.item: place.crs for place in places}
    crs = Counter(of_items.values()).most_common(1)[0][0]
    here = [place for place in places if place.crs == crs]
    grid = _in_metres(crs, here)
    if grid is None:
        return None
    covered = footprint(grid)
    on_it = {item.id: crs for item in items if footprint_of(item).intersects(covered)}
    elsewhere = tuple(item.id for item in items if {**on_it, **of_items}.get(item.id) != crs)
    return CommonGrid(grid=grid, elsewhere=elsewhere, resampled=_other_pixels(here))


def _in_metres(crs: CRS, places: Sequence[_Place]) -> GeoBox | None:
    """Return a grid of `RESOLUTION_M` around places of one CRS, or around theirs in UTM; None for too large a one."""
    west, south, east, north = zip(*(place.bounds for place in places), strict=True)
    bounds = BoundingBox(min(west), min(south), max(east), max(north), crs=crs)
    if crs.projected and _is_right(_ground(crs, tuple(bounds), RESOLUTION_M)):
        most = MOST_PX * RESOLUTION_M**2
        return GeoBox.from_bbox(bounds, resolution=RESOLUTION_M) if bounds.span_x * bounds.span_y <= most else None
    with contextlib.suppress(InvalidInputError):
        return Region.from_bbox(bbox_of(_outline(crs, tuple(bounds)))).grid
    return None


def _other_pixels(places: Iterable[_Place]) -> str:
    """Return width and height of the bands' pixels on the ground, unless those of some are `RESOLUTION_M`."""
    sizes = [_ground(place.crs, place.bounds, place.pixel) for place in places if place.key in REFLECTANCE_BANDS]
    return "" if not sizes or any(map(_is_right, sizes)) else "{:.3g} x {:.3g} m".format(*min(sizes))


def _is_right(size: tuple[float, float]) -> bool:
    return all(math.isclose(edge, RESOLUTION_M, rel_tol=RIGHT_WITHIN) for edge in size)


def remark_on_pixels(grid: GeoBox | None) -> str:
    """Return what must be said of pixels that are not those which networks are made for; empty if they are.

    Without a CRS the coordinates are taken for metres, unless they only count the pixels.

    Examples
    --------
    >>> remark_on_pixels(GeoBox.from_bbox((500000, 5600000, 500400, 5600400), crs="EPSG:32631", resolution=20))[:40]
    'The pixels are 20 x 20 m on the ground. '
    >>> remark_on_pixels(GeoBox.from_bbox((500000, 5600000, 500400, 5600400), crs="EPSG:32631", resolution=10))
    ''
    """
    if grid is None:
        return ""
    size, where = pixel_size(grid), " on the ground"
    if size is None and grid.crs is None:
        size, where = (abs(grid.affine.a), abs(grid.affine.e)), ", if their coordinates are in metres"
    if size is None or size == (1, 1) or _is_right(size):
        return ""
    return (
        f"The pixels are {size[0]:.3g} x {size[1]:.3g} m{where}. Networks are made for {RESOLUTION_M} m, and may take "
        f"what is larger or smaller for other classes: resample to {RESOLUTION_M} m."
    )


@lru_cache(256)
def _ground(crs: CRS, bounds: Bounds, pixel: float) -> tuple[float, float]:
    """Return width and height, on the ground, m, of a pixel in the middle of bounds."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    to_degrees = crs.transformer_to_crs(CRS("EPSG:4326"))
    lon, lat = to_degrees(np.array([x, x + pixel, x]), np.array([y, y, y + pixel]))
    _, _, (width, height) = Geod(ellps="WGS84").inv([lon[0]] * 2, [lat[0]] * 2, lon[1:], lat[1:])
    return float(width), float(height)


def pixel_size(grid: GeoBox) -> tuple[float, float] | None:
    """Return width and height, on the ground, m, of the middle pixel of a grid; None for one that lies nowhere.

    Examples
    --------
    >>> grid = GeoBox.from_bbox((500000, 5600000, 500400, 5600400), crs="EPSG:32631", resolution=20)
    >>> [round(edge, 1) for edge in pixel_size(grid)]
    [20.0, 20.0]
    """
    if not is_on_earth(grid) or grid.crs is None:
        return None
    a, b, c, d, e, f = tuple(grid.affine)[:6]
    across, down = grid.shape.x / 2 + np.array([0, 1, 0]), grid.shape.y / 2 + np.array([0, 0, 1])
    to_degrees = grid.crs.transformer_to_crs(CRS("EPSG:4326"))
    lon, lat = to_degrees(a * across + b * down + c, d * across + e * down + f)
    if not np.isfinite([lon, lat]).all():
        return None
    _, _, (width, height) = Geod(ellps="WGS84").inv([lon[0]] * 2, [lat[0]] * 2, lon[1:], lat[1:])
    return float(width), float(height)


def misplaced(item: pystac.Item) -> str:
    """Return where the geometry of an item and its ``proj:*`` put it, if these are two places; else nothing."""
    outline = footprint_of(item)
    other = next((place for place in _stated(item).values() if not _touches(place, outline)), None)
    if other is None:
        return ""
    there = _bounds_in_words(_outline(other.crs, other.bounds))
    return f"its geometry lies at {_bounds_in_words(outline)}, but its proj:* ({other.crs}) at {there}"


def lies_by_its_grid_alone(item: pystac.Item, place: BaseGeometry) -> bool:
    """Return whether the ``proj:*`` of an item put it where its geometry does not touch, degrees."""
    outline = footprint_of(item)
    return any(_touches(stated, place) and not _touches(stated, outline) for stated in _stated(item).values())


def stated_bounds(item: pystac.Item) -> dict[str, tuple[str, Bounds]]:
    """Return the CRS and the bounds (west, south, east, north) that an item says of its bands, by asset key."""
    return {key: (str(place.crs), place.bounds) for key, place in _stated(item).items()}


def stated_pixels(item: pystac.Item) -> dict[str, float]:
    """Return the side of a pixel, in the unit of the CRS, that an item says of its bands, by asset key."""
    return {key: place.pixel for key, place in _stated(item).items()}


def refuse_coarser(image: GeoBox, band: str, said: float, crs: str) -> None:
    """Raise `RefusedError` if the pixels of a band of reflectance are far coarser than its item says.

    Parameters
    ----------
    image
        Its grid.
    band
        Asset key. Those at 60 m by themselves may have the transform of others.
    said, crs
        As in `stated_pixels`, and the CRS of that.
    """
    pixel, at_60_m = abs(image.affine.a), ("B01", "B09", "B10")
    if band in at_60_m or band not in REFLECTANCE_BANDS or CRS(crs) != image.crs or pixel < COARSER * said:
        return
    raise RefusedError(
        f"its pixels have a side of {pixel:g}, but the proj:transform of its item says {said:g} ({crs}). Correct the "
        "item, or give the image of that size"
    )


COARSER = 3
"""So many times as large are pixels of another product; many items say 10 m of bands at 20 m, too."""


def refuse_elsewhere(image: GeoBox, outline: BaseGeometry, said: tuple[str, Bounds] | None) -> None:
    """Raise `RefusedError` if an image does not lie where its item says.

    Parameters
    ----------
    image
        Its grid.
    outline
        The geometry of the item, in degrees; the image touches it.
    said
        As in `stated_bounds`. An image of the same size lies there; one of another size may be a part.
    """
    there = _outline(image.crs, tuple(image.boundingbox))
    if not there.intersects(outline):
        raise RefusedError(
            f"it lies at {_bounds_in_words(there)} ({image.crs}), but the geometry of its item at "
            f"{_bounds_in_words(outline)}. Correct the item, or give the right image"
        )
    if said is None or CRS(said[0]) != image.crs:
        return
    apart = np.abs(np.subtract(said[1], image.boundingbox)) / abs(image.affine.a)
    same_size = abs(apart[2] - apart[0]) < 1 and abs(apart[3] - apart[1]) < 1
    if same_size and apart.max() > 1:
        places = (" ".join(f"{v:.10g}" for v in bounds) for bounds in (image.boundingbox, said[1]))
        raise RefusedError(
            "it lies at {}, but the proj:* of its item say {} (west south east north, {}). Correct the one that is "
            "wrong".format(*places, said[0])
        )


def _bounds_in_words(outline: BaseGeometry) -> str:
    box = bbox_of(outline)
    known = all(map(math.isfinite, box))
    return "{:.4f} {:.4f} {:.4f} {:.4f} (west south east north)".format(*box) if known else "no place on earth"


def _places(item: pystac.Item) -> list[_Place]:
    """Return where an item's bands lie; a place that is not that of its geometry, as in degrees, says nothing."""
    outline = footprint_of(item)
    return [place for place in _stated(item).values() if _touches(place, outline)]


def _stated(item: pystac.Item) -> dict[str, _Place]:
    """Return where an item says that its bands lie, by asset key; an asset says it itself, or its item does."""
    named = [key for key in (*REFLECTANCE_BANDS, SCL) if key in item.assets]
    found = {}
    for key in named or item.assets:
        said = {**item.properties, **item.assets[key].extra_fields}
        crs, place = _crs(said), _bounds(said)
        if crs is not None and place is not None:
            found[key] = _Place(item=item.id, key=key, crs=crs, bounds=place[0], pixel=place[1])
    return found


def _touches(place: _Place, outline: BaseGeometry) -> bool:
    return bool(_outline(place.crs, place.bounds).intersects(outline))


@lru_cache(256)
def _outline(crs: CRS, bounds: Bounds) -> BaseGeometry:
    with np.errstate(invalid="ignore"):  # what is no place in its CRS
        return footprint(GeoBox.from_bbox(BoundingBox(*bounds, crs=crs), shape=(1, 1), tight=True))


def _crs(said: JsonFields) -> CRS | None:
    """Return the CRS that ``proj:*`` says; None if it says none that is known and on earth."""
    for key in ("proj:code", "proj:epsg", "proj:wkt2", "proj:projjson"):
        value = said.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not value or isinstance(value, bool) or not isinstance(value, str | int | dict):
            continue
        with contextlib.suppress(CRSError, ValueError, TypeError):
            crs = CRS(f"EPSG:{value}" if str(value).strip().isdecimal() else value)
            if crs.projected or crs.geographic:
                return crs
    return None


def _bounds(said: JsonFields) -> tuple[tuple[float, float, float, float], float] | None:
    """Return west, south, east, north and the side of a pixel, in the CRS; None if they are not said, or wrong."""
    transform = _numbers(said.get("proj:transform"), (6, 9))
    shape = _numbers(said.get("proj:shape"), (2,))
    box = _numbers(said.get("proj:bbox"), (4, 6))
    if transform is None or (transform[1], transform[3]) != (0.0, 0.0):
        return None
    pixel = abs(transform[0])
    if box is not None:
        half = len(box) // 2  # six numbers have heights
        bounds = (box[0], box[1], box[half], box[half + 1])
    elif shape is not None:
        left, top = transform[2], transform[5]
        right, bottom = left + transform[0] * shape[1], top + transform[4] * shape[0]
        bounds = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
    else:
        return None
    west, south, east, north = bounds
    if not (west < east and south < north and pixel > 0 and math.isclose(pixel, abs(transform[4]), rel_tol=1e-6)):
        return None
    if (east - west) / pixel * ((north - south) / pixel) > MOST_PX_OF_AN_IMAGE:
        return None
    return (west, south, east, north), pixel


def _numbers(value: object, counts: tuple[int, ...]) -> list[float] | None:
    """Return a list of finite numbers, one of so many; None for anything else."""
    if not isinstance(value, list | tuple) or len(value) not in counts:
        return None
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e12 for v in value):
        return None
    return [float(v) for v in value]
