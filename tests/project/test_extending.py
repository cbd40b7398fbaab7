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
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("*.egg-info"))
    for section in SECTIONS.values():
        for path, old, new in hunks(section):
            file = copy / path
            before = file.read_text() if old else ""
            assert before.count(old) == 1, f"{path} no longer holds once:\n{old}"
            file.write_text(before.replace(old, new) if old else new)
    return copy


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
def used(house: Path, catalog: Path, network: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what came of every change, each used in the copy."""
    wrong, out = tmp_path_factory.mktemp("wrong"), tmp_path_factory.mktemp("out")
    shutil.copy(network / "model.json", wrong)
    np.savez(wrong / "model.npz", weights=np.zeros((3, 3), np.float32))
    packages = os.pathsep.join(map(str, (house, house / "app")))
    settings = {"PYTHONPATH": packages, "PYTHONSAFEPATH": "1", "NUMBA_DISABLE_JIT": "1"}  # compiling takes longer
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("use_extensions.py"), catalog, network, wrong, out],
        env=os.environ | settings,
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_takes_one_file_and_at_most_one_line_elsewhere(title: str) -> None:
    added = [(path, len(new.splitlines()) - len(old.splitlines())) for path, old, new in hunks(SECTIONS[title])]
    own = max(added, key=lambda change: change[1], default=("", 0))[0]
    assert sum(lines for path, lines in added if path != own) <= 1
    assert sum(lines > 1 for _, lines in added) <= 1


def test_a_new_class_a_new_band_and_a_new_network_format_make_a_map(used: dict[str, Any]) -> None:
    assert used["map"]["classes"]["mangroves"]["pixels"] > 100
    assert used["map"]["classes"]["crops"]["pixels"] > 100


def test_wrong_weights_of_a_new_format_are_refused(used: dict[str, Any]) -> None:
    assert "weights of shape (2, 2); got (3, 3)" in used["refused"]["error"]


def test_a_new_design_draws_a_sample_that_a_new_estimator_assesses(used: dict[str, Any]) -> None:
    assert (used["drawn"]["design"], used["drawn"]["rows"]) == ("systematic", 64)
    assert used["assessed"]["design"].endswith("areas by direct")
    assert "mangroves" in used["assessed"]["area"]


def test_a_new_format_of_labels_gives_interpreters_a_form(used: dict[str, Any]) -> None:
    assert used["form"] == "unit,longitude,latitude"


def test_a_new_interval_is_chosen_by_name(used: dict[str, Any]) -> None:
    assert used["interval"] == pytest.approx((0.3, 0.7))


def test_the_page_offers_a_new_tab_a_new_layer_and_a_new_reference_map_and_has_a_new_class(
    used: dict[str, Any],
) -> None:
    shown = used["pages"]["layer"]
    assert {"Methods", "Runner-up of the year", "Impact Observatory map of nine classes", "mangroves"} <= {*shown}
    assert any("% mangroves" in text for text in shown)


def test_the_page_shows_imagery_in_a_new_band(used: dict[str, Any]) -> None:
    assert any("cloud · narrow near infrared, red, red" in text for text in used["pages"]["layer"])


def test_the_page_shows_a_new_layer_and_a_new_tab(used: dict[str, Any]) -> None:
    layer, tab = "The class with the second highest score", "Every clear scene votes for a class."
    shown = {name: "\n".join(texts) for name, texts in used["pages"].items()}
    assert [name for name, text in shown.items() if layer in text] == ["layer"]
    assert [name for name, text in shown.items() if tab in text] == ["tab"]
