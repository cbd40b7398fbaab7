"""How far a map agrees with one that others publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import odc.geo.xr

import lulc_core as lulc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

Agreement = lulc.Agreement


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
