"""Confidence intervals: `INTERVALS` has one entry per method, and the first that applies is used."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from scipy.special import ndtri, stdtrit

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanimity:
    """A stratum in which every sampled unit says the same, so that its sample variance is 0."""

    units: float
    """Units sampled that could have said something else, >= 1."""
    fall: float
    """How far the figure would fall if all of the stratum said the opposite, >= 0."""
    rise: float
    """How far it would rise, >= 0."""


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
    def unanimous(self) -> tuple[Unanimity, ...]:
        """Strata whose sample is unanimous."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A way to compute a confidence interval."""

    title: str
    """Name shown to the user."""
    applies: Callable[[Uncertain], bool]
    """Whether it is the right one for an estimate."""
    reach: Callable[[Uncertain, float], tuple[float, float]]
    """Distance from the value to the low and to the high end, >= 0, given the upper tail's quantile, as 0.975."""


def _wilson(estimate: Uncertain, upper: float) -> tuple[float, float]:
    """Wilson (1927) for 0/n and n/n: ``z^2 / (n + z^2)`` of a stratum may say the opposite.

    Strata are combined as the square root of summed squares (Zou & Donner 2008).
    """
    z2 = float(ndtri(upper)) ** 2
    fall = math.hypot(*(u.fall * z2 / (u.units + z2) for u in estimate.unanimous))
    rise = math.hypot(*(u.rise * z2 / (u.units + z2) for u in estimate.unanimous))
    return fall, rise


def _student(estimate: Uncertain, upper: float) -> tuple[float, float]:
    """Student's t with the degrees of freedom of the design; no width where the standard error is 0."""
    if not estimate.standard_error or estimate.degrees_of_freedom is None:
        return 0.0, 0.0
    half = float(stdtrit(estimate.degrees_of_freedom, upper)) * estimate.standard_error
    return half, half


INTERVALS = {
    "wilson": Interval(title="Wilson's", applies=lambda estimate: bool(estimate.unanimous), reach=_wilson),
    "t": Interval(title="Student's t", applies=lambda _: True, reach=_student),
}
"""By name; of several that apply the first is used."""


def method_of(estimate: Uncertain) -> str:
    """Return the name of the interval that is used for an estimate."""
    return next(name for name, interval in INTERVALS.items() if interval.applies(estimate))


def interval_of(estimate: Uncertain, level: float, method: str | None = None) -> tuple[float, float] | None:
    """Return low and high, cut at the estimate's bounds; None where the estimate has no standard error.

    Raises
    ------
    InvalidInputError
        For a level outside 0-1, or an unknown method.
    """
    if not 0 < level < 1:
        raise InvalidInputError(f"The level of an interval lies between 0 and 1, as 0.95; got {level}.")
    if method is not None and method not in INTERVALS:
        raise InvalidInputError(f"The method of an interval is one of {', '.join(INTERVALS)}; got {method!r}.")
    if estimate.value is None or estimate.standard_error is None or estimate.degrees_of_freedom is None:
        return None
    fall, rise = INTERVALS[method or method_of(estimate)].reach(estimate, (1 + level) / 2)
    return max(estimate.value - fall, estimate.bounds[0]), min(estimate.value + rise, estimate.bounds[1])
