"""Where many share an explorer, one person may wait for few maps at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.background.tally import the_tally
from lulc_explorer.engine.allowance import Allowance, at_least_one
from lulc_explorer.engine.errors import UserError

if TYPE_CHECKING:
    import threading


def held(_: Any, cancel: threading.Event) -> None:
    cancel.wait(60)


def broken(report: Any, _: threading.Event) -> None:
    raise UserError("no imagery")


def test_one_too_many_is_refused_until_one_is_left() -> None:
    async def ask() -> None:
        allowance: Allowance[None] = Allowance(Jobs(), most=2)
        ana, tab, bo = allowance.of("ana"), allowance.of("ana"), allowance.of("bo")
        first = ana.join("one", held)
        ana.join("two", held)
        again = tab.join("one", held)  # the same map, in another tab
        with pytest.raises(UserError, match="Wait until one is done"):
            tab.join("three", held)
        others = bo.join("three", held)
        first.leave()
        with pytest.raises(UserError):
            ana.join("four", held)  # the other tab still waits
        again.leave()
        ana.join("four", held).leave()
        others.leave()

    asyncio.run(ask())


def test_work_that_failed_is_counted_and_makes_room() -> None:
    async def ask() -> None:
        ana = Allowance[None](Jobs(), most=1).of("ana")
        before = the_tally().failures.total()
        ticket = ana.join("one", broken)
        async for _ in ticket.steps():
            pass
        assert the_tally().failures.total() == before + 1
        ana.join("two", held).leave()

    asyncio.run(ask())


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", ""])
def test_a_limit_is_a_whole_number(text: str) -> None:
    with pytest.raises(UserError, match="whole number, 1 or more"):
        at_least_one({"LULC_MAPS_EACH": text}, "LULC_MAPS_EACH", 2)
