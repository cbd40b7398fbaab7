"""What covers the ground: spectra of materials, and covers that mix them through the year.

A cover is a mixture of a green canopy, dry matter, open water and the ground below, whose shares follow
a calendar (linear spectral mixing: Adams et al. 1986, doi:10.1029/JB091iB08p08098; Roberts et al. 1998,
doi:10.1016/S0034-4257(98)00037-6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPECTRA = {
    # Surface reflectance, 0-1, in the order B04 red, B03 green, B02 blue, B08 nir, B11 swir1, B12 swir2:
    # round values typical of the USGS Spectral Library v7 (Kokaly et al. 2017, doi:10.3133/ds1035), the
    # ECOSTRESS library (Meerdink et al. 2019, doi:10.1016/j.rse.2019.05.015) and, for the urban ones,
    # Herold et al. 2004 (doi:10.1016/j.rse.2004.02.013), over Sentinel-2's bands.
    "crop leaf": (0.035, 0.068, 0.030, 0.460, 0.180, 0.085),
    "grass leaf": (0.040, 0.072, 0.032, 0.420, 0.212, 0.103),
    "dull leaf": (0.034, 0.056, 0.028, 0.310, 0.168, 0.082),
    "flowering": (0.095, 0.125, 0.040, 0.480, 0.210, 0.100),
    "broadleaf": (0.026, 0.050, 0.022, 0.400, 0.165, 0.072),
    "conifer": (0.024, 0.038, 0.020, 0.240, 0.110, 0.050),
    "rain forest": (0.025, 0.045, 0.021, 0.350, 0.150, 0.062),
    "palm": (0.029, 0.051, 0.025, 0.330, 0.150, 0.066),
    "shrub leaf": (0.040, 0.056, 0.029, 0.290, 0.170, 0.085),
    "mangrove": (0.026, 0.043, 0.024, 0.310, 0.115, 0.045),
    "reed leaf": (0.040, 0.062, 0.031, 0.310, 0.165, 0.082),
    "straw": (0.220, 0.165, 0.110, 0.320, 0.390, 0.275),
    "dry grass": (0.200, 0.150, 0.095, 0.290, 0.360, 0.255),
    "bare twigs": (0.095, 0.075, 0.053, 0.190, 0.240, 0.150),
    "dry shrub": (0.145, 0.110, 0.075, 0.225, 0.280, 0.190),
    "loam": (0.165, 0.130, 0.092, 0.235, 0.290, 0.242),
    "laterite": (0.200, 0.125, 0.075, 0.275, 0.350, 0.295),
    "foothill soil": (0.215, 0.165, 0.115, 0.280, 0.370, 0.315),
    "granite": (0.255, 0.220, 0.175, 0.295, 0.345, 0.310),
    "sand": (0.300, 0.250, 0.190, 0.355, 0.430, 0.380),
    "litter": (0.080, 0.062, 0.045, 0.150, 0.210, 0.140),
    "mud": (0.095, 0.085, 0.065, 0.120, 0.105, 0.080),
    "char": (0.042, 0.040, 0.036, 0.075, 0.130, 0.140),
    "clear water": (0.018, 0.032, 0.034, 0.010, 0.005, 0.003),
    "turbid water": (0.085, 0.085, 0.060, 0.035, 0.008, 0.005),
    "asphalt": (0.110, 0.102, 0.092, 0.140, 0.190, 0.180),
    "concrete": (0.270, 0.250, 0.220, 0.300, 0.330, 0.300),
    "tile": (0.230, 0.150, 0.105, 0.290, 0.345, 0.320),
    "slate": (0.135, 0.130, 0.122, 0.160, 0.210, 0.200),
    "metal": (0.400, 0.390, 0.380, 0.430, 0.400, 0.340),
    "snow": (0.860, 0.880, 0.890, 0.800, 0.110, 0.080),
    "ice": (0.600, 0.650, 0.680, 0.480, 0.050, 0.040),
}

Calendar = tuple[tuple[int, float, float, float], ...]
"""Day of year with the shares of green, dry and open water from then on, joined by straight lines."""


@dataclass(frozen=True, slots=True)
class Cover:
    """One kind of ground and how it looks through the year."""

    code: int
    """Legend code of the truth."""
    green: str
    """Name of the green canopy's spectrum."""
    dry: str
    """Name of the dry matter's spectrum."""
    ground: str
    """Name of the spectrum of what lies below: soil, litter, roof."""
    calendar: Calendar
    """Shares, 0-1; the rest is ground."""
    wet: str = "turbid water"
    """Name of the spectrum of the water that stands in it."""


_EVERGREEN: Calendar = ((1, 0.90, 0.04, 0.0),)
_TURF: Calendar = ((1, 0.90, 0.03, 0.0), (80, 0.84, 0.05, 0.0), (120, 0.90, 0.04, 0.0), (165, 0.80, 0.13, 0.0),
                   (200, 0.64, 0.26, 0.0), (235, 0.66, 0.24, 0.0), (285, 0.60, 0.32, 0.0),
                   (320, 0.88, 0.04, 0.0))  # fmt: skip
_GOLDEN: Calendar = ((1, 0.42, 0.28, 0.0), (60, 0.66, 0.12, 0.0), (100, 0.70, 0.12, 0.0), (140, 0.22, 0.60, 0.0),
                     (170, 0.05, 0.76, 0.0), (300, 0.03, 0.72, 0.0), (345, 0.18, 0.48, 0.0))  # fmt: skip
_MONSOON_GRASS: Calendar = ((1, 0.38, 0.40, 0.0), (80, 0.22, 0.55, 0.0), (120, 0.40, 0.34, 0.0),
                            (165, 0.76, 0.10, 0.0), (290, 0.80, 0.10, 0.0), (340, 0.55, 0.28, 0.0))  # fmt: skip
_BUILT: Calendar = ((1, 0.0, 0.0, 0.0),)

COVERS = {
    "clear water": Cover(1, "reed leaf", "straw", "mud", ((1, 0.0, 0.0, 1.0),), wet="clear water"),
    "turbid water": Cover(1, "reed leaf", "straw", "mud", ((1, 0.0, 0.0, 1.0),)),
    "broadleaf forest": Cover(2, "broadleaf", "bare twigs", "litter", (
        (1, 0.12, 0.50, 0.0), (95, 0.16, 0.48, 0.0), (130, 0.88, 0.06, 0.0), (265, 0.86, 0.06, 0.0),
        (305, 0.38, 0.40, 0.0), (330, 0.12, 0.52, 0.0))),
    "conifer forest": Cover(2, "conifer", "bare twigs", "litter", ((1, 0.84, 0.08, 0.0), (160, 0.92, 0.04, 0.0))),
    "oak woodland": Cover(2, "broadleaf", "dry grass", "foothill soil", (
        (1, 0.52, 0.22, 0.0), (90, 0.76, 0.12, 0.0), (160, 0.66, 0.22, 0.0), (300, 0.56, 0.28, 0.0))),
    "orchard": Cover(2, "broadleaf", "bare twigs", "foothill soil", (
        (1, 0.16, 0.34, 0.0), (60, 0.30, 0.24, 0.0), (110, 0.66, 0.10, 0.0), (280, 0.60, 0.14, 0.0),
        (330, 0.20, 0.34, 0.0))),
    "rain forest": Cover(2, "rain forest", "litter", "litter", _EVERGREEN),
    "oil palm": Cover(2, "palm", "litter", "litter", ((1, 0.84, 0.08, 0.0),)),
    "monsoon forest": Cover(2, "rain forest", "bare twigs", "litter", (
        (1, 0.72, 0.20, 0.0), (80, 0.48, 0.38, 0.0), (130, 0.78, 0.12, 0.0), (180, 0.90, 0.04, 0.0),
        (320, 0.86, 0.08, 0.0))),
    "teak": Cover(2, "broadleaf", "bare twigs", "laterite", (
        (1, 0.40, 0.36, 0.0), (75, 0.12, 0.46, 0.0), (130, 0.55, 0.20, 0.0), (180, 0.86, 0.05, 0.0),
        (320, 0.78, 0.10, 0.0))),
    "pasture": Cover(3, "grass leaf", "dry grass", "loam", _TURF),
    "lawn": Cover(3, "grass leaf", "dry grass", "loam", _TURF),
    "annual grassland": Cover(3, "grass leaf", "dry grass", "foothill soil", _GOLDEN),
    "alpine meadow": Cover(3, "grass leaf", "dry grass", "granite", (
        (1, 0.10, 0.60, 0.0), (150, 0.40, 0.30, 0.1), (190, 0.70, 0.12, 0.0), (250, 0.34, 0.44, 0.0))),
    "tropical pasture": Cover(3, "grass leaf", "dry grass", "laterite", (
        (1, 0.72, 0.14, 0.0), (75, 0.50, 0.34, 0.0), (130, 0.78, 0.10, 0.0), (330, 0.82, 0.08, 0.0))),
    "monsoon grass": Cover(3, "grass leaf", "dry grass", "laterite", _MONSOON_GRASS),
    "reed marsh": Cover(4, "reed leaf", "straw", "mud", (
        (1, 0.08, 0.56, 0.24), (110, 0.20, 0.42, 0.22), (150, 0.56, 0.16, 0.16), (250, 0.60, 0.16, 0.12),
        (310, 0.16, 0.54, 0.18))),
    "tule marsh": Cover(4, "reed leaf", "straw", "mud", (
        (1, 0.16, 0.42, 0.32), (90, 0.36, 0.24, 0.32), (140, 0.60, 0.12, 0.20), (260, 0.54, 0.22, 0.14))),
    "mangrove": Cover(4, "mangrove", "litter", "mud", ((1, 0.82, 0.03, 0.09),)),
    "palm swamp": Cover(4, "palm", "litter", "mud", ((1, 0.72, 0.08, 0.10), (280, 0.66, 0.06, 0.20))),
    "monsoon marsh": Cover(4, "reed leaf", "dry grass", "mud", (
        (1, 0.48, 0.22, 0.18), (90, 0.36, 0.36, 0.10), (160, 0.56, 0.12, 0.26), (220, 0.54, 0.06, 0.36),
        (290, 0.62, 0.08, 0.28))),
    "wheat": Cover(5, "crop leaf", "straw", "loam", (
        (1, 0.62, 0.02, 0.0), (60, 0.72, 0.02, 0.0), (100, 0.84, 0.02, 0.0), (145, 0.92, 0.03, 0.0),
        (175, 0.50, 0.42, 0.0), (198, 0.04, 0.90, 0.0), (208, 0.04, 0.62, 0.0), (235, 0.08, 0.30, 0.0),
        (255, 0.26, 0.12, 0.0), (285, 0.70, 0.05, 0.0), (300, 0.12, 0.12, 0.0), (335, 0.46, 0.03, 0.0))),
    "maize": Cover(5, "crop leaf", "straw", "loam", (
        (1, 0.60, 0.10, 0.0), (85, 0.60, 0.08, 0.0), (115, 0.06, 0.10, 0.0), (145, 0.08, 0.05, 0.0),
        (165, 0.40, 0.02, 0.0), (190, 0.90, 0.02, 0.0), (240, 0.88, 0.06, 0.0), (265, 0.52, 0.40, 0.0),
        (280, 0.06, 0.44, 0.0), (305, 0.24, 0.22, 0.0), (335, 0.52, 0.14, 0.0))),
    "beet": Cover(5, "crop leaf", "straw", "loam", (
        (1, 0.58, 0.06, 0.0), (80, 0.50, 0.06, 0.0), (98, 0.02, 0.03, 0.0), (135, 0.12, 0.02, 0.0),
        (170, 0.82, 0.01, 0.0), (270, 0.90, 0.02, 0.0), (308, 0.76, 0.06, 0.0), (320, 0.14, 0.06, 0.0),
        (345, 0.48, 0.04, 0.0))),
    "potatoes": Cover(5, "crop leaf", "straw", "loam", (
        (1, 0.62, 0.05, 0.0), (84, 0.54, 0.05, 0.0), (98, 0.06, 0.06, 0.0), (110, 0.01, 0.02, 0.0),
        (150, 0.30, 0.01, 0.0), (172, 0.90, 0.01, 0.0), (220, 0.82, 0.08, 0.0), (245, 0.20, 0.42, 0.0),
        (265, 0.03, 0.10, 0.0), (300, 0.40, 0.05, 0.0))),
    "rapeseed": Cover(5, "flowering", "straw", "loam", (
        (1, 0.50, 0.06, 0.0), (75, 0.66, 0.04, 0.0), (112, 0.92, 0.02, 0.0), (150, 0.86, 0.06, 0.0),
        (185, 0.10, 0.80, 0.0), (215, 0.08, 0.48, 0.0), (250, 0.30, 0.10, 0.0))),
    "fallow": Cover(5, "grass leaf", "dry grass", "loam", (
        (1, 0.78, 0.06, 0.0), (90, 0.76, 0.08, 0.0), (125, 0.80, 0.08, 0.0), (190, 0.60, 0.28, 0.0),
        (250, 0.44, 0.24, 0.0), (265, 0.14, 0.14, 0.0), (300, 0.50, 0.08, 0.0))),
    "hay": Cover(5, "grass leaf", "straw", "foothill soil", (
        (1, 0.44, 0.06, 0.0), (60, 0.82, 0.02, 0.0), (105, 0.84, 0.04, 0.0), (135, 0.26, 0.60, 0.0),
        (150, 0.04, 0.60, 0.0), (250, 0.02, 0.40, 0.0), (320, 0.06, 0.16, 0.0))),
    "alfalfa": Cover(5, "crop leaf", "straw", "foothill soil", (
        (1, 0.40, 0.16, 0.0), (75, 0.84, 0.02, 0.0), (108, 0.86, 0.02, 0.0), (114, 0.34, 0.24, 0.0),
        (140, 0.88, 0.02, 0.0), (146, 0.34, 0.24, 0.0), (172, 0.88, 0.02, 0.0), (178, 0.34, 0.24, 0.0),
        (206, 0.88, 0.02, 0.0), (212, 0.34, 0.24, 0.0), (242, 0.86, 0.02, 0.0), (248, 0.34, 0.24, 0.0),
        (285, 0.78, 0.06, 0.0))),
    "tomatoes": Cover(5, "crop leaf", "straw", "foothill soil", (
        (1, 0.10, 0.06, 0.0), (70, 0.16, 0.06, 0.0), (105, 0.03, 0.02, 0.0), (140, 0.36, 0.01, 0.0),
        (175, 0.86, 0.02, 0.0), (215, 0.70, 0.16, 0.0), (240, 0.06, 0.30, 0.0), (300, 0.02, 0.12, 0.0))),
    "dry fallow": Cover(5, "grass leaf", "dry grass", "foothill soil", (
        (1, 0.34, 0.20, 0.0), (85, 0.56, 0.14, 0.0), (130, 0.20, 0.48, 0.0), (160, 0.03, 0.54, 0.0),
        (300, 0.03, 0.44, 0.0))),
    "rice": Cover(5, "crop leaf", "straw", "laterite", (
        (1, 0.06, 0.42, 0.0), (100, 0.12, 0.34, 0.0), (150, 0.22, 0.14, 0.08), (188, 0.12, 0.03, 0.60),
        (215, 0.44, 0.01, 0.44), (245, 0.84, 0.01, 0.13), (285, 0.80, 0.12, 0.04), (312, 0.18, 0.72, 0.0),
        (330, 0.06, 0.62, 0.0))),
    "double rice": Cover(5, "crop leaf", "straw", "mud", (
        (1, 0.06, 0.12, 0.54), (30, 0.30, 0.02, 0.56), (70, 0.84, 0.01, 0.13), (105, 0.62, 0.30, 0.02),
        (122, 0.08, 0.60, 0.04), (185, 0.10, 0.04, 0.60), (215, 0.46, 0.01, 0.44), (255, 0.86, 0.01, 0.12),
        (295, 0.46, 0.46, 0.0), (318, 0.08, 0.60, 0.04))),
    "cassava": Cover(5, "dull leaf", "bare twigs", "laterite", (
        (1, 0.52, 0.20, 0.0), (50, 0.18, 0.22, 0.0), (100, 0.04, 0.10, 0.0), (150, 0.24, 0.03, 0.0),
        (210, 0.74, 0.03, 0.0), (320, 0.72, 0.08, 0.0))),
    "monsoon fallow": Cover(5, "grass leaf", "dry grass", "laterite", _MONSOON_GRASS),
    "pineapple": Cover(5, "dull leaf", "straw", "laterite", (
        (1, 0.44, 0.06, 0.0), (120, 0.52, 0.04, 0.0), (230, 0.30, 0.08, 0.0), (250, 0.08, 0.08, 0.0),
        (330, 0.40, 0.04, 0.0))),
    "sugar cane": Cover(5, "crop leaf", "straw", "laterite", (
        (1, 0.60, 0.28, 0.0), (45, 0.42, 0.46, 0.0), (62, 0.06, 0.48, 0.0), (120, 0.40, 0.10, 0.0),
        (180, 0.92, 0.02, 0.0), (320, 0.88, 0.08, 0.0))),
    "banana": Cover(5, "palm", "straw", "laterite", ((1, 0.74, 0.08, 0.02),)),
    "tropical fallow": Cover(5, "grass leaf", "dry grass", "laterite", (
        (1, 0.70, 0.16, 0.0), (75, 0.46, 0.34, 0.0), (120, 0.24, 0.14, 0.0), (160, 0.66, 0.06, 0.0))),
    "heath": Cover(6, "shrub leaf", "dry shrub", "loam", (
        (1, 0.42, 0.36, 0.0), (120, 0.56, 0.26, 0.0), (180, 0.74, 0.12, 0.0), (270, 0.66, 0.20, 0.0))),
    "chaparral": Cover(6, "shrub leaf", "dry shrub", "foothill soil", (
        (1, 0.56, 0.22, 0.0), (110, 0.66, 0.16, 0.0), (200, 0.50, 0.32, 0.0), (290, 0.44, 0.36, 0.0))),
    "regrowth": Cover(6, "dull leaf", "dry shrub", "laterite", (
        (1, 0.70, 0.14, 0.0), (75, 0.60, 0.22, 0.0), (140, 0.78, 0.08, 0.0))),
    "bamboo": Cover(6, "dull leaf", "dry shrub", "laterite", (
        (1, 0.54, 0.28, 0.0), (80, 0.36, 0.42, 0.0), (140, 0.66, 0.16, 0.0), (200, 0.80, 0.06, 0.0),
        (310, 0.76, 0.12, 0.0))),
    "asphalt": Cover(7, "grass leaf", "dry grass", "asphalt", _BUILT),
    "concrete": Cover(7, "grass leaf", "dry grass", "concrete", _BUILT),
    "tile roofs": Cover(7, "grass leaf", "dry grass", "tile", _BUILT),
    "slate roofs": Cover(7, "grass leaf", "dry grass", "slate", _BUILT),
    "metal roofs": Cover(7, "grass leaf", "dry grass", "metal", _BUILT),
    "quarry": Cover(8, "grass leaf", "dry grass", "sand", ((1, 0.02, 0.03, 0.0),)),
    "loam ground": Cover(8, "grass leaf", "dry grass", "loam", ((1, 0.05, 0.04, 0.0), (180, 0.10, 0.06, 0.0))),
    "gravel bar": Cover(8, "grass leaf", "dry grass", "granite", (
        (1, 0.05, 0.08, 0.05), (200, 0.10, 0.05, 0.16))),
    "rock": Cover(8, "shrub leaf", "dry grass", "granite", ((1, 0.04, 0.07, 0.0),)),
    "foothill soil": Cover(8, "grass leaf", "dry grass", "foothill soil", (
        (1, 0.12, 0.12, 0.0), (90, 0.16, 0.14, 0.0), (140, 0.03, 0.22, 0.0), (310, 0.02, 0.18, 0.0))),
    "laterite ground": Cover(8, "grass leaf", "dry grass", "laterite", (
        (1, 0.06, 0.09, 0.0), (180, 0.16, 0.04, 0.0), (310, 0.12, 0.07, 0.0))),
    "burned": Cover(8, "shrub leaf", "dry shrub", "char", ((1, 0.06, 0.10, 0.0), (140, 0.12, 0.20, 0.0))),
    "snow field": Cover(9, "shrub leaf", "dry grass", "snow", (
        (1, 0.0, 0.0, 0.0), (180, 0.0, 0.0, 0.0))),
}  # fmt: skip
"""Every cover, by name."""

NAMES = tuple(COVERS)
CODES = np.array([c.code for c in COVERS.values()], np.uint8)
"""Legend code of each cover, by position."""


def position(name: str) -> int:
    """Return the position of a cover in `COVERS`, as rasters of covers hold it.

    Examples
    --------
    >>> position("clear water")
    0
    """
    return NAMES.index(name)


def shares_by_day() -> NDArray[np.float32]:
    """Return how much of each cover is green, dry and open water on each day.

    Returns
    -------
    numpy.ndarray
        ``(cover, 366, 3)`` float32, 0-1.
    """
    days = np.arange(366)
    table = np.empty((len(COVERS), 366, 3), np.float32)
    for row, cover in zip(table, COVERS.values(), strict=True):
        knots = np.array(cover.calendar)
        for column in range(3):
            row[:, column] = np.interp(days, knots[:, 0], knots[:, column + 1], period=366)
    return table


def spectra_by_cover() -> NDArray[np.float32]:
    """Return the spectra of each cover's green, dry, water and ground parts.

    Returns
    -------
    numpy.ndarray
        ``(cover, 4, band)`` float32 reflectance 0-1, bands as in `SPECTRA`.
    """
    parts = [[SPECTRA[n] for n in (c.green, c.dry, c.wet, c.ground)] for c in COVERS.values()]
    return np.array(parts, np.float32)
