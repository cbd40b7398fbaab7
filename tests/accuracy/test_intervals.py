"""Intervals hold the truth as often as they say: exact coverage of small designs, and other ways to the same limits."""

import importlib.util
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import combinations_with_replacement, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom, chi2, kurtosis
from scipy.stats import t as student

import lulc_core as lulc
from lulc_core.accuracy.mover import Level, SampledStratum, limits, modified_wilson, reach, wilson
from lulc_core.accuracy.samples import observe

Z = 1.959963984540054


def wilson_limits(hits: float, n: float) -> tuple[float, float]:
    """The two roots of Wilson (1927): ``(p - hits / n)^2 = z^2 p (1 - p) / n``."""
    low, high = sorted(np.roots([1 + Z**2 / n, -(2 * hits / n + Z**2 / n), (hits / n) ** 2]).real)
    return low, high


def single_limits(hits: int, n: int) -> tuple[float, float]:
    """Brown, Cai & DasGupta 2001, sect. 4.1.1: of few hits the lower limit is half a quantile of chi-squared over n."""
    low, high = wilson_limits(hits, n)
    few = 2 if n <= 50 else 3
    low = chi2.ppf(0.05, 2 * hits) / 2 / n if 0 < hits <= few else low
    return low, 1 - chi2.ppf(0.05, 2 * (n - hits)) / 2 / n if 0 < n - hits <= few else high


@pytest.mark.parametrize("n", [30, 75, 600])
def test_a_rare_share_is_covered_exactly_as_often_as_the_modified_interval_says(n: int) -> None:
    """Every possible sample counted; Wilson's limits as they are cover 84 to 89 % at the worst, ever so rare."""
    hits = np.arange(n + 1)
    ends = np.array(
        [(hit / n - below, hit / n + above) for hit in hits for below, above in [modified_wilson(hit / n, n, Z)]]
    )
    plain = np.array([wilson_limits(hit, n) for hit in hits])
    shares = np.geomspace(1e-4, 0.1, 300)
    covered, before = (
        np.array([binom.pmf(hits, n, p)[(each[:, 0] <= p) & (p <= each[:, 1])].sum() for p in shares])
        for each in (ends, plain)
    )
    assert ends == pytest.approx(np.array([single_limits(hit, n) for hit in hits.tolist()]), abs=1e-9)
    assert covered.min() > 0.915
    assert before.min() < 0.89
    assert (covered >= before - 1e-12).all()


@pytest.mark.parametrize("hits, n", [(0, 12), (3, 12), (12, 12), (525, 525), (60, 75)])
def test_wilsons_distances_are_those_of_its_equation(hits: int, n: int) -> None:
    below, above = wilson(hits / n, n, Z)
    assert (hits / n - below, hits / n + above) == pytest.approx(wilson_limits(hits, n), abs=1e-9)


def low_mid_p(hits: int, n: int) -> float:
    """Berry & Armitage 1995: the share at which ``P(X > hits) + P(X = hits) / 2`` is 2.5 %."""
    return brentq(lambda p: binom.sf(hits, n, p) + binom.pmf(hits, n, p) / 2 - 0.025, 1e-12, hits / n, xtol=1e-14)


@pytest.mark.parametrize("hits, n", [(1, 60), (2, 60), (15, 75), (50, 100)])
def test_the_limit_of_a_share_towards_0_is_the_mid_p_limit_if_that_is_further(hits: int, n: int) -> None:
    below, above = limits(hits / n, n, Z)
    low, high = wilson_limits(hits, n)
    assert hits / n - below == pytest.approx(min(low, low_mid_p(hits, n)), abs=1e-9)
    assert hits / n + above == pytest.approx(high, rel=0.002 if 2 * hits == n else 1e-9)
    assert limits(1 - hits / n, n, Z) == pytest.approx((above, below))


def test_a_rare_class_in_several_strata_is_covered_exactly_as_often_as_stated() -> None:
    """Four strata of 40 pixels, every possible sample counted; plain Wilson limits cover 90.4 %."""
    covered = []
    for truth in (0.005, 0.01, 0.02, 0.03):
        held, chances = 0.0, binom.pmf(np.arange(8), 40, truth)
        for counts in combinations_with_replacement(range(8), 4):
            pairs = [(Level(share=n / 40, residual=1), Level(share=1 - n / 40, residual=0)) for n in counts]
            strata = tuple(SampledStratum(weight=0.25, units=40, levels=levels) for levels in pairs)
            orders = math.factorial(4) / math.prod(math.factorial(n) for n in Counter(counts).values())
            value = sum(counts) / 160
            inside = value - reach(strata, Z, down=True) <= truth <= value + reach(strata, Z, down=False)
            held += orders * math.prod(chances[n] for n in counts) * inside
        covered.append(held)
    assert np.mean(covered) > 0.94
    assert min(covered) > 0.92


# A rare class, and a large stratum in which no omission was seen

AREAS = lulc.MappedAreas(hectares={"cut": 500.0, "stable": 99_500.0})


def two_strata(cut: tuple[int, int], stable: tuple[int, int]) -> lulc.Assessment:
    """An assessment of the pixels mapped as cut and as stable, each by reference cut and stable."""
    return lulc.assess_counts(pd.DataFrame([cut, stable], ["cut", "stable"], ["cut", "stable"]), AREAS)


def test_a_stratum_without_an_omission_adds_its_uncertainty_where_others_vary() -> None:
    """Zou, Huang & Zhang 2009, eq. 5, and Donner & Zou 2012, sect. 2, by hand."""
    report = two_strata((60, 15), (0, 525))
    (l1, u1), (_, u2) = wilson_limits(60, 75), wilson_limits(0, 525)
    low = 0.004 - 0.005 * (0.8 - l1)
    high = 0.004 + math.hypot(0.005 * (max(u1, 1 - low_mid_p(15, 75)) - 0.8), 0.995 * u2)
    area = report.area["cut"].proportion
    assert area.interval() == pytest.approx((low, high))
    assert area.interval_method == "mover"
    assert report.area["cut"].area_ha.interval() == pytest.approx((348, 1124), abs=0.5)
    assert report.overall.interval() == pytest.approx((0.9918, 0.9994), abs=5e-5)
    hits = math.sqrt(0.004**2 - (0.005 * (0.8 - l1)) ** 2)
    assert report.producers["cut"].interval() == pytest.approx((hits / (hits + 0.995 * u2), 1))


def three_figures(*cells: int) -> tuple[lulc.Estimate, lulc.Estimate, lulc.Estimate]:
    """Area, overall and producer's accuracy of `cut`, without the rest of an assessment."""
    table = {"map": ["cut", "cut", "stable", "stable"], "reference": ["cut", "stable"] * 2, "pixels": cells}
    sample = pd.DataFrame(table).assign(stratum=table["map"])
    observed = observe(sample, lulc.Design.stratified(AREAS.sizes), classes=("cut", "stable"), tallied=True)
    there = np.array([[1.0, 0.0], [1.0, 0.0]])
    return observed.ratio(there), observed.ratio(np.eye(2)), observed.ratio(there * np.eye(2), there)


def exact_coverage(sizes: tuple[int, int], commission: float, omission: float, *methods: str | None) -> np.ndarray:
    """Probability that area, overall and producer's interval hold the truth, (method, figure): every sample counted."""
    weight = np.array([0.005, 0.995])
    hits, missed = weight[0] * (1 - commission), weight[1] * omission
    truth = np.array([hits + missed, hits + weight[1] - missed, hits / (hits + missed)])
    held, known = np.zeros((len(methods), 3)), np.zeros(3)
    for a, b in product(*(range(n + 1) for n in sizes)):
        chance = binom.pmf(a, sizes[0], 1 - commission) * binom.pmf(b, sizes[1], omission)
        if chance > 1e-9:
            for k, figure in enumerate(three_figures(a, sizes[0] - a, b, sizes[1] - b)):
                known[k] += chance * (figure.value is not None)
                for m, method in enumerate(methods):
                    low, high = figure.interval(method=method) or (math.inf, math.inf)
                    held[m, k] += chance * (low - 1e-12 <= truth[k] <= high + 1e-12)
    return held / known


def test_intervals_of_a_rare_class_cover_it_exactly_as_often_as_stated() -> None:
    """Over omission rates, because coverage of whole numbers goes up and down with the truth."""
    covered = np.array([exact_coverage((10, 40), 0.2, rate, None, "t") for rate in (0.001, 0.01)])
    now, before = covered[:, 0], covered[:, 1]
    assert (now.mean(0) > 0.94).all()
    assert now.min() > 0.9
    assert before[:, :2].min() < 0.5, "Student's t misses the area and the overall accuracy"


@pytest.mark.parametrize("share", [0.02, 0.1, 0.35, 0.5])
def test_the_interval_of_one_proportion_is_that_of_a_single_share_in_every_sample(share: float) -> None:
    n, held = 40, 0.0
    design = lulc.Design.simple_random(10_000)
    for hits in range(n + 1):
        sample = pd.DataFrame({"map": ["a"] * hits + ["b"] * (n - hits), "reference": "a"})
        figure = lulc.assess(sample, design=design).producers["a"]
        assert figure.interval() == pytest.approx(single_limits(hits, n), abs=1e-9)
        low, high = figure.interval()
        held += binom.pmf(hits, n, share) * (low <= share <= high)
    assert held > 0.91


# Ratios

CELLS = st.lists(st.integers(0, 9), min_size=9, max_size=9).filter(lambda n: sum(n[:3]) > 1 < sum(n[3:6]))


def random_sample(counts: list[int]) -> pd.DataFrame:
    cells = [(i, j) for i in "abc" for j in "abc"]
    return pd.DataFrame(
        [cell for cell, n in zip(cells, counts, strict=True) for _ in range(n)], columns=["map", "reference"]
    )


@given(CELLS)
def test_accuracies_of_a_random_sample_have_the_limits_of_a_share_of_their_domain(counts: list[int]) -> None:
    matrix = np.array(counts).reshape(3, 3)
    report = lulc.assess(random_sample(counts), design=lulc.Design.simple_random(10**6))
    for k, name in enumerate("abc"):
        if name not in report.classes:
            continue
        hits, mapped, there = matrix[k, k], matrix[k].sum(), matrix[:, k].sum()
        for figure, n in ((report.users[name], mapped), (report.producers[name], there)):
            if n and figure.standard_error is not None and len(report.classes) > 1:
                assert figure.interval() == pytest.approx(single_limits(hits, n), abs=1e-9)
        if mapped + there:
            low, high = single_limits(hits, mapped + there - hits)
            assert report.f1[name].interval() == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)), abs=1e-9)


@given(CELLS, st.floats(0.01, 0.99))
def test_the_limits_of_errors_mirror_those_of_what_is_right(counts: list[int], weight: float) -> None:
    sample = random_sample(counts).query("map != 'c'")
    sizes = {"a": 1e6 * weight, "b": 1e6 * (1 - weight)}
    observed = observe(sample.assign(stratum=sample["map"]), lulc.Design.stratified(sizes))
    there = np.zeros((len(observed.classes),) * 2)
    there[:, 0] = 1
    right = there * np.eye(len(there))
    one, other = observed.ratio(right, there), observed.ratio(there - right, there)
    if one.value is not None and one.standard_error is not None:
        low, high = one.interval()
        assert (1 - high, 1 - low) == pytest.approx(other.interval(), abs=1e-9)
        assert 0 <= low <= one.value + 1e-12
        assert one.value - 1e-12 <= high <= 1


def test_no_change_seen_leaves_room_for_gains_and_losses() -> None:
    sample = pd.DataFrame({"reference_before": list("ab") * 20, "reference_after": list("ab") * 20})
    report = lulc.assess_change(sample, design=lulc.Design.simple_random(10**6))
    end = Z**2 / (40 + Z**2)
    assert report.change["a"].net.proportion.interval() == pytest.approx((-end, end))


def test_the_interval_of_a_total_is_that_of_its_share_in_another_unit() -> None:
    report = two_strata((60, 15), (3, 522))
    share, hectares = report.area["cut"].proportion, report.area["cut"].area_ha
    assert hectares.interval() == pytest.approx(tuple(100_000 * end for end in share.interval()))
    assert share.scaled(2.0).interval(method="t") == pytest.approx(tuple(2 * end for end in share.interval(method="t")))


# Clusters


def every_estimate(report: object) -> Iterator[lulc.Estimate]:
    """All estimates of a report that have a value."""
    if isinstance(report, lulc.Estimate):
        if report.value is not None:
            yield report
    elif isinstance(report, Mapping | tuple):
        for each in report.values() if isinstance(report, Mapping) else report:
            yield from every_estimate(each)
    elif is_dataclass(report):
        for field in fields(report):
            yield from every_estimate(getattr(report, field.name))


def tiles(seed: int, n: int, rng: np.random.Generator | None = None) -> pd.DataFrame:
    """Tiles of unequal size; a rare class in few of them."""
    rng = rng or np.random.default_rng(seed)
    rows = []
    for c in range(n):
        rare = rng.poisson(30) if rng.random() < 0.35 else 0
        found = rng.binomial(rare, rng.beta(6, 1.5))
        cells = (("a", "a", found), ("b", "a", rare - found), ("a", "b", rng.poisson(4)), ("b", "b", rng.poisson(300)))
        rows += [{"cluster": c, "map": i, "reference": j, "pixels": m} for i, j, m in cells]
    return pd.DataFrame(rows)


def test_the_error_of_clusters_for_intervals_is_the_jackknifes() -> None:
    sample = tiles(4, 25)
    report = lulc.assess(sample, design=lulc.Design.clusters(100, fpc=True))

    def producers(part: pd.DataFrame) -> float:
        there = part[part["reference"] == "a"]
        return there.loc[there["map"] == "a", "pixels"].sum() / there["pixels"].sum()

    figure = report.producers["a"]
    off = [producers(sample[sample["cluster"] != c]) - producers(sample) for c in range(25)]
    assert figure.value == pytest.approx(producers(sample))
    assert figure.jackknife_error == pytest.approx(math.sqrt(0.75 * 24 / 25 * np.square(off).sum()))
    there = sample[sample["reference"] == "a"]
    u = (there["pixels"] * ((there["map"] == "a") - figure.value)).groupby(there["cluster"]).sum()
    size = there.groupby("cluster")["pixels"].sum()
    df = min(2 * 25 / (kurtosis(u, fisher=False) - 22 / 24), 24, size.sum() ** 2 / (size**2).sum() - 1)
    assert figure.satterthwaite_df == pytest.approx(df)
    half = student.ppf(0.975, df) * figure.jackknife_error / (figure.value * (1 - figure.value))
    odds = math.log(figure.value / (1 - figure.value))
    assert figure.interval() == pytest.approx(tuple(1 / (1 + math.exp(-odds - s * half)) for s in (-1, 1)))
    assert figure.interval_method == "logit"


def test_of_a_class_in_few_clusters_the_others_lend_no_degrees_of_freedom() -> None:
    """Three equal tiles of sixty hold the class: two degrees of freedom, whatever the kurtosis of sixty residuals."""
    rows = [(c, "b", "b", 100) for c in range(60)]
    rows += [(c, m, "a", n) for c, right in enumerate((2, 5, 9)) for m, n in (("a", right), ("b", 10 - right))]
    sample = pd.DataFrame(rows, columns=["cluster", "map", "reference", "pixels"])
    report = lulc.assess(sample, design=lulc.Design.clusters(3600))
    assert report.producers["a"].satterthwaite_df == pytest.approx(2)
    assert report.overall.satterthwaite_df > 3


@pytest.mark.parametrize("gained", [0, 2])
def test_the_net_change_of_clusters_combines_the_limits_of_gain_and_loss(gained: int) -> None:
    """Zou & Donner 2008, by hand: skewed as the loss, with room for a gain that was not seen."""
    rows = [(c, "a", "b" if i < lost else "a") for c, lost in enumerate((0, 0, 1, 0, 6, 2, 0, 3)) for i in range(20)]
    rows += [(c, "b", "a" if i < gained else "b") for c in (4, 7) for i in range(9)]
    sample = pd.DataFrame(rows, columns=["cluster", "reference_before", "reference_after"])
    change = lulc.assess_change(sample, design=lulc.Design.clusters(10**4), pixel_ha=0.5).change["a"]
    gain, loss, net = change.gain.proportion, change.loss.proportion, change.net.proportion
    r = change.covariance / (gain.standard_error * loss.standard_error) if gained else 0
    (a, b), (c, d) = gain.interval(), loss.interval()

    def far(x: float, y: float) -> float:
        return math.sqrt(x**2 + y**2 - 2 * r * x * y)

    ends = net.value - far(gain.value - a, d - loss.value), net.value + far(b - gain.value, loss.value - c)
    assert net.interval() == pytest.approx(ends)
    assert net.interval_method == change.net.area_ha.interval_method == "difference"
    assert gained or net.interval()[1] > net.value + 1.5 * (loss.value - c)


def test_quantity_disagreement_of_clusters_has_the_interval_of_a_net_change() -> None:
    """Of two classes it is the size of the net change between map and reference, taken as two years."""
    sample = tiles(4, 25)
    design = lulc.Design.clusters(10**4)
    years = sample.rename(columns={"map": "reference_before", "reference": "reference_after"})
    net = lulc.assess_change(years, design=design).change["a"].net.proportion
    found = lulc.assess(sample, design=design).quantity_disagreement
    assert found.interval_method == "difference"
    low, high = sorted(abs(end) for end in net.interval())
    assert net.value * net.interval()[0] > 0, "the sign is sure, so that no end is cut at 0"
    assert found.interval() == pytest.approx((low, high))


def test_of_clusters_that_were_all_taken_nothing_is_uncertain() -> None:
    sample = tiles(1, 12)
    for size, few in ((12, False), (13, True)):
        report = lulc.assess(sample, design=lulc.Design.clusters(size, fpc=True))
        assert any("fewer than 20 sampled clusters" in note for note in report.warnings) == few
        assert (report.overall.standard_error == 0) != few


def test_a_stratum_of_clusters_that_all_show_one_class_is_named() -> None:
    rows = [(c, "xy"[c % 2], "a", "b" if c in {3, 5} else "a", 10) for c in range(8)]
    sample = pd.DataFrame(rows, columns=["cluster", "stratum", "map", "reference", "pixels"])
    report = lulc.assess(sample, design=lulc.Design.clusters({"x": 1e6, "y": 40}))
    assert any(w.startswith("All sampled clusters of stratum 'x' (4) show one and the same") for w in report.warnings)


@settings(phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_every_interval_holds_its_estimate_within_its_bounds(data: st.DataObject) -> None:
    """Of every design: strata, clusters, poststrata, change; and one with an error has a width."""
    n = data.draw(st.integers(2, 20))
    column = st.lists(st.sampled_from("abc"), min_size=n, max_size=n)
    size, fpc, clusters = data.draw(st.floats(30, 1e6)), data.draw(st.booleans()), data.draw(st.booleans())
    part = data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    table = pd.DataFrame({"map": data.draw(column), "reference": data.draw(column), "cluster": part})
    if clusters:
        table["stratum"] = [("x", "y")[c % 2] for c in part]
        design = lulc.Design.clusters({"x": size, "y": 40}, fpc=fpc)
    else:
        table = table.drop(columns="cluster").assign(stratum=table["map"])
        design = lulc.Design.stratified({"a": size, "b": 1e4, "c": 30}, fpc=fpc)
    mapped = dict.fromkeys(table["map"].unique(), 10.0)
    change = table.rename(columns={"map": "reference_before", "reference": "reference_after"})
    reports = [lulc.assess(table, mapped, design=design, pixel_ha=0.01), lulc.assess_change(change, design=design)]
    if clusters:
        reports.append(lulc.assess(table, mapped, design=design, poststratify=True))
        reports.append(lulc.model_assisted_areas(table, mapped, design=design, method="difference"))
    for figure in (figure for report in reports for figure in every_estimate(report)):
        for low, high in filter(None, (figure.interval(), figure.interval(0.9, "t"))):
            least, most = figure.bounds
            slack = 1e-9 * max(1.0, abs(figure.value))
            assert least - slack <= low <= figure.value + slack
            assert figure.value - slack <= high <= most + slack
        if figure.standard_error:
            low, high = figure.interval()
            assert high > low


def test_the_jackknife_of_poststratified_clusters_calibrates_each_replicate() -> None:
    sample, known = tiles(5, 20), {"a": 0.1, "b": 0.9}
    design = lulc.Design.clusters(100)
    figure = lulc.assess(sample, known, design=design, poststratify=True).producers["a"]

    def without(c: int) -> float:
        rest = sample[sample["cluster"] != c]
        return lulc.assess(rest, known, design=design, poststratify=True).producers["a"].value

    off = [without(c) - figure.value for c in range(20)]
    assert figure.jackknife_error == pytest.approx(math.sqrt(19 / 20 * np.square(off).sum()))


def test_intervals_of_few_clusters_cover_more_often_than_students() -> None:
    rng = np.random.default_rng(0)
    truth = 0.8  # beta(6, 1.5)
    held = {"t": 0, "logit": 0}
    there = np.array([[1.0, 0.0], [1.0, 0.0]])
    for _ in range(100):
        observed = observe(tiles(0, 40, rng), lulc.Design.clusters(10**6), classes=("a", "b"))
        figure = observed.ratio(there * np.eye(2), there)
        for method in held:
            low, high = figure.interval(method=method)
            held[method] += low <= truth <= high
    assert held["logit"] / 100 > 0.92
    assert held["logit"] > held["t"]


def test_clusters_that_all_show_one_share_are_not_called_unanimous() -> None:
    rows = [{"cluster": c, "map": "a", "reference": r, "pixels": n} for c in range(8) for r, n in (("a", 8), ("b", 2))]
    report = lulc.assess(pd.DataFrame(rows), design=lulc.Design.clusters(100))
    assert (report.overall.value, report.overall.standard_error) == (pytest.approx(0.8), 0)
    low, high = report.overall.interval()
    assert low < 0.8 < high
    unanimous, alike = (
        next(w for w in report.warnings if words in w) for words in ("unanimous", "same share in every")
    )
    assert "for producer's accuracy of a, producer's accuracy of b:" in unanimous
    assert "sampled cluster: overall accuracy, user's accuracy of a, area of a, area of b." in alike


# Names


def test_another_method_may_be_chosen_for_a_whole_report() -> None:
    report = lulc.with_interval(two_strata((60, 15), (0, 525)), "t")
    area = report.area["cut"].proportion
    half = student.ppf(0.975, 598) * area.standard_error
    assert area.interval() == pytest.approx((0.004 - half, 0.004 + half))
    methods = report.as_dict()["interval_methods"]
    assert (methods["overall"], methods["area"]["cut"], methods["producers"]["cut"]) == ("t", "t", "mover")
    assert report.interval_titles == ("Student's t", "modified Wilson", "MOVER of Wilson and mid-P limits")
    assert report.producers["cut"].interval()[0] == pytest.approx(0.354, abs=0.001), "t has no error to go by"
    with pytest.raises(
        lulc.InvalidInputError, match="one of wilson, mover, difference, logit, t, further; got 'bayes'"
    ):
        lulc.with_interval(report, "bayes")


@pytest.mark.slow
def test_every_figure_of_every_design_covers_what_it_should() -> None:
    """`benchmarks/coverage.py`: 94 % or more of each figure, less what chance takes of 1000 samples."""
    path = Path(__file__).parents[2] / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_of_intervals", path)
    sweep = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = sweep
    spec.loader.exec_module(sweep)
    for name, study in sweep.studies(0).items():
        if "naive" not in name:
            covered = {key: held for key, (held, *_) in study.coverage(1000).items() if (name, *key) not in sweep.BELOW}
            assert min(covered.values()) > 0.92, (name, covered)
