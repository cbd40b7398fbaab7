"""The areas of several years estimated from one panel of pixels, whose class is known in every year."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import lulc_core as lulc
from lulc_explorer.engine.samples import class_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from lulc_explorer.engine.land_cover_map import LandCoverMap

    Intervals = Mapping[int, Mapping[str, tuple[float, float]]]
    """Year to class name to the ends of the 95 % interval of its area, hectares."""

SIZE, SEED = 600, 1
"""Pixels of a panel, and the seed by which they are drawn: those that the tab Error matrix draws unasked."""
_FOUND: WeakKeyDictionary[LandCoverMap, tuple[tuple[int, ...], Intervals]] = WeakKeyDictionary()
"""The intervals of the latest maps on screen, with the years that they are of."""


def intervals_by_truth(maps: Mapping[int, LandCoverMap]) -> Intervals:
    """Return intervals of the areas of the classes in every year; none without the truth of two years or more.

    The pixels are drawn within the classes of the latest map, and labelled by the truth of each year.

    Parameters
    ----------
    maps
        The maps of one place by year, ascending.
    """
    truths = {year: land_cover.truth for year, land_cover in maps.items()}
    known = {year: truth for year, truth in truths.items() if truth is not None}
    if len(known) < 2 or len(known) < len(truths):
        return {}
    latest, years = maps[max(maps)], tuple(maps)
    found = _FOUND.get(latest)
    if found is None or found[0] != years:
        found = _FOUND[latest] = years, _estimated(latest, known)
    return found[1]


def _estimated(land_cover: LandCoverMap, truths: Mapping[int, NDArray[np.uint8]]) -> Intervals:
    """Return the intervals by a sample of a map."""
    table = lulc.draw_sample(land_cover.composite.data, SIZE, SEED)
    column, row = (values.astype(int) for values in ~land_cover.grid.affine @ (table["x"].array, table["y"].array))
    labels = {f"reference_{year}": class_names(truth[row, column]) for year, truth in truths.items()}
    mapped = lulc.mapped_areas(land_cover.composite.data).area_ha or {}
    series = lulc.assess_years(table.assign(**labels), total_ha=sum(mapped.values()))
    return {
        year: {
            name: ends for name, one in series.classes.items() if (ends := one.area[at].area_ha.interval()) is not None
        }
        for at, year in enumerate(series.years)
    }
