"""What `make check-release` says of known weaknesses: what was not audited never passes for sound."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "docs" / "check_release.py"
SOUND = {"name": "six", "version": "1.17.0", "vulns": []}
WEAK = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
UNKNOWN = {"name": "certifi", "skip_reason": "Dependency not found on PyPI and could not be audited: certifi"}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_release", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_service_that_knows_nothing_is_no_success(script: ModuleType) -> None:
    lines, weak = script.verdict([UNKNOWN] * 30)
    assert weak == 0
    assert "0 of 30 pinned packages were audited" in lines[0]
    assert "NOT AUDITED: 30 of 30" in lines[1]


def test_what_was_not_audited_is_named_beside_what_was(script: ModuleType) -> None:
    lines, weak = script.verdict([SOUND, UNKNOWN, WEAK])
    assert weak == 1
    assert lines[0] == "Weak: old 1.0: PYSEC-1, PYSEC-2"
    assert any("NOT AUDITED: 1 of 3" in line and "certifi" in line for line in lines)


def test_where_everything_was_audited_nothing_else_is_said(script: ModuleType) -> None:
    assert script.verdict([SOUND]) == (["1 of 1 pinned packages were audited; 0 have known weaknesses."], 0)
