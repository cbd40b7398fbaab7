"""What is kept of the folder of maps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import making  # noqa: F401  (finds the app)
from lulc_explorer.engine.cache import tidy

from lulc_core.locking import alone, if_free

if TYPE_CHECKING:
    from pathlib import Path


def test_the_oldest_maps_go_but_never_one_in_use_or_being_made(tmp_path: Path) -> None:
    for age, name in enumerate(["newest", "new", "open", "locked", "old", "half"]):
        (tmp_path / name).mkdir()
        if name != "half":
            mark = tmp_path / name / "report.json"
            mark.write_text("{}")
            os.utime(mark, (1000 - age, 1000 - age))
    with alone(tmp_path / "locked.lock"):
        assert tidy(tmp_path, "report.json", in_use={"open"}, if_free=if_free, most=2) == ["old"]
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"newest", "new", "open", "locked", "half"}
