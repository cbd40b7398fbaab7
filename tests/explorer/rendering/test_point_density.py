from __future__ import annotations

import making  # noqa: F401
import numpy as np
from lulc_explorer.rendering.markers import MOST_MARKERS, SamplePoints
from lulc_explorer.rendering.palette import RIGHT, WRONG
from lulc_explorer.rendering.point_density import shade
from lulc_explorer.rendering.raster import Picture, Viewport

VIEW = Viewport(bounds=(0.0, 0.0, 200.0, 100.0), width=200, height=100)


def rgba(picture: Picture) -> np.ndarray:
    """Shape (y, x, 4), first row south, as `VIEW` counts."""
    return np.ascontiguousarray(picture.pixels[::-1]).view(np.uint8).reshape(*picture.pixels.shape, 4)


def ink(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def points(x: np.ndarray, y: np.ndarray, right: np.ndarray) -> SamplePoints:
    return SamplePoints(x=x, y=y, right=right, words=[], title="a survey")


def test_each_dot_is_seen_where_it_lies_in_the_ink_of_right_or_wrong() -> None:
    picture = rgba(shade(points(np.array([20.5, 150.5]), np.array([10.5, 80.5]), np.array([True, False])), VIEW))
    for (row, column), colour in (((10, 20), RIGHT), ((80, 150), WRONG)):
        np.testing.assert_allclose(picture[row, column, :3], ink(colour), atol=2)
        assert picture[row, column, 3] > 100
    seen = picture[..., 3] > 0
    assert not seen[30:60].any()
    assert seen.sum() < 200


def test_a_crowd_is_drawn_whole_and_what_is_out_of_view_is_not() -> None:
    random = np.random.default_rng(0)
    x, y = random.uniform(-200, 400, 300_000), random.uniform(-100, 200, 300_000)
    x[(x > 50) & (x < 60)] = -1  # a strip without any
    many = points(x, y, random.random(300_000) < 0.8)
    assert many.crowded
    assert not points(x[:MOST_MARKERS], y[:MOST_MARKERS], many.right[:MOST_MARKERS]).crowded
    seen = rgba(shade(many, VIEW))[..., 3] > 0
    there, *_ = np.histogram2d(y, x, bins=(100, 200), range=((0, 100), (0, 200)))
    assert seen[there > 0].all()
    assert not seen[:, 53:57].any()
