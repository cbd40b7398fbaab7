"""``lulc dataset``, and ``lulc train`` on what it made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from label_tiles import scenes, write_labels
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import app

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.filterwarnings("ignore:.*no classes")
def test_the_paper_end_to_end_from_published_labels_to_a_network(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs torch")
    labels, catalog = write_labels(tmp_path / "labels"), scenes(tmp_path / "catalog")
    arguments = ("dataset", "dynamic-world", labels, "--out", tmp_path / "dataset", "--catalog", catalog.root)
    made = json.loads(run(*arguments, "--json"))
    assert (made["chips"], made["left_out"], made["reasons"]) == (5, 0, {})
    assert "5 chips (2 expert, 2 non-expert, 1 validation), 5 of them from before." in run(*arguments)
    quick = ("--epochs", 1, "--width", 2, "--chip", 32, "--batch", 4, "--validate-on", "validation")
    assert "on the group validation" in run("train", tmp_path / "dataset", "--out", tmp_path / "net", *quick)
    card = lulc.Model.open(tmp_path / "net").card
    assert card["dataset"]["labels"]["license"] == "CC-BY-4.0"
