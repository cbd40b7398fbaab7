"""Means and ratios over strata and clusters, with standard errors: the one engine of every accuracy figure.

A sampling unit is a pixel, or a cluster of pixels. A figure is a ratio of two totals, ``R = Y / X``, of which
``y`` and ``x`` are sums over the pixels of a unit. With ``u = y - R x`` (Stehman 2014, eqs. 21-28; for
clusters Cochran 1977, sect. 11.8)::

    R = sum_h (N_h / n_h) sum_u y  /  sum_h (N_h / n_h) sum_u x
    V(R) = X^-2 sum_h N_h^2 (1 - n_h / N_h) s_uh^2 / n_h

where ``N_h`` and ``n_h`` count the units of a stratum in the population and in the sample. The factor
``1 - n_h / N_h`` is applied only if the design asks for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.intervals import Unanimity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """What was seen in the sampled units, ready for any mean or ratio.

    Dims: record (a unit's pixels of one row and column class), unit, stratum, class.
    """

    design: Design
    """How the units were drawn."""
    classes: tuple[str, ...]
    """Class names, in order."""
    unit: Indices
    """Unit of each record, shape (record,)."""
    row: Indices
    """Map class of each record, shape (record,); for change, the class before."""
    column: Indices
    """Reference class of each record, shape (record,); for change, the class after."""
    pixels: Floats
    """Pixels of each record, in one of the unit's copies, shape (record,)."""
    stratum: Indices
    """Stratum of each unit, shape (unit,)."""
    copies: Floats
    """How many sampled units this one stands for, shape (unit,): equal pixels are kept once."""
    strata: tuple[str, ...]
    """Stratum names, in order; those of size 0 are left out."""
    stratum_row: Indices
    """The map class that all of a stratum has, or -1 where a stratum may hold several, shape (stratum,)."""
    calibration: Floats | None = None
    """Factor of a pixel's weight by its map class, shape (class,): known over estimated pixels; None unless the sample
    is poststratified."""
    warnings: tuple[str, ...] = ()
    """What the reader must know."""

    @property
    def population(self) -> Floats:
        """Units in the population, shape (stratum,)."""
        return np.array([self.design.sizes[name] for name in self.strata], float)

    @property
    def sampled(self) -> Floats:
        """Units in the sample, shape (stratum,)."""
        return _bincount(self.stratum, self.copies, len(self.strata))

    @property
    def sample_pixels(self) -> float:
        """Pixels in the sample."""
        return float(np.sum(self.pixels * self.copies[self.unit]))

    @property
    def by_map(self) -> bool:
        """Whether the strata are the map classes."""
        return bool((self.stratum_row >= 0).all())

    @property
    def degrees_of_freedom(self) -> int:
        """Units less strata, over the strata that were sampled."""
        n = self.sampled
        return round(float((n[n > 0] - 1).sum()))

    def total(self, coefficients: Floats) -> float | None:
        """Return the estimated sum over all pixels of the population; None if a stratum hides it.

        Parameters
        ----------
        coefficients
            What a pixel adds, by map and reference class, shape (class, class).
        """
        n, N = self.sampled, self.population
        weight = np.divide(N, n, out=np.zeros_like(N), where=n > 0)[self.stratum] * self.copies
        factor = 1.0 if self.calibration is None else self.calibration[:, None]
        total = float(weight @ self._unit_sums(factor * coefficients))
        for h in np.flatnonzero(n == 0).tolist():
            possible = self._possible(coefficients, h)
            if np.ptp(possible) or self.design.unit == "cluster":
                return None
            total += float(N[h] * possible.flat[0])
        return total

    def ratio(
        self,
        numerator: Floats,
        denominator: Floats | None = None,
        *,
        bounds: tuple[float, float] = (0.0, 1.0),
    ) -> Estimate:
        """Return the ratio of two totals, with its standard error (Stehman 2014, eqs. 27-28).

        Parameters
        ----------
        numerator, denominator
            What a pixel adds to Y and to X, by map and reference class, shape (class, class). Without a
            denominator X counts the pixels, and the ratio is a mean.
        bounds
            The least and the largest value there can be.

        Returns
        -------
        Estimate
            Value None where X is 0 or a stratum without a sampled unit hides it; standard error None where a
            stratum with one sampled unit hides it.
        """
        if self._of_one_class:
            room = None if denominator is None else np.array([[denominator.item()] * 2, [0, 0]])
            return self._with_room().ratio(_opposed(numerator), room, bounds=bounds)
        X = np.ones_like(numerator) if denominator is None else denominator
        y, x = self.total(numerator), self.total(X)
        if y is None or x is None or x <= 0:
            return Estimate(value=None, bounds=bounds)
        return self._with_error(y / x, numerator - y / x * X, X, x, bounds)

    def sum(self, coefficients: Floats) -> Estimate:
        """Return the total of `coefficients` over the population, in pixels, with its standard error."""
        if self._of_one_class:
            return self._with_room().sum(_opposed(coefficients))
        y = self.total(coefficients)
        if y is None:
            return Estimate(value=None)
        bounds = (-math.inf if (coefficients < 0).any() else 0.0, math.inf)
        return self._with_error(y, coefficients, np.ones_like(coefficients), 1.0, bounds)

    def area(self, coefficients: Floats, *, pixel_ha: float | None = None, total_ha: float | None = None) -> Area:
        """Return the share and the hectares of what `coefficients` (0 or 1) marks.

        Parameters
        ----------
        coefficients
            Which pixels count, by map and reference class, shape (class, class).
        pixel_ha
            Area of a pixel, hectares.
        total_ha
            Area of the whole population, hectares, where it is known.
        """
        bounds = (-1.0, 1.0) if (coefficients < 0).any() else (0.0, 1.0)
        share = self.ratio(coefficients, bounds=bounds)
        pixels = self.design.pixels
        if self.design.unit == "pixel" and not self.design.relative:
            pixels = float(self.population.sum())
        if total_ha is None and pixel_ha is not None and pixels is not None:
            total_ha = pixels * pixel_ha
        if total_ha is not None:
            return Area(proportion=share, area_ha=share.scaled(total_ha))
        if pixel_ha is not None and self.design.unit == "cluster" and not self.design.relative:
            return Area(proportion=share, area_ha=self.sum(coefficients).scaled(pixel_ha))
        return Area(proportion=share, area_ha=Estimate(value=None))

    def covariance(self, first: Floats, second: Floats) -> float | None:
        """Return the covariance of two means: ``(V(a + b) - V(a - b)) / 4``."""
        plus = self.ratio(first + second, bounds=(-2, 2)).standard_error
        minus = self.ratio(first - second, bounds=(-2, 2)).standard_error
        return None if plus is None or minus is None else (plus**2 - minus**2) / 4

    @property
    def _of_one_class(self) -> bool:
        """Whether the sample saw one class only, which does not say that there is no other."""
        return len(self.classes) == 1 and self.design.kind != "census"

    def _with_room(self) -> Observations:
        """Return the same observations with room for a class that was not seen."""
        factor = None if self.calibration is None else np.append(self.calibration, 1.0)
        return replace(self, classes=(*self.classes, ""), calibration=factor)

    def _with_error(
        self, value: float, residual: Floats, domain: Floats, x: float, bounds: tuple[float, float]
    ) -> Estimate:
        residual = self._calibrated(residual)
        variances, silent = self._stratum_variances(residual)
        if variances is None or self.design.kind == "census":
            return Estimate(value=value, bounds=bounds)
        variance = float(variances.sum())
        return Estimate(
            value=value,
            standard_error=math.sqrt(variance) / x,
            degrees_of_freedom=self.degrees_of_freedom,
            bounds=bounds,
            unanimous=() if variance else self._unanimities(residual, domain, x, silent),
        )

    def _stratum_variances(self, residual: Floats) -> tuple[Floats | None, NDArray[np.bool_]]:
        """Variance of the total of each stratum, and which strata are known by sampling only."""
        n, N = self.sampled, self.population
        u = self._unit_sums(residual)
        H = len(self.strata)
        mean = np.divide(_bincount(self.stratum, self.copies * u, H), n, out=np.zeros(H), where=n > 0)
        squares = _bincount(self.stratum, self.copies * (u - mean[self.stratum]) ** 2, H)
        noise = 1e-12 * float(np.abs(residual).max(initial=0)) * self._unit_sums(np.ones_like(residual)).max()
        squares[squares <= n * noise**2] = 0
        left = 1 - n / N if self.design.fpc else np.ones(H)
        fixed = self.design.unit == "pixel"
        silent = np.array([left[h] > 0 and not (fixed and np.ptp(self._possible(residual, h)) == 0) for h in range(H)])
        if (silent & (n == 1)).any():
            return None, silent
        return N**2 * left * squares / (np.maximum(n - 1, 1) * np.maximum(n, 1)), silent

    def _unanimities(
        self, residual: Floats, domain: Floats, x: float, silent: NDArray[np.bool_]
    ) -> tuple[Unanimity, ...]:
        """How far the value moves if a stratum, unanimous in the sample, says something else elsewhere.

        Where the domain was met, a pixel may be mapped as anything its stratum allows; elsewhere as what was met.
        """
        n, N = self.sampled, self.population
        u, size = self._unit_sums(residual), self._unit_sums(np.ones_like(residual))
        inside = self._unit_sums(np.abs(domain)) > 0
        found = []
        for h in np.flatnonzero(silent & (n > 0)).tolist():
            here = self.stratum == h
            at_stake = here & inside if (here & inside).any() else here
            units = float(self.copies[at_stake].sum())
            met = (
                self._possible(residual, h) if (here & inside).any() else residual[np.unique(self.row[here[self.unit]])]
            )
            pixels = float(np.average(size[at_stake], weights=self.copies[at_stake]))
            reach = N[h] * units / n[h] / x * (math.sqrt(1 - n[h] / N[h]) if self.design.fpc else 1)
            now = float(u[here][0])
            fall, rise = reach * (now - pixels * met.min()), reach * (pixels * met.max() - now)
            found.append(Unanimity(units=units, fall=max(fall, 0.0), rise=max(rise, 0.0)))
        return tuple(found)

    def _calibrated(self, residual: Floats) -> Floats:
        """Residuals about their mean in each poststratum (Särndal et al. 1992, sect. 7.6), weighted."""
        if self.calibration is None:
            return residual
        pixels = self.matrix()
        size = pixels.sum(1)
        mean = np.divide((pixels * residual).sum(1), size, out=np.zeros(len(size)), where=size > 0)
        return self.calibration[:, None] * (residual - mean[:, None])

    def matrix(self) -> Floats:
        """Estimated pixels of the sampled strata by map and reference class, before calibration."""
        n, N = self.sampled, self.population
        weight = np.divide(N, n, out=np.zeros_like(N), where=n > 0)[self.stratum] * self.copies
        k = len(self.classes)
        flat = _bincount(self.row * k + self.column, self.pixels * weight[self.unit], k * k)
        return flat.reshape(k, k)

    def _unit_sums(self, coefficients: Floats) -> Floats:
        values = self.pixels * coefficients[self.row, self.column]
        return _bincount(self.unit, values, len(self.stratum))

    def _possible(self, coefficients: Floats, h: int) -> Floats:
        """Return what a pixel of stratum `h` may add: of its map class alone where strata are map classes."""
        row = self.stratum_row[h]
        return coefficients if row < 0 else coefficients[row]


def _opposed(coefficients: Floats) -> Floats:
    """Return what a pixel adds by two classes, of which a class that was not seen would say the opposite."""
    value = coefficients.item()
    return np.array([[value, 1 - value], [0, 0]])


def _bincount(index: Indices, weights: Floats, length: int) -> Floats:
    return np.asarray(np.bincount(index, weights, length), float)
