"""Several assessments of one map, by several versions of the reference, combined: multiple imputation.

Each version m of the reference labels gives a figure Q_m with its variance U_m. Then, for M versions (Rubin 1987,
Multiple Imputation for Nonresponse in Surveys, eqs. 3.1.2-3.1.5)::

    Q = mean(Q_m),  T = mean(U_m) + (1 + 1 / M) var(Q_m)

so that the standard error knows both the sampling and the labelling. Degrees of freedom: Barnard & Rubin 1999,
Biometrika 86, eq. 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.assessment import accuracies, assess, class_areas, legend_order, stated_design
from lulc_core.accuracy.figures import Estimate
from lulc_core.accuracy.mapped_areas import as_mapped_areas
from lulc_core.accuracy.mover import Level, SampledStratum, of_variance
from lulc_core.accuracy.samples import observe
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.report import Assessment

    Key = tuple[str, str]
    """A figure, and the class; "" for the overall accuracy."""

NORMAL = 1.959964
"""Half the length of a 95 % interval, in standard errors."""
FEW_VERSIONS = 5
"""Of fewer versions the variance between them is hardly known: intervals are long."""


_DESIGN = ("map", "stratum", "stratum_size", "cluster", "pixels")
"""Columns that estimates need; the others were checked with the labels as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputedEstimate:
    """A figure whose standard error knows that labels are uncertain."""

    estimate: Estimate
    """The mean over the versions, with the combined standard error."""
    within: float
    """Mean variance by sampling alone."""
    between: float
    """Variance between the versions."""
    versions: int
    """How many there are."""

    @property
    def labelling_share(self) -> float | None:
        """The share of the variance that stems from labelling, 0-1; None without any variance."""
        extra = (1 + 1 / self.versions) * self.between
        return extra / (self.within + extra) if self.within + extra else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputedAssessment:
    """An assessment by the labels as they are, and one that knows how uncertain they are."""

    plain: Assessment
    """By the labels as they are, each taken for the truth."""
    figures: Mapping[Key, ImputedEstimate]
    """By figure (``overall``, ``users``, ``producers``, ``f1``, ``proportion``, ``area_ha``) and class."""
    model: str
    """How the versions of the labels were made, in whole sentences."""
    warnings: tuple[str, ...]
    """Warnings, in whole sentences."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per figure and class.

        Columns: ``figure``, ``class``, ``plain``, ``plain_se``, ``value``, ``standard_error``, ``low``, ``high`` (95 %
        interval), ``labelling_share`` (of the variance); NaN where undefined.
        """
        rows = []
        for (figure, name), found in self.figures.items():
            plain, ends = plain_figure(self.plain, figure, name), found.estimate.interval() or (None, None)
            values = [plain.value, plain.standard_error, found.estimate.value, found.estimate.standard_error, *ends]
            rows.append((figure, name, *values, found.labelling_share))
        columns = ["figure", "class", "plain", "plain_se", "value", "standard_error", "low", "high", "labelling_share"]
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures for JSON; None where undefined."""
        return {
            "plain": self.plain.as_dict(level),
            "figures": [
                {
                    "figure": figure,
                    "class": name,
                    **found.estimate.as_dict(level),
                    "within_variance": found.within,
                    "between_variance": found.between,
                    "labelling_share": found.labelling_share,
                }
                for (figure, name), found in self.figures.items()
            ],
            "model": self.model,
            "warnings": list(self.warnings),
        }


def combine(estimates: Sequence[Estimate], *, method: str | None = None) -> ImputedEstimate:
    """Combine a figure of several versions of the labels (Rubin 1987).

    Parameters
    ----------
    estimates
        Two or more, of the same sample.
    method
        Of the interval, a name in `INTERVALS`; None for the first that applies.

    Returns
    -------
    ImputedEstimate
        Its value is None where one of the estimates has none.

    Raises
    ------
    InvalidInputError
        For fewer than two.

    Examples
    --------
    >>> one = [Estimate(value=v, standard_error=0.1, degrees_of_freedom=99) for v in (0.4, 0.5, 0.6)]
    >>> found = combine(one)
    >>> round(found.estimate.value, 3), round(found.estimate.standard_error, 4)
    (0.5, 0.1528)
    """
    M, bounds = len(estimates), estimates[0].bounds if estimates else (0.0, 1.0)
    if M < 2:
        raise InvalidInputError(f"Combining needs two or more versions of the labels; got {M}.")
    values, variances = [one.value for one in estimates], [_variance(one) for one in estimates]
    known = [value for value in values if value is not None]
    if len(known) < M:
        return ImputedEstimate(estimate=Estimate(value=None, bounds=bounds), within=0.0, between=0.0, versions=M)
    between, sampled = float(np.var(known, ddof=1)), [u for u in variances if u is not None]
    mean, within = float(np.mean(known)), float(np.mean(sampled)) if sampled else 0.0
    labelling = (1 + 1 / M) * between
    total = within + labelling
    estimate = Estimate(value=mean, bounds=bounds)
    if len(sampled) == M and total > 0:
        df = _degrees_of_freedom(M, labelling / total, estimates[0].degrees_of_freedom)
        strata = _as_one_stratum(mean, labelling, estimates)
        estimate = Estimate(
            value=mean,
            standard_error=math.sqrt(total),
            degrees_of_freedom=df,
            bounds=bounds,
            strata=strata,
            method=method,
        )
    return ImputedEstimate(estimate=estimate, within=within, between=between, versions=M)


def _as_one_stratum(mean: float, labelling: float, estimates: Sequence[Estimate]) -> tuple[SampledStratum, ...]:
    """Return units of which Wilson's interval is that of the figure, where in some version all units say the same.

    There the log odds have no limits. The units are as many as give the variance that is combined, as Lott & Reiter
    (2020, The American Statistician 74, 109-115) take it for Wilson's interval of imputed shares; to that a version in
    which all say the same adds nothing.
    """
    low, high = estimates[0].bounds
    variance = labelling + float(
        np.mean([one.standard_error**2 for one in estimates if one.standard_error is not None])
    )
    if not any(one.unanimous for one in estimates) or not variance or not low < mean < high or math.isinf(high - low):
        return ()
    span, share = high - low, (mean - low) / (high - low)
    levels = (
        Level(share=share, residual=(1 - share) * span, domain=1),
        Level(share=1 - share, residual=-share * span, domain=1),
    )
    return of_variance((SampledStratum(weight=1.0, units=1.0, levels=levels),), variance)


def _variance(estimate: Estimate) -> float | None:
    """Return the variance; of units that all say the same, that of a normal with the length of the interval."""
    ends = estimate.interval() if estimate.unanimous else None
    if ends is not None:
        return ((ends[1] - ends[0]) / 2 / NORMAL) ** 2
    return None if estimate.standard_error is None else estimate.standard_error**2


def _degrees_of_freedom(versions: int, share: float, complete: int | None) -> int:
    """Return the degrees of freedom that are left, 1 or more (Barnard & Rubin 1999)."""
    df = complete or 1
    observed = (df + 1) / (df + 3) * df * (1 - share)
    inverse = share**2 / (versions - 1) + (1 / observed if observed > 0 else math.inf)
    return max(1, math.floor(1 / inverse))


def assess_versions(
    sample: pd.DataFrame,
    versions: Sequence[pd.Series],
    mapped: xr.Dataset | MappedAreas | Mapping[str, float] | None = None,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    model: str = "",
    method: str | None = None,
) -> ImputedAssessment:
    """Assess a map by several versions of the reference, and combine them.

    Parameters
    ----------
    sample, mapped, design, pixel_ha
        As in `assess`; ``reference`` holds the labels as they are.
    versions
        Two or more columns of reference labels, each with the rows of the sample.
    model
        How they were made, in whole sentences.
    method
        Of the intervals, as for `combine`.

    Returns
    -------
    ImputedAssessment

    Raises
    ------
    InvalidInputError
        As `assess`, and for fewer than two versions.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb")})
    >>> versions = [pd.Series(list("abbb")), pd.Series(list("aabb"))]
    >>> found = assess_versions(sample, versions, design=Design.simple_random(100))
    >>> found.plain.overall.value, found.figures["overall", ""].estimate.value
    (0.75, 0.875)
    """
    design = design or stated_design(sample)
    plain = assess(sample, mapped, design=design, pixel_ha=pixel_ha)
    census = None if mapped is None else as_mapped_areas(mapped, pixel_ha)
    checked = sample[[name for name in _DESIGN if name in sample.columns]]
    every = [checked.assign(reference=version.to_numpy()) for version in versions]
    also = {*plain.classes, *(str(name) for one in every for name in one["reference"].unique())}
    order = legend_order(sample, {}, "map", "reference", also=also) or sorted(also)
    found: list[dict[Key, Estimate]] = []
    for one in every:
        observed = observe(one, design, classes=order)
        areas, figures = class_areas(observed, census, pixel_ha), accuracies(observed)
        read = {("overall", ""): figures["overall"]}
        for name in order:
            read["users", name], read["producers", name] = figures["users"][name], figures["producers"][name]
            read["f1", name], read["proportion", name] = figures["f1"][name], areas[name].proportion
            read["area_ha", name] = areas[name].area_ha
        found.append(read)
    few = f"{len(versions)} versions of the labels tell little of how they vary: the intervals are long."
    return ImputedAssessment(
        plain=plain,
        figures={key: combine([one[key] for one in found], method=method) for key in (found[0] if found else ())},
        model=model,
        warnings=(few,) if len(versions) < FEW_VERSIONS else (),
    )


def plain_figure(report: Assessment, figure: str, name: str) -> Estimate:
    """Return a figure of an assessment by its key; without a value where the assessment lacks the class."""
    none = Estimate(value=None)
    if figure == "overall":
        return report.overall
    if figure in ("proportion", "area_ha"):
        found: Estimate = getattr(report.area[name], figure) if name in report.area else none
        return found
    return {"users": report.users, "producers": report.producers, "f1": report.f1}[figure].get(name, none)
