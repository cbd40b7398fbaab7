"""Which pixels of a raster are data: its no-data tag, its mask and its alpha band each count, wherever one is read."""

from __future__ import annotations

import math
import re
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
from rasterio.dtypes import dtype_rev, typename_fwd
from rasterio.enums import ColorInterp, MaskFlags

from lulc_core.errors import InvalidInputError
from lulc_core.untrusted import is_cut_off

if TYPE_CHECKING:
    from collections.abc import Sequence

    import rasterio
    from numpy.typing import NDArray
    from rasterio.windows import Window


_MIXING = re.compile(r'(?:resampling="|<ResampleAlg>)(bilinear|cubic\w*|lanczos|average|rms|gauss|sum)', re.IGNORECASE)
"""How a VRT says that its pixels are mixed of several."""
_LOSSY = re.compile(r"\b(JPEG|WEBP|PNG_JPEG)\b")
"""Compressions that lose where nothing says that they do not."""
_LERC = struct.Struct("<6siI7id")
"""What a block of LERC begins with, as libtiff writes it."""
_MASK = re.compile(r"(data|valid)[ _-]?mask", re.IGNORECASE)
"""How a band that is an alpha band is called where it is not marked as one, as by Sentinel Hub."""


def data_bands(source: rasterio.DatasetReader) -> list[int]:
    """Return the positions of a raster's bands, from 1, without those that only tell where data are: alpha bands."""
    said = zip(source.colorinterp, source.descriptions, strict=True)
    return [
        i for i, (kind, name) in enumerate(said, 1) if kind != ColorInterp.alpha and not _MASK.fullmatch(name or "")
    ]


def scale_and_offset(source: rasterio.DatasetReader, band: int) -> tuple[float, float]:
    """Return scale and offset of a band, by its position from 1: those of the file, or of its tags by their CF names.

    What is converted from netCDF has them as text, ``scale_factor`` and ``add_offset``. Beside floats they are those of
    the numbers from which these were made.
    """
    said = float(source.scales[band - 1]), float(source.offsets[band - 1])
    if said != (1.0, 0.0) or source.dtypes[band - 1].startswith("float"):
        return said
    tags = {**source.tags(), **source.tags(band)}
    try:
        scale, offset = float(tags.get("scale_factor", 1)), float(tags.get("add_offset", 0))
    except ValueError:
        return said
    return (scale, offset) if math.isfinite(offset) and 0 < scale < math.inf else said


def is_masked(source: rasterio.DatasetReader) -> bool:
    """Return whether a raster has a mask or an alpha band."""
    return len(data_bands(source)) < source.count or MaskFlags.per_dataset in source.mask_flag_enums[0]


def read_valid(
    source: rasterio.DatasetReader,
    bands: Sequence[int],
    *,
    window: Window | None = None,
    shape: tuple[int, int] | None = None,
) -> tuple[NDArray[np.number], NDArray[np.bool_]]:
    """Read bands, and where they are data.

    GDAL believes one of tag, mask and alpha band; here a pixel is data if none says otherwise, and it is not NaN.

    Parameters
    ----------
    source
        An open raster.
    bands
        Positions, from 1.
    window
        The part that is read; by default all.
    shape
        Height and width to read it in, if not its own.

    Raises
    ------
    InvalidInputError
        If the file is cut off, so that its mask may be missing.

    Returns
    -------
    values : numpy.ndarray
        Dims (band, y, x), of the raster's type.
    valid : numpy.ndarray
        The same dims, bool.
    """

    def how(count: int) -> dict[str, object]:
        return {"window": window, "out_shape": (count, *shape) if shape else None}

    refuse_cut_off(source)
    values = source.read(bands, **how(len(bands)))
    valid = (source.read_masks(bands, **how(len(bands))) > 0) & ~np.isnan(values)
    for band, there, seen in zip(bands, values, valid, strict=True):
        if (tag := source.nodatavals[band - 1]) is not None:
            seen &= there != tag
    if alpha := [i for i in source.indexes if i not in data_bands(source)]:
        valid &= (source.read(alpha, **how(len(alpha))) > 0).all(axis=0)
    return values, valid


def with_zero_as_no_data(
    source: rasterio.DatasetReader, uri: str, band: int, *, also: float | None = None, overviews: bool = True
) -> str:
    """Return what GDAL opens to find a band first, and 0 where it is no data: the raster itself, or a VRT.

    Parameters
    ----------
    source, uri
        An open raster, and its address.
    band
        Position, from 1.
    also
        Another value that means no data, as an item says it.
    overviews
        Whether its overviews may be read; those of codes may be averages.

    Raises
    ------
    InvalidInputError
        As `read_valid`.
    """
    refuse_cut_off(source)
    tags = [tag for tag in dict.fromkeys((source.nodatavals[band - 1], also)) if tag]
    masked = is_masked(source)
    if band == 1 and not masked and not tags and (overviews or not source.overviews(1)):
        return uri
    whole = "" if overviews else '<OpenOptions><OOI key="OVERVIEW_LEVEL">NONE</OOI></OpenOptions>'
    where = f'<SourceFilename relativeToVRT="0">{escape(source.files[0])}</SourceFilename>{whole}'
    found = _without(f"{where}<SourceBand>{band}</SourceBand>", tags[:1])
    for tag in tags[1:]:
        found = _without(_within(_vrt(source, found, band)), [tag])
    if not masked:
        return _vrt(source, f"<NoDataValue>0</NoDataValue>{found}", band)
    alpha = next((i for i in source.indexes if i not in data_bands(source)), f"mask,{band}")
    mask = f"<SimpleSource>{where}<SourceBand>{alpha}</SourceBand></SimpleSource>"
    both = _vrt(source, found, band, f'<MaskBand><VRTRasterBand dataType="Byte">{mask}</VRTRasterBand></MaskBand>')
    seen = f"<ComplexSource>{_within(both)}<UseMaskBand>true</UseMaskBand></ComplexSource>"
    return _vrt(source, f"<NoDataValue>0</NoDataValue>{seen}", band)


def refuse_cut_off(source: rasterio.DatasetReader) -> None:
    """Raise `InvalidInputError` for a local TIFF that ends early: its mask, tags or georeference may be missing."""
    path = Path(source.name)
    if source.driver == "GTiff" and path.is_file() and is_cut_off(path):
        raise InvalidInputError(
            f"{path} is cut off: one of its directories, as that of a mask, is incomplete. Copy it again."
        )


def refuse_lossy(source: rasterio.DatasetReader, what: str = "") -> None:
    """Raise `InvalidInputError` for codes mixed or compressed with loss: one that is near is another class.

    Parameters
    ----------
    source
        An open raster.
    what
        What messages call it; by default its name.
    """
    said = source.tags(1, ns="IMAGE_STRUCTURE") | source.tags(ns="IMAGE_STRUCTURE")
    how = said.get("COMPRESSION") or said.get("TILE_FORMAT", source.driver)
    wrong_by = float(said.get("MAX_Z_ERROR", 0)) or _error_of_lerc(source, how)
    loses = said.get("COMPRESSION_REVERSIBILITY", "LOSSY" if _LOSSY.search(how) else "") == "LOSSY"
    if loses or wrong_by >= 1:
        raise InvalidInputError(
            f"{what or source.name} is compressed with loss ({how}), which makes other codes of class codes. Write it "
            "again from its source, with a compression without loss (DEFLATE or LZW)."
        )
    if source.driver == "VRT" and (found := _MIXING.search("".join(source.tags(ns="xml:VRT").values()))):
        raise InvalidInputError(
            f"{what or source.name} is resampled by {found[1].lower()}, which makes other codes of class codes. "
            "Resample to the nearest pixel, or to the mode."
        )


def _error_of_lerc(source: rasterio.DatasetReader, how: str) -> float:
    """Return by how much LERC may change a value of a local file: its first block says it, its tags do not always.

    The header of a block: its version, a checksum, seven counts, and the error (https://github.com/Esri/lerc, Lerc2.h).
    """
    at, size = (source.get_tag_item(f"BLOCK_{what}_0_0", "TIFF", bidx=1) for what in ("OFFSET", "SIZE"))
    if not how.startswith("LERC") or not at or not size or not Path(source.name).is_file():
        return 0.0
    with Path(source.name).open("rb") as file:
        file.seek(int(at))
        block = file.read(int(size))
    if how == "LERC_DEFLATE":
        block = zlib.decompressobj().decompress(block, _LERC.size)
    if len(block) < _LERC.size:
        return 0.0
    key, version, *_, error = _LERC.unpack_from(block)
    return float(error) if (key, version) == (b"Lerc2 ", 4) else 0.0


def _within(vrt: str) -> str:
    """Return the only band of a VRT as the source of another."""
    return f'<SourceFilename relativeToVRT="0">{escape(vrt)}</SourceFilename><SourceBand>1</SourceBand>'


def _without(band: str, tags: Sequence[float]) -> str:
    """Return a source of a VRT in which a value is left out."""
    return f"<ComplexSource>{band}{''.join(f'<NODATA>{tag!r}</NODATA>' for tag in tags)}</ComplexSource>"


def _vrt(source: rasterio.DatasetReader, content: str, band: int, more: str = "") -> str:
    """Return a VRT of one band on the grid of a raster."""
    kind = typename_fwd[dtype_rev[source.dtypes[band - 1]]]
    corner = ", ".join(map(repr, source.transform.to_gdal()))
    return f"""<VRTDataset rasterXSize="{source.width}" rasterYSize="{source.height}">
        <SRS>{escape(source.crs.to_wkt())}</SRS><GeoTransform>{corner}</GeoTransform>
        <VRTRasterBand dataType="{kind}" band="1">{content}</VRTRasterBand>{more}</VRTDataset>"""
