"""Read a reference map on the grid of a region, in the project's classes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import odc.geo.xr
import shapely.geometry

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.imagery.access import Access, public
from lulc_core.imagery.catalogs import PLANETARY_COMPUTER, address_of
from lulc_core.imagery.fetching import open_image, patiently
from lulc_core.imagery.signing import sign
from lulc_core.legend import NO_DATA
from lulc_core.progress import check
from lulc_core.reference_maps.maps import REFERENCE_MAPS, ReferenceMap
from lulc_core.reference_maps.on_grid import codes_on_grid, remark_on_pixels
from lulc_core.reference_maps.recognition import refuse_contradiction

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.json_types import JsonFields
    from lulc_core.regions import Region

    Feature = JsonFields  # an item as STAC's JSON has it

Kind = TypeVar("Kind")

MOST_PX = 200_000**2
"""Pixels of the largest map, of which a window is read: that of the United States has 160 000 x 105 000."""


def load_reference_map(
    collection: str | ReferenceMap,
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
        One of `REFERENCE_MAPS`, by name; or any other collection, described as those are.
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
        Dims (y, x), uint8, codes of `REFERENCE_LEGEND`, 0 = no data. Attributes ``title``, ``year`` and ``credit``;
        ``crosswalk``, its name; ``hides``, what that loses of the codes that are there, sentences; ``remark``, empty
        unless its pixels are not of the size of the region's.

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
    from lulc_core.imagery.stac_api import search_api  # its client loads slowly: only who asks an API pays for it

    reference = collection if isinstance(collection, ReferenceMap) else _named(collection)
    own_year = reference.nearest_year(year)
    check(cancel)
    features = search_api(region, own_year, catalog, reference.collection, timeout)
    hrefs = [_href(f, reference) for f in features if _starts_in(f, own_year) and _touches(f, region)]
    if not hrefs:
        raise NotFoundError(f"{reference.title} of {own_year} has no map of {region.title} in {public(str(catalog))}.")
    label = np.full(region.grid.shape, NO_DATA, np.uint8)
    access, remarks, codes = Access.of(address_of(catalog)), set[str](), set[int]()
    for href in hrefs:
        check(cancel)
        if problem := access.problem(href):
            raise InvalidInputError(f"The map {public(href)} of {public(str(catalog))} {problem}.")
        name = f"{reference.title} of {own_year}"
        part = patiently(partial(_read, href, region.grid, remarks), [href], name, access.reach)
        label = np.where(label == NO_DATA, reference.crosswalk.apply(part), label)
        codes |= {*np.unique(part).tolist()}
    described = {"title": reference.title, "year": own_year, "credit": reference.credit, "remark": max(remarks)}
    described |= {"crosswalk": reference.table.name, "hides": reference.table.hidden(sorted(codes))}
    return odc.geo.xr.wrap_xr(label, region.grid).assign_attrs(described)


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
    assets = feature.get("assets", {})
    key = reference.asset or _only_data(assets)
    try:
        refuse_contradiction(_names(assets[key]), f"Item {feature.get('id')}", reference.table)
        return str(assets[key]["href"])
    except KeyError:
        raise InvalidInputError(
            f"Item {feature.get('id')} lacks the asset {key!r}; a map of {reference.title} has it. "
            f"It has: {', '.join(assets)}."
        ) from None


def _names(asset: JsonFields) -> dict[int, str]:
    """Return the names that an item gives the codes of an asset, by the extensions for files and for classes."""
    files = _list(asset, "file:values", dict)
    values = [(code, one.get("summary")) for one in files for code in _list(one, "values", int)]
    classes = _list(asset, "classification:classes", dict)
    named = [*values, *((one.get("value"), one.get("description") or one.get("name")) for one in classes)]
    return {code: name for code, name in named if isinstance(code, int) and isinstance(name, str)}


def _list(of: JsonFields, key: str, kind: type[Kind]) -> list[Kind]:
    """Return what is of a kind in what should be a list, in an item that somebody else wrote."""
    found = of.get(key)
    return [one for one in found if isinstance(one, kind)] if isinstance(found, list) else []


def _only_data(assets: JsonFields) -> str:
    """Return the key of the only asset that holds data."""
    data = [key for key, asset in assets.items() if "data" in (asset.get("roles") or ())] or list(assets)
    if len(data) != 1:
        raise InvalidInputError(f"Its items have several assets: {', '.join(data)}. Name the asset of the map.")
    return data[0]


def _read(href: str, grid: GeoBox, remarks: set[str]) -> NDArray[np.integer]:
    """Return the codes of a class raster on a grid, -1 outside its extent and where it has no data."""
    with open_image(sign(href), most_px=MOST_PX) as source:
        remarks.add(remark_on_pixels(source, grid))
        return codes_on_grid(source, grid)
