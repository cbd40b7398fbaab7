"""Labels that may be wrong: Rubin's rules by hand and by statsmodels, interpreters, rates and checks."""

import io

import numpy as np
import pandas as pd
import pytest
from made_labels import NAMES, POINTS, made_sample

import lulc_core as lulc
from lulc_core.accuracy import label_errors
from lulc_core.accuracy.imputation import combine


def test_versions_combine_by_rubins_rules() -> None:
    """The worked example of Barnard & Rubin's formula by hand: five versions, complete degrees of freedom 20."""
    values, errors = [10.0, 12.0, 9.0, 11.0, 13.0], [2.0, 2.2, 1.8, 2.1, 1.9]
    found = combine(
        [lulc.Estimate(value=v, standard_error=s, degrees_of_freedom=20) for v, s in zip(values, errors, strict=True)]
    )
    within, between = np.mean(np.square(errors)), np.var(values, ddof=1)
    total = within + 1.2 * between
    assert (found.estimate.value, found.estimate.standard_error) == pytest.approx((11, np.sqrt(total)))
    share = 1.2 * between / total
    old, observed = 4 / share**2, 21 / 23 * 20 * (1 - share)
    assert found.estimate.degrees_of_freedom == int(1 / (1 / old + 1 / observed))
    assert found.labelling_share == pytest.approx(share)


def test_versions_that_agree_add_nothing() -> None:
    sample = made_sample().drop(columns="cluster").assign(Ana=lambda s: s["reference"], Ben=lambda s: s["reference"])
    found = lulc.assess_interpreters(sample, ["Ana", "Ben"], design=POINTS)
    overall = found.figures["overall", ""]
    assert overall.labelling_share == 0
    assert overall.estimate.standard_error == pytest.approx(found.plain.overall.standard_error)


def test_interpreters_who_differ_widen_the_intervals() -> None:
    sample = made_sample().drop(columns="cluster")
    other = sample["reference"].where(np.arange(150) % 9 > 0, "crops")
    found = lulc.assess_interpreters(sample.assign(Ana=sample["reference"], Ben=other), ["Ana", "Ben"], design=POINTS)
    ben = lulc.assess(sample.assign(reference=other), design=POINTS)
    one = found.figures["proportion", "crops"]
    areas = [report.area["crops"].proportion for report in (found.plain, ben)]
    assert one.estimate.value == pytest.approx(np.mean([area.value for area in areas]))
    assert one.between == pytest.approx(np.var([area.value for area in areas], ddof=1))
    assert one.estimate.standard_error > max(area.standard_error for area in areas)
    assert "tell little" in found.warnings[0]


def test_a_missing_label_is_drawn_from_the_others_and_said() -> None:
    sample = made_sample().drop(columns="cluster").assign(Ana=lambda s: s["reference"])
    sample = sample.assign(Ben=sample["reference"].where(np.arange(150) > 9, ""))
    found = lulc.assess_interpreters(sample, ["Ana", "Ben"], design=POINTS)
    assert "10 missing labels were drawn" in found.model
    with pytest.raises(lulc.InvalidInputError, match="No interpreter labelled the unit of row 1"):
        lulc.assess_interpreters(sample.assign(Ana=sample["Ben"]), ["Ana", "Ben"], design=POINTS)


def test_the_bias_of_random_label_errors_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 4,000 pixels one label in ten is wrong, whatever the map: accuracy by the labels is 8 points too low."""
    monkeypatch.setattr(label_errors, "VERSIONS", 5)
    rng = np.random.default_rng(5)
    truth = rng.choice(NAMES, 4000, p=[0.6, 0.3, 0.1])
    mapped = np.where(rng.random(4000) < 0.9, truth, rng.choice(NAMES, 4000))
    others = {name: [other for other in NAMES if other != name] for name in NAMES}
    wrong = np.array([rng.choice(others[name]) for name in truth])
    sample = pd.DataFrame({"map": mapped, "reference": np.where(rng.random(4000) < 0.1, wrong, truth)})
    errors = lulc.LabelErrors.at_rate(0.1, NAMES)
    found = lulc.assess_label_errors(sample, errors, design=lulc.Design.simple_random(10**6))
    true = (mapped == truth).mean()
    overall, scrub = found.figures["overall", ""].estimate, found.figures["proportion", "scrub"].estimate
    assert found.plain.overall.value < true - 0.06
    assert abs(overall.value - true) < 2.5 * overall.standard_error
    assert found.figures["overall", ""].labelling_share > 0.2
    assert abs(scrub.value - (truth == "scrub").mean()) < 2.5 * scrub.standard_error
    again = lulc.assess_label_errors(sample, errors, design=lulc.Design.simple_random(10**6))
    assert again.figures["overall", ""] == found.figures["overall", ""]


def test_a_check_of_labels_gives_their_errors() -> None:
    checks = lulc.read_checks(
        io.StringIO("Label,truth,count\ncrops,crops,18\ngrass,crops,2\ngrass,grass,9\nscrub,scrub,5\n")
    )
    errors = lulc.LabelErrors.of_checks(checks, NAMES)
    assert errors.given == ((18, 2, 0), (0, 9, 0), (0, 0, 5))
    drawn = errors.drawn(np.random.default_rng(0))
    assert drawn.sum(1) == pytest.approx([1, 1, 1])
    assert drawn[0, 2] == 0
    with pytest.raises(lulc.InvalidInputError, match="No checked unit is truly water"):
        lulc.LabelErrors.of_checks(checks, [*NAMES, "water"])
    with pytest.raises(lulc.InvalidInputError, match=r"lies between 0 and 0\.67"):
        lulc.LabelErrors.at_rate(0.9, NAMES)


def test_a_sample_without_an_error_keeps_an_interval_that_says_something() -> None:
    """Where in most versions all units agree; the log odds gave 0.000 to 1.000."""
    sample = pd.DataFrame({"map": [*"aabbc"] * 12, "reference": [*"aabbc"] * 12})
    errors = lulc.LabelErrors.at_rate(0.1, ["a", "b", "c"])
    design = lulc.Design.simple_random(10_000)
    found = lulc.assess_label_errors(sample, errors, design=design).figures["overall", ""]
    low, high = found.estimate.interval()
    assert found.estimate.interval_method == "further"
    assert 60 / (60 + 1.96**2) > low > 0.8  # Wilson's limit of 60 units that all agree, if labels never erred
    assert found.estimate.value < high <= 1


def test_an_interval_of_drawn_labels_ends_where_the_further_of_two_does() -> None:
    sample = made_sample().drop(columns="cluster")
    found = lulc.assess_label_errors(sample, lulc.LabelErrors.at_rate(0.1, NAMES), design=POINTS)
    known = [figure for figure in found.figures.values() if figure.estimate.interval() is not None]
    assert len(known) > 10
    for figure in known:
        other = "mover" if figure.estimate.strata else "logit"
        ends = [figure.estimate.interval(method=method) for method in ("further", "t", other)]
        assert ends[0] == pytest.approx((min(low for low, _ in ends), max(high for _, high in ends)))
