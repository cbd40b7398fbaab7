"""Numbers as people and spreadsheets write them: a decimal point or comma, with or without thousands separators.

A table is written in one way. Which one follows from the cells that can be read in one way only, as 0.5 or 1.234,5;
where every cell can be read in two, as 1.250, the person is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lulc_core.accuracy.columns import is_blank
from lulc_core.accuracy.csv_text import SEPARATORS
from lulc_core.accuracy.designs import LARGEST
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lulc_core.accuracy.csv_text import Table

MARKS = (".", ",")
"""What may stand before the decimals; the other one then groups thousands."""
_DEGREES = ("lon", "lat")
"""Columns in which nothing groups thousands."""


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
    for column in columns:
        for row, text in enumerate(table.cells[column], 1):
            if not _marks(text):
                raise _no_number(table, column, row, text, whole=column in whole)
    more = [c for c in optional if c in table.cells.columns and all(is_blank(t) or _marks(t) for t in table.cells[c])]
    mark = decimal or _mark_of(table, [*columns, *more])
    found = {column: _column(table, column, mark, whole=column in whole) for column in columns}
    return found | {c: [_value(text, mark) for text in table.cells[c]] for c in more}


def _column(table: Table, column: str, mark: str, *, whole: bool) -> list[float]:
    values = []
    for row, text in enumerate(table.cells[column], 1):
        value = _value(text, mark)
        if not 0 <= value <= LARGEST or (whole and value % 1):
            raise _no_number(table, column, row, text, whole=whole, large=value > LARGEST)
        values.append(value)
    return values


def _value(text: str, mark: str) -> float:
    """Return the number that a text is with a decimal mark; NaN if it is none."""
    if not _FORMS[mark].fullmatch(text):
        return float("nan")
    return float(text.replace(MARKS[mark == "."], "").replace(mark, "."))


def _marks(text: str) -> list[str]:
    """Return the decimal marks with which a text is a number."""
    return [mark for mark in MARKS if _FORMS[mark].fullmatch(text)]


def _mark_of(table: Table, columns: Sequence[str]) -> str:
    """Return the decimal mark of a table."""
    cells = [(c, row, text) for c in columns for row, text in enumerate(table.cells[c], 1)]
    marked = [cell for cell in cells if "." in cell[2] or "," in cell[2]]
    sure: dict[str, tuple[str, int, str]] = {}
    for cell in marked:
        marks = [m for m in MARKS if m in cell[2]] if cell[0] in _DEGREES else _marks(cell[2])
        if len(marks) == 1:
            sure.setdefault(marks[0], cell)
    if len(sure) == 1:
        return next(iter(sure))
    open_cell = next((cell for cell in marked if not sure), None)
    if len(sure) > 1:
        raise InvalidInputError(
            f"In {table.name} {_place(sure['.'])} and {_place(sure[','])}: one is written with a decimal point, the "
            "other with a decimal comma. Write all numbers in one way."
        )
    if open_cell is None or (table.separator == "," and _decimals(text for _, _, text in cells)):
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


def _place(cell: tuple[str, int, str]) -> str:
    column, row, text = cell
    return f"column {column!r}, row {row} has {text!r}"


def _no_number(
    table: Table, column: str, row: int, text: str, *, whole: bool, large: bool = False
) -> InvalidInputError:
    kind = "whole number >= 0, as 1234" if whole else "number >= 0 without separators, as 1234 or 12.5"
    kind = f"number of {LARGEST:g} at the most" if large else kind
    return InvalidInputError(f"In {table.name} column {column!r} must be a {kind}; row {row} has {text!r}.")
