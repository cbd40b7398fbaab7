"""Published maps beside one's own: from a real STAC API on loopback, in the explorer's own state."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.repository import PUBLISHED_MAPS, MapRepository
from lulc_explorer.layers.reference_maps import action, agreement, press
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session.explorer import Explorer
from making import MadeCatalog, small_explorer
from published import ANNUAL, WORLDCOVER, publish
from stac_server import files_over_http, stac_api

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def person(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> Explorer:
    """Who looks at the map of a folder."""
    store = MapRepository(tmp_path / "cache", catalog=made.root, model=str(tiny_model))
    store.make(store.order("catalog", 2020), lambda _: None, threading.Event())
    person = Explorer(store, Jobs())
    person.open()
    return person


@pytest.fixture
def theirs(person: Explorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[np.ndarray]:
    """The codes of a published map of the place, which an API has."""
    grid, folder = person.result.order.place.region.grid, tmp_path / "published"
    folder.mkdir()
    codes = np.random.default_rng(0).choice([0, 1, 5, 10, 11], grid.shape).astype(np.uint8)
    place = {"crs": str(grid.crs), "corner": grid.transform * (0, 0)}
    item = publish(folder, "x", codes, collection=ANNUAL, year=2020, asset="data", **place)
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    with files_over_http(folder, []) as files, stac_api(folder / "items.json", tmp_path, files) as api:
        monkeypatch.setenv("LULC_STAC_API", api)
        yield codes


async def settled(person: Explorer, name: str) -> str:
    """The words over a published map once it is there, or will not be."""
    while name not in person.published or person.published[name].words.startswith("Fetching"):
        await asyncio.sleep(0.02)
    return LAYERS[name].says(person)


def test_a_published_map_is_fetched_when_it_is_looked_at_and_says_how_far_it_agrees(
    person: Explorer, theirs: np.ndarray
) -> None:
    async def walk() -> None:
        assert person.published == {}
        person.right = ANNUAL
        words = await settled(person, ANNUAL)
        np.testing.assert_array_equal(person.screens["right"].look().codes, theirs)
        ours = np.where(np.isin(person.composite.label, (3, 6)), 11, person.composite.label)
        share = (ours == theirs)[(theirs > 0) & (ours > 0)].mean()
        assert words == f"{100 * share:.0f} % agrees with ours · pale: grass or scrub"
        assert LAYERS[ANNUAL].heading(person) == "Impact Observatory annual map 2020"
        palette = person.screens["right"].look().palette
        assert palette.names[palette.positions(np.uint8([11]))[0]] == "grass or scrub"

    asyncio.run(walk())


def test_a_map_that_does_not_come_says_why_and_is_asked_for_again(
    person: Explorer, theirs: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def walk() -> None:
        person.right = WORLDCOVER
        assert await settled(person, WORLDCOVER) == "It did not come."
        assert person.remark.startswith("ESA WorldCover: ")
        assert "has no map of" in person.remark
        assert not person.screens["right"].look().codes.any()
        with monkeypatch.context() as cut:
            cut.setenv("LULC_STAC_API", "http://127.0.0.1:9")
            person.left = ANNUAL
            assert await settled(person, ANNUAL) == "It did not come."
            assert "Check the address and your connection" in person.remark
        person.left = "prediction"
        person.left = ANNUAL
        await asyncio.sleep(0)
        assert (await settled(person, ANNUAL)).endswith("agrees with ours · pale: grass or scrub")

    asyncio.run(walk())


def test_a_simulated_place_has_no_published_map(tmp_path: Path) -> None:
    simulated = small_explorer(tmp_path, "laos")
    assert not any(LAYERS[name].offered(simulated.result) for name in PUBLISHED_MAPS)
    simulated.right = ANNUAL
    assert simulated.layer("right") == "classes"
    assert simulated.published == {}


def test_grass_and_scrub_agree_with_a_class_that_is_both(person: Explorer) -> None:
    ours = person.composite.label
    merged = lulc.PUBLISHED_MAPS[ANNUAL].merged
    assert agreement(merged[ours], person.composite, merged) == 1
    assert agreement(ours, person.composite, lulc.PUBLISHED_MAPS[WORLDCOVER].merged) == 1
    assert agreement(np.where(np.isin(ours, (3, 6)), 5, ours), person.composite, merged) == pytest.approx(
        1 - np.isin(ours, (3, 6)).mean()
    )
    assert np.isnan(agreement(np.zeros_like(ours), person.composite, merged))


def test_who_cancels_a_published_map_waits_no_longer_and_may_ask_for_it_again(
    person: Explorer, theirs: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    prompt = type(person.result).published
    stops: list[threading.Event] = []

    def late(result: object, name: str, cancel: threading.Event) -> np.ndarray:
        stops.append(cancel)
        answer.wait(30)
        return prompt(result, name, cancel)

    async def walk() -> None:
        person.right = ANNUAL
        while ANNUAL not in person.published:
            await asyncio.sleep(0.02)
        assert action(person, ANNUAL) == "Cancel"
        await press(person, ANNUAL)
        assert await settled(person, ANNUAL) == "Cancelled."
        assert not answer.is_set()
        assert [stop.is_set() for stop in stops] == [True]
        assert action(person, ANNUAL) == "Try again"
        answer.set()
        await press(person, ANNUAL)
        assert (await settled(person, ANNUAL)).endswith("agrees with ours · pale: grass or scrub")
        assert action(person, ANNUAL) == ""
        assert action(person, "classes") == ""

    monkeypatch.setattr(type(person.result), "published", late)
    asyncio.run(walk())
