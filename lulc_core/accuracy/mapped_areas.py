"""The mapped area of each class, from a land cover, hectares or pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import xarray as xr

from lulc_core.accuracy.designs import MappedAreas, agreed_pixel_ha
from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import EQUAL_AREA_WITHIN, hectares_by_code, pixel_ha
from lulc_core.legend import LEGEND
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_core.accuracy.estimation import Observations


def mapped_areas(cover: xr.Dataset) -> MappedAreas:
    """Return the pixels of each class of a land cover, and hectares where its pixels are not of one size.

    Parameters
    ----------
    cover
        ``label (y, x)`` uint8 legend codes, 0 = no data; on a grid that is nowhere on Earth pixels have no area.

    Raises
    ------
    InvalidInputError
        For codes outside the legend.
    """
    layer = class_codes(cover["label"], "The land cover")
    label, grid = layer.values, layer.odc.geobox
    count = np.bincount(label.ravel(), minlength=256)
    LEGEND.check_codes(np.flatnonzero(count), "the land cover")
    mapped = [c for c in LEGEND if count[c.code]]
    pixel, area = pixel_ha(grid), hectares_by_code(label, grid)
    uneven = pixel is not None and area is not None and not np.allclose(area, count * pixel, rtol=EQUAL_AREA_WITHIN)
    return MappedAreas(
        pixels={c.name: float(count[c.code]) for c in mapped},
        hectares={c.name: float(area[c.code]) for c in mapped} if uneven and area is not None else None,
        pixel_ha=pixel,
    )


def as_mapped_areas(mapped: xr.Dataset | MappedAreas | Mapping[str, float], given_ha: float | None) -> MappedAreas:
    """Return mapped areas from a land cover, from hectares by class, or as they are."""
    if isinstance(mapped, MappedAreas):
        return replace(mapped, pixel_ha=agreed_pixel_ha(mapped.pixel_ha, given_ha))
    if isinstance(mapped, xr.Dataset):
        return as_mapped_areas(mapped_areas(mapped), given_ha)
    return MappedAreas(hectares={str(name): float(area) for name, area in mapped.items()}, pixel_ha=given_ha)


def refuse_unmapped(observed: Observations, census: MappedAreas) -> None:
    """Refuse a sample with pixels of a map class that has no mapped area."""
    seen = [observed.classes[i] for i in np.unique(observed.row).tolist()]
    homeless = [name for name in seen if not census.sizes.get(name)]
    if homeless:
        raise InvalidInputError(
            f"The sample has pixels mapped as {homeless}, but the mapped size of these classes is 0 or not given; "
            f"there is one for {list(census.sizes)}. Add them, or make the names agree."
        )
