"""A tenth of all answers bad: every kind that can be noticed, and passes, loses no scene and changes no pixel."""

from __future__ import annotations

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
    "kind", [pytest.param(k, marks=() if k in ("503", "reset") else pytest.mark.slow) for k in (*NOTICED, *CHECKED)]
)
def test_half_of_all_answers_bad_leave_scenes_out_by_name_or_not_at_all(
    catalog: MadeCatalog, model: Path, undisturbed: Pixels, tmp_path: Path, kind: str
) -> None:
    with files(catalog.root, kind, share=HALF, seed=3) as address:
        root = catalog_of(catalog.root / "items.json", address, tmp_path, checksums=kind in CHECKED)
        request = lulc.MapRequest(region=lulc.catalog_region(root), year=2020, catalog=root, model=model, max_scenes=0)
        try:
            report = lulc.make_map(request, tmp_path / "out")
        except lulc.UnreachableError as error:
            told = str(error)
            report = None
    if report is None:
        assert "None of 4 scenes could be read" in told
        return
    lost = {scene["id"] for scene in report.failed}
    assert all(scene["id"] in scene["reason"] for scene in report.failed)
    if lost:
        rest = json.loads((catalog.root / "items.json").read_text())
        rest["features"] = [feature for feature in rest["features"] if feature["id"] not in lost]
        for asset in (asset for feature in rest["features"] for asset in feature["assets"].values()):
            asset["href"] = str(catalog.root / asset["href"])
        (tmp_path / "rest").mkdir()
        (tmp_path / "rest" / "items.json").write_text(json.dumps(rest))
        same = lulc.MapRequest(
            region=request.region,
            year=2020,
            catalog=tmp_path / "rest",
            data_dirs=[catalog.root],
            model=model,
            max_scenes=0,
        )
        assert lulc.make_map(same, tmp_path / "again").failed == []
    expected = pixels_of(tmp_path / "again") if lost else undisturbed
    assert pixels_of(tmp_path / "out") == expected


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


@pytest.mark.slow
def test_bad_answers_of_another_server_lose_no_scene(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STALL", "1")
    server, items = shared("cases/faults/lib/httpd.py"), shared("real/flanders-2018/items.json")
    maps = {}
    for kind in ("ok", *SERVED.split(), *WITH_CHECKSUM):
        folder = tmp_path / kind
        folder.mkdir()
        port = folder / "port"
        command = [sys.executable, server, items.parent, port, kind, str(SHARE), "1", folder / "log", "600"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
            try:
                while not (port.exists() and port.read_text()):
                    assert running.poll() is None
                    time.sleep(0.05)
                address = f"http://127.0.0.1:{port.read_text()}"
                root = catalog_of(items, address, folder, checksums=kind in WITH_CHECKSUM, scenes=12)
                maps[kind] = mapped(root, 2018, model, folder / "out")
            finally:
                running.kill()
    assert {kind: made == maps["ok"] for kind, made in maps.items()} == dict.fromkeys(maps, True)


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
