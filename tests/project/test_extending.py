"""What `docs/extending.md` shows works: its changes are applied to a copy of the packages, and each is used there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import MadeCatalog, write_cog

ROOT = Path(__file__).parents[2]
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", (ROOT / "docs" / "extending.md").read_text(), re.M | re.S))
"""Text of each section by its title."""


def fenced(kind: str, text: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)


def hunks(section: str) -> list[tuple[str, str, str]]:
    """Return file, old text and new text of each place that a section changes; the old text of a new file is empty."""
    found = []
    for block in fenced("diff", section):
        for path, changes in re.findall(r"^\+\+\+ b/(\S+)\n(.*?)(?=^--- a/|\Z)", block, re.M | re.S):
            for change in changes.split("@@\n")[1:]:
                lines = change.splitlines(keepends=True)
                old, new = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
                found.append((path, old, new))
    for block in fenced("python", section):
        first, _, rest = block.partition("\n")
        found.append((first.removeprefix("# "), "", rest))
    return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the packages with every change of the page."""
    copy = tmp_path_factory.mktemp("extended")
    for package in ("lulc_core", "app"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for section in SECTIONS.values():
        for path, old, new in hunks(section):
            file = copy / path
            before = file.read_text() if old else ""
            assert before.count(old) == 1, f"{path} no longer holds once:\n{old}"
            file.write_text(before.replace(old, new) if old else new)
    return copy


def environment(house: Path) -> dict[str, str]:
    """Return the environment in which Python finds the copy, and neither the folder it runs in nor the original."""
    paths = (house, house / "app", ROOT / "tests")
    return {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONSAFEPATH": "1"}


def run(house: Path, *command: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env=os.environ | environment(house),
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def lulc(house: Path, *arguments: object) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    return json.loads(run(house, "-m", "lulc_core", *arguments, "--json"))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalog of four scenes that have the new band."""
    made = MadeCatalog(tmp_path_factory.mktemp("catalog"), size=96)
    for month in (1, 4, 7, 10):
        name = f"S2A_2020{month:02}"
        made.add(name, f"2020-{month:02}-15T10:50:00Z")
        write_cog(made.root / f"{name}_B8A.tif", made.random.integers(1, 8000, (48, 48)).astype(np.uint16), 20.0)
        made.items[-1]["assets"]["B8A"] = {"href": f"./{name}_B8A.tif"}
    made.save()
    return made.root


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a network with the new band, the new class and the new format."""
    folder = tmp_path_factory.mktemp("network")
    (card,) = fenced("json", SECTIONS["A band"])
    (folder / "model.json").write_text(card)
    np.savez(folder / "model.npz", weights=np.array([[9, -9], [-9, 9]], np.float32))
    return folder


@pytest.fixture(scope="module")
def made_map(house: Path, catalog: Path, network: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the report of a map, and its folder as ``folder``."""
    out = tmp_path_factory.mktemp("map") / "out"
    report = lulc(house, "map", "--catalog", catalog, "--model", network, "--year", 2020, "--out", out)
    return report | {"folder": out}


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_takes_one_file_and_at_most_one_line_elsewhere(title: str) -> None:
    added = [(path, len(new.splitlines()) - len(old.splitlines())) for path, old, new in hunks(SECTIONS[title])]
    own = max(added, key=lambda change: change[1], default=("", 0))[0]
    assert sum(lines for path, lines in added if path != own) <= 1
    assert sum(lines > 1 for _, lines in added) <= 1


def test_a_new_class_a_new_band_and_a_new_network_format_make_a_map(made_map: dict[str, Any]) -> None:
    assert made_map["classes"]["mangroves"]["pixels"] > 100
    assert made_map["classes"]["crops"]["pixels"] > 100


def test_wrong_weights_of_a_new_format_are_refused(house: Path, catalog: Path, network: Path, tmp_path: Path) -> None:
    shutil.copy(network / "model.json", tmp_path)
    np.savez(tmp_path / "model.npz", weights=np.zeros((3, 3), np.float32))
    with pytest.raises(AssertionError, match=r"weights of shape \(2, 2\); got \(3, 3\)"):
        lulc(house, "map", "--catalog", catalog, "--model", tmp_path, "--year", 2020, "--out", tmp_path / "out")


def test_a_new_design_draws_a_sample_that_a_new_estimator_assesses(
    house: Path, made_map: dict[str, Any], tmp_path: Path
) -> None:
    raster, sample = next(made_map["folder"].glob("*map*.tif")), tmp_path / "sample.csv"
    drawn = lulc(
        house, "sample", "--map", raster, "--reference", raster, "--out", sample, "--design", "systematic", "--size", 64
    )
    assert (drawn["design"], drawn["rows"]) == ("systematic", 64)
    areas = tmp_path / "areas.csv"
    pixels = {name: c["pixels"] for name, c in made_map["classes"].items() if c["pixels"] and name != "no data"}
    areas.write_text("class,pixels\n" + "".join(f"{name},{n}\n" for name, n in pixels.items()))
    given = ("--sample", sample, "--strata", tmp_path / "strata.csv", "--mapped-area", areas, "--pixel-ha", 0.01)
    assessed = lulc(house, "assess", *given, "--area-estimator", "direct")
    assert assessed["design"].endswith("areas by direct")
    assert "mangroves" in assessed["area"]


def test_a_new_interval_is_chosen_by_name(house: Path) -> None:
    estimate = "lulc.Estimate(value=0.5, standard_error=0.1, degrees_of_freedom=9, bounds=(0, 1))"
    low, high = run(
        house, "-c", f"import lulc_core as lulc; print(*{estimate}.interval(0.75, method='chebyshev'))"
    ).split()
    assert (float(low), float(high)) == pytest.approx((0.3, 0.7))


def test_the_explorer_lists_a_new_tab_a_new_layer_a_new_reference_map_and_a_new_class(house: Path) -> None:
    registries = "from lulc_explorer.tabs.registry import TABS; from lulc_explorer.layers.registry import LAYERS"
    classes = "from lulc_explorer.engine.classes import LEGEND"
    listed = run(house, "-c", f"{registries}; {classes}; print([t.title for t in TABS], [*LAYERS], LEGEND.names)")
    assert all(f"'{name}'" in listed for name in ("Methods", "runner-up", "io-lulc-9-class", "mangroves"))
