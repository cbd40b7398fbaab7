"""Shares of a class over years from one panel of pixels: the values, and what each pixel adds to their errors.

Pixel i of the sample has the weight ``w_i``, and in year t the label ``y_it`` (1 for the class) where ``r_it = 1``.
With groups g, the strata, and ``R_gt = sum_g w r y / sum_g w r``::

    p_t = sum_g X_g R_gt / X,   X_g = sum_g w,   X = sum_g X_g
    d_it = (X_g / X_gt r_it (y_it - R_gt) + R_gt - p_t) / X,   X_gt = sum_g w r

A pixel without a label in a year is taken to be like those of its group that have one (Särndal et al. 1992, sect.
15.6.2). Where the size of groups is known, as that of the classes of each year's map, it takes the place of ``X_g``,
and ``d_it`` has the first term only (poststratification; ibid., sect. 7.6). Any linear combination ``sum_t c_t p_t``,
as a trend, has the variance of the total of ``sum_t c_t d_it`` under the design: years share pixels, and so covary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.clusters import residual_freedom
from lulc_core.accuracy.figures import Estimate, opposed
from lulc_core.accuracy.mover import Level, SampledStratum, of_variance
from lulc_core.accuracy.rounding import NOISE
from lulc_core.accuracy.sampled_units import bincount

if TYPE_CHECKING:
    from lulc_core.accuracy.sampled_units import Floats, Indices
    from lulc_core.accuracy.weighted_sample import WeightedSample


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The same sampled pixels in several years."""

    drawn: WeightedSample
    """The pixels with their weights."""
    label: Indices
    """Class of each pixel and year, -1 for none, shape (row, year)."""
    group: Indices
    """Group of each pixel and year, shape (row, year): its stratum, or its class on the map of the year."""
    sizes: tuple[Floats | None, ...]
    """Known sizes of the groups of each year, shape (group,); None where they are estimated, as those of strata are."""
    single: bool
    """Whether pixels were drawn one by one."""

    def series(self, k: int, *, total: bool = False) -> Series:
        """Return the shares of a class in each year; its pixels in the population where `total`."""
        return self.of((self.label == k).astype(float), total=total)

    def of(self, y: Floats, *, total: bool = False) -> Series:
        """Return the means, or totals, of other quantities of the pixels, shape (row, year)."""
        columns = [self._year(y[:, t], t, total=total) for t in range(y.shape[1])]
        values, residuals = zip(*columns, strict=True)
        whole = 1.0 if total else self.drawn.pixels
        return Series(panel=self, y=y, values=np.array(values), residuals=np.column_stack(residuals), whole=whole)

    def _year(self, y: Floats, t: int, *, total: bool) -> tuple[float, Floats]:
        """Return the mean of a quantity in one year, and the residual of each pixel."""
        w, seen, group, known = self.drawn.weight, self.label[:, t] >= 0, self.group[:, t], self.sizes[t]
        many = int(self.group.max()) + 1
        labelled, every = bincount(group, w * seen, many), bincount(group, w, many)
        mean = np.divide(bincount(group, w * seen * y, many), labelled, out=np.zeros(many), where=labelled > 0)
        size = every if known is None else np.zeros(many)
        if known is not None:
            size[: len(known)] = known / known.sum() * self.drawn.pixels
        off = np.divide(size, labelled, out=np.zeros(many), where=labelled > 0)[group] * seen * (y - mean[group])
        whole = 1.0 if total else float(size.sum())
        value = float(size @ mean) / whole
        if known is None:
            off = off + mean[group] - (0.0 if total else value)
        return value, off / whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A quantity of each year, with what each pixel adds to its error."""

    panel: Panel
    """The sample."""
    y: Floats
    """What each pixel has of it, shape (row, year)."""
    values: Floats
    """Shape (year,)."""
    residuals: Floats
    """Linearised residuals, shape (row, year)."""
    whole: float
    """What the totals of pixels were divided by."""

    @property
    def covariance(self) -> Floats | None:
        """Covariance of the years, shape (year, year); None where a stratum has one of several units."""
        return self.panel.drawn.covariance(self.residuals)

    @property
    def _weights_differ(self) -> bool:
        """Whether pixels of one stratum have different weights."""
        drawn = self.panel.drawn
        return any(np.ptp(drawn.weight[drawn.stratum == h]) > 0 for h in range(drawn.strata))

    def combination(self, coefficients: Floats, bounds: tuple[float, float]) -> Estimate:
        """Return a linear combination of the years, shape (year,), with its standard error."""
        value, residual = float(self.values @ coefficients), self.residuals @ coefficients
        found = self._estimate(value, residual, bounds, coefficients)
        return replace(found, difference=self._sides(coefficients, bounds)) if found.standard_error else found

    def _estimate(
        self, value: float, residual: Floats, bounds: tuple[float, float], coefficients: Floats | None = None
    ) -> Estimate:
        """Return a figure with the standard error of its residuals, shape (row,)."""
        drawn = self.panel.drawn
        deviations = drawn.deviations(residual[:, None])
        if deviations is None or drawn.degrees_of_freedom < 1:
            return Estimate(value=value, bounds=bounds)
        error, least = math.sqrt(float((deviations**2).sum())), NOISE * max(float(np.abs(self.values).max()), 1e-300)
        error = error if error > least else 0.0
        strata = () if coefficients is None else self._strata(coefficients)
        if coefficients is not None and (len(np.flatnonzero(coefficients)) > 2 or self._weights_differ):
            strata = of_variance(strata, error**2)
        if coefficients is not None and not error and not strata:
            return Estimate(value=value, bounds=bounds)
        return Estimate(
            value=value,
            standard_error=error,
            degrees_of_freedom=drawn.degrees_of_freedom,
            bounds=bounds,
            strata=strata,
            satterthwaite_df=self._freedom(residual, deviations[:, 0]) if error else None,
        )

    def _sides(self, coefficients: Floats, bounds: tuple[float, float]) -> tuple[Estimate, Estimate, float] | None:
        """Return what the pixels of clusters add to a combination, what they take away, and the correlation of both.

        Change lies in few clusters, so that each side is skewed, which limits of the whole would not be. None for
        single years, and where pixels of one group count differently, as for `_strata`.
        """
        panel, used = self.panel, np.flatnonzero(coefficients)
        if panel.single or len(used) < 2 or not self._alike(used):
            return None
        added, parts = self.y @ coefficients, []
        for side, top in ((np.maximum(added, 0), bounds[1]), (np.maximum(-added, 0), -bounds[0])):
            value, residual = panel._year(side, int(used[0]), total=self.whole == 1.0)
            parts.append((self._estimate(value, residual, (0.0, top)), residual))
        (gain, up), (loss, down) = parts
        shared = panel.drawn.covariance(np.column_stack([up, down]))
        if shared is None or gain.standard_error is None or loss.standard_error is None:
            return None
        return opposed(gain, loss, float(shared[0, 1]))

    def _alike(self, used: Indices) -> bool:
        """Whether all pixels have labels in some years, and lie in the same groups of the same sizes in all of them."""
        panel = self.panel
        group, known = panel.group[:, used], panel.sizes[used[0]]
        same = bool((group == group[:, :1]).all()) and all(panel.sizes[t] is known for t in used)
        return same and bool((panel.label[:, used] >= 0).all())

    def _strata(self, coefficients: Floats) -> tuple[SampledStratum, ...]:
        """Return what pixels of each group add, and what others may add.

        Nothing where pixels of one group count differently: in clusters, and for several years with labels missing or
        with groups that change.
        """
        panel, drawn, used = self.panel, self.panel.drawn, np.flatnonzero(coefficients)
        seen = (panel.label[:, used] >= 0).all(1)
        group, known = panel.group[:, used[0]], panel.sizes[used[0]]
        if not panel.single or (len(used) > 1 and not self._alike(used)):
            return ()
        added, ends = _levels(self.y @ coefficients, coefficients)
        found = []
        for g in np.unique(group).tolist():
            here = group == g
            w, size = drawn.weight[here & seen], float(drawn.weight[here].sum())
            kinds, kind = np.unique(added[here & seen], return_inverse=True)
            shares = bincount(kind, w, len(kinds)) / w.sum()
            levels = dict.fromkeys(ends, 0.0) | dict(zip(kinds.tolist(), shares.tolist(), strict=True))
            unseen = 1.0 if drawn.population is None else 1 - len(w) / size
            if unseen <= 0:
                continue
            whole = size if known is None else float(known[g] / known.sum()) * drawn.pixels
            found.append(
                SampledStratum(
                    weight=whole / self.whole,
                    units=float(w.sum() ** 2 / (w @ w)) / unseen,
                    levels=tuple(Level(share=share, residual=level) for level, share in sorted(levels.items())),
                )
            )
        return tuple(found)

    def _freedom(self, residual: Floats, deviations: Floats) -> float:
        """Return the degrees of freedom that the residuals of the units leave."""
        drawn = self.panel.drawn
        h = drawn.stratum_of_unit
        z, size = (bincount(drawn.unit, part, len(h)) for part in (drawn.weight * residual, drawn.weight))
        return residual_freedom(z, size, h, bincount(h, deviations[: len(h)] ** 2, drawn.strata))


def _levels(added: Floats, coefficients: Floats) -> tuple[Floats, list[float]]:
    """Return what each pixel adds to a combination of years, and the least and the most that one may add.

    Of more than two years pixels add any of many values, and limits for the share of each would make intervals too
    long: those that add, and those that take away, add their mean instead, as may others.
    """
    ends = [float(part(coefficients, 0).sum()) for part in (np.minimum, np.maximum)]
    if np.count_nonzero(coefficients) > 2:
        least = 1e-9 * float(np.abs(coefficients).max())
        added = np.where(np.abs(added) > least, added, 0.0)
        for i, side in enumerate((added < 0, added > 0)):
            ends[i] = float(added[side].mean()) if side.any() else ends[i]
            added = np.where(side, ends[i], added)
    return np.round(added, 12), [round(end, 12) for end in ends]
