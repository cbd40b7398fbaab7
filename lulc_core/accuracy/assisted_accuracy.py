"""Areas and accuracies assisted by the probabilities of the map: the regression estimator, prediction-powered.

The probability of a class is known everywhere, so what it predicts of a figure needs no sample; the sample corrects
what it gets wrong. With ``x`` the auxiliary variables of a pixel, ``t_x`` their known totals and weights ``w``::

    Y = t_x' b + sum w e,   e = y - x' b,   b = (sum w x x')^-1 sum w x y

(Särndal et al. 1992, eq. 6.4.1; with a slope that is tuned, prediction-powered inference: Angelopoulos, Duchi & Zrnic
2023, arXiv:2311.01453). It is nearly unbiased whatever the probabilities are; bad ones gain nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.assessment import stated_design
from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.csv_text import read_csv
from lulc_core.accuracy.figures import Estimate
from lulc_core.accuracy.samples import observe
from lulc_core.accuracy.weighing import weigh_sample
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_core.accuracy.csv_text import Source
    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.sampled_units import Floats
    from lulc_core.accuracy.weighted_sample import WeightedSample

PREFIX = "probability_"
"""Columns of the sample with the probability of each class, 0-1, begin so."""
TOTALS = ("mapped", "mean_probability", "mean_probability_mapped")
"""What is known of each class over all pixels."""
FEW_IN_CLASS = 15
"""A figure from fewer sampled pixels of a mapped class is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistedFigure:
    """One figure without and with the probabilities."""

    plain: Estimate
    """From the sample and its design alone."""
    assisted: Estimate
    """With the probabilities as auxiliary variables."""

    @property
    def gain(self) -> float | None:
        """How many times as large a sample would have to be for the same variance without them; None where unknown."""
        before, after = self.plain.standard_error, self.assisted.standard_error
        return (before / after) ** 2 if before and after else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistedAssessment:
    """Figures by (``overall``, ``users``, ``producers`` or ``proportion``, class), assisted by probabilities."""

    figures: Mapping[tuple[str, str], AssistedFigure]
    """By figure and class; "" for the overall accuracy."""
    sample_size: int
    """Pixels in the sample."""
    warnings: tuple[str, ...]
    """Warnings, in whole sentences."""

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures for JSON, with the effective sample size; None where undefined."""
        return {
            "figures": [
                {
                    "figure": figure,
                    "class": name,
                    "plain": one.plain.as_dict(level),
                    "assisted": one.assisted.as_dict(level),
                    "gain": one.gain,
                    "effective_sample_size": None if one.gain is None else one.gain * self.sample_size,
                }
                for (figure, name), one in self.figures.items()
            ],
            "sample_size": self.sample_size,
            "warnings": list(self.warnings),
        }


def assess_assisted(sample: pd.DataFrame, totals: pd.DataFrame, *, design: Design | None = None) -> AssistedAssessment:
    """Estimate accuracies and shares of the area with the map's probabilities as auxiliary variables.

    Shares are assisted by the probability of the class; overall accuracy by that of the mapped class; user's accuracy
    by that of the class where it is mapped, of which the mapped size is known; producer's accuracy is the ratio of two
    such.

    Parameters
    ----------
    sample
        As in `assess`, one row a labelled pixel, and a column ``probability_<class>`` (0-1) for each class of `totals`.
    totals
        One row per class (index), over all pixels of the map: ``mapped``, the share that has the class;
        ``mean_probability`` of the class; ``mean_probability_mapped``, the mean of the probability where the class is
        mapped and 0 elsewhere.
    design
        As in `assess`.

    Returns
    -------
    AssistedAssessment

    Raises
    ------
    InvalidInputError
        As `assess`, for probabilities or totals that are none, and classes that are missing.

    References
    ----------
    Särndal, Swensson & Wretman 1992, sect. 6.4 and 6.6; Deville & Särndal 1992, Journal of the American Statistical
    Association 87, 376-382; McRoberts 2011, Remote Sensing of Environment 115, 715-724; Angelopoulos et al. 2023,
    Science 382, 669-674.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aabb") * 5, "reference": list("aabb") * 4 + list("abbb")})
    >>> sample = sample.assign(probability_a=[0.9, 0.8, 0.2, 0.1] * 5, probability_b=[0.1, 0.2, 0.8, 0.9] * 5)
    >>> columns = ["mapped", "mean_probability", "mean_probability_mapped"]
    >>> totals = pd.DataFrame([[0.4, 0.42, 0.35], [0.6, 0.58, 0.5]], ["a", "b"], columns)
    >>> found = assess_assisted(sample, totals, design=Design.simple_random(1000))
    >>> found.figures["proportion", "a"].gain > 1
    True
    """
    design = design or stated_design(sample)
    classes = _checked(sample, totals)
    observed = observe(sample.drop(columns=[PREFIX + name for name in classes]), design)
    warnings, design = list(observed.warnings), observed.design
    if design.kind != "sample" or ("pixels" in sample.columns and design.stages != 2):
        raise InvalidInputError(
            "Assisting a sample by probabilities needs a probability design, and a row for each pixel: no column "
            "'pixels', unless some pixels of each drawn cluster are labelled (two stages)."
        )
    drawn = weigh_sample(sample, design)
    whole = drawn.pixels if design.pixels is None else design.pixels
    mapped, reference = (labels(sample, name).astype(object).to_numpy() for name in ("map", "reference"))
    one, right = np.ones(len(sample)), (mapped == reference).astype(float)
    p = {name: pd.to_numeric(sample[PREFIX + name]).to_numpy(float) for name in classes}
    known = {name: dict(zip(TOTALS, map(float, totals.loc[name, list(TOTALS)]), strict=True)) for name in classes}
    confidence = np.select([mapped == name for name in classes], [p[name] for name in classes])
    sure = sum(known[name]["mean_probability_mapped"] for name in classes)
    figures = {
        ("overall", ""): _figure(
            drawn, _Part(y=right, x=np.column_stack([one, confidence]), known=np.array([1, sure]) * whole), one, whole
        )
    }
    for name in classes:
        here, true, k = (mapped == name).astype(float), (reference == name).astype(float), known[name]
        both = _Part(
            y=here * true,
            x=np.column_stack([here, here * p[name]]),
            known=np.array([k["mapped"], k["mean_probability_mapped"]]) * whole,
        )
        area = _Part(y=true, x=np.column_stack([one, p[name]]), known=np.array([1, k["mean_probability"]]) * whole)
        figures["users", name] = _figure(drawn, both, here, k["mapped"] * whole)
        figures["producers", name] = _figure(drawn, both, true, area)
        figures["proportion", name] = _figure(drawn, area, one, whole)
    few = [name for name in classes if 0 < (mapped == name).sum() < FEW_IN_CLASS]
    if few:
        warnings.append(f"Fewer than {FEW_IN_CLASS} sampled pixels are mapped as {', '.join(few)}: slopes are unsure.")
    return AssistedAssessment(figures=figures, sample_size=len(sample), warnings=tuple(warnings))


def read_probability_totals(source: Source) -> pd.DataFrame:
    r"""Read what is known of the probabilities over all pixels of a map, as `assess_assisted` takes it.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``class,mapped,mean_probability,mean_probability_mapped``.

    Returns
    -------
    pandas.DataFrame
        One row per class (index); text.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, or that has no column ``class``.

    Examples
    --------
    >>> import io
    >>> text = "class,mapped,mean_probability,mean_probability_mapped\na,1,0.9,0.9\n"
    >>> read_probability_totals(io.StringIO(text)).loc["a", "mapped"]
    '1'
    """
    table = read_csv(source, ",".join(("class", *TOTALS)))
    if "class" not in table.cells:
        raise InvalidInputError(f"{table.name} needs a column 'class'; it has {', '.join(table.cells.columns)[:200]}.")
    return table.cells.set_index("class")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A quantity of the sampled pixels whose total is estimated with auxiliary variables."""

    y: Floats
    """Shape (row,)."""
    x: Floats
    """Auxiliary variables, shape (row, variable)."""
    known: Floats
    """Their totals over all pixels, shape (variable,)."""

    def total(self, drawn: WeightedSample) -> tuple[float, Floats]:
        """Return the regression estimate of the total, and the residuals that give its variance, shape (row,)."""
        root = np.sqrt(drawn.weight)
        slopes = np.linalg.lstsq(root[:, None] * self.x, root * self.y, rcond=None)[0]
        residual = self.y - self.x @ slopes
        missing = self.known - drawn.weight @ self.x
        moments = (drawn.weight[:, None] * self.x).T @ self.x
        g = 1 + self.x @ (np.linalg.pinv(moments, hermitian=True) @ missing)
        return float(self.known @ slopes + drawn.weight @ residual), g * residual


def _figure(drawn: WeightedSample, part: _Part, x: Floats, below: _Part | float) -> AssistedFigure:
    """Return the ratio of a total to another, or to a known one, without and with auxiliary variables."""
    plain = drawn.ratio(part.y, x)
    Y, residual = part.total(drawn)
    X, other = below.total(drawn) if isinstance(below, _Part) else (below, np.zeros_like(residual))
    if not X > 0 or plain.value is None:
        return AssistedFigure(plain=plain, assisted=Estimate(value=None, bounds=(0, 1)))
    value = Y / X
    assisted = drawn.estimate(value, (residual - value * other) / X)
    inside = 0 <= value <= 1
    return AssistedFigure(plain=plain, assisted=assisted if inside else Estimate(value=None, bounds=(0, 1)))


def _checked(sample: pd.DataFrame, totals: pd.DataFrame) -> list[str]:
    """Return the classes of the totals; refuse what is missing or cannot be."""
    missing = [name for name in TOTALS if name not in totals.columns]
    if missing:
        raise InvalidInputError(f"Totals need the columns {', '.join(TOTALS)}; {', '.join(missing)} are missing.")
    classes = [str(name) for name in totals.index]
    seen = {str(name) for column in ("map", "reference") for name in labels(sample, column).unique()}
    if strange := sorted(seen - {*classes}):
        raise InvalidInputError(f"Totals name the classes {classes}, but the sample has {strange}, too.")
    values = totals[list(TOTALS)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    if not ((values >= 0) & (values <= 1)).all() or abs(values[:, 0].sum() - 1) > 0.01:
        raise InvalidInputError("Totals are shares and mean probabilities, 0-1, and the mapped shares sum to 1.")
    if (values[:, 2] > np.minimum(values[:, 0], values[:, 1]) + 1e-9).any():
        raise InvalidInputError("A mean probability where a class is mapped cannot exceed its share or its mean.")
    for name in classes:
        if PREFIX + name not in sample.columns:
            raise InvalidInputError(f"The sample needs a column {PREFIX + name!r} with the probability of {name!r}.")
        column = pd.to_numeric(sample[PREFIX + name], errors="coerce")
        if not ((column >= 0) & (column <= 1)).all():
            raise InvalidInputError(f"Column {PREFIX + name!r} holds probabilities, 0 to 1.")
    return classes
