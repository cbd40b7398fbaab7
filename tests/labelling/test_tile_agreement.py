"""Agreement on the pixels of tiles: counts by hand, and intervals that know that pixels come in tiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

import lulc_core as lulc

GRIDS = [
    GeoBox.from_bbox((500_000 + 200 * i, 5_600_000, 500_120 + 200 * i, 5_600_080), crs="EPSG:32631", resolution=10)
    for i in range(3)
]
"""Tiles of 12 x 8 pixels."""


def columns(grid: GeoBox, **parts: tuple[int, int]) -> list[lulc.MarkedPolygon]:
    """Mark columns of a tile, the first and the one after the last of each class."""
    west, south, _, north = grid.boundingbox.bbox
    ends = {name: (west + 10 * a, south, west + 10 * b, north) for name, (a, b) in parts.items()}
    return [lulc.MarkedPolygon(name=name, geometry=shapely.box(*end)) for name, end in ends.items()]


def test_pixels_that_both_have_marked_are_counted_and_the_interval_is_one_of_tiles() -> None:
    tiles = pd.DataFrame({"lon": [3.0, 3.1, 3.2], "lat": 50.5, "grid": GRIDS})
    with lulc.LabelDatabase("sqlite:///:memory:") as database:
        terms = {"kind": "tiles", "interpreters": 2, "rule": "majority"}
        desk = lulc.create_label_project(database, lulc.LabelProject(name="Tiles", **terms), tiles)
        for unit, edge in ((1, 5), (2, 6), (3, 7)):
            grid = desk.unit(unit).grid
            lulc.mark_tile(desk, "Ana", unit, columns(grid, water=(0, 6), crops=(6, 12)))
            lulc.mark_tile(desk, "Ben", unit, columns(grid, water=(0, edge), crops=(edge, 11)))
            assert unit > 1 or lulc.class_agreement(desk)["low"].isna().all()  # one tile tells of no other
        pairs = lulc.pair_agreement(desk).set_index("class")
        by_class = lulc.class_agreement(desk)
        assert "of the pixels that two people marked" in lulc.report_facts(desk)["agreement"]
    assert pairs[["first", "second"]].drop_duplicates().to_numpy().tolist() == [["Ana", "Ben"]]
    assert pairs[["both", "agree"]].to_dict("index") == {
        "": {"both": 264, "agree": 248},
        "crops": {"both": 128, "agree": 112},
        "water": {"both": 152, "agree": 136},
    }
    assert by_class[["any", "all"]].to_numpy().tolist() == [[128, 112], [152, 136]]
    rows = [("water", 5, 5), ("crops", 5, 5), ("water", 6, 6), ("crops", 5, 5), ("water", 6, 6), ("crops", 4, 4)]
    agreed = pd.DataFrame([(i // 2, *row) for i, row in enumerate(rows)], columns=["cluster", "map", "pixels", "_"])
    agreed = agreed.assign(reference=agreed["map"])
    apart = pd.DataFrame({"cluster": [0, 2], "map": ["water", "crops"], "reference": ["crops", "water"], "pixels": 1})
    table = pd.concat([agreed, apart])[["cluster", "map", "reference", "pixels"]]
    interval = lulc.assess(table, design=lulc.Design.indicative("cluster")).overall.interval()
    assert pairs.loc["", ["low", "high"]].tolist() == pytest.approx(interval)


@pytest.mark.parametrize("rule", ["strict", "majority", "adjudicated"])
def test_what_pixels_without_a_consensus_may_hide_is_bounded(rule: str) -> None:
    whole = GeoBox.from_bbox((500_000, 5_600_000, 500_520, 5_600_080), crs="EPSG:32631", resolution=10)
    cover = wrap_xr(np.full(whole.shape, lulc.LEGEND["water"].code, np.uint8), whole)
    tiles = pd.DataFrame({"lon": [3.0, 3.1, 3.2], "lat": 50.5, "grid": GRIDS})
    with lulc.LabelDatabase("sqlite:///:memory:") as database:
        terms = {"kind": "tiles", "interpreters": 2, "rule": rule}
        desk = lulc.create_label_project(database, lulc.LabelProject(name="Tiles", **terms), tiles)
        for unit, edge in ((1, 6), (2, 4), (3, 3)):  # of eleven columns: one is marked by nobody
            grid = desk.unit(unit).grid
            lulc.mark_tile(desk, "Ana", unit, columns(grid, water=(0, 6), crops=(6, 11)))
            lulc.mark_tile(desk, "Ben", unit, columns(grid, water=(0, edge), crops=(edge, 10)))
        if rule == "adjudicated":
            lulc.adjudicate(desk, "Eva", 3, None, marks=columns(desk.unit(3).grid, water=(0, 6), crops=(6, 11)))
        bounds = lulc.tile_bounds(desk, cover).set_index(["figure", "class"])
        agreed = lulc.assess(lulc.tile_sample(desk, cover), design=lulc.project_design(desk))
    # by columns: agreed water, agreed crops, in dispute, and crops by Ana alone, which can be nothing else
    tiles_of = {"adjudicated": [(6, 4, 0, 1), (4, 4, 2, 1), (6, 5, 0, 0)]}
    counts = np.sum(tiles_of.get(rule, [(6, 4, 0, 1), (4, 4, 2, 1), (3, 4, 3, 1)]), axis=0)
    water, crops, dispute, alone = counts.tolist()
    found = bounds.loc[("overall accuracy", "")]
    assert found["dropped"] == pytest.approx(agreed.overall.value) == pytest.approx(water / (water + crops))
    assert found["low"] == pytest.approx(water / counts.sum())
    assert found["high"] == pytest.approx((water + dispute) / counts.sum())
    assert alone > 0
