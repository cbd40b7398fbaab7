"""The columns of a table of labelled pixels, each read and checked: labels, strata, pixels, clusters, places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.designs import LARGEST
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.sampled_units import Floats


def labels(sample: pd.DataFrame, column: str) -> pd.Series[str]:
    """Return a column as categories of class names: text without outer blanks, whole numbers without a decimal point.

    Raises
    ------
    InvalidInputError
        For a column that is not there, or blank cells in it.
    """
    if column not in sample.columns:
        raise InvalidInputError(f"The sample needs a column {column!r}; it has {', '.join(map(str, sample.columns))}.")
    values = sample[column]
    if pd.api.types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    code, unique = pd.factorize(values)  # few names, many rows; blanks are -1
    text = [str(value).strip() for value in pd.Series(unique, dtype=object)]
    blank = np.isin(code, [-1, *(i for i, name in enumerate(text) if _is_no_label(name))])
    if blank.any():
        written = ", ".join(sorted({repr(text[i]) for i in code[blank] if i >= 0 and text[i]})[:3])
        raise InvalidInputError(
            f"Column {column!r} is blank in {int(blank.sum())} of {len(values)} rows ({numbers_of_rows(blank)}"
            f"{': ' * bool(written)}{written}). Fill them in; leave out the rows of units that could not be "
            "labelled, and report how many."
        )
    if (formula := next((name for name in text if name.startswith("=")), None)) is not None:
        raise InvalidInputError(
            f"Column {column!r} has the formula {formula!r}, where a class is expected. Save the values: in a "
            "spreadsheet, paste them in place of the formulas."
        )
    alike, names = pd.factorize(pd.Series([*map(plain_name, text)], dtype=object))
    return pd.Series(pd.Categorical.from_codes(alike[code], names))


def numbers_of_rows(some: NDArray[np.bool_]) -> str:
    """Return which rows are meant, counted from 1, five at the most.

    Examples
    --------
    >>> numbers_of_rows(np.array([False, True])), numbers_of_rows(np.ones(9, bool))
    ('row 2', 'rows 1, 2, 3, 4, 5, ...')
    """
    rows = np.flatnonzero(some)[:6] + 1
    shown = [*map(str, rows[:5]), *["..."] * (len(rows) > 5)]
    return f"row{'s' * (len(rows) > 1)} {', '.join(shown)}"


def is_blank(text: str) -> bool:
    """Return whether a cell holds nothing, or what programs write for it: NA, NULL, nan, #N/A.

    Examples
    --------
    >>> is_blank(" "), is_blank("#NV"), is_blank("none")
    (True, True, False)
    """
    return text.strip().casefold() in _BLANKS


def _is_no_label(text: str) -> bool:
    """Whether a label is blank, or a number below 0, as programs write for a missing one: -1 of ArcGIS, -9999."""
    return is_blank(text) or _BELOW_0.fullmatch(text) is not None


_BELOW_0 = re.compile(r"-\d+([.,]0*)?")


_BLANKS = frozenset(
    (
        *("", "-", "--", "–", "—", ".", "?", "na", "n/a", "<na>", "nan", "-nan", "nat", "null", "\\n"),
        *("(blank)", "(leer)", "(vide)", "(leeg)", "(vuoto)", "(en blanco)", "(vazio)", "??", "???", "????", "n/d"),
        *("n.a.", "n.d.", "k.a.", "-999.0", "-9999.0", "-32768.0"),
        *("nodata", "no data", "no_data", "no-data", "-999", "-9999", "-32768", "#n/a", "#na", "#nv"),
        *("#null!", "#value!", "#wert!", "#ref!", "#bezug!", "#name?", "#div/0!", "#num!", "#zahl!"),
    )
)
"""Missing values of R, pandas, databases, rasters, pivot tables and spreadsheets, and the errors of the last."""


def plain_name(text: str) -> str:
    """Return a class name as all tables write it: a whole number without a decimal point or leading zeros.

    Examples
    --------
    >>> plain_name("05"), plain_name("5.0"), plain_name("5.5"), plain_name("crops")
    ('5', '5', '5.5', 'crops')
    """
    return _WHOLE.sub(r"\1", text) if text[:1].isdecimal() else text


_WHOLE = re.compile(r"^0*(\d+)(?:\.0*)?$", re.ASCII)


def strata_of(sample: pd.DataFrame, design: Design) -> tuple[pd.Series[str], tuple[str, ...]]:
    """Return the stratum of each row, and notes on how it was found."""
    notes: tuple[str, ...] = ()
    if design.unit == "cluster" and "cluster" not in sample.columns:
        raise InvalidInputError(
            "Clusters were drawn, so the sample needs a column 'cluster' that names that of each row. If pixels were "
            "drawn one by one, the sizes of the strata must count pixels (strata.csv: stratum,size)."
        )
    only = next(iter(design.sizes))
    if design.kind != "sample" or (len(design.sizes) == 1 and "stratum" not in sample.columns):
        return pd.Series(pd.Categorical.from_codes(np.zeros(len(sample), int), pd.Index([only]))), notes
    if "stratum" in sample.columns:
        stratum = labels(sample, "stratum")
    elif (
        design.unit == "pixel" and "map" in sample.columns and set(labels(sample, "map").unique()) <= set(design.sizes)
    ):
        stratum = labels(sample, "map")
        notes = ("The sample has no column 'stratum'; the strata are the map classes, so the map class is used.",)
    else:
        of_the_map = sorted(set(labels(sample, "map").unique()) - set(design.sizes)) if "map" in sample.columns else []
        raise InvalidInputError(
            f"The design has the strata {list(design.sizes)}, but the sample has no column 'stratum' that "
            "says in which each row was drawn. Add it"
            + (f"; or, if they are the map classes, {of_the_map} must be among them." if of_the_map else ".")
            + (" The reference has no others: are map and reference swapped?" if _by_reference(sample, design) else "")
        )
    unknown = sorted({s for s in set(stratum.unique()) if not design.sizes.get(s, 0) > 0})
    if unknown:
        raise InvalidInputError(
            f"The sample has the strata {unknown}, of which the design gives no size (or 0); it has "
            f"{list(design.sizes)}. Add them to the strata, or correct the sample."
        )
    return stratum, notes


def _by_reference(sample: pd.DataFrame, design: Design) -> bool:
    """Whether all reference classes are strata."""
    return "reference" in sample.columns and set(labels(sample, "reference").unique()) <= set(design.sizes)


def pixels_of(sample: pd.DataFrame) -> Floats:
    """Return how many pixels each row stands for, shape (row,); 1 without the column ``pixels``."""
    if "pixels" not in sample.columns:
        return np.ones(len(sample))
    numbers = pd.to_numeric(sample["pixels"], errors="coerce").to_numpy(float)
    bad = ~((numbers >= 0) & (numbers <= LARGEST))
    if bad.any() or not numbers.any():
        first = int(np.argmax(bad))
        came = f"row {first + 1} has {str(sample['pixels'].iloc[first])!r}" if bad.any() else "every row has 0"
        raise InvalidInputError(f"Column 'pixels' holds how many pixels a row stands for, numbers >= 0; {came}.")
    return numbers


def units_of(
    sample: pd.DataFrame, table: pd.DataFrame, design: Design, *, tallied: bool
) -> tuple[NDArray[np.integer], tuple[str, ...]]:
    """Return the sampling unit of each row, 0 for all where each pixel is one."""
    named = "cluster" in sample.columns
    if design.unit == "cluster":
        pairs = pd.DataFrame({"stratum": table["stratum"], "cluster": labels(sample, "cluster")}).astype(object)
        twice = pairs.drop_duplicates().groupby("cluster").size()
        notes = tuple(
            f"Cluster {name!r} occurs in several strata; each occurrence is taken as a cluster of its own."
            for name in twice[twice > 1].index[:3]
        )
        return pairs.groupby(["stratum", "cluster"], sort=True).ngroup().to_numpy(), notes
    if named and (table["pixels"].groupby(labels(sample, "cluster")).sum() > 1).any():
        raise InvalidInputError(
            "The sample has a column 'cluster' with several pixels in one, but the design counts pixels as if "
            "they were independent. Give the number of clusters of each stratum (strata.csv: "
            "stratum,clusters); if the pixels were drawn one by one, remove the column."
        )
    if design.kind != "census" and (table["pixels"] % 1).any():
        raise InvalidInputError("Without clusters 'pixels' counts sampled pixels, so it holds whole numbers.")
    several = int((table["pixels"] > 1).sum())
    merely_counted = design.kind == "indicative" and not table.duplicated(["row", "column"]).any()
    if design.kind == "census" or tallied or merely_counted or not several:
        return np.zeros(len(table), int), ()
    note = (
        f"{counted(several, 'row', 'stand')} for more than one pixel and no cluster is named: each pixel is taken as "
        "an independent draw. If the pixels of a row lie together, name their cluster, or the standard errors are far "
        "too small."
    )
    return np.zeros(len(table), int), (note,)
