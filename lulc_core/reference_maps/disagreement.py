"""Where three maps differ, and which of them is the odd one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pandas as pd

from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import hectares_by_code
from lulc_core.legend import NO_DATA, LandCoverClass, Legend
from lulc_core.reference_maps.agreement import land, one_grid, sieved

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

_AGREE, _DIFFER = 1, 5
"""Codes where all agree, and where all differ; between them those where the first, second, third differs."""
_COLOURS = ((217, 217, 217), (230, 159, 0), (86, 180, 233), (0, 158, 115), (213, 94, 0))
"""Grey, and four colours that the colour-blind tell apart (Okabe & Ito 2008)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Where three maps differ."""

    label: xr.DataArray
    """Codes of `legend`, dims (y, x), uint8, 0 where one of the maps has no class."""
    legend: Legend
    """All agree; one differs from the two others, which agree; all differ."""

    def to_frame(self) -> pd.DataFrame:
        """Return the area of each case: index ``case``; columns ``area_ha`` and ``share`` (0-1)."""
        areas = hectares_by_code(self.label.values, self.label.odc.geobox)
        if areas is None:
            raise InvalidInputError("Maps that are compared must lie on Earth: give them their CRS.")
        found = pd.DataFrame({"area_ha": areas[self.legend.codes]}, index=pd.Index(self.legend.names, name="case"))
        return found.assign(share=found["area_ha"] / found["area_ha"].sum())


def disagreement(maps: Sequence[xr.DataArray], names: Sequence[str], *, unit_px: int = 1) -> Disagreement:
    """Return where three maps differ.

    Parameters
    ----------
    maps
        Three, in codes of `REFERENCE_LEGEND`, dims (y, x), uint8, 0 = no data, on one grid.
    names
        What each is called.
    unit_px
        Minimum mapping unit, pixels, as in `agreement`.

    Raises
    ------
    InvalidInputError
        Unless there are three of each, on one grid, in codes of the legend, with a pixel that has a class in all.

    Examples
    --------
    >>> import numpy as np, odc.geo.xr
    >>> grid = odc.geo.geobox.GeoBox.from_bbox((500000, 0, 500030, 10), crs="EPSG:32631", resolution=10)
    >>> maps = [odc.geo.xr.wrap_xr(np.array([codes], np.uint8), grid) for codes in ([1, 1, 1], [1, 2, 2], [1, 2, 5])]
    >>> found = disagreement(maps, ["ours", "io", "WorldCover"])
    >>> found.label.values.tolist(), found.legend[2].name
    ([[1, 2, 5]], 'only ours differs')
    """
    if not len(maps) == len(names) == len({*names}) == 3:
        raise InvalidInputError(f"Three maps with three different names are compared; got {len(maps)}: {list(names)}.")
    grid = one_grid(maps)
    first, second, third = (sieved(codes, unit_px) for codes in land([one.values for one in maps])[0])
    unknown = (first == NO_DATA) | (second == NO_DATA) | (third == NO_DATA)
    alike, others, ends = first == second, second == third, first == third
    codes = np.select(
        [unknown, alike & others, others, ends, alike], [NO_DATA, _AGREE, 2, 3, 4], default=_DIFFER
    ).astype(np.uint8)
    if not codes.any():
        raise InvalidInputError("No pixel has a class in all three maps; nothing to compare.")
    titles = ("all agree", *(f"only {name} differs" for name in names), "all differ")
    classes = (
        LandCoverClass(code=code, name=title, colour=colour)
        for code, (title, colour) in enumerate(zip(titles, _COLOURS, strict=True), _AGREE)
    )
    return Disagreement(label=odc.geo.xr.wrap_xr(codes, grid), legend=Legend(tuple(classes)))
