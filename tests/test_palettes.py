"""The colours of the classes, as people of any colour vision see them.

The simulation is that of Machado, Oliveira and Fernandes 2009 (doi:10.1109/TVCG.2009.113) at full severity, with their
published matrices; the difference is the distance in CIELAB (CIE 1976), under D65.
"""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

import lulc_core as lulc

VISIONS = {
    "trichromat": np.eye(3),
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanope": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Of linear sRGB, D65 (IEC 61966-2-1)."""


def linear(colour: tuple[int, int, int]) -> NDArray[np.float64]:
    share = np.array(colour) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIELAB of linear sRGB."""
    ratio = XYZ @ rgb.clip(0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one: tuple[int, int, int], other: tuple[int, int, int], vision: str) -> float:
    """Return the colour difference of two colours as a vision has them."""
    seen = np.asarray(VISIONS[vision])
    return float(np.linalg.norm(lab(seen @ linear(one)) - lab(seen @ linear(other))))


def lightness(colour: tuple[int, int, int]) -> float:
    return float(lab(linear(colour))[0])


@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_distinct_colours_are_told_apart_with_any_colour_vision(vision: str) -> None:
    colours = {c.name: c.colour for c in lulc.REFERENCE_LEGEND.distinct}
    near = {pair: apart(*(colours[name] for name in pair), vision) for pair in combinations(colours, 2)}
    assert not {pair: round(by, 1) for pair, by in near.items() if by < 20}


def test_any_two_distinct_colours_are_told_apart_in_grey() -> None:
    greys = {c.name: lightness(c.colour) for c in lulc.LEGEND.distinct}
    near = {pair: abs(greys[pair[0]] - greys[pair[1]]) for pair in combinations(greys, 2)}
    assert not {pair: round(by, 1) for pair, by in near.items() if by < 9}


def test_the_published_colours_of_grass_and_crops_are_near_for_protanopes() -> None:
    grass, crops = (lulc.LEGEND[name].colour for name in ("grass", "crops"))
    assert apart(grass, crops, "protanope") == pytest.approx(11, abs=0.5)


def test_only_the_colours_differ() -> None:
    for published, distinct in zip(lulc.REFERENCE_LEGEND, lulc.REFERENCE_LEGEND.distinct, strict=True):
        assert (published.code, published.name, published.weight) == (distinct.code, distinct.name, distinct.weight)
