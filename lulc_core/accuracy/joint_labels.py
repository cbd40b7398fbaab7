"""Several labels of the same sampled pixels, seen together: two maps, or a primary and an alternate reference.

Differences of figures are then estimated from the pixels' own differences, so that what two figures share does not
count as error twice (Cochran 1977, Sampling Techniques, sect. 6.18, for the difference of two ratios from one sample).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.samples import observe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.figures import Estimate
    from lulc_core.accuracy.sampled_units import Floats

    Fits = Callable[[tuple[str, ...], tuple[str, ...]], float]
    """What a pixel adds to a total, by its row labels and its column labels."""

FINEST_LEVEL = 1e-12
"""Smallest p-value that is told from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointLabels:
    """A sample whose rows and columns are several labels each."""

    observed: Observations
    """The sample; its classes are codes of `rows` and of `columns`."""
    rows: dict[str, tuple[str, ...]]
    """The labels that each code of a row stands for."""
    columns: dict[str, tuple[str, ...]]
    """The labels that each code of a column stands for."""

    def coefficients(self, fits: Fits) -> Floats:
        """Return what a pixel of each row and column adds, shape (class, class); 0 where none can be."""
        place = {name: i for i, name in enumerate(self.observed.classes)}
        found = np.zeros((len(place), len(place)))
        for r, row in self.rows.items():
            for c, column in self.columns.items():
                found[place[r], place[c]] = fits(row, column)
        return found

    def ratio(self, y: Fits, x: Fits) -> Estimate:
        """Return the ratio of two totals; without an error where no pixel adds to the first."""
        found = self.observed.ratio(top := self.coefficients(y), self.coefficients(x))
        return found if top.any() else found.without_error()

    def difference(self, first: tuple[Fits, Fits], second: tuple[Fits, Fits]) -> Estimate:
        """Return a ratio of totals less another, each a numerator and a denominator, with its standard error.

        Its interval is Student's: MOVER gives room to each of the many combinations that were not seen. Where no pixel
        differs by its labels there is no error to see.
        """
        (y1, x1), (y2, x2) = (tuple(map(self.coefficients, pair)) for pair in (first, second))
        found = replace(self.observed.difference((y1, x1), (y2, x2)), method="t")
        same = np.array_equal(y1, y2) and np.array_equal(x1, x2)
        return found.without_error() if same else found


def join_labels(sample: pd.DataFrame, design: Design, rows: Sequence[str], columns: Sequence[str]) -> JointLabels:
    """Return a sample seen by several columns of labels at once.

    Parameters
    ----------
    sample
        One row per pixel, with all the columns.
    design
        How it was drawn.
    rows, columns
        Columns of class names.

    Raises
    ------
    InvalidInputError
        As `observe`, also for more than 255 combinations of labels.
    """
    codes, meanings = {}, []
    for letter, names in (("r", rows), ("c", columns)):
        every = list(zip(*(labels(sample, name).astype(object) for name in names), strict=True))
        code = {combination: f"{letter}{i}" for i, combination in enumerate(sorted(set(every)))}
        codes[f"joint {letter}"] = [code[combination] for combination in every]
        meanings.append({name: combination for combination, name in code.items()})
    observed = observe(sample.assign(**codes), design, rows="joint r", columns="joint c")
    return JointLabels(observed=observed, rows=meanings[0], columns=meanings[1])


def p_value(estimate: Estimate, against: float = 0.0) -> float | None:
    """Return the p-value of a two-sided test: 1 less the highest level whose interval excludes a value.

    Parameters
    ----------
    estimate
        Of Student's interval this is the t-test, of others the test that belongs to the interval.
    against
        The value under the null hypothesis.

    Returns
    -------
    float or None
        0 to 1; None where the estimate has no interval.

    Examples
    --------
    >>> from lulc_core.accuracy.figures import Estimate
    >>> estimate = Estimate(value=0.2, standard_error=0.1, degrees_of_freedom=30)
    >>> round(p_value(estimate), 4)
    0.0546
    """
    if estimate.value is None or estimate.interval() is None:
        return None
    if estimate.value == against:
        return 1.0
    low, high = 0.0, 1.0  # in log10 of 1 / p, scaled to FINEST_LEVEL
    for _ in range(50):
        middle = (low + high) / 2
        ends = estimate.interval(1 - FINEST_LEVEL**middle) if middle else None
        if ends is not None and not ends[0] <= against <= ends[1]:
            low = middle
        else:
            high = middle
    return math.pow(FINEST_LEVEL, low)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values that hold for all tests together (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).

    Examples
    --------
    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (p, i) in enumerate(known):
        least = max(least, min(p * (len(known) - rank), 1.0))
        found[i] = least
    return found
