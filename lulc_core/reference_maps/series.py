"""Maps of land cover that others have published, put on one's own grid and in one's own classes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import odc.geo.xr
import planetary_computer
import rasterio
import shapely
import shapely.geometry
from rasterio.vrt import WarpedVRT

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.imagery.catalog import PLANETARY_COMPUTER, search_api
from lulc_core.imagery.loading import patiently
from lulc_core.legend import IO_LULC, IO_LULC_ANNUAL, LCMAP, LEGEND, NO_DATA, WORLDCOVER, LandCoverClass, Legend
from lulc_core.progress import check

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.legend import Crosswalk
    from lulc_core.regions import Region

RANGELAND = LandCoverClass(
    code=11,
    name="grass or scrub",
    colour=(227, 226, 195),
    definition="Grass and scrub/shrub, which some published maps do not tell apart.",
)
PUBLISHED_LEGEND = Legend((*LEGEND.classes, RANGELAND))
"""The classes of `LEGEND`, and the one that some published maps have in place of two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMap:
    """A series of maps that somebody has published, one a year."""

    collection: str
    """STAC collection of the Planetary Computer."""
    title: str
    """Its name, as a person reads it."""
    credit: str
    """Whose it is, and the licence."""
    asset: str
    """Key of the class raster in its items."""
    years: tuple[int, ...]
    """The years there are maps of, ascending."""
    crosswalk: Crosswalk
    """From its codes to those of `PUBLISHED_LEGEND`."""

    @property
    def merges(self) -> bool:
        """Whether it has grass and scrub as one class."""
        return RANGELAND.code in self.crosswalk.codes.values()

    @property
    def merged(self) -> NDArray[np.uint8]:
        """Code of `LEGEND` to the code that this map has for the class, shape (256,)."""
        codes = np.arange(256, dtype=np.uint8)
        if self.merges:
            codes[[c.code for c in LEGEND if c.rangeland]] = RANGELAND.code
        return codes

    def nearest_year(self, year: int) -> int:
        """Return the year of its map that is nearest to a year, the earlier of two."""
        return min(self.years, key=lambda own: (abs(own - year), own))


def _merging(crosswalk: Crosswalk, code: int) -> Crosswalk:
    """Return a crosswalk in which their class `code` is grass or scrub."""
    return dataclasses.replace(crosswalk, codes={**crosswalk.codes, code: RANGELAND.code})


PUBLISHED_MAPS = {
    published.collection: published
    for published in (
        PublishedMap(
            collection="io-lulc-annual-v02",
            title="Impact Observatory annual map",
            credit="Impact Observatory, Microsoft and Esri, CC BY 4.0",
            asset="data",
            years=tuple(range(2017, 2024)),
            crosswalk=_merging(IO_LULC_ANNUAL, 11),
        ),
        PublishedMap(
            collection="io-lulc",
            title="Esri map of ten classes",
            credit="Esri, Impact Observatory and Microsoft, CC BY 4.0",
            asset="data",
            years=(2020,),
            crosswalk=IO_LULC,
        ),
        PublishedMap(
            collection="esa-worldcover",
            title="ESA WorldCover",
            credit="ESA WorldCover project, contains modified Copernicus Sentinel data, CC BY 4.0",
            asset="map",
            years=(2020, 2021),
            crosswalk=WORLDCOVER,
        ),
        PublishedMap(
            collection="usgs-lcmap-conus-v13",
            title="USGS LCMAP (contiguous United States)",
            credit="U.S. Geological Survey, public domain",
            asset="lcpri",
            years=tuple(range(1985, 2022)),
            crosswalk=_merging(LCMAP, 3),
        ),
    )
}
"""By collection; ``io-lulc`` is the map of the paper."""


def load_published_map(
    collection: str,
    region: Region,
    *,
    year: int,
    catalog: str | Path = PLANETARY_COMPUTER,
    timeout: float = 30.0,
    cancel: threading.Event | None = None,
) -> xr.DataArray:
    """Read a published map on the grid of a region.

    Parameters
    ----------
    collection
        One of `PUBLISHED_MAPS`.
    region
        Where, and the grid to put the map on, by the nearest pixel.
    year
        Calendar year; the map of the nearest year is taken.
    catalog, timeout
        As for `search`: the address of a STAC API, or ``"planetary-computer"``.
    cancel
        Set to stop before the next request, of which none can be stopped half-way.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8, codes of `PUBLISHED_LEGEND`, 0 = no data. Attributes ``title``, ``year`` and ``credit``.

    Raises
    ------
    NotFoundError
        If there is no such series, or it has no map of the place.
    InvalidInputError
        If the catalog is no STAC API, or a map holds codes that its legend does not have.
    UnreachableError
        If the catalog or the map cannot be read.
    CancelledError
        If `cancel` is set.

    Examples
    --------
    >>> leuven = Region.from_bbox((4.70, 50.85, 4.72, 50.87))  # doctest: +SKIP
    >>> load_published_map("esa-worldcover", leuven, year=2021).attrs["title"]  # doctest: +SKIP
    'ESA WorldCover'
    """
    published = _named(collection)
    own_year = published.nearest_year(year)
    check(cancel)
    features = search_api(region, own_year, catalog, collection, timeout)
    hrefs = [_href(f, published) for f in features if _starts_in(f, own_year) and _touches(f, region)]
    if not hrefs:
        raise NotFoundError(f"{published.title} of {own_year} has no map of {region.title} in {catalog}.")
    theirs = np.full(region.grid.shape, NO_DATA, np.uint8)
    for href in hrefs:
        check(cancel)
        part = patiently(partial(_read, href, region.grid), [href], f"{published.title} of {own_year}")
        theirs = np.where(theirs == NO_DATA, part, theirs)
    label = odc.geo.xr.wrap_xr(published.crosswalk.apply(theirs), region.grid)
    return label.assign_attrs(title=published.title, year=own_year, credit=published.credit)


def _named(collection: str) -> PublishedMap:
    if collection not in PUBLISHED_MAPS:
        raise NotFoundError(f"There is no published map {collection!r}. Choose one of: {', '.join(PUBLISHED_MAPS)}.")
    return PUBLISHED_MAPS[collection]


def _starts_in(feature: dict[str, Any], year: int) -> bool:
    """Return whether an item is of a year; a search also finds the map that ends when the year begins."""
    properties = feature.get("properties", {})
    return str(properties.get("start_datetime") or properties.get("datetime")).startswith(str(year))


def _touches(feature: dict[str, Any], region: Region) -> bool:
    """Return whether an item's footprint touches a region; a bounding box across the date line touches too many."""
    return bool(shapely.geometry.shape(feature["geometry"]).buffer(0).intersects(shapely.box(*region.bbox)))


def _href(feature: dict[str, Any], published: PublishedMap) -> str:
    try:
        return str(feature["assets"][published.asset]["href"])
    except KeyError:
        raise InvalidInputError(
            f"Item {feature.get('id')} lacks the asset {published.asset!r}; a map of {published.title} has it."
        ) from None


def _read(href: str, grid: GeoBox) -> NDArray[np.uint8]:
    """Return a class raster on a grid by the nearest pixel, 0 where there is none."""
    height, width = grid.shape
    place = {"crs": str(grid.crs), "transform": grid.transform, "height": height, "width": width}
    with rasterio.open(planetary_computer.sign(href)) as source, WarpedVRT(source, **place, nodata=NO_DATA) as view:
        codes: NDArray[np.uint8] = view.read(1)
    return codes
