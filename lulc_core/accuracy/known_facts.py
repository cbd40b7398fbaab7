"""What the files of an assessment say of what a report asks: the map's name and year, its smallest patch, the unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.ground_area import pixel_ha
from lulc_core.legend import NO_DATA
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.stated_facts import StatedFacts

_ROWS = 256
"""Of a map that are looked at together."""


def with_known(facts: StatedFacts, known: Mapping[str, str | None]) -> StatedFacts:
    """Return facts with those that were not stated filled in, as far as they are known.

    Examples
    --------
    >>> from lulc_core.accuracy.stated_facts import StatedFacts
    >>> with_known(StatedFacts(map_year="2018"), {"map_year": "2019", "map_name": "ours"})
    StatedFacts(title=None, map_name='ours', map_year='2018', ...)
    """
    return replace(facts, **{name: text for name, text in known.items() if text and getattr(facts, name) is None})


def facts_of_map(label: xr.DataArray, tags: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a class raster says of itself.

    Parameters
    ----------
    label
        Dims (y, x), legend codes, 0 = no data.
    tags
        Of its file, as `map_tags` writes them.

    Returns
    -------
    dict
        ``minimum_mapping_unit``, and ``map_name`` and ``map_year`` where the tags have them.

    Examples
    --------
    >>> import xarray as xr
    >>> facts_of_map(xr.DataArray(np.array([[1, 1], [2, 2]], np.uint8), dims=("y", "x")))["minimum_mapping_unit"]
    'more than 1 pixel: no pixel of the map stands alone'
    """
    layer, tags = class_codes(label, "The map"), tags or {}
    hectares = pixel_ha(layer.odc.geobox) if layer.odc.geobox is not None else None
    one = "1 pixel" if hectares is None else f"1 pixel ({hectares:.4g} ha)"
    alone = _stands_alone(layer.values)
    unit = f"{one}: the smallest patch of the map" if alone else f"more than {one}: no pixel of the map stands alone"
    found = {"minimum_mapping_unit": unit}
    if tags.get("YEAR"):
        found["map_year"] = tags["YEAR"]
    if tags.get("MODEL"):
        simulated = " (simulated)" if tags.get("SIMULATED") == "yes" else ""
        found["map_name"] = f"{tags.get('REGION', 'map')}, by network {tags['MODEL']}{simulated}"
    return found


def facts_of_sample(design: Design, hectares: float | None) -> dict[str, str]:
    """Return the unit of assessment that the rows of a sample have: a pixel, of known area if it is."""
    size = "" if hectares is None else f" of {hectares:.4g} ha"
    within = ", in sampled clusters" if design.unit == "cluster" else ""
    return {"unit_of_assessment": f"pixel{size}{within} (a row of the sample)"}


def _stands_alone(codes: NDArray[np.uint8]) -> bool:
    """Whether a pixel has another class than all eight around it."""
    return any(_alone_in(codes, first) for first in range(0, len(codes), _ROWS))


def _alone_in(codes: NDArray[np.uint8], first: int) -> bool:
    """Whether one of some rows has, of which the first is given."""
    above, below = min(first, 1), min(first + _ROWS, len(codes))
    padded = np.pad(codes[first - above : below + 1], ((1 - above, int(below == len(codes))), (1, 1)))
    own = codes[first:below]
    alone = own != NO_DATA
    for down in range(3):
        for across in range(3):
            if (down, across) != (1, 1):
                alone &= padded[down : down + own.shape[0], across : across + own.shape[1]] != own
    return bool(alone.any())
