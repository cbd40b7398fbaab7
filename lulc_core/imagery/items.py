"""From a STAC item to a `Scene`: what an item must say of itself, and where it says it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import pystac
import shapely
import shapely.geometry

from lulc_core.errors import InvalidInputError, LulcError
from lulc_core.imagery.assets import (
    REFLECTANCE_BANDS,
    SCL,
    address,
    band_of,
    coarser,
    doubled,
    misnamed,
    name_bands,
    other_classes,
)
from lulc_core.imagery.radiometry import BASELINE_OFFSET, offset_applied, read_no_data, read_radiometry, remarks_on
from lulc_core.imagery.scenes import Scene
from lulc_core.imagery.shares import read_shares
from lulc_core.regions import cut_at_antimeridian

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from lulc_core.json_types import JsonFields

_LEVEL_1 = re.compile(
    r"(?:^|[^0-9])1[ABC]\b|MSI1[ABC]|_MSIL1[ABC]_|l1[abc]$|(?:^|/)S2(?:_HARMONIZED)?(?:/|$)", re.IGNORECASE
)
"""Level-1 in the words of ESA, and the collections of the Earth Engine, where L2A is ``S2_SR``."""
_AT_THE_TOP = re.compile(r"(top[ _-]of[ _-](?:the[ _-])?atmosphere|\bTOA\b)", re.IGNORECASE)
_OTHER_MISSION = re.compile(
    r"landsat|modis|viirs|(?:sentinel|^s)[-_ ]?[13-6](?![0-9])|planetscope|skysat", re.IGNORECASE
)
"""Satellites that are not Sentinel-2, as platform or constellation name them."""
_SENSED = re.compile(r"(?:MSIL2A_|GS2[A-D]_|S2[A-D]_\d\d[A-Z]{3}_|^(?:T\d\d[A-Z]{3}_)?)(\d{8})(?:T\d{6})?_")
"""The day of sensing in the name of a product, a datatake or the file of a band, as ESA and Earth Search form them."""
_SATELLITE = re.compile(r"(?:^|[^A-Za-z]|G)S(?:ENTINEL)?[-_ ]?2([A-D])(?![A-Za-z])", re.IGNORECASE)
_WIDEST = 540.0
"""Longitudes beyond 180 occur where a footprint crosses the antimeridian; none lies farther."""
_LONGEST = timedelta(days=1)
"""A scene is sensed in minutes."""
DATE_ONLY = "its datetime is midnight, so a date without a time: items of one date are one pass, and count once."
"""Remark on a time at which nothing is sensed where people live."""
_OFFSET_SINCE = 4.0
"""First processing baseline whose digital numbers carry an offset of 1000."""
_NO_BASELINE = 10.0
"""ESA's baselines lie below: 05.11 in 2025."""


def scene_from_item(item: pystac.Item) -> Scene:
    """Read a Sentinel-2 L2A item as a `Scene`.

    The offset follows the processing baseline, never the date: reprocessed old scenes carry it too.

    Raises
    ------
    InvalidInputError
        If the item lacks its geometry, date, cloud cover, tile or processing baseline, naming which; if a field is
        not what it should be, or the product is Level-1.
    """
    with _reading(item.id):
        return _scene(item)


def _scene(item: pystac.Item) -> Scene:
    p = item.properties
    _refuse_other_mission(item)
    _refuse_level_1(item)
    baseline, tile = _read_identity(item)
    shares = read_shares(item)
    moment = item_moment(item)
    since = BASELINE_OFFSET if _read_baseline(baseline, item.id) >= _OFFSET_SINCE else 0
    applied = offset_applied(item)
    stated = read_radiometry(item)
    remarks = [*_other_baselines(item, baseline), *remarks_on(item, stated, since), *misnamed(item), *doubled(item)]
    remarks += [*coarser(item), *shares.remarks, *_other_date(item, moment)]
    if applied is None and not any(said.offset is not None for said in stated.values()):
        remarks += _unknown_baseline(item, baseline)
    remarks += [DATE_ONLY] if moment.time() == time() else []
    if applied:
        stated = {band: replace(said, offset=0.0) for band, said in stated.items()}
    return Scene(
        id=item.id,
        datetime=moment,
        mgrs_tile=tile,
        cloud_cover=shares.values["cloud_cover"],
        cloud_shadow=shares.values["cloud_shadow"],
        nodata=shares.values["nodata"],
        shares_said=shares.said,
        boa_offset=0 if applied else since,
        radiometry=stated,
        remarks=tuple(remarks),
        footprint=footprint_of(item),
        hrefs={key: asset.href for key, asset in item.assets.items()},
        positions=_positions(item),
        no_data=read_no_data(item),
        refused={SCL: other} if (other := other_classes(item)) else {},
        acquisition=_acquisition(item, moment.strftime("%Y%m%dT%H%M%S")),
        satellite=_satellite(item),
        strip=_in_text(str(p.get("s2:datastrip_id", "")), r"_S(\d{8}T\d{6})"),
        processed=f"{baseline} {p.get('s2:generation_time', '')}",
        simulated=bool(p.get("lulc:simulated", False)),
    )


def read_item(feature: object, folder: Path | None) -> pystac.Item:
    """Return an item of its JSON, its bands named as Sentinel-2's and their addresses absolute.

    Parameters
    ----------
    feature
        The item, as JSON.
    folder
        What relative addresses are relative to; None for the item of an API.
    """
    name = feature.get("id") if isinstance(feature, dict) else feature
    with _reading(name, "is not a STAC item"):
        if isinstance(name, int):
            feature = {**feature, "id": str(name)}  # type: ignore[dict-item]
        elif isinstance(feature, dict) and not (name and isinstance(name, str)):
            raise InvalidInputError(f"An item has no identifier: expected text in `id`; got {str(name)[:80]!r}.")
        if isinstance(feature, dict):
            feature |= {field: [] for field in ("links", "stac_extensions") if feature.get(field) is None}
            _refuse_other_date(feature, name)
            _refuse_replaced(feature, name)
        item = pystac.Item.from_dict(feature)  # type: ignore[arg-type]  # what is no dict, pystac refuses
        for asset in item.assets.values():
            asset.href = address(asset, folder)
        name_bands(item)
    return item


def _refuse_other_date(feature: JsonFields, name: object) -> None:
    moment = feature["properties"].get("datetime")
    with contextlib.suppress(Exception):  # whatever the library raises for what is no date
        if moment is None or pystac.utils.str_to_datetime(moment):
            return
    raise InvalidInputError(
        f"Item {str(name)[:100]}: datetime must be as 2021-06-01T10:50:31Z, UTC; got {str(moment)[:40]!r}."
    )


def _refuse_replaced(feature: JsonFields, name: object) -> None:
    """Refuse an item that its catalog has given up: beside its successor it would count twice."""
    if str(feature["properties"].get("deprecated")).lower() == "true":
        links = [link for link in feature["links"] if isinstance(link, dict)]
        new = [str(link.get("href")) for link in links if link.get("rel") in ("successor-version", "latest-version")]
        done = f"replaced it by {PurePath(urlparse(new[0]).path).stem[:80]}" if new else "withdrawn it"
        raise InvalidInputError(f"Item {str(name)[:100]} is deprecated: its catalog has {done}.")


def footprint_of(item: pystac.Item) -> BaseGeometry:
    """Return the outline of an item in degrees, cut at the antimeridian; raises `InvalidInputError` if it has none."""
    if item.geometry is None:
        raise InvalidInputError(f"Item {item.id} lacks its geometry; a Sentinel-2 L2A item has it.")
    with _reading(item.id, "has an invalid geometry"):
        shape = shapely.geometry.shape(item.geometry)
        if shape.is_empty or not abs(shapely.get_coordinates(shape)).max() <= _WIDEST:
            raise InvalidInputError(
                f"Item {item.id} has an invalid geometry: expected longitudes and latitudes in degrees; "
                f"got {str(item.geometry)[:80]}."
            )
        return cut_at_antimeridian(shapely.make_valid(shape))


@contextlib.contextmanager
def _reading(name: object, problem: str = "cannot be read") -> Iterator[None]:
    """Turn what a wrong field makes Python, pystac or shapely raise into an error that names the item."""
    try:
        yield
    except LulcError:
        raise
    except Exception as error:  # whatever the first wrong field makes the libraries raise
        said = f"{type(error).__name__}: {error}"
        raise InvalidInputError(f"Item {str(name)[:100]} {problem}: {said[:200]}.") from error


def _refuse_other_mission(item: pystac.Item) -> None:
    for key in ("platform", "constellation"):
        said = str(item.properties.get(key) or "")
        if _OTHER_MISSION.search(said) and not _SATELLITE.search(said):
            raise InvalidInputError(f"Item {item.id} is of {said[:40]} ({key}), not Sentinel-2 L2A.")


def _refuse_level_1(item: pystac.Item) -> None:
    p = item.properties
    said = {key: p.get(key) for key in ("processing:level", "s2:product_type", "product:type", "productType")}
    said |= {"id": item.id, "collection": item.collection_id}
    for band in REFLECTANCE_BANDS:
        if (asset := item.assets.get(band)) is not None:
            level, title = asset.extra_fields.get("processing:level"), asset.title
            said |= {f"processing:level of {band}": level, f"title of {band}": _in_text(str(title), _AT_THE_TOP)}
    for key, value in said.items():
        if value and (_LEVEL_1.search(str(value)) or _AT_THE_TOP.search(str(value))):
            raise InvalidInputError(
                f"Item {item.id} is Level-1, top of atmosphere ({key}: {value}), not L2A, surface reflectance."
            )


def _other_baselines(item: pystac.Item, baseline: str) -> list[str]:
    """Return where an item names another baseline whose offset differs, as in ESA's name of the product."""
    new = _read_baseline(baseline, item.id) >= _OFFSET_SINCE
    said = {"id": item.id, **{key: str(item.properties.get(key, "")) for key in ("s2:product_uri", "s2:granule_id")}}
    named = {key: _in_text(text, r"_N(\d\d)\.?(\d\d)(?:_|\.|$)", "{}.{}") for key, text in said.items()}
    named["processing:version"] = _in_text(str(item.properties.get("processing:version", "")), r"^(\d\d\.\d\d)$")
    return [
        f"its processing baseline is {baseline}, but its {key} says {other}, whose offset is another; used {baseline}."
        for key, other in named.items()
        if other and (float(other) >= _OFFSET_SINCE) != new
    ][:1]


def _unknown_baseline(item: pystac.Item, baseline: str) -> list[str]:
    """Return that a baseline is none of ESA's, where nothing else says whether an offset is in the values."""
    if _read_baseline(baseline, item.id) < _NO_BASELINE:
        return []
    told = (
        f"its processing baseline is {baseline}, which is none of ESA's (Sen2Cor writes 99.99 where users run it), so "
        f"nothing says whether their offset is in its values; used {BASELINE_OFFSET}. Write scale and offset into "
        "raster:bands."
    )
    return [told]


def _other_date(item: pystac.Item, moment: datetime) -> list[str]:
    """Return where an item, by its names or its files', was sensed on another day; refuse it if in another year."""
    said = {"id": item.id, **{key: str(item.properties.get(key, "")) for key in ("s2:product_uri", "s2:datatake_id")}}
    said |= {f"file of {key}": PurePath(urlparse(asset.href).path).name for key, asset in item.assets.items()}
    for key, text in said.items():
        if (day := _day(_in_text(text, _SENSED))) is None or day - _LONGEST <= moment <= day + 2 * _LONGEST:
            continue
        both = f"its datetime is {moment:%Y-%m-%d}, but its {key} says {day:%Y-%m-%d}"
        if day.year != moment.year:
            raise InvalidInputError(f"Item {item.id} is of two years: {both}. Correct the one that is wrong.")
        return [f"{both}; used the datetime."]
    return []


def _day(digits: str) -> datetime | None:
    """Return a day written as ``20180705``, UTC; None for what is no day."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)
    return None


def item_moment(item: pystac.Item) -> datetime:
    """Return when an item was sensed, UTC; raises `InvalidInputError` if it does not say."""
    with _reading(item.id, "has an invalid date"):
        start, end = item.common_metadata.start_datetime, item.common_metadata.end_datetime
        moment = item.datetime or start
        if moment is None:
            raise InvalidInputError(f"Item {item.id} has no date; a Sentinel-2 L2A item has `datetime`.")
        if item.datetime is None and start and end and end - start > _LONGEST:
            raise InvalidInputError(
                f"Item {item.id} covers {start:%Y-%m-%d} to {end:%Y-%m-%d}: a composite, not one scene. Choose a "
                "Sentinel-2 L2A collection."
            )
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_identity(item: pystac.Item) -> tuple[str, str]:
    """Return processing baseline and tile, of properties or of ESA's name of the product.

    Raises
    ------
    InvalidInputError
        If they, the cloud cover or the geometry are missing.
    """
    p = item.properties
    baseline = (
        p.get("s2:processing_baseline")
        or p.get("sentinel:processing_baseline")
        or _in_text(f"{item.id} {p.get('sentinel:product_id')} {p.get('s2:product_uri')}", r"_N(\d\d)(\d\d)_", "{}.{}")
        or _in_text(str(p.get("processing:version", "")), r"^(\d\d\.\d\d)$")
    )
    tile = (
        p.get("s2:mgrs_tile")
        or str(p.get("grid:code", "")).removeprefix("MGRS-")
        or str(p.get("odc:region_code", ""))
        or _in_text(item.id, r"_T?(\d\d[A-Z]{3})(?:_|$)")
    )
    needed = {"eo:cloud_cover": p.get("eo:cloud_cover"), "s2:processing_baseline": baseline, "s2:mgrs_tile": tile}
    missing = [name for name, value in needed.items() if value in (None, "")]
    if missing or item.geometry is None:
        raise InvalidInputError(
            f"Item {item.id} lacks {', '.join(missing or ['its geometry'])}; a Sentinel-2 L2A item has them."
        )
    return str(baseline), str(tile)


def _positions(item: pystac.Item) -> dict[str, int]:
    """Return where in its file each band is, from 1, as far as the item says it."""
    named = {key: band_of(item.assets[key].extra_fields, key) for key in REFLECTANCE_BANDS if key in item.assets}
    return {key: found[0] for key, found in named.items() if found}


def _read_baseline(baseline: object, item_id: str) -> float:
    """Return a baseline as a number: of ``04.00``, ``4``, ``0400`` or ``N0400`` 4, of the number 212 2.12."""
    found = re.fullmatch(r"N?(\d{1,2}?)(\.\d\d?|\d\d)?", str(baseline).strip())
    if not found:
        raise InvalidInputError(
            f"Item {item_id} has the processing baseline {baseline!r}; expected a number such as 04.00."
        )
    return float(f"{found[1]}.{(found[2] or '0').lstrip('.')}")


def _acquisition(item: pystac.Item, moment: str) -> str:
    """Name the datatake: its identifier without the baseline it was processed by."""
    datatake = item.properties.get("s2:datatake_id")
    return datatake.rpartition("_N")[0] if datatake else f"{item.properties.get('platform', '')}_{moment}"


def _satellite(item: pystac.Item) -> str:
    """Return the letter of the satellite, as its platform, its name or its datatake says; empty if none does."""
    said = (item.properties.get("platform"), item.id, item.properties.get("s2:datatake_id"))
    found = (_in_text(str(text), _SATELLITE).upper() for text in said if text)
    return next(filter(None, found), "")


def _in_text(text: str, pattern: str | re.Pattern[str], form: str = "{}") -> str:
    """Return what a pattern finds in a text, formatted; empty if nothing."""
    found = re.search(pattern, text)
    return form.format(*found.groups()) if found else ""
