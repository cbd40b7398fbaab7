"""Inclusion probabilities and weights that a sample states, held against its design."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

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
    notes: list[str] = []
    strata, stratum = np.unique(table["stratum"].astype(str).to_numpy(), return_inverse=True)
    for column in map(str, sample.columns):
        kind = _kind(column)
        if kind is None:
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


_WORDS = {"probability": "inclusion probability", "weight": "sampling weight"}


def _kind(column: str) -> str | None:
    name = re.sub(r"[\W_\d]", "", column).casefold()
    if name in _PROBABILITIES or "inclusionprob" in name or "inclprob" in name:
        return "probability"
    return "weight" if name in _WEIGHTS or "weight" in name else None


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
        "size of each stratum; if the column is something else, rename it or leave it out."
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
                f"By column {column!r} stratum {name!r} has {a:.1%} of the whole, by its size {b:.1%}. Estimates "
                "follow the sizes of the strata: correct one of the two, or leave the column out."
            )
