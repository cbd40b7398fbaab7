"""Areas of the classes on published maps, and ours by their classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import lulc_core as lulc
from lulc_explorer.analysis.area_series import NO_DATA
from lulc_explorer.analysis.composite import sum_hectares
from lulc_explorer.engine.outlines import inside

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAreas:
    """The areas of one year of a published series."""

    year: int
    hectares: Mapping[str, float]
    """Class name to hectares, `NO_DATA` among them; empty if there is a `problem`."""
    problem: str = ""
    """Why there are none."""


def areas_of(codes: xr.DataArray, legend: lulc.Legend, outline: BaseGeometry | None) -> Mapping[str, float]:
    """Return the area of each class of a raster, of what lies in an outline, hectares.

    Parameters
    ----------
    codes
        Dims (y, x), uint8 codes of `legend`, 0 = no data.
    """
    grid, counted = codes.odc.geobox, codes.values
    areas = lulc.pixel_areas(grid)
    if areas is None:
        raise lulc.InvalidInputError("The map does not say where it lies, so that it has no areas.")
    if outline is not None:
        within = inside(outline, grid)
        counted, areas = counted[within], areas[within] if isinstance(areas, np.ndarray) else areas
    hectares = sum_hectares(counted, areas, 256)
    return {NO_DATA: float(hectares[0])} | {c.name: float(hectares[c.code]) for c in legend}


def as_series(hectares: Mapping[str, float], series: lulc.ReferenceMap) -> Mapping[str, float]:
    """Return areas of our classes by the classes of a published series, which may have grass and scrub as one."""
    found: dict[str, float] = {NO_DATA: hectares.get(NO_DATA, 0.0)}
    for c in lulc.LEGEND:
        name = lulc.REFERENCE_LEGEND[int(series.merged[c.code])].name
        found[name] = found.get(name, 0.0) + hectares.get(c.name, 0.0)
    return found
