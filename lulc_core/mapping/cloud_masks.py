"""Where a scene shows the ground: by the scene classification of its product, or by the network's own clouds."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING

import xarray as xr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lulc_core.legend import Legend

UNCLEAR_SCL = (0, 1, 3, 8, 9, 10)
"""SCL codes that are not clear: no data, defective, cloud shadow, cloud (medium, high), cirrus."""


def is_one_of(codes: Iterable[int], raster: xr.DataArray) -> xr.DataArray:
    """Return where a raster has one of a few codes, bool: `isin`, which takes eight bytes a pixel more, and longer."""
    return functools.reduce(operator.or_, (raster == code for code in codes), xr.zeros_like(raster, bool))


def clear_sky(classification: xr.DataArray) -> xr.DataArray:
    """Return where the scene classification shows the ground.

    Parameters
    ----------
    classification
        SCL codes, any dims, uint8.

    Returns
    -------
    xarray.DataArray
        The same dims, bool: False for the codes 0, 1, 3, 8, 9 and 10 (no data, defective, cloud shadow,
        cloud, cirrus).

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> clear_sky(xr.DataArray(np.array([0, 3, 4, 5, 9, 11], np.uint8))).values
    array([False, False,  True,  True, False,  True])
    """
    return ~is_one_of(UNCLEAR_SCL, classification)


def clear_by_network(label: xr.DataArray, legend: Legend) -> xr.DataArray:
    """Return where a network saw no cloud.

    Parameters
    ----------
    label
        Class codes, any dims, uint8.
    legend
        What the codes mean.

    Returns
    -------
    xarray.DataArray
        The same dims, bool: False for the codes of clouds.
    """
    return ~is_one_of([c.code for c in legend if c.cloud], label)
