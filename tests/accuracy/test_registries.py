"""An interval, an estimator or an allocation of one's own is one entry, and what a person holds shows itself."""

import numpy as np
import pandas as pd
import pytest

import lulc_core as lulc

SAMPLE = pd.DataFrame({"map": list("aaabbbbbbb"), "reference": list("aabbbbbbba")})
DESIGN = lulc.Design.simple_random(9999)
MAPPED = {"a": 40.0, "b": 60.0}


def test_an_estimate_says_by_which_method_its_interval_is_made() -> None:
    perfect = SAMPLE.assign(reference=SAMPLE["map"])
    assert lulc.assess(SAMPLE, design=DESIGN).overall.interval_method == "wilson"
    assert lulc.assess(perfect, design=DESIGN).overall.interval_method == "wilson"
    assert lulc.Estimate(value=0.5).interval_method is None


def test_an_interval_of_ones_own_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = lulc.Interval(title="Twice", applies=lambda e: False, reach=lambda e, upper: (2 * e.standard_error,) * 2)
    monkeypatch.setitem(lulc.INTERVALS, "twice", twice)
    figure = lulc.Estimate(value=0.5, standard_error=0.1, degrees_of_freedom=9, bounds=(0, 1))
    assert figure.interval(method="twice") == pytest.approx((0.3, 0.7))
    assert figure.interval_method == "logit"


def test_an_unknown_interval_is_refused_with_the_known_ones() -> None:
    figure = lulc.Estimate(value=0.5, standard_error=0.1, degrees_of_freedom=9)
    with pytest.raises(
        lulc.InvalidInputError, match="one of wilson, mover, difference, logit, t, further; got 'bayes'"
    ):
        figure.interval(method="bayes")


def test_an_area_estimator_of_ones_own_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(observed, census):
        share = lulc.Estimate(value=0.5)
        return {name: lulc.Area(proportion=share, area_ha=share) for name in observed.classes}

    monkeypatch.setitem(lulc.AREA_ESTIMATORS, "half", half)
    areas = lulc.model_assisted_areas(SAMPLE, MAPPED, design=DESIGN, method="half")
    assert [area.proportion.value for area in areas.values()] == [0.5, 0.5]


def test_an_unknown_area_estimator_is_refused_with_the_known_ones() -> None:
    with pytest.raises(lulc.InvalidInputError, match="one of greg, difference; got 'best'"):
        lulc.model_assisted_areas(SAMPLE, MAPPED, design=DESIGN, method="best")


def test_the_regression_estimator_gives_the_areas_of_a_poststratified_assessment() -> None:
    assessed = lulc.assess(SAMPLE, MAPPED, design=DESIGN, poststratify=True)
    assert lulc.model_assisted_areas(SAMPLE, MAPPED, design=DESIGN) == assessed.area


def test_an_allocation_of_ones_own_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lulc.ALLOCATIONS, "root", lambda W, U: np.sqrt(W))
    assert lulc.allocate(30, {"a": 1, "b": 4}, "root") == {"a": 10, "b": 20}


def test_an_assessment_is_a_table_and_shows_itself() -> None:
    report = lulc.assess(SAMPLE, MAPPED, design=DESIGN)
    table = report.to_frame()
    assert table.loc["a", "users"] == report.users["a"].value
    low, high = report.area["b"].area_ha.interval()
    assert table.loc["b", ["area_ha_low", "area_ha_high"]].tolist() == [low, high]
    assert "Overall accuracy 0.8 (95 % interval" in repr(report)
    assert "Overall accuracy 0.8 (95\xa0% interval" in report._repr_html_()
    assert "<table" in report._repr_html_()
    assert ", 1 pixel, " in repr(lulc.assess(SAMPLE[:1], design=lulc.Design.indicative()))


def test_a_plan_is_a_table_and_shows_itself() -> None:
    plan = lulc.plan_sample({"a": 0.1, "b": 0.9}, users=0.9, size=100)
    assert plan.to_frame()["pixels"].to_dict() == plan.allocation
    assert "100 pixels; expected standard error of the overall accuracy 0.03" in plan._repr_html_()


def test_a_consensus_is_a_table_and_shows_itself() -> None:
    joined = lulc.consensus(pd.DataFrame({"one": list("aab"), "two": list("aba")}))
    assert joined.to_frame().columns.tolist() == ["one", "two", "reference"]
    assert joined._repr_html_().startswith("<p>1 of 3 pixels have a consensus (strict)</p>")
