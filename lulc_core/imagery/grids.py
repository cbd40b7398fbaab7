"""The grid that the items of a catalog say they lie on (the projection extension)."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from pyproj.exceptions import CRSError

from lulc_core.imagery.assets import REFLECTANCE_BANDS, SCL
from lulc_core.imagery.fetching import RefusedError
from lulc_core.imagery.items import footprint_of
from lulc_core.regions import MOST_PX, bbox_of, footprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pystac
    from shapely.geometry.base import BaseGeometry

    Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where one asset lies."""

    item: str
    crs: CRS
    bounds: Bounds
    pixel: float


def common_grid(items: Iterable[pystac.Item]) -> tuple[GeoBox | None, tuple[str, ...]]:
    """Return the grid that covers the items of the most frequent CRS, and the identifiers of those that it may not.

    These lie in another CRS, or off the grid without a statement of theirs that can be right. The pixels are the finest
    of any asset. The grid is None if no item says where it lies, or if all together are more than a map holds.
    """
    items = list(items)
    places = [place for item in items for place in _places(item)]
    if not places:
        return None, ()
    of_items = {place.item: place.crs for place in places}
    crs = Counter(of_items.values()).most_common(1)[0][0]
    here = [place for place in places if place.crs == crs]
    west, south, east, north = zip(*(place.bounds for place in here), strict=True)
    bounds = BoundingBox(min(west), min(south), max(east), max(north), crs=crs)
    pixel = min(place.pixel for place in here)
    if bounds.span_x / pixel * (bounds.span_y / pixel) > MOST_PX:
        return None, ()
    grid = GeoBox.from_bbox(bounds, resolution=pixel)
    covered = footprint(grid)
    on_it = {item.id: crs for item in items if footprint_of(item).intersects(covered)}
    return grid, tuple(item.id for item in items if {**on_it, **of_items}.get(item.id) != crs)


def misplaced(item: pystac.Item) -> str:
    """Return where the geometry of an item and its ``proj:*`` put it, if these are two places; else nothing."""
    outline = footprint_of(item)
    other = next((place for place in _stated(item).values() if not _touches(place, outline)), None)
    if other is None:
        return ""
    there = _bounds_in_words(_outline(other.crs, other.bounds))
    return f"its geometry lies at {_bounds_in_words(outline)}, but its proj:* ({other.crs}) at {there}"


def stated_bounds(item: pystac.Item) -> dict[str, tuple[str, Bounds]]:
    """Return the CRS and the bounds (west, south, east, north) that an item says of its bands, by asset key."""
    return {key: (str(place.crs), place.bounds) for key, place in _stated(item).items()}


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
            found[key] = _Place(item=item.id, crs=crs, bounds=place[0], pixel=place[1])
    return found


def _touches(place: _Place, outline: BaseGeometry) -> bool:
    return bool(_outline(place.crs, place.bounds).intersects(outline))


@lru_cache(256)
def _outline(crs: CRS, bounds: Bounds) -> BaseGeometry:
    with np.errstate(invalid="ignore"):  # what is no place in its CRS
        return footprint(GeoBox.from_bbox(BoundingBox(*bounds, crs=crs), shape=(1, 1), tight=True))


def _crs(said: Mapping[str, Any]) -> CRS | None:
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


def _bounds(said: Mapping[str, Any]) -> tuple[tuple[float, float, float, float], float] | None:
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
    return (west, south, east, north), pixel


def _numbers(value: Any, counts: tuple[int, ...]) -> list[float] | None:
    """Return a list of finite numbers, one of so many; None for anything else."""
    if not isinstance(value, list | tuple) or len(value) not in counts:
        return None
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e12 for v in value):
        return None
    return [float(v) for v in value]
