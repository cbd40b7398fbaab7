"""CSV as people and spreadsheets write it: any separator, encoding marks, and what to say of other files."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from lulc_core.accuracy.columns import is_blank, plain_name
from lulc_core.accuracy.vocabulary import folded, is_word
from lulc_core.errors import InvalidInputError
from lulc_core.untrusted import is_zipped_shapefile, local_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Source = str | Path | TextIO
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""What may separate cells, in words; of two that fit equally well the first is taken."""
MOST_COLUMNS = 1000
"""A class raster has 255 codes; wider tables are not of labelled pixels."""

_KNOWN = (
    *("map", "reference", "reference_before", "reference_after", "stratum", "stratum_size", "cluster"),
    *("inclusion_probability", "pixels", "x", "y", "lon", "lat", "class", "area_ha", "size", "clusters", "alternate"),
)
_ALIASES = {"longitude": "lon", "latitude": "lat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The cells of a CSV, as text."""

    cells: pd.DataFrame
    """Cells without outer blanks; blank lines are left out."""
    separator: str
    """What separates the cells, a key of `SEPARATORS`."""
    name: str
    """What messages call it."""


def read_csv(source: Source, expected: str) -> Table:
    """Read a CSV as text, with the separator that cuts every line into as many cells as its header."""
    text, name = _without_comments(_text(source)), name_of(source)
    readings, errors = [], []
    for separator in _separators(text):
        try:
            readings.append((separator, _rows(text, separator, name)))
        except csv.Error as error:
            errors.append(error)
    if not readings:
        raise InvalidInputError(
            f"{name} must be a CSV file that can be read; {errors[0]}. Are the quotation marks closed?"
        ) from errors[0]
    fitting = [reading for reading in readings if not _odd_line(reading[1])] or readings[:1]
    separator, rows = max(fitting, key=lambda reading: len(reading[1][0][1]) if reading[1] else 0)
    if len(rows) < 2:
        came = f"only the line {','.join(rows[0][1])[:80]}" if rows else "nothing"
        raise InvalidInputError(f"{name} must have the header {expected} and rows below it; it has {came}.")
    header = rows[0][1]
    twice = sorted({c for c in header if header.count(c) > 1})
    if twice:
        raise InvalidInputError(f"In {name} columns occur twice: {', '.join(twice)}. Each must occur once.")
    if odd := _odd_line(rows):
        raise InvalidInputError(
            f"Line {odd[0]} of {name} must have {len(header)} cells, as its header {separator.join(header)[:80]!r}; it "
            f"has {len(odd[1])}. Titles and comments do not belong in the table."
        )
    if again := next((number for number, row in rows[1:] if row[: len(header)] == header), None):
        raise InvalidInputError(
            f"Line {again} of {name} is its header again. If two tables were joined, leave that line out."
        )
    cells = pd.DataFrame([row[: len(header)] for _, row in rows[1:]], columns=header, dtype=object)
    return Table(cells=cells, separator=separator, name=name)


_Row = tuple[int, list[str]]
"""The number of a line and its cells."""


def _without_comments(text: str) -> str:
    """Return text in which lines of comment above the header are blank: they begin with #, and name no known column."""
    lines = text.split("\n")
    for i, line in enumerate(lines):
        cells = {cell.strip(' #"').casefold() for cell in re.split("[,;\t|]", line)}
        if line.strip() and (not line.startswith("#") or cells & {*_KNOWN, *_ALIASES}):
            break
        lines[i] = ""
    return "\n".join(lines)


def _separators(text: str) -> list[str]:
    """Return what may separate the cells: what the first line says of it, or what its bare text has."""
    first = text.lstrip().partition("\n")[0]
    if stated := _SEPARATOR_STATED.match(text):
        return [stated[1]]
    bare = "".join(first.split('"')[::2])
    return [s for s in SEPARATORS if s in bare] or [","]


def _rows(text: str, separator: str, name: str) -> list[_Row]:
    """Return the lines that are not blank; raises `csv.Error` that says where."""
    text = _SEPARATOR_STATED.sub("\n", text)  # a blank line, to be counted
    lines = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True, strict=True)
    rows: list[_Row] = []
    try:
        for number, line in _numbered(lines):
            rows.append((number, line))
            if len(rows) == 1:
                while line and not line[-1]:
                    line.pop()
                if len(line) > MOST_COLUMNS:
                    raise InvalidInputError(
                        f"{name} may have {MOST_COLUMNS:,} columns at the most; it has {len(line):,}. Each row holds "
                        "one pixel, class or stratum: are rows and columns swapped?"
                    )
    except csv.Error as error:
        raise csv.Error(f"near line {lines.line_num}: {error}") from error
    return rows


def _numbered(lines: Iterator[list[str]]) -> Iterator[_Row]:
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line]
        if any(cells):
            yield number, cells


def _odd_line(rows: Sequence[_Row]) -> _Row | None:
    """Return the first line that has other cells than its header; blank ones at its end do not count."""
    width = len(rows[0][1]) if rows else 0
    return next((row for row in rows[1:] if len(row[1]) < width or any(row[1][width:])), None)


_SEPARATOR_STATED = re.compile(f'\\A"?sep=([{"".join(SEPARATORS)}])"?(?=\\n)', re.IGNORECASE)
"""The line in which a spreadsheet tells itself what separates the cells."""


def _text(source: Source) -> str:
    """Read the text with one kind of line end, and one way to write an accented letter (NFC)."""
    try:
        text = local_file(source).read_text("utf-8-sig") if isinstance(source, str | Path) else source.read()
    except OSError as error:
        raise InvalidInputError(f"{name_of(source)} must be a CSV file that can be read; {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _no_csv(source, error.object) from error
    if "\0" in text or _MARKUP.match(text):
        raise _no_csv(source, text.encode("utf-8", "replace"))
    return unicodedata.normalize("NFC", text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))


def _no_csv(source: Source, content: bytes) -> InvalidInputError:
    """Return the error that says what a file is instead of CSV in UTF-8."""
    other = "binary" if b"\0" in content else "text in another encoding"
    came = next((kind for start, kind in _STARTS.items() if content.startswith(start)), other)
    came = "a shapefile in a zip archive" if is_zipped_shapefile(content) else came
    markup = _MARKUP.match(content.decode("utf-8", "replace"))
    if markup:
        came = "XML or HTML" if markup[1] == "<" else "JSON"
        came = "GeoJSON" if came == "JSON" and _GEOJSON.search(content) else came
    how = "Save it from the spreadsheet as 'CSV UTF-8'" if came in _OF_SPREADSHEETS else "Export its table as CSV"
    return InvalidInputError(f"{name_of(source)} must be a CSV file in UTF-8; it is {came}. {how}.")


_MARKUP = re.compile(r"\s*(<|[\[{]\s*[\"{\[])")
"""How text begins that is no table."""
_GEOJSON = re.compile(rb'"type"\s*:\s*"(Feature|FeatureCollection|Point|MultiPoint|Polygon)"')
_STARTS = {
    **dict.fromkeys((b"\xff\xfe", b"\xfe\xff"), "text in UTF-16"),
    **dict.fromkeys((b"PK", b"\xd0\xcf"), "a spreadsheet's own format"),
    b"SQLite format 3": "a GeoPackage or another SQLite database",
    b"PAR1": "Parquet",
    b"\x00\x00\x27\x0a": "a shapefile",
    **dict.fromkeys((b"II*\0", b"MM\0*"), "a raster (TIFF)"),
    b"%PDF": "PDF",
    b"\x1f\x8b": "compressed (gzip)",
    b"\x89HDF": "HDF5",
    b"\x89PNG": "a picture",
}
"""How files begin that are taken for CSV, and what they are."""
_OF_SPREADSHEETS = ("text in UTF-16", "a spreadsheet's own format", "text in another encoding", "binary")


def name_known_columns(table: Table) -> Table:
    """Write the columns this library knows in lower case, and longitude and latitude in short."""
    names = {c: _ALIASES.get(c.casefold(), c.casefold()) for c in table.cells.columns}
    known = {c: name for c, name in names.items() if name in _KNOWN}
    for name in known.values():
        if len(alike := [c for c in known if known[c] == name]) > 1:
            raise InvalidInputError(f"In {table.name} the columns {alike} all mean {name!r}; it must occur once.")
    return replace(table, cells=table.cells.rename(columns=known))


def unique_names(names: Sequence[str], what: str, source: str) -> list[str]:
    """Return the names of a column; raises `InvalidInputError` where one is blank or occurs twice in any spelling."""
    plain = [plain_name(name) for name in names]
    as_one = [folded(name) if is_word(name) else name for name in plain]
    often = Counter(as_one)
    twice = sorted({name for name, one in zip(plain, as_one, strict=True) if often[one] > 1})
    if twice or any(map(is_blank, plain)):
        raise InvalidInputError(
            f"Each {what} must be named, once, in {source}; "
            + (f"{twice} occur more than once." if twice else f"one is blank ({next(filter(is_blank, plain))!r}).")
        )
    return plain


def name_of(source: Source) -> str:
    """Return what messages call a source: its path, or the name of the open file."""
    return str(source) if isinstance(source, str | Path) else str(getattr(source, "name", "the table"))
