"""The map that was opened last is in memory before anybody asks for it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import making
import pytest
from lulc_explorer.engine import repository as repository_module
from lulc_explorer.engine.last_map import open_last
from lulc_explorer.engine.repository import MapRepository

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.engine.requests import MapRequest


def again(folder: Path) -> MapRepository:
    """The maps of a folder in a process that has just started."""
    return making.shrink(MapRepository(folder, catalog=None, model="unet-simulated"), "laos")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The maps of two years of a place, that of the earlier year opened last."""
    store = making.small_session(tmp_path, "laos", year=2023, also=(2022,)).repository
    assert store.find(store.request("laos", 2022)) is not None
    return tmp_path


def test_the_map_that_was_opened_last_is_read_before_anybody_asks_for_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def reading(request: MapRequest, where: Path) -> object:
        read.append(request.year)
        return really_read(request, where)

    really_read = repository_module.read_land_cover_map
    monkeypatch.setattr(repository_module, "read_land_cover_map", reading)
    store = again(folder)
    composite = open_last(store)
    assert read == [2022]
    found = store.find(store.request("laos", 2022))
    assert found is not None
    assert found.composite is composite
    assert read == [2022]


def test_nothing_is_read_of_a_map_that_is_broken_no_longer_on_offer_or_not_there(folder: Path, tmp_path: Path) -> None:
    last = again(folder).last_opened
    assert last is not None
    elsewhere = making.shrink(MapRepository(folder, catalog=None, model="unet-simulated"), "belgium")
    assert open_last(elsewhere) is None
    report = (last / "report.json").read_text()
    (last / "report.json").write_text("")
    assert open_last(again(folder)) is None
    (last / "report.json").write_text(report)
    assert open_last(again(folder)) is not None
    for made in folder.iterdir():
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    assert open_last(again(folder)) is None
