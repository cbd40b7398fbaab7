"""Confidence intervals: `INTERVALS` has one entry per method, and the first that applies is used."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from scipy.special import ndtri, stdtrit

from lulc_core.accuracy.mover import reach
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_core.accuracy.mover import SampledStratum


class Uncertain(Protocol):
    """What an interval is computed from, as every `Estimate` has it."""

    @property
    def value(self) -> float | None:
        """The estimate; None where undefined."""

    @property
    def standard_error(self) -> float | None:
        """None where the design gives none."""

    @property
    def degrees_of_freedom(self) -> int | None:
        """Of the design."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest possible value."""

    @property
    def strata(self) -> tuple[SampledStratum, ...]:
        """Strata in which units may differ."""

    @property
    def jackknife_error(self) -> float | None:
        """Standard error of a figure of clusters, by the jackknife."""

    @property
    def satterthwaite_df(self) -> float | None:
        """Degrees of freedom that the residuals of clusters leave."""

    @property
    def difference(self) -> tuple[Uncertain, Uncertain, float] | None:
        """Two figures, and their correlation, of which this one is the first less the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A way to compute a confidence interval."""

    title: str
    """Name shown to the user."""
    applies: Callable[[Uncertain], bool]
    """Whether it is the right one for an estimate."""
    reach: Callable[[Uncertain, float], tuple[float, float] | None]
    """Distance from the value to the low and to the high end, >= 0, given the upper tail's quantile, as 0.975; None
    if an estimate lacks what the method needs."""


def _mover(estimate: Uncertain, upper: float) -> tuple[float, float] | None:
    """Limits of the shares of each stratum, combined by MOVER: see `lulc_core.accuracy.mover`."""
    if not estimate.strata:
        return None
    z = float(ndtri(upper))
    return reach(estimate.strata, z, down=True), reach(estimate.strata, z, down=False)


def _logit(estimate: Uncertain, upper: float) -> tuple[float, float] | None:
    """Limits of the log odds between the bounds (Korn & Graubard 1998, Survey Methodology 24, eq. 2.5).

    The log odds have Student's t interval, by the delta method, with the jackknife's standard error and the degrees of
    freedom that the residuals leave. Where only one end is bounded, the logarithm takes the place of the log odds.
    """
    error = estimate.jackknife_error or estimate.standard_error
    df = estimate.satterthwaite_df or estimate.degrees_of_freedom
    (low, high), value = estimate.bounds, estimate.value
    if not error or not df or value is None or not low < value < high or not math.isfinite(low):
        return None
    half = min(float(stdtrit(df, upper)) * error * (1 / (value - low) + 1 / (high - value)), 700.0)
    factor = math.exp(half)
    if not math.isfinite(high):
        return (value - low) * (1 - 1 / factor), (value - low) * (factor - 1)
    share = (value - low) / (high - low)
    spread = (high - low) * share * (1 - share) * (factor - 1)
    return spread / (share + (1 - share) * factor), spread / (share * factor + 1 - share)


def _difference(estimate: Uncertain, upper: float) -> tuple[float, float] | None:
    """Limits of two figures of clusters, as gain and loss, combined (Zou & Donner 2008, Statistics in Medicine 27).

    The difference is as skewed as the one of them that was seen, and holds what there may be of one that was not.
    """
    if estimate.difference is None:
        return None
    first, second, correlation = estimate.difference
    ends = [interval_of(part, 2 * upper - 1) for part in (first, second)]
    if ends[0] is None or ends[1] is None or first.value is None or second.value is None:
        return None
    (a, b), (c, d) = ends[0][0], ends[1][0]
    pairs = (first.value - a, d - second.value), (b - first.value, second.value - c)
    low, high = (math.sqrt(max(x * x + y * y - 2 * correlation * x * y, 0)) for x, y in pairs)
    return low, high


def _student(estimate: Uncertain, upper: float) -> tuple[float, float] | None:
    """Student's t with the degrees of freedom of the design; not for a standard error that is 0 by its formula."""
    if not estimate.standard_error or estimate.degrees_of_freedom is None:
        return None if estimate.strata else (0.0, 0.0)
    half = float(stdtrit(estimate.degrees_of_freedom, upper)) * estimate.standard_error
    return half, half


def _further(estimate: Uncertain, upper: float) -> tuple[float, float] | None:
    """Student's t, or the limits of Wilson, MOVER or the log odds where these are further: see decision 0110."""
    found = [ends for ends in (_student(estimate, upper), _mover(estimate, upper) or _logit(estimate, upper)) if ends]
    return (max(below for below, _ in found), max(above for _, above in found)) if found else None


INTERVALS = {
    "wilson": Interval(
        title="modified Wilson",
        applies=lambda e: len(e.strata) == 1 and len({level.residual for level in e.strata[0].levels}) == 2,
        reach=_mover,
    ),
    "mover": Interval(title="MOVER of Wilson and mid-P limits", applies=lambda e: bool(e.strata), reach=_mover),
    "difference": Interval(
        title="MOVER of logit limits", applies=lambda e: _difference(e, 0.975) is not None, reach=_difference
    ),
    "logit": Interval(title="logit", applies=lambda e: _logit(e, 0.975) is not None, reach=_logit),
    "t": Interval(title="Student's t", applies=lambda _: True, reach=_student),
    "further": Interval(title="Student's t, or logit or Wilson if further", applies=lambda _: False, reach=_further),
}
"""By name; of several that apply the first is used. ``further`` is used for labels that are drawn only."""


def known_interval(method: str) -> str:
    """Return the name of a method; raise `InvalidInputError` for an unknown one."""
    if method not in INTERVALS:
        raise InvalidInputError(f"The method of an interval is one of {', '.join(INTERVALS)}; got {method!r}.")
    return method


def interval_of(estimate: Uncertain, level: float, method: str | None = None) -> tuple[tuple[float, float], str] | None:
    """Return low and high, cut at the estimate's bounds, and the method; None where there is no standard error.

    An estimate that lacks what a chosen method needs has the first interval that applies.

    Raises
    ------
    InvalidInputError
        For a level outside 0-1, or an unknown method.
    """
    if not 0 < level < 1:
        raise InvalidInputError(f"The level of an interval lies between 0 and 1, as 0.95; got {level}.")
    names = [known_interval(method)] if method is not None else []
    if estimate.value is None or estimate.standard_error is None or estimate.degrees_of_freedom is None:
        return None
    names += [name for name, interval in INTERVALS.items() if interval.applies(estimate)]
    for name in names:
        ends = INTERVALS[name].reach(estimate, (1 + level) / 2)
        if ends is not None:
            low, high = estimate.bounds
            return (max(estimate.value - ends[0], low), min(estimate.value + ends[1], high)), name
    return None
