"""Weight a sample so that it reproduces the mapped areas."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.samples import check_sizes
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.sampled_units import Floats


def poststratified(observations: Observations, mapped: Mapping[str, float]) -> Observations:
    """Return the observations with weights that reproduce the known size of each map class.

    The poststratified estimator, which is the regression estimator (GREG) with the map class as auxiliary
    variable (Särndal et al. 1992, sect. 7.6). For simple random pixels the poststrata take the place of
    strata, as in Olofsson et al. (2014, sect. 4.1); otherwise the residuals about the poststratum means give
    the variance.

    Parameters
    ----------
    observations
        Of map (rows) against reference (columns).
    mapped
        Size of every map class: pixels, hectares or shares; only their proportions count.

    Raises
    ------
    InvalidInputError
        For a sampled map class without a size, or a class with a size but without a sampled pixel.
    """
    k, design = len(observations.classes), observations.design
    unknown = sorted(set(mapped) - set(observations.classes))
    if any(mapped[name] > 0 for name in unknown):
        raise InvalidInputError(
            f"The poststrata {unknown} have an area but no sampled pixel. Merge them with others, or sample them."
        )
    sampled = np.bincount(observations.row, minlength=k) > 0
    size = np.array([mapped.get(name, 0.0) for name in observations.classes])
    for name, seen, known in zip(observations.classes, sampled, size, strict=True):
        if seen != (known > 0):
            raise InvalidInputError(
                f"Map class {name!r} has {'sampled pixels' if seen else 'no sampled pixel'} and a mapped "
                f"size of {known:g}. Every poststratum needs both; merge it with another, or correct the areas."
            )
    if len(observations.strata) == 1 and design.unit == "pixel" and not design.weighted:
        return _poststrata_as_strata(observations, size)
    estimated = observations.matrix().sum(1)
    factor = np.divide(size / size.sum() * estimated.sum(), estimated, out=np.ones(k), where=estimated > 0)
    return replace(observations, calibration=factor)


def _poststrata_as_strata(observations: Observations, size: Floats) -> Observations:
    """Condition on the number of sampled pixels in each map class."""
    names = [name for name, known in zip(observations.classes, size, strict=True) if known > 0]
    index = {observations.classes.index(name): h for h, name in enumerate(names)}
    pixels = float(observations.population.sum())
    sizes = dict(zip(names, (size[size > 0] / size.sum() * pixels).tolist(), strict=True))
    result = replace(
        observations,
        design=replace(observations.design, sizes=sizes),
        strata=tuple(names),
        stratum=np.array([index[row] for row in observations.row.tolist()], np.intp),
        stratum_row=np.array(list(index), np.intp),
    )
    return check_sizes(result)
