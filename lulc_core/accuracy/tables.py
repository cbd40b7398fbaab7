"""The CSV files of an accuracy assessment: counts, mapped areas, samples, strata."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from lulc_core.accuracy.designs import LARGEST, Design, MappedAreas
from lulc_core.accuracy.samples import plain_name
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Source = str | Path | TextIO


def read_counts(source: Source) -> pd.DataFrame:
    r"""Read an error matrix of sample counts.

    Parameters
    ----------
    source
        CSV, or an open text file: header ``map,<reference classes...>``, one row a map class.

    Returns
    -------
    pandas.DataFrame
        Pixels, float64; rows map class, columns reference class.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a class that occurs twice, or a cell that is not a whole number >= 0.

    Examples
    --------
    >>> read_counts(io.StringIO("map,water,trees\nwater,9,1\ntrees,0,10\n")).loc["water", "trees"]
    np.float64(1.0)
    """
    table = _read(source, "map,<reference classes...>")
    name = next((c for c in table.columns if c.casefold() == "map"), table.columns[0])
    if name.casefold() not in ("map", ""):
        raise InvalidInputError(
            f"The header of {_name(source)} must be map,<reference classes...>; got {','.join(table.columns)}."
        )
    classes = _unique(table.pop(name), "map class", source)
    if "" in table.columns or not len(table.columns):
        raise InvalidInputError(f"Each column of {_name(source)} after map names a reference class; one is blank.")
    table.columns = pd.Index(_unique(table.columns.to_series(), "reference class", source))
    cells = {c: _numbers(table[c], f"the count in column {c!r}", source, whole=True) for c in table.columns}
    counts = pd.DataFrame(cells, index=pd.Index(classes, name="map"))
    _refuse_totals(counts, source)
    return counts


def read_areas(source: Source, *, pixel_ha: float | None = None) -> MappedAreas:
    r"""Read what the map holds of each class.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``class,area_ha`` or ``class,pixels``.
    pixel_ha
        Area of a pixel in hectares, to go from one to the other.

    Returns
    -------
    MappedAreas

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a class that occurs twice, or a size that is not a number >= 0.

    Examples
    --------
    >>> read_areas(io.StringIO("class,pixels\nwater,200\n"), pixel_ha=0.01).area_ha
    {'water': 2.0}
    """
    table = _known_columns(_read(source, "class,area_ha"))
    sizes = [c for c in ("area_ha", "pixels") if c in table.columns]
    if "class" not in table.columns or not sizes:
        raise InvalidInputError(
            f"The header of {_name(source)} must be class,area_ha or class,pixels; got {','.join(table.columns)}."
        )
    classes = _unique(table["class"], "class", source)
    read = {c: dict(zip(classes, _numbers(table[c], c, source), strict=True)) for c in sizes}
    _refuse_no_size(read, source)
    return MappedAreas(pixels=read.get("pixels"), hectares=read.get("area_ha"), pixel_ha=pixel_ha)


def read_sample(source: Source) -> pd.DataFrame:
    r"""Read labelled pixels.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``map,reference`` or ``reference_before,reference_after``; optional
        ``stratum``, ``cluster``, ``pixels``, ``x, y``, ``lon, lat``. Other columns are kept.

    Returns
    -------
    pandas.DataFrame
        Text, but for pixels, which are numbers.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, or a number that is none.

    Examples
    --------
    >>> read_sample(io.StringIO("reference, map\ntrees, water\n"))["map"].tolist()
    ['water']
    """
    table = _known_columns(_read(source, "map,reference"))
    for column in {"pixels", "stratum_size"} & set(table.columns):
        table[column] = _numbers(table[column], column, source)
    return table


def read_design(source: Source, sample: pd.DataFrame, *, fpc: bool = False) -> Design:
    r"""Read the strata from which a sample was drawn.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``stratum,size`` (pixels) where pixels were drawn,
        ``stratum,clusters`` where clusters were; with both, the sample's column ``cluster`` decides.
    sample
        The sample drawn from them.
    fpc
        Whether to apply the finite-population correction.

    Returns
    -------
    Design

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a stratum that occurs twice, or a size that is not a number >= 0.

    Examples
    --------
    >>> read_design(io.StringIO("stratum,size\na,100\nb,50\n"), pd.DataFrame({"map": ["a"]})).sizes
    {'a': 100.0, 'b': 50.0}
    """
    table = _known_columns(_read(source, "stratum,size"))
    if "stratum" not in table.columns or not {"size", "clusters"} & set(table.columns):
        raise InvalidInputError(
            f"The header of {_name(source)} must be stratum,size (pixels) or stratum,clusters; got "
            f"{','.join(table.columns)}."
        )
    names = _unique(table["stratum"], "stratum", source)
    read = {
        c: dict(zip(names, _numbers(table[c], c, source), strict=True))
        for c in ("size", "clusters")
        if c in table.columns
    }
    _refuse_no_size(read, source)
    if "clusters" in read and ("cluster" in sample.columns or "size" not in read):
        return Design.clusters(read["clusters"], fpc=fpc, pixels=sum(read.get("size", {}).values()) or None)
    return Design.stratified(read["size"], fpc=fpc)


_KNOWN = (
    *("map", "reference", "reference_before", "reference_after", "stratum", "stratum_size", "cluster"),
    *("pixels", "x", "y", "lon", "lat", "class", "area_ha", "size", "clusters"),
)


def _read(source: Source, expected: str) -> pd.DataFrame:
    """Read a CSV as text: cells without outer blanks, blank lines left out."""
    text = _text(source)
    delimiter = _delimiter(text.lstrip().partition("\n")[0])
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        rows = [
            (i, [cell.strip() for cell in row]) for i, row in enumerate(lines, 1) if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise InvalidInputError(
            f"{_name(source)} must be a CSV file that can be read; near line {lines.line_num}: {error}. Are the "
            "quotation marks closed?"
        ) from error
    if len(rows) < 2:
        came = f"only the line {','.join(rows[0][1])[:80]}" if rows else "nothing"
        raise InvalidInputError(f"{_name(source)} must have the header {expected} and rows below it; it has {came}.")
    header = rows[0][1]
    while header and not header[-1]:
        header = header[:-1]
    twice = sorted({c for c in header if header.count(c) > 1})
    if twice:
        raise InvalidInputError(f"In {_name(source)} columns occur twice: {', '.join(twice)}. Each must occur once.")
    width = len(header)
    for line, row in rows[1:]:
        if len(row) < width or any(row[width:]):
            raise InvalidInputError(
                f"Line {line} of {_name(source)} must have {width} cells, as its header; it has {len(row)}."
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
        raise InvalidInputError(f"{_name(source)} must be a CSV file that can be read; {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _not_text(source, error.object) from error
    if "\0" in text:
        raise _not_text(source, text.encode())
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _SPREADSHEETS_FIRST.sub("", text))


_SPREADSHEETS_FIRST = re.compile("\\Asep=.(?=\\n)")
"""The line in which a spreadsheet tells itself what separates the cells; it stays as a blank one, to be counted."""


def _not_text(source: Source, content: bytes) -> InvalidInputError:
    """Return the error that says what a file is instead of text in UTF-8."""
    other = "no text" if b"\0" in content else "text in another encoding"
    came = next((kind for start, kind in _STARTS.items() if content.startswith(start)), other)
    return InvalidInputError(
        f"{_name(source)} must be a CSV file, text in UTF-8; it is {came}. Save it from the spreadsheet as 'CSV UTF-8'."
    )


_STARTS = {
    **dict.fromkeys((b"\xff\xfe", b"\xfe\xff"), "text in UTF-16"),
    **dict.fromkeys((b"PK", b"\xd0\xcf"), "a spreadsheet's own format"),
}
"""How files begin that are taken for CSV, and what they are."""


def _known_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Write the columns this library knows in lower case."""
    known = {c: c.casefold() for c in table.columns if c.casefold() in _KNOWN}
    if len(set(known.values())) < len(known):
        raise InvalidInputError(f"Columns {list(known)} differ only in capitals; each must occur once.")
    return table.rename(columns=known)


def _unique(names: pd.Series[str], what: str, source: Source) -> list[str]:
    names = names.map(plain_name)
    twice = sorted(set(names[names.duplicated()]))
    if twice or (names == "").any():
        raise InvalidInputError(
            f"Each {what} must be named, once, in {_name(source)}; "
            + (f"{twice} occur more than once." if twice else "one is blank.")
        )
    return names.tolist()


def _numbers(texts: pd.Series[str], what: str, source: Source, *, whole: bool = False) -> list[float]:
    numbers = []
    for row, text in enumerate(texts, 1):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 0 <= number <= LARGEST or (whole and number % 1):
            kind = "whole number >= 0, as 1234" if whole else "number >= 0 without separators, as 1234 or 12.5"
            kind = f"number of {LARGEST:g} at the most" if number > LARGEST else kind
            raise InvalidInputError(f"In {_name(source)} {what} must be a {kind}; row {row} has {text!r}.")
        numbers.append(number)
    return numbers


def _refuse_totals(counts: pd.DataFrame, source: Source) -> None:
    """Refuse a column of row totals, as papers print it: taken for a class it would halve the accuracies."""
    for name in counts.columns:
        if name.casefold() in _TOTALS and counts[name].equals(counts.drop(columns=name).sum(axis=1)):
            raise InvalidInputError(
                f"Each column of {_name(source)} after map holds a reference class, but {name!r} is the sum of all "
                "others. Leave it out."
            )


def _refuse_no_size(sizes: Mapping[str, Mapping[str, float]], source: Source) -> None:
    """Refuse sizes that are all 0, and a row of the total: it would double the whole."""
    for column, by_name in sizes.items():
        whole = sum(by_name.values())
        if not whole:
            raise InvalidInputError(f"In {_name(source)} {column} must be more than 0 somewhere; every row has 0.")
        for name, size in by_name.items():
            if name.casefold() in _TOTALS and len(by_name) > 2 and math.isclose(size, whole - size, rel_tol=1e-4):
                raise InvalidInputError(
                    f"Each row of {_name(source)} holds one class or stratum, but {name!r} is the sum of all others. "
                    "Leave it out."
                )


_TOTALS = ("total", "totals", "sum", "n", "all")


def _name(source: Source) -> str:
    return str(source) if isinstance(source, str | Path) else str(getattr(source, "name", "the table"))


def write_strata(sample: pd.DataFrame) -> str:
    """Return the strata of a drawn sample as the CSV text that `read_design` takes.

    Parameters
    ----------
    sample
        Of `draw_sample`: columns ``stratum``, ``stratum_size`` and, if tiles were drawn, ``cluster``.

    Examples
    --------
    >>> print(write_strata(pd.DataFrame({"stratum": ["a"], "stratum_size": [100]})), end="")
    stratum,size
    a,100
    """
    unit = "clusters" if "cluster" in sample.columns else "size"
    strata = sample[["stratum", "stratum_size"]].drop_duplicates("stratum")
    text: str = strata.rename(columns={"stratum_size": unit}).to_csv(index=False, lineterminator="\n")
    return text
