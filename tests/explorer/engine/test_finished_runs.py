"""The tiles of a finished run as places: shown as they are, and never changed."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.boxes import PREFIX
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.finished_runs import paths_of, run_places
from lulc_explorer.engine.reference_maps import own_maps
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE, OWN
from lulc_explorer.session.build import build_session
from lulc_explorer.shell.banner import Banner
from many_tiles import prepare

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

YEARS = (2020, 2021)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> lulc.Run:
    """A run over the border of two zones, with the predictions of each scene."""
    made = prepare(tmp_path_factory.mktemp("kept"), YEARS)
    kept = dataclasses.replace(made, template=dataclasses.replace(made.template, keep="predictions"))
    run = kept.into(tmp_path_factory.mktemp("kept-run") / "border")
    lulc.run_here(run)
    lulc.write_run_catalog(run.folder)
    return run


def repository(cache: Path, *runs: Path) -> MapRepository:
    return MapRepository(cache, catalog=None, model="unet-simulated", runs=runs)


def test_each_tile_is_a_place_with_its_years_and_its_maps(run: lulc.Run, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    store = repository(tmp_path, run.folder)
    assert store.imagery[0] == OWN
    offered = {key: place for key, place in store.offer(OWN).items() if place.made}
    assert {key: (place.title, place.years) for key, place in offered.items()} == {
        f"border-{tile}": (f"Tile {tile} of border", YEARS) for tile in ("31UGS", "32UKB")
    }
    for key in offered:
        for year in YEARS:
            request = store.request(key, year)
            assert request.model == run.template.open_model().name
            found = store.find(request)
            assert found is not None
            assert not found.simulated
            with rasterio.open(run.folder / f"{request.region.name}-{year}" / "map.tif") as source:
                np.testing.assert_array_equal(found.composite.data["label"].values, source.read(1))
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before
    assert list(tmp_path.iterdir()) == []


def test_no_map_of_a_run_is_made_here(run: lulc.Run, tmp_path: Path) -> None:
    store = repository(tmp_path, run.folder)
    with pytest.raises(UserError, match="has maps of a finished run only"):
        store.make(store.request("border-31UGS", 2020), lambda _: None, threading.Event())
    with pytest.raises(UserError, match=r"no imagery of 2019\. Choose one of: 2020, 2021"):
        store.request("border-31UGS", 2019)


def test_a_map_that_is_broken_is_told_and_stays(run: lulc.Run, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(run.folder, copied, symlinks=True)
    store = repository(tmp_path / "cache", copied)
    request = store.request("copied-31UGS", 2020)
    report = copied / "31UGS-2020" / "map.tif"
    report.write_bytes(report.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"The map in .*31UGS-2020 is broken"):
        store.find(request)
    assert report.exists()


def test_what_the_explorer_cannot_open_says_why(run: lulc.Run, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(run.folder, bare, ignore=shutil.ignore_patterns("predictions.zarr"))
    problems = [place.problem for place in run_places([bare])]
    assert all("made without the predictions" in problem for problem in problems)
    assert len(problems) == 2
    (bare / "31UGS-2020.json").write_text("{")
    (place,) = run_places([bare])
    assert "is not readable as JSON" in place.problem
    store = repository(tmp_path / "cache", bare)
    with pytest.raises(UserError, match="not readable as JSON"):
        store.request(place.key, 2020)


def test_the_banner_speaks_only_of_the_network_that_made_the_maps(run: lulc.Run, tmp_path: Path) -> None:
    person = build_session(repository(tmp_path, run.folder), Jobs())
    assert person.selection.places[person.selection.place].made
    assert person.selection.networks[person.selection.network].warning
    words, offer = Banner(person).__panel__()
    assert (words.object, offer.visible) == ("", False)


def test_two_runs_of_one_name_are_told_apart(run: lulc.Run, tmp_path: Path) -> None:
    twin = tmp_path / "twin" / "border"
    shutil.copytree(run.folder, twin)
    store = repository(tmp_path / "cache", run.folder, twin)
    places = [place for place in store.places.values() if place.made]
    assert {place.catalog for place in places} == {run.folder, twin}
    assert len({place.title for place in places}) == len(places) == 4


def test_a_broken_tile_leaves_the_others(run: lulc.Run, tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    shutil.copytree(run.folder, torn)
    shutil.rmtree(torn / "31UGS-2021")
    broken, whole = run_places([torn])
    assert "31UGS-2021" in broken.problem
    assert (whole.key, whole.problem, whole.years) == ("torn-32UKB", "", YEARS)


def test_a_simulated_run_is_neither_live_nor_like_a_simulated_place(run: lulc.Run, tmp_path: Path) -> None:
    said = tmp_path / "said"
    shutil.copytree(run.folder, said)
    for report in said.glob("*/report.json"):
        report.write_text(json.dumps(json.loads(report.read_text()) | {"simulated": True}))
    store = repository(tmp_path / "cache", said)
    assert {place.title for place in store.offer(OWN).values()} == {
        "Tile 31UGS of said (simulated)",
        "Tile 32UKB of said (simulated)",
    }
    assert not any(place.made for place in store.offer(LIVE).values())
    assert store.siblings(store.request("laos", 2020)) == []


@pytest.mark.parametrize("imagery", [OWN, LIVE])
def test_an_own_box_never_shows_a_tile_of_a_run(run: lulc.Run, tmp_path: Path, imagery: str) -> None:
    box = f"{PREFIX}5.00,45.00,5.02,45.02"
    offered = repository(tmp_path, run.folder).offer(imagery, box)
    assert (box in offered) == (imagery == LIVE)
    assert box not in offered or not offered[box].made


def test_a_setting_may_name_runs_and_files(run: lulc.Run) -> None:
    collection = f"{run.folder}/catalog/collection.json"
    setting = os.pathsep.join(["one.tif", str(run.folder), collection])
    assert list(own_maps(setting)) == ["own-one"]
    assert [place.key for place in run_places(paths_of(setting))] == ["border-31UGS", "border-32UKB"]
    assert run_places(paths_of("")) == []
