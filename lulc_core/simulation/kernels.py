"""What is done to every pixel of an image, compiled, to the same bits as the NumPy and SciPy that stood here before."""

from __future__ import annotations

import numba
import numpy as np

DAYS = 366
"""Of the calendars of covers."""


@numba.njit(cache=True, nogil=True)
def mix(first, second, share, delay, vigour, damp, flood, snow, texture, day, wet, grown, spectra, snow_spectrum):  # type: ignore[no-untyped-def]
    """Mix green, dry, water and ground of the two covers of each pixel on the day; return ``(band, y, x)``.

    By cover and day, `wet` is the share of open water, and `grown` those of green and of dry in the rest.
    """
    height, width = first.shape
    out = np.empty((6, height, width), np.float32)
    for y in range(height):
        mixed = np.zeros((width, 6), np.float32)
        for x in range(width):
            when = int(day - delay[y, x])
            while when < 0:  # faster than a remainder
                when += DAYS
            while when >= DAYS:
                when -= DAYS
            for which in range(2):
                cover = first[y, x] if which == 0 else second[y, x]
                weight = share[y, x] if which == 0 else 1 - share[y, x]
                if weight <= 0:
                    continue
                water = max(wet[cover, when], flood[y, x])
                dry_land = 1 - water
                green = min(grown[cover, when, 0] * vigour[y, x], 0.98)
                dead = min(grown[cover, when, 1], 1 - green)
                leaves = np.float32(green * dry_land)
                straw = np.float32(dead * dry_land * (1 - 0.12 * damp[y, x]))
                soil = np.float32((1 - green - dead) * dry_land * (1.12 - 0.42 * damp[y, x]))
                s = spectra[cover]
                for band in range(6):
                    value = leaves * s[0, band] + straw * s[1, band] + water * s[2, band] + soil * s[3, band]
                    mixed[x, band] += weight * value
        for band in range(6):
            for x in range(width):
                bare, white = mixed[x, band] * texture[y, x], snow[y, x]
                out[band, y, x] = bare * (1 - white) + white * snow_spectrum[band]
    return out


@numba.njit(cache=True, nogil=True)
def illuminate(slope_y, slope_x, steep, toward_y, toward_x, upward, shade):  # type: ignore[no-untyped-def]
    """Return the factor on the brightness ``(y, x)``; `steep` is the hypotenuse of 1 and the slope."""
    out = np.empty(steep.shape, np.float32)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            facing = upward - slope_x[y, x] * toward_x - slope_y[y, x] * toward_y
            cosine = min(max(facing / steep[y, x] / upward, 0.1), 1.8)
            out[y, x] = (1 + 0.5 * (cosine - 1)) * (1 - shade)
    return out


@numba.njit(cache=True, nogil=True)
def through_air(surface, noise, haze, opacity, shadow, bright, gain, cloud, scatter, skylight):  # type: ignore[no-untyped-def]
    """Send the light of the ground ``(band, y, x)`` through shadow, haze and cloud to the sensor, in place.

    Haze dims what lies below and adds light of its own; atmospheric correction leaves a residual of either sign.
    """
    bands, height, width = surface.shape
    for band in range(bands):
        for y in range(height):
            for x in range(width):
                air = haze[y, x] * scatter[band]
                lit = 1 - shadow[y, x] * (1 - skylight[band])
                value = surface[band, y, x] * gain[band] * lit * (1 - abs(air)) + 0.155 * air
                over = opacity[y, x]
                value = value * (1 - over) + over * cloud[band] * (0.45 + 0.55 * over) * bright[y, x]
                surface[band, y, x] = value * (1 + 0.012 * noise[band, y, x]) + 0.0015 * noise[band, y, x]


@numba.njit(cache=True, nogil=True)
def blur(image, weights):  # type: ignore[no-untyped-def]
    """Convolve an image with symmetric weights along both axes, in place: `scipy.ndimage.gaussian_filter`, "nearest".

    `weights` are those from the middle on; an axis is rounded to float32 before the next, as there.
    """
    height, width = image.shape
    reach = weights.size - 1
    rows = np.empty((height + 2 * reach, width), np.float32)
    for y in range(rows.shape[0]):
        into, source = rows[y], image[min(max(y - reach, 0), height - 1)]
        for x in range(width):  # assigning the row would take the compiler seconds
            into[x] = source[x]
    total, line = np.empty(width, np.float64), np.empty(width + 2 * reach, np.float64)
    for y in range(height):
        middle = rows[y + reach]
        for x in range(width):
            total[x] = middle[x] * weights[0]
        for step in range(reach, 0, -1):
            above, below, weight = rows[y + reach - step], rows[y + reach + step], weights[step]
            for x in range(width):
                total[x] += (np.float64(above[x]) + np.float64(below[x])) * weight
        within = line[reach:][:width]
        for x in range(width):
            within[x] = np.float32(total[x])
        for step in range(reach):
            line[step], line[width + reach + step] = line[reach], line[width + reach - 1]
        for x in range(width):
            total[x] = within[x] * weights[0]
        for step in range(reach, 0, -1):
            weight = weights[step]
            left, right = line[reach - step :][:width], line[reach + step :][:width]
            for x in range(width):
                total[x] += (left[x] + right[x]) * weight
        seen = image[y]
        for x in range(width):
            seen[x] = total[x]


@numba.njit(cache=True, nogil=True)
def to_20_m(band):  # type: ignore[no-untyped-def]
    """Replace each 2 x 2 pixels by their mean, in place; a last odd row or column keeps its own values."""
    for y in range(0, band.shape[0] // 2 * 2, 2):
        for x in range(0, band.shape[1] // 2 * 2, 2):
            mean = ((band[y, x] + band[y, x + 1]) + (band[y + 1, x] + band[y + 1, x + 1])) / np.float32(4)
            band[y : y + 2, x : x + 2] = mean


@numba.njit(cache=True, nogil=True)
def digital_numbers(image, rows, offset, out):  # type: ignore[no-untyped-def]
    """Write reflectance ``(y, x)`` as 1 to 65 535, 0 where it is NaN or its row does not count."""
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            number = np.rint(image[y, x] * np.float32(10_000)) + np.float32(offset)
            kept = rows[y] and not np.isnan(number)
            out[y, x] = np.uint16(min(max(number, np.float32(1)), np.float32(65_535))) if kept else np.uint16(0)


@numba.njit(cache=True, nogil=True)
def split_mix(ids, offset, out):  # type: ignore[no-untyped-def]
    """Write the finaliser of SplitMix64 of each id plus an offset, within 0-1; both of one dim."""
    for i in range(ids.size):
        z = np.uint64(ids[i]) + np.uint64(offset)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        out[i] = (np.float32(z >> np.uint64(40)) + np.float32(0.5)) * np.float32(2**-24)
