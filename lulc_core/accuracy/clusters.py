"""The uncertainty of figures of clusters: jackknife, degrees of freedom, and samples without a variance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.mover import Level, SampledStratum
from lulc_core.accuracy.rounding import NOISE
from lulc_core.accuracy.sampled_units import bincount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.accuracy.sampled_units import Floats, Indices, SampledUnits


def jackknife_error(observed: SampledUnits, residual: Floats, domain: Floats) -> float | None:
    """Return the standard error of a ratio by leaving out one cluster at a time (Wolter 2007, eq. 4.5.3).

    Unlike the linearised error it knows that the denominator varies, too. Calibration is repeated for each replicate.

    Parameters
    ----------
    observed
        Clusters.
    residual, domain
        ``y - R x`` and ``x`` of a pixel, by map and reference class, shape (class, class).

    Returns
    -------
    float or None
        None where the ratio is undefined without one of the clusters.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        off = _totals_without_one(observed, residual) / _totals_without_one(observed, domain)
    n = observed.sampled[observed.stratum]
    variance = float((observed.unseen[observed.stratum] * (n - 1) / n * off**2)[n > 1].sum())
    return math.sqrt(variance) if math.isfinite(variance) else None


def _totals_without_one(observed: SampledUnits, coefficients: Floats) -> Floats:
    """Return the estimated total from the sample without each unit, shape (unit,)."""
    if observed.calibration is None:
        return _without_one(observed, observed.unit_sums(coefficients)[:, None])[:, 0]
    k, known = len(observed.classes), observed.matrix().sum(1) * observed.calibration
    rows, columns = (observed.unit, observed.row), (len(observed.stratum), k)
    sums, size = np.zeros(columns), np.zeros(columns)
    np.add.at(sums, rows, observed.pixels * coefficients[observed.row, observed.column])
    np.add.at(size, rows, observed.pixels)
    means = _without_one(observed, sums) / _without_one(observed, size)
    return np.asarray((means[:, known > 0] * known[known > 0]).sum(1))


def _without_one(observed: SampledUnits, values: Floats) -> Floats:
    """Return the estimated totals of columns from the sample without each unit, shape (unit, column)."""
    n, h = observed.sampled, observed.stratum
    z = observed.weight[:, None] * values
    by_stratum = np.zeros((len(n), values.shape[1]))
    np.add.at(by_stratum, h, z)
    more = np.divide(n, n - 1, out=np.zeros_like(n), where=n > 1)[h, None]
    return np.asarray(by_stratum.sum(0) - by_stratum[h] + more * (by_stratum[h] - z))


def satterthwaite(observed: SampledUnits, residual: Floats, domain: Floats, variances: Floats) -> float:
    """Return the degrees of freedom of a variance, from the residuals of the clusters and where the domain lies; >= 1.

    ``V^2 / sum_h V_h^2 / d_h`` (Satterthwaite 1946, Biometrics Bulletin 2, eq. 17), where ``d_h`` is ``n_h - 1`` for
    normal residuals and less for long tails, ``Var(s^2) = s^4 (kurtosis - (n - 3) / (n - 1)) / n`` (Valliant & Rust
    2010, Journal of Official Statistics 26, sect. 2). A few residuals hide their tails, so ``d_h`` is at most the
    effective number of clusters with the domain, less the one that the ratio costs, of which a stratum bears its share
    of the variance.

    Parameters
    ----------
    observed
        Clusters.
    residual
        ``y - R x`` of a pixel, calibrated, by map and reference class, shape (class, class).
    domain
        ``x`` of a pixel, >= 0, by map and reference class, shape (class, class).
    variances
        Variance of the total of each stratum, of which one is > 0, shape (stratum,).
    """
    weight = observed.weight
    units = (weight * observed.unit_sums(residual), weight * observed.unit_sums(domain))
    return residual_freedom(*units, observed.stratum, variances)


def residual_freedom(residual: Floats, domain: Floats, stratum: Indices, variances: Floats) -> float:
    """Return the same for any residual of the units, and what of the domain each holds, both with the shape (unit,)."""
    n = bincount(stratum, np.ones(len(stratum)), len(variances))
    u = residual - (bincount(stratum, residual, len(n)) / np.maximum(n, 1))[stratum]
    second, fourth = (bincount(stratum, part, len(n)) / np.maximum(n, 1) for part in (u * u, (u * u) ** 2))
    some, share = (variances > 0) & (n > 1), variances / variances.sum()
    room = (_effective_clusters(domain, stratum, n) - share)[some]
    n, second, fourth, share = n[some], second[some], fourth[some], share[some]
    each = np.minimum(2 * n / (fourth / second**2 - (n - 3) / (n - 1)), np.minimum(n - 1, room))
    return max(1 / float((share**2 / np.maximum(each, NOISE)).sum()), 1.0)


def _effective_clusters(domain: Floats, stratum: Indices, n: Floats) -> Floats:
    """Return the clusters of equal size that are worth as much as those that hold the domain, shape (stratum,).

    ``(sum x)^2 / sum x^2`` (Kish 1965, Survey Sampling, sect. 11.7; Carter, Schnepel & Steigerwald 2017, Review of
    Economics and Statistics 99); all clusters where none holds it.
    """
    first, second = (bincount(stratum, domain**power, len(n)) for power in (1, 2))
    return np.divide(first**2, second, out=n.copy(), where=second > 0)


def unanimous_clusters(
    observed: SampledUnits, residual: Floats, domain: Floats, whole: float, silent: NDArray[np.bool_]
) -> tuple[SampledStratum, ...]:
    """Return what another cluster may say in strata whose sampled clusters all say the same, so that no error is seen.

    Where the domain was met, a pixel may be mapped as anything its stratum allows; elsewhere as what was met.

    Parameters
    ----------
    observed
        Clusters.
    residual, domain
        ``y - R x`` and ``x`` of a pixel, by map and reference class, shape (class, class).
    whole
        Denominator of the figure, X.
    silent
        Which strata are known by sampling only, shape (stratum,).
    """
    n, N, unseen = observed.sampled, observed.population, observed.unseen
    u, size = observed.unit_sums(residual), observed.unit_sums(np.ones_like(residual))
    inside = observed.unit_sums(np.abs(domain)) > 0
    found = []
    for h in np.flatnonzero(silent & (n > 0)).tolist():
        here = observed.stratum == h
        at_stake = here & inside if (here & inside).any() else here
        met = observed.possible(residual, h) if (here & inside).any() else residual[observed.row[here[observed.unit]]]
        units, pixels, now = float(at_stake.sum()), float(size[at_stake].mean()), float(u[here][0])
        others = sorted({pixels * float(met.min()), pixels * float(met.max())} - {now})
        if not others:
            continue
        levels = (Level(share=1.0, residual=now), *(Level(share=0.0, residual=other) for other in others))
        weight = float(N[h] * units / n[h] / whole)
        found.append(SampledStratum(weight=weight, units=units / float(unseen[h]), levels=levels))
    return tuple(found)
