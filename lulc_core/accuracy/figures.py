"""A figure with its standard error and interval, and an area in two units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from lulc_core.accuracy.intervals import interval_of, known_interval
from lulc_core.accuracy.rounding import decimals, finest
from lulc_core.display import as_html

if TYPE_CHECKING:
    from lulc_core.accuracy.mover import SampledStratum


Report = TypeVar("Report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One figure with its standard error.

    Examples
    --------
    >>> Estimate(value=0.8, standard_error=0.05, degrees_of_freedom=30).interval(0.95)
    (0.697..., 0.902...)
    >>> Estimate(value=None).interval(0.95) is None
    True
    >>> print(Estimate(value=0.8, standard_error=0.05, degrees_of_freedom=30))
    0.8 (95 % interval 0.6979 to 0.9021)
    """

    value: float | None
    """The estimate; None where undefined, such as the user's accuracy of a class that is not mapped."""
    standard_error: float | None = None
    """Its standard error, in the unit of `value`; None where the design gives none."""
    degrees_of_freedom: int | None = None
    """Degrees of freedom of the design: units less strata."""
    bounds: tuple[float, float] = (-math.inf, math.inf)
    """The smallest and the largest possible value; intervals end there."""
    strata: tuple[SampledStratum, ...] = ()
    """What the sample says of each stratum in which units may differ; empty for clusters whose error is known."""
    jackknife_error: float | None = None
    """Standard error of a figure of clusters by the jackknife, in the unit of `value`, for its interval."""
    satterthwaite_df: float | None = None
    """Degrees of freedom that its residuals leave, for its interval."""
    difference: tuple[Estimate, Estimate, float] | None = None
    """Of a net figure of clusters: the two that it is the difference of, and their correlation."""
    method: str | None = None
    """The chosen method of the interval, a key of `INTERVALS`; None for the first that applies."""

    def interval(self, level: float = 0.95, method: str | None = None) -> tuple[float, float] | None:
        """Return the confidence interval, low and high, in the unit of `value`; None where there is none.

        Of pixels it is Wilson's (1927), or is made of Wilson's limits of each stratum (MOVER); of clusters a logit
        interval; otherwise Student's t. It ends at `bounds`.

        Parameters
        ----------
        level
            Confidence level, 0-1.
        method
            A name in `lulc_core.accuracy.intervals.INTERVALS`; by default the field `method`, or the first that
            applies.

        Raises
        ------
        InvalidInputError
            For a level outside 0-1, or an unknown method.
        """
        found = interval_of(self, level, method or self.method)
        return found and found[0]

    @property
    def interval_method(self) -> str | None:
        """Name of the method of `interval`, a key of `INTERVALS`; None where there is no interval."""
        found = interval_of(self, 0.95, self.method)
        return found and found[1]

    @property
    def unanimous(self) -> bool:
        """Whether every sampled unit says the same (0/n, n/n), so that the standard error is 0."""
        return self.standard_error == 0 and bool(self.strata) and all(stratum.unanimous for stratum in self.strata)

    @property
    def finest(self) -> float | None:
        """The least of the standard error and the distances to the ends of the interval that are > 0, or None."""
        return None if self.value is None else finest(self.value, self.standard_error, self.interval())

    def __str__(self) -> str:
        if self.value is None:
            return "undefined"
        digits, interval = decimals(self.finest, 4 if abs(self.value) < 10 else 1), self.interval()
        value, *ends = (f"{round(v, digits):,.15g}" for v in (self.value, *(interval or ())))
        return value + (f" (95 % interval {' to '.join(ends)})" if ends else "")

    def _repr_html_(self) -> str:
        return as_html(str(self))

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate in another unit: everything times `factor` (> 0)."""
        parts = self.difference
        return replace(
            self,
            difference=parts and (parts[0].scaled(factor), parts[1].scaled(factor), parts[2]),
            value=None if self.value is None else self.value * factor,
            standard_error=None if self.standard_error is None else self.standard_error * factor,
            bounds=(self.bounds[0] * factor, self.bounds[1] * factor),
            strata=tuple(stratum.scaled(factor) for stratum in self.strata),
            jackknife_error=None if self.jackknife_error is None else self.jackknife_error * factor,
        )

    def without_error(self) -> Estimate:
        """Return the value without its uncertainty."""
        return Estimate(value=self.value, bounds=self.bounds)

    def as_dict(self, level: float = 0.95) -> dict[str, float | int | None]:
        """Return value, se, df, low and high; None where undefined.

        Examples
        --------
        >>> Estimate(value=0.5).as_dict()
        {'value': 0.5, 'se': None, 'df': None, 'low': None, 'high': None}
        """
        low, high = self.interval(level) or (None, None)
        return {
            "value": self.value,
            "se": self.standard_error,
            "df": self.degrees_of_freedom,
            "low": low,
            "high": high,
        }


def opposed(gain: Estimate, loss: Estimate, covariance: float | None) -> tuple[Estimate, Estimate, float]:
    """Return two figures with their correlation, as `Estimate.difference` of the first less the second has them.

    Examples
    --------
    >>> up, down = (Estimate(value=value, standard_error=0.1) for value in (0.5, 0.2))
    >>> round(opposed(up, down, 0.005)[2], 6)
    0.5
    """
    product = (gain.standard_error or 0) * (loss.standard_error or 0)
    return gain, loss, min(max((covariance or 0) / product, -1.0), 1.0) if product else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area as a share and in hectares."""

    proportion: Estimate
    """Share of the whole area, 0-1; for a net change -1 to 1."""
    area_ha: Estimate
    """The same in hectares; its value is None where the area of a pixel is not known."""
    mapped_ha: float | None = None
    """Mapped hectares; None where not known."""

    def without_error(self) -> Area:
        """Return the values without their uncertainty."""
        return replace(self, proportion=self.proportion.without_error(), area_ha=self.area_ha.without_error())

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return proportion, area_ha and mapped_ha, in the form of `Estimate.as_dict`."""
        return {
            "proportion": self.proportion.as_dict(level),
            "area_ha": self.area_ha.as_dict(level),
            "mapped_ha": self.mapped_ha,
        }


def with_interval(report: Report, method: str) -> Report:
    """Return an estimate, an area or a whole report with intervals by another method.

    Estimates that lack what the method needs keep the interval that they have by default.

    Parameters
    ----------
    report
        `Estimate`, `Area`, `Assessment`, `ChangeAssessment`, or dicts and tuples of them.
    method
        A name in `lulc_core.accuracy.intervals.INTERVALS`.

    Raises
    ------
    InvalidInputError
        For an unknown method.

    Examples
    --------
    >>> estimate = Estimate(value=0.5, standard_error=0.1, degrees_of_freedom=9, bounds=(0, 1))
    >>> estimate.interval_method, with_interval(estimate, "t").interval_method
    ('logit', 't')
    """
    known_interval(method)

    def changed(value: Any) -> Any:
        if isinstance(value, Estimate):
            return replace(value, method=method)
        if isinstance(value, tuple):
            return tuple(map(changed, value))
        if isinstance(value, Mapping):
            return {key: changed(each) for key, each in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: changed(getattr(value, field.name)) for field in fields(value)})
        return value

    found: Report = changed(report)
    return found
