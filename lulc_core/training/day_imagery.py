"""The Sentinel-2 image of one day on a given grid: what was seen when a tile was labelled."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import NotFoundError
from lulc_core.imagery.catalog import catalog_years, search
from lulc_core.imagery.catalogs import PLANETARY_COMPUTER, is_address
from lulc_core.imagery.loading import load
from lulc_core.imagery.scenes import BANDS, Scene, acquisitions
from lulc_core.imagery.selection import select
from lulc_core.progress import check
from lulc_core.regions import Region, footprint

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagerySource:
    """Where scenes are searched and read; see `search`."""

    catalog: str | Path = PLANETARY_COMPUTER
    """A STAC API, ``"planetary-computer"``, or a local ``items.json`` or its folder."""
    data_dirs: Iterable[str | Path] = ()
    """More folders whose images the catalog may open."""
    timeout: float = 30.0
    """Seconds to wait for an answer of an API."""

    def check(self) -> None:
        """Raise `NotFoundError` or `InvalidInputError` if a local catalog is none, before anything is asked of it."""
        if not is_address(self.catalog):
            catalog_years(self.catalog)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayImage:
    """What one acquisition saw of a grid."""

    reflectance: NDArray[np.float32]
    """Dims (band, y, x), unitless, NaN = no data."""
    scenes: tuple[str, ...]
    """Ids of the scenes that it was read from, in the order in which they fill it."""
    remarks: tuple[str, ...]
    """What the catalog contradicts itself in, and whether there was another acquisition that day."""


def image_of_day(
    grid: GeoBox,
    day: date,
    source: ImagerySource,
    *,
    bands: Sequence[str] = BANDS,
    cancel: threading.Event | None = None,
) -> DayImage:
    """Read the image of a day on a grid.

    Of a scene that was processed more than once, the latest version is read. The MGRS tile that covers the grid is
    read, first one on the same projection, so that 10 m bands are not resampled; only its gaps are filled from others
    of the same acquisition. Of two acquisitions on one day, that is taken which covers more, then the less cloudy one.

    Raises
    ------
    NotFoundError
        If there is no scene of that day.
    InvalidInputError
        If the catalog is not STAC, or all that it has of that day is unusable.
    UnreachableError
        If the catalog or an image cannot be read.
    CancelledError
        If `cancel` is set.
    """
    remarks: list[str] = []
    scenes = search(
        Region.from_grid(grid, name="tile"),
        year=day.year,
        day=day,
        catalog=source.catalog,
        timeout=source.timeout,
        on_imperfect=lambda error: remarks.append(f"Left out: {error}"),
        on_remark=remarks.append,
        data_dirs=source.data_dirs,
    )
    place = footprint(grid)
    passes = acquisitions(select(scenes, maximum=None, least_usable=0))
    best = max(passes, key=lambda parts: (round(_share(parts, place), 3), parts[0].usable))
    if len(passes) > 1:
        remarks.append(f"{len(passes)} acquisitions that day; took that of {best[0].id}.")
    image, read = None, list[str]()
    for tile in _by_tile(best, grid, place):
        check(cancel)
        seen = load(tile, grid, bands)[0].to_numpy()
        image = seen if image is None else np.where(np.isfinite(image).all(axis=0), image, seen)
        read += [scene.id for scene in tile]
        if np.isfinite(image).all():
            break
    if image is None or not np.isfinite(image).all(axis=0).any():
        raise NotFoundError(f"{' and '.join(read)} has no data there on {day}.")
    return DayImage(reflectance=image, scenes=tuple(read), remarks=tuple(remarks))


def _by_tile(parts: Sequence[Scene], grid: GeoBox, place: BaseGeometry) -> list[list[Scene]]:
    """Return the scenes of an acquisition by MGRS tile: first what covers the place, then what is on its grid."""

    def rank(tile: list[Scene]) -> tuple[float, bool]:
        on_grid = any(crs == str(grid.crs) for scene in tile for crs, _ in scene.bounds.values())
        return -round(_share(tile, place), 3), not on_grid

    ordered = sorted(parts, key=lambda scene: scene.mgrs_tile)
    return sorted((list(tile) for _, tile in groupby(ordered, key=lambda scene: scene.mgrs_tile)), key=rank)


def _share(parts: Iterable[Scene], place: BaseGeometry) -> float:
    """Return the share of a place, 0-1, that the footprints of scenes cover."""
    left = place
    for scene in parts:
        left = left.difference(scene.footprint)
    return 1 - left.area / place.area
