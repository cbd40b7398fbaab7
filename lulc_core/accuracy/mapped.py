"""The mapped area of each class, from a land cover, hectares or pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import xarray as xr

from lulc_core.accuracy.designs import MappedAreas
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from odc.geo.geobox import GeoBox

    from lulc_core.accuracy.estimation import Observations

M2_PER_HA = 10_000


def mapped_areas(cover: xr.Dataset) -> MappedAreas:
    """Return the pixels of each class of a land cover.

    Parameters
    ----------
    cover
        ``label (y, x)`` uint8 legend codes, 0 = no data; on a grid that is not projected pixels have no area.

    Raises
    ------
    InvalidInputError
        For codes outside the legend.
    """
    label = np.asarray(cover["label"])
    LEGEND.check_codes(np.unique(label), "the land cover")
    count = np.bincount(label.ravel(), minlength=256)
    return MappedAreas(
        pixels={c.name: float(count[c.code]) for c in LEGEND if count[c.code]},
        pixel_ha=pixel_ha_of(cover["label"].odc.geobox),
    )


def pixel_ha_of(grid: GeoBox | None) -> float | None:
    """Return the area of a pixel in hectares; None where the grid is not projected."""
    metres = metres_of(grid)
    return None if grid is None or metres is None else abs(grid.affine.determinant) * metres**2 / M2_PER_HA


def metres_of(grid: GeoBox | None) -> float | None:
    """Return how many metres a unit of the grid is; None where it is not projected."""
    if grid is None or grid.crs is None or not grid.crs.projected:
        return None
    return float(grid.crs.proj.axis_info[0].unit_conversion_factor)


def as_mapped_areas(mapped: xr.Dataset | MappedAreas | Mapping[str, float], pixel_ha: float | None) -> MappedAreas:
    """Return mapped areas from a land cover, from hectares by class, or as they are."""
    if isinstance(mapped, MappedAreas):
        return replace(mapped, pixel_ha=mapped.pixel_ha or pixel_ha)
    if isinstance(mapped, xr.Dataset):
        return mapped_areas(mapped)
    return MappedAreas(hectares={str(name): float(area) for name, area in mapped.items()}, pixel_ha=pixel_ha)


def refuse_unmapped(observed: Observations, census: MappedAreas) -> None:
    """Refuse a sample with pixels of a map class that has no mapped area."""
    seen = [observed.classes[i] for i in np.unique(observed.row).tolist()]
    homeless = [name for name in seen if not census.sizes.get(name)]
    if homeless:
        raise InvalidInputError(
            f"The sample has pixels mapped as {homeless}, but the mapped size of these classes is 0 or not given; "
            f"there is one for {list(census.sizes)}. Add them, or make the names agree."
        )
