"""Samples with unequal inclusion probabilities: R's survey, equal ones as the stratified design, what is refused."""

import io

import pandas as pd
import pytest
from made_labels import POINTS, made_sample, unequal_sample

import lulc_core as lulc

# R 4.2.2, survey 4.1-1: svyratio, svytotal, svycontrast and postStratify with weights 1 / pi; value and error
SURVEY = {
    False: {
        "overall": (0.83855421686747, 0.0339306575249603),
        "users": (0.901386748844376, 0.0440663840536748),
        "producers": (0.820476858345021, 0.0558225306815029),
        "share": (0.429518072289157, 0.0457575422343848),
        "total": (713, 82.0036388471159),
        "difference": (-0.0421686746987951, 0.0446840418797735),
        "west": (0.853587115666179, 0.0493291525884233),
        "west total": (294, 60.6288695484004),
        "poststratified": (0.843395781450377, 0.0328584081600987),
        "poststratified share": (0.464587425477967, 0.0297376791094101),
    },
    True: {
        "overall": (0.834939759036145, 0.0189309330559686),
        "users": (0.882513661202186, 0.0358221128167526),
        "producers": (0.895977808599168, 0.0379411274874324),
        "share": (0.43433734939759, 0.0165648750250029),
        "total": (721, 76.9773643344785),
        "difference": (-0.013855421686747, 0.0133205780376849),
        "west": (0.816023738872404, 0.0505834994955106),
        "west total": (290, 56.1619421199985),
        "poststratified": (0.834180425147352, 0.0193676957572676),
        "poststratified share": (0.43042284551768, 0.0215070586895683),
    },
}


@pytest.mark.parametrize("clusters", [False, True], ids=["points", "clusters"])
def test_figures_of_unequal_probabilities_are_those_of_r_survey(clusters: bool) -> None:
    sample, expected = unequal_sample(clusters=clusters), SURVEY[clusters]
    found = lulc.assess(sample, pixel_ha=1.0)
    pairs = lulc.compare_accuracy(sample, "other")
    west = pd.DataFrame({"west": [i * 7 % 10 < 4 for i in range(1, 151)]})
    region = lulc.assess_regions(sample, west, pixel_ha=1.0).regions["west"]
    mapped = lulc.MappedAreas(pixels={"crops": 700, "grass": 500, "scrub": 400})
    post = lulc.assess(sample, mapped, poststratify=True)
    figures = {
        "overall": found.overall,
        "users": found.users["crops"],
        "producers": found.producers["crops"],
        "share": found.area["crops"].proportion,
        "total": found.area["crops"].area_ha,
        "difference": pairs.overall.difference,
        "west": region.overall,
        "west total": region.area["crops"].area_ha,
        "poststratified": post.overall,
        "poststratified share": post.area["crops"].proportion,
    }
    for name, figure in figures.items():
        assert (figure.value, figure.standard_error) == pytest.approx(expected[name], rel=1e-9), name


def test_equal_probabilities_are_those_of_the_strata() -> None:
    sample = made_sample().drop(columns="cluster")
    probability = sample["stratum"].map(sample["stratum"].value_counts() / pd.Series({"n": 4000, "s": 9000}))
    stated = lulc.assess(sample.assign(inclusion_probability=probability), pixel_ha=1.0)
    known = lulc.assess(sample, design=POINTS, pixel_ha=1.0)
    for name in known.classes:
        mine, theirs = stated.producers[name], known.producers[name]
        assert (mine.value, mine.standard_error) == pytest.approx((theirs.value, theirs.standard_error))
        assert mine.interval() == pytest.approx(theirs.interval(), rel=0.005)
    assert stated.area["crops"].area_ha.value == pytest.approx(known.area["crops"].area_ha.value)


def test_weights_give_shares_but_no_hectares() -> None:
    sample = unequal_sample(clusters=False)
    weighted = sample.drop(columns="inclusion_probability").assign(weight=7 / sample["inclusion_probability"])
    found, exact = lulc.assess(weighted, pixel_ha=1.0), lulc.assess(sample)
    assert found.overall.standard_error == pytest.approx(exact.overall.standard_error)
    assert found.area["crops"].area_ha.value is None
    whole = lulc.MappedAreas(hectares={"crops": 700, "grass": 500, "scrub": 400})
    total = lulc.assess(weighted, whole).area["crops"].area_ha
    assert total.value == pytest.approx(1600 * exact.area["crops"].proportion.value)


def test_files_state_the_probabilities() -> None:
    text = unequal_sample(clusters=True).to_csv(index=False)
    survey = lulc.read_survey(io.StringIO(text))
    assert survey.design.weighted
    assert lulc.assess(survey.sample, design=survey.design).design == "stratified clusters with unequal probabilities"
    survey = lulc.read_survey(io.StringIO(text), io.StringIO("stratum,clusters\nn,40\ns,90\n"))
    with pytest.raises(lulc.InvalidInputError, match="or state no sizes, so that the column itself weights"):
        lulc.assess(survey.sample, design=survey.design)


def test_what_cannot_be_weighted_is_refused() -> None:
    sample = unequal_sample(clusters=True)
    with pytest.raises(lulc.InvalidInputError, match="differs within a cluster"):
        lulc.assess(sample.assign(inclusion_probability=[0.1 + i % 2 / 10 for i in range(150)]))
    with pytest.raises(lulc.InvalidInputError, match="needs one column"):
        lulc.assess(sample.assign(weight=2.0))
    with pytest.raises(lulc.InvalidInputError, match="leave out the finite-population correction"):
        lulc.Design(sizes={"all": 1}, weighted=True, fpc=True)
