"""Live imagery and networks of one's own: the same maps, other sources."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from lulc_explorer.session.build import build_session
from making import MadeCatalog, choose, shrink, write_model
from stac_server import files_over_http, free_port, stac_api

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.engine.land_cover_map import LandCoverMap

from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE, OTHER_LIVE, OWN, SIMULATED, MapRequest


def make(store: MapRepository, order: MapRequest) -> LandCoverMap:
    return store.make(order, lambda _: None, threading.Event())


def test_a_live_catalog_gives_the_map_that_a_folder_of_its_items_gives(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = shrink(
        MapRepository(tmp_path / "cache", catalog=made.root, model=str(tiny_model)), "belgium", edge=made.size
    )
    folder = MapRepository(tmp_path / "folder", catalog=made.root, model=str(tiny_model))
    with files_over_http(made.root, []) as files, stac_api(made.root / "items.json", tmp_path, files) as api:
        monkeypatch.setenv("LULC_STAC_API", api)
        live = make(store, store.request("belgium", 2020, imagery=LIVE))
    here = make(folder, folder.request("catalog", 2020))
    assert live.grid == here.grid
    assert (live.composite.label == here.composite.label).all()
    assert not live.simulated
    assert live.truth is None
    assert store.request("belgium", 2020).key != live.request.key


def test_without_a_connection_a_live_map_fails_after_few_tries_in_plain_words(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, connect = [], socket.socket.connect

    def counted(self: socket.socket, address: Any) -> None:
        tries.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counted)
    monkeypatch.setenv("LULC_STAC_API", f"http://127.0.0.1:{free_port()}")
    store = MapRepository(tmp_path, catalog=None, model=str(tiny_model))
    with pytest.raises(UserError, match=r"could not connect\. Check the address and your connection"):
        make(store, store.request("laos", 2020, imagery=LIVE))
    assert 1 <= len(tries) <= 2  # the first, and one more


def test_networks_are_found_by_their_card_and_a_broken_one_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "networks"
    write_model(folder / "mine", name="Of my own")
    write_model(folder / "twin", name="Of my own", seed=1)
    write_model(folder / "broken", name="Broken", bands=["B04"])
    (folder / "no-json").mkdir()
    (folder / "no-json" / "model.json").write_text("{")
    (folder / "not-a-network").mkdir()
    store = MapRepository(tmp_path, catalog=None, model="unet-simulated", networks=[folder])
    assert list(store.networks) == ["unet-simulated", "broken", "mine", "no-json", "twin"]
    titles = [network.title for network in store.networks.values() if not network.problem]
    assert titles == ["unet-simulated", "Of my own (mine)", "Of my own (twin)"]
    assert "JSON" in store.networks["no-json"].problem
    assert "simulated" in store.networks["unet-simulated"].warning
    with pytest.raises(UserError, match="The network broken is unavailable"):
        store.request("laos", 2020, network="broken")
    with pytest.raises(UserError, match="no network called 'nothing'"):
        store.request("laos", 2020, network="nothing")
    orders = {store.request("laos", 2020, network=key).key for key in ("unet-simulated", "mine", "twin")}
    assert len(orders) == 3


@pytest.mark.parametrize(
    "what", ["assets/S2A_202007_B04.tif", "items.json", "net/model.onnx", "net/model.json", "net/data/weights.bin"]
)
def test_a_file_that_a_map_is_made_from_is_replaced_and_the_map_is_another(
    made: MadeCatalog, tmp_path: Path, what: str
) -> None:
    write_model(made.root / "net")
    (made.root / "net" / "data").mkdir()
    (made.root / "net" / "data" / "weights.bin").touch()

    def key() -> str:
        store = MapRepository(tmp_path, catalog=made.root, model=str(made.root / "net"))
        return store.request("catalog", 2020).key

    before = key()
    (made.root / "notes.txt").touch()
    assert key() == before
    written = (made.root / what).stat()
    os.utime(made.root / what, ns=(written.st_atime_ns, written.st_mtime_ns + 1_000_000))
    assert key() != before
    os.utime(made.root / what, ns=(written.st_atime_ns, written.st_mtime_ns))
    assert key() == before


def test_folders_of_networks_that_are_not_there_are_no_trouble(tmp_path: Path) -> None:
    store = MapRepository(tmp_path, catalog=None, model="unet-simulated", networks=[tmp_path / "missing"])
    assert list(store.networks) == ["unet-simulated"]


def test_a_catalog_that_is_too_large_for_the_explorer_says_so(made: MadeCatalog, tmp_path: Path) -> None:
    side = 40_000
    for item in made.items:
        for asset in item["assets"].values():
            west, _, _, north = asset["proj:bbox"]
            asset["proj:bbox"] = [west, north - side, west + side, north]
    made.save()
    store = MapRepository(tmp_path, catalog=made.root, model="unet-simulated")
    with pytest.raises(UserError, match=r"covers 1,600 km²; the explorer shows at most 900\."):
        store.request("catalog", 2020)
    assert lulc.catalog_region(made.root).area_ha == 160_000


def test_a_folder_of_ones_own_is_imagery_of_its_own_and_neither_simulated_nor_live(
    made: MadeCatalog, tmp_path: Path
) -> None:
    store = MapRepository(tmp_path, catalog=made.root, model="unet-simulated")
    assert store.imagery == [OWN, SIMULATED, LIVE, OTHER_LIVE]
    assert list(store.offer(OWN)) == ["catalog"]
    assert list(store.offer(SIMULATED)) == list(store.offer(LIVE)) == lulc.region_names()
    assert MapRepository(tmp_path, catalog=None, model="unet-simulated").imagery == [SIMULATED, LIVE, OTHER_LIVE]


def test_place_and_imagery_follow_each_other_and_what_was_asked_for_is_answered(
    made: MadeCatalog, tmp_path: Path
) -> None:
    async def walk() -> None:
        person = build_session(MapRepository(tmp_path, catalog=made.root, model="unet-simulated"), Jobs())
        assert (person.selection.imagery, person.selection.place, person.selection.year) == (OWN, "catalog", 2020)
        choose(person, place="belgium", year=1999)
        assert (person.selection.imagery, person.selection.year) == (SIMULATED, 1999)
        person.selection.imagery = OWN
        assert (person.selection.place, person.selection.year) == ("catalog", 2020)
        person.selection.imagery = LIVE
        assert person.selection.place == "belgium"
        with pytest.raises(ValueError, match="atlantis"):
            person.selection.place = "atlantis"
        assert (person.selection.imagery, person.selection.place) == (LIVE, "belgium")
        with pytest.raises(UserError, match="no place called 'atlantis'"):
            person.repository.request("atlantis", 2020)
        person.selection.imagery = OWN
        assert person.selection.place == "catalog"

    asyncio.run(walk())


def test_a_folder_that_is_called_like_a_built_in_place_hides_none(made: MadeCatalog, tmp_path: Path) -> None:
    made.root.rename(tmp_path / "laos")
    store = MapRepository(tmp_path, catalog=tmp_path / "laos", model="unet-simulated")
    assert list(store.places) == ["my-laos", *lulc.region_names()]
