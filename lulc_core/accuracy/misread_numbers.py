"""Numbers that would be taken for something else: per cent for pixels, a sample for its strata, a map for a sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from lulc_core.accuracy.duplicates import place_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_core.accuracy.designs import MappedAreas
    from lulc_core.accuracy.sampled_units import SampledUnits

MOST_SAMPLED = 500_000
"""Nobody labels more pixels one by one; the largest field survey of land cover, LUCAS, has about 340,000 points."""
FEWEST_PLACES = 30
"""So many places, drawn at random, span some 90 % of the box around the whole in either direction."""
MOST_BEYOND = 3
"""A whole this many times as large as the box around its sample does not lie there; 30 m for 10 m makes nine."""
MOST_SPARSE = 100
"""The box around a whole of scattered parts is seldom so many times as large; a square kilometre has 100 ha."""
LEAST_BOX_HA = 1
"""A smaller box around many pixels is one in another unit, as in kilometres."""
EARTH_RADIUS_M = 6_371_007
"""Of the sphere that has the area of the earth."""
NEARLY_ALL = 0.9
"""A sample that has this share of every stratum, or more, may have given its own numbers as their sizes."""


def per_cent_for_pixels(counts: pd.DataFrame, mapped: MappedAreas) -> tuple[str, ...]:
    """Note an error matrix whose rows, or whose whole, sum to 100: it may be in per cent.

    Parameters
    ----------
    counts
        Sampled pixels; rows map class, columns reference class.
    mapped
        The mapped areas. A whole of 100 is told only where the rows have their shares.

    Examples
    --------
    >>> import pandas as pd
    >>> from lulc_core.accuracy.designs import MappedAreas
    >>> half = MappedAreas(hectares={"a": 50.0, "b": 50.0})
    >>> per_cent_for_pixels(pd.DataFrame([[93, 7], [4, 96]], ["a", "b"]), half)[0]
    'Each row of the matrix sums to 100 and is taken as 100 sampled pixels. If the cells are per cent, give counts.'
    >>> per_cent_for_pixels(pd.DataFrame([[93, 7], [4, 90]], ["a", "b"]), half)
    ()
    """
    sums = counts.sum(axis=1)
    sums = sums[sums > 0]
    words = "is taken as 100 sampled pixels. If the cells are per cent, give counts."
    if len(sums) > 1 and (sums == 100).all():
        return (f"Each row of the matrix sums to 100 and {words}",)
    whole = sum(mapped.sizes.values())
    shares = [100 * mapped.sizes.get(str(name), 0) / whole for name in sums.index]
    if len(sums) > 1 and sums.sum() == 100 and (abs(sums - shares) <= 1).all():
        return (f"The matrix sums to 100, its rows have the shares of the mapped areas, and it {words}",)
    return ()


def unlike_its_pixels(hectares: float, pixels: float, pixel_ha: float | None = None) -> tuple[str, ...]:
    """Note an area that is not that of its pixels, as acres that are called hectares.

    Parameters
    ----------
    hectares, pixels
        Of the same ground, > 0.
    pixel_ha
        Area of a pixel in hectares; None if it is not known: then acres are told by pixels of a whole number of metres.

    Examples
    --------
    >>> unlike_its_pixels(247.105, 10_000)
    ('The mapped areas have 0.02471 ha a pixel, whose side would be 15.72 m. They seem to be acres, of pixels of ...',)
    >>> unlike_its_pixels(900, 10_000), unlike_its_pixels(100, 10_000, 0.01)
    ((), ())
    """
    each = hectares / pixels
    words = f"The mapped areas have {each:.4g} ha a pixel, "
    cure = "give hectares."
    if pixel_ha is not None:
        if abs(each / pixel_ha - 1) <= ROUNDED:
            return ()
        meant = [name for name, unit in _UNITS_HA.items() if abs(each * unit / pixel_ha - 1) <= ROUNDED]
        seem = f" They seem to be {meant[0]}: {cure}" if meant else " Correct one of the two."
        return (f"{words}but a pixel has {pixel_ha:g} ha.{seem}",)
    side, as_acres = _side_m(each), _side_m(each * _UNITS_HA["acres"])
    if _is_whole(side) or not _is_whole(as_acres):
        return ()
    return (f"{words}whose side would be {side:.4g} m. They seem to be acres, of pixels of {as_acres:.0f} m: {cure}",)


def unlike_their_pixels(
    hectares: Mapping[str, float], pixels: Mapping[str, float], pixel_ha: float | None = None
) -> tuple[str, ...]:
    """Note areas by class that are not those of their pixels, unless that differs by class, as on a map in degrees.

    Parameters
    ----------
    hectares, pixels
        By class.
    pixel_ha
        As in `unlike_its_pixels`.

    Examples
    --------
    >>> unlike_their_pixels({"water": 100.0, "trees": 330.0}, {"water": 10_000, "trees": 30_000}, 0.01)
    ()
    """
    each = [hectares[name] / n for name, n in pixels.items() if n and hectares.get(name)]
    if not each or max(each) > (1 + ROUNDED) * min(each):
        return ()
    return unlike_its_pixels(sum(each), len(each), pixel_ha)


ROUNDED = 0.005
"""Largest relative difference between two statements of an area that is attributed to rounding."""
_UNITS_HA = {"acres": 0.404685642, "square metres": 1e-4, "square kilometres": 100.0}
"""Other units of area, in hectares."""


def _side_m(hectares: float) -> float:
    return math.sqrt(hectares * 1e4)


def _is_whole(side: float) -> bool:
    """Whether pixels may have this side, in metres: most have a whole number."""
    return round(side) > 0 and abs(side / round(side) - 1) < ROUNDED / 5


def unlike_its_place(sample: pd.DataFrame, hectares: float) -> tuple[str, ...]:
    """Note a whole that is far larger or smaller than the box around its sampled pixels, as by a pixel of another area.

    Parameters
    ----------
    sample
        Pixels drawn from the whole, with two columns that say where each lies; without them nothing is noted.
    hectares
        Area of the whole.

    Examples
    --------
    >>> import pandas as pd
    >>> corners = pd.DataFrame({"x": [0, 1000] * 20, "y": [5e6, 5e6 + 1000] * 20})
    >>> unlike_its_place(corners, 90.0), len(unlike_its_place(corners, 9000.0)), len(unlike_its_place(corners, 0.9))
    ((), 1, 1)
    """
    columns = place_columns(sample)
    if len(columns) != 2 or len(sample) < FEWEST_PLACES:
        return ()
    place = sample[columns].apply(pd.to_numeric, errors="coerce").dropna().to_numpy(float)
    if len(place) < FEWEST_PLACES:
        return ()
    box = _box_ha(*place.min(axis=0), *place.max(axis=0))
    if box < LEAST_BOX_HA or box / MOST_SPARSE <= hectares <= MOST_BEYOND * box:
        return ()
    words = (
        f"The whole has {hectares:,.6g} ha, but its sampled pixels lie in a box of {box:,.6g} ha. Are the sizes, and "
        "the area of a pixel, right? A pixel of 10 m has 0.01 ha."
    )
    return (words,)


def _box_ha(west: float, south: float, east: float, north: float) -> float:
    """Return the area of a box in hectares; its corners are in degrees if they may be, else in metres."""
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        return (east - west) * (north - south) / 1e4
    height = math.sin(math.radians(north)) - math.sin(math.radians(south))
    return EARTH_RADIUS_M**2 * math.radians(east - west) * height / 1e4


def doubtful_sizes(observed: SampledUnits) -> tuple[str, ...]:
    """Note strata that are sampled whole, or nearly, and samples so large that they may be whole maps."""
    design, n, size = observed.design, observed.sampled, observed.population
    if design.kind != "sample":
        return ()
    notes = []
    if (n == size).all() if design.relative else (n >= NEARLY_ALL * size).all():
        listed = ", ".join(f"{name!r} {s:g}" for name, s in list(zip(observed.strata, size, strict=True))[:6])
        notes.append(
            f"The sizes ({listed}) are the numbers of sampled {design.unit}s, or nearly. If they count the sample, all "
            f"figures are weighted wrongly: give how many {design.unit}s of each stratum or class there are in all."
        )
    if design.unit == "pixel" and observed.sample_pixels > MOST_SAMPLED:
        notes.append(
            f"{observed.sample_pixels:,.0f} pixels are taken as a sample in which each was drawn by itself. If these "
            "are all pixels of a map, the intervals mean nothing: compare the two rasters instead."
        )
    return tuple(notes)
