"""A look at the values of a scene: what no metadata says, such as an offset that was taken out twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lulc_core.counted import counted, percent
from lulc_core.imagery.fetching import RefusedError
from lulc_core.imagery.loading import BLOCK_PX
from lulc_core.imagery.typical_reflectance import DARK, FLAT_SHARE, IF_EMPTY, OFFSET, odd_bands, share_of_blue
from lulc_core.mapping.cloud_masks import clear_sky, is_one_of
from lulc_core.mapping.windows import windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]
    Bools = NDArray[np.bool_]

VISIBLE = ("B02", "B03", "B04")
LAND_SCL = (4, 5)
"""SCL codes of land: vegetation, bare."""
UNLIKE_LAND_SCL = (6, 11)
"""SCL codes of water, whose reflectance may well lie a little below 0, and of snow, whose may lie above 1."""
BARE_SCL = 5
"""SCL code of bare land, which haze does not make bluer than red, as it does vegetation."""
LEAST_LAND = 0.25
"""Share of land in the clear pixels of a scene that has some for sure; a few of water are called so by mistake."""
DARKEST = 0.01
"""Visible reflectance that some land of every scene exceeds."""
FAINTEST = 0.001
"""Visible reflectance that some pixel of every scene exceeds, water and shadow among them."""
LOWEST = -0.5
"""Reflectance that no scene lies below in half of its pixels; an offset that is taken out twice makes -0.2 at worst."""
BRIGHTEST = 2.0
"""Reflectance that no scene has in half of its pixels, snow and cloud among them."""
FLAT = f"the same value in every band; {IF_EMPTY}"
FILLED_SHARE = 0.001
"""Share of pixels above `BRIGHTEST` in every band that is more than glint."""
ONE_BRIGHT_SHARE = 0.01
"""Share of pixels with one and the same value above `BRIGHTEST` in a band that is more than fire or glint."""
LOWEST_LAND = -0.1
"""Visible reflectance that half of the land exceeds even if an offset is taken out once too often, which is told."""
NEGATIVE_LAND = 0.1
"""Share of the land with negative visible reflectance that is more than haze and shadow."""
NO_CLASS_SCL = (0, 1)
"""SCL codes of no data and of defects, which few pixels with data have."""
UNSEEN_SHARE = 0.1
"""Share of such pixels that ESA's product never has."""
FMASK_SCL = 4
"""Highest code of the masks of other programs, such as Fmask."""
FEWEST_PX = 100
"""Fewer clear pixels say too little of a scene for it to be refused."""
NEGATIVE = "negative reflectance; an offset is taken out, of the baseline or a tag, that is not in it"
UNSEEN = "data, but no class in SCL (0 or 1); its no-data tag, or its codes, seem to be others than ESA's"
FILLED = f"a reflectance above 2 in every band; {IF_EMPTY}"
TOO_LARGE = "a reflectance above 1; the scale seems to be wrong"
TOO_SMALL = "a reflectance below 0.01; the scale seems to be wrong, unless it is open water"
DIM = "a visible reflectance below 0.01, as most of the land; the scale of these bands seems to be wrong"
FAINT = "a reflectance below 0.05 in every band; the scale seems to be wrong"
EXCHANGED = "more blue (B02) than red (B04) on bare land, as most of it there; the two seem to be exchanged"
WITH_OFFSET = "a reflectance above 0.095 in every band; the offset of the processing baseline (0.1) seems to be in it"


def look_at(
    reflectance: xr.DataArray,
    classes: xr.DataArray | None,
    *,
    clear: xr.DataArray | None = None,
    corrected: bool = False,
) -> tuple[str, float] | None:
    """Return what is odd about the values of one scene, and the share of its clear pixels that are so.

    Parameters
    ----------
    reflectance
        Dims (time, band, y, x), one time step, unitless, NaN = no data. If it is lazy, one block is read: that with the
        most clear pixels.
    classes
        Dims (time, y, x), codes of ESA's scene classification; clear pixels count that are neither water nor snow. None
        where there is none: every pixel counts.
    clear
        `clear_sky` of `classes`, if it is at hand.
    corrected
        Whether an offset has been taken out of the values, so that it is not looked for in them.

    Returns
    -------
    tuple of str and float, or None
        `NEGATIVE` if the mean of the visible bands is negative in more than half of the pixels, `TOO_SMALL` if
        it is below 0.01 in all, `DIM` if it is in most pixels of land; `FAINT` if all of many bands are below
        0.05 in most pixels of land, `TOO_LARGE` if one is above 1 in most pixels, `WITH_OFFSET` if every one is
        above 0.095 in all of values that are not `corrected`, `FILLED` if all are above 2 in some, a sentence
        if one band has one value above 2 in many, `FLAT` if all are equal in many, `UNSEEN` if most have no
        class, `EXCHANGED` if most bare land has more blue than red, or what `odd_bands` finds on land; the
        share is 0-1. None if nothing is odd.

    Raises
    ------
    RefusedError
        If the visible reflectance is below 0.01 in all pixels of a scene with much land or below -0.1 in half of its
        land, or below 0.001 in all of many pixels of anything, or if a band is above 2 or below -0.5 in half of them,
        or if the codes are not ESA's: whatever the network made of such numbers would be wrong.

    Examples
    --------
    >>> import xarray as xr
    >>> look_at(xr.DataArray(np.full((1, 1, 2, 2), -0.04), dims=("time", "band", "y", "x")), None)[1]
    1.0
    """
    usual = land = None
    if classes is not None:
        clear = clear_sky(classes) if clear is None else clear
        usual, land = clear & ~is_one_of(UNLIKE_LAND_SCL, classes), is_one_of(LAND_SCL, classes)
        land = land if bool(land.sum() > LEAST_LAND * clear.sum()) else None
    if reflectance.chunks is not None:
        window = _window(usual, reflectance.shape[-2:])
        reflectance = reflectance.isel(window).compute()
        usual, land, classes = (each if each is None else each.isel(window) for each in (usual, land, classes))
    bands = [str(band) for band in reflectance["band"].values]  # their positions, if they have no names
    shown = [band for band in VISIBLE if band in bands]
    seen = reflectance.sel(band=shown) if shown else reflectance
    mean = seen.mean("band", skipna=False).values
    data = np.isfinite(mean)
    valid = data if usual is None else data & usual.values
    unseen = 0.0 if classes is None else _unclassified(classes.values[data])
    if not valid.any():
        return (UNSEEN, unseen) if unseen > UNSEEN_SHARE else None
    every = _of_pixels(np.moveaxis(reflectance.values, 1, 0).reshape(len(bands), -1), valid)
    visible, ground = mean[valid], None if land is None else land.values[valid]
    _refuse_impossible(visible, every, bands, ground)
    odd = _oddity(visible, every, bands, ground)
    if odd is None and unseen > UNSEEN_SHARE:
        odd = UNSEEN, unseen
    if odd is None and classes is not None:
        odd = _exchanged(every, classes.values[valid] == BARE_SCL, bands)
    return None if corrected and odd and odd[0] == WITH_OFFSET else odd


def _of_pixels(values: Floats, some: Bools) -> Floats:
    """Return values (band, pixel) of some pixels: a mask as the index would take three times as long."""
    return values.take(np.flatnonzero(some), axis=1)


def _share(some: Bools) -> float:
    """Return the share that is true, 0-1: the mean, which takes ten times as long."""
    return float(np.count_nonzero(some) / some.size)


def _exchanged(every: Floats, bare: Bools, bands: Sequence[str]) -> tuple[str, float] | None:
    """Return whether red and blue of bare land seem to be exchanged, and the share of the pixels that say so."""
    both = [band for band in ("B02", "B04") if band in bands]
    seen = every[[bands.index(band) for band in both]]
    share = share_of_blue(_of_pixels(seen, bare), both) if bare.sum() >= FEWEST_PX else 0.0
    return (EXCHANGED, share * _share(bare)) if share > 0.5 else None


def _unclassified(codes: NDArray[np.integer]) -> float:
    """Return the share of pixels with data that the scene classification has no class for.

    Raises
    ------
    RefusedError
        If these are many, and the others are of codes that masks of other programs have, too.
    """
    share = float(np.isin(codes, NO_CLASS_SCL).mean()) if codes.size else 0.0
    if share > UNSEEN_SHARE and codes.size >= FEWEST_PX and 1 < codes.max() <= FMASK_SCL:
        raise RefusedError(
            f"It is not used: its SCL is 0 or 1 in {percent(share)} of the pixels with data, and {codes.max()} at "
            "most, as "
            "in Fmask; ESA's codes 0 and 1 are no data and defects. Use mask none or mask model."
        )
    return share


def _refuse_impossible(visible: Floats, every: Floats, bands: Sequence[str], ground: Bools | None) -> None:
    """Raise `RefusedError` for values of clear pixels, by pixel and by band and pixel, that no scene has."""
    brightest, least = visible.max(), FAINTEST if ground is None else DARKEST
    if len(visible) >= FEWEST_PX and brightest < least and np.median(visible) >= 0:
        raise RefusedError(
            f"It is not used: its clear pixels have a visible reflectance of {brightest:.2g} at most, where "
            f"{'even water' if ground is None else 'land'} has {least} and more. Correct the scale in raster:bands, or "
            "in the file."
        )
    extreme = np.fmax.reduce(every, axis=None) > BRIGHTEST or np.fmin.reduce(every, axis=None) < LOWEST
    middle = np.nanmedian(every, axis=1) if extreme else np.zeros(len(bands))  # which takes a while
    if middle.max() > BRIGHTEST:
        raise RefusedError(
            f"It is not used: half of its clear pixels have a reflectance above {middle.max():.3g} in "
            f"{bands[int(middle.argmax())]}, where 1 is white. Correct the scale in raster:bands, or in the file."
        )
    if middle.min() < LOWEST:
        raise RefusedError(
            f"It is not used: half of its clear pixels have a reflectance below {middle.min():.3g} in "
            f"{bands[int(middle.argmin())]}, where 0 is black. Correct the offset in raster:bands, or in the file: in "
            "units of reflectance."
        )
    on_land = visible if ground is None else visible[ground]
    dark = ground is not None and len(on_land) >= FEWEST_PX and _share(on_land < LOWEST_LAND) >= 0.5
    if dark and (low := np.median(on_land)) < LOWEST_LAND:
        raise RefusedError(
            f"It is not used: half of its clear land has a visible reflectance below {low:.2g}, where 0 is black. An "
            "offset is taken out, of the baseline or a tag, that is not in it: write offset 0 into raster:bands."
        )


def _oddity(visible: Floats, every: Floats, bands: Sequence[str], ground: Bools | None) -> tuple[str, float] | None:
    """Return what is odd, and the share of the pixels that are so; as `look_at`."""
    negative = _share(visible < 0)
    if negative > (0.5 if ground is None else NEGATIVE_LAND):
        return NEGATIVE, negative
    if visible.max() < DARKEST:
        return TOO_SMALL, 1.0
    if ground is not None and len(every) > len(VISIBLE) and (faint := _share(np.fmax.reduce(every) < DARK)) > 0.5:
        return FAINT, faint
    if ground is not None and ground.sum() >= FEWEST_PX and _share(visible[ground] < DARKEST) > 0.5:
        return DIM, _share((visible < DARKEST) & ground)
    large = max(_share(band > 1) for band in every)
    if large > 0.5:
        return TOO_LARGE, large
    dimmest = np.fmin.reduce(every)
    if (filled := _share(dimmest > BRIGHTEST)) > FILLED_SHARE:
        return FILLED, filled
    if odd := _filled_band(every, bands):
        return odd
    if dimmest.min() > OFFSET:
        return WITH_OFFSET, 1.0
    if len(every) > 1 and (flat := _flat(every)) > FLAT_SHARE:
        return FLAT, flat
    return None if ground is None or ground.sum() < FEWEST_PX else odd_bands(_of_pixels(every, ground), bands)


def _filled_band(every: Floats, bands: Sequence[str]) -> tuple[str, float] | None:
    """Return which band has one value that no ground has in many pixels, and their share."""
    for values, band in zip(every, bands, strict=True):
        bright = values[values > BRIGHTEST]
        if bright.size > ONE_BRIGHT_SHARE * values.size:
            found, times = np.unique(bright, return_counts=True)
            if (share := float(times.max() / values.size)) > ONE_BRIGHT_SHARE:
                return f"a reflectance of {found[times.argmax()]:.4g} in {band}; {IF_EMPTY}", share
    return None


def _flat(every: Floats) -> float:
    """Return the share of pixels that have one value in every band, or that of some bands if that is little already."""
    same, share = np.ones(every.shape[1], np.bool_), 1.0
    for band in every[1:]:
        same &= band == every[0]
        if (share := _share(same)) <= FLAT_SHARE:
            break
    return share


def worded(looks: Iterable[tuple[str, str, float]]) -> list[str]:
    """Return a sentence for each oddity: ``(scene id, what, share)`` of the scenes that have it."""
    found: dict[str, list[tuple[str, float]]] = {}
    for scene, what, share in looks:
        found.setdefault(what, []).append((scene, share))
    others = {what: counted(len(scenes) - 1, "other scene") for what, scenes in found.items()}
    return [
        f"{percent(scenes[0][1])} of the clear pixels of scene {scenes[0][0]}"
        f"{f', and most of {others[what]},' if len(scenes) > 1 else ''} have {what}."
        for what, scenes in found.items()
    ]


def _window(usual: xr.DataArray | None, shape: tuple[int, ...]) -> dict[str, slice]:
    """Return the block with the most usual pixels; the middle one where nothing says where that is."""
    blocks = windows(shape, BLOCK_PX)
    best = len(blocks) // 2 if usual is None else int(np.argmax([usual.values[..., y, x].sum() for y, x in blocks]))
    return dict(zip(("y", "x"), blocks[best], strict=True))
