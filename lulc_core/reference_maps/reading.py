"""Read a reference map on the grid of a region, in the project's classes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import odc.geo.xr
import rasterio
import shapely.geometry
from rasterio.vrt import WarpedVRT

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.imagery.access import Access, public
from lulc_core.imagery.fetching import open_image, patiently
from lulc_core.imagery.signing import sign
from lulc_core.imagery.stac_api import PLANETARY_COMPUTER, address_of, search_api
from lulc_core.legend import NO_DATA
from lulc_core.progress import check
from lulc_core.reference_maps.maps import REFERENCE_MAPS
from lulc_core.valid_pixels import with_zero_as_no_data

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.reference_maps.maps import ReferenceMap
    from lulc_core.regions import Region

    Feature = Mapping[str, Any]  # an item as STAC's JSON has it

MOST_PX = 200_000**2
"""Pixels of the largest map, of which a window is read: that of the United States has 160 000 x 105 000."""


def load_reference_map(
    collection: str,
    region: Region,
    *,
    year: int,
    catalog: str | Path = PLANETARY_COMPUTER,
    timeout: float = 30.0,
    cancel: threading.Event | None = None,
) -> xr.DataArray:
    """Read a reference map on the grid of a region.

    Parameters
    ----------
    collection
        One of `REFERENCE_MAPS`.
    region
        The place, and the grid to warp the map to, by nearest neighbour.
    year
        Calendar year; the map of the nearest year is taken.
    catalog, timeout
        As for `search`: the address of a STAC API, or ``"planetary-computer"``.
    cancel
        Set it to stop before the next request; a request under way is not interrupted.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8, codes of `REFERENCE_LEGEND`, 0 = no data. Attributes ``title``, ``year`` and ``credit``.

    Raises
    ------
    NotFoundError
        If there is no such reference map, or it does not cover the region.
    InvalidInputError
        If the catalog is not a STAC API, or the map holds codes outside its legend.
    UnreachableError
        If the catalog or the map cannot be read.
    CancelledError
        If `cancel` is set.

    Examples
    --------
    >>> leuven = Region.from_bbox((4.70, 50.85, 4.72, 50.87))  # doctest: +SKIP
    >>> load_reference_map("esa-worldcover", leuven, year=2021).attrs["title"]  # doctest: +SKIP
    'ESA WorldCover'
    """
    reference = _named(collection)
    own_year = reference.nearest_year(year)
    check(cancel)
    features = search_api(region, own_year, catalog, collection, timeout)
    hrefs = [_href(f, reference) for f in features if _starts_in(f, own_year) and _touches(f, region)]
    if not hrefs:
        raise NotFoundError(f"{reference.title} of {own_year} has no map of {region.title} in {public(str(catalog))}.")
    theirs = np.full(region.grid.shape, NO_DATA, np.uint8)
    access = Access.of(address_of(catalog))
    for href in hrefs:
        check(cancel)
        if problem := access.problem(href):
            raise InvalidInputError(f"The map {public(href)} of {public(str(catalog))} {problem}.")
        name = f"{reference.title} of {own_year}"
        part = patiently(partial(_read, href, region.grid), [href], name, access.reach)
        theirs = np.where(theirs == NO_DATA, part, theirs)
    label = odc.geo.xr.wrap_xr(reference.crosswalk.apply(theirs), region.grid)
    return label.assign_attrs(title=reference.title, year=own_year, credit=reference.credit)


def _named(collection: str) -> ReferenceMap:
    if collection not in REFERENCE_MAPS:
        raise NotFoundError(f"There is no reference map {collection!r}. Choose one of: {', '.join(REFERENCE_MAPS)}.")
    return REFERENCE_MAPS[collection]


def _starts_in(feature: Feature, year: int) -> bool:
    """Return whether an item starts in a year; a search also finds the map that ends when the year begins."""
    properties = feature.get("properties", {})
    return str(properties.get("start_datetime") or properties.get("datetime")).startswith(str(year))


def _touches(feature: Feature, region: Region) -> bool:
    """Return whether an item's footprint touches a region; a bounding box across the date line touches too many."""
    return bool(shapely.geometry.shape(feature["geometry"]).buffer(0).intersects(region.outline))


def _href(feature: Feature, reference: ReferenceMap) -> str:
    try:
        return str(feature["assets"][reference.asset]["href"])
    except KeyError:
        raise InvalidInputError(
            f"Item {feature.get('id')} lacks the asset {reference.asset!r}; a map of {reference.title} has it."
        ) from None


def _read(href: str, grid: GeoBox) -> NDArray[np.uint8]:
    """Return a class raster on a grid by nearest neighbour, 0 outside its extent.

    Its overviews are not read: they may be averages of codes.
    """
    height, width = grid.shape
    place = {"crs": str(grid.crs), "transform": grid.transform, "height": height, "width": width}
    address = sign(href)
    with open_image(address, most_px=MOST_PX) as source:
        plain = with_zero_as_no_data(source, address, 1, overviews=False)
    with rasterio.open(plain) as source, WarpedVRT(source, **place, nodata=NO_DATA) as view:
        codes: NDArray[np.uint8] = view.read(1)
    return codes
