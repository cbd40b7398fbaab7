"""Random numbers that depend only on what they are for: keyed generators, smooth fields, hashes of places.

A landscape is drawn from the region and the seed, a year's state from those and the year, an acquisition
from those and its date. Each draw has its own key, so that adding one does not change the others.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft
from scipy.special import ndtr

from lulc_core.simulation.kernels import split_mix

if TYPE_CHECKING:
    from numpy.typing import NDArray

Float = np.float32


def generator(*key: str | int) -> np.random.Generator:
    """Return the random generator of a key: the same key gives the same numbers.

    Examples
    --------
    >>> bool(generator("laos", 1).random() == generator("laos", 1).random())
    True
    """
    words = [zlib.crc32(k.encode()) if isinstance(k, str) else k for k in key]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))


def field(rng: np.random.Generator, shape: tuple[int, int], scale: float, slope: float = 3.0) -> NDArray[Float]:
    """Return a smooth random field, mean 0 and standard deviation 1.

    Gaussian noise whose power falls as ``(k^2 + scale^-2)^(-slope / 2)``, `k` in cycles per pixel: a fractal
    below `scale`, uncorrelated above it. Natural relief and cloud have slopes of 2 to 4 (Turcotte 1997,
    Fractals and Chaos in Geology and Geophysics, ch. 7).

    Parameters
    ----------
    shape
        ``(height, width)``, pixels.
    scale
        Size of the largest features, pixels.
    slope
        Exponent of the power spectrum: 2 is rough, 5 is smooth.

    Returns
    -------
    numpy.ndarray
        ``(y, x)`` float32.
    """
    waves = fft.rfft2(_white(rng, shape))
    size = _padded(shape)
    waves *= _amplitude(size, scale, slope)
    smooth = fft.irfft2(waves, s=size, overwrite_x=True)[: shape[0], : shape[1]]
    centred = smooth - smooth.mean()
    centred /= max(float(centred.std()), 1e-6)
    return np.asarray(centred, Float)


def no_field(rng: np.random.Generator, shape: tuple[int, int]) -> Float:
    """Draw the numbers of a field of which nothing would be seen, so that what is drawn after it stays the same."""
    _white(rng, shape)
    return Float(0)


def _white(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[Float]:
    return rng.standard_normal(_padded(shape), dtype=Float)


def _padded(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the size, not less than a shape, of which the Fourier transform is fast."""
    return fft.next_fast_len(shape[0], real=True), fft.next_fast_len(shape[1], real=True)


@lru_cache(maxsize=64)
def _amplitude(size: tuple[int, int], scale: float, slope: float) -> NDArray[Float]:
    ky = fft.fftfreq(size[0])[:, None]
    kx = fft.rfftfreq(size[1])[None, :]
    amplitude = (kx**2 + ky**2 + 1 / scale**2) ** (-slope / 4)
    amplitude[0, 0] = 0
    return amplitude.astype(Float)


def uniform(normal: NDArray[Float]) -> NDArray[Float]:
    """Turn a field of standard normal values into one that is uniform over 0-1."""
    return np.asarray(ndtr(normal), Float)


def hashed(ids: NDArray[np.integer], salt: str) -> NDArray[Float]:
    """Return one number within 0-1 for every id, the same wherever the id recurs.

    The finaliser of SplitMix64 (Steele et al. 2014, OOPSLA, doi:10.1145/2660193.2660195).

    Parameters
    ----------
    ids
        Whole numbers, any shape.
    salt
        What the number is for: other salts give unrelated numbers.

    Examples
    --------
    >>> a = hashed(np.array([7, 8, 7]), "crop")
    >>> bool(a[0] == a[2]), bool(a[0] == a[1])
    (True, False)
    """
    offset = zlib.crc32(salt.encode()) * 0x9E3779B97F4A7C15 % 2**64
    numbers = np.empty(ids.size, Float)
    split_mix(ids.ravel(), np.uint64(offset), numbers)
    return numbers.reshape(ids.shape)
