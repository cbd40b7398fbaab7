"""Weights found in the app: those of the engine, judged where they were left out, and a search that stops at once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import numpy as np
import panel as pn  # noqa: F401  runs the asynchronous watchers of parameters
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.session.build import build_visit
from lulc_explorer.session.calibration import ELSEWHERE, CalibrationSession
from making import choose, small_session

import lulc_core as lulc

if TYPE_CHECKING:
    from lulc_explorer.session.session import Session


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
        await asyncio.sleep(0.5)

    asyncio.run(search())
    result = explorer.map.land_cover
    expected = lulc.calibrate({"here": result.votes}, {"here": result.truth}, result.legend)
    assert calibrating.found.weights == expected.weights
    assert calibrating.found.after == expected.after
    assert {**{c.name: c.weight for c in result.legend}, **explorer.weights.chosen} == expected.weights
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
    labels = result.labels(labelled[[*columns, "reference"]].to_csv().encode())
    assert (labels > 0).sum() == 300
    assert (labels[labels > 0] == result.truth[labels > 0]).all()


@pytest.mark.parametrize(
    "sample, message",
    [
        (b"a,b\n1,2", "need a column reference and lon, lat or x, y; there are a, b"),
        (b"x,y,reference\n1,2,jungle", "The labels name jungle; the classes are water"),
        (b"", "not a CSV"),
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
            calibrating.session.map.land_cover.labels(sample)


def test_a_search_stops_within_a_second(calibrating: CalibrationSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slowest search there is: as many labels as are ever looked at, of eight places."""
    rng = np.random.default_rng(0)
    votes = calibrating.session.map.land_cover.votes
    side = 447
    big = votes.isel(y=np.arange(side) % votes.sizes["y"], x=np.arange(side) % votes.sizes["x"])
    truth = rng.choice(lulc.LEGEND.codes[:8], (side, side)).astype(np.uint8)
    names = [str(n) for n in range(8)]
    real, ended = lulc.calibrate, []

    def slow(_votes: object, _truth: object, *arguments: object, **options: object) -> object:
        try:
            return real(dict.fromkeys(names, big), dict.fromkeys(names, truth), *arguments, **options)
        finally:
            ended.append(time.monotonic())

    monkeypatch.setattr(lulc, "calibrate", slow, raising=False)

    async def search() -> float:
        running = asyncio.create_task(calibrating.find())
        while calibrating.step is None or calibrating.step.stage != "calibrate":
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert not ended
        began = time.monotonic()
        calibrating.stop()
        await running
        assert time.monotonic() - began < 0.3
        while not ended:
            await asyncio.sleep(0.01)
        return ended[0] - began

    assert asyncio.run(search()) < 1
    assert (calibrating.found, calibrating.problem) == (None, "")
