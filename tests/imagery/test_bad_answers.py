"""A tenth of all answers bad: every kind that can be noticed, and passes, loses no scene and changes no pixel."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import rasterio
from faulty_server import CHECKED, NOTICED, files
from making import MadeCatalog, shared, write_model
from stac_server import landing

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHARE = 0.1
HALF = 0.5
ALWAYS = ("404", "page", "short", "another_range")
"""Kinds that lost scenes once: they are tried in every run of the tests."""
SERVED = "429 429ra60 401 403 404 408 416 500 503 504 reset reset-mid trunc short stall drip wrongcr empty200 empty206"
WITH_CHECKSUM = ("flip", "zeros", "wrongbody", "otherfile")

Pixels = dict[str, bytes]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> MadeCatalog:
    """A catalog of files that take several requests each."""
    made = MadeCatalog(tmp_path_factory.mktemp("catalog"), size=160)
    for month in range(1, 5):
        made.add(f"S2A_20200{month}", f"2020-0{month}-11T10:00:00Z")
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def undisturbed(catalog: MadeCatalog, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Pixels:
    return mapped(catalog.root, 2020, model, tmp_path_factory.mktemp("map") / "out")


def mapped(root: Path, year: int, model: Path, out: Path) -> Pixels:
    """The pixels of a map for which every scene was read."""
    region = lulc.catalog_region(root)
    report = lulc.make_map(lulc.MapRequest(region=region, year=year, catalog=root, model=model, max_scenes=0), out)
    assert report.failed == []
    return pixels_of(out)


def pixels_of(out: Path) -> Pixels:
    return {path.name: rasterio.open(path).read().tobytes() for path in out.glob("*.tif")}


def catalog_of(items: Path, address: str, folder: Path, *, checksums: bool, scenes: int | None = None) -> Path:
    """A local catalog of files that are served from the folder of its items."""
    collection = json.loads(items.read_text())
    collection["features"] = collection["features"][:scenes]
    for feature in collection["features"]:
        for asset in feature["assets"].values():
            content = (items.parent / asset["href"]).read_bytes()
            asset["href"] = asset["href"].replace("./", f"{address}/", 1)
            if checksums:
                asset["file:checksum"] = "1220" + hashlib.sha256(content).hexdigest()
    (folder / "items.json").write_text(json.dumps(collection))
    return folder


def test_bad_answers_lose_no_scene(
    catalog: MadeCatalog, model: Path, undisturbed: Pixels, tmp_path: Path, kind: str, seed: int
) -> None:
    with files(catalog.root, kind, share=SHARE, seed=seed) as address:
        root = catalog_of(catalog.root / "items.json", address, tmp_path, checksums=kind in CHECKED)
        assert mapped(root, 2020, model, tmp_path / "out") == undisturbed


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=() if k == "reset" else pytest.mark.slow) for k in (*NOTICED, *CHECKED)]
)
def test_half_of_all_answers_bad_leave_scenes_out_by_name_or_not_at_all(
    catalog: MadeCatalog, model: Path, undisturbed: Pixels, tmp_path: Path, kind: str
) -> None:
    with files(catalog.root, kind, share=HALF, seed=3) as address:
        root = catalog_of(catalog.root / "items.json", address, tmp_path, checksums=kind in CHECKED)
        lost = left_out(root, 2020, model, tmp_path / "out", scenes=4)
    if len(lost) < 4:
        expected = of_the_rest(catalog.root / "items.json", 2020, model, tmp_path, lost) if lost else undisturbed
        assert pixels_of(tmp_path / "out") == expected


def left_out(root: Path, year: int, model: Path, out: Path, *, scenes: int) -> set[str]:
    """The scenes of a catalog that a map names as left out; all of them if there is no map."""
    region = lulc.catalog_region(root)
    request = lulc.MapRequest(region=region, year=year, catalog=root, model=model, max_scenes=0)
    told = ""
    try:
        report = lulc.make_map(request, out)
    except lulc.UnreachableError as error:
        told = str(error)
    if told:
        assert f"None of {scenes} scenes could be read" in told
        return {feature["id"] for feature in json.loads((root / "items.json").read_text())["features"]}
    assert all(scene["id"] in scene["reason"] for scene in report.failed)
    assert len(report.scenes) == scenes
    return {scene["id"] for scene in report.failed}


def of_the_rest(items: Path, year: int, model: Path, folder: Path, lost: set[str], scenes: int | None = None) -> Pixels:
    """The pixels of a map of the files themselves, without some scenes; on the ground of them all."""
    collection = json.loads(items.read_text())
    features = collection["features"][:scenes]
    for asset in (asset for feature in features for asset in feature["assets"].values()):
        asset["href"] = str(items.parent / asset["href"])
    region = lulc.catalog_region(items.parent)
    rest = folder / "rest"
    rest.mkdir()
    kept = [feature for feature in features if feature["id"] not in lost]
    (rest / "items.json").write_text(json.dumps(collection | {"features": kept}))
    same = lulc.MapRequest(region=region, year=year, catalog=rest, data_dirs=[items.parent], model=model, max_scenes=0)
    assert lulc.make_map(same, folder / "again").failed == []
    return pixels_of(folder / "again")


SURE = ("408", "429", "500", "502", "503", "504", "reset", "reset_midway", "truncated", "short", "page", "empty")
"""Bad answers of a search after which it is asked again."""


@pytest.mark.parametrize("share", [SHARE, HALF])
@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=() if k in ("503", "truncated", "page") else pytest.mark.slow) for k in NOTICED]
)
def test_bad_answers_of_a_search_lose_no_item(
    catalog: MadeCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, share: float
) -> None:
    region = lulc.catalog_region(catalog.root)
    found, failed = [], []
    for seed in range(6):
        with files(tmp_path, kind, share=share, seed=seed) as address:
            (tmp_path / "index.json").write_text(json.dumps(landing(address)))
            items = {"type": "FeatureCollection", "features": catalog.items, "links": []}
            (tmp_path / "search").write_text(json.dumps(items))
            try:
                found.append([scene.id for scene in lulc.search(region, year=2020, catalog=address, timeout=2)])
            except lulc.LulcError as error:
                failed.append(address in str(error))
    assert all(names == [feature["id"] for feature in catalog.items] for names in found)
    assert found
    assert all(failed)
    if kind in SURE:
        assert len(found) >= (6 if share == SHARE else 5)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        every = [(kind, seed) for kind in (*NOTICED, *CHECKED) for seed in (1, 2)]
        often = [(kind, 1) for kind in ALWAYS]
        cases = [pytest.param(*case, marks=() if case in often else pytest.mark.slow) for case in every]
        metafunc.parametrize("kind, seed", cases)


@contextlib.contextmanager
def other_server(items: Path, kind: str, share: float, folder: Path) -> Iterator[str]:
    """Serve the files of a catalog by the server of the handed cases."""
    folder.mkdir()
    port, log = folder / "port", folder / "log"
    command = [sys.executable, shared("cases/faults/lib/httpd.py"), items.parent, port, kind, str(share), "1", log]
    with subprocess.Popen([*command, "3000"], stderr=subprocess.DEVNULL) as running:
        try:
            while not (port.exists() and port.read_text()):
                assert running.poll() is None
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port.read_text()}"
        finally:
            running.kill()


@pytest.mark.slow
def test_bad_answers_of_another_server_lose_no_scene(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STALL", "1")
    items, maps = shared("real/flanders-2018/items.json"), {}
    for kind in ("ok", *SERVED.split(), *WITH_CHECKSUM):
        with other_server(items, kind, SHARE, tmp_path / kind) as address:
            root = catalog_of(items, address, tmp_path / kind, checksums=kind in WITH_CHECKSUM, scenes=12)
            maps[kind] = mapped(root, 2018, model, tmp_path / kind / "out")
    assert {kind: made == maps["ok"] for kind, made in maps.items()} == dict.fromkeys(maps, True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*SERVED.split(), "stall-mid", "html200", "loop302", *WITH_CHECKSUM])
def test_half_of_all_answers_of_another_server_bad_leave_scenes_out_by_name_or_not_at_all(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("STALL", "1")
    items, folder, scenes = shared("real/flanders-2018/items.json"), tmp_path / kind, 4
    with other_server(items, kind, HALF, folder) as address:
        root = catalog_of(items, address, folder, checksums=kind in WITH_CHECKSUM, scenes=scenes)
        lost = left_out(root, 2018, model, folder / "out", scenes=scenes)
    if len(lost) < scenes:
        assert pixels_of(folder / "out") == of_the_rest(items, 2018, model, folder, lost, scenes)


def test_a_bad_answer_is_heard_of_whatever_cores_gdal_may_use(catalog: MadeCatalog, tmp_path: Path) -> None:
    region = lulc.catalog_region(catalog.root)

    def values(root: Path) -> bytes:
        scenes = lulc.search(region, year=2020, catalog=root)
        with rasterio.Env(GDAL_NUM_THREADS=4):
            return (
                lulc.load(scenes, region.grid, ("B04", "B03", "B02")).compute(scheduler="synchronous").values.tobytes()
            )

    with files(catalog.root, "page", share=SHARE, seed=0) as address:
        served = catalog_of(catalog.root / "items.json", address, tmp_path, checksums=False)
        assert values(served) == values(catalog.root)
