"""The names that catalogs give to the bands of Sentinel-2, and where an asset's file lies."""

from __future__ import annotations

import math
import re
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pystac

    from lulc_core.json_types import JsonFields, JsonObject

SCL = "SCL"
"""Asset key of ESA's scene classification."""
ANOTHER = "another"
"""A band that is named, but not as one of Sentinel-2's."""
REFLECTANCE_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
_CALLED = {
    "B01": r"b0?1|coastal([ _-]?aerosol)?",
    "B02": r"b0?2|blue",
    "B03": r"b0?3|green",
    "B04": r"b0?4|red",
    "B05": r"b0?5|red[ _-]?edge[ _-]?(1|071)",
    "B06": r"b0?6|red[ _-]?edge[ _-]?(2|075)",
    "B07": r"b0?7|red[ _-]?edge[ _-]?(3|078)",
    "B08": r"b0?8|nir([ _-]1)?|broad[ _-]?nir",
    "B8A": r"b0?8a|nir[ _-]?0?8|nir[ _-]?2|narrow[ _-]nir|nir[ _-]narrow",
    "B09": r"b0?9|nir09",
    "B10": r"b10|cirrus",
    "B11": r"b11|swir[ _-]?16?",
    "B12": r"b12|swir[ _-]?22?",
    SCL: r"scl",
    ANOTHER: r"(?=[a-z])[ _a-z-]*(edge|narrow)[ _a-z-]*",
}
"""How the bands of Sentinel-2 are called, as regular expressions of lower case: ESA's names, common names of the
extension eo, and those of Digital Earth Africa; ``rededge`` is that of three bands."""
_CENTRES = dict(
    zip(
        REFLECTANCE_BANDS,
        (0.443, 0.490, 0.560, 0.665, 0.704, 0.740, 0.783, 0.842, 0.865, 0.945, 1.375, 1.61, 2.19),
        strict=True,
    )
)
"""Central wavelength of each band, um."""
NANOMETRES = 100
"""Larger wavelengths are nanometres, smaller ones micrometres."""
_WAVELENGTH = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) ?(?:(um|µm|μm|micro)|nm|nano)", re.IGNORECASE)
_BROAD = re.compile(r"broad[ _-]?nir", re.IGNORECASE)
_CLOSE_UM = 0.015
"""A band is meant whose centre is no further off."""
_CLASSES = {
    r"no[ _-]?data|fill": (0,),
    r"satur|defect": (1,),
    r"shadow|shade": (2, 3),
    r"cirrus|cloud": (8, 9, 10),
    r"snow|\bice\b": (11,),
    r"water": (6,),
    r"not[ _-]?veg|non[ _-]?veg|bare|soil": (5,),
    r"veg": (4,),
}
"""Names of classes, the first that is found, and the codes that ESA's scene classification has for them."""
_OF_MANY_NAMES = (2, 7)
"""Its codes that were renamed: dark areas or cast shadows, unclassified or cloud of low probability."""
_PIXELS = {
    **dict.fromkeys(("B02", "B03", "B04", "B08"), 10.0),
    **dict.fromkeys(("B05", "B06", "B07", "B8A", "B11", "B12"), 20.0),
}
"""Edge of a pixel of the bands of land, m."""
_LISTS = ("eo:bands", "raster:bands", "bands")
"""Fields that say something of the bands of an asset, a list with an entry a band."""
_ENDING = re.compile(r"[_-](\d+)m$", re.IGNORECASE)
_PICTURES = {
    "thumbnail",
    "overview",
    "visual",
    "metadata",
    "tci",
    "preview",
    "quicklook",
    "rendered_preview",
}
"""Roles and keys of assets that are no reflectance."""


def band_named(text: str | None) -> str | None:
    """Return which band of Sentinel-2 a text names, as a description in a file does; None for none.

    Of names within one another the longest counts; of several, `ANOTHER`. Without a name a wavelength tells.

    Examples
    --------
    >>> [band_named(name) for name in ("B2", "B04_10m", "SWIR 1", "B8A", "Red Edge 1", "Red Edge", "Band 1", None)]
    ['B02', 'B04', 'B11', 'B8A', 'B05', 'another', None, None]
    >>> [band_named(name) for name in ("Band 1 (490 nm)", "664.6 Nanometers", "1.61 um", "530 nm")]
    ['B02', 'B04', 'B11', 'another']
    """
    found = {
        name: here.span()
        for name, called in _CALLED.items()
        for here in [re.search(rf"(?<![a-z0-9])({called})(?![a-z0-9])", (text or "").casefold())]
        if here
    }
    widest = [
        name
        for name, (start, end) in found.items()
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e in found.values())
    ]
    widest = [name for name in widest if name != ANOTHER] or widest
    if not widest and (said := _WAVELENGTH.search(text or "")):
        um = float(said[1]) / (1 if said[2] else 1000)
        nearest = _nearest(um)
        return nearest if abs(_CENTRES[nearest] - um) < _CLOSE_UM else ANOTHER
    return ANOTHER if len(widest) > 1 else next(iter(widest), None)


def bands_named(texts: Sequence[str | None]) -> list[str | None]:
    """Return which bands the texts of one file name, each as `band_named` does.

    Examples
    --------
    >>> bands_named(["RED", "BROADNIR", "NIR"])
    ['B04', 'B08', 'B8A']
    """
    return [band_named(text) for text in _narrow(texts)]


def _narrow(texts: Sequence[str | None]) -> list[str | None]:
    """Return names of bands that are together, where NIR beside BROADNIR is the narrow one, as FORCE calls them."""
    broad = any(_BROAD.fullmatch(text or "") for text in texts)
    return ["B8A" if broad and (text or "").casefold() == "nir" else text for text in texts]


def name_bands(item: pystac.Item) -> None:
    """Let an item's assets also be found by the names of Sentinel-2's bands, ``B04`` or ``SCL``.

    An asset is recognised by its key (``B04_10m``, ``red``), or by what it or its item says of its bands. Of several
    that are the same band, an exact key comes before another, and the finest resolution before a coarser one. Raises
    `InvalidInputError` if what is said of bands is no list.
    """
    for key, fields in [("the item", item.properties), *((k, asset.extra_fields) for k, asset in item.assets.items())]:
        for field in _LISTS:
            if not isinstance(fields.get(field, []), list | None):
                raise InvalidInputError(
                    f"Item {item.id}: {field} of {key} must be a list of bands; got {str(fields[field])[:60]!r}."
                )
    _complete(item)
    for name, claims in _claims(item).items():
        item.assets.setdefault(name, item.assets[min(claims)[2]])


def _claims(item: pystac.Item) -> dict[str, list[tuple[tuple[int, float], int, str]]]:
    """Return the assets that say they are each band: how well (lower is better), the place in the item, and the key."""
    found: dict[str, list[tuple[tuple[int, float], int, str]]] = {}
    keys = _keys(item)
    for place, (key, plain) in enumerate(zip(keys, _narrow(keys), strict=True)):
        for name, rank in _names(plain or key, item.assets[key]):
            found.setdefault(name, []).append((rank, place, key))
    return found


def misnamed(item: pystac.Item) -> list[str]:
    """Return where the key of an asset and what its file's name or it says of its only band are two bands.

    The key is believed.
    """
    found = []
    for key, band in _own_keys(item).items():
        said = next(((other, how) for other, how in _said(item.assets[key]) if other != band), None)
        if said:
            found.append(f"its asset {key} {said[1]} {said[0]}; used it as {band}.")
    return found


def doubled(item: pystac.Item) -> list[str]:
    """Return where two assets, such as ``B04`` and ``red``, say equally well that they are one band, but are two files.

    So are ``SRE_B4`` and ``FRE_B4`` of MAJA, without and with the correction for slopes.
    """
    found = []
    for band, claims in _claims(item).items():
        used = item.assets[band]
        best, _, other = next(claim for claim in claims if item.assets[claim[2]] is used)
        for rank, _, key in claims:
            ours, theirs = _without_type(used), _without_type(item.assets[key])
            if rank == best and ours != theirs:
                files = f"{PurePath(ours).name} and {PurePath(theirs).name}"
                found.append(f"its assets {other} and {key} are both {band}, but two files ({files}); used {other}.")
    return found


def coarser(item: pystac.Item) -> list[str]:
    """Return that bands come in larger pixels than Sentinel-2 has, as far as the item says it."""
    said = {
        band: _pixel(key, item.assets[key])
        for key, band in _own_keys(item).items()
        if item.assets[band] is item.assets[key]
    }
    found = [f"{band} of {pixel:g} m" for band, pixel in said.items() if pixel > 1.01 * _PIXELS.get(band, math.inf)]
    remark = f"its pixels are larger than Sentinel-2's own ({', '.join(found)}), so that a map shows less."
    return [remark] if found else []


def other_classes(item: pystac.Item) -> str:
    """Return that the scene classification of an item has other classes than ESA's, as it says; empty if it has not."""
    fields = item.assets[SCL].extra_fields if SCL in item.assets else {}
    band = band_of(fields, SCL)
    said = {**fields, **(band[1] if band else {})}.get("classification:classes")
    for one in said if isinstance(said, list) else ():
        code, name = (
            (one.get("value"), one.get("name") or one.get("description")) if isinstance(one, dict) else (None, "")
        )
        codes = next((codes for pattern, codes in _CLASSES.items() if re.search(pattern, str(name), re.IGNORECASE)), ())
        if codes and isinstance(code, int) and code not in (*codes, *_OF_MANY_NAMES):
            return (
                f"has other classes than ESA's: its item says that {code} is {str(name)[:40]!r}, which is "
                f"{' or '.join(map(str, codes))} of ESA's. Use mask none or mask model"
            )
    return ""


def _own_keys(item: pystac.Item) -> dict[str, str]:
    """Return the catalog's own keys that are the name of a band, each with that band."""
    keys = _keys(item)
    named = {key: _exactly(_ENDING.sub("", plain or "")) for key, plain in zip(keys, _narrow(keys), strict=True)}
    return {key: band for key, band in named.items() if band}


def _keys(item: pystac.Item) -> list[str]:
    """Return the catalog's own keys: they come before added ones."""
    first: dict[int, str] = {}
    for key, asset in item.assets.items():
        first.setdefault(id(asset), key)
    return list(first.values())


def _said(asset: pystac.Asset) -> Iterator[tuple[str, str]]:
    """Yield which band an asset is by what is said beside its key, and by what."""
    bands = bands_of(asset.extra_fields)
    only = bands[0] if len(bands) == 1 else {}
    titled = re.findall(r"\bband[ _-]?0?(\d{1,2}a?)\b", asset.title or "", re.IGNORECASE)
    said = {
        "leads to a file that is named after": _band_of_file(asset),
        "says that its band is": _called(only),
        "has the title of": _exactly(f"B{titled[0]}") if len(titled) == 1 else None,
        "has the wavelength of": _band_at(only.get("center_wavelength", only.get("eo:center_wavelength"))),
    }
    yield from ((band, how) for how, band in said.items() if band)


def _band_at(wavelength: object) -> str | None:
    """Return the band whose centre is nearest to a wavelength, um or nm."""
    if isinstance(wavelength, bool) or not isinstance(wavelength, int | float) or not 0 < wavelength < math.inf:
        return None
    return _nearest(wavelength / 1000 if wavelength > NANOMETRES else wavelength)


def _nearest(um: float) -> str:
    return min(_CENTRES, key=lambda band: abs(_CENTRES[band] - um))


def _pixel(key: str, asset: pystac.Asset) -> float:
    """Return how large the pixels of an asset are, m, as it says; 0 where it says nothing that can be."""
    said = [_resolution(key), asset.extra_fields.get("gsd")]
    said += [band.get("spatial_resolution", band.get("gsd")) for band in bands_of(asset.extra_fields)]
    return max((float(n) for n in said if isinstance(n, int | float) and math.isfinite(n)), default=0.0)


def bands_of(asset: JsonFields) -> list[JsonFields]:
    """Return what an asset says of its bands, the fields of all its lists together: ``bands``, ``raster:bands``..."""
    lists = [asset[field] for field in _LISTS if isinstance(asset.get(field), list)]
    count = max(map(len, lists), default=0)
    bands: list[JsonObject] = [{} for _ in range(count)]
    for one in lists:
        for band, fields in zip(bands, one, strict=False):
            band.update(fields if isinstance(fields, dict) else {})
    names = [name if isinstance(name := band.get("name"), str) else None for band in bands]
    return [band | ({"name": name} if name else {}) for band, name in zip(bands, _narrow(names), strict=True)]


def band_of(asset: JsonFields, name: str) -> tuple[int, JsonFields] | None:
    """Return the position, from 1, and the fields of a band in an asset; None if it does not say which it is."""
    bands = bands_of(asset)
    if len(bands) == 1:
        return 1, bands[0]
    return next(((i, band) for i, band in enumerate(bands, 1) if _called(band) == name), None)


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
    resolution = _resolution(key)
    plain = _ENDING.sub("", key).lower()
    last = re.split(r"[_.]", plain)[-1]
    if name := _exactly(plain):
        yield name, (0, resolution)
    elif re.match(r"b\d|scl$", last) and (name := _exactly(last)):
        yield name, (1, resolution)
    if _PICTURES & {*(asset.roles or ()), plain}:
        return
    bands = bands_of(asset.extra_fields)
    for band in bands:
        if name := _called(band):
            yield name, (2 if len(bands) == 1 else 3, resolution)


def _resolution(key: str) -> float:
    """Return the resolution that a key says, m; 0 where it says none."""
    ending = _ENDING.search(key)
    return float(ending[1]) if ending else 0.0


def _without_type(asset: pystac.Asset) -> str:
    """Return where an asset lies, without the type of its file."""
    return str(PurePath(urlparse(asset.href).path).with_suffix(""))


def _band_of_file(asset: pystac.Asset) -> str | None:
    """Return the band that the name of a file ends in, as ``T31UFS_20210601T105031_B04_10m.jp2`` of ESA's."""
    parts = _ENDING.sub("", PurePath(_without_type(asset)).name).split("_")
    said = [part for part in parts if re.fullmatch(r"B\d[\dA]|SCL", part)]
    return _exactly(said[0]) if said == parts[-1:] else None


def _exactly(text: str) -> str | None:
    """Return the band that a whole text is a name of."""
    return next((n for n, called in _CALLED.items() if n != ANOTHER and re.fullmatch(called, text, re.I)), None)


def _called(band: JsonFields) -> str | None:
    """Return the band that the fields of one say it is."""
    said = (str(band.get(field) or "") for field in ("name", "common_name", "eo:common_name"))
    return next(filter(None, map(_exactly, said)), None)


def _complete(item: pystac.Item) -> None:
    """Let the assets of an item say what the item says of their bands (``bands`` of STAC 1.1's common metadata).

    An asset's bands are those of the item with the same names; one without any is the band of its key or, if it is the
    only one, has all of them.
    """
    every = bands_of(item.properties)
    known = {name: band for band in every for name in (band.get("name"), _called(band)) if isinstance(name, str)}
    for key, asset in item.assets.items() if every else ():
        own = bands_of(asset.extra_fields)
        if own:
            bands = [{**known.get(str(band.get("name")), {}), **band} for band in own]
        else:
            key_of = known.get(key) or known.get(_exactly(_ENDING.sub("", key)) or "")
            bands = [dict(key_of)] if key_of else [dict(band) for band in every] if len(item.assets) == 1 else []
        if bands:
            asset.extra_fields["bands"] = bands


def _on_the_web(asset: pystac.Asset) -> Iterator[str]:
    """Yield the asset's alternate addresses that the web serves."""
    alternates = asset.extra_fields.get("alternate")
    for other in alternates.values() if isinstance(alternates, dict) else ():
        href = other.get("href") if isinstance(other, dict) else None
        if isinstance(href, str) and urlparse(href).scheme in ("http", "https"):
            yield href
