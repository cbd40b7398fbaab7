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

import lulc_core as lulc
from lulc_core.imagery import fetching

if TYPE_CHECKING:
    from pathlib import Path

SHARE = 0.1
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


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fetching._GDAL, "GDAL_HTTP_RETRY_DELAY", "0.05")


def mapped(root: Path, year: int, model: Path, out: Path) -> Pixels:
    """The pixels of a map for which every scene was read."""
    region = lulc.catalog_region(root)
    report = lulc.make_map(lulc.MapRequest(region=region, year=year, catalog=root, model=model, max_scenes=0), out)
    assert report.failed == []
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
