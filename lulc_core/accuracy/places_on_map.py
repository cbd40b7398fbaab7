"""The pixels of a map at places, and what is said where there are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer
from rasterio.transform import rowcol

from lulc_core.accuracy.columns import numbers_of_rows
from lulc_core.accuracy.duplicates import place_columns
from lulc_core.errors import InvalidInputError
from lulc_core.legend import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_PAIR = re.compile(r"\D{0,12}\d+([.,]\d+)?\D+\d")
"""Two numbers, perhaps in brackets or as a point."""
MOSTLY = 0.9
"""Share of the places that are there if their coordinates are exchanged, at which that is asked."""


def pixels_at(
    first: ArrayLike, second: ArrayLike, layer: xr.DataArray, *, degrees: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of places on a map.

    Parameters
    ----------
    first, second
        Coordinates, shape (place,): longitude and latitude, or x and y in the map's projection. NaN is nowhere.
    layer
        Legend codes (y, x) with a grid, 0 = no data.
    degrees
        Whether the coordinates are longitude and latitude.

    Returns
    -------
    row, column : numpy.ndarray
        Shape (place,).

    Raises
    ------
    InvalidInputError
        For a map without a projection, and places where it has no class.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((3, 51, 3.2, 51.1), crs="EPSG:4326", resolution=0.1)
    >>> cover = wrap_xr(np.array([[1, 2]], np.uint8), grid)
    >>> pixels_at([3.15], [51.05], cover, degrees=True)
    (array([0]), array([1]))
    >>> pixels_at([51.05], [3.15], cover, degrees=True)
    Traceback (most recent call last):
        ...
    lulc_core.errors.InvalidInputError: The map has no class for 1 of 1 places (row 1). If lon and lat are exchanged, \
1 of 1 would be right: check which is which.
    """
    grid = layer.odc.geobox
    if grid is None or grid.crs is None:
        raise InvalidInputError("The map must say where it lies; it has no projection.")
    to_map = Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True) if degrees else None
    height, width = layer.shape

    def look(x: Floats, y: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        if to_map is not None:
            x, y = to_map.transform(x, y)
        known = np.isfinite(x) & np.isfinite(y)
        where = rowcol(grid.affine, np.where(known, x, 0), np.where(known, y, 0))
        row, column = (np.asarray(v, np.intp) for v in where)
        known &= (row >= 0) & (row < height) & (column >= 0) & (column < width)
        known[known] = layer.values[row[known], column[known]] != NO_DATA
        return row, column, known

    x, y = np.asarray(first, float), np.asarray(second, float)
    row, column, known = look(x, y)
    if not known.all():
        names = ("lon", "lat") if degrees else ("x", "y")
        other = "Leave them out, or give the map that the sample is of."
        hint = exchanged(x, y, lambda x, y: look(x, y)[2], names) or other
        raise InvalidInputError(
            f"The map has no class for {int((~known).sum())} of {len(x)} places ({numbers_of_rows(~known)}). {hint}"
        )
    return row, column


def no_places(sample: pd.DataFrame, purpose: str, columns: str = "lon,lat (degrees) or x,y") -> InvalidInputError:
    """Return the error for a sample without the columns that say where its pixels lie; one column may hold both."""
    both = [name for name in place_columns(sample) if len(sample) and _PAIR.match(str(sample[name].iloc[0]))]
    hint = f" Column {both[0]!r} holds both, {str(sample[both[0]].iloc[0])[:40]!r}: make two of it." if both else ""
    listed = ", ".join(map(str, sample.columns))[:200]
    return InvalidInputError(f"{purpose}, the sample needs columns {columns}; it has {listed}.{hint}")


def exchanged(
    first: Floats, second: Floats, inside: Callable[[Floats, Floats], NDArray[np.bool_]], names: tuple[str, str]
) -> str:
    """Return the question whether two columns of coordinates are exchanged; empty if that would be no better.

    Parameters
    ----------
    first, second
        Coordinates, shape (place,).
    inside
        Tells for each place whether it has a class, or lies in a region: shape (place,).
    names
        What the columns are called.
    """
    there = int(inside(second, first).sum())
    if there < MOSTLY * len(first) or there <= inside(first, second).sum():
        return ""
    return (
        f"If {names[0]} and {names[1]} are exchanged, {there:,} of {len(first):,} would be right: check which is which."
    )
