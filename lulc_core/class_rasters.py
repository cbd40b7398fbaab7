"""Class rasters as files: where they have no data, and which classes their codes mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox
from rasterio.enums import ColorInterp

from lulc_core.averaged_codes import SeamTally
from lulc_core.class_names import class_names
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.ground_area import pixel_ha
from lulc_core.home import from_home
from lulc_core.legend import LEGEND, NO_DATA, Legend
from lulc_core.valid_pixels import (
    data_bands,
    is_masked,
    read_valid,
    refuse_cut_off,
    refuse_lossy,
    scale_and_offset,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping, Sequence

    import rasterio
    from numpy.typing import NDArray
    from rasterio.windows import Window

_PALETTES = {
    (179, 159, 225): "snow and ice",  # of Dynamic World; its other colours are those of our legend
    (0, 100, 0): "WorldCover's tree cover",
    (255, 187, 34): "WorldCover's shrubland",
    (255, 255, 76): "WorldCover's grassland",
    (240, 150, 255): "WorldCover's cropland",
    (250, 0, 0): "WorldCover's built-up",
    (180, 180, 180): "WorldCover's bare or sparse vegetation",
    (240, 240, 240): "WorldCover's snow and ice",
    (0, 100, 200): "WorldCover's permanent water bodies",
    (0, 150, 160): "WorldCover's herbaceous wetland",
    (0, 207, 117): "WorldCover's mangroves",
    (250, 230, 160): "WorldCover's moss and lichen",
}
"""Colours by which maps are known whose files name no classes."""
LEAST_HA = 1e-8
"""Area of the smallest pixel, a centimetre a side."""
_DYNAMIC_WORLD = range(9)
"""Its codes."""
NO_CLASS = re.compile(r"\W*(no[ _-]?data|unclassified|unmarked|background|none|null|empty)?\W*", re.IGNORECASE)
"""Names that mean no data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRaster:
    """An open class raster, read in the codes of a legend.

    No data is what its tag, mask or alpha band says, and 0. Where the file names its classes, as a legend of its own
    does, or has the colours of a map that is known, its codes are translated by the names, never read by their numbers.
    Where it says nothing of its classes, `remarks` does, or refuses it.
    """

    source: rasterio.DatasetReader
    path: str | os.PathLike[str]
    band: int
    """Position of the codes, from 1."""
    legend: Legend
    names: dict[int, str] = field(default_factory=dict)
    """Code in the file to the name that the file gives it."""
    present: set[int] = field(default_factory=set)
    """Codes of data that have been read so far, as the file has them."""
    seams: SeamTally = field(default_factory=SeamTally)
    """What of the codes that have been read so far lies between what."""

    @classmethod
    def of(
        cls, source: rasterio.DatasetReader, path: str | os.PathLike[str], *, legend: Legend = LEGEND
    ) -> ClassRaster:
        """Return a raster that is open; raises `InvalidInputError` unless it is one band of codes."""
        refuse_cut_off(source)
        bands = data_bands(source)
        if len(bands) != 1:
            several = ", ".join(name.rpartition(":")[2] for name in source.subdatasets[:5])
            held = f"it holds several rasters ({several}). Take one out" if several else f"it has {source.count}"
            cure = f" (gdal_translate {source.subdatasets[0]} one.tif)" if several else ""
            raise InvalidInputError(f"{path} must have one band of class codes; {held}{cure}.")
        scaled = scale_and_offset(source, bands[0])
        if scaled != (1, 0):
            raise InvalidInputError(
                f"{path} must hold class codes as they are; it has a scale and an offset of {scaled}. Remove them."
            )
        refuse_lossy(source, str(path))
        _refuse_tiny(source, path)
        if source.dtypes[bands[0] - 1].startswith("complex"):
            raise InvalidInputError(f"{path} must hold class codes; it holds complex numbers.")
        named = class_names(source, Path(path)) or _names_by_colour(source, bands[0], legend)
        names = named[0] if named else {}
        _refuse_contradictions(path, named, legend, source.nodata)
        _refuse_cut(path, named, bits_of(source, bands[0]))
        return cls(source=source, path=path, band=bands[0], legend=legend, names=names)

    def read(self, window: Window | None = None) -> NDArray[np.uint8]:
        """Return codes of the legend, dims (y, x), 0 = no data.

        Raises
        ------
        InvalidInputError
            For values that are no codes, for names that the legend does not have, and for 0 where the file says that
            it is data and does not name it.
        """
        values, valid = read_valid(self.source, [self.band], window=window)
        seen, codes = valid[0], np.where(valid, values, NO_DATA)[0]
        if ((codes < 0) | (codes > 255) | (codes % 1 != 0)).any():
            raise InvalidInputError(f"{self.path} must hold class codes 0-255; got {codes.min()} to {codes.max()}.")
        codes = codes.astype(np.uint8)
        table, present = self._table(), np.unique(codes[seen])
        self.present.update(present.tolist())
        self.seams.add(codes)
        if table is None:
            self._refuse_data_of_0(present)
            return codes
        unknown = {int(code): self.names.get(int(code), "no name") for code in present if table[code] < 0}
        if unknown:
            raise InvalidInputError(
                f"{self.path} has a legend of its own, with classes that are not in this one: {unknown}. "
                f"This one has {', '.join(self.legend.names)}. Translate its codes with a Crosswalk."
            )
        return np.where(seen, table[codes].clip(0), NO_DATA).astype(np.uint8)

    def remarks(self) -> tuple[str, ...]:
        """Return what must be said of a file after it has been read.

        That its codes seem to be averages, or cut to what its bits hold, and that it does not name its classes.

        Raises
        ------
        InvalidInputError
            If its codes may be those of another map: only tens, as WorldCover's, or 0-8 with nothing that says that 0
            is no data, as Dynamic World's.
        """
        own = {c.code: c.name for c in self.legend}
        said = self.seams.remark(str(self.path), self.names or own), self.remark_on_bits()
        doubts = tuple(each for each in said if each)
        if self.names:
            return doubts
        palette = self.source.colorinterp[self.band - 1] == ColorInterp.palette
        return (*doubts, *remarks_on_codes(self.present, str(self.path), self.legend, palette=palette))

    def remark_on_bits(self) -> str:
        """Return that higher codes may have become the highest that the file holds; empty if none that was read is."""
        most = 2 ** bits_of(self.source, self.band) - 1
        if most >= max(self.legend.codes) or most not in self.present:
            return ""
        return (
            f"{self.path} holds codes up to {most} only (NBITS={most.bit_length()}), and has that code, which GDAL "
            "writes for every higher one. If its source has any, write it again without NBITS."
        )

    def _table(self) -> NDArray[np.int16] | None:
        """Return the legend's code of each code of the file, -1 where unknown; None if the codes are the legend's."""
        if not self.names:
            return None
        table = np.full(256, -1, np.int16)
        for code, name in self.names.items():
            known = self.legend.find(name)
            table[code] = known.code if known else NO_DATA if NO_CLASS.fullmatch(name) else -1
        table[NO_DATA] = NO_DATA if NO_DATA not in self.names else table[NO_DATA]
        return table

    def _refuse_data_of_0(self, present: NDArray[np.uint8]) -> None:
        tagged = self.source.nodata not in (None, NO_DATA)
        if NO_DATA in present and (tagged or is_masked(self.source)):
            own = f"its no-data value is {self.source.nodata:g}" if tagged else "it has a mask"
            raise InvalidInputError(
                f"{self.path} has pixels of 0 that are data: {own}. Legends that count from 0, such as Dynamic "
                "World's, differ from this one in every code. Name its classes (category names), or make 0 no data."
            )


def existing_map(path: str | os.PathLike[str]) -> Path:
    """Return the path of a class raster; raises `NotFoundError` if there is none, or a folder, as of Zarr."""
    found = from_home(path)
    if found.is_dir():
        raise NotFoundError(f"{path} is a folder; a map is one file. Convert it (gdal_translate -of GTiff).")
    if not found.is_file():
        raise NotFoundError(f"No map at {path}.")
    return found


def _refuse_tiny(source: rasterio.DatasetReader, path: str | os.PathLike[str]) -> None:
    """Refuse pixels that no map has, as those of degrees that are said to be metres."""
    size = pixel_ha(GeoBox.from_rio(source)) if source.crs else None
    if size and size < LEAST_HA:
        raise InvalidInputError(
            f"{path} has pixels of {100 * size**0.5:.2g} m a side on the ground, in {source.crs.to_string()[:80]}. "
            "If its coordinates are degrees, assign that CRS (gdal_edit.py -a_srs EPSG:4326)."
        )


def _refuse_contradictions(
    path: str | os.PathLike[str], named: Sequence[Mapping[int, str]], legend: Legend, no_data: float | None
) -> None:
    """Refuse a code that is another class elsewhere in or beside the file, or that is a class of land and no data."""
    for code, name in named[0].items() if named else ():
        known = legend.find(name)
        for other in (each[code] for each in named[1:] if code in each):
            if known and (meant := legend.find(other)) and meant != known:
                raise InvalidInputError(
                    f"{path} names code {code} both {name!r} and {other!r}, in its tags or in files beside it. Correct "
                    "the one that is wrong."
                )
        if known and not known.cloud and code == no_data:
            raise InvalidInputError(
                f"{path} names code {code} {name!r}, but its no-data value is {code}, too. Remove the tag "
                "(gdal_edit.py -unsetnodata), or the name."
            )


def bits_of(source: rasterio.DatasetReader, band: int) -> int:
    """Return how many bits hold a code in a band of bytes, as GDAL's ``NBITS`` says."""
    said = source.tags(band, ns="IMAGE_STRUCTURE").get("NBITS", "8")
    return int(said) if said.isdecimal() else 8


def _refuse_cut(path: str | os.PathLike[str], named: Sequence[Mapping[int, str]], bits: int) -> None:
    """Refuse a file that names classes whose codes its bits cannot hold: GDAL writes the highest one for them."""
    cut = {code: name for code, name in named[0].items() if code >= 2**bits} if named else {}
    if cut:
        raise InvalidInputError(
            f"{path} names {cut}, but holds codes up to {2**bits - 1} only (NBITS={bits}): these became that one when "
            "it was written. Write it again from its source without NBITS."
        )


def remarks_on_codes(
    present: Collection[int], source: str, legend: Legend = LEGEND, *, palette: bool = False
) -> tuple[str, ...]:
    """Return what must be said of codes whose classes nobody names.

    Parameters
    ----------
    present
        The codes, `NO_DATA` among them where nothing says that it is no data.
    source
        Where they come from, for the messages; one thing.
    legend
        By which they are read.
    palette
        Whether they have colours, of no map that is known.

    Raises
    ------
    InvalidInputError
        As `ClassRaster.remarks`.

    Examples
    --------
    >>> remarks_on_codes({1, 2}, "a.tif")
    ('a.tif names no classes; its codes are taken for those of this project: 1 water, 2 trees.',)
    """
    codes = {*present} - {NO_DATA}
    if not codes:
        return ()
    cure = "Name its classes (category names)"
    if not any(code % 10 for code in codes):
        raise InvalidInputError(
            f"{source} names no classes, and its codes are {sorted(codes)}: tens, as those of WorldCover. "
            f"{cure}, or translate its codes with a Crosswalk."
        )
    if NO_DATA in present and max(codes) < len(_DYNAMIC_WORLD):
        raise InvalidInputError(
            f"{source} names no classes, has codes 0 to {max(codes)}, and does not say that 0 is no data: "
            f"Dynamic World's codes count from 0 (water). {cure}; if its codes are those of this project, tag 0 as "
            "no data (gdal_edit.py -a_nodata 0)."
        )
    read = ", ".join(f"{code} {legend[code].name}" for code in sorted(codes) if code in legend.codes)
    unsaid = "names no classes, and its colours are of no map that is known" if palette else "names no classes"
    return (f"{source} {unsaid}; its codes are taken for those of this project: {read}.",)


def _names_by_colour(source: rasterio.DatasetReader, band: int, legend: Legend) -> list[dict[int, str]]:
    """Return the names of classes by the colour table, if every colour in it is that of a class that is known.

    Raises
    ------
    InvalidInputError
        If not every colour is known, but one is that of another class of the legend than its code.
    """
    if source.colorinterp[band - 1] != ColorInterp.palette:
        return []
    ours = {rgb: legend[code].name for code, rgb in legend.colours.items()}
    known = ours | _PALETTES
    used = {code: rgb[:3] for code, rgb in source.colormap(band).items() if rgb[:3] != (0, 0, 0)}
    if used and {*used.values()} <= {*known}:
        return [{code: known[rgb] for code, rgb in used.items()}]
    seen = {code: ours[rgb] for code, rgb in used.items() if rgb in ours and code in legend.codes}
    if other := {code: name for code, name in seen.items() if name != legend[code].name}:
        raise InvalidInputError(
            f"{source.name} colours codes as other classes than they are in this legend, {other}, beside colours of no "
            "map that is known. Name its classes (category names), or correct the colours."
        )
    return []
