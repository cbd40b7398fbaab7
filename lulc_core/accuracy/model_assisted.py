"""Areas with the help of the map, which is a census of what the sample only sees in part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lulc_core.accuracy.assessment import assess, legend_order, stated_design
from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.mapped import as_mapped_areas, refuse_unmapped
from lulc_core.accuracy.samples import observe

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr

    from lulc_core.accuracy.designs import Design, MappedAreas


def model_assisted_areas(
    sample: pd.DataFrame,
    mapped: xr.Dataset | MappedAreas | Mapping[str, float],
    *,
    design: Design | None = None,
    method: Literal["difference", "greg"] = "greg",
) -> dict[str, Area]:
    """Estimate class areas with the help of the map, which is a census of what the sample only sees in part.

    The difference estimator adds to the mapped share of a class the estimated bias of the map,
    ``W_k + mean([reference = k] - [map = k])`` (Särndal et al. 1992, eq. 6.3.4); the regression estimator
    (GREG) regresses the reference on the map class, which is poststratification (ibid., sect. 7.6).

    Parameters
    ----------
    sample, mapped, design
        As in `assess`; `mapped` must name every sampled map class.
    method
        ``"difference"`` or ``"greg"``.

    Returns
    -------
    dict of str to Area

    Raises
    ------
    InvalidInputError
        As `assess`.

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
    if method == "greg":
        return assess(sample, mapped, design=design, poststratify=True).area
    census = as_mapped_areas(mapped, None)
    order = legend_order(sample, {}, "map", "reference", also=census.classes)
    observed = observe(sample, design or stated_design(sample), classes=order, also=census.classes)
    refuse_unmapped(observed, census)
    whole, hectares = sum(census.sizes.values()), census.area_ha
    areas = {}
    for name, one in zip(observed.classes, np.eye(len(observed.classes)), strict=True):
        bias = observed.ratio(one[None, :] - one[:, None], bounds=(-1, 1))
        share = census.sizes.get(name, 0.0) / whole
        value = None if bias.value is None else share + bias.value
        proportion = replace(bias, value=value, bounds=(0.0, 1.0))
        total = proportion.scaled(sum(hectares.values())) if hectares else Estimate(value=None)
        area = Area(proportion=proportion, area_ha=total, mapped_ha=hectares.get(name, 0.0) if hectares else None)
        areas[name] = area.without_error() if observed.design.kind == "indicative" else area
    return areas
