"""The tiles of a finished run as places: shown as they are, and never changed."""

from __future__ import annotations

import dataclasses
import gc
import json
import math
import os
import shutil
import threading
import weakref
from pathlib import Path

import numpy as np
import obstore
import pytest
import rasterio
from buckets import bucket
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.boxes import PREFIX
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.finished_runs import run_places
from lulc_explorer.engine.map_paths import places_of
from lulc_explorer.engine.open_maps import OpenMaps
from lulc_explorer.engine.reference_maps import own_maps
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE, OWN
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session.build import build_session
from lulc_explorer.shell.banner import Banner
from many_tiles import prepare
from obstore.store import from_url
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_core.runs.storage import storage

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


def test_a_run_that_goes_on_is_read_again_and_only_then(run: lulc.Run, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(run.folder, copied, symlinks=True)
    late = {path: path.read_bytes() for path in copied.glob("*-*.json")}
    first = copied / "31UGS-2020.json"
    for path in late:
        path.unlink()
    store = repository(tmp_path / "cache", copied)
    assert "no map" in store.places["run-copied"].problem.lower()
    first.write_bytes(late[first])
    store.look_again()
    (place,) = (one for one in store.places.values() if one.made)
    assert (place.key, place.years) == ("copied-31UGS", (2020,))
    assert {one.name: one.status for one in place.run_tiles} == {"31UGS": "waiting", "32UKB": "waiting"}
    assert "run-copied" not in store.places
    as_read = store.places
    store.look_again()
    assert store.places is as_read
    for path, content in late.items():
        path.write_bytes(content)
    store.look_again()
    assert {one.key: one.years for one in store.places.values() if one.made} == {
        "copied-31UGS": YEARS,
        "copied-32UKB": YEARS,
    }
    assert {one.status for one in store.places["copied-31UGS"].run_tiles} == {"done"}


def test_a_mosaic_of_a_run_and_a_map_of_its_own_are_places(run: lulc.Run, tmp_path: Path) -> None:
    mosaic, alone = tmp_path / "mosaic", run.folder / "31UGS-2021"
    lulc.write_mosaic(run.folder, mosaic, year=2021)
    torn = tmp_path / "torn"
    shutil.copytree(mosaic, torn)
    (torn / "report.json").write_text("{}")
    store = MapRepository(tmp_path / "cache", catalog=None, model="unet-simulated", runs=[mosaic, alone, torn])
    places = {place.title: place for place in store.places.values() if place.made or place.problem}
    assert places.keys() == {"mosaic, 2 tiles", "Tile 31UGS", "torn"}
    assert "no report of a map" in places["torn"].problem
    shown = store.find(store.request(places["mosaic, 2 tiles"].key, 2021, imagery=OWN))
    assert shown is not None
    assert "a mosaic holds none" in shown.why_no_votes
    np.testing.assert_array_equal(shown.composite.data["label"].values, lulc.read_map(mosaic / "map.tif").values)
    assert shown.composite.data["margin"].notnull().equals(shown.composite.data["label"] > 0)
    votes = store.find(store.request(places["Tile 31UGS"].key, 2021, imagery=OWN))
    assert votes is not None
    assert not votes.why_no_votes
    assert own_maps(f"{mosaic}{os.pathsep}{alone}") == {}


def test_a_map_that_was_left_goes_from_memory_at_once(run: lulc.Run, tmp_path: Path) -> None:
    store = repository(tmp_path, run.folder)
    store._open = OpenMaps(most=1)
    gc.disable()
    try:
        left = store.find(store.request("border-31UGS", 2020))
        assert left is not None
        assert left.composite.data["label"].shape == left.grid.shape  # of this the map is a part, and of it the map
        seen = weakref.ref(left)
        del left
        assert seen() is not None
        store.find(store.request("border-31UGS", 2021))
        assert seen() is None
    finally:
        gc.enable()


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


def bare_copy(run: lulc.Run, bare: Path) -> Path:
    """A copy of a run without the predictions of each scene, as `lulc run` leaves it unless told otherwise."""
    shutil.copytree(run.folder, bare, ignore=shutil.ignore_patterns("predictions.zarr"))
    for sums in bare.glob("*/checksums.sha256"):
        kept = [line for line in sums.read_text().splitlines(keepends=True) if "predictions.zarr" not in line]
        sums.write_text("".join(kept))
    return bare


def test_a_map_without_votes_is_shown_as_it_was_made_and_says_so(run: lulc.Run, tmp_path: Path) -> None:
    store = repository(tmp_path / "cache", bare_copy(run, tmp_path / "bare"))
    request = store.request("bare-31UGS", 2020)
    found, whole = (
        repository(tmp_path / "cache", folder).find(store_request)
        for folder, store_request in (
            (tmp_path / "bare", request),
            (run.folder, repository(tmp_path / "cache", run.folder).request("border-31UGS", 2020)),
        )
    )
    assert found is not None
    assert whole is not None
    for name in ("label", "runner_up", "observations"):
        np.testing.assert_array_equal(found.composite.data[name].values, whole.composite.data[name].values)
    np.testing.assert_allclose(found.composite.data["support"], whole.composite.data["support"], atol=0.005)
    assert found.composite.hectares == pytest.approx(whole.composite.hectares, abs=0.01)
    assert found.scene_count == 3
    assert {name for name, layer in LAYERS.items() if layer.offered(found)} >= {"classes", "support", "observations"}
    assert not {"prediction", "votes", "stability"} & {n for n, layer in LAYERS.items() if layer.offered(found)}
    for refused in (
        lambda: found.weigh({"crops": 2.0}),
        lambda: found.ledger((0, 0), {}),
        lambda: found.evidence((0, 0)),
    ):
        with pytest.raises(UserError, match="were not kept when this map was made"):
            refused()
    assert found.why_no_votes in found.report["warnings"]


def test_a_tile_that_is_too_large_is_read_coarser(
    run: lulc.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lulc_explorer.engine.composite_only.MOST_HA", 2)  # the tile has 18
    store = repository(tmp_path, run.folder)
    request = store.request("border-31UGS", 2020)
    found = store.find(request)
    assert found is not None
    with rasterio.open(run.folder / "31UGS-2020" / "map.tif") as source:
        whole, grid = source.read(1), GeoBox.from_rio(source)
    assert found.grid == request.region.grid
    assert found.grid.resolution.x == 10 * found.step > 10
    rows, columns = np.indices(found.grid.shape)
    for row, column in zip(rows.ravel(), columns.ravel(), strict=True):
        x, y = found.grid.affine @ (column + 0.5, row + 0.5)
        across, down = (math.floor(at + 1e-6) for at in ~grid.affine @ (x, y))
        assert found.composite.label[row, column] == whole[down, across]
    assert "pixel of every" in found.why_no_votes
    assert found.composite.mapped_ha == pytest.approx((whole > 0).sum() / 100, rel=1e-3)
    assert found.map_file(found.composite) == (run.folder / "31UGS-2020" / "map.tif").read_bytes()


def test_what_the_explorer_cannot_open_says_why(run: lulc.Run, tmp_path: Path) -> None:
    bare = bare_copy(run, tmp_path / "bare")
    (bare / "31UGS-2020.json").write_text("{")
    (place,) = run_places([bare])
    assert "is not readable as JSON" in place.problem
    store = repository(tmp_path / "cache", bare)
    with pytest.raises(UserError, match="not readable as JSON"):
        store.request(place.key, 2020)


def test_a_run_in_a_bucket_says_where_it_lies_and_is_copied_once(
    run: lulc.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bucket():
        here = storage(run.folder)
        for name in [
            *here.names(),
            *(f"{unit.name}/{one}" for unit in run.units for one in here.names_below(unit.name)),
        ]:
            obstore.put(from_url("s3://maps/all/border"), name, run.folder / name)
        setting = f"s3://maps/all/border/catalog/collection.json{os.pathsep}{run.folder}{os.pathsep}s3://maps/none"
        store = repository(tmp_path, *places_of(setting))
        places = [place for place in store.offer(OWN).values() if "s3://" in place.title or place.problem]
        assert [place.title for place in places] == [
            "Tile 31UGS of s3://maps/all/border",
            "Tile 32UKB of s3://maps/all/border",
            "s3://maps/none",
        ]
        assert "s3://maps/none holds no run" in places[2].problem
        request = store.request(places[0].key, 2020)
        assert store.find(request) is None
        steps: list[lulc.Progress] = []
        made = store.make(request, steps.append, threading.Event())
        assert {step.stage for step in steps} == {"download"}
        with rasterio.open(run.folder / "31UGS-2020" / "map.tif") as source:
            np.testing.assert_array_equal(made.composite.data["label"].values, source.read(1))
        again = repository(tmp_path, *places_of(setting))
        monkeypatch.setattr(lulc, "copy_map", None)
        assert again.find(again.request(places[0].key, 2020)) is not None

        cancel = threading.Event()
        cancel.set()
        monkeypatch.undo()
        other = store.request(places[0].key, 2021)
        with pytest.raises(lulc.CancelledError):
            store.make(other, lambda _: None, cancel)
        assert not store.has(other)


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
    assert [place.key for place in run_places(places_of(setting))] == ["border-31UGS", "border-32UKB"]
    assert run_places(places_of("")) == []
    asked = os.pathsep.join(["s3://maps/a", run.folder.as_uri(), "/data/b", "http://host:9000/c", "gs://d"])
    assert places_of(asked) == ["s3://maps/a", run.folder, Path("/data/b"), "http://host:9000/c", "gs://d"]
    (place,) = run_places(["http://host:9000/c"])
    assert "is no place for a run; expected a folder, or a bucket" in place.problem
