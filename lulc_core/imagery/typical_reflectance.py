"""How bright the bands of Sentinel-2 are on land, and what is odd about some."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DARK = 0.05
"""Reflectance that most land exceeds in the infrared, if not in all bands."""
OFFSET = 0.095
"""Reflectance below which some band of some pixel lies, but in bright sand; just below the offset of baselines."""
ONE_VALUE = 0.2
"""Share of the pixels of land with one value in a band that is more than chance: 0.04 at most in clear scenes."""
FLAT_SHARE = 0.1
"""Share of pixels with one value in every band that is more than chance."""
RATIOS = (
    ("B08", "B03", 0.6, 20),
    ("B8A", "B03", 0.6, 20),
    ("B11", "B08", 0.1, 4),
    ("B11", "B8A", 0.1, 4),
    ("B12", "B11", 0.15, 4),
    ("B04", "B03", -0.2, 5),
    ("B02", "B03", -0.2, 5),
)
"""Two bands, and the least and most that half of the land has of the one for each of the other. Medians of the land of
real scenes of Flanders, of four simulated places in a year, and of deserts, lava, burns and boreal forest lie within
1.2-9.2, 0.39-1.13, 0.49-0.95, 0.49-1.3 and 0.26-1.1 (B08/B03, B11/B08, B12/B11, B04/B03, B02/B03)."""
BLUER = 1.15
"""Land has less blue for its red: half of it at most 0.92 times as much in 50 of 52 real scenes of a year, and of its
bare part in all of them."""
SAMPLE_PX = 20_000
"""Enough pixels to see whether a band has one value."""
IF_EMPTY = "if it means no data, say so in raster:bands (nodata)"


def share_of_blue(land: NDArray[np.floating], bands: Sequence[str]) -> float:
    """Return the share of some land that has more blue than red, 0-1, as where the two are exchanged.

    Parameters
    ----------
    land
        Reflectance, shape (band, pixel), NaN = no data.
    bands
        Their names; 0 if red or blue is not among them.

    Examples
    --------
    >>> share_of_blue(np.array([[0.1, 0.2], [0.2, 0.1]]), ["B04", "B02"])
    0.5
    """
    if not {"B02", "B04"} <= {*bands}:
        return 0.0
    blue, red = (land[bands.index(band)] for band in ("B02", "B04"))
    return float((blue > BLUER * red).mean())


def odd_bands(land: NDArray[np.floating], bands: Sequence[str]) -> tuple[str, float] | None:
    """Return what is odd about single bands of some land, and the share of its pixels that are so.

    Parameters
    ----------
    land
        Reflectance, shape (band, pixel), NaN = no data.
    bands
        Their names.

    Examples
    --------
    >>> swir = np.random.default_rng(0).uniform(0.02, 0.03, 200)
    >>> odd_bands(np.stack([20 * swir, swir]), ["B08", "B11"])
    ('a B11 of less than 0.1 times B08, unlike land; the scale of one seems to be wrong', 1.0)
    """
    some = land[:, :: -(-land.shape[1] // SAMPLE_PX)]
    shares = [
        float(np.unique(band[np.isfinite(band)], return_counts=True)[1].max(initial=0) / band.size) for band in some
    ]
    same = int(np.argmax(shares))
    if shares[same] > ONE_VALUE and min(shares) < FLAT_SHARE:
        return f"one and the same {bands[same]}, unlike other bands; {IF_EMPTY}", shares[same]
    for i, j in combinations(range(len(some)), 2):
        if (equal := float((some[i] == some[j]).mean())) > 0.5:
            return f"the same values in {bands[i]} and {bands[j]}; one of them is a copy", equal
    for band, other, least, most in RATIOS:
        if band not in bands or other not in bands:
            continue
        one, two = land[bands.index(band)], land[bands.index(other)]
        below, above = (float(np.count_nonzero(some) / some.size) for some in (one < least * two, one > most * two))
        for what, share in ((f"less than {least:g}", below), (f"more than {most}", above)):
            if share > 0.5:
                return f"a {band} of {what} times {other}, unlike land; the scale of one seems to be wrong", share
    return None
