"""Workarounds for upstream faults do what they are for, and change nothing else."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lulc_core.imagery.upstream import import_when_called

if TYPE_CHECKING:
    from pathlib import Path

NAME = "slow_to_import"


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that notes in a file each time that it runs."""
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "part.py").write_text("number = 7")
    runs = tmp_path / "runs"
    (tmp_path / NAME / "__init__.py").write_text(
        f"open({str(runs)!r}, 'a').write('.')\ndef twice(x): return 2 * x\nother = 5\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in (NAME, f"{NAME}.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    runs.touch()
    import_when_called(NAME, "twice")
    return runs


def test_it_runs_once_and_when_it_is_called(slow: Path) -> None:
    twice = importlib.import_module(NAME).twice
    importlib.import_module(f"{NAME}.part")
    inspect.getmodule(test_it_runs_once_and_when_it_is_called)
    assert not hasattr(importlib.import_module(NAME), "__wrapped__")
    assert slow.read_text() == ""
    assert [twice(2), twice(x=3), importlib.import_module(NAME).twice(4)] == [4, 6, 8]
    assert slow.read_text() == "."


def test_it_runs_when_anything_else_of_it_is_read(slow: Path) -> None:
    module = importlib.import_module(NAME)
    twice = module.twice
    assert (module.other, twice(2)) == (5, 4)
    assert not hasattr(module, "absent")
    assert slow.read_text() == "."


def test_what_has_been_imported_is_left(slow: Path) -> None:
    module = importlib.import_module(NAME)
    import_when_called(NAME, "twice")
    assert importlib.import_module(NAME) is module


def test_a_search_needs_no_parsers_and_who_validates_has_them() -> None:
    pytest.importorskip("rfc3987_syntax", reason="pip install jupyterlab, which brings it")
    told = (
        "import sys, lulc_core.imagery.stac_api, jsonschema\n"
        "assert 'lark' not in sys.modules\n"
        "checks = jsonschema.FormatChecker()\n"
        "assert [checks.conforms(text, 'iri') for text in ('https://ä.example/ö', '<no>')] == [True, False]\n"
        "assert 'lark' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", told], check=True)
