"""CSV as people and spreadsheets write it: delimiters, byte order marks, totals, and messages for mistakes."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from lulc_core.accuracy.columns import plain_name
from lulc_core.accuracy.designs import LARGEST
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

Source = str | Path | TextIO

_KNOWN = (
    *("map", "reference", "reference_before", "reference_after", "stratum", "stratum_size", "cluster"),
    *("pixels", "x", "y", "lon", "lat", "class", "area_ha", "size", "clusters"),
)


def read_csv(source: Source, expected: str) -> pd.DataFrame:
    """Read a CSV as text, without blank lines and without blanks around cells."""
    text = _text(source)
    delimiter = _delimiter(text.lstrip().partition("\n")[0])
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        rows = [
            (i, [cell.strip() for cell in row]) for i, row in enumerate(lines, 1) if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise InvalidInputError(
            f"{name_of(source)} must be a CSV file that can be read; near line {lines.line_num}: {error}. Are the "
            "quotation marks closed?"
        ) from error
    if len(rows) < 2:
        came = f"only the line {','.join(rows[0][1])[:80]}" if rows else "nothing"
        raise InvalidInputError(f"{name_of(source)} must have the header {expected} and rows below it; it has {came}.")
    header = rows[0][1]
    while header and not header[-1]:
        header = header[:-1]
    twice = sorted({c for c in header if header.count(c) > 1})
    if twice:
        raise InvalidInputError(f"In {name_of(source)} columns occur twice: {', '.join(twice)}. Each must occur once.")
    width = len(header)
    for line, row in rows[1:]:
        if len(row) < width or any(row[width:]):
            raise InvalidInputError(
                f"Line {line} of {name_of(source)} must have {width} cells, as its header; it has {len(row)}."
            )
    return pd.DataFrame([row[:width] for _, row in rows[1:]], columns=header, dtype=object)


def _delimiter(header: str) -> str:
    """Return what separates the cells of a header, whatever its quoted names hold."""
    bare = "".join(header.split('"')[::2])
    return next((d for d in (",", ";", "\t", "|") if d in bare), ",")


def _text(source: Source) -> str:
    """Read the text with one kind of line end, and one way to write an accented letter (NFC)."""
    try:
        text = Path(source).read_text("utf-8-sig") if isinstance(source, str | Path) else source.read()
    except OSError as error:
        raise InvalidInputError(f"{name_of(source)} must be a CSV file that can be read; {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _not_text(source, error.object) from error
    if "\0" in text:
        raise _not_text(source, text.encode())
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _SPREADSHEETS_FIRST.sub("", text))


_SPREADSHEETS_FIRST = re.compile("\\Asep=.(?=\\n)")
"""The line by which Excel records the delimiter; it is kept as a blank line, so that line numbers stay right."""


def _not_text(source: Source, content: bytes) -> InvalidInputError:
    """Return the error for a file that is not UTF-8 text; it says what the file is."""
    other = "binary" if b"\0" in content else "text in another encoding"
    came = next((kind for start, kind in _STARTS.items() if content.startswith(start)), other)
    return InvalidInputError(
        f"{name_of(source)} must be a CSV file in UTF-8; it is {came}. Save it from the spreadsheet as 'CSV UTF-8'."
    )


_STARTS = {
    **dict.fromkeys((b"\xff\xfe", b"\xfe\xff"), "text in UTF-16"),
    **dict.fromkeys((b"PK", b"\xd0\xcf"), "a spreadsheet's own format"),
}
"""First bytes of files that are mistaken for CSV, and what they are."""


def lower_known_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the columns that this library knows in lower case."""
    known = {c: c.casefold() for c in table.columns if c.casefold() in _KNOWN}
    if len(set(known.values())) < len(known):
        raise InvalidInputError(f"Columns {list(known)} differ only in capitals; each must occur once.")
    return table.rename(columns=known)


def unique_names(names: pd.Series[str], what: str, source: Source) -> list[str]:
    """Return the names of a column; raises `InvalidInputError` where one is blank or occurs twice."""
    names = names.map(plain_name)
    twice = sorted(set(names[names.duplicated()]))
    if twice or (names == "").any():
        raise InvalidInputError(
            f"Each {what} must be named, once, in {name_of(source)}; "
            + (f"{twice} occur more than once." if twice else "one is blank.")
        )
    return names.tolist()


def numbers(texts: pd.Series[str], what: str, source: Source, *, whole: bool = False) -> list[float]:
    """Return a column of numbers >= 0; raises `InvalidInputError` that names the first row without one."""
    numbers = []
    for row, text in enumerate(texts, 1):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 0 <= number <= LARGEST or (whole and number % 1):
            kind = "whole number >= 0, as 1234" if whole else "number >= 0 without separators, as 1234 or 12.5"
            kind = f"number of {LARGEST:g} at the most" if number > LARGEST else kind
            raise InvalidInputError(f"In {name_of(source)} {what} must be a {kind}; row {row} has {text!r}.")
        numbers.append(number)
    return numbers


def refuse_totals(counts: pd.DataFrame, source: Source) -> None:
    """Refuse a column of row totals, as papers print it: read as a class, it would halve the accuracies."""
    for name in counts.columns:
        if name.casefold() in _TOTALS and counts[name].equals(counts.drop(columns=name).sum(axis=1)):
            raise InvalidInputError(
                f"Each column of {name_of(source)} after map holds a reference class, but {name!r} is the sum of all "
                "others. Leave it out."
            )


def refuse_no_size(sizes: Mapping[str, Mapping[str, float]], source: Source) -> None:
    """Refuse sizes that are all 0, and a row of totals, which would double the area."""
    for column, by_name in sizes.items():
        whole = sum(by_name.values())
        if not whole:
            raise InvalidInputError(f"In {name_of(source)} {column} must be more than 0 somewhere; every row has 0.")
        for name, size in by_name.items():
            if name.casefold() in _TOTALS and len(by_name) > 2 and math.isclose(size, whole - size, rel_tol=1e-4):
                raise InvalidInputError(
                    f"Each row of {name_of(source)} holds one class or stratum, but {name!r} is the sum of all others. "
                    "Leave it out."
                )


_TOTALS = ("total", "totals", "sum", "n", "all")


def name_of(source: Source) -> str:
    """Return the name of a source for messages: its path, or the name of the open file."""
    return str(source) if isinstance(source, str | Path) else str(getattr(source, "name", "the table"))
