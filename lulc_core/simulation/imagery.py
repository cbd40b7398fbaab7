"""What the sensor sees in one pass: ground in its season, sun, haze, cloud, shadow, blur and noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from lulc_core.simulation.kernels import blur, illuminate, mix, through_air, to_20_m
from lulc_core.simulation.land import FIRE_DAY
from lulc_core.simulation.materials import SPECTRA, position, shares_by_day, spectra_by_cover
from lulc_core.simulation.noise import field, generator, hashed, no_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.simulation.land import Ground, Landscape
    from lulc_core.simulation.passes import Pass

_SHARES = shares_by_day()
_WET = np.ascontiguousarray(_SHARES[..., 2])
"""Share of open water, by cover and day."""
_GROWN = _SHARES[..., :2] / (1 - _WET[..., None].astype(np.float64) + 1e-6)
"""Shares of green and of dry in what is not water, by cover and day."""
_SPECTRA = spectra_by_cover()
_SNOW = np.array(SPECTRA["snow"], np.float32)
_CLOUD = np.array((0.72, 0.72, 0.74, 0.74, 0.46, 0.36), np.float32)
"""Reflectance of thick cloud: bright, and darker in the shortwave infrared, where ice and water absorb (Gao et al.
1998, doi:10.1029/98JD02006)."""
_SCATTER = np.array((0.62, 0.80, 1.00, 0.42, 0.14, 0.09), np.float32)
"""Strength of haze in each band relative to blue: Angstrom exponent of about 1.3 (Dubovik et al. 2002,
doi:10.1175/1520-0469(2002)059<0590:VOAOCP>2.0.CO;2)."""
_SKYLIGHT = np.array((0.30, 0.36, 0.44, 0.22, 0.14, 0.11), np.float32)
"""Share of the light that remains in the shadow of a thick cloud."""
_SNOW_STRAYS = 520.0
"""Metres below the snow line where no snow lies: 8 standard deviations of its patchiness."""
_ROUGHNESS = np.array([0, 0.02, 0.13, 0.055, 0.10, 0.05, 0.14, 0.20, 0.09, 0.05], np.float32)
"""Standard deviation of brightness from pixel to pixel in each class, by legend code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One acquisition of a place; every array is on its grid."""

    reflectance: NDArray[np.float32]
    """``(band, y, x)`` in the order of `lulc_core.imagery.scenes.BANDS`, unitless 0-1; B11 and B12 repeat each 20 m
    pixel; NaN = no data."""
    opacity: NDArray[np.float32]
    """``(y, x)``: share of the ground's light that cloud replaces, 0-1."""
    shadow: NDArray[np.float32]
    """``(y, x)``: depth of cloud shadow, 0-1."""


def view(place: Landscape, ground: Ground, look: Pass) -> View:
    """Return what the sensor sees in one pass.

    Parameters
    ----------
    place, ground
        The landscape, and what covers it in the year of the pass.
    look
        The pass and its weather.
    """
    rng = generator(*place.key, "view", look.sensed.isoformat())
    surface = _surface(rng, place, ground, look)
    surface *= _illumination(place, look)
    surface = _blur(surface)
    opacity, shadow = _clouds(rng, place, look)
    haze = look.haze * (1 + 0.5 * field(rng, opacity.shape, 300, 4.0)) + 0.009 * field(rng, opacity.shape, 40, 3.0)
    bias = (rng.normal(0, 0.024, 6) + rng.normal(0, 0.02)).astype(np.float32)
    noise = rng.standard_normal(surface.shape, np.float32)
    bright = 1 + 0.18 * field(rng, opacity.shape, 90, 3.2)
    haze = haze.astype(np.float32)
    through_air(surface, noise, haze, opacity, shadow, bright, 1 + bias, _CLOUD, _SCATTER, _SKYLIGHT)
    for band in surface[4:]:
        to_20_m(band)
    if look.edge is not None:
        surface[:, _outside_swath(opacity.shape, *look.edge)] = np.nan
    return View(reflectance=surface, opacity=opacity, shadow=shadow)


def _surface(rng: np.random.Generator, place: Landscape, ground: Ground, look: Pass) -> NDArray[np.float32]:
    """Return the reflectance of the ground on the day, ``(band, y, x)``."""
    shape = ground.truth.shape
    event = hashed(ground.managed, look.sensed.date().isoformat())
    cut = np.where((ground.managed > 0) & (event < 0.13), 0.40 + 3.2 * event, 1)
    vigour = ground.vigour * cut * (1 + 0.07 * field(rng, shape, 50, 3.0))
    delay = ground.delay + 9 * (hashed(ground.managed, f"when {look.day // 40}") - 0.5)
    damp = np.clip(look.moisture + 0.22 * field(rng, shape, 60, 3.2), 0, 1)
    first = ground.first
    if look.day >= FIRE_DAY:
        first = np.where(ground.burning, np.uint8(position("burned")), first)
    texture = 1 + _ROUGHNESS[ground.truth] * _grain(place.key, shape)
    return mix(
        first, ground.second, ground.share, delay.astype(np.float32), vigour.astype(np.float32),
        damp.astype(np.float32), _flooded(rng, place, ground, look), _snowed(rng, place, ground, look),
        texture.astype(np.float32), look.day, _WET, _GROWN, _SPECTRA, _SNOW,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _grain(key: tuple[str | int, ...], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return how bright each pixel is for its class: the same in every pass."""
    rng = generator(*key, "grain")
    return np.asarray(rng.standard_normal(shape, np.float32).clip(-2.5, 2.5))


def _flooded(rng: np.random.Generator, place: Landscape, ground: Ground, look: Pass) -> NDArray[np.float32]:
    """Return the share of each pixel under flood water, 0-1."""
    if look.flood == 0:
        no_field(rng, ground.truth.shape)
        return np.zeros(ground.truth.shape, np.float32)
    uneven = 0.35 * field(rng, ground.truth.shape, 40, 3.4)
    depth = np.clip((look.flood * (1 + uneven) - place.terrain.above_stream) * 1.2, 0, 0.9)
    emerges = np.array([0, 0, 0.25, 0.85, 0.75, 0.85, 0.5, 0.1, 0.9, 0, 0], np.float32)[ground.truth]
    return np.asarray(depth * emerges * (place.terrain.shore < 70), np.float32)


def _snowed(rng: np.random.Generator, place: Landscape, ground: Ground, look: Pass) -> NDArray[np.float32]:
    """Return the share of each pixel under snow, 0-1; trees hide and towns melt much of it."""
    if look.snow <= 0 and place.terrain.elevation.max() < look.snow_line - _SNOW_STRAYS:
        no_field(rng, ground.truth.shape)
        return np.zeros(ground.truth.shape, np.float32)
    patchy = field(rng, ground.truth.shape, 35, 3.0)
    low = look.snow + 0.22 * patchy if look.snow > 0 else np.float32(0)
    high = (place.terrain.elevation - look.snow_line) / 260 + 0.25 * patchy
    holds = np.array([0, 0, 0.30, 1, 0.6, 1, 0.75, 0.55, 0.95, 0.3, 0], np.float32)[ground.truth]
    return np.asarray(np.clip(np.maximum(low, high), 0, 0.97) * holds, np.float32)


def _illumination(place: Landscape, look: Pass) -> NDArray[np.float32]:
    """Return the factor, about 1, by which slopes and a low sun change the brightness.

    Slopes follow the cosine law (Teillet et al. 1982, doi:10.1080/07038992.1982.10855028), half of which
    Sen2Cor is assumed to correct. Under a low sun more of a canopy lies in its own shade (Roy et al. 2016,
    doi:10.1016/j.rse.2016.01.023).
    """
    zenith, azimuth = np.radians(look.sun_zenith), np.radians(look.sun_azimuth)
    toward_x, toward_y = np.sin(azimuth) * np.sin(zenith), -np.cos(azimuth) * np.sin(zenith)
    land = place.terrain
    shade = 0.20 * min(max(look.sun_zenith - 55, 0) / 20, 1)
    return illuminate(land.slope_y, land.slope_x, np.hypot(1, land.slope), toward_y, toward_x, np.cos(zenith), shade)


def _blur(surface: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur by the sensor's point spread: MTF of 0.15-0.3 at Nyquist (Gascon et al. 2017, doi:10.3390/rs9060584)."""
    for band, image in enumerate(surface):
        blur(image, _FINE if band < 4 else _COARSE)
    return surface


def _gaussian(sigma: float) -> NDArray[np.float64]:
    """Return the weights of `scipy.ndimage.gaussian_filter` from the middle on, cut at 2.2 standard deviations."""
    weights = np.exp(-0.5 / sigma**2 * np.arange(-int(2.2 * sigma + 0.5), int(2.2 * sigma + 0.5) + 1) ** 2)
    return (weights / weights.sum())[weights.size // 2 :]


_FINE, _COARSE = _gaussian(0.62), _gaussian(1.1)
"""Point spread of the bands of 10 m and of 20 m."""


def _clouds(rng: np.random.Generator, place: Landscape, look: Pass) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the opacity of cloud and the depth of its shadow, displaced away from the sun."""
    shape = place.canopy.shape
    billows = field(rng, shape, place.style.cumulus * np.exp(rng.normal(0, 0.5)), rng.uniform(3.4, 4.4))
    height, softness = rng.uniform(600, 2600), rng.uniform(1.4, 4.5)
    level = np.quantile(billows[::4, ::4], min(max(1 - look.cloud, 0), 1))
    thick = 1 - np.exp(-softness * np.clip(billows - level + 0.6 * (look.cloud > 0.97), 0, None))
    thick = thick * np.float32(look.cloud > 0.004)
    shift = height * np.tan(np.radians(min(look.sun_zenith, 72))) / 10
    azimuth = np.radians(look.sun_azimuth)
    move = (round(float(np.cos(azimuth) * shift)), round(float(-np.sin(azimuth) * shift)))
    shadow = np.roll(thick, move, (0, 1)) * (1 - thick)
    high = field(rng, shape, 260, 3.6) if look.cirrus > 0 else no_field(rng, shape)
    veil = np.clip(high * 0.5 + 0.5, 0, 1) * look.cirrus
    opacity = 1 - (1 - thick) * (1 - veil)
    return opacity.astype(np.float32), shadow.astype(np.float32)


def _outside_swath(shape: tuple[int, int], direction: float, share: float) -> NDArray[np.bool_]:
    """Return the pixels beyond the border of the swath, a wedge of about `share` of the width, whole at 20 m."""
    y, x = (at // 2 * 2 for at in np.ogrid[: shape[0], : shape[1]])
    lean = np.tan(np.radians(direction))
    return np.asarray(x + (y - shape[0] / 2) * lean > (1 - share) * shape[1])


def scene_classification(place: Landscape, seen: View, look: Pass) -> NDArray[np.uint8]:
    """Return the scene classification of a view, with the errors of the real one.

    Thin cloud and many shadows are missed, clouds are dilated unevenly, and bright roofs and soils are
    taken for cloud (Baetens et al. 2019, doi:10.3390/rs11040433).

    Returns
    -------
    numpy.ndarray
        ``(y, x)`` uint8 at 20 m, half the shape of the place; ESA's codes, 0 = no data.
    """
    rng = generator(*place.key, "classification", look.sensed.isoformat())
    red, green, blue, nir, swir1, _ = (b[::2, ::2] for b in seen.reflectance)
    opacity, shadow = seen.opacity[::2, ::2], seen.shadow[::2, ::2]
    patchy = field(rng, red.shape, 14, 2.8)
    greenness = (nir - red) / np.maximum(nir + red, 0.01)
    scl = np.where(greenness > 0.40 + 0.02 * patchy, 4, 5)
    scl[(greenness > 0.25) & (greenness < 0.40) & (patchy > 1.2)] = 7
    scl[(nir < 0.10) & (red < 0.08)] = 2
    scl[(nir < 0.12) & (green > nir)] = 6
    scl[(shadow > 0.40 + 0.25 * patchy) & (nir < 0.30)] = 3
    scl[(opacity > 0.12) & (opacity < 0.30) & (patchy > 0.1)] = 10 if look.cirrus > 0.2 else 7
    grown = ndimage.maximum_filter(opacity, 5)
    seen_cloud = np.where(patchy > 0.4, grown, opacity) - 0.10 * (patchy < -0.8)
    scl[seen_cloud > 0.30] = 8
    scl[seen_cloud > 0.60] = 9
    scl[(blue > 0.19) & (greenness < 0.2) & (seen_cloud <= 0.30)] = 8
    scl[((green - swir1) / np.maximum(green + swir1, 0.01) > 0.42) & (green > 0.30) & (opacity < 0.5)] = 11
    scl[np.isnan(red)] = 0
    return scl.astype(np.uint8)
