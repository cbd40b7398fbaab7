"""Imagery of a part of a place, read without a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from making import MadeCatalog

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

BANDS = ["B04", "B03"]


@pytest.fixture
def made(tmp_path: Path) -> MadeCatalog:
    made = MadeCatalog(tmp_path)
    for month, scl in ((5, 4), (6, 9), (7, 5)):
        made.add(f"S2A_{month}", f"2020-0{month}-01T10:00:00Z", scl=scl)
    return made


def scenes_of(made: MadeCatalog) -> list[lulc.Scene]:
    return lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)


def test_a_part_is_what_the_whole_shows_there(made: MadeCatalog) -> None:
    grid, scenes = lulc.catalog_region(made.root).grid, scenes_of(made)
    rows, columns = slice(7, 18), slice(3, 40)
    part = lulc.read_quicklooks(scenes, grid[rows, columns], BANDS)
    whole = lulc.quicklook(lulc.load(scenes, grid, BANDS)).compute()[:, :, rows, columns]
    np.testing.assert_array_equal(part["quicklook"], whole)
    assert part["quicklook"].values.std() > 0
    assert part["clear"].mean(("y", "x")).values.tolist() == [1, 0, 1]
    assert part["scene"].values.tolist() == ["S2A_5", "S2A_6", "S2A_7"]
    assert part["read"].all()


def test_a_scene_that_is_lost_has_no_data_and_is_not_clear(made: MadeCatalog) -> None:
    grid, scenes = lulc.catalog_region(made.root).grid, scenes_of(made)
    (made.root / "assets" / "S2A_7_B03.tif").unlink()
    found = lulc.read_quicklooks(scenes, grid, BANDS)
    assert found["read"].values.tolist() == [True, True, False]
    assert not found["clear"][2].any()
    assert not found["quicklook"][2].any()
    with pytest.raises(lulc.UnreachableError, match="S2A_7"):
        lulc.read_quicklooks(scenes[2:], grid, BANDS)
