"""A second, deliberately naive implementation, and properties of the estimators."""

import io
import json
import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from estimates import agree, errors, values
from hypothesis import assume, given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from pyproj import Geod

import lulc_core as lulc
from lulc_core.accuracy.samples import observe

CLASSES = ["a", "b", "c"]


# A second, deliberately naive implementation


def naive(rows: list[dict], sizes: dict[str, float], y, x, fpc: bool) -> tuple[float, float, int]:
    """Ratio of totals over stratified clusters by plain loops (Cochran 1977, eqs. 11.28-11.30)."""
    units: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        unit = units.setdefault((row["stratum"], row["cluster"]), [0.0, 0.0])
        unit[0] += row["pixels"] * y(row["map"], row["reference"])
        unit[1] += row["pixels"] * x(row["map"], row["reference"])
    drawn = {h: [u for (s, _), u in units.items() if s == h] for h in sizes}
    Y = sum(sizes[h] / len(us) * u[0] for h, us in drawn.items() for u in us)
    X = sum(sizes[h] / len(us) * u[1] for h, us in drawn.items() for u in us)
    variance = 0.0
    for h, us in drawn.items():
        residuals = [u[0] - Y / X * u[1] for u in us]
        mean = sum(residuals) / len(residuals)
        s2 = sum((r - mean) ** 2 for r in residuals) / (len(us) - 1)
        variance += sizes[h] ** 2 * ((1 - len(us) / sizes[h]) if fpc else 1) * s2 / len(us)
    return Y / X, math.sqrt(variance) / X, sum(len(us) - 1 for us in drawn.values())


def drawn_clusters(seed: int, drawn: tuple[int, int] = (5, 7)) -> tuple[list[dict], dict[str, float]]:
    rng = np.random.default_rng(seed)
    rows = []
    for h, m in zip(("north", "south"), drawn, strict=True):
        for c in range(m):
            for _ in range(rng.integers(3, 9)):
                mapped = CLASSES[rng.integers(3)]
                reference = mapped if rng.random() < 0.7 else CLASSES[rng.integers(3)]
                row = {"stratum": h, "cluster": f"{h}{c}", "map": mapped, "reference": reference}
                rows.append(row | {"pixels": int(rng.integers(1, 50))})
    return rows, {"north": 40.0, "south": 25.0}


@given(st.integers(0, 10**6), st.tuples(st.integers(3, 12), st.integers(3, 12)), st.booleans())
def test_every_figure_agrees_with_plain_loops(seed: int, drawn: tuple[int, int], fpc: bool) -> None:
    rows, sizes = drawn_clusters(seed, drawn)
    assume({row["map"] for row in rows} == {row["reference"] for row in rows} == set(CLASSES))
    report = lulc.assess(pd.DataFrame(rows), design=lulc.Design.clusters(sizes, fpc=fpc))

    def check(figure: lulc.Estimate, y, x) -> None:
        value, error, df = naive(rows, sizes, y, x, fpc)
        agree([figure.value, figure.standard_error, figure.degrees_of_freedom], [value, error, df])

    def one(i: str, j: str) -> int:
        return 1

    check(report.overall, lambda i, j: i == j, one)
    for k in CLASSES:
        check(report.users[k], lambda i, j, k=k: i == j == k, lambda i, j, k=k: i == k)
        check(report.producers[k], lambda i, j, k=k: i == j == k, lambda i, j, k=k: j == k)
        check(report.f1[k], lambda i, j, k=k: 2 * (i == j == k), lambda i, j, k=k: (i == k) + (j == k))
        check(report.iou[k], lambda i, j, k=k: i == j == k, lambda i, j, k=k: k in (i, j))
        check(report.area[k].proportion, lambda i, j, k=k: j == k, one)


def test_disagreements_and_kappa_follow_from_the_matrix() -> None:
    rows, sizes = drawn_clusters(1)
    report = lulc.assess(pd.DataFrame(rows), design=lulc.Design.clusters(sizes))
    p = report.matrix.to_numpy()
    quantity = np.abs(p.sum(0) - p.sum(1)).sum() / 2
    assert report.quantity_disagreement.value == pytest.approx(quantity)
    assert report.allocation_disagreement.value == pytest.approx(1 - np.trace(p) - quantity)
    chance = p.sum(0) @ p.sum(1)
    assert report.kappa() == pytest.approx((np.trace(p) - chance) / (1 - chance))


# Properties


@st.composite
def point_samples(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[str, float]]:
    """A sample stratified by map class with two or more pixels in each."""
    cell = st.integers(0, 12)
    counts = np.array([[draw(cell) for _ in CLASSES] for _ in CLASSES])
    counts[:, 0] += 2
    rows = [
        {"map": i, "reference": j, "stratum": i}
        for r, i in enumerate(CLASSES)
        for c, j in enumerate(CLASSES)
        for _ in range(counts[r, c])
    ]
    sizes = {name: float(draw(st.integers(100, 100_000))) for name in CLASSES}
    return pd.DataFrame(rows), sizes


def all_figures(report: lulc.Assessment) -> dict[tuple[str, str], lulc.Estimate]:
    figures = {("overall", ""): report.overall}
    for kind, each in (("users", report.users), ("producers", report.producers), ("f1", report.f1)):
        figures |= {(kind, name): e for name, e in each.items()}
    return figures | {("area", name): area.proportion for name, area in report.area.items()}


def same(ours: lulc.Estimate, theirs: lulc.Estimate) -> bool:
    """Same value and standard error, or undefined both."""
    pairs = ((ours.value, theirs.value, 1e-9), (ours.standard_error, theirs.standard_error, 1e-7))
    return all(a is b if None in (a, b) else a == pytest.approx(b, rel=r, abs=1e-12) for a, b, r in pairs)


def assert_same(first: lulc.Assessment, second: lulc.Assessment) -> None:
    others = all_figures(second)
    for key, figure in all_figures(first).items():
        assert same(figure, others[key]), (key, figure, others[key])


@given(point_samples())
def test_the_order_of_classes_and_rows_does_not_matter(drawn: tuple[pd.DataFrame, dict[str, float]]) -> None:
    sample, sizes = drawn
    renamed = {"a": "z", "b": "y", "c": "x"}
    other = sample.replace(renamed).iloc[::-1].reset_index(drop=True)
    report = lulc.assess(sample, design=lulc.Design.stratified(sizes))
    design = lulc.Design.stratified({renamed[k]: n for k, n in reversed(sizes.items())})
    turned = lulc.assess(other, design=design)
    back = {new: old for old, new in renamed.items()}
    named = {(kind, back.get(name, "")): e for (kind, name), e in all_figures(turned).items()}
    for key, figure in all_figures(report).items():
        assert same(figure, named[key]), (key, figure, named[key])


@given(point_samples())
def test_stehman_equals_olofsson_when_strata_are_map_classes(drawn: tuple[pd.DataFrame, dict[str, float]]) -> None:
    sample, sizes = drawn
    counts = pd.crosstab(sample["map"], sample["reference"]).reindex(index=CLASSES, columns=CLASSES, fill_value=0)
    W = np.array([sizes[k] for k in CLASSES]) / sum(sizes.values())
    n = counts.sum(axis=1).to_numpy()
    q = counts.to_numpy() / n[:, None]
    report = lulc.assess(sample, design=lulc.Design.stratified(sizes))
    users = np.diag(q)
    agree(values(report.users), users)
    np.testing.assert_allclose(errors(report.users), np.sqrt(users * (1 - users) / (n - 1)), atol=1e-12)
    overall = math.sqrt((W**2 * users * (1 - users) / (n - 1)).sum())
    assert report.overall.standard_error == pytest.approx(overall, abs=1e-12)
    spread = (W[:, None] ** 2 * q * (1 - q) / (n - 1)[:, None]).sum(0)
    areas = [report.area[k].proportion.standard_error for k in CLASSES]
    np.testing.assert_allclose(areas, np.sqrt(spread), atol=1e-12)


@given(point_samples())
def test_areas_sum_to_the_total(drawn: tuple[pd.DataFrame, dict[str, float]]) -> None:
    sample, sizes = drawn
    report = lulc.assess(sample, design=lulc.Design.stratified(sizes), pixel_ha=0.01)
    assert report.areas["area_ha"].sum() == pytest.approx(sum(sizes.values()) * 0.01)
    assert report.areas["mapped_ha"].sum() == pytest.approx(sum(sizes.values()) * 0.01)
    assert report.areas["bias_ha"].sum() == pytest.approx(0, abs=1e-6)


@given(point_samples())
def test_clusters_of_one_pixel_are_points(drawn: tuple[pd.DataFrame, dict[str, float]]) -> None:
    sample, sizes = drawn
    points = lulc.assess(sample, design=lulc.Design.stratified(sizes))
    named = sample.assign(cluster=[str(i) for i in range(len(sample))])
    assert_same(points, lulc.assess(named, design=lulc.Design.clusters(sizes)))
    assert_same(points, lulc.assess(named, design=lulc.Design.stratified(sizes)))


@given(st.integers(0, 10_000))
def test_ten_copies_of_every_pixel_leave_the_cluster_errors_unchanged(seed: int) -> None:
    rows, sizes = drawn_clusters(seed)
    sample, design = pd.DataFrame(rows), lulc.Design.clusters(sizes)
    ten_times = pd.concat([sample] * 10, ignore_index=True)
    once = lulc.assess(sample, design=design)
    assert_same(once, lulc.assess(ten_times, design=design))
    assert_same(once, lulc.assess(sample.assign(pixels=sample["pixels"] * 10), design=design))


@given(point_samples())
def test_a_perfect_map_has_no_bias(drawn: tuple[pd.DataFrame, dict[str, float]]) -> None:
    sample, sizes = drawn
    report = lulc.assess(sample.assign(reference=sample["map"]), design=lulc.Design.stratified(sizes), pixel_ha=1.0)
    assert report.overall.value == 1
    np.testing.assert_allclose(report.areas["bias_ha"], 0, atol=1e-6)
    assert report.quantity_disagreement.value == pytest.approx(0, abs=1e-12)


@given(point_samples(), st.booleans())
def test_intervals_hold_the_value_and_stay_within_what_can_be(
    drawn: tuple[pd.DataFrame, dict[str, float]], fpc: bool
) -> None:
    sample, sizes = drawn
    report = lulc.assess(sample, design=lulc.Design.stratified(sizes, fpc=fpc))
    for key, figure in all_figures(report).items():
        if figure.value is None:
            continue
        low, high = figure.interval() or (0, 1)
        assert 0 <= low <= figure.value + 1e-12, key
        assert figure.value - 1e-12 <= high <= 1, key
        if key[0] != "area":
            assert high > low, f"{key} has an interval of +-0"


@given(point_samples())
def test_merging_all_but_one_class_equals_relabelling_before(drawn: tuple[pd.DataFrame, dict[str, float]]) -> None:
    sample, sizes = drawn
    design = lulc.Design.stratified(sizes)
    merged = lulc.assess(sample, design=design, merge={"rest": ["b", "c"]})
    labels = sample[["map", "reference"]].replace({"b": "rest", "c": "rest"})
    by_hand = lulc.assess(sample.assign(map=labels["map"], reference=labels["reference"]), design=design)
    assert_same(merged, by_hand)


# Designs


def test_a_simple_random_sample_has_design_effect_one() -> None:
    sample = pd.DataFrame({"map": list("aaabbbabab"), "reference": list("aabbbbabbb")})
    for design in (lulc.Design.simple_random(1000), lulc.Design.simple_random(50, fpc=True)):
        report = lulc.assess(sample, design=design)
        assert report.design == "simple random"
        assert report.design_effect == pytest.approx(1)
        assert report.effective_sample_size == pytest.approx(10)


def test_pixels_that_agree_within_tiles_have_a_design_effect_near_the_tile_size() -> None:
    right = [c % 3 != 0 for c in range(30)]
    rows = [{"cluster": c, "map": "a", "reference": "a" if r else "b", "pixels": 50} for c, r in enumerate(right)]
    report = lulc.assess(pd.DataFrame(rows), design=lulc.Design.clusters(400))
    assert report.design_effect == pytest.approx(50, rel=0.05)
    assert report.effective_sample_size == pytest.approx(30, rel=0.05)


def test_poststratified_random_pixels_give_olofssons_estimates() -> None:
    sample = pd.DataFrame({"map": list("aaaaabbbbb"), "reference": list("aaaabbbbba")})
    mapped = {"a": 30.0, "b": 70.0}
    report = lulc.assess(sample, mapped, design=lulc.Design.simple_random(10_000), poststratify=True)
    stratified = lulc.assess(sample.assign(stratum=sample["map"]), mapped, design=lulc.Design.stratified(mapped))
    assert report.design == "simple random, poststratified by map class"
    assert_same(report, stratified)


def test_poststratifying_on_the_strata_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    mapped = rng.choice(CLASSES, 300)
    reference = np.where(rng.random(300) < 0.8, mapped, rng.choice(CLASSES, 300))
    sample = pd.DataFrame({"map": mapped, "reference": reference, "stratum": mapped})
    sizes = {"a": 500.0, "b": 1500.0, "c": 8000.0}
    design = lulc.Design.stratified(sizes)
    plain = lulc.assess(sample, sizes, design=design)
    assert_same(plain, lulc.assess(sample, sizes, design=design, poststratify=True))


def test_the_poststratified_variance_of_clusters_agrees_with_plain_loops() -> None:
    rows, sizes = drawn_clusters(2)
    known = {"a": 0.2, "b": 0.3, "c": 0.5}
    report = lulc.assess(pd.DataFrame(rows), known, design=lulc.Design.clusters(sizes), poststratify=True)
    drawn = {h: len({r["cluster"] for r in rows if r["stratum"] == h}) for h in sizes}
    weight = [sizes[r["stratum"]] / drawn[r["stratum"]] * r["pixels"] for r in rows]
    whole = sum(weight)
    seen = {k: sum(w for w, r in zip(weight, rows, strict=True) if r["map"] == k) for k in CLASSES}
    g = {k: known[k] * whole / seen[k] for k in CLASSES}
    right = {
        k: sum(w for w, r in zip(weight, rows, strict=True) if r["map"] == r["reference"] == k) / seen[k]
        for k in CLASSES
    }
    overall = sum(known[k] * right[k] for k in CLASSES)
    assert report.overall.value == pytest.approx(overall)
    variance = 0.0
    for h, size in sizes.items():
        totals: dict[str, float] = {}
        for r in (r for r in rows if r["stratum"] == h):
            e = g[r["map"]] * ((r["map"] == r["reference"]) - right[r["map"]]) * r["pixels"]
            totals[r["cluster"]] = totals.get(r["cluster"], 0.0) + e
        variance += size**2 * np.var(list(totals.values()), ddof=1) / len(totals)
    assert report.overall.standard_error == pytest.approx(math.sqrt(variance) / whole)


def test_a_poststratified_sample_that_happens_to_be_balanced_uses_residuals_too() -> None:
    """Two strata whose pixels reproduce the mapped areas: all factors are 1, and the variance is that of residuals."""
    cells = {("n", "a", "a"): 8, ("n", "b", "b"): 9, ("n", "b", "a"): 3, ("s", "a", "b"): 4, ("s", "b", "b"): 16}
    rows = [cell for cell, n in cells.items() for _ in range(n)]
    sample, sizes = pd.DataFrame(rows, columns=["stratum", "map", "reference"]), {"n": 2000.0, "s": 1000.0}
    known = {"a": 1000.0, "b": 2000.0}
    report = lulc.assess(sample, known, design=lulc.Design.stratified(sizes), poststratify=True)
    right = sample["map"] == sample["reference"]
    weight = sample["stratum"].map(sizes) / 20
    users = (weight * right).groupby(sample["map"]).sum() / weight.groupby(sample["map"]).sum()
    spread = (right - sample["map"].map(users)).groupby(sample["stratum"]).var(ddof=1)
    variance = sum((size / 3000) ** 2 * spread[h] / 20 for h, size in sizes.items())
    assert report.overall.standard_error == pytest.approx(math.sqrt(variance))
    off = lulc.assess(sample, {"a": 1000.001, "b": 2000.0}, design=lulc.Design.stratified(sizes), poststratify=True)
    for name in known:
        ours, theirs = report.area[name].proportion, off.area[name].proportion
        assert ours.standard_error == pytest.approx(theirs.standard_error, rel=1e-5)


def test_the_difference_estimator_adds_the_bias_of_the_sample_to_the_map() -> None:
    sample = pd.DataFrame({"map": list("aaabbbbbbb"), "reference": list("aabbbbbbba")})
    areas = lulc.model_assisted_areas(
        sample, {"a": 40.0, "b": 60.0}, design=lulc.Design.simple_random(9999), method="difference"
    )
    d = np.array([0, 0, -1, 0, 0, 0, 0, 0, 0, 1])
    assert areas["a"].area_ha.value == pytest.approx(40 + 100 * d.mean())
    assert areas["a"].area_ha.standard_error == pytest.approx(100 * d.std(ddof=1) / math.sqrt(10))
    assert areas["a"].mapped_ha == 40


def test_the_difference_estimator_gives_no_area_below_0() -> None:
    """Of 12 pixels 2 were mapped as a, wrongly; of the map 1 %: 0.01 - 2 / 12 is no share."""
    sample = pd.DataFrame({"map": list("aa" + 10 * "b"), "reference": 12 * ["b"]})
    for design, part in ((lulc.Design.simple_random(1000), sample), (lulc.Design.clusters(1000), sample[1:])):
        table = part.assign(cluster=range(len(part))) if design.unit == "cluster" else part
        areas = lulc.model_assisted_areas(table, {"a": 1, "b": 99}, design=design, method="difference")
        assert [areas[name].area_ha.value for name in "ab"] == [None, None]
        assert areas["a"].mapped_ha == 1


def test_areas_of_clusters_of_unknown_total_are_expanded_totals() -> None:
    rows = [{"cluster": c, "map": "a", "reference": r, "pixels": 10 * (c + 1)} for c, r in enumerate("aabab")]
    report = lulc.assess(pd.DataFrame(rows), design=lulc.Design.clusters(100), pixel_ha=0.5)
    totals = np.array([10, 20, 0, 40, 0])
    area = report.area["a"].area_ha
    assert area.value == pytest.approx(100 / 5 * totals.sum() * 0.5)
    assert area.standard_error == pytest.approx(100 * totals.std(ddof=1) / math.sqrt(5) * 0.5)
    known = lulc.assess(pd.DataFrame(rows), design=lulc.Design.clusters(100, pixels=3000), pixel_ha=0.5)
    assert known.area["a"].area_ha.value == pytest.approx(known.area["a"].proportion.value * 1500)


def test_the_notebook_of_the_house_reads_its_design_from_the_sample() -> None:
    grid = GeoBox.from_bbox((0, 0, 1000, 1000), crs="EPSG:32631", resolution=10)
    codes = np.random.default_rng(0).choice(np.array([1, 2, 5], np.uint8), (100, 100), p=[0.1, 0.3, 0.6])
    cover = xr.Dataset({"label": wrap_xr(codes, grid)})
    sample = lulc.draw_sample(cover, size=300, seed=0)
    report = lulc.assess(sample.assign(reference=sample["map"]), cover)
    assert report.design == "stratified by map class"
    assert report.classes == ("water", "trees", "crops")
    assert report.areas["mapped_ha"].sum() == pytest.approx(100)
    assert report.overall.value == 1


def test_classes_seen_in_few_clusters_are_named() -> None:
    rows = [{"cluster": c, "map": "a", "reference": "b" if c < 7 else "a"} for c in range(40)]
    report = lulc.assess(pd.DataFrame(rows), design=lulc.Design.clusters(400))
    assert any("b (7)" in w for w in report.warnings)


# Change


def test_the_variance_of_net_change_counts_the_covariance_of_gain_and_loss() -> None:
    rng = np.random.default_rng(5)
    before = rng.choice(CLASSES, 200)
    after = np.where(rng.random(200) < 0.7, before, rng.choice(CLASSES, 200))
    sample = pd.DataFrame(
        {"reference_before": before, "reference_after": after, "stratum": rng.choice(["n", "s"], 200)}
    )
    design = lulc.Design.stratified({"n": 5000, "s": 20_000})
    report = lulc.assess_change(sample, design=design, pixel_ha=0.01)
    for change in report.change.values():
        gain, loss, net = (a.proportion for a in (change.gain, change.loss, change.net))
        assert net.value == pytest.approx(gain.value - loss.value)
        assert change.after.proportion.value - change.before.proportion.value == pytest.approx(net.value)
        variance = gain.standard_error**2 + loss.standard_error**2 - 2 * change.covariance
        assert net.standard_error == pytest.approx(math.sqrt(variance))
        assert change.net.area_ha.value == pytest.approx(net.value * 250)
    json.dumps(report.as_dict(), allow_nan=False)


# Edges: refuse or warn, never invent


def test_unanimous_points_have_wilsons_interval() -> None:
    sample = pd.DataFrame({"map": ["a"] * 20 + ["b"] * 30, "reference": ["a"] * 20 + ["b"] * 29 + ["a"]})
    stratified = lulc.assess(sample, design=lulc.Design.stratified({"a": 1000, "b": 2000}))
    low, high = stratified.users["a"].interval()
    z2 = 1.959963984540054**2
    assert high == 1
    assert low == pytest.approx(20 / (20 + z2))
    random = lulc.assess(sample, design=lulc.Design.simple_random(3000))
    assert random.users["a"].interval()[0] == pytest.approx(20 / (20 + z2))
    assert any("unanimous" in w for w in stratified.warnings)


def test_a_perfect_sample_leaves_doubt_about_areas() -> None:
    sample = pd.DataFrame({"map": ["a"] * 20 + ["b"] * 30, "reference": ["a"] * 20 + ["b"] * 30})
    report = lulc.assess(sample, design=lulc.Design.stratified({"a": 1000, "b": 2000}))
    low, high = report.area["a"].proportion.interval()
    z2 = 1.959963984540054**2
    assert low == pytest.approx(1 / 3 - 1 / 3 * z2 / (20 + z2))
    assert high == pytest.approx(1 / 3 + 2 / 3 * z2 / (30 + z2))


def test_a_census_of_a_stratum_leaves_no_doubt() -> None:
    sample = pd.DataFrame({"map": ["a"] * 3 + ["b"] * 4, "reference": list("aaabbba"), "stratum": list("aaabbbb")})
    report = lulc.assess(sample, design=lulc.Design.stratified({"a": 3, "b": 400}, fpc=True))
    assert report.users["a"].interval() == (1, 1)


def test_an_unsampled_stratum_hides_only_what_depends_on_it() -> None:
    sample = pd.DataFrame({"map": list("aaabbb"), "reference": list("aabbbb")})
    report = lulc.assess(sample, design=lulc.Design.stratified({"a": 100, "b": 100, "c": 100}))
    assert report.overall.value is None
    assert report.area["a"].proportion.value is None
    assert report.users["a"].value == pytest.approx(2 / 3)
    assert report.users["c"].value is None
    assert report.error_matrix[0][0].value == pytest.approx(2 / 9)
    assert report.error_matrix[2][0].value is None
    assert any("'c'" in w and "no sampled unit" in w for w in report.warnings)
    json.dumps(report.as_dict(), allow_nan=False)


def test_a_user_accuracy_hidden_by_a_stratum_is_not_said_to_lack_mapped_pixels() -> None:
    sample = pd.DataFrame({"stratum": list("xxyy"), "map": list("abab"), "reference": list("abbb")})
    report = lulc.assess(sample, design=lulc.Design.stratified({"x": 100, "y": 200, "z": 50}))
    assert report.users["a"].value is None
    assert any("'z'" in w and "no sampled unit" in w for w in report.warnings)
    assert not any("no sampled pixel is mapped as it" in w for w in report.warnings)


def test_a_stratum_with_one_unit_hides_the_standard_errors_that_depend_on_it() -> None:
    sample = pd.DataFrame({"map": list("aaab"), "reference": list("aabb")})
    report = lulc.assess(sample, design=lulc.Design.stratified({"a": 100, "b": 100}))
    assert report.overall.value == pytest.approx((2 / 3 + 1) / 2)
    assert report.overall.standard_error is None
    assert report.users["a"].standard_error is not None
    assert report.users["b"].standard_error is None
    assert any("one sampled unit" in w for w in report.warnings)


def test_classes_only_in_map_or_only_in_reference_are_undefined_not_zero() -> None:
    sample = pd.DataFrame({"map": list("aabb"), "reference": list("aaac")})
    report = lulc.assess(sample, design=lulc.Design.simple_random(100))
    assert report.users["c"].value is None
    assert report.producers["b"].value is None
    assert report.users["b"].value == 0
    assert report.users["b"].interval()[1] > 0
    assert sum("undefined" in w for w in report.warnings) >= 2


def test_without_a_probability_design_areas_have_no_intervals() -> None:
    sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb")})
    report = lulc.assess(sample, {"a": 50.0, "b": 50.0}, design=lulc.Design.indicative())
    assert report.design == "indicative"
    assert report.overall.value == 0.75
    assert report.overall.interval() is not None
    assert report.area["a"].proportion.value == 0.25
    assert report.area["a"].area_ha.interval() is None
    assert any("Indicative" in w for w in report.warnings)


def test_rows_of_several_pixels_without_a_cluster_are_warned_about() -> None:
    sample = pd.DataFrame({"map": list("ab"), "reference": list("ab"), "pixels": [9, 4]})
    report = lulc.assess(sample, design=lulc.Design.simple_random(1000))
    assert report.sample_size == 13
    assert any("no cluster is named" in w for w in report.warnings)


POINTS = {"map": list("aabb"), "reference": list("abbb")}


@pytest.mark.parametrize(
    "sample, design, expected",
    [
        (POINTS, None, "depend on the sampling design, and none is given"),
        ({"map": ["a"]}, lulc.Design.simple_random(9), "columns 'map' and 'reference'"),
        ({"map": ["a", ""], "reference": ["a", "a"]}, lulc.Design.simple_random(9), "blank in 1 of 2 rows"),
        ({"map": [], "reference": []}, lulc.Design.simple_random(9), "no rows"),
        (POINTS, lulc.Design.simple_random(3), "4 sampled pixels but only 3"),
        (POINTS, lulc.Design.stratified({"n": 9, "s": 9}), "no column 'stratum'"),
        (POINTS | {"stratum": list("nnss")}, lulc.Design.stratified({"n": 9, "w": 9}), "'s'"),
        (POINTS | {"x": [1, 1, 2, 3], "y": [5, 5, 5, 5]}, lulc.Design.simple_random(9), "1 row repeats a place"),
        (POINTS | {"cluster": list("kkll")}, lulc.Design.simple_random(9), "independent"),
        (POINTS, lulc.Design.clusters(9), "column 'cluster'"),
        (POINTS | {"pixels": [1, -1, 1, 1]}, lulc.Design.simple_random(9), "numbers >= 0"),
        (POINTS | {"pixels": [1, 0.5, 1, 1]}, lulc.Design.simple_random(9), "whole numbers"),
        (POINTS | {"cluster": list("kkll")}, lulc.Design.clusters(1), "2 sampled clusters but only 1"),
    ],
)
def test_bad_samples_are_refused_with_what_came(sample: dict, design: lulc.Design | None, expected: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=expected):
        lulc.assess(pd.DataFrame(sample), design=design)


def test_bad_designs_and_areas_are_refused() -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"must be 0, or from 1e-60 to 1e\+60; got -1"):
        lulc.Design.stratified({"a": -1.0})
    with pytest.raises(lulc.InvalidInputError, match="must not all be empty"):
        lulc.Design.stratified({"a": 0.0})
    with pytest.raises(lulc.InvalidInputError, match="neither"):
        lulc.MappedAreas()
    with pytest.raises(lulc.InvalidInputError, match="between 0 and 1"):
        lulc.Estimate(value=1.0).interval(95)
    sample = pd.DataFrame(POINTS)
    with pytest.raises(lulc.InvalidInputError, match="mapped size"):
        lulc.assess(sample, {"a": 1.0}, design=lulc.Design.simple_random(9), poststratify=True)
    with pytest.raises(lulc.InvalidInputError, match="no sampled pixel"):
        lulc.assess(sample, {"a": 1.0, "b": 1, "z": 1}, design=lulc.Design.simple_random(9), poststratify=True)
    counts = pd.DataFrame([[1.5]], ["a"], ["a"])
    with pytest.raises(lulc.InvalidInputError, match="whole numbers"):
        lulc.assess_counts(counts, lulc.MappedAreas(hectares={"a": 1.0}))


def test_sizes_of_small_integers_do_not_overflow() -> None:
    """NumPy's uint8 wraps at 256, int32 at 2**31."""
    sample = pd.DataFrame({"map": list("aabb"), "reference": list("aaba"), "stratum": list("aabb")})
    for kind in (np.uint8, np.int32):
        most = int(np.iinfo(kind).max)
        sizes = {name: kind(most) for name in "ab"}
        report = lulc.assess(sample, lulc.MappedAreas(pixels=sizes, pixel_ha=1), design=lulc.Design.stratified(sizes))
        assert report.area["a"].area_ha.value == pytest.approx(1.5 * most)
    for size in (1e-300, float("nan"), 1e61):
        with pytest.raises(lulc.InvalidInputError, match="must be 0, or from 1e-60 to"):
            lulc.MappedAreas(hectares={"a": size})


def test_labels_may_be_codes_in_any_form() -> None:
    sample = pd.DataFrame({"map": [1, 1, 10, 2], "reference": [1.0, 2.0, 10.0, 2.0]})
    assert observe(sample, lulc.Design.simple_random(9)).classes == ("1", "2", "10")


# Wall to wall


def test_wall_to_wall_counts_every_pixel_and_gives_no_intervals() -> None:
    grid = GeoBox.from_bbox((0, 0, 40, 20), crs="EPSG:32631", resolution=10)
    mapped = wrap_xr(np.array([[1, 1, 2, 0], [2, 2, 2, 5]], np.uint8), grid)
    truth = wrap_xr(np.array([[1, 2, 2, 1], [2, 2, 0, 5]], np.uint8), grid)
    report = lulc.assess_labels(mapped, truth)
    assert report.design == "census"
    assert report.overall.value == pytest.approx(5 / 6)
    assert report.overall.as_dict()["low"] is None
    assert report.area["trees"].area_ha.value == pytest.approx(0.04)
    assert report.area["trees"].mapped_ha == pytest.approx(0.03)
    assert any("2 pixels" in w for w in report.warnings)
    with pytest.raises(lulc.InvalidInputError, match="not in the legend"):
        lulc.assess_labels(mapped, truth.copy(data=np.full((2, 4), 77, np.uint8)))
    with pytest.raises(lulc.InvalidInputError, match="one grid"):
        lulc.assess_labels(mapped, wrap_xr(np.ones((2, 4), np.uint8), grid.translate_pix(1, 0)))
    for turned in (truth.T, truth.sortby("y"), truth.astype(np.int64)):
        assert lulc.assess_labels(mapped, turned).overall.value == pytest.approx(5 / 6)
    for wrong in (truth.where(truth > 0), truth.astype(np.float32)):
        with pytest.raises(
            lulc.InvalidInputError, match=r'reference must hold .* got float.*\.fillna\(0\)\.astype\("uint8"\)'
        ):
            lulc.assess_labels(mapped, wrong)
    for wrong, message in [
        (truth.expand_dims("band"), r"dims \(y, x\); got \('band', 'y', 'x'\)"),
        (truth.astype(np.int16) - np.int16(1), "values from -1 to 4"),
        (truth.odc.assign_crs("EPSG:32632"), "the CRS 32632, not 32631"),
    ]:
        with pytest.raises(lulc.InvalidInputError, match=message):
            lulc.assess_labels(mapped, wrong)


def test_a_reference_of_few_pixels_or_that_is_the_map_is_doubted() -> None:
    grid = GeoBox.from_bbox((0, 0, 400, 400), crs="EPSG:32631", resolution=10)
    mapped = np.random.default_rng(0).integers(1, 4, grid.shape).astype(np.uint8)
    points = np.where(np.indices(grid.shape).sum(0) % 16 == 0, mapped, np.uint8(0))
    few, same, truth = (
        " ".join(lulc.assess_labels(wrap_xr(mapped, grid), wrap_xr(other, grid)).warnings)
        for other in (points, mapped, np.roll(mapped, 1, 0) % 4)
    )
    assert "The reference labels 6.1 % of the mapped pixels" in few
    assert "alike in every pixel: is one a copy" in same
    assert "copy" not in truth
    assert "of the mapped pixels" not in truth


def test_a_binary_map_whose_other_class_is_no_data_is_refused() -> None:
    grid = GeoBox.from_bbox((0, 0, 40, 20), crs="EPSG:32631", resolution=10)
    forest = np.array([[1, 1, 0, 0], [1, 1, 0, 0]], np.uint8)
    with pytest.raises(lulc.InvalidInputError, match="label 2 pixels, all with one class, and 4 pixels are labelled"):
        lulc.assess_labels(wrap_xr(forest, grid), wrap_xr(np.roll(forest, 1, 1), grid))
    assert lulc.assess_labels(wrap_xr(forest, grid), wrap_xr(forest, grid)).overall.value == 1


# Consensus


def test_consensus_keeps_every_label_and_bounds_what_dropping_hides() -> None:
    labels = pd.DataFrame({"i": list("aabbc"), "j": list("aabab"), "k": list("aacbb")})
    strict = lulc.consensus(labels)
    assert strict.reference.tolist() == ["a", "a", None, None, None]
    assert lulc.consensus(labels, "majority").reference.tolist() == ["a", "a", "b", "b", "b"]
    decided = lulc.consensus(labels, "adjudicated", adjudicated=pd.Series(["", "", "c", "b", None]))
    assert decided.reference.tolist() == ["a", "a", "c", "b", None]
    pd.testing.assert_frame_equal(strict.labels, labels, check_dtype=False)
    assert strict.agreement.loc["a"].tolist() == [3, 2, pytest.approx(2 / 3), 2]
    sample = pd.DataFrame({"map": list("aabbb")})
    bounds = lulc.disagreement_bounds(sample, strict, design=lulc.Design.simple_random(100))
    overall = bounds.iloc[0]
    assert (overall["dropped"], overall["low"], overall["high"]) == (1, pytest.approx(0.4), 1)
    area = bounds[(bounds["figure"] == "area") & (bounds["class"] == "a")].iloc[0]
    assert (area["low"], area["high"]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert (bounds["low"].fillna(0) <= bounds["high"].fillna(1)).all()
    with pytest.raises(lulc.InvalidInputError, match="two or more interpreters"):
        lulc.consensus(labels[["i"]])


def test_interpreters_agree_whatever_their_spelling_and_nobody_else_is_asked() -> None:
    labels = pd.DataFrame(
        {"i": ["trees", "built area", "crops"], "j": ["Trees", "Built-Area", "grass"]}, index=[7, 8, 9]
    )
    assert lulc.consensus(labels).reference.tolist() == ["trees", "built area", None]
    codes = pd.DataFrame({"i": ["A", "a"], "j": ["a", "a"]})
    assert lulc.consensus(codes).reference.tolist() == [None, "a"]
    for column in ("map", "Stratum", "plot_id", "lon", "reference", "x"):
        with pytest.raises(lulc.InvalidInputError, match=f"got i, j, {column}, among them {column}"):
            lulc.consensus(labels.assign(**{column: [1.5, 2.5, 3.5]}))
    assert lulc.consensus(labels.rename(columns={"i": "x", "j": "y"})).agreed.sum() == 2
    for decided in (pd.Series(["Crops"], index=[9]), pd.Series(["", None, "Crops"], index=[7, 8, 9])):
        assert lulc.consensus(labels, "adjudicated", adjudicated=decided).reference[9] == "crops"
    for index, message in [([0], r"1 of other pixels \[0\]"), ([8], r"none for 1 in dispute \[9\]"), ([9, 9], "once")]:
        decided = pd.Series(["crops"] * len(index), index=index)
        with pytest.raises(lulc.InvalidInputError, match=message):
            lulc.consensus(labels, "adjudicated", adjudicated=decided)


@pytest.mark.parametrize("clusters", [False, True])
def test_a_sample_of_one_class_still_leaves_room_for_others(clusters: bool) -> None:
    """Wilson's interval of n/n from its formula (1927), with n the units drawn."""
    sample = pd.DataFrame({"map": ["a"] * 20, "reference": ["a"] * 20})
    design = lulc.Design.simple_random(500)
    if clusters:
        sample, design = sample.assign(cluster=[str(i // 2) for i in range(20)]), lulc.Design.clusters(50)
    report = lulc.assess(sample, design=design)
    n, z2 = (10 if clusters else 20), 1.959963984540054**2
    for figure in (report.overall, report.users["a"], report.producers["a"], report.area["a"].proportion):
        assert figure.interval() == pytest.approx((n / (n + z2), 1))


def test_one_labelled_pixel_says_nothing_of_its_error() -> None:
    report = lulc.assess(pd.DataFrame({"map": ["a"], "reference": ["a"]}), design=lulc.Design.simple_random(500))
    assert report.overall.value == 1
    assert report.overall.standard_error is None
    assert report.overall.interval() is None


def test_an_unsampled_stratum_is_not_known_by_the_only_class_seen() -> None:
    sample = pd.DataFrame({"map": ["a"] * 9, "reference": ["a"] * 9, "stratum": ["north"] * 9})
    report = lulc.assess(sample, design=lulc.Design.stratified({"north": 90, "south": 90}))
    assert report.overall.value is None


def test_a_drawn_cluster_without_pixels_counts_as_drawn() -> None:
    rows = [("1", "a", "a", 10), ("1", "a", "b", 4), ("2", "a", "b", 20), ("3", "b", "b", 0), ("4", "b", "b", 7)]
    sample = pd.DataFrame(rows, columns=["cluster", "map", "reference", "pixels"])
    overall = lulc.assess(sample, design=lulc.Design.clusters(50)).overall
    right, whole = np.array([10, 0, 0, 7.0]), np.array([14, 20, 0, 7.0])
    ratio = right.sum() / whole.sum()
    u = right - ratio * whole
    variance = 50**2 * u.var(ddof=1) / 4 / (50 / 4 * whole.sum()) ** 2
    assert (overall.value, overall.standard_error) == pytest.approx((ratio, math.sqrt(variance)))
    assert overall.degrees_of_freedom == 3


def test_the_difference_estimator_refuses_a_map_class_without_an_area() -> None:
    sample = pd.DataFrame({"map": list("aab"), "reference": list("abb")})
    with pytest.raises(lulc.InvalidInputError, match="'b'"):
        lulc.model_assisted_areas(sample, {"a": 100}, design=lulc.Design.simple_random(100), method="difference")


def test_classes_that_only_dropped_pixels_name_are_bounded_too() -> None:
    said = pd.DataFrame({"one": list("aaac"), "two": list("aaab")})
    sample = pd.DataFrame({"map": list("aaac")})
    bounds = lulc.disagreement_bounds(sample, lulc.consensus(said), design=lulc.Design.simple_random(100))
    area = bounds[bounds["figure"] == "area"].set_index("class")
    assert area.loc["c", ["dropped", "low", "high"]].astype(float).tolist() == [0, 0, 0.25]
    assert area.loc["b", ["dropped", "low", "high"]].astype(float).tolist() == [0, 0, 0.25]


# A class that is only in the reference


def test_a_class_only_in_the_reference_has_wilsons_interval_unless_the_map_is_known_to_lack_it() -> None:
    sample = pd.DataFrame({"map": ["a"] * 30 + ["b"] * 20, "reference": ["a"] * 25 + ["z"] * 5 + ["b"] * 20})
    random = lulc.assess(sample, design=lulc.Design.simple_random(None))
    z2 = 1.959963984540054**2
    assert random.producers["z"].interval() == pytest.approx((0, z2 / (5 + z2)))  # 0 of 5, Wilson 1927
    assert random.f1["z"].interval()[1] > 0.2
    cell = random.error_matrix[2][2]
    assert cell.interval() == pytest.approx((0, z2 / (50 + z2)))  # 0 of 50
    stratified = lulc.assess(sample, design=lulc.Design.stratified({"a": 600, "b": 400}))
    assert stratified.producers["z"].interval() == (0, 0)
    assert any("The map has no 'z'" in w for w in stratified.warnings)
    assert not any("The map has no" in w for w in random.warnings)


def test_one_sampled_class_not_in_the_legend_is_named_but_a_legend_of_ones_own_is_not() -> None:
    def warned(names: list[str]) -> bool:
        sample = pd.DataFrame({"map": names * 3, "reference": names * 3})
        return any("not in the legend" in w for w in lulc.assess(sample, design=lulc.Design.simple_random(90)).warnings)

    assert warned(["water", "trees", "crop"])
    assert not warned(["Water", "trees", "crops"])
    assert not warned(["deforestation", "forest", "water"])


def test_mapped_areas_that_contradict_the_strata_are_named() -> None:
    sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb")})
    design = lulc.Design.stratified({"a": 1000, "b": 2000})

    def said(mapped: dict[str, float]) -> str:
        return " ".join(lulc.assess(sample, mapped, design=design, pixel_ha=0.01).warnings)

    assert "The strata hold 30.0 ha" in said({"a": 100.0, "b": 200.0})
    assert "'a' 33.3 % and 66.7 %" in said({"a": 20.0, "b": 10.0})
    assert "correct one of the two" not in said({"a": 10.0, "b": 20.0})
    assert "They seem to be acres" in said({"a": 24.71, "b": 49.42})


def test_areas_that_are_not_those_of_the_pixels_beside_them_are_named() -> None:
    table = pd.DataFrame([[8, 2], [1, 9]], pd.Index(["a", "b"], name="map"), ["a", "b"])

    def said(hectares: float, pixel_ha: float | None = None) -> str:
        areas = io.StringIO(f"class,area_ha,pixels\na,{hectares},1000\nb,{2 * hectares},2000\n")
        return " ".join(lulc.assess_counts(table, lulc.read_areas(areas, pixel_ha=pixel_ha)).warnings)

    assert "seem to be acres, of pixels of 10 m" in said(24.71)
    assert "seem to be square metres" in said(100_000, 0.01)
    assert "Correct one of the two" in said(90, 0.01)
    assert not [words for words in (said(10), said(10, 0.01), said(90)) if "a pixel" in words]


def test_clusters_without_a_design_are_indicative_with_the_errors_of_clusters() -> None:
    rows, _ = drawn_clusters(3)
    sample = pd.DataFrame(rows).assign(stratum="all")
    indicative = lulc.assess(sample, design=lulc.Design.indicative("cluster"), pixel_ha=0.01)
    stated = lulc.assess(sample, design=lulc.Design.clusters(500))
    assert indicative.design == "indicative"
    assert same(indicative.overall, stated.overall)
    assert indicative.area["a"].proportion.interval() is None
    assert indicative.area["a"].area_ha.value is None


def test_an_id_that_occurs_twice_is_refused() -> None:
    sample = pd.DataFrame(POINTS | {"id": [1, 2, 2, 3]})
    with pytest.raises(lulc.InvalidInputError, match="'2' has 2 rows"):
        lulc.assess(sample, design=lulc.Design.simple_random(90))


def test_a_stratum_that_is_planned_whole_adds_no_error() -> None:
    plan = lulc.plan_sample({"a": 40, "b": 100_000}, size=600, method="equal", counted=True)
    assert plan.allocation == {"a": 40, "b": 560}
    assert plan.users["a"] == 0
    assert plan.users["b"] == pytest.approx(math.sqrt(0.8 * 0.2 / 560))
    assert "'a' has only 40 pixels where 300 are asked for" in plan.warnings[0]
    assert not lulc.plan_sample({"a": 400, "b": 100_000}, size=600, method="equal", counted=True).warnings


def test_a_stratum_of_one_pixel_that_was_sampled_is_sent_to_the_correction() -> None:
    sample = pd.DataFrame({"map": list("aaab"), "reference": list("aabb")})
    sizes = {"a": 1000, "b": 1}
    report = lulc.assess(sample, design=lulc.Design.stratified(sizes))
    assert report.overall.standard_error is None
    assert any("'b' has one sampled unit, which is all of it" in w and "correction" in w for w in report.warnings)
    assert lulc.assess(sample, design=lulc.Design.stratified(sizes, fpc=True)).overall.standard_error is not None


def test_the_difference_estimator_keeps_the_area_of_a_class_that_was_not_sampled() -> None:
    sample = pd.DataFrame({"map": list("aaabb"), "reference": list("aabbb")})
    areas = lulc.model_assisted_areas(
        sample, {"a": 50, "b": 40, "c": 10}, design=lulc.Design.simple_random(1000), method="difference"
    )
    assert areas["c"].proportion.value == pytest.approx(0.1)
    assert sum(area.proportion.value for area in areas.values()) == pytest.approx(1)


def test_accuracies_that_few_pixels_decide_are_named() -> None:
    def said(right: int, wrong: int, **columns: object) -> str:
        labels = [("a", "a")] * right + [("b", "a")] * wrong + [("b", "b")] * 60
        sample = pd.DataFrame(labels, columns=["map", "reference"]).assign(**columns)
        return " ".join(lulc.assess(sample, design=lulc.Design.simple_random(9000)).warnings)

    few = "Fewer than 10 sampled pixels are correct, or incorrect, for "
    assert f"{few}user's accuracy of b, producer's accuracy of a" in said(40, 9)
    assert few not in said(40, 10)
    assert few not in said(40, 0), "which is said of an unanimous sample already"


def geodesic_ha(box: tuple[float, float, float, float]) -> float:
    """Area of a box of degrees by its geodesic outline, whose parallels are cut into short steps."""
    west, south, east, north = box
    steps = np.linspace(west, east, 500)
    lon, lat = [*steps, *steps[::-1]], [*np.full(500, south), *np.full(500, north)]
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0]) / 10_000


def test_areas_of_a_map_in_degrees_or_feet_are_not_taken_for_metres() -> None:
    def hectares(crs: str, resolution: float) -> float | None:
        west, south = {"EPSG:4326": (4.0, 51.0), "EPSG:2225": (6_560_000.0, 2_000_000.0)}.get(
            crs, (600_000.0, 5_000_000.0)
        )
        box = (west, south, west + 8 * resolution, south + 8 * resolution)
        grid = GeoBox.from_bbox(box, crs=crs, resolution=resolution)
        areas = lulc.mapped_areas(xr.Dataset({"label": wrap_xr(np.ones((8, 8), np.uint8), grid)})).area_ha
        return areas and areas["water"]

    assert hectares("EPSG:32631", 10.0) == pytest.approx(0.64)
    assert hectares("EPSG:2225", 10.0) == pytest.approx(0.64 * (1200 / 3937) ** 2)
    assert hectares("EPSG:4326", 0.0001) == pytest.approx(geodesic_ha((4.0, 51.0, 4.0008, 51.0008)), rel=1e-6)


def test_the_difference_estimator_gives_no_intervals_without_a_probability_design() -> None:
    sample = pd.DataFrame({"map": list("aaabb"), "reference": list("aabbb")})
    areas = lulc.model_assisted_areas(sample, {"a": 50, "b": 50}, design=lulc.Design.indicative(), method="difference")
    assert areas["a"].proportion.value == pytest.approx(0.3)
    assert areas["a"].proportion.interval() is None
    assert areas["a"].area_ha.interval() is None
