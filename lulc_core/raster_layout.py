"""Rasters as functions take them: rows and columns by name, class codes by type, and two of them on one grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import xarray as xr

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

R = TypeVar("R", xr.DataArray, xr.Dataset)
APART = 0.01
"""How far pixels of one grid may lie apart, in pixels: what rounding makes of coordinates."""
_NAMES = (("y", "x"), ("latitude", "longitude"), ("lat", "lon"))


def rows_and_columns(raster: xr.DataArray | xr.Dataset, what: str) -> tuple[str, str]:
    """Return the names of the rows and columns of a raster, such as y and x; `InvalidInputError` if it has none."""
    for names in _NAMES:
        if {*names} <= {*raster.dims}:
            return names
    raise InvalidInputError(f"{what} must have the dims (y, x); got {tuple(map(str, raster.dims))}.")


def upright(raster: R, what: str) -> R:
    """Return a raster with its rows before its columns, which come last."""
    return raster.transpose(..., *rows_and_columns(raster, what))


def class_codes(raster: xr.DataArray, what: str) -> xr.DataArray:
    """Return a raster of class codes as (y, x), uint8.

    Parameters
    ----------
    raster
        Class codes, dims (y, x) in any order, of any integer type.
    what
        Its name for the message.

    Raises
    ------
    InvalidInputError
        For other dims, another type, or values outside 0-255.

    Examples
    --------
    >>> class_codes(xr.DataArray(np.zeros((3, 2), np.uint8), dims=("x", "y")), "The map").shape
    (2, 3)
    """
    raster = upright(raster, what)
    if raster.ndim != 2:
        raise InvalidInputError(
            f"{what} must have the dims (y, x); got {tuple(map(str, raster.dims))}. Take one layer: .squeeze()."
        )
    if raster.dtype.kind not in "iu":
        raise InvalidInputError(
            f"{what} must hold class codes as uint8, 0 = no data; got {raster.dtype}. If NaN means no data: "
            '.fillna(0).astype("uint8").'
        )
    return raster if raster.dtype == np.uint8 else raster.copy(data=_bytes(raster.values, what))


def _bytes(values: NDArray[np.integer], what: str) -> NDArray[np.uint8]:
    if values.size and (values.min() < 0 or values.max() > 255):
        raise InvalidInputError(
            f"{what} must hold class codes of 0-255, 0 = no data; got values from {values.min()} to {values.max()}."
        )
    return values.astype(np.uint8)


def on_grid(raster: R, grid: xr.DataArray | xr.Dataset, what: str, of: str) -> R:
    """Return a raster with rows and columns as another has them.

    Rows from south to north, or columns from east to west, are turned round. Where either says nothing of where its
    pixels lie, their number must do.

    Parameters
    ----------
    raster, grid
        With dims (y, x) among others.
    what, of
        Their names for the message.

    Raises
    ------
    InvalidInputError
        If the two do not lie on one grid.

    Examples
    --------
    >>> here = xr.DataArray([[1, 2]], dims=("y", "x"), coords={"y": [5.0], "x": [5.0, 15.0]})
    >>> on_grid(here.sortby("x", ascending=False).transpose("x", "y"), here, "It", "the other").values
    array([[1, 2]])
    """
    raster = upright(raster, what)
    for name, other in zip(rows_and_columns(raster, what), rows_and_columns(grid, of), strict=True):
        count, expected = raster.sizes[name], grid.sizes[other]
        if count != expected:
            raise _not_on(what, of, f"{count} pixels in {name}", f"{expected}")
        if name in raster.coords and other in grid.coords:
            mine, theirs = (np.asarray(each, np.float64) for each in (raster[name], grid[other]))
            if _apart(mine, theirs) and not _apart(mine[::-1], theirs):
                raster = raster.isel({name: slice(None, None, -1)})
            elif _apart(mine, theirs):
                raise _not_on(
                    what,
                    of,
                    f"{name} from {mine[0]:.10g} to {mine[-1]:.10g}",
                    f"from {theirs[0]:.10g} to {theirs[-1]:.10g}",
                )
    if "spatial_ref" in raster.coords and "spatial_ref" in grid.coords:
        mine, theirs = raster.odc.crs, grid.odc.crs
        if mine and theirs and mine != theirs:
            raise _not_on(what, of, f"the CRS {mine.epsg or mine}", f"{theirs.epsg or theirs}")
    return raster


def _apart(mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> bool:
    """Whether coordinates differ by more than rounding, such as where they go the other way."""
    pixel = abs(theirs[-1] - theirs[0]) / max(theirs.size - 1, 1)
    return bool((abs(mine - theirs) > (APART * pixel or 1e-9)).any())


def _ends(places: NDArray[np.float64]) -> str:
    return f"from {places[0]:.10g} to {places[-1]:.10g}"


def _not_on(what: str, of: str, came: str, expected: str) -> InvalidInputError:
    return InvalidInputError(
        f"{what} must lie on one grid with {of}; it has {came}, not {expected}. Warp it with nearest neighbour, as "
        "by .odc.reproject(grid)."
    )
