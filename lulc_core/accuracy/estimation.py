"""Means and ratios over strata and clusters, with standard errors; every accuracy figure is computed here.

A sampling unit is a pixel, or a cluster of pixels. A figure is a ratio of two totals, ``R = Y / X``, of which
``y`` and ``x`` are sums over the pixels of a unit. With ``u = y - R x`` (Stehman 2014, eqs. 21-28; for
clusters Cochran 1977, sect. 11.8)::

    R = sum_h (N_h / n_h) sum_u y  /  sum_h (N_h / n_h) sum_u x
    V(R) = X^-2 sum_h N_h^2 (1 - n_h / N_h) s_uh^2 / n_h

where ``N_h`` and ``n_h`` count the units of a stratum in the population and in the sample. The factor
``1 - n_h / N_h`` is applied only if the design asks for it. Where units have unequal inclusion probabilities ``pi_u``,
``w_u = 1 / pi_u`` takes the place of ``N_h / n_h``, units are taken as drawn with replacement (Hansen & Hurwitz 1943,
Annals of Mathematical Statistics 14; Särndal et al. 1992, sect. 4.5 and 5.5)::

    V(R) = X^-2 sum_h n_h / (n_h - 1) sum_u (w_u d_u - mean_h)^2,   d_u = y_u - R x_u
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.clusters import jackknife_error, satterthwaite, unanimous_clusters
from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.mover import of_variance
from lulc_core.accuracy.sampled_units import SampledUnits, bincount
from lulc_core.accuracy.stratum_levels import pixel_strata

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.accuracy.sampled_units import Floats


@dataclass(frozen=True, kw_only=True)
class Observations(SampledUnits):
    """The labels of the sampled units, from which any mean or ratio is estimated."""

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
            The smallest and largest possible value.

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

    def difference(self, first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Estimate:
        """Return a ratio less another of the same sample, with its standard error (Cochran 1977, sect. 6.18).

        Parameters
        ----------
        first, second
            Numerator and denominator of each, as in `ratio`.

        Returns
        -------
        Estimate
            From -1 to 1; value None where one of the two is undefined.
        """
        residual, value = np.zeros_like(first[0]), 0.0
        for sign, (y, x) in ((1.0, first), (-1.0, second)):
            ratio, whole = self.ratio(y, x).value, self.total(x)
            if ratio is None or not whole:
                return Estimate(value=None, bounds=(-1.0, 1.0))
            value += sign * ratio
            residual = residual + sign * (y - ratio * x) / whole
        pixels = self.total(np.ones_like(residual)) or math.nan
        return self._with_error(value, residual * pixels, None, pixels, (-1.0, 1.0))

    def sum(self, coefficients: Floats) -> Estimate:
        """Return the total of `coefficients` over the population, in pixels, with its standard error."""
        if self._of_one_class:
            return self._with_room().sum(_opposed(coefficients))
        y = self.total(coefficients)
        if y is None:
            return Estimate(value=None)
        bounds = (-math.inf if (coefficients < 0).any() else 0.0, math.inf)
        return self._with_error(y, coefficients, None, 1.0, bounds)

    def area(self, coefficients: Floats, *, pixel_ha: float | None = None, total_ha: float | None = None) -> Area:
        """Return the proportion and hectares of the pixels that `coefficients` selects.

        Parameters
        ----------
        coefficients
            Which pixels count, by map and reference class, shape (class, class); -1 for those to subtract.
        pixel_ha
            Area of a pixel, hectares.
        total_ha
            Area of the whole population, hectares, where it is known.
        """
        bounds = (-1.0, 1.0) if (coefficients < 0).any() else (0.0, 1.0)
        share = self.ratio(coefficients, bounds=bounds)
        pixels = self.design.pixels
        if self.design.unit == "pixel" and not self.design.relative and self.stated is None:
            pixels = float(self.population.sum())
        if total_ha is None and pixel_ha is not None and pixels is not None:
            total_ha = pixels * pixel_ha
        if total_ha is not None:
            return Area(proportion=share, area_ha=share.scaled(total_ha))
        expanded = self.design.unit == "cluster" or self.stated is not None
        if pixel_ha is not None and expanded and not self.design.relative:
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
        """Return the same observations with an additional class that was not observed."""
        factor = None if self.calibration is None else np.append(self.calibration, 1.0)
        return replace(self, classes=(*self.classes, ""), calibration=factor)

    def _with_error(
        self, value: float, residual: Floats, domain: Floats | None, x: float, bounds: tuple[float, float]
    ) -> Estimate:
        """Return a ratio with its error; without a domain, a total."""
        calibrated = self.calibrated(residual)
        variances, silent = self._stratum_variances(calibrated)
        if variances is None or self.design.kind == "census":
            return Estimate(value=value, bounds=bounds)
        error, room = math.sqrt(float(variances.sum())) / x, np.ones_like(residual) if domain is None else domain
        estimate = Estimate(
            value=value, standard_error=error, degrees_of_freedom=self.degrees_of_freedom, bounds=bounds
        )
        if self.design.unit == "pixel":
            strata = pixel_strata(self, residual, room, x)
            return replace(estimate, strata=strata if self.stated is None else of_variance(strata, error**2))
        if not error:
            return replace(estimate, strata=unanimous_clusters(self, residual, room, x, silent))
        return replace(
            estimate,
            jackknife_error=error if domain is None else self._jackknife_error(residual, calibrated, domain, x),
            satterthwaite_df=satterthwaite(self, calibrated, room, variances),
        )

    def _jackknife_error(self, residual: Floats, calibrated: Floats, domain: Floats, x: float) -> float | None:
        """Return the jackknife's error, with what the linearised one has of the second stage."""
        error = jackknife_error(self, residual, domain)
        return None if error is None else math.hypot(error, math.sqrt(self.within_clusters(calibrated).sum()) / x)

    def _stratum_variances(self, residual: Floats) -> tuple[Floats | None, NDArray[np.bool_]]:
        """Variance of the total of each stratum, and which strata are known by sampling only."""
        n, N = self.sampled, self.population
        u = self.unit_sums(residual)
        H = len(self.strata)
        if self.stated is not None:  # as N_h / n_h, that of each unit
            u, N = self.stated * u, n
        mean = np.divide(bincount(self.stratum, self.copies * u, H), n, out=np.zeros(H), where=n > 0)
        squares = bincount(self.stratum, self.copies * (u - mean[self.stratum]) ** 2, H)
        noise = 1e-12 * float(np.abs(residual).max(initial=0)) * self.unit_sums(np.ones_like(residual)).max()
        squares[squares <= n * (noise * (1.0 if self.stated is None else self.stated.max())) ** 2] = 0
        silent = self.unseen > 0
        if self.design.unit == "pixel":
            silent &= np.ptp(residual[self.stratum_row], axis=1) > 0 if self.by_map else bool(np.ptp(residual))
        if (silent & (n == 1)).any():
            return None, silent
        between = N**2 * self.unseen * squares / (np.maximum(n - 1, 1) * np.maximum(n, 1))
        return between + self.within_clusters(residual), silent


def _opposed(coefficients: Floats) -> Floats:
    """Return what a pixel adds by two classes, of which a class that was not seen would say the opposite."""
    value = coefficients.item()
    return np.array([[value, 1 - value], [0, 0]])
