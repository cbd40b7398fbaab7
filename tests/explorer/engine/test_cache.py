"""What is kept of the folder of maps."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import making  # noqa: F401  (finds the app)
from lulc_explorer.engine.cache import UNFINISHED, latest, tidy

from lulc_core.locking import alone, if_free

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def test_the_oldest_maps_go_but_never_one_in_use_or_being_made(tmp_path: Path) -> None:
    for age, name in enumerate(["newest", "new", "open", "locked", "old", "half", "begun", "begun long ago"]):
        (tmp_path / name).mkdir()
        if name.startswith("begun"):
            (tmp_path / name / UNFINISHED / "scene").mkdir(parents=True)
        elif name != "half":
            mark = tmp_path / name / "report.json"
            mark.write_text("{}")
            os.utime(mark, (1000 - age, 1000 - age))
    os.utime(tmp_path / "begun long ago" / UNFINISHED, (1000, 1000))
    with alone(tmp_path / "locked.lock"):
        removed = tidy(tmp_path, "report.json", in_use={"open"}, if_free=if_free, most=2)
    assert removed == ["old", "begun long ago"]
    left = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert left == {"newest", "new", "open", "locked", "half", "begun"}


def test_a_map_that_another_process_removes_while_they_are_listed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("going", "staying"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text("{}")
    glob = Path.glob

    def listed(folder: Path, pattern: str) -> Iterator[Path]:
        found = [*glob(folder, pattern)]
        shutil.rmtree(tmp_path / "going", ignore_errors=True)
        return iter(found)

    monkeypatch.setattr(Path, "glob", listed)
    assert latest(tmp_path, "report.json") == [tmp_path / "staying"]
