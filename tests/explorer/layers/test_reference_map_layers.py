"""Published maps beside one's own: from a real STAC API on loopback, in the explorer's own state."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS, agreement, own_maps
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session import opening
from lulc_explorer.session.build import build_session
from lulc_explorer.tabs.map.published import agreement_table
from making import TABS, MadeCatalog, small_session, write_model
from published import ANNUAL, WORLDCOVER, publish
from stac_server import files_over_http, stac_api

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lulc_explorer.session.session import Session


@pytest.fixture(scope="module")
def made_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalog, a model, and a cache that holds the map of them."""
    folder = tmp_path_factory.mktemp("map")
    catalog = MadeCatalog(folder / "catalog")
    for month in (1, 4, 7, 10):
        catalog.add(f"S2A_2020{month:02}", f"2020-{month:02}-15T10:50:00Z")
    store = MapRepository(folder / "cache", catalog=catalog.root, model=str(write_model(folder / "model")))
    store.make(store.request("catalog", 2020), lambda _: None, threading.Event())
    return folder


@pytest.fixture
def person(made_map: Path, tmp_path: Path) -> Session:
    """Who looks at it, in a cache of their own."""
    shutil.copytree(made_map / "cache", tmp_path / "cache", symlinks=True)
    store = MapRepository(tmp_path / "cache", catalog=made_map / "catalog", model=str(made_map / "model"))
    person = build_session(store, Jobs(), tabs=TABS)
    opening.open_map(person)
    return person


@pytest.fixture
def theirs(person: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[np.ndarray]:
    """The codes of a published map of the place, which an API has."""
    grid, folder = person.map.land_cover.request.place.region.grid, tmp_path / "published"
    folder.mkdir()
    codes = np.random.default_rng(0).choice([0, 1, 5, 10, 11], grid.shape).astype(np.uint8)
    place = {"crs": str(grid.crs), "corner": grid.transform * (0, 0)}
    item = publish(folder, "x", codes, collection=ANNUAL, year=2020, asset="data", **place)
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    with files_over_http(folder, []) as files, stac_api(folder / "items.json", tmp_path, files) as api:
        monkeypatch.setenv("LULC_STAC_API", api)
        yield codes


async def settled(person: Session, name: str) -> str:
    """The words over a published map once it is there, or will not be."""
    while name not in person.references.fetched or person.references.fetched[name].words.startswith("Downloading"):
        await asyncio.sleep(0.02)
    return LAYERS[name].says(person.context)


def test_a_published_map_is_fetched_when_it_is_looked_at_and_says_how_far_it_agrees(
    person: Session, theirs: np.ndarray
) -> None:
    async def walk() -> None:
        assert person.references.fetched == {}
        person.layers.right = ANNUAL
        words = await settled(person, ANNUAL)
        np.testing.assert_array_equal(person.panels["right"].read().codes, theirs)
        ours = np.where(np.isin(person.map.composite.label, (3, 6)), 11, person.map.composite.label)
        share = (ours == theirs)[~np.isin(theirs, (0, 10)) & ~np.isin(ours, (0, 10))].mean()  # 10: no land is seen
        assert words == f"{100 * share:.0f}\xa0% agreement with this map · pale: grass or scrub"
        assert LAYERS[ANNUAL].heading(person.context) == "Impact Observatory annual map 2020"
        palette = person.panels["right"].read().palettes["published"]
        assert palette.names[palette.positions(np.uint8([11]))[0]] == "grass or scrub"
        table = agreement_table(person.context, ANNUAL)
        assert f"Impact Observatory annual map 2020: {100 * share:.0f}\xa0% agreement" in table
        assert "Grass and scrub are one class." in table
        assert "which hides which of it is grass and which is scrub" in table
        assert agreement_table(person.context, "classes") == ""

    asyncio.run(walk())


def test_a_map_that_does_not_come_says_why_and_is_asked_for_again(
    person: Session, theirs: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def walk() -> None:
        person.layers.right = WORLDCOVER
        assert await settled(person, WORLDCOVER) == "Download failed."
        assert person.remarks.latest.startswith("ESA WorldCover: ")
        assert "has no map of" in person.remarks.latest
        assert not person.panels["right"].read().codes.any()
        with monkeypatch.context() as cut:
            cut.setenv("LULC_STAC_API", "http://127.0.0.1:9")
            person.layers.left = ANNUAL
            assert await settled(person, ANNUAL) == "Download failed."
            assert "Check the address and your connection" in person.remarks.latest
        person.layers.left = "prediction"
        person.layers.left = ANNUAL
        await asyncio.sleep(0)
        assert (await settled(person, ANNUAL)).endswith("agreement with this map · pale: grass or scrub")

    asyncio.run(walk())


def test_a_simulated_place_has_no_published_map(tmp_path: Path) -> None:
    simulated = small_session(tmp_path, "laos")
    assert not any(LAYERS[name].offered(simulated.map.land_cover) for name in REFERENCE_MAPS)
    simulated.layers.right = ANNUAL
    assert simulated.layer("right") == "classes"
    assert simulated.references.fetched == {}


def test_grass_and_scrub_agree_with_a_class_that_is_both(person: Session) -> None:
    ours, grid = person.map.composite.label, person.map.land_cover.grid
    merged = lulc.REFERENCE_MAPS[ANNUAL].merged
    assert agreement(ours, merged[ours], grid).overall == 1
    assert agreement(ours, ours, grid).overall == 1
    without = np.where(np.isin(ours, (3, 6)), 5, ours)
    assert agreement(ours, without, grid).overall == pytest.approx(1 - np.isin(ours, (3, 6)).mean())
    assert agreement(ours, np.zeros_like(ours), grid) is None
    assert agreement(ours, np.full_like(ours, 10), grid) is None


def test_who_cancels_a_published_map_waits_no_longer_and_may_ask_for_it_again(
    person: Session, theirs: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    prompt = type(person.map.land_cover).reference_map
    stops: list[threading.Event] = []

    def late(result: object, name: str, cancel: threading.Event) -> np.ndarray:
        stops.append(cancel)
        answer.wait(30)
        return prompt(result, name, cancel)

    async def walk() -> None:
        person.layers.right = ANNUAL
        while ANNUAL not in person.references.fetched:
            await asyncio.sleep(0.02)
        assert person.references.action(ANNUAL) == "Cancel"
        await person.references.press(ANNUAL)
        assert await settled(person, ANNUAL) == "Cancelled."
        assert not answer.is_set()
        assert [stop.is_set() for stop in stops] == [True]
        assert person.references.action(ANNUAL) == "Try again"
        answer.set()
        await person.references.press(ANNUAL)
        assert (await settled(person, ANNUAL)).endswith("agreement with this map · pale: grass or scrub")
        assert person.references.action(ANNUAL) == ""
        assert person.references.action("classes") == ""

    monkeypatch.setattr(type(person.map.land_cover), "reference_map", late)
    asyncio.run(walk())


def test_a_file_of_ones_own_is_a_layer_if_it_says_what_its_codes_mean(
    person: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, path = person.map.composite.label, tmp_path / "forest survey.tif"
    grid = person.map.land_cover.grid
    names = lulc.Legend(tuple(replace(c, code=c.code + 20) for c in lulc.LEGEND))
    lulc.write_map(odc.geo.xr.wrap_xr(np.where(ours > 0, ours + 20, 0).astype(np.uint8), grid), path, legend=names)
    (own,) = own_maps(f"{path}{os.pathsep}").items()
    assert own[0] == "own-forest survey"
    assert own[1].heading(2020) == "forest survey"
    for name in (ANNUAL, own[0]):  # a layer that is there, of the file
        monkeypatch.setitem(REFERENCE_MAPS, name, own[1])

    async def walk() -> None:
        person.layers.right = ANNUAL
        assert await settled(person, ANNUAL) == "100\xa0% agreement with this map"
        np.testing.assert_array_equal(person.panels["right"].read().codes, ours)

    asyncio.run(walk())
    (path.with_suffix(".crosswalk.csv")).write_text("code,name,class\n21,See,crops\n25,Acker,water\n")
    with pytest.raises(lulc.InvalidInputError, match=r"names code 21 'water', but the crosswalk .* calls it 'See'"):
        own[1].read(person.map.land_cover.request.region, 2020, None)
