"""What the pixels of each stratum may add to a figure, for intervals by `lulc_core.accuracy.mover`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.mover import Level, SampledStratum
from lulc_core.accuracy.sampled_units import bincount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.accuracy.sampled_units import Floats, Indices, SampledUnits


def pixel_strata(observed: SampledUnits, residual: Floats, domain: Floats, whole: float) -> tuple[SampledStratum, ...]:
    """Return the strata of a sample of pixels in which pixels may differ; of a poststratified sample the poststrata.

    Poststrata have the effective size of Kish (1965, Survey Sampling, sect. 11.7), because the weights of their pixels
    differ.

    Parameters
    ----------
    observed
        Pixels, not clusters.
    residual, domain
        ``y - R x`` and ``x`` of a pixel, by map and reference class, shape (class, class).
    whole
        Denominator of the figure, X.
    """
    part, weight = observed.stratum[observed.unit], observed.weight[observed.unit]
    if observed.calibration is not None:
        part, weight = observed.row, weight * observed.calibration[observed.row]
    kinds, level = _levels(residual, domain)
    seen, possible = _seen_and_possible(observed, part, weight, kinds.imag, level)
    copies, size = observed.copies[observed.unit], seen.sum(1)
    squares, drawn = bincount(part, copies * weight**2, len(seen)), bincount(part, copies, len(seen))
    shares = np.divide(seen, size[:, None], out=np.zeros_like(seen), where=size[:, None] > 0).tolist()
    residuals, domains, there = kinds.real.tolist(), kinds.imag.tolist(), possible.tolist()
    found = []
    for h in np.flatnonzero((size > 0) & (possible.sum(1) > 1)).tolist():
        unseen = 1 - drawn[h] / size[h] if observed.design.fpc else 1.0
        if unseen <= 0:
            continue
        levels = tuple(
            Level(share=shares[h][v], residual=residuals[v], domain=domains[v])
            for v in range(len(kinds))
            if there[h][v]
        )
        units = float(size[h] ** 2 / squares[h] / unseen)
        found.append(SampledStratum(weight=float(size[h]) / whole, units=units, levels=levels))
    return (found[0].within_domain,) if len(found) == 1 else tuple(found)


def _levels(residual: Floats, domain: Floats) -> tuple[NDArray[np.complex128], Indices]:
    """Return the distinct pairs of residual and domain (level,), and the level of each cell (class, class)."""
    pair = (residual + 1j * domain).ravel()
    other = np.flatnonzero(pair != pair[0])
    kinds, index = np.unique(pair[other], return_inverse=True)
    level = np.zeros(len(pair), np.intp)
    level[other] = index + 1
    return np.append(pair[:1], kinds), level.reshape(residual.shape)


def _seen_and_possible(
    observed: SampledUnits, part: Indices, weight: Floats, domain: Floats, level: Indices
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the weight seen of each level, and whether there may be some, both (part, level).

    Where the domain was met, a pixel may be mapped as anything its stratum allows; elsewhere as what was met.
    """
    k, many = len(observed.classes), len(domain)
    parts = len(observed.strata) if observed.calibration is None else k
    index = part * many + level[observed.row, observed.column]
    seen = bincount(index, weight * observed.copies[observed.unit], parts * many).reshape(parts, many)
    of_row = np.zeros((k, many), bool)
    of_row[np.arange(k)[:, None], level] = True
    if observed.calibration is not None:
        return seen, of_row
    if observed.by_map:
        return seen, of_row[observed.stratum_row]
    met = np.zeros((parts, k), bool)
    met[part, observed.row] = True
    everywhere = np.any(seen[:, domain > 0] > 0, axis=1, keepdims=True)
    return seen, np.where(everywhere, of_row.any(0), met @ of_row)
