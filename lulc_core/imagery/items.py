"""From a STAC item to a `Scene`: what an item must say of itself, and where it says it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import pystac
import shapely.geometry

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.scenes import Scene

if TYPE_CHECKING:
    from pathlib import Path

SHARES = ("eo:cloud_cover", "s2:cloud_shadow_percentage", "s2:nodata_pixel_percentage")
"""Properties of an item, %; the last two count as 0 where an item does not have them."""
_OFFSET_SINCE = 4.0
"""First processing baseline whose digital numbers carry an offset of 1000."""


def scene_from_item(item: pystac.Item) -> Scene:
    """Read a Sentinel-2 L2A item as a `Scene`.

    The offset follows the processing baseline, never the date: reprocessed old scenes carry it too.

    Raises
    ------
    InvalidInputError
        If the item lacks its geometry, date, cloud cover, tile or processing baseline, naming which.
    """
    p = item.properties
    baseline = p.get("s2:processing_baseline") or _in_text(item.id, r"_N(\d\d)(\d\d)_", "{}.{}")
    tile = (
        p.get("s2:mgrs_tile")
        or str(p.get("grid:code", "")).removeprefix("MGRS-")
        or _in_text(item.id, r"_T(\d\d[A-Z]{3})")
    )
    needed = {"eo:cloud_cover": p.get("eo:cloud_cover"), "s2:processing_baseline": baseline, "s2:mgrs_tile": tile}
    missing = [name for name, value in needed.items() if value in (None, "")]
    if missing or item.geometry is None:
        raise InvalidInputError(
            f"Item {item.id} lacks {', '.join(missing or ['its geometry'])}; a Sentinel-2 L2A item has them."
        )
    cloud_cover, cloud_shadow, nodata = _read_shares(item)
    moment = item_moment(item)
    applied = p.get("earthsearch:boa_offset_applied", False)
    return Scene(
        id=item.id,
        datetime=moment,
        mgrs_tile=str(tile),
        cloud_cover=cloud_cover,
        cloud_shadow=cloud_shadow,
        nodata=nodata,
        boa_offset=-1000 if _read_baseline(baseline, item.id) >= _OFFSET_SINCE and not applied else 0,
        footprint=shapely.geometry.shape(item.geometry),
        hrefs={key: asset.href for key, asset in item.assets.items()},
        acquisition=_acquisition(item, moment.strftime("%Y%m%dT%H%M%S")),
        strip=_in_text(str(p.get("s2:datastrip_id", "")), r"_S(\d{8}T\d{6})"),
        processed=f"{baseline} {p.get('s2:generation_time', '')}",
        simulated=bool(p.get("lulc:simulated", False)),
    )


def read_item(feature: object, folder: Path | None) -> pystac.Item:
    """Return an item of its JSON, its assets' addresses made absolute against a folder."""
    try:
        item = pystac.Item.from_dict(feature)  # type: ignore[arg-type]  # what is no dict, pystac refuses
    except Exception as error:  # pystac raises whatever the first wrong field makes Python raise
        name = feature.get("id") if isinstance(feature, dict) else feature
        raise InvalidInputError(f"Item {name} is not a STAC item: {error!r}.") from error
    if folder is not None:
        for asset in item.assets.values():
            if not urlparse(asset.href).scheme:
                asset.href = str((folder / asset.href).resolve())
    return item


def item_moment(item: pystac.Item) -> datetime:
    """Return when an item was sensed, UTC; raises `InvalidInputError` if it does not say."""
    moment = item.datetime or item.common_metadata.start_datetime
    if moment is None:
        raise InvalidInputError(f"Item {item.id} has no date; a Sentinel-2 L2A item has `datetime`.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def item_crs(item: pystac.Item) -> str:
    """Return the CRS of an item as ``EPSG:32631``; empty if it does not say."""
    epsg = item.properties.get("proj:epsg")
    return f"EPSG:{epsg}" if epsg else item.properties.get("proj:code") or ""


def _read_shares(item: pystac.Item) -> list[float]:
    """Return the values of `SHARES`, %."""
    values = [item.properties.get(name) or 0 for name in SHARES]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and 0 <= v <= 100 for v in values):
        stated = [item.properties.get(name) for name in SHARES]
        raise InvalidInputError(f"Item {item.id}: {', '.join(SHARES)} must be percentages; got {stated}.")
    return [float(v) for v in values]


def _read_baseline(baseline: object, item_id: str) -> float:
    try:
        return float(str(baseline))
    except ValueError:
        raise InvalidInputError(
            f"Item {item_id} has the processing baseline {baseline!r}; expected a number such as 04.00."
        ) from None


def _acquisition(item: pystac.Item, moment: str) -> str:
    """Name the datatake: its identifier without the baseline it was processed by."""
    datatake = item.properties.get("s2:datatake_id")
    return datatake.rpartition("_N")[0] if datatake else f"{item.properties.get('platform', '')}_{moment}"


def _in_text(text: str, pattern: str, form: str = "{}") -> str:
    """Return what a pattern finds in a text, formatted; empty if nothing."""
    found = re.search(pattern, text)
    return form.format(*found.groups()) if found else ""
