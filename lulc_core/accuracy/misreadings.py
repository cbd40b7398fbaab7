"""Tables of labelled pixels that would be taken for something else: columns swapped, codes against names, tallies."""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from lulc_core.accuracy.columns import is_blank, plain_name
from lulc_core.accuracy.duplicates import id_columns, names_a_place, place_columns
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.estimation import Observations

_NAMES_OF_CODES = {str(c.code): c.name for c in LEGEND}
_COUNTS = frozenset(
    ("n", "count", "counts", "freq", "frequency", "number", "anzahl", "nombre", "npixels", "npoints", "nsamples")
) | {"pixelcount", "samplecount", "numpixels", "häufigkeit", "effectif", "frequenz", "conteo", "cantidad"}
"""Names of columns that count, without blanks and underscores."""


class StrataUnlikeMap(str):
    """The remark that strata with names of classes are not those of the map: right where another map was sampled."""

    __slots__ = ()


def refuse_missing(sample: pd.DataFrame, needed: tuple[str, str]) -> None:
    """Refuse a sample without its label columns, and say which of its own may be meant."""
    missing = [name for name in needed if name not in sample.columns]
    if not missing:
        return
    holders = _class_columns(sample.drop(columns=[name for name in needed if name in sample.columns]))
    near = {name.casefold(): name for name in holders}
    likely = {near[match]: name for name in missing for match in get_close_matches(name, near, 1, 0.5)}
    hints = [f"If {column!r} is the {name}, rename it {name!r}." for column, name in likely.items()]
    if others := [repr(name) for name in holders if name not in likely][:5]:
        hints.append(f"Classes may be in {', '.join(others)}.")
    columns = ", ".join(list(map(str, sample.columns))[:20]) + (", ..." if len(sample.columns) > 20 else "")
    raise InvalidInputError(
        f"The sample needs the columns {' and '.join(map(repr, needed))}; it has {columns}. "
        + (" ".join(hints) or "Name those that hold them so.")
    )


def _class_columns(sample: pd.DataFrame) -> list[str]:
    """Return the columns that may hold classes: those whose values are of the legend or of another such column."""
    known = {name.casefold() for name in LEGEND.names} | set(_NAMES_OF_CODES)
    values = {}
    for column in sample.columns:
        texts = {plain_name(str(v).strip()).casefold() for v in sample[column].dropna().unique()[:1000]}
        values[str(column)] = {text for text in texts if not is_blank(text)}
    found = []
    for column, own in values.items():
        numbers = all(re.fullmatch(r"[\d.,+-]+", text) for text in own)
        measured = numbers and (names_a_place(column) or not all(re.fullmatch(r"\d{1,3}", text) for text in own))
        others = set().union(*(v for c, v in values.items() if c != column))
        near = {text for text in own if text in known or (text in others and not numbers)}
        labelled = column.casefold() in _LABELS and not numbers
        if own and (labelled or 2 * len(near) > len(own)) and not measured and column not in id_columns(sample):
            found.append(column)
    return found


_LABELS = ("class", "classification", "label", "ref", "refer", "mapped", "predicted", "map_class")
"""Names of columns of classes, whatever their values are."""


def refuse_codes_and_names(rows: Collection[str], columns: Collection[str], names: tuple[str, str]) -> tuple[str, ...]:
    """Refuse codes in one label column and names in the other; note columns that share no class.

    Parameters
    ----------
    rows, columns
        The classes in each.
    names
        What the columns are called.
    """
    sides = [sorted(rows, key=_by_number), sorted(columns, key=_by_number)]
    for name, side in zip(names, sides, strict=True):
        numbers = [text for text in side if not any(map(str.isalpha, text))]
        if len(numbers) == 1 < len(side) and _FRACTION.fullmatch(numbers[0]):
            raise InvalidInputError(
                f"Column {name!r} has the number {numbers[0]!r} among names of classes. If it is a total or accuracy "
                "below the table, leave out its row."
            )
    if set(rows) & set(columns):
        both = {name.casefold() for side in sides for name in side}
        return tuple(
            f"Classes {code!r} and {name!r} are taken as two classes, but {code} is {name} in the legend. Write all in "
            "codes or all in names."
            for code, name in _NAMES_OF_CODES.items()
            if {code, name} <= both
        )
    words = f"Column {names[0]!r} has {_few(sides[0])}, column {names[1]!r} has {_few(sides[1])}: no class in common"
    coded = [[name.isdecimal() for name in side] for side in sides]
    if (all(coded[0]) and not any(coded[1])) or (all(coded[1]) and not any(coded[0])):
        codes = sides[0] if all(coded[0]) else sides[1]
        raise InvalidInputError(f"{words}. Write both in codes or both in names. {legend_words(codes)}".strip())
    return (f"{words}, so no pixel counts as correct. Make the names agree.",)


_FRACTION = re.compile(r"\d*[.,]\d+ ?%?|\d+ ?%")


def legend_words(codes: Sequence[str]) -> str:
    """Return what codes are in the legend, as a sentence; empty if none is in it."""
    known = ", ".join(f"{code} is {_NAMES_OF_CODES[code]}" for code in codes if code in _NAMES_OF_CODES)
    return f"In the legend of this project {known}." if known else ""


def _by_number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")


def refuse_tally(sample: pd.DataFrame, names: tuple[str, str]) -> None:
    """Refuse rows that seem to stand for several pixels each, where no column ``pixels`` says for how many."""
    named = [c for c in id_columns(sample) if sample[c].is_unique]
    if "pixels" in sample.columns or named or place_columns(sample) or len(sample) < 2:
        return
    keys = [c for c in (*names, "stratum", "cluster") if c in sample.columns]
    once = not sample[keys].astype(str).duplicated().any()
    for column in [c for c in sample.columns if c not in _NO_COUNTS and c not in keys]:
        numbers = pd.to_numeric(sample[column], errors="coerce")
        if (numbers.isna() | (numbers < 0)).any() or numbers.nunique() < 2 or _numbered(numbers):
            continue
        counted = re.sub(r"[\W_]", "", str(column)).casefold() in _COUNTS
        if counted or once:
            every = f"every pair of {names[0]} and {names[1]} occurs once" if once else "its name is that of a count"
            raise InvalidInputError(
                f"Column {column!r} holds numbers, and {every}: does a row stand for that many pixels? Then call it "
                "'pixels'; if each row is one pixel, leave the column out."
            )


MOST_MARKS, MOST_LETTERS = 20, 20
"""Values of a column, and letters of a value, that are looked at for marks."""
_NO_COUNTS = ("stratum_size", "inclusion_probability")


def _numbered(numbers: pd.Series[float]) -> bool:
    """Whether the rows are merely numbered."""
    return bool((numbers.sort_values().diff().dropna() == 1).all())


_OF_TRAINING = ("train", "training", "calibration")
_YES, _EXCLUDED = ("true", "yes", "1", "x"), ("exclude", "excluded", "skip", "omit", "drop", "flagged")


def rows_to_leave_out(sample: pd.DataFrame) -> tuple[str, ...]:
    """Note columns that mark some of the rows as training data, or as excluded.

    Examples
    --------
    >>> import pandas as pd
    >>> rows_to_leave_out(pd.DataFrame({"map": ["a", "b"], "reference": ["a", "b"], "set": ["test", "train"]}))
    ("Column 'set' says 'train' in 1 of the 2 rows, which are assessed like the others: ...",)
    """
    notes = []
    for column in sample.columns.difference(["map", "reference", "stratum", "cluster"]):
        values = [value for value in sample[column].dropna().unique()[:MOST_MARKS] if len(str(value)) < MOST_LETTERS]
        excludes = re.sub(r"[\W_]", "", str(column)).casefold() in _EXCLUDED
        for value in values:
            mark = str(value).strip().casefold()
            if mark in _OF_TRAINING or (excludes and mark in _YES):
                notes.append(
                    f"Column {str(column)!r} says {str(value)!r} in {(sample[column] == value).sum()} of the "
                    f"{len(sample)} rows, which are assessed like the others: leave out what is excluded, and what the "
                    "map was made with."
                )
    return tuple(notes)


def swapped(table: pd.DataFrame, sample: pd.DataFrame, design: Design, *, tallied: bool = False) -> tuple[str, ...]:
    """Note strata that have names of classes and are not those of the map.

    Parameters
    ----------
    table
        Columns ``row`` (map), ``column`` (reference) and ``stratum``.
    sample
        As it came.
    design
        How it was drawn.
    tallied
        Whether it is an error matrix, whose strata are its rows.
    """
    strata = set(table["stratum"].unique())
    if design.kind != "sample" or len(strata) < 2:
        return ()
    if tallied:
        return tuple(note.replace(*_OF_A_MATRIX) for note in _allocated_by_reference(table, design))
    if "stratum" not in sample.columns:
        return _allocated_by_reference(table, design)
    labels = {name: table[name].astype(object) for name in ("row", "column", "stratum")}
    equal = {name: int((labels["stratum"] == labels[name]).sum()) for name in ("row", "column")}
    if not strata <= set(labels["column"]) | set(labels["row"]) or equal["row"] == len(table):
        return ()
    words = (
        f"The strata are named as the classes, but are the map class in {equal['row']} of {len(table)} rows and the "
        f"reference class in {equal['column']}. "
    )
    if equal["column"] == len(table):
        return (StrataUnlikeMap(f"{words}Strata are usually the map classes: {_SWAPPED}"),)
    advice = "If the sample was drawn by this map, the two must be equal: one of the columns is wrong."
    return (StrataUnlikeMap(words + advice),)


def _allocated_by_reference(table: pd.DataFrame, design: Design) -> tuple[str, ...]:
    """Note a reference with as many pixels of each class as a plan gives, where the map has others."""
    pixels = {name: table.groupby(table[name].astype(str))["pixels"].sum() for name in ("row", "column")}
    by_map, by_reference = (sorted(each.astype(int)) for each in pixels.values())
    planned = _planned(by_reference) and not _planned(by_map)
    proportional = _proportional(pixels["column"], design) and not _proportional(pixels["row"], design)
    if by_map == by_reference or not (planned or proportional):
        return ()
    how = "planned" if planned else "drawn in proportion to the strata"
    words = (
        f"The reference classes have {', '.join(map(str, by_reference[:6]))} pixels, as if they had been {how}, the "
        f"map classes {', '.join(map(str, by_map[:6]))}: {_SWAPPED}"
    )
    return (words,)


_SWAPPED = "are the columns 'map' and 'reference' swapped? Then user's and producer's accuracies are, too."

_OF_A_MATRIX = ("the columns 'map' and 'reference'", "rows and columns")


def unnamed_corner(counts: pd.DataFrame) -> tuple[str, ...]:
    """Note a matrix that does not say that its rows are the map, unless they have the numbers of a plan."""
    by_map, by_reference = (sorted(counts.sum(axis=axis).astype(int)) for axis in (1, 0))
    if counts.index.name != "" or _planned(by_map) != _planned(by_reference):  # the plan says which is which
        return ()
    words = (
        "The first column of the matrix has no name: its rows are taken as classes of the map, its columns as those of "
        "the reference. Call the column 'map' if that is right; if not, as in matrices of scikit-learn or Earth "
        "Engine, swap rows and columns."
    )
    return (words,)


def _proportional(pixels: pd.Series[float], design: Design) -> bool:
    """Whether each stratum has its share of the pixels, but for rounding."""
    sizes = pd.Series(dict(design.sizes), dtype=float)
    sizes = sizes[sizes > 0]
    if set(pixels.index) != set(sizes.index) or pixels.sum() < LEAST_PIXELS:
        return False
    return bool(((pixels - sizes / sizes.sum() * pixels.sum()).abs() < 1).all())


LEAST_PIXELS = 30
"""In fewer, chance gives each stratum its share."""


def swapped_by_areas(observed: Observations, census: MappedAreas) -> tuple[str, ...]:
    """Note pixels drawn at random whose reference, but not whose map classes, have the shares of the mapped areas."""
    whole = sum(census.sizes.values())
    if len(observed.strata) > 1 or observed.design.unit != "pixel" or not whole:
        return ()
    n, copies = observed.sample_pixels, observed.copies[observed.unit]
    expected = np.array([census.sizes.get(name, 0.0) / whole * n for name in observed.classes])
    kept = expected > 0
    fits = [
        _chance(found[kept], expected[kept] * found[kept].sum() / n)
        for found in (np.bincount(side, copies, len(kept)) for side in (observed.row, observed.column))
    ]
    if n < LEAST_PIXELS or kept.sum() < 2 or not (fits[0] < UNLIKELY < LIKELY < fits[1]):
        return ()
    return (f"The reference classes have the shares of the mapped areas, the map classes do not: {_SWAPPED}",)


def _chance(found: NDArray[np.number], expected: NDArray[np.floating]) -> float:
    """Return the p of Pearson's chi-squared test; `scipy.stats`, which has it, takes 23 MB of every process."""
    return float(chdtrc(len(found) - 1, ((found - expected) ** 2 / expected).sum()))


UNLIKELY, LIKELY = 1e-4, 0.05
"""Chances by which a sample of the map is told from another."""


def _planned(counts: list[int]) -> bool:
    """Whether counts are all alike, or three or more multiples of five or ten: chance seldom gives that."""
    alike = len(counts) > 1 and len(set(counts)) == 1 and counts[0] >= 10
    return alike or (len(counts) > 2 and math.gcd(*counts) % 5 == 0)
