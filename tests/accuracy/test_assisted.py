"""Weights, two stages and auxiliary variables: R's survey on its own data, and what probabilities gain."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lulc_core as lulc
from lulc_core.accuracy.assisted_accuracy import TOTALS, _Part
from lulc_core.accuracy.panel import Panel
from lulc_core.accuracy.weighted_sample import WeightedSample

Draw = Callable[[], tuple[pd.DataFrame, WeightedSample]]

API = Path(__file__).parent / "api"
"""apistrat, apiclus1 and apiclus2 of R's survey 4.1-1 (California's schools), some columns."""
ANY = (-np.inf, np.inf)


def stratified() -> tuple[pd.DataFrame, WeightedSample]:
    data = pd.read_csv(API / "apistrat.csv")
    stratum, names = pd.factorize(data["stype"])
    sizes = data.groupby("stype")["fpc"].first()[names].to_numpy(float)
    units = np.arange(len(data))
    weight = data["pw"].to_numpy(float)
    return data, WeightedSample(weight=weight, stratum=stratum, unit=units, strata=3, population=sizes)


def close(estimate: lulc.Estimate, value: float, error: float) -> None:
    assert (estimate.value, estimate.standard_error) == pytest.approx((value, error), rel=1e-9)


def test_a_stratified_sample_is_that_of_r_survey() -> None:
    data, sample = stratified()
    scores, pupils, tested = (data[name].to_numpy(float) for name in ("api00", "enroll", "api.stu"))
    close(sample.ratio(scores, np.ones(200), bounds=ANY), 662.287363159321, 9.40894080278458)
    close(sample.ratio(tested, pupils), 0.836956886940522, 0.00775710316663788)
    assert sample.total(pupils) == pytest.approx(3687177.53243828, rel=1e-9)
    assert np.sqrt(sample.variance(pupils)) == pytest.approx(114641.71610078, rel=1e-9)


def test_a_regression_estimate_is_that_of_calibrate() -> None:
    data, sample = stratified()
    x = np.column_stack([np.ones(200), data["api99"]])
    part = _Part(y=data["api00"].to_numpy(float), x=x, known=np.array([6194, 3914069.0]))
    total, residual = part.total(sample)
    close(sample.estimate(total / 6194, residual / 6194, bounds=ANY), 664.643995934647, 1.90304086035056)


def clusters() -> tuple[pd.DataFrame, WeightedSample]:
    data = pd.read_csv(API / "apiclus1.csv")
    parts = {"stratum": np.zeros(len(data), int), "unit": pd.factorize(data["dnum"])[0], "strata": 1}
    return data, WeightedSample(weight=data["pw"].to_numpy(float), **parts, population=np.array([757.0]))


def two_stages() -> tuple[pd.DataFrame, WeightedSample]:
    data = pd.read_csv(API / "apiclus2.csv")
    unit = pd.factorize(data["dnum"])[0]
    whole, drawn = data.groupby(unit)["fpc2"].first().to_numpy(float), np.bincount(unit)
    parts = {"stratum": np.zeros(len(data), int), "unit": unit, "strata": 1, "population": np.array([757.0])}
    weight = 757 / len(drawn) * (whole / drawn)[unit]
    return data, WeightedSample(weight=weight, **parts, pixels_of_unit=whole)


def test_clusters_and_domains_are_those_of_r_survey() -> None:
    data, sample = clusters()
    scores, primary = data["api00"].to_numpy(float), (data["stype"] == "E").to_numpy(float)
    close(sample.ratio(scores, np.ones(183), bounds=ANY), 644.169398907104, 23.542240693781)
    close(sample.ratio(scores * primary, primary, bounds=ANY), 648.868055555556, 22.3624088938319)


def test_both_stages_of_clusters_are_in_the_variance() -> None:
    data, both = two_stages()
    scores, before = data["api00"].to_numpy(float), data["api99"].to_numpy(float)
    close(both.ratio(scores, np.ones(len(data)), bounds=ANY), 670.811808118081, 30.0990273768366)
    close(both.ratio(before, scores), 0.961572143682271, 0.00427224282396976)
    replaced = replace(both, population=None, pixels_of_unit=None)
    close(replaced.ratio(scores, np.ones(len(data)), bounds=ANY), 670.811808118081, 30.7115763093289)


# R 4.2.2, survey 4.1-1: svymean, svyratio and svytotal of svydesign(~dnum + snum, fpc = ~fpc1 + fpc2), of the schools
# that were high, 650 or more, in api99 and api00: overall, producer's and user's accuracy, and how many in api00
HIGH = {
    ("overall", ""): (0.925461254612546, 0.0383647058396794),
    ("producers", "high"): (0.86608442503639, 0.085827021674068),
    ("users", "high"): (0.985099337748344, 0.0144757808453977),
}
TOTAL_HIGH = (2600.295, 732.082133702591)


def levels_of_schools() -> pd.DataFrame:
    """Return whether schools were high in two years, each a pixel of a cluster of which some were drawn."""
    data = pd.read_csv(API / "apiclus2.csv")
    level = {name: np.where(data[name] >= 650, "high", "low") for name in ("api99", "api00")}
    drawn = data.groupby("dnum")["dnum"].transform("size")
    return pd.DataFrame({**level, "cluster": data["dnum"], "pixels": data["fpc2"] / drawn})


def test_probabilities_and_years_correct_both_stages_as_r_survey_does() -> None:
    design, sample = lulc.Design.clusters(757, fpc=True), levels_of_schools()
    constant = {"probability_high": 0.5, "probability_low": 0.5}  # tells nothing, so that it changes nothing
    labels = {"api99": "map", "api00": "reference"}
    totals = pd.DataFrame([[0.5, 0.5, 0.25]] * 2, ["high", "low"], ["mapped", "mean_probability", TOTALS[2]])
    found = lulc.assess_assisted(sample.rename(columns=labels).assign(**constant), totals, design=design)
    for figure, by_r in HIGH.items():
        close(found.figures[figure].plain, *by_r)
    area = found.figures["proportion", "high"]
    close(area.assisted, area.plain.value, area.plain.standard_error)

    panel = sample.rename(columns={"api99": "reference_1999", "api00": "reference_2000"})
    years = lulc.assess_years(panel, design=design, pixel_ha=1.0)
    assert years.design == "two-stage clusters"
    close(years.classes["high"].area[1].area_ha, *TOTAL_HIGH)
    _, drawn = two_stages()
    change = (sample["api00"] == "high").astype(float) - (sample["api99"] == "high")
    net = years.classes["high"].net.proportion
    close(drawn.ratio(change.to_numpy(), np.ones(len(change)), bounds=ANY), net.value, net.standard_error)


# R 4.2.2, survey 4.1-1, with finite-population corrections of all stages: svymean of api00 - api99; of api00 in
# subset(stype != "E"); of api00 - api99 in subset(api99 < 600); each value and error
PAIRED = {
    stratified: (
        32.8925183753596,
        2.0511124077106,
        632.00953187932,
        11.2753748482968,
        41.808691510793,
        3.29030196316921,
    ),
    clusters: (
        37.1912568306011,
        3.08519696689945,
        626.820512820513,
        30.0483533700454,
        46.0357142857143,
        4.37424209475371,
    ),
    two_stages: (
        25.7778597785978,
        2.8419889620484,
        623.810185185185,
        30.1560984082926,
        28.6341463414634,
        4.62629209543426,
    ),
}
POPULATION = np.array([4421.0, 755.0, 1018.0])
"""Schools of the types E, H and M."""
POSTSTRATIFIED = {
    clusters: (642.310788211582, 23.9204864450904),
    two_stages: (673.002311274467, 28.8318088122979),
}
"""svymean of api00 after postStratify by the type of school."""


@pytest.mark.parametrize("drawn", PAIRED, ids=lambda drawn: drawn.__name__)
def test_paired_differences_and_domains_are_those_of_r_survey(drawn: Draw) -> None:
    data, sample = drawn()
    gain, scores = (data["api00"] - data["api99"]).to_numpy(float), data["api00"].to_numpy(float)
    value, error, *rest = PAIRED[drawn]
    close(sample.ratio(gain, np.ones(len(data)), bounds=ANY), value, error)
    for y, part in ((scores, data["stype"] != "E"), (gain, data["api99"] < 600)):
        here = part.to_numpy(float)
        close(sample.ratio(y * here, here, bounds=ANY), rest.pop(0), rest.pop(0))


@pytest.mark.parametrize("drawn", POSTSTRATIFIED, ids=lambda drawn: drawn.__name__)
def test_poststratified_clusters_are_those_of_r_survey(drawn: Draw) -> None:
    data, sample = drawn()
    group = data["stype"].map({"E": 0, "H": 1, "M": 2}).to_numpy(np.intp)[:, None]
    panel = Panel(drawn=sample, label=np.zeros_like(group), group=group, sizes=(POPULATION,), single=False)
    mean = panel.of(data[["api00"]].to_numpy(float))
    found = mean.values[0], np.sqrt(mean.covariance[0, 0])
    assert found == pytest.approx(POSTSTRATIFIED[drawn], rel=1e-9)


def test_a_poststratified_sample_with_strata_is_that_of_r_survey() -> None:
    data, scores = pd.read_csv(API / "apistrat.csv"), {"map": "api99", "reference": "api00"}
    sizes = data.groupby("stype")["fpc"].first().to_dict()
    sample = pd.DataFrame({name: np.where(data[score] >= 650, "high", "low") for name, score in scores.items()})
    sample["stratum"] = data["stype"]
    mapped = lulc.MappedAreas(pixels={"high": 2808, "low": 3386}, pixel_ha=1.0)
    found = lulc.assess(sample, mapped, design=lulc.Design.stratified(sizes, fpc=True), poststratify=True)
    close(found.overall, 0.897638682717081, 0.0222755145825478)  # postStratify, then svymean, svyratio and svytotal
    close(found.area["high"].proportion, 0.550781671665564, 0.0222208263011749)
    close(found.producers["high"], 0.81862046668357, 0.0328959604516588)
    close(found.users["high"], 0.994571879459776, 0.00524857667188551)
    close(found.area["high"].area_ha, 3411.5416742965, 137.635798109477)


def simulated(rng: np.random.Generator, informative: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulated pixels with probabilities of two classes, and their totals."""
    p = rng.beta(0.6, 0.9, 20_000) if informative else rng.random(20_000)
    truth = np.where(rng.random(20_000) < (p if informative else 0.4), "a", "b")
    mapped = np.where(p > 0.5, "a", "b")
    pixels = pd.DataFrame({"map": mapped, "reference": truth, "probability_a": p, "probability_b": 1 - p})
    rows = []
    for name in ("a", "b"):
        of_class = pixels[f"probability_{name}"]
        rows.append([(mapped == name).mean(), of_class.mean(), (of_class * (mapped == name)).mean()])
    return pixels, pd.DataFrame(rows, ["a", "b"], TOTALS)


def test_good_probabilities_make_a_sample_worth_more_and_bad_ones_cost_nothing() -> None:
    rng = np.random.default_rng(1)
    design = lulc.Design.simple_random(20_000)
    gains = []
    for informative in (True, False):
        pixels, totals = simulated(rng, informative)
        found = lulc.assess_assisted(pixels.iloc[rng.choice(20_000, 800, replace=False)], totals, design=design)
        area = found.figures["proportion", "a"]
        assert abs(area.assisted.value - (pixels["reference"] == "a").mean()) < 3 * area.assisted.standard_error
        gains.append(area.gain)
        plain = lulc.assess(pixels.iloc[:800][["map", "reference"]], design=design)
        assert plain.area["a"].proportion.value == pytest.approx(area.plain.value, abs=0.1)
    assert gains[0] > 1.4
    assert gains[1] == pytest.approx(1, abs=0.02)


def test_assisted_shares_sum_to_one() -> None:
    rng = np.random.default_rng(2)
    pixels, totals = simulated(rng, informative=True)
    drawn = pixels.iloc[rng.choice(20_000, 200, replace=False)]
    found = lulc.assess_assisted(drawn, totals, design=lulc.Design.simple_random(20_000)).figures
    assert sum(found["proportion", name].assisted.value for name in ("a", "b")) == pytest.approx(1)


def test_totals_that_cannot_be_are_refused() -> None:
    pixels, totals = simulated(np.random.default_rng(3), informative=True)
    design = lulc.Design.simple_random(20_000)
    with pytest.raises(lulc.InvalidInputError, match="mapped shares sum to 1"):
        lulc.assess_assisted(pixels, totals.assign(mapped=0.9), design=design)
    with pytest.raises(lulc.InvalidInputError, match="needs a column 'probability_b'"):
        lulc.assess_assisted(pixels.drop(columns="probability_b"), totals, design=design)
    with pytest.raises(lulc.InvalidInputError, match="probability design"):
        lulc.assess_assisted(pixels, totals, design=lulc.Design.indicative())
