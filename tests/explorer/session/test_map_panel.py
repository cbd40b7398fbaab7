"""What a map shows follows the choice: read apart from the event loop, and of the latest choice only."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from lulc_explorer.layers.layer import ClassRaster, ImageryRaster
from lulc_explorer.session.display import ERROR_MATRIX, MAP
from making import all_done, choose, small_session

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.session.session import Session


@pytest.fixture
def explorer(tmp_path: Path) -> Session:
    return small_session(tmp_path, "laos")


async def up_to_date(explorer: Session) -> None:
    while not all(screen.up_to_date for screen in explorer.panels.values()):
        await asyncio.sleep(0.01)


def test_imagery_is_read_in_a_thread_and_only_the_latest_choice_is_shown(
    explorer: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, moments = explorer.panels["left"], explorer.map.land_cover.moments
    read, may_read, readers = type(explorer.map.land_cover).looks, threading.Event(), []

    def slowly(result: object, index: int, bands: list[str]) -> object:
        readers.append(threading.current_thread())
        if index == 1:
            may_read.wait(20)
        return read(result, index, bands)

    async def person() -> None:
        monkeypatch.setattr(type(explorer.map.land_cover), "looks", slowly)
        choose(explorer, left="true-colour", scene=moments[1])
        while not readers:
            await asyncio.sleep(0.01)
        assert isinstance(screen.shown, ClassRaster)  # the last choice is on screen until the next is read
        assert not screen.up_to_date
        shown = []
        screen.param.watch(lambda event: shown.append(event.new), "shown")
        explorer.layers.scene = moments[2]
        await up_to_date(explorer)
        may_read.set()
        await all_done()
        (seen,) = shown
        assert isinstance(seen, ImageryRaster)
        assert (seen.looks == read(explorer.map.land_cover, 2, seen.bands)).all()
        assert threading.current_thread() not in readers

    asyncio.run(person())


def test_what_a_map_does_not_follow_leaves_it_alone(explorer: Session) -> None:
    async def person() -> None:
        before = explorer.panels["right"].shown
        explorer.layers.scene = explorer.map.land_cover.moments[3]
        await up_to_date(explorer)
        assert explorer.panels["right"].shown is before

    asyncio.run(person())


def test_a_map_on_a_tab_that_nobody_looks_at_is_read_when_they_come_back(explorer: Session) -> None:
    async def person() -> None:
        screen, before = explorer.panels["right"], explorer.panels["right"].shown
        explorer.display.tab = ERROR_MATRIX
        choose(explorer, chosen={"trees": 4.0})
        await all_done()
        assert screen.shown is before
        assert not screen.up_to_date
        explorer.display.tab = MAP
        await up_to_date(explorer)
        assert isinstance(screen.shown, ClassRaster)
        assert (screen.shown.codes == explorer.map.composite.label).all()
        assert (screen.shown.codes != before.codes).any()

    asyncio.run(person())


def test_what_cannot_be_read_is_told_and_the_other_map_stays(explorer: Session) -> None:
    """Chunks that are no chunks: what a full disk or a cut copy leaves."""

    async def person() -> None:
        chunks = [
            path
            for path in (explorer.map.land_cover.folder / "predictions.zarr" / "quicklook").rglob("*")
            if path.is_file()
        ]
        for chunk in chunks:
            if chunk.name != "zarr.json":
                chunk.write_bytes(b"cut")
        before = explorer.panels["right"].shown
        choose(explorer, left="true-colour", scene=explorer.map.land_cover.moments[2])
        await up_to_date(explorer)
        assert explorer.panels["left"].shown is None
        assert explorer.panels["right"].shown is before
        assert "Unexpected error" in explorer.remarks.latest

    asyncio.run(person())
