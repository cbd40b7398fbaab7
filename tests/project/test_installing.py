"""The wheel: what it holds, and that it runs by itself from an empty folder of an empty environment."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
import rasterio

import lulc_core

ROOT = Path(__file__).parents[2]
CONTENT = {".css", ".js", ".html", ".geojson", ".onnx", ".safetensors", ".json", ".pyi", ".typed"}
"""What the packages read beside their Python."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for package in ("lulc_core", "app"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=source, check=True, capture_output=True)
    (built,) = folder.glob("lulc_explorer-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path) -> Path:
    """Return the commands of a new environment that has the wheel with the extra `app`, at the pinned versions."""
    commands = wheel.parent / "environment" / "bin"
    subprocess.run([sys.executable, "-m", "venv", commands.parent], check=True)
    install = [commands / "python", "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt"]
    subprocess.run([*install, f"{wheel}[app]"], check=True)
    return commands


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to run in, without the project on the way to it."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("LULC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LULC_AHEAD", "no")
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_the_wheel_holds_all_that_the_packages_read(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(root).as_posix()
        for root, package in ((ROOT, "lulc_core"), (ROOT / "app", "lulc_explorer"))
        for path in (root / package).rglob("*")
        if path.suffix in CONTENT | {".py"} or path.name == "py.typed"
    }
    assert {Path(name).suffix for name in wanted} >= {".css", ".js", ".html", ".geojson", ".pyi", ".onnx"}
    assert wanted <= inside
    assert not [name for name in inside if name.startswith(("tests", "benchmarks", "app/"))]
    assert any(name.endswith(f"lulc_explorer-{lulc_core.__version__}.dist-info/METADATA") for name in inside)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_installed_command_makes_a_map_without_torch(environment: Path, empty: Path) -> None:
    command = [environment / "lulc", "map", "--region", "laos", "--year", "2021", "--max-scenes", "2", "--out", "out"]
    subprocess.run(command, cwd=empty, check=True)
    with rasterio.open(empty / "out" / "map.tif") as written:
        assert written.read(1).any()
    asks = "from importlib.util import find_spec; import lulc_core as l; print(find_spec('torch'), l.__file__)"
    done = subprocess.run([environment / "python", "-c", asks], cwd=empty, check=True, capture_output=True, text=True)
    torch, file = done.stdout.split()
    assert torch == "None"
    assert Path(file).is_relative_to(environment.parent)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_installed_explorer_answers(environment: Path, empty: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as output:
        command = [environment / "lulc", "app", "--port", "0"]
        server = subprocess.Popen(command, cwd=empty, stdout=output, stderr=subprocess.STDOUT)
    try:
        while server.poll() is None and "running at" not in log.read_text():
            time.sleep(0.1)
        found = re.search(r"running at: (\S+)", log.read_text())
        assert found, log.read_text()
        with urllib.request.urlopen(found[1], timeout=600) as answer:
            assert "<title>Land-cover explorer</title>" in answer.read().decode()
    finally:
        server.terminate()
        assert server.wait(60) == 0
    assert not list(empty.iterdir())
