"""A look at the values of a scene: what no metadata says, such as an offset that was taken out twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lulc_core.imagery.fetching import RefusedError
from lulc_core.imagery.loading import BLOCK_PX

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

VISIBLE = ("B02", "B03", "B04")
WATER_SCL = 6
"""SCL code of water, whose reflectance may well lie a little below 0."""
DARKEST = 0.01
"""Visible reflectance that some land of every scene exceeds."""
FAINTEST = 0.001
"""Visible reflectance that some pixel of every scene exceeds, water and shadow among them."""
OFFSET = 0.095
"""Reflectance below which some band of some pixel lies, but in bright sand; just below the offset of baselines."""
FEWEST_PX = 100
"""Fewer clear land pixels say too little of a scene for it to be refused."""
NEGATIVE = "negative reflectance; the offset of the processing baseline seems to be taken out already"
TOO_LARGE = "a reflectance above 1; the scale seems to be wrong"
TOO_SMALL = "a reflectance below 0.01; the scale seems to be wrong"
WITH_OFFSET = "a reflectance above 0.095 in every band; has the offset of the processing baseline (0.1) been taken out?"


def look_at(reflectance: xr.DataArray, land: xr.DataArray | None) -> tuple[str, float] | None:
    """Return what is odd about the values of one scene, and the share of clear land pixels that are so.

    Parameters
    ----------
    reflectance
        Dims (time, band, y, x), one time step, unitless, NaN = no data. If it is lazy, one block is read: that with the
        most land.
    land
        Dims (time, y, x), bool: clear land; None where nothing says where that is.

    Returns
    -------
    tuple of str and float, or None
        `NEGATIVE` if the mean of the visible bands is negative in more than half of the pixels, `TOO_LARGE` if it is
        above 1 in all, `TOO_SMALL` if it is below 0.01 in all, `WITH_OFFSET` if every band is above 0.095 in all; the
        share is 0-1. None if nothing is odd.

    Raises
    ------
    RefusedError
        If it is below 0.01 in all of many pixels of land, or below 0.001 in all of many pixels of anything: whatever
        the network made of such numbers would be wrong.

    Examples
    --------
    >>> import xarray as xr
    >>> look_at(xr.DataArray(np.full((1, 1, 2, 2), -0.04), dims=("time", "band", "y", "x")), None)[1]
    1.0
    """
    if reflectance.chunks is not None:
        window = _window(land, reflectance.shape[-2:])
        reflectance = reflectance.isel(window).compute()
        land = None if land is None else land.isel(window)
    shown = [band for band in VISIBLE if "band" in reflectance.coords and band in reflectance["band"].values]
    seen = reflectance.sel(band=shown) if shown else reflectance
    mean = seen.mean("band", skipna=False).values
    valid = np.isfinite(mean) if land is None else np.isfinite(mean) & land.values
    values = mean[valid]
    if not values.size:
        return None
    negative = float((values < 0).mean())
    if negative > 0.5:
        return NEGATIVE, negative
    if values.max() < DARKEST:
        if values.size >= FEWEST_PX and (land is not None or values.max() < FAINTEST):
            raise RefusedError(
                f"It is not used: its clear pixels have a visible reflectance of {values.max():.2g} at most, where "
                f"land has {DARKEST} and more. Correct the scale in raster:bands, or in the file."
            )
        return TOO_SMALL, 1.0
    if values.min() > 1:
        return TOO_LARGE, 1.0
    return (WITH_OFFSET, 1.0) if np.nanmin(reflectance.min("band").values[valid]) > OFFSET else None


def worded(looks: Iterable[tuple[str, str, float]]) -> list[str]:
    """Return a sentence for each oddity: ``(scene id, what, share)`` of the scenes that have it."""
    found: dict[str, list[tuple[str, float]]] = {}
    for scene, what, share in looks:
        found.setdefault(what, []).append((scene, share))
    return [
        f"{scenes[0][1]:.0%} of the clear land pixels of scene {scenes[0][0]}"
        f"{f', and most of {len(scenes) - 1} other scene(s),' if len(scenes) > 1 else ''} have {what}."
        for what, scenes in found.items()
    ]


def _window(land: xr.DataArray | None, shape: tuple[int, ...]) -> dict[str, slice]:
    """Return the block with the most land; the middle one where nothing says where that is."""
    height, width = shape
    corners = [(y, x) for y in range(0, height, BLOCK_PX) for x in range(0, width, BLOCK_PX)]
    if land is None:
        y, x = corners[len(corners) // 2]
    else:
        blocks = [land.values[..., y : y + BLOCK_PX, x : x + BLOCK_PX] for y, x in corners]
        y, x = corners[int(np.argmax([block.sum() for block in blocks]))]
    return {"y": slice(y, y + BLOCK_PX), "x": slice(x, x + BLOCK_PX)}
