"""Two maps on one sample, and alternate labels: paired differences against R's survey, tests, coverage."""

import re

import numpy as np
import pandas as pd
import pytest
from made_labels import CLUSTERS, NAMES, POINTS, made_sample
from scipy.stats import binomtest, norm

import lulc_core as lulc
from lulc_core.accuracy.joint_labels import holm, p_value

# R 4.2.2, survey 4.1-1: svycontrast of svytotal, and svymean for overall; value, then standard errors of both designs
SURVEY = {
    ("users", "crops"): (-0.00369965971611208, 0.0512084368234185, 0.0353680627700729),
    ("producers", "crops"): (-0.019538188277087, 0.0601578427474057, 0.052973322585326),
    ("f1", "crops"): (-0.0120767306088407, 0.0421327600285624, 0.0282308156793138),
    ("users", "grass"): (-0.0885809989863798, 0.0754809566276854, 0.0612319771509562),
    ("producers", "grass"): (-0.0698924731182795, 0.0760998990032417, 0.0601507002263245),
    ("f1", "grass"): (-0.0796046917615688, 0.0583407413221948, 0.0378507710456068),
    ("producers", "scrub"): (-0.0219178082191781, 0.0797890990901605, 0.0715039408146809),
    ("overall", ""): (-0.0346153846153846, 0.0407668611023067, 0.0191631740506857),
}
SURVEY_GAIN = {
    ("overall", ""): (0.0130769230769231, 0.00926276506060946, 0.00810434904065595),
    ("producers", "crops"): (0.0157361111989026, 0.0138342647290518, 0.0122648709275347),
    ("producers", "grass"): (0.0219449969731038, 0.0183401509000536, 0.0158365311998242),
}


@pytest.mark.parametrize("which, design", [(1, POINTS), (2, CLUSTERS)], ids=["points", "clusters"])
def test_differences_of_two_maps_are_those_of_r_survey(which: int, design: lulc.Design) -> None:
    sample = made_sample() if design.unit == "cluster" else made_sample().drop(columns="cluster")
    found = lulc.compare_accuracy(sample, "other", design=design)
    for (figure, name), expected in SURVEY.items():
        one = found.overall if figure == "overall" else found.by_class[name][figure]
        got = (one.difference.value, one.difference.standard_error)
        assert got == pytest.approx((expected[0], expected[which]), rel=1e-9)
        assert one.difference.value == pytest.approx(one.first.value - one.second.value)
    alternates = lulc.assess_alternates(sample, design=design)
    for key, expected in SURVEY_GAIN.items():
        gain = alternates.differences[key]
        assert (gain.value, gain.standard_error) == pytest.approx((expected[0], expected[which]), rel=1e-9)


def test_poststratified_figures_are_those_of_an_assessment() -> None:
    sample = made_sample().drop(columns=["cluster", "stratum"])
    design = lulc.Design.simple_random(1300, fpc=True)
    areas = lulc.MappedAreas(hectares={name: 10.0 + 7 * i for i, name in enumerate(sorted(set(sample["map"])))})
    alone = lulc.assess(sample, areas, design=design, poststratify=True)
    maps = lulc.compare_accuracy(sample, "other", design=design, poststrata=areas)
    either = lulc.assess_alternates(sample, areas, design=design, poststratify=True)
    everywhere = pd.DataFrame({"everywhere": np.ones(len(sample), bool)})
    region = lulc.assess_regions(sample, everywhere, design=design, pixel_ha=0.01, poststrata=areas)
    for overall in (maps.overall.first, either.primary.overall, region.regions["everywhere"].overall):
        assert overall.value == pytest.approx(alone.overall.value)
        assert overall.standard_error == pytest.approx(alone.overall.standard_error)
    gain = either.either.overall.value - either.primary.overall.value
    assert either.differences["overall", ""].value == pytest.approx(gain)
    assert either.primary.design == maps.design == alone.design
    with pytest.raises(lulc.InvalidInputError, match="simple random sample"):
        lulc.compare_accuracy(made_sample(), "other", design=CLUSTERS, poststrata=areas)


def test_each_map_has_the_figures_of_an_assessment_of_its_own() -> None:
    sample = made_sample().drop(columns="cluster")
    found = lulc.compare_accuracy(sample, "other", design=POINTS)
    alone = lulc.assess(sample.drop(columns="map").rename(columns={"other": "map"}), design=POINTS)
    assert found.overall.second.value == pytest.approx(alone.overall.value)
    for name in NAMES:
        for figure in ("users", "producers", "f1", "iou"):
            one, theirs = found.by_class[name][figure].second, getattr(alone, figure)[name]
            assert (one.value, one.standard_error) == pytest.approx((theirs.value, theirs.standard_error))


def test_of_a_simple_random_sample_the_test_is_mcnemars() -> None:
    right = [(1, 1)] * 60 + [(1, 0)] * 14 + [(0, 1)] * 4 + [(0, 0)] * 22
    label = {1: "a", 0: "b"}
    sample = pd.DataFrame({"map": [label[m] for m, _ in right], "new": [label[n] for _, n in right], "reference": "a"})
    found = lulc.compare_accuracy(sample, "new", design=lulc.Design.simple_random(10**6)).overall
    z = (14 - 4) / np.sqrt(14 + 4)  # McNemar 1947, without continuity correction; its variance is the null's
    assert found.difference.value == pytest.approx(0.10)
    assert found.p_value == pytest.approx(2 * norm.sf(z), rel=0.2)
    assert found.p_value == pytest.approx(binomtest(4, 18).pvalue, rel=0.6)


def test_two_maps_that_are_one_do_not_differ() -> None:
    found = lulc.compare_accuracy(made_sample().assign(other=made_sample()["map"]), "other", design=CLUSTERS)
    assert found.agreement.value == 1
    assert [one.difference.value for one in (found.overall, found.by_class["grass"]["users"])] == [0, 0]
    assert "does not tell" in found.verdict[-1]


def test_the_interval_of_a_small_difference_is_not_rounded_to_a_point() -> None:
    rows = [(c, "a", *labels, n) for c in range(200) for labels, n in ((("a", "a"), 10**6), (("b", "a"), 1 + c % 3))]
    table = pd.DataFrame(rows, columns=["cluster", "map", "other", "reference", "pixels"]).assign(stratum="all")
    found = lulc.compare_accuracy(table, "other", design=lulc.Design.clusters({"all": 10_000}))
    ends = re.search(r"difference (\S+) to (\S+),", found.verdict[0])
    assert float(ends[1]) < float(ends[2])


def test_the_p_value_and_the_interval_agree() -> None:
    estimate = lulc.Estimate(value=0.1, standard_error=0.04, degrees_of_freedom=20, method="t")
    p = p_value(estimate)
    low, _ = estimate.interval(1 - p)
    assert low == pytest.approx(0, abs=1e-6)
    assert holm([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06]


def test_spellings_of_the_second_map_are_those_of_the_first() -> None:
    sample = made_sample().drop(columns="cluster")
    plain = lulc.compare_accuracy(sample, "other", design=POINTS)
    loud = lulc.compare_accuracy(sample.assign(other=sample["other"].str.upper()), "other", design=POINTS)
    assert loud.overall.difference == plain.overall.difference
    with pytest.raises(lulc.InvalidInputError, match="second map needs a column of its own"):
        lulc.compare_accuracy(sample, "newer", design=POINTS)


def test_an_alternate_label_counts_only_where_the_map_has_it() -> None:
    sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb"), "alternate": ["b", "A ", "", "a"]})
    found = lulc.assess_alternates(sample.replace({"a": "alder", "b": "beech", "A ": "Alder "}), design=POINTS_OF_FOUR)
    assert (found.primary.overall.value, found.either.overall.value) == (0.75, 1.0)
    assert (found.alternates, found.decisive) == (3, 1)
    with pytest.raises(lulc.InvalidInputError, match="blank in every row"):
        lulc.assess_alternates(sample.assign(alternate=""), design=POINTS_OF_FOUR)
    told = lulc.assess_alternates(sample.assign(alternate=["forest", *sample["alternate"][1:]]), design=POINTS_OF_FOUR)
    assert told.primary.warnings[0] == "1 alternate label is of classes that neither map nor reference has (forest)."


POINTS_OF_FOUR = lulc.Design.simple_random(1000)
