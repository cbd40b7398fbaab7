"""Long work: joined by many, cancelled by the last, told step by step."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from lulc_explorer.background.jobs import Jobs, Pace

from lulc_core import CancelledError, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_explorer.background.jobs import Step, Ticket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def step(stage: str, done: int, total: int = 10) -> Progress:
    return Progress(stage=stage, done=done, total=total)


async def wait(ticket: Ticket[str]) -> list[Step]:
    return [seen async for seen in ticket.steps()]


def work_until_told(report: Callable[[Progress], None], cancel: threading.Event) -> str:
    report(step("predict", 0))
    if cancel.wait(20):
        raise CancelledError("Cancelled")
    return "never"


def test_work_returns_what_it_made_and_its_steps() -> None:
    def work(report: Callable[[Progress], None], _: threading.Event) -> str:
        report(step("search", 0, 1))
        report(step("predict", 5))
        return "a map"

    async def person() -> None:
        ticket = Jobs[str]().join("key", work)
        steps = await wait(ticket)
        assert [s.stage for s in steps] == ["search", "predict"]
        assert ticket.result() == "a map"

    asyncio.run(person())


def test_a_second_person_joins_the_same_run_and_sees_where_it_is() -> None:
    runs = 0
    go = threading.Event()

    def work(report: Callable[[Progress], None], _: threading.Event) -> int:
        nonlocal runs
        runs += 1
        report(step("predict", 3))
        go.wait(20)
        return runs

    async def people() -> None:
        jobs = Jobs[int]()
        first = jobs.join("key", work)
        await anext(first.steps())
        second = jobs.join("key", work)
        assert (await anext(second.steps())).done == 3
        go.set()
        await asyncio.gather(wait(first), wait(second))
        assert first.result() == second.result() == 1

    asyncio.run(people())


def test_work_stops_only_when_the_last_person_leaves() -> None:
    async def people() -> None:
        jobs = Jobs[str]()
        first, second = jobs.join("key", work_until_told), jobs.join("key", work_until_told)
        first.leave()
        first.leave()  # twice is once
        await wait(first)
        assert first.result() is None
        assert second._job._cancel.is_set() is False
        second.leave()
        assert second._job._cancel.is_set()

    asyncio.run(people())


def test_who_comes_after_a_cancel_gets_a_new_run() -> None:
    async def people() -> None:
        jobs = Jobs[str]()
        first = jobs.join("key", work_until_told)
        first.leave()
        second = jobs.join("key", lambda *_: "a new one")
        await wait(second)
        assert second.result() == "a new one"

    asyncio.run(people())


def test_how_far_work_was_that_everybody_left_is_known_until_it_is_begun_again() -> None:
    async def people() -> None:
        jobs = Jobs[str]()
        first, second = jobs.join("key", work_until_told), jobs.join("key", work_until_told)
        seen = await anext(first.steps())
        first.leave()
        assert jobs.left_at("key") is None  # the second still waits
        second.leave()
        assert jobs.left_at("key") == seen
        await wait(second)
        jobs.join("other", lambda *_: "at once")  # what has ended is forgotten
        assert jobs.left_at("key") == seen
        again = jobs.join("key", lambda *_: "a new one")
        await wait(again)
        again.leave()  # it is done
        assert jobs.left_at("key") is None

    asyncio.run(people())


def test_quiet_work_gives_way_to_anybody_who_asks_for_something_else() -> None:
    async def people() -> None:
        jobs = Jobs[str]()
        quiet = jobs.join("ahead", work_until_told, quiet=True)
        other = jobs.join("key", lambda *_: "at once")
        await wait(quiet)
        assert quiet.left
        assert "ahead" not in jobs.running()
        assert jobs.left_at("ahead") is None  # nobody has left it
        await wait(other)
        assert other.result() == "at once"

    asyncio.run(people())


def test_quiet_work_that_a_person_has_joined_gives_way_to_nobody() -> None:
    async def people() -> None:
        jobs = Jobs[str]()
        jobs.join("ahead", work_until_told, quiet=True)
        person = jobs.join("ahead", work_until_told)
        jobs.join("key", lambda *_: "at once")
        assert person._job.running
        person.leave()
        assert not person._job.running

    asyncio.run(people())


def test_an_error_in_the_work_reaches_whoever_waits() -> None:
    def work(*_: object) -> str:
        raise ValueError("no scene")

    async def person() -> None:
        ticket = Jobs[str]().join("key", work)
        await wait(ticket)
        with pytest.raises(ValueError, match="no scene"):
            ticket.result()

    asyncio.run(person())


def test_many_steps_do_not_flood_the_screen() -> None:
    def work(report: Callable[[Progress], None], _: threading.Event) -> str:
        for done in range(10_000):
            report(step("predict", done, 10_000))
        return "done"

    async def person() -> None:
        ticket = Jobs[str]().join("key", work)
        assert len(await wait(ticket)) < 100

    asyncio.run(person())


def test_what_the_whole_takes_stays_with_every_later_step() -> None:
    pace = Pace()
    assert pace.step(step("search", 0)).whole == ""
    said = pace.step(Progress(stage="estimate", done=0, total=1, detail="2 scenes: about 3 MB to read"))
    later = pace.step(step("predict", 1))
    assert (said.detail, said.whole, later.whole) == ("", *["2 scenes: about 3 MB to read"] * 2)


def test_the_estimate_follows_the_pace_of_its_stage() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.step(step("search", 0, 1)).seconds_left is None
    clock.now += 50
    assert pace.step(step("predict", 2)).seconds_left is None  # a new stage has no pace yet
    clock.now += 4
    assert pace.step(step("predict", 4)).seconds_left == pytest.approx(12)  # 2 s each, 6 to go


def test_a_server_that_stops_stops_all_work_whoever_waits() -> None:
    async def people() -> None:
        jobs = Jobs[str]()
        tickets = [jobs.join(key, work_until_told) for key in ("one", "other")]
        assert len(jobs.running()) == 2
        jobs.stop()
        assert not jobs.running()
        for ticket in tickets:
            await wait(ticket)
            with pytest.raises(CancelledError):
                ticket.result()

    asyncio.run(people())
