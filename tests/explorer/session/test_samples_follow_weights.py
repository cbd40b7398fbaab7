"""The labelled pixels stay while class weights change: matrix, areas and trade-off against a loop over the pixels."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import panel as pn  # noqa: F401  runs the asynchronous watchers of parameters
import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine import accuracy, samples
from lulc_explorer.rendering.formatting import percent
from lulc_explorer.session.accuracy import DRAWN, OWN
from lulc_explorer.session.build import build_visit
from lulc_explorer.session.display import ERROR_MATRIX, MAP
from lulc_explorer.session.trade_off import AXES
from lulc_explorer.tabs.accuracy import areas
from lulc_explorer.tabs.map.headline import summary
from making import all_done, choose, small_session

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.samples import Sample
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.visit import Visit


NAMES = {c.code: c.name for c in lulc.LEGEND}


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return small_session(tmp_path_factory.mktemp("follow"), "laos", "belgium")


@pytest.fixture
def visit(explorer: Session) -> Visit:
    choose(explorer, chosen={}, tab=MAP)
    return build_visit(explorer, Jobs())


def mapped_by_hand(sample: Sample, land_cover: LandCoverMap, weights: Mapping[str, float]) -> list[str]:
    """The class that each sampled pixel has with some weights: every vote of every scene, one by one."""
    grid, table = land_cover.grid, land_cover.legend.weights_by_name | {**weights}
    seen = {name: land_cover.predictions[name].values for name in ("label", "confidence", "clear")}
    found = []
    for x, y in zip(sample.table["x"], sample.table["y"], strict=True):
        column, row = (int(v) for v in ~grid.affine @ (x, y))
        scores = dict.fromkeys(lulc.LEGEND.names, 0.0)
        for label, confidence, clear in zip(
            *(values[:, row, column].tolist() for values in seen.values()), strict=True
        ):
            if label and clear:
                scores[NAMES[label]] += table[NAMES[label]] * confidence
        found.append(max(scores, key=scores.__getitem__) if any(scores.values()) else "")
    return found


def shares_by_hand(sample: Sample, mapped: list[str]) -> dict[tuple[str, str], float]:
    """The share of the area in each cell: every pixel stands for its stratum's size by its stratum's pixels."""
    drawn = sample.table["stratum"].value_counts()
    shares: dict[tuple[str, str], float] = {}
    rows = zip(mapped, sample.table["reference"], sample.table["stratum"], sample.table["stratum_size"], strict=True)
    for row, column, stratum, size in rows:
        if not row:
            continue  # no part of the map
        shares[row, column] = shares.get((row, column), 0.0) + size / drawn[stratum]
    whole = sum(shares.values())
    return {cell: share / whole for cell, share in shares.items()}


def test_a_sample_is_drawn_when_the_tab_is_opened_and_the_same_pixels_follow_the_weights(visit: Visit) -> None:
    review, session = visit.accuracy, visit.session

    async def look() -> None:
        assert (review.source, review.sample) == (DRAWN, None)
        choose(session, tab=ERROR_MATRIX)
        await all_done()
        first = review.sample
        assert len(first.table) == 600
        assert first.simulated
        assert review.drawing == ""  # whoever opens the link gets the same
        weights = {"grass": 2.5, "trees": 0.4}
        choose(session, chosen=weights)
        await all_done()
        mapped = mapped_by_hand(first, session.map.land_cover, weights)
        assert review.sample.table["map"].tolist() == mapped != first.table["map"].tolist()
        for kept in ("reference", "stratum", "stratum_size", "inclusion_probability"):
            assert (review.sample.table[kept] == first.table[kept]).all()
        shares, names = shares_by_hand(first, mapped), review.study.classes
        expected = [[shares.get((row, column), 0.0) for column in names] for row in names]
        np.testing.assert_allclose(review.study.shares, expected, atol=1e-12)
        hectares = session.map.composite.hectares
        assert {a.name: a.mapped_ha for a in review.study.areas} == pytest.approx(
            {name: hectares[lulc.LEGEND[name].code] for name in names}
        )
        assert "custom weights" in review.study.title
        assert "one of the columns is wrong" not in " ".join(review.study.remarks)  # the strata are those of the draw
        as_a_file = accuracy.assessed(replace(review.sample, first=None))
        assert "one of the columns is wrong" in " ".join(as_a_file.remarks)
        choose(session, chosen={})
        await all_done()
        assert review.study.shares.tolist() == accuracy.assessed(first).shares.tolist()

    asyncio.run(look())


def test_estimates_stay_unbiased_with_other_weights_than_those_of_the_draw(explorer: Session) -> None:
    land_cover = explorer.map.land_cover
    other = land_cover.weigh({"grass": 2.5, "trees": 0.4})
    truth = float((other.label == land_cover.truth)[other.label > 0].mean())
    overall = []
    for seed in range(40):
        sample = samples.drawn(land_cover, land_cover.composite, 200, seed, by="")
        overall.append(accuracy.assessed(samples.weighed_anew(sample, land_cover, other)).overall.value)
    assert np.mean(overall) == pytest.approx(truth, abs=3 * np.std(overall) / np.sqrt(len(overall)))


def test_merged_classes_stay_merged_while_the_weights_change(visit: Visit) -> None:
    review, session = visit.accuracy, visit.session

    async def look() -> None:
        choose(session, tab=ERROR_MATRIX)
        review.focus = True
        await all_done()
        choose(session, chosen={"crops": 2.0})
        await all_done()
        assert review.study.classes[0] == "All others"
        expected = accuracy.assessed(review.sample, review.merge)
        assert review.study.shares.tolist() == expected.shares.tolist()

    asyncio.run(look())


def test_figures_are_of_what_has_a_class_where_the_weights_leave_sampled_pixels_without_one(visit: Visit) -> None:
    review, session = visit.accuracy, visit.session

    async def look() -> None:
        choose(session, tab=ERROR_MATRIX)
        await all_done()
        before, first = review.study, review.sample
        weights = dict.fromkeys(("trees", "crops", "clouds"), 0.0)
        choose(session, chosen=weights)
        await all_done()
        mapped = mapped_by_hand(first, session.map.land_cover, weights)
        without, names = mapped.count(""), review.study.classes
        assert f"{without} of 600 sampled pixels have no class with these weights" in review.study.remarks[0]
        assert review.study.whole == accuracy.CLASSIFIED
        assert "All areas are within the classified area" in areas.headline(review.study)
        shares = shares_by_hand(first, mapped)
        expected = [[shares.get((row, column), 0.0) for column in names] for row in names]
        np.testing.assert_allclose(review.study.shares, expected, atol=1e-12)
        hectares = session.map.composite.hectares
        for area in review.study.areas:
            assert area.mapped_ha == pytest.approx(hectares[lulc.LEGEND[area.name].code])
        assert review.study.total_ha == pytest.approx(session.map.composite.mapped_ha)
        assert review.study.counts.sum() == 600 - without
        assert review.behind == ""
        review.focus = True
        await all_done()
        assert review.study.counts.sum() == 600 - without
        assert review.study.overall.value >= sum(share for (i, j), share in shares.items() if i == j)
        review.focus = False
        choose(session, chosen={})
        await all_done()
        assert (review.behind, review.study.shares.tolist()) == ("", before.shares.tolist())

    asyncio.run(look())


def test_an_uploaded_sample_of_the_open_map_follows_and_keeps_its_strata(visit: Visit) -> None:
    review, session = visit.accuracy, visit.session
    land_cover = session.map.land_cover
    drawn = samples.drawn(land_cover, land_cover.composite, 150, 2, by="")
    file = drawn.table.to_csv(index=False).encode()

    async def look() -> None:
        choose(session, tab=ERROR_MATRIX)
        review.source = OWN
        await review.upload(file, None, None, "mine.csv")
        choose(session, chosen={"crops": 3.0})
        await all_done()
        mapped = mapped_by_hand(drawn, land_cover, {"crops": 3.0})
        assert [str(name) for name in review.sample.table["map"]] == mapped
        shares = shares_by_hand(drawn, mapped)
        assert review.study.overall.value == pytest.approx(sum(v for (i, j), v in shares.items() if i == j))
        assert review.behind == ""
        choose(session, place="belgium")
        await all_done()
        assert review.sample.weights is None  # read again: no sample of this map
        choose(session, chosen={"crops": 3.0})
        await all_done()
        assert "no weights change them" in review.behind
        await review.upload(file, None, None, "again.csv")  # while the weights are those
        assert "no weights change them" in review.behind
        choose(session, place="laos")
        await all_done()

    asyncio.run(look())


def test_a_sample_without_map_classes_is_of_the_map_on_screen_and_follows_its_weights(visit: Visit) -> None:
    review, session = visit.accuracy, visit.session
    land_cover = session.map.land_cover
    drawn = samples.drawn(land_cover, land_cover.composite, 150, 2, by="")
    mine = drawn.table[["lon", "lat", "reference"]]

    async def look() -> None:
        choose(session, tab=ERROR_MATRIX)
        review.source = OWN
        for weights in ({}, {"crops": 3.0}):
            choose(session, chosen=weights)
            await review.upload(mine.to_csv(index=False).encode(), None, None, "mine.csv")
            await all_done()
            assert [str(name) for name in review.sample.table["map"]] == mapped_by_hand(drawn, land_cover, weights)
            assert "map classes are those of the map on screen" in " ".join(review.study.remarks)
        choose(session, chosen={})
        await all_done()
        assert [str(name) for name in review.sample.table["map"]] == mapped_by_hand(drawn, land_cover, {})
        assert review.behind == ""
        far = mine.assign(lon=mine["lon"].where(mine.index > 0, 0.0))
        await review.upload(far.to_csv(index=False).encode(), None, None, "far.csv")
        assert "no column 'map', and 1 of its 150 locations lie outside the map on screen" in review.problem

    asyncio.run(look())


def test_other_weights_change_the_error_matrix_first_and_then_the_curve(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, seen, go_on = visit.session, [], threading.Event()
    anew = samples.weighed_anew

    def slowly(*args: object) -> Sample:
        seen.append("begun")
        go_on.wait(20)
        return anew(*args)

    async def person() -> None:
        session.display.tab = ERROR_MATRIX
        await all_done()
        monkeypatch.setattr(samples, "weighed_anew", slowly)
        visit.accuracy.param.watch(lambda _: seen.append("matrix"), "study")
        visit.trade_off.param.watch(lambda _: seen.append("curve"), "points")
        choose(session, chosen={"crops": 3.0})
        while not seen:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        assert "curve" not in seen
        go_on.set()
        await all_done()

    asyncio.run(person())
    assert [what for what in seen if what != "begun"] == ["matrix", "curve"]
    assert visit.trade_off.target == "crops"


def test_the_trade_off_has_the_map_where_weights_leave_sampled_pixels_without_a_class(visit: Visit) -> None:
    session, trade_off = visit.session, visit.trade_off

    async def look() -> None:
        choose(session, tab=ERROR_MATRIX)
        weights = dict.fromkeys(("trees", "crops", "clouds"), 0.0)
        choose(session, chosen=weights)
        await all_done()
        sample, study = visit.accuracy.sample, visit.accuracy.study
        mapped = mapped_by_hand(sample.first, session.map.land_cover, weights)
        shares = shares_by_hand(sample.first, mapped)
        assert "" in mapped
        for name, figure in ((trade_off.target, trade_off.here.across), (trade_off.opponent, trade_off.here.up)):
            whole = sum(share for cell, share in shares.items() if cell[1] == name)
            assert figure.value == pytest.approx(shares.get((name, name), 0.0) / whole)
            told = study.producers[study.classes.index(name)]
            assert (figure.value, figure.standard_error) == pytest.approx((told.value, told.standard_error))
        land_cover, composite = session.map.land_cover, session.map.composite
        share = percent(1 - composite.mapped_ha / land_cover.composite.mapped_ha)
        assert f"; {share} has no class with these weights" in summary(land_cover, composite)
        assert "no class" not in summary(land_cover, land_cover.composite)

    asyncio.run(look())


@pytest.mark.parametrize("axes", AXES)
def test_the_trade_off_is_that_of_a_loop_over_pixels_and_weights(visit: Visit, axes: str) -> None:
    session, trade_off = visit.session, visit.trade_off

    async def look() -> None:
        choose(session, tab=ERROR_MATRIX)
        trade_off.axes = axes
        await all_done()
        trade_off.choose(1.5)
        await all_done()
        sample, one, other = visit.accuracy.sample, trade_off.target, trade_off.opponent
        assert one == "grass"
        assert len(trade_off.points) > 40
        for point in (*trade_off.points[:: len(trade_off.points) // 4], trade_off.here):
            mapped = mapped_by_hand(sample, session.map.land_cover, {one: point.weight})
            shares = shares_by_hand(sample, mapped)
            for axis, figure in zip(AXES[axes](one, other), (point.across, point.up), strict=True):
                side = 0 if axis.figure.startswith("User") else 1
                whole = sum(share for cell, share in shares.items() if cell[side] == axis.name)
                assert figure.value == pytest.approx(shares.get((axis.name,) * 2, 0.0) / whole)
        assert trade_off.here.weight == session.weights.chosen["grass"] == 1.5
        figure = visit.accuracy.study.producers[visit.accuracy.study.classes.index(one)]
        if axes == "producers":
            assert trade_off.here.across.value == pytest.approx(figure.value)
            assert trade_off.here.across.interval() == pytest.approx(figure.interval())

    asyncio.run(look())


def test_the_curve_is_of_the_class_whose_weight_is_changed_alone(visit: Visit) -> None:
    session, trade_off = visit.session, visit.trade_off

    async def look() -> None:
        choose(session, tab=ERROR_MATRIX)
        await all_done()
        curve = trade_off.points
        trade_off.choose(2.0)
        await all_done()
        assert trade_off.points is curve or [p.weight for p in trade_off.points] == [p.weight for p in curve]
        assert trade_off.here.weight == 2.0
        session.weights.chosen = {"grass": 2.0, "crops": 1.3}
        await all_done()
        assert trade_off.target == "crops" != trade_off.opponent
        session.weights.chosen = {}
        await all_done()
        assert (trade_off.target, trade_off.here.weight) == ("crops", session.map.land_cover.legend["crops"].weight)

    asyncio.run(look())
