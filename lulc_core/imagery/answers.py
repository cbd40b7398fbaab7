"""The items of a catalog: read from a local file, asked of a STAC API, or of its answer that was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError, NotFoundError, UnreachableError
from lulc_core.home import from_home
from lulc_core.imagery.access import public
from lulc_core.imagery.catalogs import CATALOGS, MOST_BYTES, address_of, is_address
from lulc_core.imagery.kept_searches import Question, SearchRecord, without_pictures
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from datetime import date

    from lulc_core.json_types import JsonObject
    from lulc_core.regions import Region


def items_of(
    region: Region,
    when: int | date,
    catalog: str | Path,
    collection: str,
    timeout: float,
    fallback: str | None,
    *,
    refresh: bool,
) -> tuple[list[JsonObject], Path | None, SearchRecord | None]:
    """Return the items that may touch a region, and the folder of a local catalog or which API gave them."""
    if fallback is not None and not is_address(fallback):
        raise InvalidInputError(
            f"fallback must be the address of a STAC API, {' or '.join(CATALOGS)}; got {public(fallback)[:80]!r}."
        )
    if not is_address(catalog):
        return read_features(Path(catalog)), folder_of(catalog), None
    try:
        features, record = _of_api(region, when, catalog, collection, timeout, refresh=refresh)
    except UnreachableError as error:
        if fallback is None and (other := _another(catalog)):
            raise UnreachableError(f"{error} {other}") from error
        if fallback is None:
            raise
        try:
            features, record = _of_api(region, when, fallback, collection, timeout, refresh=refresh)
        except UnreachableError as again:
            raise UnreachableError(f"{error} Nor did the other catalog answer. {again}") from again
        record = replace(record, instead_of=str(error))
    return features, None, record


def _of_api(
    region: Region, when: int | date, catalog: str | Path, collection: str, timeout: float, *, refresh: bool
) -> tuple[list[JsonObject], SearchRecord]:
    """Return the items of an API, or those that it gave within a day."""
    from lulc_core.imagery.stac_api import search_api  # its client loads slowly, and local catalogs need none

    question = Question.of(address_of(catalog), collection, region, when)
    record = SearchRecord(catalog=public(question.address), asked=datetime.now(UTC))
    if not refresh and (known := question.recall()):
        features, asked = known
        return features, replace(record, asked=asked, kept=True)
    features = [without_pictures(feature) for feature in search_api(region, when, catalog, collection, timeout)]
    if isinstance(when, int):  # days are asked for by the thousand, and each once
        question.keep(features, record.asked)
    return features, record


def _another(catalog: str | Path) -> str:
    """Return that a catalog with a name has a like; nothing for others."""
    others = [name for name in CATALOGS if address_of(name) != address_of(catalog)]
    named = address_of(catalog) in map(address_of, CATALOGS)
    return f"The catalog {' or '.join(map(repr, others))} has the same scenes." if named and others else ""


def items_file(path: Path) -> Path:
    """Return the file of a local catalog, which is itself or lies in it; raises `NotFoundError` if there is none."""
    path = from_home(path)
    path = path / "items.json" if path.is_dir() else path
    if not path.is_file():
        raise NotFoundError(
            f"No catalog at {path}. Expected the address of a STAC API, an items.json (a STAC ItemCollection), "
            "or a folder that has one."
        )
    return path


def read_features(catalog: Path) -> list[Any]:
    """Return the items of a local catalog as their JSON."""
    features: list[Any] = _read_collection(catalog)["features"]
    return features


def left_on_other_pages(catalog: Path) -> list[InvalidInputError]:
    """Return what a local catalog says to lack: it may be one page of a search that was saved."""
    collection = _read_collection(catalog)
    there, context = len(collection["features"]), collection.get("context")
    said = [collection.get("numberMatched"), context.get("matched") if isinstance(context, dict) else None]
    matched = max((n for n in said if isinstance(n, int)), default=there)
    links: Any = collection.get("links")
    pages = links if isinstance(links, list) else []
    goes_on = any(isinstance(link, dict) and link.get("rel") == "next" for link in pages)
    if matched <= there and not goes_on:
        return []
    what = f"{there:,} of {matched:,} items" if matched > there else f"{counted(there, 'item')} and a link to more"
    return [InvalidInputError(f"{items_file(catalog)} has {what}: it is one page of a search. Save all its pages.")]


def _read_collection(catalog: Path) -> JsonObject:
    """Return a local catalog, an ItemCollection with at least one item."""
    path = items_file(catalog)
    collection: Any = read_json(path, most_bytes=MOST_BYTES, nan=True)
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
        raise InvalidInputError(f"{path} is not a STAC ItemCollection: it has no type FeatureCollection.")
    features = collection.get("features")
    if not isinstance(features, list) or not features:
        raise NotFoundError(f"{path} holds no items.")
    return collection


def folder_of(catalog: str | Path) -> Path:
    """Return the folder that the asset hrefs of a local catalog are relative to."""
    return items_file(Path(catalog)).resolve().parent
