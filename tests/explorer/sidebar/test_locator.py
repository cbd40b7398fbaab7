"""The tiles of a run on the locator: their status in words and looks, and what a click on one does."""

from __future__ import annotations

import pytest
from lulc_explorer.engine.finished_runs import tiles_of_run
from lulc_explorer.rendering import raster
from lulc_explorer.sidebar.locator import around, tell

import lulc_core as lulc
from lulc_core.runs.plan import RunPlan

PLAN = RunPlan(
    settings={}, maps={f"{tile}-{year}": None for tile in ("31UGS", "32UKB", "32UKA") for year in (2020, 2021)}
)
RECORDS = [
    lulc.Record(tile="31UGS", year=2020, status="done"),
    lulc.Record(tile="31UGS", year=2021, status="done"),
    lulc.Record(tile="32UKB", year=2020, status="done"),
    lulc.Record(tile="32UKB", year=2021, status="failed", error="No scene."),
]


def test_a_tile_has_the_least_status_of_its_years_and_says_why() -> None:
    tiles = {tile.name: tile for tile in tiles_of_run(PLAN, RECORDS, "border")}
    assert {name: (tile.status, tile.place) for name, tile in tiles.items()} == {
        "31UGS": ("done", "border-31UGS"),
        "32UKB": ("failed", "border-32UKB"),
        "32UKA": ("waiting", ""),
    }
    assert tiles["32UKB"].words == "32UKB-2020 done; 32UKB-2021 failed: No scene."
    assert "1 of 3 tiles of this run are done, 1 waiting, 1 failed." in tell(list(tiles.values()))
    assert tell([]) == ""


def test_all_tiles_of_both_zones_are_in_view() -> None:
    tiles = tiles_of_run(PLAN, RECORDS, "border")
    west, south, east, north = around(tiles)
    for tile in tiles:
        edges = raster.mercator_bounds(tile.grid)
        assert west < edges[0] < edges[2] < east
        assert south < edges[1] < edges[3] < north
    assert east - west == pytest.approx(north - south, rel=0.5)
