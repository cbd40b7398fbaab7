"""Rows and columns that are no class but the total of all classes, or a figure: known by arithmetic, not by name."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.counted import percent
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

NEARLY = 0.02
"""By what share of it a misprinted total may miss the sum."""
EXACTLY = 1e-3
"""The same where no class is known for certain."""
MOST_UNMAPPED = 1 / 3
"""A column that no row maps and that holds more of all pixels is no class, or has lost its row."""
_FIGURES = re.compile(r"%|‰|accura", re.IGNORECASE)
"""Names of columns that hold figures about a row."""
_NOT = re.compile(r"^(non|not|no)[\W_]*", re.IGNORECASE)
"""How the name of a class begins that is all but another."""


def refuse_totals(counts: pd.DataFrame, source: str) -> None:
    """Refuse rows and columns of totals or figures beside an error matrix: they would be taken for classes.

    Parameters
    ----------
    counts
        Pixels; rows map class, columns reference class.
    source
        What messages call the file.

    Raises
    ------
    InvalidInputError
        For a column that is the sum of all others, or nearly, in every row, and is not mapped; for one that no row maps
        and that has a name of a figure or more than a third of all pixels; likewise for a row.
    """
    for kind, table in (("column", counts), ("row", counts.T)):
        for name in table.columns:
            if _is_total(table, name):
                raise InvalidInputError(
                    f"Each {kind} of {source} holds {_HOLDS[kind]}, but {name!r} is the sum of all others, or nearly. "
                    "Leave it out."
                )
    whole = float(counts.to_numpy().sum())
    for name in [column for column in counts.columns if column not in counts.index]:
        share = float(counts[name].sum()) / whole if whole else 0.0
        if share > MOST_UNMAPPED or (_FIGURES.search(name) and share):
            raise InvalidInputError(
                f"Each column of {source} holds a reference class, but no row maps {name!r}, which has "
                f"{percent(share)} of all pixels. If it is a total or an accuracy, leave it out; if it is a class, add "
                "its row, with zeros."
            )


_HOLDS = {"column": "a reference class", "row": "a map class"}


def _is_total(table: pd.DataFrame, name: str) -> bool:
    """Whether a column is the sum of all others; of one that is also a row, whether the row is one, too."""
    others = table.drop(columns=name)
    if name not in table.index:
        return _is_sum(table[name], others.sum(axis=1))
    inner = others.drop(index=name)
    return _is_sum(table[name].drop(name), inner.sum(axis=1)) and _is_sum(others.T[name], inner.sum())


def _is_sum(total: pd.Series[float], sums: pd.Series[float]) -> bool:
    """Whether numbers are sums, of which two or more are not 0, but for a misprint."""
    off = np.abs(total.to_numpy(float) - sums.to_numpy(float))
    return bool((sums > 0).sum() > 1 and (off <= np.maximum(1, NEARLY * sums)).all() and (off == 0).sum() > 1)


def refuse_no_size(sizes: Mapping[str, Mapping[str, float]], source: str, classes: Collection[str]) -> None:
    """Refuse sizes that are all 0, and a row of the total: it would double the whole.

    A name of the legend, a number, or "non-x" beside "x" is that of a class. Where the classes of the sample are known,
    a total may miss the sum by `NEARLY`, as where it holds the pixels without data.

    Parameters
    ----------
    sizes
        By column, the size of each class or stratum.
    source
        What messages call the file.
    classes
        Names that the sample knows, and that are therefore no total.
    """
    for column, by_name in sizes.items():
        whole = sum(by_name.values())
        if not whole:
            raise InvalidInputError(f"In {source} {column} must be more than 0 somewhere; every row has 0.")
        near = NEARLY if classes else EXACTLY
        for name in [name for name in by_name if name not in classes and len(by_name) > 2]:
            negated = _NOT.sub("", name).casefold() in {other.casefold() for other in by_name if other != name}
            is_class = name.isdecimal() or LEGEND.find(name) or negated
            if not is_class and math.isclose(by_name[name], whole - by_name[name], rel_tol=near):
                raise InvalidInputError(
                    f"Each row of {source} holds one class or stratum, but {name!r} is the sum of all others, or "
                    "nearly. If it is their total, leave it out; if it is a class, name it in the sample, or "
                    "among the expected user's accuracies."
                )


def subtotals(sizes: Mapping[str, float]) -> tuple[str, ...]:
    """Return which sizes are the sum of two or more rows beside them, as of rows that are called "of which".

    Examples
    --------
    >>> subtotals({"forest": 600, "broadleaf": 400, "conifer": 200, "water": 90})
    ("'forest' is the sum of the rows 'broadleaf' to 'conifer'. If it is their total, leave it out: they count twice.",)
    """
    names, values = [*sizes], np.array([*sizes.values()], float)
    found, known = [], set[int]()
    for place, name in enumerate(names):
        for beside in (range(place + 1, len(names)), range(place - 1, -1, -1)):
            sums = np.cumsum(values[list(beside)])
            equal = np.flatnonzero(np.isclose(sums, values[place], rtol=EXACTLY, atol=0))
            if equal.size and equal[0] > 0 and known.isdisjoint(beside[: int(equal[0]) + 1]):
                first, last = sorted((beside[0], beside[int(equal[0])]))
                known |= {place, *range(first, last + 1)}
                found.append(
                    f"{name!r} is the sum of the rows {names[first]!r} to {names[last]!r}. If it is their total, leave "
                    "it out: they count twice."
                )
    return tuple(found)
