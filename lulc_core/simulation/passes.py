"""When the satellites pass, and in what weather: sun, cloud, haze, flood and snow of every acquisition."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.simulation.noise import generator
from lulc_core.simulation.styles import style_of

if TYPE_CHECKING:
    import numpy as np

    from lulc_core.regions import Region

SIMULATED_YEARS = range(2019, 2024)
"""Years for which there are simulated places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orbit:
    """Where and when Sentinel-2 sees a region."""

    tile: str
    """MGRS tile."""
    relative: tuple[int, int]
    """Numbers of the two relative orbits; the second sees only a part."""
    hour: float
    """Time of the pass, hours UTC."""
    edge: float
    """Direction of the border of the second orbit's swath, degrees from north."""


ORBITS = {
    "belgium": Orbit(tile="31UFS", relative=(51, 8), hour=10.9, edge=14),
    "california": Orbit(tile="11SLA", relative=(70, 27), hour=18.6, edge=12),
    "costa_rica": Orbit(tile="17PKK", relative=(54, 97), hour=16.1, edge=11),
    "laos": Orbit(tile="48QTF", relative=(18, 61), hour=3.75, edge=-12),
}
"""Orbit of each region, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One acquisition of a place, and the weather it met."""

    sensed: datetime
    """Start of the datatake, UTC."""
    platform: str
    """``S2A`` or ``S2B``."""
    orbit: int
    """Relative orbit."""
    tile: str
    """MGRS tile."""
    sun_zenith: float
    """Angle of the sun from the vertical, degrees."""
    sun_azimuth: float
    """Direction of the sun, degrees clockwise from north."""
    cloud: float
    """Share of the sky under thick cloud, 0-1."""
    cirrus: float
    """Highest opacity of thin high cloud, 0-1; 0 for none."""
    haze: float
    """Share of the blue light that haze replaces, 0-1; below 0 where it was overcorrected."""
    moisture: float
    """Wetness of the soil, 0-1."""
    flood: float
    """Height of the flood above the streams, m; 0 for none."""
    snow: float
    """Share of open lowland under snow, 0-1."""
    snow_line: float
    """Height above which snow lies, m; very high for none."""
    edge: tuple[float, float] | None
    """Direction of the swath's border (degrees from north), and share of the width it leaves without data; None if
    the swath covers the place."""

    @property
    def day(self) -> int:
        """Day of the year, 1-366."""
        return self.sensed.timetuple().tm_yday


def passes(region: Region, year: int, seed: int) -> list[Pass]:
    """Return the acquisitions of a year in order of time.

    Raises
    ------
    InvalidInputError
        For a year outside `SIMULATED_YEARS`, a region that has no style, or a negative seed.

    Examples
    --------
    >>> from lulc_core.regions import Region
    >>> len(passes(Region.named("laos"), 2021, seed=0))
    30
    """
    style = style_of(region)
    if year not in SIMULATED_YEARS:
        raise InvalidInputError(
            f"Places can be simulated for {SIMULATED_YEARS[0]} to {SIMULATED_YEARS[-1]}; got {year}."
        )
    if seed < 0:
        raise InvalidInputError(f"The seed must be a whole number >= 0; got {seed}.")
    rng = generator(region.name, seed, "passes", year)
    start = int(rng.integers(0, 5))
    wetness = rng.normal(0, 0.06)
    found = []
    for number in range(style.passes):
        day = start + 5 * round(number * 71 / style.passes + rng.uniform(-0.4, 0.4))
        found.append(_pass(rng, region, year, min(max(day, 0), 364), number, wetness))
    return list({p.sensed.date(): p for p in found}.values())


def _pass(rng: np.random.Generator, region: Region, year: int, day: int, number: int, wet: float) -> Pass:
    """Draw one acquisition; each takes the same number of draws, so that one does not change the next."""
    style, orbit = style_of(region), ORBITS[region.name]
    partial = rng.random() < 0.16
    minutes = orbit.hour * 60 + rng.uniform(-2, 2) - (4 if partial else 0)
    sensed = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=int(minutes), seconds=int(rng.integers(60)))
    month = sensed.month - 1
    mean = min(max(style.cloudiness[month] + wet, 0.03), 0.95)
    cloud = float(rng.beta(style.broken * mean, style.broken * (1 - mean)))
    zenith, azimuth = sun((region.bbox[1] + region.bbox[3]) / 2, day + 1)
    snowy = rng.random() < style.snowfall * (month in (11, 0, 1))
    flood, depth = style.floods[month] * rng.gamma(2.0, 0.5), rng.uniform(0.55, 0.95)
    season = math.cos(2 * math.pi * (day - 40) / 365)
    return Pass(
        sensed=sensed,
        platform="S2A" if number % 2 == 0 else "S2B",
        orbit=orbit.relative[partial],
        tile=orbit.tile,
        sun_zenith=zenith,
        sun_azimuth=azimuth,
        cloud=cloud,
        cirrus=float(rng.uniform(0.05, 0.34) * (rng.random() < 0.15 + 0.25 * mean)),
        haze=float(rng.gamma(1.6, style.haze / 1.6) - 0.35 * style.haze - 0.09 * min(max(zenith - 55, 0) / 15, 1)),
        moisture=float(rng.beta(0.5 + 2 * mean, 0.5 + 2 * (1 - mean))),
        flood=float(flood),
        snow=float(depth * snowy),
        snow_line=style.snow_line - 100 + 9_999 * (style.snow_line > 9_000) - 520 * season + rng.normal(0, 130) - 150,
        edge=(orbit.edge, float(rng.uniform(0.15, 0.6))) if partial else None,
    )


def sun(latitude: float, day: int) -> tuple[float, float]:
    """Return the sun's zenith angle and azimuth, degrees, at half past ten local solar time.

    Parameters
    ----------
    latitude
        Degrees north.
    day
        Day of the year, 1-366. Declination after Cooper 1969 (doi:10.1016/0038-092X(69)90047-4).

    Examples
    --------
    >>> [round(angle) for angle in sun(50.9, 172)]
    [33, 139]
    """
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day) / 365)
    hour, phi = math.radians(-22.5), math.radians(latitude)
    height = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour)
    zenith = math.acos(height)
    south = math.sin(phi) * math.cos(hour) * math.cos(declination) - math.cos(phi) * math.sin(declination)
    azimuth = math.degrees(math.atan2(math.sin(hour) * math.cos(declination), south)) + 180
    return math.degrees(zenith), azimuth
