"""Inclusion probabilities and weights that a sample states, held against its design."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.duplicates import id_columns, place_columns
from lulc_core.accuracy.vocabulary import LABELS
from lulc_core.counted import percent
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design

    Floats = NDArray[np.float64]

EQUAL = 0.01
"""By what share weights may differ that are equal but for rounding."""
_PROBABILITIES = frozenset(("prob", "probability", "pi", "pik", "samplingprobability", "selectionprobability"))
_WEIGHTS = frozenset(
    ("w", "wt", "wgt", "ef", "expansion", "expansionfactor", "gewicht", "poids", "peso", "fpeso", "hochrechnungsfaktor")
)


def refuse_other_weights(sample: pd.DataFrame, table: pd.DataFrame, design: Design) -> tuple[str, ...]:
    """Refuse stated weights that the design does not have; note pixels that are missing by their probabilities.

    Within a stratum every unit counts alike, and strata count by their sizes, so weights add nothing where they
    agree, and contradict the design where they do not.

    Parameters
    ----------
    sample
        As it came.
    table
        Columns ``stratum``, ``unit`` and ``pixels``, one row a row of the sample.
    design
        How it was drawn.

    Raises
    ------
    InvalidInputError
        For weights that are no numbers > 0, differ within a stratum, or give strata other shares than their sizes.
    """
    if design.weighted:
        return ()
    notes: list[str] = []
    strata, stratum = np.unique(table["stratum"].astype(str).to_numpy(), return_inverse=True)
    groups = table["stratum"] if table["stratum"].nunique() > 1 else table["row"]
    whole = math.nan if design.relative else sum(design.sizes.values())
    others = {*_OTHERS, *id_columns(sample), *place_columns(sample)}
    for column in map(str, sample.columns):
        kind = _kind(column)
        if kind is None:
            if column not in others and _like_weights(sample[column], groups.astype(str).to_numpy(), whole):
                _refuse_unlike(sample[column], table, design)
            continue
        weights = _weights(sample[column], kind)
        by_stratum = {name: weights[stratum == h] for h, name in enumerate(strata.tolist())}
        _refuse_unequal(by_stratum, column, _WORDS[kind], design)
        weight = {name: float(each.mean()) for name, each in by_stratum.items()}
        sampled = _sampled(table, design, list(weight))
        if design.kind == "sample" and not design.relative and kind == "probability":
            notes += _against_sizes(weight, sampled, column, design)
        elif design.kind == "sample" and len(weight) > 1:
            _refuse_other_shares(weight, sampled, column, design)
    return tuple(notes)


def stated_weights(sample: pd.DataFrame) -> tuple[Floats, bool]:
    """Return how many units of the population each row stands for, by its probability or weight.

    Returns
    -------
    numpy.ndarray
        > 0, shape (row,).
    bool
        Whether they hold up to a factor only: weights may, probabilities do not.

    Raises
    ------
    InvalidInputError
        If the sample states none, several, or one that is no number > 0 (of probabilities: up to 1).

    Examples
    --------
    >>> stated_weights(pd.DataFrame({"inclusion_probability": [0.5, 0.01]}))[0].tolist()
    [2.0, 100.0]
    """
    stated = weight_columns(sample)
    if len(stated) != 1:
        raise InvalidInputError(
            "For units with unequal inclusion probabilities the sample needs one column 'inclusion_probability' (0-1), "
            f"or 'weight'; it has {', '.join(map(repr, stated)) or 'none'}."
        )
    ((column, kind),) = stated.items()
    return _weights(sample[column], kind), kind == "weight"


def weight_columns(sample: pd.DataFrame) -> dict[str, str]:
    """Return the columns that hold probabilities or weights by their names, each with which of the two it holds."""
    return {name: kind for name in map(str, sample.columns) if (kind := _kind(name)) is not None}


def unread_columns(sample: pd.DataFrame) -> tuple[str, ...]:
    """Note the columns of a sample that no estimate reads, as weights under a name of their own are.

    Examples
    --------
    >>> unread_columns(pd.DataFrame({"map": ["a"], "reference": ["a"], "comment": ["hazy"]}))
    ("No estimate reads column 'comment'.",)
    """
    read = {*_OTHERS, *LABELS, *id_columns(sample), *place_columns(sample)}
    unread = [name for name in map(str, sample.columns) if name.strip() and name not in read and _kind(name) is None]
    if not unread:
        return ()
    listed = ", ".join(map(repr, unread[:MOST_LISTED])) + ", ..." * (len(unread) > MOST_LISTED)
    numbers = any(len(each := _numbers(sample[name])) and (each > 0).all() and np.ptp(each) for name in unread)
    cure = " If one holds sampling weights, call it 'weight'." * numbers
    return (f"No estimate reads column{'s' * (len(unread) > 1)} {listed}.{cure}",)


_WORDS = {"probability": "inclusion probability", "weight": "sampling weight"}


def _kind(column: str) -> str | None:
    name = re.sub(r"[\W_\d]", "", column).casefold()
    if name in _PROBABILITIES or "inclusionprob" in name or "inclprob" in name:
        return "probability"
    return "weight" if name in _WEIGHTS or "weight" in name else None


_OTHERS = frozenset(("map", "reference", "stratum", "stratum_size", "cluster", "pixels", "lon", "lat", "x", "y"))
"""Columns that are known not to be weights."""
_CODES = re.compile(r"code|class|label|year|(^|_)(id|nr|no|num)($|_)", re.IGNORECASE)
"""Names of columns that number something."""
LARGEST_CODE = 255
MOST_LISTED = 8
"""Columns that one note names."""
SAME = 1e-6
"""By what share numbers differ that are one number."""
LEAST_ROWS = 10
"""In fewer rows chance gives sums and repeated values."""


def _like_weights(column: pd.Series, groups: NDArray[np.object_], whole: float) -> bool:
    """Whether a column of any name holds numbers as weights are: one value a stratum, or with the sum of the whole."""
    numbers = _numbers(column)
    if len(numbers) < LEAST_ROWS or not (numbers > 0).all() or np.ptp(numbers) == 0 or _CODES.search(str(column.name)):
        return False
    if (numbers % 1 == 0).all() and numbers.max() <= LARGEST_CODE:
        return False
    ends = pd.Series(numbers).groupby(groups).agg(["min", "max", "size"])
    alike = bool((ends["max"] <= (1 + SAME) * ends["min"]).all())
    constant = alike and (ends["size"] > 1).sum() > 1 and numbers.max() > (1 + EQUAL) * numbers.min()
    sums = (1, len(numbers), whole)
    return constant or any(math.isclose(numbers.sum(), one, rel_tol=1e-3) for one in sums)


def _numbers(column: pd.Series) -> Floats:
    """Return a column as finite numbers, written with a point or comma; none unless every cell is one."""
    written = not pd.api.types.is_numeric_dtype(column)
    texts = column.astype(str).str.replace(",", ".", regex=False) if written else column
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(float)
    return numbers if np.isfinite(numbers).all() else np.empty(0)


def _refuse_unlike(column: pd.Series, table: pd.DataFrame, design: Design) -> None:
    """Refuse numbers that are like weights, unless they are those of the design: as weight, probability or size."""
    numbers, by_stratum = _numbers(column), table["stratum"].astype(str).to_numpy()
    means = pd.Series(numbers).groupby(by_stratum).mean()
    units = pd.Series(_sampled(table, design, list(means.index)))
    sizes = pd.Series({name: design.sizes[name] for name in means.index}, dtype=float)
    spread = pd.Series(numbers).groupby(by_stratum).agg(np.ptp) > EQUAL * means
    if design.kind == "sample" and len(means) > 1 and not spread.any():
        for total in (means * units, units / means, means):
            if np.allclose(total / total.sum(), sizes / sizes.sum(), rtol=EQUAL):
                return
    raise InvalidInputError(
        f"Column {str(column.name)!r} holds numbers like sampling weights: one value in each stratum, or with the sum "
        "of the whole. They are not those of the strata and their sizes, and would be ignored. If they are weights, "
        "call the column 'weight', name the strata in a column 'stratum' and give their sizes; if not, leave it out."
    )


def _weights(stated: pd.Series, kind: str) -> Floats:
    """Return how many units each row stands for, up to a factor, shape (row,)."""
    numbers = pd.to_numeric(stated, errors="coerce").to_numpy(float)
    bad = ~((numbers > 0) & np.isfinite(numbers)) | ((numbers > 1) if kind == "probability" else False)
    if bad.any():
        row = int(np.argmax(bad))
        raise InvalidInputError(
            f"Column {stated.name!r} is read as the {_WORDS[kind]} of each pixel; row {row + 1} has "
            f"{str(stated.iloc[row])!r}. Correct it, or rename or leave out the column."
        )
    return 1 / numbers if kind == "probability" else numbers


def _sampled(table: pd.DataFrame, design: Design, strata: Sequence[str]) -> dict[str, float]:
    """Return the sampled units of each stratum."""
    by_stratum = table.groupby(table["stratum"].astype(str))
    n = by_stratum["unit"].nunique() if design.unit == "cluster" else by_stratum["pixels"].sum()
    return {name: float(n[name]) for name in strata}


def _refuse_unequal(weights: Mapping[str, Floats], column: str, words: str, design: Design) -> None:
    """Refuse weights that differ within a stratum."""
    ratios = {name: float(each.max() / each.min()) for name, each in weights.items()}
    name = max(ratios, key=lambda name: ratios[name])
    if ratios[name] <= 1 + EQUAL:
        return
    where = f"within stratum {name!r}" if len(design.sizes) > 1 else "among the pixels"
    raise InvalidInputError(
        f"Column {column!r}, the {words}, differs {where} by a factor of {ratios[name]:.3g}, but all units of a "
        "stratum are taken to be drawn alike. Name the strata of equal probability in a column 'stratum', and give the "
        "size of each stratum; or state no sizes, so that the column itself weights the sample; if it is something "
        "else, rename it or leave it out."
    )


def _against_sizes(
    weight: Mapping[str, float], sampled: Mapping[str, float], column: str, design: Design
) -> Iterator[str]:
    """Refuse more units than the probabilities allow for; note those that are missing."""
    for name, n in sampled.items():
        expected = design.sizes[name] / weight[name]
        if n > expected + 4 * math.sqrt(expected) + 0.5:
            raise InvalidInputError(
                f"Stratum {name!r} has {n:g} sampled units, but by column {column!r} and its size of "
                f"{design.sizes[name]:g} it was to have {expected:.3g}. Correct the size or the probabilities."
            )
        if n < (1 - EQUAL) * expected - 0.5:
            yield (
                f"Stratum {name!r} has {n:g} of the {expected:,.0f} units that column {column!r} implies. Those that "
                "are missing are taken to be like the others; report how many and why."
            )


def _refuse_other_shares(
    weight: Mapping[str, float], sampled: Mapping[str, float], column: str, design: Design
) -> None:
    """Refuse weights by which strata have other shares of the whole than by their sizes."""
    ours = {name: weight[name] * n for name, n in sampled.items()}
    theirs = {name: design.sizes[name] for name in sampled}
    for name in ours:
        a, b = ours[name] / sum(ours.values()), theirs[name] / sum(theirs.values())
        if abs(a - b) > EQUAL * b:
            raise InvalidInputError(
                f"By column {column!r} stratum {name!r} has {percent(a, 1)} of the whole, by its size "
                f"{percent(b, 1)}. Estimates follow the sizes of the strata: correct one of the two, or leave the "
                "column out."
            )
