"""A figure with its standard error and interval, and an area in two units."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lulc_core.accuracy.intervals import Unanimity, interval_of, method_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One figure with its standard error.

    Examples
    --------
    >>> Estimate(value=0.8, standard_error=0.05, degrees_of_freedom=30).interval(0.95)
    (0.697..., 0.902...)
    >>> Estimate(value=None).interval(0.95) is None
    True
    """

    value: float | None
    """The estimate; None where undefined, such as the user's accuracy of a class that is not mapped."""
    standard_error: float | None = None
    """Its standard error, in the unit of `value`; None where the design gives none."""
    degrees_of_freedom: int | None = None
    """Degrees of freedom of the design: units less strata."""
    bounds: tuple[float, float] = (-math.inf, math.inf)
    """The smallest and the largest possible value; intervals end there."""
    unanimous: tuple[Unanimity, ...] = ()
    """Where the sample is unanimous and the standard error therefore 0: one entry a stratum."""

    def interval(self, level: float = 0.95, method: str | None = None) -> tuple[float, float] | None:
        """Return the confidence interval, low and high, in the unit of `value`; None where there is none.

        Student's t with the design's degrees of freedom, cut at `bounds`; Wilson's (1927) where every unit says
        the same (0/n, n/n).

        Parameters
        ----------
        level
            Confidence level, 0-1.
        method
            A name in `lulc_core.accuracy.intervals.INTERVALS`; the first that applies by default.

        Raises
        ------
        InvalidInputError
            For a level outside 0-1, or an unknown method.
        """
        return interval_of(self, level, method)

    @property
    def interval_method(self) -> str | None:
        """Name of the method of `interval`, a key of `INTERVALS`; None where there is no interval."""
        return None if self.interval() is None else method_of(self)

    def _repr_html_(self) -> str:
        if self.value is None:
            return "undefined"
        interval = self.interval()
        return f"{self.value:,.4g}" + (f" (95 % interval {interval[0]:,.4g} to {interval[1]:,.4g})" if interval else "")

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate in another unit: everything times `factor` (> 0)."""
        return replace(
            self,
            value=None if self.value is None else self.value * factor,
            standard_error=None if self.standard_error is None else self.standard_error * factor,
            bounds=(self.bounds[0] * factor, self.bounds[1] * factor),
            unanimous=tuple(
                Unanimity(units=u.units, fall=u.fall * factor, rise=u.rise * factor) for u in self.unanimous
            ),
        )

    def without_error(self) -> Estimate:
        """Return the value alone."""
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
        """Return the values alone."""
        return replace(self, proportion=self.proportion.without_error(), area_ha=self.area_ha.without_error())

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return proportion, area_ha and mapped_ha, in the form of `Estimate.as_dict`."""
        return {
            "proportion": self.proportion.as_dict(level),
            "area_ha": self.area_ha.as_dict(level),
            "mapped_ha": self.mapped_ha,
        }
