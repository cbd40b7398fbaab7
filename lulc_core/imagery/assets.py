"""The names that catalogs give to the bands of Sentinel-2, and where an asset's file lies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pystac

SCL = "SCL"
"""Asset key of ESA's scene classification."""
REFLECTANCE_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
_COMMON_NAMES = {
    "coastal": "B01",
    "blue": "B02",
    "green": "B03",
    "red": "B04",
    "rededge071": "B05",
    "rededge075": "B06",
    "rededge078": "B07",
    "nir": "B08",
    "nir08": "B8A",
    "nir09": "B09",
    "cirrus": "B10",
    "swir16": "B11",
    "swir22": "B12",
}
"""Common names of the extension eo; ``rededge`` is that of three bands and names none."""
_KEYS = {
    **{name.lower(): name for name in (*REFLECTANCE_BANDS, SCL)},
    **_COMMON_NAMES,
    "rededge1": "B05",
    "rededge2": "B06",
    "rededge3": "B07",
}
"""Asset keys in lower case, without their ending, to names."""
_ENDING = re.compile(r"[_-](\d+)m$", re.IGNORECASE)
_NO_DATA_ROLES = {"thumbnail", "overview", "visual", "metadata"}


def name_bands(item: pystac.Item) -> None:
    """Let an item's assets also be found by the names of Sentinel-2's bands, ``B04`` or ``SCL``.

    An asset is recognised by its key (``B04_10m``, ``red``), the name of its only band, or its common name. Of
    several that are the same band, an exact key comes before another, and the finest resolution before a coarser one.
    """
    found: dict[str, tuple[tuple[int, float], pystac.Asset]] = {}
    for key, asset in item.assets.items():
        for name, rank in _names(key, asset):
            if name not in found or rank < found[name][0]:
                found[name] = rank, asset
    for name, (_, asset) in found.items():
        item.assets.setdefault(name, asset)


def bands_of(asset: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what an asset says of its bands, the fields of all its lists together: ``bands``, ``raster:bands``..."""
    lists = [v for v in (asset.get(k) for k in ("eo:bands", "raster:bands", "bands")) if isinstance(v, list)]
    count = max(map(len, lists), default=0)
    bands: list[dict[str, Any]] = [{} for _ in range(count)]
    for one in lists:
        for band, fields in zip(bands, one, strict=False):
            band.update(fields if isinstance(fields, dict) else {})
    return list(bands)


def address(asset: pystac.Asset, folder: Path | None) -> str:
    """Return where an asset lies: an address of the web where it has one, or a path below a catalog's folder.

    A path is taken as it is written if there is such a file, else with its %20 decoded.
    """
    parts = urlparse(asset.href)
    if folder is None:
        return asset.href if parts.scheme in ("http", "https") else next(_on_the_web(asset), asset.href)
    if parts.scheme not in ("", "file"):
        return asset.href
    written = parts.path if parts.scheme else asset.href
    paths = [(folder / text).resolve() for text in (written, unquote(written))]
    return str(next((path for path in paths if path.is_file()), paths[0]))


def _names(key: str, asset: pystac.Asset) -> Iterator[tuple[str, tuple[int, float]]]:
    """Yield the band that an asset is, if it is one, and how well that is said: lower is better."""
    ending = _ENDING.search(key)
    resolution = float(ending[1]) if ending else 0.0
    plain = _ENDING.sub("", key).lower()
    if plain in _KEYS:
        yield _KEYS[plain], (0, resolution)
    elif (last := re.split(r"[_.]", plain)[-1]) in _KEYS and last not in _COMMON_NAMES:
        yield _KEYS[last], (1, resolution)
    bands = bands_of(asset.extra_fields)
    if len(bands) != 1 or _NO_DATA_ROLES & set(asset.roles or ()):
        return
    for field in ("name", "common_name", "eo:common_name"):
        said = str(bands[0].get(field, "")).lower()
        if said in _KEYS:
            yield _KEYS[said], (2, resolution)


def _on_the_web(asset: pystac.Asset) -> Iterator[str]:
    """Yield the asset's alternate addresses that the web serves."""
    alternates = asset.extra_fields.get("alternate")
    for other in alternates.values() if isinstance(alternates, dict) else ():
        href = other.get("href") if isinstance(other, dict) else None
        if isinstance(href, str) and urlparse(href).scheme in ("http", "https"):
            yield href
