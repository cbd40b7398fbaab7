"""How each built-in region looks: relief, rivers, fields, towns, what grows there, and its weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_core.regions import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The look of one region. Lengths in 10 m pixels, heights in metres, shares 0-1."""

    base: float
    """Lowest height, m."""
    relief: float
    """Standard deviation of the height of the hills, m."""
    tilt: float
    """Rise from one side of the place to the other, m."""
    hill: float
    """Size of the hills, pixels."""
    river: float
    """Half width of the main river, pixels."""
    streams: float
    """Catchment from which a stream is as wide as a pixel, pixels."""
    lakes: int
    """Number of lakes and ponds in 10 km x 10 km."""
    lake_rise: float
    """How far lakes stand above their lowest shore, m."""
    sea: float
    """Height below which there is sea, m; below the base for none."""
    wet: float
    """Height above the nearest stream below which marsh may grow, m."""
    marsh: float
    """Share of such ground that is marsh."""
    marshes: Mapping[str, float]
    """Marsh covers and their shares."""
    farmed: float
    """Share of the gentle ground that is farmed."""
    steep: float
    """Slope (rise over run) above which nobody farms."""
    block: float
    """Distance between the centres of field systems, pixels."""
    field: tuple[float, float]
    """Length and width of a field, pixels."""
    wavy: float
    """How far field borders wander from straight, pixels."""
    hedges: float
    """Share of field borders under trees."""
    meadow: float
    """Share of farmed parcels that are grass."""
    grove: float
    """Share of farmed parcels that are planted with trees."""
    crops: Mapping[str, float]
    """Crop covers and their shares."""
    meadows: Mapping[str, float]
    """Grass covers and their shares; the first also grows wild."""
    groves: Mapping[str, float]
    """Plantations and their shares."""
    forests: Mapping[str, float]
    """Forest covers and their shares."""
    scrubs: Mapping[str, float]
    """Scrub covers and their shares."""
    bare: Mapping[str, float]
    """Bare covers and their shares; the first lies by rivers."""
    roofs: Mapping[str, float]
    """Built covers and their shares."""
    wild: tuple[float, float, float]
    """Of ground that is not farmed: shares of trees, scrub and grass; the rest is bare."""
    timber: tuple[float, float]
    """Heights between which forest thrives, m."""
    pits: int
    """Quarries and building grounds in 10 km x 10 km."""
    towns: int
    """Towns in 10 km x 10 km."""
    town: float
    """Radius of the largest town, pixels."""
    growth: float
    """How much the radius of towns grows each year, share."""
    hamlets: float
    """Share of farmed parcels with a farmstead."""
    gardens: float
    """Share of green in towns."""
    cleared: float
    """Share of the forest that is cleared each year."""
    burned: float
    """Share of the wild ground that burns each year."""
    snow_line: float
    """Height of lasting snow, m; very high for none."""
    cloudiness: tuple[float, ...]
    """Mean cloud cover of each month, January first, 0-1."""
    broken: float
    """How often the sky is partly cloudy: sum of the two parameters of a beta distribution, > 0; low for skies
    that are either clear or overcast."""
    cumulus: float
    """Size of clouds, pixels."""
    haze: float
    """Typical haze, as the share of light that it replaces in the blue."""
    floods: tuple[float, ...]
    """Typical flood level of each month above the streams, m."""
    snowfall: float
    """Chance that an acquisition of December to February in the lowland lies under snow."""
    passes: int
    """Acquisitions in a year."""


_BELGIUM = Style(
    base=20, relief=16, tilt=30, hill=260, river=1.2, streams=26_000, lakes=7, lake_rise=1.0, sea=-999,
    wet=1.1, marsh=0.30, marshes={"reed marsh": 1.0},
    farmed=0.74, steep=0.14, block=85, field=(22, 11), wavy=2.0, hedges=0.10, meadow=0.33, grove=0.03,
    crops={"wheat": 0.36, "maize": 0.24, "beet": 0.13, "potatoes": 0.11, "rapeseed": 0.06, "fallow": 0.10},
    meadows={"pasture": 1.0}, groves={"broadleaf forest": 1.0},
    forests={"broadleaf forest": 0.72, "conifer forest": 0.28}, scrubs={"heath": 1.0},
    bare={"quarry": 0.6, "loam ground": 0.4},
    roofs={"tile roofs": 0.34, "slate roofs": 0.26, "asphalt": 0.20, "concrete": 0.14, "metal roofs": 0.06},
    timber=(-99, 9_999), wild=(0.56, 0.22, 0.19), pits=5, towns=7, town=85, growth=0.035, hamlets=0.035, gardens=0.45,
    cleared=0.0, burned=0.0, snow_line=9_999,
    cloudiness=(0.70, 0.60, 0.56, 0.50, 0.52, 0.50, 0.48, 0.50, 0.48, 0.56, 0.66, 0.72),
    broken=0.6, cumulus=120, haze=0.05, floods=(0.5, 0.4, 0.2, 0, 0, 0, 0, 0, 0, 0, 0.2, 0.4), snowfall=0.12, passes=30,
)  # fmt: skip
_CALIFORNIA = Style(
    base=250, relief=150, tilt=1_850, hill=330, river=1.6, streams=34_000, lakes=4, lake_rise=14, sea=-999,
    wet=5.0, marsh=0.30, marshes={"tule marsh": 1.0},
    farmed=0.74, steep=0.24, block=150, field=(48, 34), wavy=1.5, hedges=0.0, meadow=0.24, grove=0.26,
    crops={"hay": 0.24, "alfalfa": 0.30, "tomatoes": 0.28, "dry fallow": 0.18},
    meadows={"annual grassland": 0.85, "pasture": 0.15}, groves={"orchard": 1.0},
    forests={"oak woodland": 0.45, "conifer forest": 0.55}, scrubs={"chaparral": 1.0},
    bare={"foothill soil": 0.5, "rock": 0.5},
    roofs={"tile roofs": 0.22, "slate roofs": 0.28, "asphalt": 0.24, "concrete": 0.18, "metal roofs": 0.08},
    timber=(900, 1_750), wild=(0.35, 0.28, 0.31), pits=2, towns=3, town=75, growth=0.05, hamlets=0.02, gardens=0.30,
    cleared=0.0, burned=0.030, snow_line=2_150,
    cloudiness=(0.42, 0.40, 0.36, 0.24, 0.14, 0.06, 0.04, 0.05, 0.07, 0.14, 0.28, 0.40),
    broken=0.6, cumulus=160, haze=0.05, floods=(0,) * 12, snowfall=0.03, passes=26,
)  # fmt: skip
_COSTA_RICA = Style(
    base=-6, relief=34, tilt=190, hill=240, river=7.0, streams=16_000, lakes=3, lake_rise=1.5, sea=0,
    wet=3.2, marsh=0.55, marshes={"mangrove": 0.6, "palm swamp": 0.4},
    farmed=0.52, steep=0.22, block=130, field=(36, 24), wavy=4.0, hedges=0.12, meadow=0.36, grove=0.26,
    crops={"rice": 0.28, "pineapple": 0.30, "sugar cane": 0.22, "banana": 0.10, "tropical fallow": 0.10},
    meadows={"tropical pasture": 1.0}, groves={"oil palm": 0.9, "teak": 0.1},
    forests={"rain forest": 1.0}, scrubs={"regrowth": 1.0},
    bare={"gravel bar": 0.7, "laterite ground": 0.3},
    roofs={"metal roofs": 0.30, "slate roofs": 0.18, "asphalt": 0.22, "concrete": 0.18, "tile roofs": 0.12},
    timber=(-99, 9_999), wild=(0.62, 0.21, 0.13), pits=3, towns=4, town=50, growth=0.05, hamlets=0.03, gardens=0.48,
    cleared=0.004, burned=0.0, snow_line=9_999,
    cloudiness=(0.45, 0.40, 0.42, 0.54, 0.68, 0.70, 0.68, 0.70, 0.74, 0.76, 0.72, 0.56),
    broken=1.8, cumulus=70, haze=0.06,
    floods=(0.2, 0, 0, 0, 0.3, 0.5, 0.5, 0.6, 1.0, 1.4, 1.0, 0.5), snowfall=0.0, passes=34,
)  # fmt: skip
_LAOS = Style(
    base=165, relief=75, tilt=210, hill=280, river=5.0, streams=20_000, lakes=5, lake_rise=2.5, sea=-999,
    wet=2.6, marsh=0.40, marshes={"monsoon marsh": 1.0},
    farmed=0.62, steep=0.16, block=75, field=(9, 6), wavy=6.0, hedges=0.05, meadow=0.12, grove=0.07,
    crops={"rice": 0.52, "double rice": 0.12, "cassava": 0.18, "sugar cane": 0.09, "monsoon fallow": 0.09},
    meadows={"monsoon grass": 1.0}, groves={"teak": 1.0},
    forests={"monsoon forest": 1.0}, scrubs={"bamboo": 0.55, "regrowth": 0.45},
    bare={"gravel bar": 0.55, "laterite ground": 0.45},
    roofs={"metal roofs": 0.24, "slate roofs": 0.22, "asphalt": 0.18, "concrete": 0.18, "tile roofs": 0.18},
    timber=(-99, 9_999), wild=(0.56, 0.27, 0.13), pits=4, towns=5, town=50, growth=0.06, hamlets=0.012, gardens=0.50,
    cleared=0.022, burned=0.0, snow_line=9_999,
    cloudiness=(0.14, 0.14, 0.20, 0.32, 0.60, 0.76, 0.82, 0.84, 0.70, 0.48, 0.26, 0.16),
    broken=1.2, cumulus=90, haze=0.09,
    floods=(0, 0, 0, 0, 0.2, 0.6, 1.2, 1.8, 1.6, 0.8, 0.2, 0), snowfall=0.0, passes=30,
)  # fmt: skip

STYLES = {"belgium": _BELGIUM, "california": _CALIFORNIA, "costa_rica": _COSTA_RICA, "laos": _LAOS}
"""Style of each built-in region, by its name."""


def style_of(region: Region) -> Style:
    """Return the style of a region; raises `InvalidInputError` for one that has none.

    Examples
    --------
    >>> from lulc_core.regions import Region
    >>> style_of(Region.named("laos")).field
    (9, 6)
    """
    try:
        return STYLES[region.name]
    except KeyError:
        raise InvalidInputError(
            f"Only {', '.join(STYLES)} can be simulated; got the region {region.name!r}. Use real imagery for it."
        ) from None
