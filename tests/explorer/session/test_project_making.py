"""A labelling project is made once, however often its button is pressed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

from lulc_explorer.session import project_making
from lulc_explorer.session.project_making import ProjectMaking

if TYPE_CHECKING:
    import pytest


def test_a_double_click_makes_one_project(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(project_making, "make_project", lambda store, order, *_: made.append(order.name))

    async def look() -> None:
        """Look for projects."""

    desk = SimpleNamespace(store=None, look_for_projects=look)
    session = SimpleNamespace(map=SimpleNamespace(composite=None))
    making = ProjectMaking(desk, SimpleNamespace(seed=1, sample=None, session=session))
    making.name_of_project = "Laos"

    async def click_twice() -> None:
        await asyncio.gather(making.make(), making.make())

    asyncio.run(click_twice())
    assert made == ["Laos"]
    assert not making.problem
    assert not making.busy
