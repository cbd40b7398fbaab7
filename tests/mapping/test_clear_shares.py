"""Scenes are chosen by what they show of the place, not of their tile."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from making import MadeCatalog, write_cog, write_model

import lulc_core as lulc
from lulc_core.mapping import clear_shares
from lulc_core.regions import footprint

if TYPE_CHECKING:
    from pathlib import Path

CLEAR, CLOUD, NOTHING = 4, 9, 0
SIZE = 80


@pytest.fixture
def tile(tmp_path: Path) -> tuple[MadeCatalog, lulc.Region]:
    """A tile of 80 x 80 pixels and a place in its corner, of 20 x 20: 10 x 10 of the scene classification."""
    made = MadeCatalog(tmp_path / "catalog", SIZE)
    covers = {"a": 90.0, "b": 10.0, "c": 20.0, "d": 30.0}
    for month, (name, cover) in enumerate(covers.items(), 1):
        made.add(name, f"2021-0{month}-03T10:00:00Z", **{"eo:cloud_cover": cover})
    codes = {name: np.full((SIZE // 2, SIZE // 2), CLOUD, np.uint8) for name in covers}
    codes["a"][:10, :10] = CLEAR  # a hole in the clouds, just here
    codes["b"][:] = CLEAR
    codes["b"][:10, :10] = CLOUD  # one cloud, just here
    codes["c"][:, :5] = CLEAR
    codes["d"][:, :5], codes["d"][:, 5:] = CLEAR, NOTHING  # the edge of a swath
    for name, values in codes.items():
        write_cog(made.root / "assets" / f"{name}_SCL.tif", values, 20.0)
    whole = lulc.catalog_region(made.root)
    return made, lulc.Region.from_grid(whole.grid[:20, :20], name="corner")


def found(tile: tuple[MadeCatalog, lulc.Region]) -> list[lulc.Scene]:
    return lulc.search(tile[1], year=2021, catalog=tile[0].root)


def test_the_share_is_that_of_the_place(tile: tuple[MadeCatalog, lulc.Region]) -> None:
    shares = {s.id: s.clear_share for s in lulc.measure_clear_shares(found(tile), tile[1])}
    assert shares == {"a": 1.0, "b": 0.0, "c": 0.5, "d": 0.5}


def test_of_a_polygon_only_what_lies_within_counts(tile: tuple[MadeCatalog, lulc.Region]) -> None:
    half = replace(tile[1], within=footprint(tile[1].grid[:, :10]))
    shares = {s.id: s.clear_share for s in lulc.measure_clear_shares(found(tile), half)}
    assert shares == {"a": 1.0, "b": 0.0, "c": 1.0, "d": 1.0}


def test_scenes_are_chosen_by_it_and_the_verdicts_say_so(tile: tuple[MadeCatalog, lulc.Region], tmp_path: Path) -> None:
    made, region = tile
    model = write_model(tmp_path / "model")
    request = lulc.MapRequest(region=region, year=2021, catalog=made.root, model=model, max_scenes=1)
    report = lulc.make_map(request, tmp_path / "out")
    said = {scene["id"]: (scene["taken"], scene["usable"], scene["usable_of"]) for scene in report.scenes}
    assert said["a"] == (True, 1.0, "place")
    assert said["b"] == (False, 0.0, "place")
    by_tile = lulc.choose(found(tile), 1)
    assert [scene.id for scene in by_tile] == ["b"]


def test_a_place_that_is_nearly_all_of_a_scene_is_not_measured(tile: tuple[MadeCatalog, lulc.Region]) -> None:
    whole = lulc.catalog_region(tile[0].root)
    scenes = lulc.search(whole, year=2021, catalog=tile[0].root)
    assert lulc.measure_clear_shares(scenes, whole) == scenes


def test_a_scene_that_the_catalog_calls_clouded_all_over_is_looked_at_before_it_is_left(tmp_path: Path) -> None:
    made = MadeCatalog(tmp_path / "catalog", SIZE)
    clear, half = (np.full((SIZE // 2, SIZE // 2), CLEAR, np.uint8) for _ in range(2))
    half[:20] = NOTHING
    for month, (name, codes) in enumerate({"right": clear, "wrong": clear, "half": half}.items(), 1):
        cover = 10.0 if name == "right" else 100.0
        made.add(name, f"2021-0{month}-03T10:00:00Z", **{"eo:cloud_cover": cover})
        write_cog(made.root / "assets" / f"{name}_SCL.tif", codes, 20.0)
    whole = lulc.catalog_region(made.root)
    scenes = lulc.measure_clear_shares(lulc.search(whole, year=2021, catalog=made.root), whole)
    assert {s.id: s.clear_share for s in scenes} == {"right": None, "wrong": 1.0, "half": pytest.approx(0.5)}
    assert {s.id for s in lulc.choose(scenes)} == {"right", "wrong", "half"}


def test_a_scene_whose_classification_is_not_read_keeps_the_catalogs_figure(
    tile: tuple[MadeCatalog, lulc.Region],
) -> None:
    made, region = tile
    (made.root / "assets" / "c_SCL.tif").unlink()
    measured = {s.id: s for s in lulc.measure_clear_shares(found(tile), region)}
    assert measured["c"].clear_share is None
    assert measured["c"].usable == pytest.approx(0.8)
    assert measured["a"].clear_share == 1.0


def test_measuring_can_be_stopped_and_tells_how_far_it_is(tile: tuple[MadeCatalog, lulc.Region]) -> None:
    stop, seen = threading.Event(), []

    def count(progress: object) -> None:
        seen.append(progress)
        stop.set()

    with pytest.raises(lulc.CancelledError):
        lulc.measure_clear_shares(found(tile), tile[1], progress=count, cancel=stop)
    assert [(p.done, p.total) for p in seen] == [(1, 4)]


def test_only_the_blocks_of_the_place_are_read_at_full_resolution(
    tile: tuple[MadeCatalog, lulc.Region], monkeypatch: pytest.MonkeyPatch
) -> None:
    grids = []
    real = clear_shares.load_scene_classification
    monkeypatch.setattr(
        clear_shares, "load_scene_classification", lambda scenes, grid: grids.append(grid) or real(scenes, grid)
    )
    lulc.measure_clear_shares(found(tile), tile[1])
    assert {(*grid.shape, grid.resolution.x) for grid in grids} == {(10, 10, 20.0)}


def test_what_scenes_are_chosen_by_is_one_of_two(tile: tuple[MadeCatalog, lulc.Region]) -> None:
    with pytest.raises(lulc.InvalidInputError, match="clear_of must be one of place, tile; got 'year'"):
        lulc.MapRequest(region=tile[1], year=2021, model="unet-simulated", clear_of="year")
