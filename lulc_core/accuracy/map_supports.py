"""Accuracy of a map at several supports: the class of the pixel, and the majority of 3 x 3 or 5 x 5 pixels around it.

A point may lie a pixel off, and an interpreter sees more than a pixel: how much of the error is that of the pixel's own
class shows where the majority around it is right instead (Stehman & Wickham 2011, Remote Sensing of Environment 115,
3044-3055, on the unit of assessment).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.assessment import assess, stated_design
from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.map_comparison import compare_accuracy
from lulc_core.accuracy.places_on_map import no_places, pixels_at
from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import pixel_ha
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.map_comparison import MapComparison
    from lulc_core.accuracy.report import Assessment

SUPPORTS = (1, 9, 25)
"""Pixels of the squares whose majority is assessed."""
MOST_SUPPORT = 31**2
"""Largest square, pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportAssessment:
    """A map assessed by one sample at several supports."""

    assessments: Mapping[int, Assessment]
    """By the number of pixels whose majority is the map's class."""
    differences: Mapping[int, MapComparison]
    """The first support against each of the others, paired."""
    pixel_ha: float | None
    """Area of a pixel of the map in hectares, where it is known."""
    warnings: tuple[str, ...]
    """Warnings, in whole sentences."""

    def unit(self, support: int) -> str:
        """Return the unit of assessment of a support in words."""
        side = math.isqrt(support)
        words = "1 pixel" if support == 1 else f"majority of {side} x {side} pixels"
        return words if self.pixel_ha is None else f"{words} ({self.pixel_ha * support:.4g} ha)"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per support and class, and one with class "" per support.

        Columns: ``support_px``, ``class``, ``overall``, ``users`` and ``producers``; NaN where undefined.
        """
        rows: list[tuple[int, str, float | None, float | None, float | None]] = []
        for support, found in self.assessments.items():
            rows.append((support, "", found.overall.value, None, None))
            rows += [(support, c, None, found.users[c].value, found.producers[c].value) for c in found.classes]
        table = pd.DataFrame(rows, columns=["support_px", "class", "overall", "users", "producers"])
        return table.astype(dict.fromkeys(["overall", "users", "producers"], float))

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures for JSON; None where undefined."""
        return {
            "supports": [
                {"pixels": support, "unit_of_assessment": self.unit(support), **found.as_dict(level)}
                for support, found in self.assessments.items()
            ],
            "differences": [{"pixels": support, **found.as_dict(level)} for support, found in self.differences.items()],
            "pixel_ha": self.pixel_ha,
            "warnings": list(self.warnings),
        }


def assess_supports(
    sample: pd.DataFrame,
    cover: xr.DataArray,
    supports: Sequence[int] = SUPPORTS,
    *,
    design: Design | None = None,
) -> SupportAssessment:
    """Assess a map by the class of each sampled pixel, and by the majority of the pixels around it.

    Parameters
    ----------
    sample
        As in `assess`, with the place of each pixel: ``lon, lat`` in degrees, or ``x, y`` in the map's projection. The
        reference stays that of the sampled unit.
    cover
        The map: ``label (y, x)`` uint8 legend codes, 0 = no data, which is in no majority. Of classes that are equally
        frequent that of the pixel itself counts, else the one of the lower code.
    supports
        Numbers of pixels, each the square of an odd number.
    design
        How the sample was drawn, as in `assess`.

    Returns
    -------
    SupportAssessment

    Raises
    ------
    InvalidInputError
        As `assess`, for other supports, and for places that the map does not cover.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> from lulc_core.accuracy.designs import Design
    >>> codes = np.full((5, 5), 2, np.uint8)
    >>> codes[2, 2] = 5
    >>> cover = wrap_xr(codes, GeoBox.from_bbox((0, 0, 50, 50), crs="EPSG:32631", resolution=10))
    >>> sample = pd.DataFrame({"x": [25.0, 5.0], "y": [25.0, 5.0], "reference": ["trees", "trees"]})
    >>> found = assess_supports(sample, cover, (1, 9), design=Design.simple_random(25))
    >>> [found.assessments[n].overall.value for n in (1, 9)], found.unit(9)
    ([0.5, 1.0], 'majority of 3 x 3 pixels (0.09 ha)')
    """
    design = design or stated_design(sample)
    if len(set(supports)) < 2 or any(math.isqrt(n) ** 2 != n or n % 2 == 0 or n > MOST_SUPPORT for n in supports):
        raise InvalidInputError(
            f"Supports are two or more numbers of pixels, squares of odd numbers such as 1, 9 and 25; got {supports}."
        )
    layer = class_codes(cover, "The map")
    row, column = _pixels(sample, layer)
    names = {n: _majority(layer.values, row, column, math.isqrt(n)) for n in dict.fromkeys(supports)}
    notes: list[str] = []
    plain = sample
    if "map" in sample.columns:
        stated = labels(sample, "map").astype(object)
        off = int((stated.to_numpy() != _majority(layer.values, row, column, 1)).sum())
        if off:
            notes.append(f"At {off} of {len(sample)} pixels the map has another class than the sample's column 'map'.")
        if "stratum" not in sample.columns and len(design.sizes) > 1:
            plain = sample.assign(stratum=stated.to_numpy())
    first, *others = names
    of_map = plain.assign(map=names[first])
    return SupportAssessment(
        assessments={n: assess(plain.assign(map=found), design=design) for n, found in names.items()},
        differences={
            n: compare_accuracy(of_map.assign(**{_px(n): names[n]}), _px(n), design=design, names=(_px(first), _px(n)))
            for n in others
        },
        pixel_ha=pixel_ha(layer.odc.geobox),
        warnings=tuple(notes),
    )


def _px(support: int) -> str:
    return f"{support} px"


def _pixels(sample: pd.DataFrame, layer: xr.DataArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of each sampled place."""
    pair = next((p for p in (("lon", "lat"), ("x", "y")) if {*p} <= {*sample.columns}), None)
    if pair is None:
        raise no_places(sample, "To find its pixels on the map")
    x, y = (pd.to_numeric(sample[name], errors="coerce").to_numpy(float) for name in pair)
    return pixels_at(x, y, layer, degrees=pair[0] == "lon")


def _majority(
    codes: NDArray[np.uint8], row: NDArray[np.intp], column: NDArray[np.intp], side: int
) -> NDArray[np.object_]:
    """Return the name of the most frequent class of the square around each pixel."""
    reach = side // 2
    steps = np.arange(-reach, reach + 1)
    rows, columns = row[:, None, None] + steps[:, None], column[:, None, None] + steps
    inside = (rows >= 0) & (rows < codes.shape[0]) & (columns >= 0) & (columns < codes.shape[1])
    seen = np.where(
        inside, codes[np.clip(rows, 0, codes.shape[0] - 1), np.clip(columns, 0, codes.shape[1] - 1)], NO_DATA
    )
    own = codes[row, column]
    votes = np.stack([(seen == c.code).sum((1, 2)) + 0.5 * (own == c.code) for c in LEGEND], axis=1)
    return np.array([c.name for c in LEGEND], object)[votes.argmax(1)]
