"""Many who open Change at once: who has nothing yet goes first, and one after the other draws."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lulc_explorer.session import change

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_who_comes_while_one_draws_is_answered_before_the_next_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: set[str] = set()
    monkeypatch.setattr(change, "_WAITING", waiting)
    monkeypatch.setattr(change, "_GIVES_WAY_S", 60)
    said: list[str] = []

    async def draw(name: str, meanwhile: Callable[[], object] = int) -> None:
        async with change.in_turn():
            said.append(name)
            asyncio.get_running_loop().call_soon(meanwhile)

    async def open_at_once() -> None:
        people: list[Any] = [draw("first", lambda: waiting.add("third")), draw("second")]
        drawn = asyncio.gather(*people)
        while not waiting:
            await asyncio.sleep(0)
        await asyncio.sleep(5 * change._MOMENT_S)
        said.append("headline of the third")
        waiting.clear()
        await drawn

    asyncio.run(open_at_once())
    assert said == ["first", "headline of the third", "second"]
    assert not change._LINE


def test_nobody_gives_way_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "_WAITING", {"one who never gets anything"})
    monkeypatch.setattr(change, "_GIVES_WAY_S", 0.05)

    async def draw() -> bool:
        async with change.in_turn():
            return True

    assert asyncio.run(draw())
