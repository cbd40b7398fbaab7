"""Training data from outside: two GeoTIFFs become an image and its label on the same ground, or are refused by name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import rasterio
import rasterio.errors

from lulc_core.class_rasters import ClassRaster
from lulc_core.errors import InvalidInputError
from lulc_core.imagery.assets import bands_named
from lulc_core.imagery.radiometry import SATURATED_DN
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.training.places import Footprint
from lulc_core.valid_pixels import data_bands, read_valid, scale_and_offset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FULL_DN = 10_000
"""Digital number of reflectance 1 in images of whole numbers."""
LARGEST_PX = 10_980**2
"""Most pixels of a chip: those of a Sentinel-2 tile."""
APART_PX = 0.1
"""How far image and label may lie apart."""
LOWEST, BRIGHT, HIGHEST = -0.5, 1.5, 10.0
"""Reflectance: lower and higher values are something else; so is an image that is brighter in most of its values."""
FAINTEST = 0.001
"""Reflectance that something in every image exceeds."""


class ReadPair(NamedTuple):
    """An image and its label, and what was found on the way."""

    image: NDArray[np.float32]
    """Shape (band, y, x), reflectance clipped to 0-1, bands in the order of `BANDS`. Pixels without data in a band
    (no-data tag, mask, NaN, or 0 in every band) have the mean of the others."""
    label: NDArray[np.uint8]
    """Shape (y, x), legend codes, 0 = no data; 0 where the image has no data."""
    hidden: int
    """Labelled pixels for which the image has no data."""
    unnamed: NDArray[np.int64]
    """Shape (code,): pixels of every code from 0 to 10, if the label does not name its classes; those of 0 only where
    nothing says that it is no data."""
    cut: str
    """That codes of the label may be cut to what its bits hold; empty if they are not."""


def read_pair(image: Path, label: Path) -> ReadPair:
    """Read an image and its label.

    Raises
    ------
    InvalidInputError
        If a file is not what it should be, or the two do not lie on the same ground; the message names it.
    """
    with open_tiff(image) as picture, open_tiff(label) as codes:
        check_grids(picture, codes)
        values, seen = read_reflectance(picture)
        known, unnamed, cut = _read_label(codes)
    kept = np.where(seen, known, NO_DATA).astype(np.uint8)
    labelled = np.count_nonzero(known)
    if labelled and not kept.any():
        raise InvalidInputError(
            f"{image} has no data (no-data tag, mask, NaN, or 0 in every band) at any of its {labelled:,} labelled "
            "pixels. Remove the chip, or correct the tag."
        )
    if seen.any() and not seen.all():
        values = np.where(seen, values, values[:, seen].mean(axis=1)[:, None, None])
    elif not seen.any():
        values = np.zeros_like(values)
    hidden = int(labelled - np.count_nonzero(kept))
    return ReadPair(np.clip(values, 0, 1, dtype=np.float32), kept, hidden, unnamed, cut)


@contextmanager
def open_tiff(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open a GeoTIFF and nothing else; what goes wrong inside names the file."""
    try:
        with rasterio.open(path, driver="GTiff") as source:
            if source.width * source.height > LARGEST_PX:
                raise InvalidInputError(
                    f"{path} has {source.height} x {source.width} px; a chip has {LARGEST_PX:,} at most. Cut it."
                )
            yield source
    except rasterio.errors.RasterioError as error:
        raise InvalidInputError(f"{path} is not a readable GeoTIFF: {error}") from error


def footprint(source: rasterio.DatasetReader) -> Footprint | None:
    """Return where a file says that it lies, if it does."""
    if source.transform.is_identity:
        return None
    crs = source.crs.to_wkt() if source.crs else ""
    return Footprint(crs=crs, transform=tuple(source.transform)[:6], shape=source.shape)


def check_grids(picture: rasterio.DatasetReader, codes: rasterio.DatasetReader) -> None:
    """Raise `InvalidInputError` if image and label do not lie on the same pixels, as far as they say where."""
    if picture.shape != codes.shape:
        raise InvalidInputError(
            f"{picture.name} is {picture.shape} px (height, width), but its label is {codes.shape}."
        )
    same = None in (picture.crs, codes.crs) or picture.crs == codes.crs
    here, there = footprint(picture), footprint(codes)
    if here and there:
        pixel = np.sqrt(abs(picture.transform.determinant))
        same &= bool((abs(here.corners - there.corners) <= APART_PX * pixel).all())
    if not same:
        raise InvalidInputError(
            f"{picture.name} lies on {_grid(picture)}, but its label on {_grid(codes)}. Warp the label onto the pixels "
            "of the image (gdalwarp -r near), or put the right label there."
        )


def _grid(source: rasterio.DatasetReader) -> str:
    height, width = source.shape
    return f"{source.crs}, {height} x {width} px, transform {tuple(source.transform)[:6]}"


def read_reflectance(source: rasterio.DatasetReader) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return reflectance (band, y, x) and where every band has data (y, x)."""
    indices = _band_indices(source)
    raw, valid = read_valid(source, indices)
    seen = (valid & np.isfinite(raw)).all(axis=0) & (raw != 0).any(axis=0)
    scales, offsets = np.array([scale_and_offset(source, index) for index in indices]).T[:, :, None, None]
    if (scales != 1).any() or (offsets != 0).any():
        values = raw * scales + offsets
    elif raw.dtype == np.uint16:
        seen &= (raw < SATURATED_DN).all(axis=0)
        values = raw / np.float32(FULL_DN)
    elif raw.dtype.kind == "f":
        values = raw
    else:
        raise InvalidInputError(
            f"{source.name} must hold float reflectance, uint16 reflectance x {FULL_DN}, or another type with scale "
            f"and offset in the file; it holds {raw.dtype}."
        )
    check_range(values[:, seen], source.name)
    return values.astype(np.float32), seen


def _band_indices(source: rasterio.DatasetReader) -> list[int]:
    """Return where in a file each of `BANDS` is, from 1: by the names in the file, if it has names, else by place."""
    there = data_bands(source)
    named = bands_named([source.descriptions[i - 1] for i in there])
    if not any(named) and len(there) == len(BANDS):
        return there
    if not any(named):
        raise InvalidInputError(
            f"{source.name} must have the {len(BANDS)} bands {' '.join(BANDS)}; it has {len(there)} without names."
        )
    if any(named.count(band) != 1 for band in BANDS):
        raise InvalidInputError(
            f"{source.name} must have the {len(BANDS)} bands {' '.join(BANDS)}, each once, in any order; its bands are "
            f"named {', '.join(str(source.descriptions[i - 1]) for i in there)}. Correct the names, or remove them all."
        )
    return [there[named.index(band)] for band in BANDS]


def check_range(values: NDArray[np.floating], name: str) -> None:
    """Raise `InvalidInputError` unless values, of any number of pixels with data, can be reflectance."""
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if high > HIGHEST or np.count_nonzero(values > BRIGHT) > values.size / 2:
        raise InvalidInputError(
            f"{name} holds values up to {high:g}, but reflectance lies within 0-1. Divide digital numbers by "
            f"{FULL_DN}, or write scale and offset into the file; give values that mean no data a no-data tag."
        )
    if low < LOWEST:
        raise InvalidInputError(
            f"{name} holds values down to {low:g}, but reflectance lies within 0-1. If they mean no data, say so in "
            "the file (gdal_edit.py -a_nodata)."
        )
    if high < FAINTEST:
        raise InvalidInputError(
            f"{name} holds no reflectance above {high:g}: it is dark beyond belief. Correct the scale: float "
            f"reflectance lies within 0-1, whole numbers are reflectance x {FULL_DN}."
        )


def _read_label(source: rasterio.DatasetReader) -> tuple[NDArray[np.uint8], NDArray[np.int64], str]:
    """Return legend codes (y, x), pixels by code (code,) if the file names no classes, and whether codes may be cut."""
    if source.count != 1 or source.dtypes[0] != "uint8":
        raise InvalidInputError(
            f"{source.name} must be one band of uint8; it has {source.count} of {source.dtypes[0]}."
        )
    raster = ClassRaster.of(source, source.name)
    codes = raster.read()
    LEGEND.check_codes(np.unique(codes), source.name)
    unnamed = np.bincount(codes.ravel(), minlength=len(LEGEND) + 1)
    unnamed[NO_DATA] *= NO_DATA in raster.present
    return codes, np.zeros_like(unnamed) if raster.names else unnamed, raster.remark_on_bits()
