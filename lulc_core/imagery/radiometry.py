"""From the numbers in a file to reflectance: what item, file and processing baseline say, and who is believed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.assets import REFLECTANCE_BANDS, SCL, band_of
from lulc_core.imagery.fetching import RefusedError
from lulc_core.imagery.scenes import Radiometry
from lulc_core.valid_pixels import read_valid, scale_and_offset

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pystac
    import rasterio

    from lulc_core.imagery.scenes import Scene
    from lulc_core.json_types import JsonObject

DN_PER_REFLECTANCE = 10_000
BASELINE_OFFSET = -1000
"""What to add to the digital numbers of a product whose baseline carries an offset."""
MOST_REFLECTANCE = 2.0
"""Floats of which 99 % lie below are reflectance; digital numbers lie far above."""
LEAST_NUMBER = 200.0
"""Floats of which 99 % lie below, and not within `MOST_REFLECTANCE`, are no digital numbers: per cent, perhaps."""
SATURATED_DN = 65_535
"""Digital number of a saturated pixel: no reflectance."""
LEAST_FLOAT = -1.0
"""Lower floats are no reflectance, and mean no data."""
MOST_FLOAT = 1e6
"""Higher floats, as stored, are no reflectance in any scale: fill values such as netCDF's 9.97e36, and infinity."""
SAMPLE_PX = 256
_PER_CENT = re.compile(r"\s*(%|per ?cent|pct)\s*", re.IGNORECASE)
"""Unit of reflectance in which 100 is white."""
_RADIANCE = re.compile(r"\bw(att)?s?\b.*\b(sr|steradian)", re.IGNORECASE)
"""Unit of what is no reflectance."""
_ADDED = re.compile(r"(\w+:)?boa_add_offset", re.IGNORECASE)
"""ESA's name of the offset in digital numbers."""

_HARMONISED = re.compile(r"(?<!un)(?<!no[nt][-_ ])harmoni[sz]ed", re.IGNORECASE)
"""How products are called whose offset has been taken out, so that they are as older ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValues:
    """What a file says of its values."""

    kind: str
    """Name of their type, as ``uint16``."""
    said: Radiometry
    """Scale and offset of its own tags."""
    middle: float = 0.0
    """Median of a sample of floats that may be data; 0 of integers and where there is no data."""
    high: float = 0.0
    """Their 99th percentile."""

    @property
    def floats(self) -> bool:
        """Whether they are floating-point numbers."""
        return self.kind.startswith("float")


def read_radiometry(item: pystac.Item) -> dict[str, Radiometry]:
    """Return what an item says of its reflectance bands (``raster:bands`` or ``bands``), by band.

    Raises
    ------
    InvalidInputError
        For a scale or offset that is not a number.
    """
    found = {key: _stated(item, key) for key in REFLECTANCE_BANDS if key in item.assets}
    return {key: said for key, said in found.items() if said != Radiometry()}


def remarks_on(item: pystac.Item, stated: Mapping[str, Radiometry], baseline_offset: int) -> list[str]:
    """Return where an item contradicts itself about the offset, each with both statements and who is believed.

    An offset that has been taken out of the files may be declared as it was or as 0: Earth Search does the former.
    """
    flag, name, of_baseline = _flag(item), _harmonised(item), baseline_offset / DN_PER_REFLECTANCE
    remarks = [f"{name}, but its boa_offset_applied is false; used the flag."] if name and flag is False else []
    applied = offset_applied(item)
    expected = (0.0, of_baseline) if flag else (0.0,) if applied else (of_baseline,)
    differing = {
        key: said.offset
        for key, said in stated.items()
        if said.offset is not None and not any(math.isclose(said.offset, e, abs_tol=1e-6) for e in expected)
    }
    if not differing:
        return remarks
    band, offset = next(iter(differing.items()))
    bands = f"its bands say an offset of {offset:g} ({band})"
    if applied:
        said = "its boa_offset_applied is true" if flag else name
        used = "the flag" if flag else "the name"
        return [*remarks, f"{said}, but {bands}; used {used}: nothing is taken off."]
    false = " and its boa_offset_applied is false" if flag is False else ""
    stands = f"its processing baseline stands for an offset of {of_baseline:g}"
    return [*remarks, f"{stands}{false}, but {bands}; used {offset:g}."]


def offset_applied(item: pystac.Item) -> bool | None:
    """Return whether an item says that the offset has been taken out of its files; None if it does not say.

    Its flag says so, or else its name or that of its collection, as ``S2_SR_HARMONIZED`` of the Earth Engine.
    """
    flag = _flag(item)
    return True if flag is None and _harmonised(item) else flag


def _flag(item: pystac.Item) -> bool | None:
    said = [item.properties.get(f"{catalog}:boa_offset_applied") for catalog in ("earthsearch", "sentinel")]
    known = [str(value).lower() in ("true", "1") for value in said if value is not None]
    return known[0] if known else None


def _harmonised(item: pystac.Item) -> str:
    """Return that a name says that later products are as those of before the offset; empty if none does."""
    names = {"collection": item.collection_id, "id": item.id, "title": item.properties.get("title")}
    return next((f"its {key} is {str(name)[:60]}" for key, name in names.items() if _HARMONISED.search(str(name))), "")


def is_corrected(scene: Scene) -> bool:
    """Return whether an offset is taken out of a scene's bands, by what its item or its baseline says."""
    said = [each.offset for each in scene.radiometry.values() if each.offset is not None]
    return any(said) if said else scene.boa_offset != 0


def examine(image: rasterio.DatasetReader, band: int, *, no_data: float | None = None) -> StoredValues:
    """Return what an open file says of the values of a band (from 1), of which its item says `no_data`."""
    kind = image.dtypes[band - 1]
    scale, offset = scale_and_offset(image, band)
    by = _of_unit(image.units[band - 1], f"Band {band} of the file")
    scale, offset = scale * by, offset * by
    said = Radiometry() if (scale, offset) == (1.0, 0.0) else Radiometry(scale=scale, offset=offset or None)
    middle, high = _middle_and_high(image, band, no_data) if kind.startswith("float") else (0.0, 0.0)
    return StoredValues(kind=kind, said=said, middle=middle, high=high)


def calibration(scene: Scene, band: str, file: StoredValues) -> tuple[float, float]:
    """Return scale and offset that make reflectance of a band's stored values.

    What the item says goes before the tags of the file, and both before the processing baseline. Integers with scale 1
    are digital numbers: many tools write that where nothing is known.

    Raises
    ------
    RefusedError
        If nothing says what the values are: bytes, floats that are neither reflectance nor digital numbers, or
        reflectance of which nothing says whether the offset of its baseline has been taken out.
    """
    item = scene.radiometry.get(band, Radiometry())
    scale = file.said.scale if item.scale is None else item.scale
    offset = file.said.offset if item.offset is None else item.offset
    mixed = file.middle <= MOST_REFLECTANCE < file.high  # reflectance with a fill value, such as 9999
    neither = MOST_REFLECTANCE < file.high < LEAST_NUMBER
    unsaid = scale is None and (file.kind in ("uint8", "int8") or mixed or neither)
    if unsaid or file.kind.startswith("complex"):
        half = f", half of them up to {file.middle:g} only" if mixed else ""
        what = f"floats up to {file.high:g}{half}" if file.floats else file.kind
        raise RefusedError(
            f"{band} holds {what}, neither reflectance of 0-1 nor digital numbers "
            f"({DN_PER_REFLECTANCE:,} x reflectance), and neither its item nor the file says a scale. Write scale and "
            "offset into raster:bands."
        )
    if scale == 1.0 and not file.floats:
        scale, offset = None, offset / DN_PER_REFLECTANCE if offset else None
    if scale is None and file.floats and file.high <= MOST_REFLECTANCE:
        scale = 1.0
        if offset is None and scene.boa_offset:
            raise RefusedError(
                f"{band} holds reflectance, and neither its item nor the file says "
                f"whether the offset of its processing baseline ({scene.boa_offset}) has been taken out. Write scale "
                "and offset into raster:bands."
            )
    scale = 1 / DN_PER_REFLECTANCE if scale is None else scale
    return scale, scene.boa_offset / DN_PER_REFLECTANCE if offset is None else offset


def _stated(item: pystac.Item, key: str) -> Radiometry:
    fields = item.assets[key].extra_fields
    of_item = {name: value for name, value in item.properties.items() if name in ("raster:scale", "raster:offset")}
    band = band_of(fields, key)
    said: JsonObject = {**of_item, **fields, **(band[1] if band else {})}
    scale = _number(said.get("raster:scale", said.get("scale")), item.id, key, "scale")
    offset = _number(said.get("raster:offset", said.get("offset")), item.id, key, "offset")
    if (by := _of_unit(said.get("unit"), f"Item {item.id}: {key}")) != 1:
        scale, offset = by * (1.0 if scale is None else scale), None if offset is None else by * offset
    added = next((v for name, v in {**item.properties, **said}.items() if _ADDED.fullmatch(name)), None)
    if added is not None:
        of_esa = (_number(added, item.id, key, "boa_add_offset") or 0.0) / DN_PER_REFLECTANCE
        if offset is not None and not math.isclose(offset, of_esa, abs_tol=1e-6) and not offset_applied(item):
            raise InvalidInputError(
                f"Item {item.id} says two offsets of {key}, {offset:g} and boa_add_offset {added}. Remove one."
            )
        offset = of_esa if offset is None else offset
    if scale is not None and scale <= 0:
        raise InvalidInputError(f"Item {item.id}: the scale of {key} must be > 0; got {scale}.")
    if (scale, offset) == (1.0, 0.0) and not str(said.get("data_type", "float")).startswith("float"):
        return Radiometry()  # what tools write that do not know better
    return Radiometry(scale=scale, offset=offset)


def read_no_data(item: pystac.Item) -> dict[str, float]:
    """Return the stored value that an item says means no data, by band, where it is not 0 or NaN anyway.

    Raises
    ------
    InvalidInputError
        If it is not a number, nor one as text.
    """
    found = {}
    for key in (*REFLECTANCE_BANDS, SCL):
        if key not in item.assets:
            continue
        fields, band = item.assets[key].extra_fields, band_of(item.assets[key].extra_fields, key)
        said = {**fields, **(band[1] if band else {})}.get("nodata")
        try:
            value = float(said or 0)
        except (TypeError, ValueError) as error:
            raise InvalidInputError(f"Item {item.id}: the nodata of {key} must be a number; got {said!r}.") from error
        if value and abs(value) < 1e39:
            found[key] = value
    return found


def _number(value: object, item_id: str, key: str, what: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise InvalidInputError(f"Item {item_id}: the {what} of {key} must be a finite number; got {value!r}.")
    return float(value)


def _of_unit(unit: object, what: str) -> float:
    """Return what makes reflectance of values in a unit: 0.01 of per cent, 1 of what says nothing.

    Raises
    ------
    InvalidInputError
        For radiance.
    """
    if _RADIANCE.search(str(unit or "")):
        raise InvalidInputError(f"{what} is in {unit}: radiance, not surface reflectance. Choose a Level-2A product.")
    return 0.01 if _PER_CENT.fullmatch(str(unit or "")) else 1.0


def _middle_and_high(image: rasterio.DatasetReader, band: int, no_data: float | None) -> tuple[float, float]:
    """Return median and 99th percentile of a sample of a band of floats, without those that are no data anywhere."""
    height, width = (min(n, SAMPLE_PX) for n in image.shape)
    values, valid = read_valid(image, [band], shape=(height, width))
    values = values[valid & (values > LEAST_FLOAT) & (values < MOST_FLOAT) & (values != 0)]
    values = values if no_data is None else values[values != np.float32(no_data)]
    middle, high = np.percentile(values, (50, 99)).tolist() if values.size else (0.0, 0.0)
    return middle, high
