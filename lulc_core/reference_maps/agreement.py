"""How far two maps agree: neither is the truth, so this is agreement, not accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import pandas as pd
from rasterio.features import sieve

from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import pixel_areas, sum_hectares
from lulc_core.legend import NO_DATA
from lulc_core.reference_maps.crosswalks import RANGELAND, REFERENCE_LEGEND, merged_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.json_types import JsonObject

    Codes = NDArray[np.uint8]

_PAIRS = 256 * 256
_ROWS = 1024
"""Rows that are counted at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAgreement:
    """How far two maps agree on one class; shares are 0-1, NaN where they are of nothing."""

    ours_ha: float
    """Area that our map gives it, where both have a class."""
    theirs_ha: float
    """Area that their map gives it, where both have a class."""
    both_ha: float
    """Area that both give it."""
    quantity: float
    """Quantity disagreement, share of the area that both cover."""
    allocation: float
    """Allocation disagreement, share of the area that both cover."""

    @property
    def of_ours(self) -> float:
        """Share of ours that they have, too."""
        return self.both_ha / self.ours_ha if self.ours_ha else np.nan

    @property
    def of_theirs(self) -> float:
        """Share of theirs that we have, too."""
        return self.both_ha / self.theirs_ha if self.theirs_ha else np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two maps agree, by Pontius & Millones (2011), doi:10.1080/01431161.2011.552923.

    With p_ij the share of the area that is class i in ours and j in theirs, quantity disagreement of class g is
    ``q_g = |sum_i p_ig - sum_j p_gj|`` (their eq. 2) and allocation disagreement
    ``a_g = 2 min(sum_i p_ig - p_gg, sum_j p_gj - p_gg)`` (eq. 4). Of the whole both are half their sums (eq. 3 and
    5), and add up to what does not agree (eq. 7).
    """

    classes: tuple[str, ...]
    """Classes that either map has where both have one, in the order of the legend."""
    matrix_ha: NDArray[np.float64]
    """Hectares, rows ours, columns theirs, in the order of `classes`."""
    only_ours_ha: float
    """Area that only our map gives a class; counted apart."""
    only_theirs_ha: float
    """Area that only their map gives a class; counted apart."""
    unit_px: int
    """Minimum mapping unit: smaller patches of both maps were given to their largest neighbours."""
    merged: bool
    """Whether grass and scrub are one class, because one of the maps does not tell them apart."""

    @property
    def area_ha(self) -> float:
        """Area to which both maps give a class."""
        return float(self.matrix_ha.sum())

    @property
    def overall(self) -> float:
        """Share of that area on which they agree, 0-1."""
        differs = self.matrix_ha[~np.eye(len(self.classes), dtype=bool)].sum()
        return 1 - float(differs) / self.area_ha

    @property
    def quantity(self) -> float:
        """Quantity disagreement: share that differs because the classes have other areas."""
        return sum(one.quantity for one in self.by_class.values()) / 2

    @property
    def allocation(self) -> float:
        """Allocation disagreement: share that differs although the areas would allow agreement."""
        return sum(one.allocation for one in self.by_class.values()) / 2

    @property
    def by_class(self) -> dict[str, ClassAgreement]:
        """The figures of each class."""
        ours, theirs, both = self.matrix_ha.sum(1), self.matrix_ha.sum(0), np.diag(self.matrix_ha)
        return {
            name: ClassAgreement(
                ours_ha=float(ours[g]),
                theirs_ha=float(theirs[g]),
                both_ha=float(both[g]),
                quantity=float(abs(theirs[g] - ours[g]) / self.area_ha),
                allocation=float(2 * min(theirs[g] - both[g], ours[g] - both[g]) / self.area_ha),
            )
            for g, name in enumerate(self.classes)
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the figures by class: index ``class``; areas in hectares, shares 0-1."""
        rows = {
            name: (one.ours_ha, one.theirs_ha, one.both_ha, one.of_ours, one.of_theirs, one.quantity, one.allocation)
            for name, one in self.by_class.items()
        }
        names = ["ours_ha", "theirs_ha", "both_ha", "share_of_ours", "share_of_theirs", "quantity", "allocation"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("class")

    def matrix(self) -> pd.DataFrame:
        """Return the matrix in hectares: index ``ours``, columns their classes."""
        return pd.DataFrame(self.matrix_ha, index=pd.Index(self.classes, name="ours"), columns=list(self.classes))

    def as_dict(self) -> JsonObject:
        """Return all figures as JSON has them; a share of nothing is None."""
        by_class = self.to_frame().astype(object)
        return {
            "minimum_mapping_unit_px": self.unit_px,
            "area_ha": self.area_ha,
            "only_ours_ha": self.only_ours_ha,
            "only_theirs_ha": self.only_theirs_ha,
            "agreement": self.overall,
            "quantity_disagreement": self.quantity,
            "allocation_disagreement": self.allocation,
            "grass_and_scrub_merged": self.merged,
            "classes": by_class.where(by_class.notna(), None).to_dict(orient="index"),
            "matrix_ha": {name: dict(row) for name, row in self.matrix().iterrows()},
        }


def agreement(ours: xr.DataArray, theirs: xr.DataArray, *, unit_px: int = 1) -> Agreement:
    """Compare two maps of one grid, class by class.

    Where one of them has grass and scrub as one class, so has the other. Clouds are no class of land: they count as no
    data.

    Parameters
    ----------
    ours, theirs
        Codes of `REFERENCE_LEGEND`, dims (y, x), uint8, 0 = no data, on one grid that lies on Earth.
    unit_px
        Minimum mapping unit, pixels: patches of fewer, 4-connected, take the class of their largest neighbour in either
        map before they are compared (GDAL's sieve filter). Detail that only one of the maps has disagrees for that
        alone (Knight & Lunetta 2003, doi:10.1109/TGRS.2003.816587). Areas of no data do not change.

    Raises
    ------
    InvalidInputError
        For different grids, codes outside the legend, a unit below 1, or no pixel with a class in both.

    Examples
    --------
    >>> import numpy as np, odc.geo.xr
    >>> grid = odc.geo.geobox.GeoBox.from_bbox((500000, 0, 500020, 20), crs="EPSG:32631", resolution=10)
    >>> ours, theirs = (
    ...     odc.geo.xr.wrap_xr(np.array(codes, np.uint8), grid) for codes in ([[1, 2], [2, 2]], [[2, 1], [1, 2]])
    ... )
    >>> found = agreement(ours, theirs)
    >>> round(found.overall, 3), round(found.quantity, 3), round(found.allocation, 3)
    (0.25, 0.25, 0.5)
    """
    if unit_px < 1:
        raise InvalidInputError(f"A minimum mapping unit has 1 pixel or more; got {unit_px}.")
    grid = one_grid([ours, theirs])
    (mine, yours), merged = land([ours.values, theirs.values])
    areas = pixel_areas(grid)
    if areas is None:
        raise InvalidInputError("Maps that are compared must lie on Earth: give them their CRS.")
    mine, yours = (sieved(codes, unit_px) for codes in (mine, yours))
    pairs = np.zeros(_PAIRS)
    for first in range(0, len(mine), _ROWS):
        part = slice(first, first + _ROWS)
        both = mine[part].astype(np.uint16) * 256 + yours[part]
        pairs += sum_hectares(both, areas[part] if isinstance(areas, np.ndarray) else areas, _PAIRS)
    table = pairs.reshape(256, 256)
    there = [c for c in REFERENCE_LEGEND if table[c.code, 1:].any() or table[1:, c.code].any()]
    codes = np.array([c.code for c in there], np.uint8)
    matrix = table[np.ix_(codes, codes)]
    if not matrix.any():
        raise InvalidInputError("No pixel has a class in both maps; nothing to compare.")
    return Agreement(
        classes=tuple(c.name for c in there),
        matrix_ha=matrix,
        only_ours_ha=float(table[1:, NO_DATA].sum()),
        only_theirs_ha=float(table[NO_DATA, 1:].sum()),
        unit_px=unit_px,
        merged=merged,
    )


def one_grid(maps: Sequence[xr.DataArray]) -> GeoBox:
    """Return the grid of maps that are compared; raises `InvalidInputError` unless they have one."""
    grids = [one.odc.geobox for one in maps]
    if any(grid != grids[0] for grid in grids):
        raise InvalidInputError(f"Maps that are compared must lie on one grid; got {' and '.join(map(str, grids))}.")
    grid: GeoBox = grids[0]
    return grid


def land(maps: Sequence[Codes]) -> tuple[list[Codes], bool]:
    """Return maps without clouds, in the classes that all of them have, and whether grass and scrub are one of them."""
    present = [np.flatnonzero(np.bincount(codes.ravel(), minlength=256)) for codes in maps]
    for codes in present:
        REFERENCE_LEGEND.check_codes(codes, "One of the maps")
    merged = any(RANGELAND.code in codes for codes in present)
    table = merged_codes(merges=merged)
    table[[c.code for c in REFERENCE_LEGEND if c.cloud]] = NO_DATA
    return [table[codes] for codes in maps], merged


def sieved(codes: Codes, unit_px: int) -> Codes:
    """Return a map whose patches of fewer than `unit_px` pixels are part of their largest neighbours."""
    if unit_px == 1:
        return codes
    found: Codes = sieve(codes, size=unit_px, mask=codes != NO_DATA, connectivity=4)
    return found
