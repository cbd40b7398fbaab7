"""A sample of labelled pixels with the weight of each row, as its design gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.columns import pixels_of, strata_of, units_of
from lulc_core.accuracy.sampled_units import bincount
from lulc_core.accuracy.stated_weights import stated_weights
from lulc_core.accuracy.weighted_sample import WeightedSample
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from lulc_core.accuracy.designs import Design


def weigh_sample(sample: pd.DataFrame, design: Design) -> WeightedSample:
    """Return a sample with the weight of each row: units of its stratum over those that were sampled.

    Parameters
    ----------
    sample
        One row per pixel, as `observe` checks it. In clusters a row may stand for several (column ``pixels``).
    design
        How it was drawn; with both stages corrected where `Design.stages` is 2, as `observe` finds it.

    Raises
    ------
    InvalidInputError
        For a stratum without a sampled unit, and for rows that stand for several pixels that were drawn one by one.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> weigh_sample(pd.DataFrame({"map": ["a", "b"]}), Design.simple_random(100)).weight.tolist()
    [50.0, 50.0]
    """
    pixels, clusters = pixels_of(sample), design.unit == "cluster"
    if not clusters and (pixels != 1).any():
        raise InvalidInputError("Here each row is one sampled pixel: repeat rows that stand for several ('pixels').")
    table = pd.DataFrame({"stratum": strata_of(sample, design)[0], "pixels": pixels})
    unit = units_of(sample, table, design, tallied=False)[0] if clusters else np.arange(len(sample))
    names = [name for name, size in design.sizes.items() if size > 0]
    stratum = table["stratum"].astype(object).map({name: h for h, name in enumerate(names)}).to_numpy().astype(np.intp)
    firsts, unit = np.unique(unit, return_index=True, return_inverse=True)[1:]
    n = bincount(stratum[firsts], np.ones(len(firsts)), len(names))
    if (n == 0).any():
        raise InvalidInputError(f"Stratum {names[int(np.argmin(n))]!r} has no sampled unit. Sample it, or merge it.")
    if design.weighted:
        weight = stated_weights(sample)[0] * pixels
        return WeightedSample(weight=weight, stratum=stratum, unit=unit, strata=len(names))
    population = np.array([design.sizes[name] for name in names], float)
    return WeightedSample(
        weight=(population / n)[stratum] * pixels,
        stratum=stratum,
        unit=unit,
        strata=len(names),
        population=population if design.fpc else None,
        pixels_of_unit=bincount(unit, pixels, len(firsts)) if design.stages == 2 else None,
    )
