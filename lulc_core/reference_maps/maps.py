"""The reference maps, one entry each with its crosswalk: a new map is one more `ReferenceMap` in `REFERENCE_MAPS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.reference_maps.crosswalks import (
    CROSSWALKS,
    RANGELAND,
    REFERENCE_LEGEND,
    CrosswalkTable,
    merged_codes,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lulc_core.reference_maps.crosswalks import Crosswalk

__all__ = ["RANGELAND", "REFERENCE_LEGEND", "REFERENCE_MAPS", "ReferenceMap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceMap:
    """A series of land-cover maps that others publish, at most one a year.

    Examples
    --------
    >>> REFERENCE_MAPS["esa-worldcover"].nearest_year(2024)
    2021
    """

    collection: str
    """STAC collection of the Planetary Computer."""
    title: str
    """Name shown to the user."""
    credit: str
    """Authors and licence."""
    asset: str
    """Key of the class raster in the items of the collection."""
    years: tuple[int, ...]
    """The years mapped, ascending."""
    table: CrosswalkTable
    """Its legend, and ours for it."""

    @property
    def crosswalk(self) -> Crosswalk:
        """From its codes to those of `REFERENCE_LEGEND`."""
        return self.table.crosswalk

    @property
    def merges(self) -> bool:
        """Whether grass and scrub are one class."""
        return self.table.merges

    @property
    def merged(self) -> NDArray[np.uint8]:
        """Code of `LEGEND` to the code that this map has for the class, shape (256,)."""
        return merged_codes(merges=self.merges)

    def nearest_year(self, year: int) -> int:
        """Return the mapped year nearest to a year, the earlier of two."""
        return min(self.years, key=lambda own: (abs(own - year), own))


_ALL = (
    ReferenceMap(
        collection="io-lulc-annual-v02",
        title="Impact Observatory annual map",
        credit="Impact Observatory, Microsoft and Esri, CC BY 4.0",
        asset="data",
        years=tuple(range(2017, 2024)),
        table=CROSSWALKS["io-lulc-annual"],
    ),
    ReferenceMap(
        collection="io-lulc",
        title="Esri map of ten classes",
        credit="Esri, Impact Observatory and Microsoft, CC BY 4.0",
        asset="data",
        years=(2020,),
        table=CROSSWALKS["io-lulc"],
    ),
    ReferenceMap(
        collection="esa-worldcover",
        title="ESA WorldCover",
        credit="ESA WorldCover project, contains modified Copernicus Sentinel data, CC BY 4.0",
        asset="map",
        years=(2020, 2021),
        table=CROSSWALKS["worldcover"],
    ),
    ReferenceMap(
        collection="esa-cci-lc",
        title="ESA CCI Land Cover (300 m)",
        credit="ESA Climate Change Initiative and Copernicus Climate Change Service",
        asset="lccs_class",
        years=tuple(range(1992, 2021)),
        table=CROSSWALKS["esa-cci"],
    ),
    ReferenceMap(
        collection="usgs-lcmap-conus-v13",
        title="USGS LCMAP (contiguous United States)",
        credit="U.S. Geological Survey, public domain",
        asset="lcpri",
        years=tuple(range(1985, 2022)),
        table=CROSSWALKS["lcmap"],
    ),
)
REFERENCE_MAPS = {one.collection: one for one in _ALL}
"""By collection; ``io-lulc`` is the map of the paper."""
