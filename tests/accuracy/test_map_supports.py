"""Supports of a map: the majority around each pixel, against a slow loop, and paired differences."""

import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

import lulc_core as lulc

GRID = GeoBox.from_bbox((500_000, 5_600_000, 500_200, 5_600_150), crs="EPSG:32631", resolution=10)
CODES = np.random.default_rng(5).choice(np.array([0, 1, 2, 5], np.uint8), (15, 20), p=[0.1, 0.3, 0.3, 0.3])
COVER = wrap_xr(CODES, GRID)
PLACES = np.argwhere(CODES > 0)[::3]
SAMPLE = pd.DataFrame(
    {
        "x": 500_005 + 10.0 * PLACES[:, 1],
        "y": 5_600_145 - 10.0 * PLACES[:, 0],
        "reference": [lulc.LEGEND[int(CODES[r, c])].name if r % 2 else "crops" for r, c in PLACES],
    }
)
DESIGN = lulc.Design.simple_random(270)


def by_a_loop(row: int, column: int, reach: int) -> int:
    """The most frequent class around a pixel, its own among those that are equally frequent, else the lowest."""
    around = CODES[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1].ravel()
    votes = Counter(int(code) for code in around if code)
    most = [code for code, n in votes.items() if n == max(votes.values())]
    own = int(CODES[row, column])
    return own if own in most else min(most)


def test_the_majority_is_that_of_a_slow_loop() -> None:
    found = lulc.assess_supports(SAMPLE, COVER, design=DESIGN)
    for support, reach in ((1, 0), (9, 1), (25, 2)):
        right = [by_a_loop(r, c, reach) for r, c in PLACES.tolist()]
        share = np.mean([lulc.LEGEND[code].name == name for code, name in zip(right, SAMPLE["reference"], strict=True)])
        assert found.assessments[support].overall.value == pytest.approx(share)
        assert support == 1 or found.differences[support].overall.second.value == pytest.approx(share)
    assert found.unit(25) == "majority of 5 x 5 pixels (0.25 ha)"


def test_degrees_and_metres_name_the_same_pixels() -> None:
    from pyproj import Transformer

    lon, lat = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True).transform(SAMPLE["x"], SAMPLE["y"])
    degrees = SAMPLE.drop(columns=["x", "y"]).assign(lon=lon, lat=lat)
    found = [lulc.assess_supports(one, COVER, (1, 9), design=DESIGN).to_frame() for one in (SAMPLE, degrees)]
    pd.testing.assert_frame_equal(*found)
    turned = degrees.rename(columns={"lon": "lat", "lat": "lon"})
    with pytest.raises(lulc.InvalidInputError, match=r"If lon and lat are exchanged, (\d+) of \1 would be right"):
        lulc.assess_supports(turned, COVER, (1, 9), design=DESIGN)


@pytest.mark.parametrize(
    "name, value", [("latlon", "51.01, 4.2"), ("coordinates", "4.2 51.01"), ("WKT", "POINT (4.2 51.01)")]
)
def test_a_column_with_both_coordinates_is_named(name: str, value: str) -> None:
    one = SAMPLE.drop(columns=["x", "y"]).assign(**{name: value})
    with pytest.raises(
        lulc.InvalidInputError, match="columns lon,lat .*" + re.escape(f"{name!r} holds both, {value!r}")
    ):
        lulc.assess_supports(one, COVER, (1, 9), design=DESIGN)


def test_a_map_that_is_not_that_of_the_sample_is_told() -> None:
    other = SAMPLE.assign(map="water")
    found = lulc.assess_supports(other, COVER, (1, 9), design=DESIGN)
    assert "the map has another class than the sample's column 'map'" in found.warnings[0]
    with pytest.raises(lulc.InvalidInputError, match="squares of odd numbers"):
        lulc.assess_supports(SAMPLE, COVER, (1, 4), design=DESIGN)
    with pytest.raises(lulc.InvalidInputError, match=r"no class for 1 of \d+ places \(row 1\)"):
        lulc.assess_supports(SAMPLE.assign(x=[0.0, *SAMPLE["x"][1:]]), COVER, design=DESIGN)
