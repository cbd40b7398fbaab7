"""The names that a class raster gives its codes, wherever the tools of other people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import rasterio
import rasterio.shutil
import shapefile
from rasterio.io import MemoryFile

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from xml.etree.ElementTree import Element
_MOST_XML = 1_000_000
"""Bytes of the largest auxiliary file that is read."""
_MOST_ROWS = 10_000
"""Rows of an attribute table that are read, whatever its header says."""
_NAMES = ("class", "name", "class_name", "class_names", "classname", "label")
"""Columns of attribute tables that hold the names of classes."""
_NUMBER = re.compile(r"\s*\d{1,3}(\.0*)?\s*")
_STYLED = {"paletteEntry": "value", "item": "value", "ColorMapEntry": "quantity"}
"""Elements of styles, of QGIS and SLD, that label a value, and the attribute that holds it."""


def class_names(source: rasterio.DatasetReader, path: Path) -> list[dict[int, str]]:
    """Return the names that a raster gives its codes, by each place that has any, the most telling one first.

    They are in tags (``CLASS_1``, ``flag_meanings``, ``*_class_names``), in the category names or the attribute table
    of its format, or beside it as those (``.aux.xml``, ``.vat.dbf``) or as a style (``.qml``, ``.sld``).
    """
    places = (
        _names_in_tags({**source.tags(), **source.tags(1)}),
        _names_in_file(path.with_name(path.name + ".aux.xml")),
        _names_in_format(source),
        _names_in_dbf(path.with_name(path.name + ".vat.dbf")),
        _names_in_file(path.with_suffix(".qml")),
        _names_in_file(path.with_suffix(".sld")),
    )
    named = ({code: name for code, name in found.items() if code <= 255 and name.strip()} for found in places)
    return [found for found in named if found]


def _names_in_tags(tags: dict[str, str]) -> dict[int, str]:
    """Return the names in tags ``CLASS_1``, in those of Earth Engine, or in those of the CF conventions for flags."""
    lower = {key.lower(): text for key, text in tags.items()}
    if found := {int(key[6:]): name for key, name in lower.items() if re.fullmatch(r"class_\d{1,3}", key)}:
        return found
    ends = [key.removesuffix("class_values") for key in lower if key.endswith("class_values")]
    for start in ends:
        names = re.findall(r"[^\s,'\"\[\]][^,'\"\[\]]*", lower.get(f"{start}class_names", ""))
        found = found or _paired(lower[f"{start}class_values"], names)
    meanings = re.findall(r"[^\s,{}]+", lower.get("flag_meanings", ""))
    return found or _paired(lower.get("flag_values", ""), [name.replace("_", " ") for name in meanings])


def _paired(values: str, names: list[str]) -> dict[int, str]:
    """Return the names of codes that are listed in a text; none unless there are as many."""
    codes = re.findall(r"(?<![\d.])\d{1,3}(?![\d.])", values)
    return {int(code): name for code, name in zip(codes, names, strict=True)} if len(codes) == len(names) else {}


def _names_in_format(source: rasterio.DatasetReader) -> dict[int, str]:
    """Return the names in a file of any format, such as Erdas Imagine: GDAL writes what it knows of it into a VRT."""
    with MemoryFile(ext=".vrt") as memory:
        rasterio.shutil.copy(source, memory.name, driver="VRT")
        text = memory.read()
    return _names_in_xml(text, source.name)


def _names_in_file(beside: Path) -> dict[int, str]:
    if not beside.is_file() or beside.stat().st_size > _MOST_XML:
        return {}
    return _names_in_xml(beside.read_bytes(), str(beside))


def _names_in_xml(text: bytes, name: str) -> dict[int, str]:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InvalidInputError(f"{name} is not XML: {error}. Mend it, or take it away.") from error
    categories = {code: c.text for code, c in enumerate(root.findall(".//CategoryNames/Category")) if c.text}
    table = root.find(".//GDALRasterAttributeTable")
    tags = ((entry, entry.tag.rpartition("}")[2]) for entry in root.iter() if isinstance(entry.tag, str))
    styled = [(entry.get(_STYLED[tag], ""), entry.get("label", "")) for entry, tag in tags if tag in _STYLED]
    return categories or ({} if table is None else _names_in_gdals(table)) or _by_code(styled)


def _names_in_gdals(table: Element) -> dict[int, str]:
    """Return the names in GDAL's attribute table, whose rows are the codes where no column is."""
    columns = [
        _Column(
            name=column.findtext("Name", ""),
            text=column.findtext("Type") == "2",
            value=column.findtext("Usage") in ("3", "5"),
            named=column.findtext("Usage") == "2",
        )
        for column in table.findall("FieldDefn")
    ]
    rows = [[cell.text or "" for cell in row] for row in islice(table.findall("Row"), _MOST_ROWS)]
    if not any(column.is_value for column in columns):
        first, step = float(table.get("Row0Min", 0)), float(table.get("BinSize", 1))
        columns.append(_Column(name="", text=False, value=True))
        rows = [[*row, f"{first + step * i:g}"] for i, row in enumerate(rows)]
    return _names_in_table(columns, rows)


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

    @property
    def is_value(self) -> bool:
        """Whether it holds the codes."""
        return self.value or self.name.lower() in ("value", "code")


def _names_in_table(columns: list[_Column], rows: list[list[str]]) -> dict[int, str]:
    """Return the names in an attribute table: columns for the value and for the name, or that of text with most names.

    Numbers that are written as text are no names.
    """
    value = [i for i, c in enumerate(columns) if c.is_value]
    named = [i for i, c in enumerate(columns) if c.named or c.name.lower() in _NAMES]
    whole = [row for row in rows if len(row) == len(columns)]
    words = {i: len({row[i] for row in whole if _is_name(row[i])}) for i, c in enumerate(columns) if i not in value}
    text = sorted((i for i, c in enumerate(columns) if c.text and i in words), key=lambda i: -words[i])
    best = next((i for i in (*named, *text) if words.get(i)), None)
    return {} if not value or best is None else _by_code((row[value[0]], row[best]) for row in whole)


def _by_code(pairs: Iterable[tuple[str, str]]) -> dict[int, str]:
    """Return the names by code; a number that stands for a name, as QGIS writes it, is none."""
    return {int(float(code)): name for code, name in pairs if _NUMBER.fullmatch(code) and _is_name(name)}


def _is_name(text: str) -> bool:
    return re.search(r"[^\W\d_]", text) is not None
