"""The reference maps, one entry each with its crosswalk: a new map is one more `ReferenceMap` in `REFERENCE_MAPS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.legend import LEGEND, Crosswalk, LandCoverClass, Legend

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANGELAND = LandCoverClass(
    code=11,
    name="grass or scrub",
    colour=(227, 226, 195),
    definition="Grass and scrub/shrub, which some reference maps do not tell apart.",
)
REFERENCE_LEGEND = Legend((*LEGEND.classes, RANGELAND))
"""The classes of `LEGEND`, and the one that some reference maps have in place of two of them."""


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
    codes: dict[int, int]
    """Their code to that of `REFERENCE_LEGEND`; 0, no data, where it has no counterpart."""

    @property
    def crosswalk(self) -> Crosswalk:
        """From its codes to those of `REFERENCE_LEGEND`."""
        return Crosswalk(name=self.collection, codes=self.codes)

    @property
    def merges(self) -> bool:
        """Whether grass and scrub are one class."""
        return RANGELAND.code in self.codes.values()

    @property
    def merged(self) -> NDArray[np.uint8]:
        """Code of `LEGEND` to the code that this map has for the class, shape (256,)."""
        codes = np.arange(256, dtype=np.uint8)
        if self.merges:
            codes[[c.code for c in LEGEND if c.rangeland]] = RANGELAND.code
        return codes

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
        codes={0: 0, 1: 1, 2: 2, 4: 4, 5: 5, 7: 7, 8: 8, 9: 9, 10: 10, 11: RANGELAND.code},
    ),
    ReferenceMap(
        collection="io-lulc",
        title="Esri map of ten classes",
        credit="Esri, Impact Observatory and Microsoft, CC BY 4.0",
        asset="data",
        years=(2020,),
        codes={code: code for code in range(11)},
    ),
    ReferenceMap(
        collection="esa-worldcover",
        title="ESA WorldCover",
        credit="ESA WorldCover project, contains modified Copernicus Sentinel data, CC BY 4.0",
        asset="map",
        years=(2020, 2021),
        codes={0: 0, 10: 2, 20: 6, 30: 3, 40: 5, 50: 7, 60: 8, 70: 9, 80: 1, 90: 4, 95: 4, 100: 3},  # 100: moss, lichen
    ),
    ReferenceMap(
        collection="usgs-lcmap-conus-v13",
        title="USGS LCMAP (contiguous United States)",
        credit="U.S. Geological Survey, public domain",
        asset="lcpri",
        years=tuple(range(1985, 2022)),
        codes={0: 0, 1: 7, 2: 5, 3: RANGELAND.code, 4: 2, 5: 1, 6: 4, 7: 9, 8: 8},
    ),
)
REFERENCE_MAPS = {one.collection: one for one in _ALL}
"""By collection; ``io-lulc`` is the map of the paper."""
