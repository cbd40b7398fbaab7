"""Class rasters as files: where they have no data, and which classes their codes mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import shapefile
from rasterio.enums import ColorInterp

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA, Legend
from lulc_core.valid_pixels import data_bands, is_masked, read_valid

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    import rasterio
    from numpy.typing import NDArray
    from rasterio.windows import Window

_MOST_XML = 1_000_000
"""Bytes of the largest auxiliary file that is read."""
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
_MOST_ROWS = 10_000
"""Rows of an attribute table that are read, whatever its header says."""
_DYNAMIC_WORLD = range(9)
"""Its codes."""
_NAMES = ("class", "name", "class_name", "classname", "label")
"""Columns of attribute tables that hold the names of classes."""
_NOTHING = re.compile(r"\W*(no[ _-]?data|unclassified|unmarked|background|none|null|empty)?\W*", re.IGNORECASE)


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

    @classmethod
    def of(
        cls, source: rasterio.DatasetReader, path: str | os.PathLike[str], *, legend: Legend = LEGEND
    ) -> ClassRaster:
        """Return a raster that is open; raises `InvalidInputError` unless it is one band of codes."""
        bands = data_bands(source)
        if len(bands) != 1:
            raise InvalidInputError(f"{path} must have one band of class codes; it has {source.count}.")
        scaled = source.scales[bands[0] - 1], source.offsets[bands[0] - 1]
        if scaled != (1, 0):
            raise InvalidInputError(
                f"{path} must hold class codes as they are; it has a scale and an offset of {scaled}. Remove them."
            )
        names = class_names(source, Path(path)) or _names_by_colour(source, bands[0], legend)
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
        """Return what must be said of a file that does not name its classes, after it has been read.

        Raises
        ------
        InvalidInputError
            If its codes may be those of another map: only tens, as WorldCover's, or 0-8 with nothing that says that 0
            is no data, as Dynamic World's.
        """
        codes = self.present - {NO_DATA}
        if self.names or not codes:
            return ()
        cure = "Name its classes (category names)"
        if not any(code % 10 for code in codes):
            raise InvalidInputError(
                f"{self.path} names no classes, and its codes are {sorted(codes)}: tens, as those of WorldCover. "
                f"{cure}, or translate its codes with a Crosswalk."
            )
        if NO_DATA in self.present and max(codes) < len(_DYNAMIC_WORLD):
            raise InvalidInputError(
                f"{self.path} names no classes, has codes 0 to {max(codes)}, and does not say that 0 is no data: "
                f"Dynamic World's codes count from 0 (water). {cure}; if its codes are those of this project, tag 0 as "
                "no data (gdal_edit.py -a_nodata 0)."
            )
        read = ", ".join(f"{code} {self.legend[code].name}" for code in sorted(codes) if code in self.legend.codes)
        palette = self.source.colorinterp[self.band - 1] == ColorInterp.palette
        unsaid = "names no classes, and its colours are of no map that is known" if palette else "names no classes"
        return (f"{self.path} {unsaid}; its codes are taken for those of this project: {read}.",)

    def _table(self) -> NDArray[np.int16] | None:
        """Return the legend's code of each code of the file, -1 where unknown; None if the codes are the legend's."""
        if not self.names:
            return None
        table = np.full(256, -1, np.int16)
        for code, name in self.names.items():
            known = self.legend.find(name)
            table[code] = known.code if known else NO_DATA if _NOTHING.fullmatch(name) else -1
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


def class_names(source: rasterio.DatasetReader, path: Path) -> dict[int, str]:
    """Return the names that a raster gives its codes.

    They are in tags ``CLASS_1`` or ``flag_meanings``, in the XML of a VRT, or beside it as category names, an attribute
    table (``.aux.xml``, ``.vat.dbf``) or a style of QGIS (``.qml``).
    """
    found = _names_in_tags({**source.tags(), **source.tags(1)})
    found = found or _names_in_xml(path.with_name(path.name + ".aux.xml"))
    found = found or (_names_in_xml(path) if source.driver == "VRT" else {})
    found = found or _names_in_dbf(path.with_name(path.name + ".vat.dbf"))
    found = found or _names_in_xml(path.with_suffix(".qml"))
    return {code: name for code, name in found.items() if code <= 255 and name.strip()}


def _names_in_tags(tags: dict[str, str]) -> dict[int, str]:
    """Return the names in tags ``CLASS_1``, or in those of the CF conventions for flags."""
    lower = {key.lower(): text for key, text in tags.items()}
    found = {int(key[6:]): name for key, name in lower.items() if re.fullmatch(r"class_\d{1,3}", key)}
    values, meanings = (re.findall(r"[^\s,{}]+", lower.get(key, "")) for key in ("flag_values", "flag_meanings"))
    if found or len(values) != len(meanings):
        return found
    pairs = zip((re.fullmatch(r"(\d{1,3})[a-z]*", value, re.IGNORECASE) for value in values), meanings, strict=True)
    return {int(code[1]): name.replace("_", " ") for code, name in pairs if code}


def _names_in_xml(beside: Path) -> dict[int, str]:
    if not beside.is_file() or beside.stat().st_size > _MOST_XML:
        return {}
    try:
        root = ElementTree.fromstring(beside.read_bytes())
    except ElementTree.ParseError as error:
        raise InvalidInputError(f"{beside} is not XML: {error}. Mend it, or take it away.") from error
    categories = {code: c.text for code, c in enumerate(root.findall(".//CategoryNames/Category")) if c.text}
    styled = [(entry.get("value", ""), entry.get("label", "")) for entry in root.findall(".//paletteEntry")]
    columns = [
        _Column(
            name=column.findtext("Name", ""),
            text=column.findtext("Type") == "2",
            value=column.findtext("Usage") in ("3", "5"),
            named=column.findtext("Usage") == "2",
        )
        for column in root.findall(".//GDALRasterAttributeTable/FieldDefn")
    ]
    rows = [[cell.text or "" for cell in row] for row in root.findall(".//GDALRasterAttributeTable/Row")]
    return categories or _names_in_table(columns, rows) or _by_code(styled)


def _names_in_dbf(beside: Path) -> dict[int, str]:
    """Return the names of a value attribute table, as ArcGIS writes it."""
    if not beside.is_file() or beside.stat().st_size > _MOST_XML:
        return {}
    try:
        with beside.open("rb") as file, shapefile.Reader(dbf=file, encodingErrors="replace") as table:
            columns = [_Column(name=field[0], text=field[1] == "C") for field in table.fields[1:]]
            rows = [[str(cell) for cell in record] for record in islice(table.iterRecords(), _MOST_ROWS)]
    except Exception as error:  # whatever the first wrong byte makes the library raise
        raise InvalidInputError(f"{beside} is not a dBASE table: {error}. Mend it, or take it away.") from error
    return _names_in_table(columns, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of an attribute table, and what it is said to hold."""

    name: str
    text: bool
    value: bool = False
    named: bool = False


def _names_in_table(columns: list[_Column], rows: list[list[str]]) -> dict[int, str]:
    """Return the names in an attribute table: columns for the value and for the name, or the only one of text."""
    value = [i for i, c in enumerate(columns) if c.value or c.name.lower() in ("value", "code")]
    named = [i for i, c in enumerate(columns) if c.named or c.name.lower() in _NAMES]
    named = named or [i for i, c in enumerate(columns) if c.text and i not in value]
    if not value or not named:
        return {}
    return _by_code((row[value[0]], row[named[0]]) for row in rows if len(row) == len(columns))


def _by_code(pairs: Iterable[tuple[str, str]]) -> dict[int, str]:
    """Return the names by code; a number that stands for a name, as QGIS writes it, is none."""
    number = re.compile(r"\s*\d{1,3}(\.0*)?\s*")
    return {int(float(code)): name for code, name in pairs if number.fullmatch(code) and not number.fullmatch(name)}


def _names_by_colour(source: rasterio.DatasetReader, band: int, legend: Legend) -> dict[int, str]:
    """Return the names of classes by the colour table, if every colour in it is that of a class that is known."""
    if source.colorinterp[band - 1] != ColorInterp.palette:
        return {}
    known = {rgb: legend[code].name for code, rgb in legend.colours.items()} | _PALETTES
    used = {code: rgb[:3] for code, rgb in source.colormap(band).items() if rgb[:3] != (0, 0, 0)}
    return {code: known[rgb] for code, rgb in used.items()} if used and {*used.values()} <= {*known} else {}
