"""Numbers as people and spreadsheets write them: a decimal point or comma, with or without thousands separators.

A table is written in one way. Which one follows from the cells that can be read in one way only, as 0.5 or 1.234,5;
where every cell can be read in two, as 1.250, the person is asked.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from lulc_core.accuracy.columns import is_blank
from lulc_core.accuracy.csv_text import SEPARATORS
from lulc_core.accuracy.designs import LARGEST
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lulc_core.accuracy.csv_text import Table

MARKS = (".", ",")
"""What may stand before the decimals; the other one then groups thousands."""
_DEGREES = ("lon", "lat")
"""Columns in which nothing groups thousands."""


_COUNTS = ("size", "clusters", "pixels", "stratum_size")
"""Columns that count, so that thousands are likelier than fractions."""


def _form(mark: str) -> re.Pattern[str]:
    """Return how a number is written with a decimal mark."""
    decimal, group = map(re.escape, (mark, MARKS[mark == "."]))
    whole = rf"(\d+|[1-9]\d{{0,2}}(?:{group}\d{{3}})+)"
    return re.compile(rf"[+-]?(?:{whole}(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?", re.ASCII)


_FORMS = {mark: _form(mark) for mark in MARKS}


def numbers_of(
    table: Table,
    columns: Sequence[str],
    *,
    whole: Collection[str] = (),
    optional: Sequence[str] = (),
    decimal: str | None = None,
) -> dict[str, list[float]]:
    """Return columns of numbers, all read in one way.

    Parameters
    ----------
    table
        The cells.
    columns
        Columns that hold numbers >= 0.
    whole
        Those of them that hold whole numbers.
    optional
        Columns that hold numbers of any sign; left out unless every cell is one or blank, which is NaN.
    decimal
        The decimal mark, ``"."`` or ``","``; None where the table tells.

    Raises
    ------
    InvalidInputError
        For a cell that is not what it should be, or cells that can be read in two ways.
    """
    if decimal not in (None, *MARKS):
        raise InvalidInputError(f"The decimal mark must be . or ,; got {decimal!r}.")
    there = [c for c in (*columns, *optional) if c in table.cells.columns]
    texts = {c: [_GROUPED.sub(_ungrouped, text) for text in table.cells[c]] for c in there}
    read = {c: [_marks(text) for text in texts[c]] for c in there}
    for column in columns:
        if not all(read[column]):
            raise _no_number(table, column, read[column].index(""), whole=column in whole)
    for column in {*optional} & {*read}:
        blank = table.cells[column].map(is_blank)
        if not all(marks or empty for marks, empty in zip(read[column], blank, strict=True)):
            del read[column]
    mark = decimal or _mark_of(table, texts, read)
    found = {}
    for column, marks in read.items():
        pairs = zip(texts[column], marks, strict=True)
        found[column] = [_value(text, mark) if mark in each else math.nan for text, each in pairs]
        for row, value in enumerate(found[column] if column in columns else ()):
            if not 0 <= value <= LARGEST or (column in whole and value % 1):
                raise _no_number(table, column, row, whole=column in whole, large=value > LARGEST)
    return found


_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([ '’\u00a0\u2009\u202f])\d{3}(?:\1\d{3})*(?!\d)", re.ASCII)
"""How a number begins in which blanks or apostrophes group thousands, which they do in one way only."""


def _ungrouped(number: re.Match[str]) -> str:
    return number[0].replace(number[1], "") if number.start() == 0 else number[0]


def _value(text: str, mark: str) -> float:
    """Return the number that a text is, written with a decimal mark."""
    return float(text if mark == "." and "," not in text else text.replace(MARKS[mark == "."], "").replace(mark, "."))


def _marks(text: str) -> str:
    """Return the decimal marks with which a text is a number."""
    return "".join(mark for mark in MARKS if _FORMS[mark].fullmatch(text))


def _mark_of(table: Table, texts: Mapping[str, Sequence[str]], read: Mapping[str, Sequence[str]]) -> str:
    """Return the decimal mark of a table, from the marks that each cell can be read with."""
    cells = [
        (column, row, text, marks)
        for column, each in read.items()
        for row, (text, marks) in enumerate(zip(texts[column], each, strict=True))
    ]
    marked = [cell for cell in cells if "." in cell[2] or "," in cell[2]]
    sure: dict[str, _Cell] = {}
    for cell in marked:
        marks = "".join(m for m in MARKS if m in cell[2]) if cell[0] in _DEGREES else cell[3]
        if len(marks) == 1:
            sure.setdefault(marks, cell)
    if len(sure) == 1:
        return next(iter(sure))
    if len(sure) > 1:
        raise InvalidInputError(
            f"In {table.name} {_place(sure['.'])} and {_place(sure[','])}: one is written with a decimal point, the "
            "other with a decimal comma. Write all numbers in one way."
        )
    open_cell = next(iter(marked), None)
    plain = table.separator == "," and _decimals(text for _, _, text, _ in cells)
    if open_cell is None or (plain and not any(column in _COUNTS for column, *_ in marked)):
        return "."
    thousands = re.sub("[.,]", "", open_cell[2])
    raise InvalidInputError(
        f"In {table.name} {_place(open_cell)}: is it {thousands}, with a thousands separator, or "
        f"{open_cell[2].replace(',', '.')}? The cells are separated by {SEPARATORS[table.separator]}, and every number "
        "with a point or comma has three digits after it. State the decimal mark, or write the numbers without "
        "thousands separators."
    )


def _decimals(texts: Iterable[str]) -> bool:
    """Whether the points of a table with commas are decimal: no comma, and no whole number among fractions."""
    plain = [text for text in texts if text.strip("0")]
    whole = [text for text in plain if text.isdigit()]
    return not any("," in text for text in plain) and (not whole or max(map(len, whole)) > 3)


_Cell = tuple[str, int, str, str]
"""Column, row, text, and the marks it can be read with."""


def _place(cell: _Cell) -> str:
    return f"column {cell[0]!r}, row {cell[1] + 1} has {cell[2]!r}"


def _no_number(table: Table, column: str, row: int, *, whole: bool, large: bool = False) -> InvalidInputError:
    kind = "whole number >= 0, as 1234" if whole else "number >= 0 without separators, as 1234 or 12.5"
    kind = f"number of {LARGEST:g} at the most" if large else kind
    text = table.cells[column].iloc[row]
    return InvalidInputError(f"In {table.name} column {column!r} must be a {kind}; row {row + 1} has {text!r}.")
