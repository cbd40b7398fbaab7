"""Compiled kernels give what the libraries give, bit for bit: simulated places stay what they were."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from lulc_core.simulation.imagery import _COARSE, _FINE
from lulc_core.simulation.kernels import blur, digital_numbers, split_mix, to_20_m

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("sigma, weights", [(0.62, _FINE), (1.1, _COARSE)])
@pytest.mark.parametrize("shape", [(64, 70), (5, 3), (1, 2)])
def test_blur_is_that_of_scipy(sigma: float, weights: np.ndarray, shape: tuple[int, int]) -> None:
    image = RANDOM.random(shape, np.float32)
    expected = ndimage.gaussian_filter(image, sigma, truncate=2.2, mode="nearest")
    blur(image, weights)
    assert np.array_equal(image, expected)


def test_squares_of_pixels_become_their_mean() -> None:
    band = RANDOM.random((31, 44), np.float32)
    expected = band.copy()
    squares = expected[:30].reshape(15, 2, 22, 2)
    squares[...] = squares.mean((1, 3), keepdims=True)
    to_20_m(band)
    assert np.array_equal(band, expected)


def test_reflectance_becomes_digital_numbers() -> None:
    image = np.array([[0.12344, np.nan, -0.3], [9.0, 0.2, 0.3], [0.5, 0.5, 0.5]], np.float32)
    numbers = np.empty(image.shape, np.uint16)
    digital_numbers(image, np.array([True, True, False]), 1000, numbers)
    assert numbers.tolist() == [[2234, 0, 1], [65_535, 3000, 4000], [0, 0, 0]]


def test_hashes_are_split_mix() -> None:
    """By Python's own whole numbers."""

    def slow(number: int, offset: int) -> float:
        z = (number + offset) % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        return ((z ^ z >> 31) // 2**40 + 0.5) / 2**24

    ids, offset, found = RANDOM.integers(-(2**60), 2**60, 50), 0xFEDCBA9876543210, np.empty(50, np.float32)
    split_mix(ids, np.uint64(offset), found)
    assert found.tolist() == [np.float32(slow(int(number), offset)) for number in ids]
