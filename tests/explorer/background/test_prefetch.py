"""Maps made before anybody asks: one after the other, while nobody waits for another."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

import param
from lulc_explorer.background import prefetch as ahead_module
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.background.prefetch import Prefetch
from lulc_explorer.session.open_map import OpenMap
from lulc_explorer.sidebar import prefetch_status as others

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


@dataclass(frozen=True)
class Wanted:
    key: str


class Maps:
    """Keeps the names of what was made; one piece waits until it is let go or told to stop."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.begun: list[str] = []
        self.go = threading.Event()

    def has(self, order: Wanted) -> bool:
        return order.key in self.made

    def make(self, order: Wanted, _: Callable[[lulc.Progress], None], cancel: threading.Event) -> str:
        self.begun.append(order.key)
        while not (cancel.is_set() or self.go.wait(0.01)):
            pass
        if cancel.is_set():
            raise lulc.CancelledError("Cancelled")
        self.made.append(order.key)
        return order.key


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_maps_are_made_ahead_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead_module, "_LOOK_EVERY_S", 0.01)

    async def run() -> None:
        maps = Maps()
        maps.go.set()
        Prefetch(maps, Jobs()).start([Wanted("a"), Wanted("b")])
        await until(lambda: maps.made == ["a", "b"])

    asyncio.run(run())


def test_a_map_made_ahead_gives_way_to_a_person_and_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead_module, "_LOOK_EVERY_S", 0.01)

    async def run() -> None:
        maps, jobs = Maps(), Jobs()
        Prefetch(maps, jobs).start([Wanted("a")])
        await until(lambda: maps.begun)
        person = jobs.join("person", lambda report, cancel: maps.make(Wanted("person"), report, cancel))
        await until(lambda: list(jobs.running()) == ["person"])
        maps.go.set()
        async for _ in person.steps():
            pass
        await until(lambda: maps.made == ["person", "a"])
        assert maps.begun == ["a", "person", "a"]

    asyncio.run(run())


def test_who_stops_it_has_quiet_until_it_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead_module, "_LOOK_EVERY_S", 0.01)

    async def run() -> None:
        maps, jobs = Maps(), Jobs()
        ahead = Prefetch(maps, jobs)
        ahead.start([Wanted("a")])
        await until(lambda: maps.begun)
        ahead.stop()
        await until(lambda: not ahead.busy and not jobs.running())
        ahead.start([Wanted("a")])
        assert not ahead.busy
        maps.go.set()
        ahead.resume([Wanted("a")])
        await until(lambda: maps.made == ["a"])

    asyncio.run(run())


def test_what_is_wanted_later_is_made_before_what_has_not_begun_and_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead_module, "_LOOK_EVERY_S", 0.01)

    async def run() -> None:
        maps = Maps()
        ahead = Prefetch(maps, Jobs())
        ahead.start([Wanted("a"), Wanted("b"), Wanted("c")])
        await until(lambda: maps.begun)
        ahead.start([Wanted("d"), Wanted("c")])
        maps.go.set()
        await until(lambda: not ahead.busy)
        assert maps.made == ["a", "d", "c", "b"]

    asyncio.run(run())


def test_an_open_page_stops_looking_for_maps_when_all_are_there_and_looks_again_for_another_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looking = SimpleNamespace(running=True)
    looking.start = lambda: setattr(looking, "running", True)
    looking.stop = lambda: setattr(looking, "running", False)
    monkeypatch.setattr(others.pn.state, "add_periodic_callback", lambda *_: looking)
    person = SimpleNamespace(selection=Selection(), map=OpenMap())
    line = others.PrefetchStatus(person, SimpleNamespace(busy=True, stopped=False))
    for ready, years, running in ((3, 5, True), (4, 4, True), (4, 5, False)):
        person.selection.latest_ready, person.selection.years_ready = (ready, 4), (years, 5)
        asyncio.run(line.look())
        assert looking.running == running
    person.selection.network = "mine"
    assert looking.running


def test_the_palette_stops_and_resumes_what_is_made_ahead() -> None:
    asked: list[object] = []
    prefetch = SimpleNamespace(busy=False, stopped=False, stop=lambda: asked.append("stop"), resume=asked.append)
    person = SimpleNamespace(prefetch=None, selection=SimpleNamespace(ahead=["the next"]))
    assert others.commands(person) == []
    person.prefetch = prefetch
    assert others.commands(person) == []
    for busy, stopped, title in ((True, False, "Stop"), (False, True, "Resume")):
        prefetch.busy, prefetch.stopped = busy, stopped
        (command,) = others.commands(person)
        assert command.title == title
        command.run()
    assert asked == ["stop", ["the next"]]


class Selection(param.Parameterized):
    """Of one of four places."""

    network = param.String()
    latest_ready: tuple[int, int] = (0, 4)
    years_ready: tuple[int, int] = (0, 5)
