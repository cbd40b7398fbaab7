"""One figure with its standard error, and an area in two units."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy.special import ndtri, stdtrit

from lulc_core.errors import InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanimity:
    """A stratum whose every sampled unit says the same, so that its sample variance is 0."""

    units: float
    """Units sampled that could have said something else, >= 1."""
    fall: float
    """How far the figure would fall if all of the stratum said the opposite, >= 0."""
    rise: float
    """How far it would rise, >= 0."""


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
    """The estimate; None where it is undefined, as a user's accuracy of a class that is not mapped."""
    standard_error: float | None = None
    """Its standard error, in the unit of `value`; None where the design gives none."""
    degrees_of_freedom: int | None = None
    """Degrees of freedom of the design: units less strata."""
    bounds: tuple[float, float] = (-math.inf, math.inf)
    """The least and the largest value there can be; intervals end there."""
    unanimous: tuple[Unanimity, ...] = ()
    """Where the sample is unanimous and the standard error therefore 0: one entry a stratum."""

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Return the confidence interval, low and high, in the unit of `value`; None where there is none.

        The t interval of the design's degrees of freedom, cut at `bounds`. Where every unit says the same
        (0/n, n/n) it is Wilson's (1927): with n units, ``z^2 / (n + z^2)`` of a stratum may still say the other
        thing; strata are combined as the square root of summed squares (Zou & Donner 2008).

        Raises
        ------
        InvalidInputError
            For a level outside 0-1.
        """
        if not 0 < level < 1:
            raise InvalidInputError(f"The level of an interval lies between 0 and 1, as 0.95; got {level}.")
        if self.value is None or self.standard_error is None or self.degrees_of_freedom is None:
            return None
        upper = (1 + level) / 2
        if self.unanimous:
            z2 = float(ndtri(upper)) ** 2
            fall = math.hypot(*(u.fall * z2 / (u.units + z2) for u in self.unanimous))
            rise = math.hypot(*(u.rise * z2 / (u.units + z2) for u in self.unanimous))
        else:
            known = self.standard_error == 0
            fall = rise = 0.0 if known else float(stdtrit(self.degrees_of_freedom, upper)) * self.standard_error
        return max(self.value - fall, self.bounds[0]), min(self.value + rise, self.bounds[1])

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
    """The extent of something, as a share and in hectares."""

    proportion: Estimate
    """Share of the whole area, 0-1; for a net change -1 to 1."""
    area_ha: Estimate
    """The same in hectares; its value is None where the area of a pixel is not known."""
    mapped_ha: float | None = None
    """Hectares that the map gives it, counted without error; None where not known."""

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
