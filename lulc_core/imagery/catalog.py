"""Which scenes there are. The only file that talks STAC.

A catalog is a STAC API (the Planetary Computer by default) or a local ``items.json``: a STAC ItemCollection
whose asset hrefs are relative to the file. After `search` nothing knows which it was.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pystac
import pystac_client
import requests
import shapely
import shapely.errors
import shapely.geometry
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from pystac_client.stac_api_io import StacApiIO
from urllib3.util import Retry

from lulc_core.errors import InvalidInputError, NotFoundError, UnreachableError
from lulc_core.imagery.scenes import Scene
from lulc_core.regions import Region

PLANETARY_COMPUTER = "https://planetarycomputer.microsoft.com/api/stac/v1"
"""The default catalog; ``"planetary-computer"`` is short for it, or for the address in ``$LULC_STAC_API``."""
_CONNECT_S = 4.0
"""Most seconds to wait for a connection: whoever has no network hears of it soon."""
_CAUSES = {
    "NameResolutionError": "its name cannot be looked up",
    "NewConnectionError": "nobody is there",
    "ConnectTimeoutError": "nobody is there",
    "ProxyError": "the proxy in between does not answer",
    "ReadTimeoutError": "nothing came within {timeout:g} s",
    "ResponseError": "it is too busy",
    "SSLError": "no safe connection can be made to it",
}
"""What the client's reason means, in plain words."""
COLLECTION = "sentinel-2-l2a"
SHARES = ("eo:cloud_cover", "s2:cloud_shadow_percentage", "s2:nodata_pixel_percentage")
"""Properties of an item, %; the last two count as 0 where an item does not say."""


OnImperfect = Callable[[InvalidInputError], None]
"""Told of an item that is left out, and why."""


def _warn(error: InvalidInputError) -> None:
    warnings.warn(f"Left out: {error}", stacklevel=3)


def search(
    region: Region,
    *,
    year: int,
    catalog: str | Path = PLANETARY_COMPUTER,
    collection: str = COLLECTION,
    timeout: float = 30.0,
    on_imperfect: OnImperfect = _warn,
) -> list[Scene]:
    """Find the scenes that touch a region in a calendar year.

    Parameters
    ----------
    region
        Where.
    year
        Calendar year, UTC.
    catalog
        Address of a STAC API, ``"planetary-computer"``, or a path: an ``items.json`` or its folder.
    collection
        STAC collection to search in an API; a local file is one collection.
    timeout
        Seconds to wait for one answer of an API, and no more than 4 for a connection. A request without an answer
        is tried once more; one that is answered "busy" (429, 502, 503, 504) five times, after the pause that the
        API asks for.
    on_imperfect
        Called for each item that lacks what a `Scene` needs; the item is left out. By default that is a Python
        warning; raise to stop the search.

    Returns
    -------
    list of Scene
        In order of time; hrefs unsigned. Signing happens when an image is opened.

    Raises
    ------
    NotFoundError
        If there is no scene, or no such catalog file.
    InvalidInputError
        If the catalog is not STAC, or every item that was found lacks what a `Scene` needs.
    UnreachableError
        If an API does not answer in time.
    """
    if _is_address(catalog):
        features, folder = search_api(region, year, catalog, collection, timeout), None
    else:
        features, folder = _read_features(Path(catalog)), _folder(catalog)
    scenes: list[Scene] = []
    imperfect: list[InvalidInputError] = []
    for feature in features:
        try:
            item = _read_item(feature, folder)
            if _matches(item, region, year):
                scenes.append(scene_from_item(item))
        except InvalidInputError as error:
            imperfect.append(error)
    if imperfect and not scenes:
        raise InvalidInputError(
            f"None of the {len(imperfect)} item(s) found can be used. {imperfect[0]} "
            "Choose a Sentinel-2 L2A collection."
        )
    if not scenes:
        raise NotFoundError(_nothing_found(region, year, catalog))
    for wrong in imperfect:
        on_imperfect(wrong)
    return sorted(scenes, key=lambda s: (s.datetime, s.id))


def catalog_region(catalog: str | Path, *, name: str | None = None) -> Region:
    """Return the region that a local catalog's items cover, on the items' own grid.

    Parameters
    ----------
    catalog
        An ``items.json`` or its folder.
    name
        Name of the region; by default the folder's.

    Raises
    ------
    InvalidInputError
        If the catalog is an API, or its items do not say their grid (``proj:epsg`` or ``proj:code``, and
        ``proj:bbox`` and ``proj:transform`` of the assets). Give a bounding box instead.
    """
    if _is_address(catalog):
        raise InvalidInputError(f"{catalog} covers more than one map; give a bounding box (west south east north).")
    items = _read_items(catalog)
    crs = Counter(filter(None, map(_crs, items))).most_common(1)
    assets = [
        asset.extra_fields
        for item in items
        if crs and _crs(item) == crs[0][0]
        for asset in item.assets.values()
        if {"proj:bbox", "proj:transform"} <= set(asset.extra_fields)
    ]
    if not assets:
        raise InvalidInputError(f"The items of {catalog} do not say their grid (proj:*); give a bounding box.")
    west, south, east, north = zip(*(a["proj:bbox"] for a in assets), strict=True)
    bounds = BoundingBox(min(west), min(south), max(east), max(north), crs=crs[0][0])
    grid = GeoBox.from_bbox(bounds, resolution=min(abs(a["proj:transform"][0]) for a in assets))
    return Region.from_grid(grid, name=name or _items_file(Path(catalog)).resolve().parent.name)


def catalog_years(catalog: str | Path) -> list[int]:
    """Return the years, ascending, in which a local catalog (``items.json`` or its folder) has scenes."""
    return _years(_read_items(catalog))


def scene_from_item(item: pystac.Item) -> Scene:
    """Read a Sentinel-2 L2A item as a `Scene`.

    The offset follows the processing baseline, never the date: reprocessed old scenes carry it too.

    Raises
    ------
    InvalidInputError
        If the item lacks its geometry, date, cloud cover, tile or processing baseline, naming which.
    """
    p = item.properties
    baseline = p.get("s2:processing_baseline") or _in_id(item.id, r"_N(\d\d)(\d\d)_", "{}.{}")
    tile = (
        p.get("s2:mgrs_tile")
        or str(p.get("grid:code", "")).removeprefix("MGRS-")
        or _in_id(item.id, r"_T(\d\d[A-Z]{3})")
    )
    needed = {
        "eo:cloud_cover": p.get("eo:cloud_cover"),
        "s2:processing_baseline": baseline,
        "s2:mgrs_tile": tile,
    }
    missing = [name for name, value in needed.items() if value in (None, "")]
    if missing or item.geometry is None:
        raise InvalidInputError(
            f"Item {item.id} lacks {', '.join(missing or ['its geometry'])}; a Sentinel-2 L2A item has them."
        )
    numbers = [float(p.get(name) or 0) for name in SHARES if _is_number(p.get(name) or 0)]
    if len(numbers) < len(SHARES) or not all(0 <= n <= 100 for n in numbers):
        raise InvalidInputError(
            f"Item {item.id}: {', '.join(SHARES)} must be percentages; got {[p.get(n) for n in SHARES]}."
        )
    moment = _moment(item)
    applied = p.get("earthsearch:boa_offset_applied", False)
    return Scene(
        id=item.id,
        datetime=moment,
        mgrs_tile=str(tile),
        cloud_cover=numbers[0],
        cloud_shadow=numbers[1],
        nodata=numbers[2],
        boa_offset=-1000 if _number(baseline, item.id) >= 4 and not applied else 0,
        footprint=shapely.geometry.shape(item.geometry),
        hrefs={key: asset.href for key, asset in item.assets.items()},
        acquisition=_acquisition(item, moment.strftime("%Y%m%dT%H%M%S")),
        strip=_in_id(str(p.get("s2:datastrip_id", "")), r"_S(\d{8}T\d{6})"),
        processed=f"{baseline} {p.get('s2:generation_time', '')}",
        simulated=bool(p.get("lulc:simulated", False)),
    )


def search_api(region: Region, year: int, catalog: str | Path, collection: str, timeout: float) -> list[dict[str, Any]]:
    """Return the items of a collection that touch a region and a year, as a STAC API gives them; see `search`."""
    url = _address(catalog)
    statuses = [429, 502, 503, 504]
    retry = Retry(total=5, connect=1, read=1, backoff_factor=0.5, status_forcelist=statuses, allowed_methods=None)
    try:
        client = pystac_client.Client.open(
            url, stac_io=StacApiIO(max_retries=retry), timeout=(min(timeout, _CONNECT_S), timeout)
        )
        found = client.search(collections=[collection], bbox=region.bbox, datetime=str(year))
        return list(found.items_as_dicts())
    except (requests.RequestException, pystac_client.exceptions.APIError, TimeoutError) as error:
        raise UnreachableError(
            f"The STAC API at {url} was asked for {collection} of {year} and did not answer: {_cause(error, timeout)}. "
            "Check the address and the network, try again later, or give a local items.json."
        ) from error
    except Exception as error:  # what is no STAC API makes the client raise almost anything
        raise InvalidInputError(
            f"What is at {url} does not answer as a STAC API. Give the address of one, or a local items.json."
        ) from error


def _cause(error: Exception, timeout: float) -> str:
    """Return why nobody answered; the client's own words stay with the error that it raised."""
    if status := getattr(error, "status_code", None):
        return f"the error HTTP {status} came instead"
    found = re.search(r"Caused by (\w+)", str(error))
    return _CAUSES.get(found[1] if found else "", "the connection broke off").format(timeout=timeout)


def _matches(item: pystac.Item, region: Region, year: int) -> bool:
    place = shapely.box(*region.bbox)
    if item.geometry is None:
        raise InvalidInputError(f"Item {item.id} lacks its geometry; a Sentinel-2 L2A item has it.")
    try:
        footprint = shapely.geometry.shape(item.geometry)
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise InvalidInputError(f"Item {item.id} has a geometry that is none: {error}.") from error
    return _moment(item).year == year and bool(footprint.intersects(place))


def _items_file(path: Path) -> Path:
    path = path / "items.json" if path.is_dir() else path
    if not path.is_file():
        raise NotFoundError(
            f"No catalog at {path}. Expected the address of a STAC API, an items.json (a STAC ItemCollection), "
            "or a folder that has one."
        )
    return path


def _read_items(catalog: str | Path) -> list[pystac.Item]:
    """Return the items of a local catalog that say where and when; what is wrong with the others, `search` tells."""
    items = []
    folder = _folder(catalog)
    for feature in _read_features(Path(catalog)):
        try:
            item = _read_item(feature, folder)
            if item.geometry and _moment(item):
                items.append(item)
        except InvalidInputError:
            continue
    if not items:
        raise InvalidInputError(f"No item of {_items_file(Path(catalog))} says where and when it was sensed.")
    return items


def _read_features(catalog: Path) -> list[Any]:
    """Return the items of a local catalog as they are written."""
    path = _items_file(catalog)
    try:
        collection = json.loads(path.read_text())
    except ValueError as error:  # a file that is no text is one, too
        raise InvalidInputError(f"{path} is not a STAC ItemCollection: {error}") from error
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
        raise InvalidInputError(f"{path} is not a STAC ItemCollection: it has no type FeatureCollection.")
    features = collection.get("features")
    if not isinstance(features, list) or not features:
        raise NotFoundError(f"{path} holds no items.")
    return features


def _folder(catalog: str | Path) -> Path:
    """Return what the addresses of a local catalog's assets are relative to."""
    return _items_file(Path(catalog)).resolve().parent


def _read_item(feature: Any, folder: Path | None) -> pystac.Item:
    """Return an item, its assets' addresses made absolute against a folder."""
    try:
        item = pystac.Item.from_dict(feature)
    except Exception as error:  # pystac raises whatever the first wrong field makes Python raise
        name = feature.get("id") if isinstance(feature, dict) else feature
        raise InvalidInputError(f"Item {name} is not a STAC item: {error!r}.") from error
    if folder is not None:
        for asset in item.assets.values():
            if not urlparse(asset.href).scheme:
                asset.href = str((folder / asset.href).resolve())
    return item


def _nothing_found(region: Region, year: int, catalog: str | Path) -> str:
    asked = "{:.4f} {:.4f} {:.4f} {:.4f}".format(*region.bbox)
    message = f"No scene of {year} in {catalog} touches the bounding box {asked} (west south east north). "
    if _is_address(catalog):
        return message + "Sentinel-2 L2A starts in 2015 and covers land between 56 S and 83 N."
    items = _read_items(catalog)
    extent = "{:.4f} {:.4f} {:.4f} {:.4f}".format(
        *shapely.total_bounds([shapely.geometry.shape(i.geometry) for i in items if i.geometry])
    )
    years = ", ".join(map(str, _years(items)))
    return message + f"This catalog covers {extent}, year(s) {years}."


def _years(items: list[pystac.Item]) -> list[int]:
    return sorted({_moment(item).year for item in items})


def _moment(item: pystac.Item) -> Any:  # a datetime; pystac types it as optional
    moment = item.datetime or item.common_metadata.start_datetime
    if moment is None:
        raise InvalidInputError(f"Item {item.id} has no date; a Sentinel-2 L2A item has `datetime`.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _acquisition(item: pystac.Item, moment: str) -> str:
    """Name the datatake: its identifier without the baseline it was processed by."""
    datatake = item.properties.get("s2:datatake_id")
    return datatake.rpartition("_N")[0] if datatake else f"{item.properties.get('platform', '')}_{moment}"


def _crs(item: pystac.Item) -> str:
    epsg = item.properties.get("proj:epsg")
    return f"EPSG:{epsg}" if epsg else item.properties.get("proj:code") or ""


def _in_id(text: str, pattern: str, form: str = "{}") -> str:
    found = re.search(pattern, text)
    return form.format(*found.groups()) if found else ""


def _number(baseline: object, item_id: str) -> float:
    try:
        return float(str(baseline))
    except ValueError:
        raise InvalidInputError(
            f"Item {item_id} has the processing baseline {baseline!r}; expected a number such as 04.00."
        ) from None


def _is_address(catalog: str | Path) -> bool:
    return str(catalog) == "planetary-computer" or urlparse(str(catalog)).scheme in ("http", "https")


def _address(catalog: str | Path) -> str:
    usual = os.environ.get("LULC_STAC_API") or PLANETARY_COMPUTER
    return usual if str(catalog) == "planetary-computer" else str(catalog)
