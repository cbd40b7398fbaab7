"""Model-assisted areas, with the map as the auxiliary variable: `AREA_ESTIMATORS` has one entry per estimator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.assessment import class_areas, legend_order, stated_design
from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.mapped_areas import as_mapped_areas, refuse_unmapped
from lulc_core.accuracy.poststratification import poststratified
from lulc_core.accuracy.rounding import NOISE
from lulc_core.accuracy.samples import observe
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    import xarray as xr

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.estimation import Observations


def model_assisted_areas(
    sample: pd.DataFrame,
    mapped: xr.Dataset | MappedAreas | Mapping[str, float],
    *,
    design: Design | None = None,
    method: str = "greg",
) -> dict[str, Area]:
    """Estimate class areas from a sample, assisted by the map, which covers the whole area.

    Parameters
    ----------
    sample, mapped, design
        As in `assess`; `mapped` must name every sampled map class.
    method
        A name in `AREA_ESTIMATORS`: ``"greg"``, the regression estimator, or ``"difference"``, which leaves areas
        undefined that it finds below 0 or above the whole, as of a rare class in a small sample.

    Returns
    -------
    dict of str to Area

    Raises
    ------
    InvalidInputError
        As `assess`, and for an unknown method.

    Examples
    --------
    >>> import pandas as pd
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aaabb"), "reference": list("aabbb")})
    >>> areas = model_assisted_areas(
    ...     sample, {"a": 50, "b": 50}, design=Design.simple_random(1000), method="difference"
    ... )
    >>> round(areas["a"].proportion.value, 6)
    0.3
    """
    if method not in AREA_ESTIMATORS:
        raise InvalidInputError(f"The area estimator must be one of {', '.join(AREA_ESTIMATORS)}; got {method!r}.")
    census = as_mapped_areas(mapped, None)
    order = legend_order(sample, {}, "map", "reference", also=census.classes)
    observed = observe(sample, design or stated_design(sample), classes=order, also=census.classes)
    refuse_unmapped(observed, census)
    return AREA_ESTIMATORS[method](observed, census)


def _greg(observed: Observations, census: MappedAreas) -> dict[str, Area]:
    """Regress the reference on the map class, which is poststratification (Särndal et al. 1992, sect. 7.6)."""
    return class_areas(poststratified(observed, census.sizes), census)


def _difference(observed: Observations, census: MappedAreas) -> dict[str, Area]:
    """Add to the mapped share the map's bias, ``W_k + mean([reference = k] - [map = k])`` (ibid., eq. 6.3.4).

    Undefined where the sum is no share, because the sample corrects more than the map has.
    """
    whole, hectares = sum(census.sizes.values()), census.area_ha
    areas = {}
    for name, one in zip(observed.classes, np.eye(len(observed.classes)), strict=True):
        bias = observed.ratio(one[None, :] - one[:, None], bounds=(-1, 1))
        share = census.sizes.get(name, 0.0) / whole
        value = None if bias.value is None else share + bias.value
        estimate = Estimate(value=None)
        if value is not None and -NOISE <= value <= 1 + NOISE:
            estimate = replace(bias, value=min(max(value, 0.0), 1.0), bounds=(0.0, 1.0))
        total = estimate.scaled(sum(hectares.values())) if hectares else Estimate(value=None)
        area = Area(proportion=estimate, area_ha=total, mapped_ha=hectares.get(name, 0.0) if hectares else None)
        areas[name] = area.without_error() if observed.design.kind == "indicative" else area
    return areas


AREA_ESTIMATORS: dict[str, Callable[[Observations, MappedAreas], dict[str, Area]]] = {
    "greg": _greg,
    "difference": _difference,
}
"""Estimators by name, as `model_assisted_areas` and the command line take it."""
