"""A crosswalk of one's own, from a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_core.accuracy.csv_text import read_csv
from lulc_core.errors import InvalidInputError
from lulc_core.reference_maps.crosswalks import NOTHING, REFERENCE_LEGEND, CrosswalkRow, CrosswalkTable, class_meant

if TYPE_CHECKING:
    from lulc_core.accuracy.csv_text import Source, Table

_COLUMNS = ("code", "name", "class")


def read_crosswalk(source: Source) -> CrosswalkTable:
    r"""Read a crosswalk: the codes of another map, and ours for them.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``code`` (whole number >= 0), ``name`` (theirs), ``class`` (one of
        `REFERENCE_LEGEND`; ``no data`` or empty where none fits) and, if wanted, ``hides`` (what is lost).

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a column that is missing, a code that is no whole number or is there twice, or
        a class that is not in the legend.

    Examples
    --------
    >>> import io
    >>> read_crosswalk(io.StringIO("code,name,class\n1,Wald,trees\n9,Wolke,\n")).crosswalk.codes
    {1: 2, 9: 0}
    """
    table = read_csv(source, ",".join(_COLUMNS))
    cells = table.cells.rename(columns=str.casefold)
    if missing := [name for name in _COLUMNS if name not in cells.columns]:
        raise InvalidInputError(
            f"{table.name} must have the columns {', '.join(_COLUMNS)}; it lacks {', '.join(missing)} and has "
            f"{', '.join(table.cells.columns)}."
        )
    hides = cells["hides"] if "hides" in cells.columns else [""] * len(cells)
    rows = tuple(
        CrosswalkRow(code=_code(code, table), name=name, to=_class(to, code, table), hides=lost)
        for code, name, to, lost in zip(cells["code"], cells["name"], cells["class"], hides, strict=True)
    )
    return CrosswalkTable(name=table.name, title=table.name, rows=rows, aliases={})


def _code(text: str, table: Table) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise InvalidInputError(f"Each code in {table.name} must be a whole number from 0 to 999999; got {text!r}.")
    return int(text)


def _class(text: str, code: str, table: Table) -> str:
    """Return the name of our class, however it is spelled."""
    if (name := class_meant(text)) is None:
        raise InvalidInputError(
            f"Code {code} of {table.name} is led to {text!r}, which is no class. The classes are "
            f"{', '.join(REFERENCE_LEGEND.names)}; write {NOTHING!r} where none fits."
        )
    return name
