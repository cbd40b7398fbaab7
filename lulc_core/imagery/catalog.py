"""Which scenes there are in a catalog: a STAC API, or a local ``items.json``.

The Planetary Computer is the default. A local file is a STAC ItemCollection whose asset hrefs are relative to it.
After `search` nothing depends on which of the two it was.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from lulc_core.bounding_boxes import latitude_first
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.imagery.access import Access, is_served, public
from lulc_core.imagery.answers import folder_of, items_file, items_of, left_on_other_pages, read_features
from lulc_core.imagery.assets import REFLECTANCE_BANDS
from lulc_core.imagery.catalogs import PLANETARY_COMPUTER, address_of, is_address
from lulc_core.imagery.grids import common_grid, lies_by_its_grid_alone, misplaced, stated_bounds, stated_pixels
from lulc_core.imagery.items import footprint_of, item_moment, read_item, scene_from_item
from lulc_core.imagery.kept_searches import SearchRecord
from lulc_core.imagery.scenes import ONE_PASS, contradictions
from lulc_core.imagery.shares import doubt_cloud_cover
from lulc_core.regions import RESOLUTION_M, Region

if TYPE_CHECKING:
    from datetime import date

    import pystac

    from lulc_core.imagery.scenes import Scene
    from lulc_core.json_types import JsonObject

COLLECTION = "sentinel-2-l2a"
OnImperfect = Callable[[InvalidInputError], None]
"""Called for an item that is left out, with the reason."""
OnRemark = Callable[[str], None]
"""Called where items contradict themselves, with the items, both statements and which is believed."""
OnRecord = Callable[[SearchRecord], None]
"""Called with which STAC API gave the scenes, and when."""


def _warn(error: InvalidInputError) -> None:
    warnings.warn(f"Left out: {error}", stacklevel=3)


def _warn_of(remark: str) -> None:
    warnings.warn(remark, stacklevel=3)


def search(
    region: Region,
    *,
    year: int,
    day: date | None = None,
    catalog: str | Path = PLANETARY_COMPUTER,
    collection: str = COLLECTION,
    timeout: float = 30.0,
    on_imperfect: OnImperfect = _warn,
    on_remark: OnRemark = _warn_of,
    on_record: OnRecord = lambda _: None,
    data_dirs: Iterable[str | Path] = (),
    fallback: str | None = None,
    refresh: bool = False,
) -> list[Scene]:
    """Find the scenes that touch a region in a calendar year.

    Parameters
    ----------
    region
        Where.
    year
        Calendar year, UTC.
    day
        A day of that year, UTC; by default all of it.
    catalog
        Address of a STAC API, ``"planetary-computer"``, ``"earth-search"``, or a path: an ``items.json`` or its folder.
        A complete answer of an API on the web about a year is kept for a day.
    collection
        STAC collection to search in an API; a local file is one collection.
    timeout
        Seconds to wait for an answer of an API, and no more than 4 for a connection. A request without an answer
        is tried once more; one answered "busy" (HTTP 429, 502, 503, 504) five times, after the pauses that the
        API asks for, but together no longer than this; and so is one whose answer is cut off.
    on_imperfect
        Called for each item that lacks what a `Scene` needs; the item is left out. By default that is a Python
        warning; raise to stop the search.
    on_remark
        Called where items contradict themselves, as in their offset; by default a Python warning.
    on_record
        Called with which API gave the scenes, and when; not for a local catalog.
    data_dirs
        More folders whose images the catalog may open, or addresses such as ``s3://bucket/folder``. Without them a
        local catalog opens files of its own folder, a remote one none; both open what is served on the web.
    fallback
        Another API, as `catalog`, to search if the first does not answer. None asks no other.
    refresh
        Ask an API even if it has answered within a day.

    Returns
    -------
    list of Scene
        In order of time; hrefs unsigned. Signing happens when an image is opened.

    Raises
    ------
    NotFoundError
        If there is no scene, or no such catalog file.
    InvalidInputError
        If the day is of another year, the catalog is not STAC, or every item that was found lacks what a `Scene` needs.
    UnreachableError
        If an API does not answer in time.
    """
    if day is not None and day.year != year:
        raise InvalidInputError(f"The day {day} is not in {year}. Give the year of the day.")
    when = day or year
    features, folder, record = items_of(region, when, catalog, collection, timeout, fallback, refresh=refresh)
    catalog = fallback if fallback and record and record.instead_of else catalog
    access = Access.of(address_of(catalog), data_dirs)
    read, imperfect = _read_scenes(features, folder, region, when, access)
    read = _with_images_of_their_own(read, imperfect)
    home = f"{items_file(Path(catalog)).resolve()}#" if folder else _items_of(catalog, collection)
    scenes = [replace(scene, address=_address_of(item, home)) for item, scene in read]
    if imperfect and not scenes:
        raise InvalidInputError(
            f"None of {counted(len(imperfect), 'item')} found can be used. {imperfect[0]} "
            "Choose a Sentinel-2 L2A collection."
        )
    if not scenes:
        raise NotFoundError(_nothing_found(region, when, catalog))
    if record:
        on_record(record)
    for wrong in (*imperfect, *(left_on_other_pages(Path(catalog)) if folder else ())):
        on_imperfect(wrong)
    if doubt := doubt_cloud_cover(scenes, [item for item, _ in read]):
        scenes = [replace(scene, remarks=(*scene.remarks, doubt)) for scene in scenes]
    for remark in contradictions(scenes):
        on_remark(remark)
    return sorted(scenes, key=lambda s: (s.datetime, s.id))


def _read_scenes(
    features: Iterable[JsonObject], folder: Path | None, region: Region, when: int | date, access: Access
) -> tuple[list[tuple[pystac.Item, Scene]], list[InvalidInputError]]:
    """Return the items of a region and a time with their scenes, and what was wrong with those that make none."""
    read, imperfect, elsewhere = [], [], list[InvalidInputError]()
    for feature in features:
        try:
            item = read_item(feature, folder)
            if _matches(item, region, when):
                read.append((item, _admit(scene_from_item(item), item, access)))
            elif folder and _is_of(item, when) and lies_by_its_grid_alone(item, region.ground):
                said = f"Item {item.id} contradicts itself: {misplaced(item)}. Correct the one that is wrong."
                elsewhere.append(InvalidInputError(said))
        except InvalidInputError as error:
            imperfect.append(error)
    return read, imperfect + elsewhere * bool(read)  # without any, what was looked for is told


def _with_images_of_their_own(
    read: Iterable[tuple[pystac.Item, Scene]], imperfect: list[InvalidInputError]
) -> list[tuple[pystac.Item, Scene]]:
    """Return the scenes without those whose image is that of another pass: it would count twice."""
    own: list[tuple[pystac.Item, Scene]] = []
    first: dict[tuple[str, int | None], Scene] = {}
    for item, scene in sorted(read, key=lambda one: (one[1].datetime, one[1].id)):
        images = [(scene.hrefs[band], scene.positions.get(band)) for band in REFLECTANCE_BANDS if band in scene.hrefs]
        before = next((first[image] for image in images if image in first), scene)
        if before.acquisition != scene.acquisition and scene.datetime - before.datetime > ONE_PASS:
            imperfect.append(
                InvalidInputError(
                    f"Item {scene.id} has an image of item {before.id}, which was sensed on "
                    f"{before.datetime:%Y-%m-%d}, too: it would count twice. Correct the addresses of its assets."
                )
            )
            continue
        own.append((item, scene))
        first |= {image: scene for image in images if image not in first}
    return own


def catalog_region(catalog: str | Path, *, name: str | None = None) -> Region:
    """Return the region that a local catalog's items cover, in pixels of 10 m on the ground.

    The grid is in the items' own CRS, but in UTM where a metre of that is none on the ground, as in degrees or Web
    Mercator. Where they lie in several zones, that is the most frequent one. The region's notes say which items
    it does not cover, and that the pixels of the images are others.

    Parameters
    ----------
    catalog
        An ``items.json`` or its folder.
    name
        Name of the region; by default the folder's.

    Raises
    ------
    InvalidInputError
        If the catalog is an API, its items do not say their grid (``proj:code`` or another statement of the CRS, and
        ``proj:transform`` with ``proj:bbox`` or ``proj:shape``), or it is more than a map holds. Give a bounding
        box instead.
    """
    if is_address(catalog):
        raise InvalidInputError(
            f"{public(str(catalog))} covers more than one map; give a bounding box (west south east north)."
        )
    items = _read_items(catalog)
    common = common_grid(items)
    if common is None:
        raise InvalidInputError(
            f"The items of {catalog} do not say their grid (proj:*), say one that is not where their geometry is, or "
            f"together cover more than one map holds; give a bounding box.{_contradiction(items)}"
        )
    notes, grid, elsewhere = [], common.grid, common.elsewhere
    if elsewhere:
        rest = f"{len(elsewhere)} of the {len(items)} items of {catalog} lie elsewhere than its grid in {grid.crs}"
        notes.append(f"{rest}, such as {elsewhere[0]}, and are not covered. Give a bounding box to map them.")
    if not any({*stated_bounds(item)} & {*REFLECTANCE_BANDS} for item in items):
        notes.append(f"The bands of {catalog} do not say their grid; that of another asset is used.")
    if common.resampled:
        notes.append(
            f"The pixels of {catalog} are {common.resampled} on the ground. Networks are made for {RESOLUTION_M} m: "
            f"the map has these, in {grid.crs}."
        )
    return Region.from_grid(grid, name=name or items_file(Path(catalog)).resolve().parent.name, notes=tuple(notes))


def catalog_years(catalog: str | Path) -> list[int]:
    """Return the years, ascending, in which a local catalog (``items.json`` or its folder) has scenes."""
    return _years(_read_items(catalog))


def _address_of(item: pystac.Item, home: str) -> str:
    """Return where an item is to be had: as it says, or else in its catalog."""
    said = item.get_self_href() or ""
    return public(said) if is_served(said) else f"{home}{item.id}"


def _items_of(catalog: str | Path, collection: str) -> str:
    """Return where a STAC API has the items of a collection, each under its name."""
    return f"{public(address_of(catalog)).rstrip('/')}/collections/{collection}/items/"


def _matches(item: pystac.Item, region: Region, when: int | date) -> bool:
    return _is_of(item, when) and bool(footprint_of(item).intersects(region.ground))


def _is_of(item: pystac.Item, when: int | date) -> bool:
    moment = item_moment(item)
    return when in (moment.year, moment.date())


def _admit(scene: Scene, item: pystac.Item, access: Access) -> Scene:
    """Return a scene without the addresses that its catalog may not open, with checksums and a remark on its place."""
    problems = {key: scene.refused.get(key) or access.problem(href) for key, href in scene.hrefs.items()}
    elsewhere = misplaced(item)
    checksums = {key: str(asset.extra_fields.get("file:checksum", "")) for key, asset in item.assets.items()}
    sizes = {key: asset.extra_fields.get("file:size") for key, asset in item.assets.items()}
    return replace(
        scene,
        remarks=(*scene.remarks, *([f"{elsewhere}; found it by its geometry."] if elsewhere else [])),
        hrefs={key: href for key, href in scene.hrefs.items() if not problems[key]},
        refused={key: problem for key, problem in problems.items() if problem},
        reach=access.reach,
        bounds=stated_bounds(item),
        pixels=stated_pixels(item),
        checksums={key: checksum for key, checksum in checksums.items() if checksum},
        sizes={key: size for key, size in sizes.items() if type(size) is int and size > 0},
    )


def _read_items(catalog: str | Path) -> list[pystac.Item]:
    """Return the items of a local catalog that say where and when; `search` reports what is wrong with the others."""
    items, imperfect = [], list[InvalidInputError]()
    folder = folder_of(catalog)
    for feature in read_features(Path(catalog)):
        try:
            item = read_item(feature, folder)
            footprint_of(item), item_moment(item)  # raise
            items.append(item)
        except InvalidInputError as error:
            imperfect.append(error)
    if not items:
        raise InvalidInputError(f"No item of {items_file(Path(catalog))} can be used. The first: {imperfect[0]}")
    return items


def _nothing_found(region: Region, when: int | date, catalog: str | Path) -> str:
    asked = "{:.4f} {:.4f} {:.4f} {:.4f}".format(*region.bbox)
    message = f"No scene of {when} in {public(str(catalog))} touches the bounding box {asked} (west south east north). "
    other = latitude_first(region.bbox)
    turned = " ".join(f"{edge:.4f}" for edge in other or ())
    if is_address(catalog):
        hint = f" If latitude came first, give {turned}." if other else ""
        return f"{message}Sentinel-2 L2A starts in 2015 and covers land between 56 S and 83 N.{hint}"
    items = _read_items(catalog)
    if other and any(footprint_of(item).intersects(shapely.box(*other)) for item in items):
        message += f"With latitude and longitude exchanged it lies there: give {turned}. "
    extent = "{:.4f} {:.4f} {:.4f} {:.4f}".format(*shapely.total_bounds([footprint_of(item) for item in items]))
    years = ", ".join(map(str, _years(items)))
    return message + f"This catalog covers {extent}, year(s) {years}.{_contradiction(items)}"


def _contradiction(items: list[pystac.Item]) -> str:
    """Return that an item is not where its geometry is, with what to do; nothing if none is so."""
    said = next(((item.id, where) for item in items if (where := misplaced(item))), None)
    return f" Item {said[0]} contradicts itself: {said[1]}. Correct the one that is wrong." if said else ""


def _years(items: list[pystac.Item]) -> list[int]:
    return sorted({item_moment(item).year for item in items})
