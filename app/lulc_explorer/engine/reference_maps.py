"""The maps of others: published ones, files of one's own, and how far a map agrees with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import odc.geo.xr

import lulc_core as lulc
from lulc_explorer.engine.map_paths import is_map, places_of, run_folder

if TYPE_CHECKING:
    import threading

    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

CATALOG = "planetary-computer"
"""Which has the published maps."""
_PATIENCE_S = 15.0
"""Timeout of a request to it."""
Agreement = lulc.Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A map of others that can be shown."""

    title: str
    """Name shown to the user."""
    credit: str
    """Authors and licence, or where the file is."""
    published: lulc.ReferenceMap | None = None
    """The series that it is; None for a file."""
    path: Path = Path()
    """The file."""

    def heading(self, year: int) -> str:
        """Return its name, with the year nearest to one."""
        return f"{self.title} {self.published.nearest_year(year)}" if self.published else self.title

    def read(self, region: lulc.Region, year: int, cancel: threading.Event | None) -> xr.DataArray:
        """Return it on the grid of a region, as `lulc.load_reference_map` does; raises `UserError`."""
        if self.published is None:
            return lulc.read_reference_map(self.path, region)
        return lulc.load_reference_map(
            self.published, region, year=year, catalog=CATALOG, timeout=_PATIENCE_S, cancel=cancel
        )


def own_maps(paths: str) -> dict[str, Reference]:
    """Return the maps in files, by their names in the link; of paths as in ``PATH``, of which some are none."""
    files = [path for path in places_of(paths) if isinstance(path, Path) and not (is_map(path) or run_folder(path))]
    return {
        f"own-{path.stem}": Reference(title=path.stem, credit=f"From the file {path.name}", path=path) for path in files
    }


REFERENCE_MAPS = {
    name: Reference(title=one.title, credit=one.credit, published=one) for name, one in lulc.REFERENCE_MAPS.items()
} | own_maps(os.environ.get("LULC_MAPS", ""))
"""By their names in the link."""


def agreement(ours: NDArray[np.uint8], theirs: NDArray[np.uint8], grid: GeoBox) -> Agreement | None:
    """Return how far two maps agree; None where they have no pixel in common.

    Parameters
    ----------
    ours, theirs
        Codes of the legend of reference maps, shape (y, x), 0 = no data.
    grid
        Of both.
    """
    both = (ours > 0) & (theirs > 0)
    try:
        return lulc.agreement(*(odc.geo.xr.wrap_xr(codes, grid) for codes in (ours, theirs))) if both.any() else None
    except lulc.InvalidInputError:  # what they have in common is cloud
        return None
