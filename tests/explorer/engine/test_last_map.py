"""The maps that were opened last are in memory before anybody asks for them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import making
import pytest
from lulc_explorer import server
from lulc_explorer.analysis.likely_change import find_transitions
from lulc_explorer.engine import repository as repository_module
from lulc_explorer.engine.last_map import open_last
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.session import change

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


def test_the_maps_that_were_opened_last_are_read_before_anybody_asks_for_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def reading(request: MapRequest, where: Path) -> object:
        read.append(request.year)
        return really_read(request, where)

    really_read = repository_module.read_land_cover_map
    monkeypatch.setattr(repository_module, "read_land_cover_map", reading)
    store = again(folder)
    assert open_last(store, within_s=0) == read == []
    opened = open_last(store, within_s=60)
    assert read == [2022, 2023]
    assert [store.find(store.request("laos", year)) for year in (2022, 2023)] == opened
    assert read == [2022, 2023]


def test_what_changed_between_them_is_found_before_anybody_asks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, found = again(folder), []
    monkeypatch.setattr(server, "the_repository", lambda: store)
    monkeypatch.setattr(change, "find_transitions", lambda *_: found.append("found") or really_find(*_))
    really_find = find_transitions
    server._read_ahead()
    assert found == ["found"]
    first, second = (store.find(store.request("laos", year)) for year in (2022, 2023))
    assert change.compare(first, second, {"grass": 3.0}, 0.1).change.likely_changed_ha is not None
    assert found == ["found"]


def test_what_is_broken_no_longer_on_offer_or_not_there_is_left_to_those_who_ask(folder: Path) -> None:
    elsewhere = making.shrink(MapRepository(folder, catalog=None, model="unet-simulated"), "belgium")
    assert open_last(elsewhere, within_s=60) == []
    broken = again(folder).last_opened[0] / "report.json"
    report = broken.read_text()
    broken.write_text("")
    assert len(open_last(again(folder), within_s=60)) == 1
    broken.write_text(report)
    shutil.copytree(broken.parent, folder / ".broken")  # as one that is set aside, with a newer mark
    (folder / ".broken" / broken.name).touch()
    assert len(open_last(again(folder), within_s=60)) == 2
    for made in folder.iterdir():
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    assert open_last(again(folder), within_s=60) == []
