"""Weights found in the app: those of the engine, judged where they were left out, and a search that stops at once."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import panel as pn  # noqa: F401  runs the asynchronous watchers of parameters
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.calibration import read_labels
from lulc_explorer.session.build import build_visit
from lulc_explorer.session.calibration import ELSEWHERE, CalibrationSession
from making import all_done, choose, small_session

import lulc_core as lulc
from lulc_core.mapping import weight_search

if TYPE_CHECKING:
    from lulc_explorer.session.session import Session

PATIENCE_S = 60
"""Of a wait for what is about to come: a test that fails takes so long."""


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return small_session(tmp_path_factory.mktemp("calibrate"), "laos", "belgium")


@pytest.fixture
def calibrating(explorer: Session) -> CalibrationSession:
    choose(explorer, chosen={})
    return build_visit(explorer, Jobs()).calibration


def test_the_weights_are_those_of_the_engine_and_go_onto_the_sliders(
    calibrating: CalibrationSession, explorer: Session
) -> None:
    async def search() -> None:
        await calibrating.find()
        calibrating.use()
        await all_done()

    asyncio.run(search())
    result = explorer.map.land_cover
    expected = lulc.calibrate({"here": result.votes}, {"here": result.truth}, result.legend)
    assert calibrating.found.weights == expected.weights
    assert calibrating.found.after == expected.after
    assert result.legend.weights_by_name | explorer.weights.chosen == expected.weights
    assert (explorer.map.composite.label == result.weigh(dict(expected.weights)).label).all()


def test_places_can_be_left_out_in_place_of_blocks(calibrating: CalibrationSession, explorer: Session) -> None:
    calibrating.judged = ELSEWHERE
    asyncio.run(calibrating.find())
    titles = [explorer.selection.places[key].title for key in ("laos", "belgium")]
    assert [fold.name for fold in calibrating.found.folds] == titles
    assert calibrating.places == titles[1:]


@pytest.mark.parametrize("columns", [["x", "y"], ["lon", "lat"]])
def test_labels_of_a_csv_land_on_their_pixels(explorer: Session, columns: list[str]) -> None:
    result = explorer.map.land_cover
    drawn = lulc.draw_sample(result.composite.data, size=300, seed=0)
    truth = result.composite.data["label"].copy(data=result.truth)
    labelled = lulc.label_sample(drawn, truth)
    labels = read_labels(result, labelled[[*columns, "reference"]].to_csv().encode())
    assert (labels > 0).sum() == 300
    assert (labels[labels > 0] == result.truth[labels > 0]).all()


@pytest.mark.parametrize(
    "sample, message",
    [
        (b"a,b\n1,2", "need a column reference and lon, lat or x, y; there are a, b"),
        (b"x,y,reference\n1,2,jungle", "The labels name jungle; the classes are water"),
        (b"", "must have the header reference,lon,lat and rows below it; it has nothing"),
        (b"x,y,reference\n1,2,trees", "at least two of its 4 x 4 blocks"),
    ],
)
def test_labels_that_cannot_be_used_are_a_message(calibrating: CalibrationSession, sample: bytes, message: str) -> None:
    if sample:
        calibrating.sample = sample
        asyncio.run(calibrating.find())
        assert message in calibrating.problem
        assert calibrating.found is None
    else:
        with pytest.raises(lulc.InvalidInputError, match=message):
            read_labels(calibrating.session.map.land_cover, sample)


def test_a_search_stops_before_its_next_round_and_nobody_waits_for_that(
    calibrating: CalibrationSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search is held at one class of a round, until the person who stopped it has been let go."""
    real_step, real_search = weight_search._gains, lulc.calibrate
    steps, held, released, ended = [], threading.Event(), threading.Event(), threading.Event()

    def step(*arguments: object) -> object:
        steps.append(released.is_set())
        if len(steps) == 12:
            held.set()
            assert released.wait(PATIENCE_S)
        return real_step(*arguments)

    def search_to_its_end(*arguments: object, **options: object) -> object:
        try:
            return real_search(*arguments, **options)
        finally:
            ended.set()

    monkeypatch.setattr(weight_search, "_gains", step)
    monkeypatch.setattr(lulc, "calibrate", search_to_its_end, raising=False)

    async def search() -> None:
        running = asyncio.create_task(calibrating.find())
        assert await asyncio.to_thread(held.wait, PATIENCE_S)
        calibrating.stop()
        await asyncio.wait_for(running, PATIENCE_S)
        assert not ended.is_set()
        released.set()
        assert await asyncio.to_thread(ended.wait, PATIENCE_S)

    asyncio.run(search())
    assert sum(steps) < len(lulc.LEGEND)
    assert (calibrating.found, calibrating.problem) == (None, "")
