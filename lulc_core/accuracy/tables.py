"""The tables of an accuracy assessment that hold numbers by class: counts and mapped areas."""

from __future__ import annotations

import contextlib
from textwrap import shorten
from typing import TYPE_CHECKING

import pandas as pd

from lulc_core.accuracy.csv_text import name_known_columns, read_csv, unique_names
from lulc_core.accuracy.designs import MappedAreas
from lulc_core.accuracy.misreadings import legend_words
from lulc_core.accuracy.numerals import numbers_of
from lulc_core.accuracy.other_codes import refuse_other_codes
from lulc_core.accuracy.total_rows import NEARLY, refuse_no_size, refuse_totals
from lulc_core.accuracy.vocabulary import folded, is_word, known_names
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lulc_core.accuracy.csv_text import Source, Table


def read_counts(source: Source, *, decimal: str | None = None) -> pd.DataFrame:
    r"""Read an error matrix of sample counts.

    Parameters
    ----------
    source
        CSV, or an open text file: header ``map,<reference classes...>``, one row a map class. Shares or per cent
        will do if a column ``pixels`` holds the number of pixels sampled of each map class.
    decimal
        The decimal mark, ``"."`` or ``","``, where the file does not tell; the other one then groups thousands.

    Returns
    -------
    pandas.DataFrame
        Pixels, float64; rows map class, columns reference class. The index is called ``map``, or nothing ("") where the
        first column has no name: then the file does not say which is which.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a class that occurs twice, a cell that is not a whole number >= 0, rows in
        codes and columns in names or in codes of another legend, or rows and columns of totals.

    Examples
    --------
    >>> import io
    >>> read_counts(io.StringIO("map,water,trees\nwater,9,1\ntrees,0,10\n")).loc["water", "trees"]
    np.float64(1.0)
    """
    table = read_csv(source, "map,<reference classes...>")
    header = list(table.cells.columns)
    name = next((c for c in header if c.casefold() == "map"), header[0])
    if name.casefold() not in ("map", ""):
        turned = " If its rows are the classes of the reference, exchange rows and columns." * (
            name.casefold() in ("reference", "ref", "truth", "actual")
        )
        raise InvalidInputError(
            f"The header of {table.name} must be map,<reference classes...>; got {shorten(','.join(header), 200)}."
            f"{turned}"
        )
    header.remove(name)
    if not header:
        raise InvalidInputError(f"{table.name} must have a column for each reference class after map; it has none.")
    columns = unique_names(header, "reference class", table.name)
    rows = unique_names(table.cells[name].tolist(), "map class", table.name)
    columns = _spelled_as(rows, columns)
    _refuse_other_names(rows, columns, table.name)
    cells, error = _whole_or_not(table, header, decimal)
    values = pd.DataFrame(
        dict(zip(columns, (cells[c] for c in header), strict=True)), index=pd.Index(rows, name=name and "map")
    )
    sizes = next((c for c in columns if c.casefold() in _SAMPLED and c not in rows), None)
    if (values % 1).to_numpy().any() or (sizes and (values.drop(columns=sizes).sum(axis=1) != values[sizes]).any()):
        values = _counts_of_shares(values, sizes, table.name, error)
    pairs = pd.MultiIndex.from_product([values.index, values.columns], names=["row", "column"])
    refuse_other_codes(pairs.to_frame(index=False).assign(pixels=values.to_numpy().ravel()))
    refuse_totals(values, table.name)
    return values


def _spelled_as(rows: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the names of columns as the rows spell them, if they are the same words in another case or form."""
    by_fold = {folded(row): row for row in rows if is_word(row)}
    if len(by_fold) < len(rows) or not {*map(folded, columns)} <= {*by_fold}:
        return list(columns)
    return [by_fold[folded(column)] for column in columns]


def _refuse_other_names(rows: Sequence[str], columns: Sequence[str], source: str) -> None:
    """Refuse a matrix whose rows and columns have no name in common, but seem to mean the same classes."""
    coded = [[name.isdecimal() for name in side] for side in (rows, columns)]
    codes = (all(coded[0]) and not any(coded[1])) or (all(coded[1]) and not any(coded[0]))
    if {*rows} & {*columns} or not (codes or {*map(folded, rows)} & {*map(folded, columns)}):
        return
    raise InvalidInputError(
        f"Rows and columns of {source} must have the same names of classes; the rows have "
        f"{shorten(', '.join(rows), 80)}, the columns {shorten(', '.join(columns), 80)}. Write both in "
        + (f"codes or both in names. {legend_words([*rows, *columns])}" if codes else "one way.").strip()
    )


_SAMPLED = ("pixels", "n")
"""Names of a column with the number of pixels sampled of each map class."""


def _whole_or_not(
    table: Table, columns: Sequence[str], decimal: str | None
) -> tuple[dict[str, list[float]], InvalidInputError | None]:
    """Return columns of whole numbers; of other numbers with the error that says that they are none."""
    try:
        return numbers_of(table, columns, whole=columns, decimal=decimal), None
    except InvalidInputError as error:
        with contextlib.suppress(InvalidInputError):
            return numbers_of(table, columns, decimal=decimal), error
        raise


def _counts_of_shares(
    cells: pd.DataFrame, sizes: str | None, source: str, error: InvalidInputError | None
) -> pd.DataFrame:
    """Return the counts of a matrix of shares or per cent that has the pixels sampled of each row in a column."""
    shares = cells.drop(columns=[] if sizes is None else sizes)
    sums = shares.sum(axis=1)
    whole = next((f"sum to {w}" for w in (1, 100) if abs(sums.sum() / w - 1) < NEARLY), None)
    whole = whole or next((f"sum to {w} in each row" for w in (1, 100) if (abs(sums / w - 1) < NEARLY).all()), None)
    if whole is None and error:
        raise error
    if sizes is None or whole is None:
        raise InvalidInputError(
            f"{source} must hold counts of sampled pixels. "
            + (f"The cells {whole}: are they shares or per cent? " if whole else f"Column {sizes!r} is not their sum. ")
            + "Write the counts, or shares with the number of pixels sampled of each map class in a column 'pixels'."
        )
    counts = shares.div(sums.where(sums > 0, 1), axis=0).mul(cells[sizes], axis=0)
    if (abs(counts - counts.round()) > UNROUNDED).to_numpy().any() or (
        counts.round().sum(axis=1) != cells[sizes]
    ).any():
        raise InvalidInputError(
            f"The shares in {source} are not counts of as many pixels as column {sizes!r} says, or have too few "
            "decimals to tell. Write the counts."
        )
    return counts.round()


UNROUNDED = 0.25
"""How far a count that is found from a rounded share may lie from a whole number."""


def read_areas(
    source: Source,
    *,
    pixel_ha: float | None = None,
    decimal: str | None = None,
    classes: Collection[str] = (),
    replaced: Mapping[str, str] | None = None,
) -> MappedAreas:
    r"""Read the mapped area of each class.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``class,area_ha`` or ``class,pixels``.
    pixel_ha
        Area of a pixel in hectares, to go from one to the other.
    decimal
        As in `read_counts`.
    classes
        Names that are known to be classes, as those of the sample; a name that differs in case, accents, blanks or
        punctuation is read as the known one. Any other row that is the sum of all others is refused as their total.
    replaced
        Other names for classes of the sample, each with the sample's.

    Returns
    -------
    MappedAreas

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a class that occurs twice, or a size that is not a number >= 0.

    Examples
    --------
    >>> import io
    >>> read_areas(io.StringIO("class,pixels\nwater,200\n"), pixel_ha=0.01).area_ha
    {'water': 2.0}
    """
    table = name_known_columns(read_csv(source, "class,area_ha"))
    header = list(table.cells.columns)
    sizes = [c for c in ("area_ha", "pixels") if c in header]
    if "class" not in header or not sizes:
        raise InvalidInputError(
            f"The header of {table.name} must be class,area_ha or class,pixels; got {shorten(','.join(header), 200)}."
        )
    known = {**(replaced or {}), **{name: name for name in classes}}
    read = sizes_of(table, "class", sizes, known, decimal)
    unread = tuple(name for name in header if name not in ("class", *sizes))
    return MappedAreas(pixels=read.get("pixels"), hectares=read.get("area_ha"), pixel_ha=pixel_ha, unread=unread)


def sizes_of(
    table: Table, name: str, columns: Sequence[str], known: Mapping[str, str], decimal: str | None
) -> dict[str, dict[str, float]]:
    """Return columns of sizes, each by the names in another column, as far as they are `known_names`."""
    names = known_names(unique_names(table.cells[name].tolist(), name, table.name), known)
    numbers = numbers_of(table, columns, decimal=decimal)
    sizes = {column: dict(zip(names, numbers[column], strict=True)) for column in columns}
    refuse_no_size(sizes, table.name, known.values())
    return sizes
