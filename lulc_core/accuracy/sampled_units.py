"""The sampled units of a design, and totals over them.

A sampling unit is a pixel, or a cluster of pixels. What a pixel adds to a total follows from its map and its reference
class: a matrix of coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class SampledUnits:
    """What was seen in the sampled units.

    Dims: record (a unit's pixels of one row and column class), unit, stratum, class. What every figure needs of them is
    computed once; a matrix has a hundred figures.
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
    stated: Floats | None = None
    """Units of the population that each unit stands for, where the sample states it, shape (unit,)."""
    labelled: Floats | None = None
    """Labelled pixels of each cluster, shape (unit,), where the finite-population correction is of both stages."""
    warnings: tuple[str, ...] = ()
    """What the reader must know."""

    @cached_property
    def population(self) -> Floats:
        """Units in the population, shape (stratum,)."""
        return np.array([self.design.sizes[name] for name in self.strata], float)

    @cached_property
    def sampled(self) -> Floats:
        """Units in the sample, shape (stratum,)."""
        return bincount(self.stratum, self.copies, len(self.strata))

    @cached_property
    def unseen(self) -> Floats:
        """The share of each stratum that was not sampled, 1 without finite-population correction, shape (stratum,)."""
        return 1 - self.sampled / self.population if self.design.fpc else np.ones(len(self.strata))

    @property
    def sample_pixels(self) -> float:
        """Pixels in the sample."""
        return float(np.sum(self.pixels * self.copies[self.unit]))

    @cached_property
    def by_map(self) -> bool:
        """Whether the strata are the map classes."""
        return bool((self.stratum_row >= 0).all())

    @cached_property
    def degrees_of_freedom(self) -> int:
        """Units less strata, over the strata that were sampled."""
        n = self.sampled
        return round(float((n[n > 0] - 1).sum()))

    @cached_property
    def weight(self) -> Floats:
        """Units of the population for each sampled one, before calibration, shape (unit,)."""
        if self.stated is not None:
            return self.stated
        n, N = self.sampled, self.population
        return np.divide(N, n, out=np.zeros_like(N), where=n > 0)[self.stratum]

    def total(self, coefficients: Floats) -> float | None:
        """Return the estimated sum over all pixels of the population; None if a stratum hides it.

        Parameters
        ----------
        coefficients
            What a pixel adds, by map and reference class, shape (class, class).
        """
        factor = 1.0 if self.calibration is None else self.calibration[:, None]
        total = float((self.weight * self.copies) @ self.unit_sums(factor * coefficients))
        for h in np.flatnonzero(self.sampled == 0).tolist():
            possible = self.possible(coefficients, h)
            if np.ptp(possible) or self.design.unit == "cluster":
                return None
            total += float(self.population[h] * possible.flat[0])
        return total

    def matrix(self) -> Floats:
        """Estimated pixels of the sampled strata by map and reference class, before calibration."""
        k = len(self.classes)
        weight = (self.weight * self.copies)[self.unit]
        return bincount(self.row * k + self.column, self.pixels * weight, k * k).reshape(k, k)

    def unit_sums(self, coefficients: Floats) -> Floats:
        """Return what each unit adds, shape (unit,)."""
        values = self.pixels * coefficients[self.row, self.column]
        return bincount(self.unit, values, len(self.stratum))

    def within_clusters(self, residual: Floats) -> Floats:
        """Return what drawing pixels within clusters adds to the variance of totals, shape (stratum,).

        ``sum_i N_h / n_h M_i^2 (1 - m_i / M_i) s_i^2 / m_i`` (Särndal et al. 1992, eq. 4.3.21), where `m` of the `M`
        pixels of cluster i are labelled; 0 where whole clusters are, or without the correction of both stages.

        Parameters
        ----------
        residual
            What a pixel adds, by map and reference class, shape (class, class).
        """
        if self.labelled is None:
            return np.zeros(len(self.strata))
        m, M, k = self.labelled, self.unit_sums(np.ones_like(residual)), len(self.stratum)
        each, values = (self.pixels * (m / M)[self.unit]), residual[self.row, self.column]
        mean = bincount(self.unit, each * values, k) / m
        squares = bincount(self.unit, each * (values - mean[self.unit]) ** 2, k)
        within = M * (M - m) * squares / (np.maximum(m - 1, 1) * m)
        return bincount(self.stratum, self.weight * within, len(self.strata))

    def possible(self, coefficients: Floats, h: int) -> Floats:
        """Return what a pixel of stratum `h` may add: of its map class alone where strata are map classes."""
        row = self.stratum_row[h]
        return coefficients if row < 0 else coefficients[row]

    def calibrated(self, residual: Floats) -> Floats:
        """Residuals about their mean in each poststratum (Särndal et al. 1992, sect. 7.6), weighted."""
        if self.calibration is None:
            return residual
        pixels = self.matrix()
        size = pixels.sum(1)
        mean = np.divide((pixels * residual).sum(1), size, out=np.zeros(len(size)), where=size > 0)
        return self.calibration[:, None] * (residual - mean[:, None])


def bincount(index: Indices, weights: Floats, length: int) -> Floats:
    """Return the sum of the weights of each index, float64, shape (length,)."""
    return np.asarray(np.bincount(index, weights, length), float)
