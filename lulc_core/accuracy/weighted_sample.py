"""Totals and ratios of any quantity of the sampled pixels, with weights, strata, clusters and a second stage.

A pixel j of primary unit i in stratum h has the weight ``w_hij``, the inverse of its inclusion probability. With
``z_hi = sum_j w_hij u_hij`` and ``u`` the linearised quantity, the variance of a total is that of R's survey (Lumley
2004, Journal of Statistical Software 9; Särndal et al. 1992, sect. 4.3 and 5.5)::

    V = sum_h (1 - f_h) n_h / (n_h - 1) sum_i (z_hi - mean_h z)^2
      + sum_h f_h sum_i (1 - f_hi) m_hi / (m_hi - 1) sum_j (w_hij u_hij - mean_hi)^2

where ``f_h`` is the share of the primary units that was sampled, and ``f_hi`` the share of the pixels of one. Without a
finite-population correction ``f_h = 0`` and the second line vanishes: units drawn with unequal probabilities are then
taken as drawn with replacement (Hansen & Hurwitz 1943), which overstates the variance a little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.figures import Estimate
from lulc_core.accuracy.sampled_units import bincount
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.accuracy.sampled_units import Floats, Indices


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedSample:
    """Sampled pixels with their weights.

    Examples
    --------
    >>> sample = WeightedSample(
    ...     weight=np.array([10.0, 10, 10, 10]), stratum=np.zeros(4, int), unit=np.arange(4), strata=1
    ... )
    >>> estimate = sample.ratio(np.array([1.0, 0, 1, 1]), np.ones(4))
    >>> estimate.value, round(estimate.standard_error, 3)
    (0.75, 0.25)
    """

    weight: Floats
    """Pixels of the population that each row stands for, > 0, shape (row,)."""
    stratum: Indices
    """Stratum of each row, shape (row,)."""
    unit: Indices
    """Primary sampling unit of each row, 0, 1, ..., shape (row,): a pixel or a cluster."""
    strata: int
    """How many strata there are."""
    population: Floats | None = None
    """Primary units of each stratum in the population, for the finite-population correction, shape (stratum,)."""
    pixels_of_unit: Floats | None = None
    """Pixels of each primary unit in the population, where some of them were drawn (two stages), shape (unit,)."""

    def __post_init__(self) -> None:
        if not len(self.weight) or not (np.isfinite(self.weight) & (self.weight > 0)).all():
            raise InvalidInputError("Every row needs a finite weight > 0, and there must be a row.")

    @property
    def stratum_of_unit(self) -> Indices:
        """Stratum of each primary unit, shape (unit,)."""
        found = np.zeros(int(self.unit.max()) + 1, np.intp)
        found[self.unit] = self.stratum
        return found

    @property
    def degrees_of_freedom(self) -> int:
        """Primary units less strata."""
        return int(self.unit.max()) + 1 - len(np.unique(self.stratum))

    @property
    def pixels(self) -> float:
        """Pixels of the population that the sample stands for."""
        return float(self.weight.sum())

    def total(self, values: Floats) -> float:
        """Return the estimated sum of a quantity over the population; `values` has shape (row,)."""
        return float(self.weight @ values)

    def variance(self, values: Floats) -> float | None:
        """Return the variance of the total of a quantity; None where a stratum has one of several units.

        Parameters
        ----------
        values
            The quantity, or the linearised residual of a figure, shape (row,).
        """
        found = self.covariance(values[:, None])
        return None if found is None else float(found[0, 0])

    def covariance(self, values: Floats) -> Floats | None:
        """Return the covariances of the totals of several quantities; None where a stratum has one of several units.

        Parameters
        ----------
        values
            The quantities, or linearised residuals of figures, shape (row, quantity).

        Returns
        -------
        numpy.ndarray or None
            Shape (quantity, quantity).

        Examples
        --------
        >>> sample = WeightedSample(weight=np.full(4, 10.0), stratum=np.zeros(4, int), unit=np.arange(4), strata=1)
        >>> sample.covariance(np.array([[1.0, 0], [0, 1], [1, 1], [0, 0]])).round(1).tolist()
        [[133.3, 0.0], [0.0, 133.3]]
        """
        parts = self.deviations(values)
        return None if parts is None else np.asarray(parts.T @ parts)

    def deviations(self, values: Floats) -> Floats | None:
        """Return the scaled deviations of units, then of the rows in them, whose products add up to covariances.

        Parameters
        ----------
        values
            As in `covariance`.

        Returns
        -------
        numpy.ndarray or None
            Shape (unit, quantity), or with both stages (unit + row, quantity).
        """
        z = self.weight[:, None] * values
        h = self.stratum_of_unit
        n = bincount(h, np.ones(len(h)), self.strata)
        sampled = n / self.population if self.population is not None else np.zeros(self.strata)
        first = _deviations(h, _sums(self.unit, z, len(h)), n, 1 - sampled)
        if first is None or self.population is None or self.pixels_of_unit is None:
            return first
        m = bincount(self.unit, np.ones(len(z)), len(h))
        second = _deviations(self.unit, z, m, 1 - m / self.pixels_of_unit)
        return None if second is None else np.vstack([first, np.sqrt(sampled[self.stratum])[:, None] * second])

    def ratio(self, y: Floats, x: Floats, *, bounds: tuple[float, float] = (0.0, 1.0)) -> Estimate:
        """Return the ratio of two totals with its standard error, by linearisation.

        Parameters
        ----------
        y, x
            What each row adds to the numerator and to the denominator, shape (row,).
        bounds
            The smallest and largest possible value.
        """
        Y, X = self.total(y), self.total(x)
        if not X > 0:
            return Estimate(value=None, bounds=bounds)
        return self.estimate(Y / X, (y - Y / X * x) / X, bounds=bounds)

    def estimate(self, value: float, residual: Floats, *, bounds: tuple[float, float] = (0.0, 1.0)) -> Estimate:
        """Return a figure with the standard error of the total of its linearised residual, shape (row,)."""
        variance = self.variance(residual)
        if variance is None or self.degrees_of_freedom < 1:
            return Estimate(value=value, bounds=bounds)
        return Estimate(
            value=value,
            standard_error=math.sqrt(variance),
            degrees_of_freedom=self.degrees_of_freedom,
            bounds=bounds,
        )


def _deviations(group: NDArray[np.intp], z: Floats, n: Floats, unseen: Floats) -> Floats | None:
    """Return ``sqrt((1 - f) n / (n - 1)) (z - mean)`` by group; None where one that was not seen whole has one member.

    `z` has the shape (member, quantity).
    """
    if ((n == 1) & (unseen > 0)).any():
        return None
    mean = _sums(group, z, len(n)) / np.maximum(n, 1)[:, None]
    scale = np.sqrt(np.maximum(unseen, 0) * n / np.maximum(n - 1, 1))
    return np.asarray(scale[group, None] * (z - mean[group]))


def _sums(group: NDArray[np.intp], z: Floats, length: int) -> Floats:
    """Return the sum of each column in each group, shape (group, column)."""
    return np.column_stack([bincount(group, column, length) for column in z.T])
