"""Planning and drawing samples."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from odc.geo import resxy_
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

import lulc_core as lulc

OLOFSSON = {"deforestation": 0.020, "gain": 0.015, "forest": 0.320, "other": 0.645}
EXPECTED_USERS = {"deforestation": 0.7, "gain": 0.6, "forest": 0.9, "other": 0.95}


def a_cover(side: int = 100, resolution: float = 10, crs: str = "EPSG:32631") -> xr.Dataset:
    codes = np.ones((side, side), np.uint8)
    codes[: side // 2] = 2
    codes[: side // 10, : side // 10] = 5
    codes[-2:, -2:] = 0
    grid = GeoBox.from_bbox(
        (600_000, 5_000_000, 600_000 + side * resolution, 5_000_000 + side * resolution),
        crs=crs,
        resolution=resolution,
    )
    return xr.Dataset({"label": wrap_xr(codes, grid)})


def test_the_sample_size_of_olofsson_2014_is_reproduced() -> None:
    assert lulc.sample_size(OLOFSSON, EXPECTED_USERS, 0.01) == 641


def test_the_finite_population_correction_makes_the_sample_smaller() -> None:
    assert lulc.sample_size(OLOFSSON, EXPECTED_USERS, 0.01, population=2000) < 641


def test_neyman_allocation_is_the_best_for_the_overall_accuracy() -> None:
    plans = {
        method: lulc.plan_sample(OLOFSSON, users=EXPECTED_USERS, size=640, method=method).overall
        for method in ("proportional", "equal", "neyman")
    }
    assert min(plans, key=plans.get) == "neyman"


@given(
    st.lists(st.integers(1, 10_000), min_size=1, max_size=8),
    st.integers(0, 30),
    st.sampled_from(["proportional", "equal", "neyman"]),
    st.floats(0, 1),
)
def test_an_allocation_sums_to_its_size_within_its_bounds(
    sizes: list[int], minimum: int, method: str, fraction: float
) -> None:
    strata = {str(i): n for i, n in enumerate(sizes)}
    least = sum(min(minimum, n) for n in sizes)
    size = least + int(fraction * (sum(sizes) - least))
    n = lulc.allocate(size, strata, method, minimum=minimum, counted=True)
    assert sum(n.values()) == size
    assert all(min(minimum, strata[h]) <= n[h] <= strata[h] for h in strata)


@given(
    st.lists(st.floats(0.05, 1), min_size=2, max_size=5),
    st.floats(0.6, 0.95),
    st.floats(0.01, 0.05),
    st.floats(0.02, 0.1),
)
def test_a_plan_for_targets_reaches_them_all_and_no_fewer_pixels_would(
    sizes: list[float], users: float, overall: float, area: float
) -> None:
    strata = {str(i): n for i, n in enumerate(sizes)}
    targets = lulc.Targets(overall=overall, area=area, users=0.1)
    plan = lulc.plan_sample(strata, users=users, targets=targets)
    reached = [
        plan.overall / overall,
        *(se / area for se in plan.area.values()),
        *(u / 0.1 for u in plan.users.values()),
    ]
    assert max(reached) <= 1 + 1e-6
    binding = [n for n in plan.allocation.values() if n > 2]
    assert not binding or max(reached) > 0.9 or plan.size < 40


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda: lulc.sample_size(OLOFSSON, 0.8, 0), "must be a number > 0"),
        (lambda: lulc.sample_size(OLOFSSON, 1.8, 0.01), "within 0-1"),
        (lambda: lulc.sample_size(OLOFSSON, {"gain": 0.8}, 0.01), "missing for"),
        (lambda: lulc.allocate(10, OLOFSSON, minimum=5), "at least 20 .* a size between them, or another minimum"),
        (lambda: lulc.allocate(7, OLOFSSON, minimum=2), r"at least 8 .* a size between them\."),
        (lambda: lulc.allocate(10, OLOFSSON, "best"), "got 'best'"),
        (lambda: lulc.allocate(10, {"a": 0.0}), "number > 0"),
        (lambda: lulc.plan_sample(OLOFSSON), "one of the two"),
        (lambda: lulc.plan_sample(OLOFSSON, targets=lulc.Targets()), "No target"),
        (lambda: lulc.plan_sample(OLOFSSON, targets=lulc.Targets(area=-1)), "must be a number > 0"),
        (lambda: lulc.plan_sample(OLOFSSON, targets=lulc.Targets(users=1e-30)), "more than 1,000,000,000,000 pixels"),
        (lambda: lulc.sample_size(OLOFSSON, 0.8, 1e-30), "more than 1,000,000,000,000 pixels"),
        (lambda: lulc.sample_size(OLOFSSON, 0.8, 1e-200), "must be a number > 0"),
        (lambda: lulc.sample_size(OLOFSSON, 0.8, 1), "at most 0.25.*neither per cent nor hectares"),
        (lambda: lulc.plan_sample(OLOFSSON, targets=lulc.Targets(area=100)), "of area must be .* got 100"),
        (lambda: lulc.allocate(10**23, OLOFSSON), "at most 1,000,000,000,000"),
        (lambda: lulc.draw_sample(a_cover(), size=20_000), "cannot be divided"),
        (lambda: lulc.draw_sample(a_cover(), size=20_000, design="simple"), "not 20000"),
        (lambda: lulc.draw_sample(a_cover(), design="nearby"), "got 'nearby'"),
        (lambda: lulc.draw_sample(a_cover(), design="tiles", tile_m=np.inf), "hold a pixel of 10.0 m; got inf m"),
        (lambda: lulc.draw_sample(a_cover(), allocation={"water": 5}), "name each stratum"),
        (lambda: lulc.draw_sample(a_cover(crs="EPSG:2225")), "grid in metres; got NAD83 / California"),
        (lambda: lulc.draw_sample(a_cover() * 0), "no labelled pixel"),
        (lambda: lulc.draw_sample(a_cover() * 40), "not in the legend"),
    ],
)
def test_what_cannot_be_planned_or_drawn_is_refused(call, expected: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=expected):
        call()


@pytest.mark.parametrize("design", ["stratified", "simple", "tiles", "stratified-tiles"])
def test_the_seed_decides_the_sample(design: str) -> None:
    size = 12 if "tiles" in design else 200

    def drawn(seed: int) -> pd.DataFrame:
        return lulc.draw_sample(a_cover(), size, seed, design=design, tile_m=100)

    pd.testing.assert_frame_equal(drawn(1), drawn(1))
    assert not drawn(1)[["x", "y"]].equals(drawn(2)[["x", "y"]])


def test_a_stratified_sample_says_what_it_is() -> None:
    cover = a_cover()
    sample = lulc.draw_sample(cover, size=200, seed=0)
    assert not sample.duplicated(["x", "y"]).any()
    assert (sample["stratum"] == sample["map"]).all()
    counts = {"crops": 100, "trees": 4900, "water": 4996}
    drawn = sample["map"].value_counts()
    assert drawn.sum() == 200
    assert drawn["crops"] == 33
    for name, there in counts.items():
        rows = sample[sample["map"] == name]
        assert (rows["stratum_size"] == there).all()
        np.testing.assert_allclose(rows["inclusion_probability"], drawn[name] / there)
    at = cover["label"].sel(x=xr.DataArray(sample["x"]), y=xr.DataArray(sample["y"]), method="nearest")
    assert [lulc.LEGEND[int(code)].name for code in at.values] == sample["map"].tolist()
    assert sample["lon"].between(4, 5).all()
    assert sample["lat"].between(45, 46).all()


def test_the_inclusion_probabilities_are_those_of_many_draws() -> None:
    cover = a_cover(side=10)
    top, left = cover["label"].y.values[0], cover["label"].x.values[0]
    hits = np.zeros((10, 10))
    expected = np.zeros((10, 10))
    for seed in range(1000):
        sample = lulc.draw_sample(cover, size=12, seed=seed)
        row = np.rint((top - sample["y"].to_numpy()) / 10).astype(int)
        column = np.rint((sample["x"].to_numpy() - left) / 10).astype(int)
        hits[row, column] += 1
        expected[row, column] = sample["inclusion_probability"]
    inside = expected > 0
    assert (hits[cover["label"].values == 0] == 0).all()
    z = (hits[inside] / 1000 - expected[inside]) / np.sqrt(expected[inside] * (1 - expected[inside]) / 1000 + 1e-9)
    assert np.abs(z).max() < 4.5


def test_tiles_hold_all_their_labelled_pixels() -> None:
    cover = a_cover()
    sample = lulc.draw_sample(cover, size=100, seed=0, design="tiles", tile_m=100)
    assert sample["cluster"].nunique() == 100
    assert len(sample) == 10_000 - 4
    assert (sample["stratum_size"] == 100).all()
    labelled = lulc.label_sample(sample, cover["label"])
    table = lulc.tabulate_tiles(labelled)
    assert table["pixels"].sum() == 9996
    report = lulc.assess(table, cover)
    assert report.design == "one-stage clusters"
    assert report.overall.value == 1


def test_a_drawn_sample_estimates_the_truth() -> None:
    cover = a_cover()
    truth = cover["label"].copy()
    truth[20:40] = 1
    shares = []
    for seed in range(100):
        sample = lulc.label_sample(lulc.draw_sample(cover, 150, seed), truth)
        shares.append(lulc.assess(sample, cover).area["water"].proportion.value)
    both = (truth.values > 0) & (cover["label"].values > 0)
    right = (truth.values[both] == 1).mean()
    assert np.mean(shares) == pytest.approx(right, abs=4 * np.std(shares) / np.sqrt(100))


def test_rows_and_columns_are_told_by_their_names() -> None:
    cover = a_cover()
    sample = lulc.draw_sample(cover, 60, seed=1)
    pd.testing.assert_frame_equal(lulc.draw_sample(cover.transpose("x", "y"), 60, seed=1), sample)
    for turned in (cover["label"].T, cover["label"].sortby("y")):
        assert (lulc.label_sample(sample, turned)["reference"] == sample["map"]).all()
    floats = cover["label"].where(cover["label"] > 0)
    for refused in (
        lambda: lulc.label_sample(sample, floats),
        lambda: lulc.draw_sample(xr.Dataset({"label": floats}), 60),
    ):
        with pytest.raises(lulc.InvalidInputError, match=r"class codes as uint8, 0 = no data; got float"):
            refused()


def test_places_without_a_reference_are_refused() -> None:
    sample = lulc.draw_sample(a_cover(), 50)
    far = a_cover(side=50)["label"]
    with pytest.raises(lulc.InvalidInputError, match="no label for"):
        lulc.label_sample(sample, far)


def test_a_map_of_one_class_is_planned_for_what_it_may_have_missed() -> None:
    plan = lulc.plan_sample({"a": 1.0}, users=0.8, size=400)
    assert [plan.overall, plan.users["a"], plan.area["a"]] == pytest.approx([0.02] * 3)


def test_a_sampling_design_of_ones_own_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def every_labelled_pixel(population, division, rng):
        position = np.flatnonzero(population.label.ravel())
        return pd.DataFrame(
            {"position": position, "stratum": "all", "stratum_size": len(position), "inclusion_probability": 1.0}
        )

    monkeypatch.setitem(lulc.SAMPLE_DESIGNS, "census", every_labelled_pixel)
    cover = a_cover()
    assert len(lulc.draw_sample(cover, design="census")) == int((cover["label"] > 0).sum())


def test_an_unknown_design_is_refused_with_the_known_ones() -> None:
    with pytest.raises(lulc.InvalidInputError, match="one of stratified, simple, tiles, stratified-tiles; got 'grid'"):
        lulc.draw_sample(a_cover(), design="grid")


def test_tiles_are_not_drawn_from_pixels_that_are_no_squares() -> None:
    grid = GeoBox.from_bbox((0, 0, 400, 800), crs="EPSG:32631", resolution=resxy_(10, -20))
    label = wrap_xr(np.ones(grid.shape, np.uint8), grid).to_dataset(name="label")
    with pytest.raises(lulc.InvalidInputError, match="square pixels"):
        lulc.draw_sample(label, 2, design="tiles", tile_m=100)
    assert len(lulc.draw_sample(label, 20)) == 20


@pytest.mark.parametrize(
    "sizes, total, parts",
    [
        ({"forest": 600, "broadleaf": 400, "conifer": 200, "water": 90}, "forest", ("broadleaf", "conifer")),
        ({"water": 90, "oak": 400, "pine": 201.2, "fir": 30, "trees": 631.4}, "trees", ("oak", "fir")),
        (
            {"forest": 600, "broadleaf": 400, "conifer": 200, "water": 100, "crops": 300},
            "forest",
            ("broadleaf", "conifer"),
        ),
        ({"forest": 601, "broadleaf": 400, "conifer": 200, "water": 90}, None, ()),
        ({"a": 100, "b": 100, "c": 50}, None, ()),
    ],
)
def test_a_class_that_is_the_sum_of_those_beside_it_is_told_in_a_plan(
    sizes: dict[str, float], total: str | None, parts: tuple[str, str]
) -> None:
    said = [f"{total!r} is the sum of the rows {parts[0]!r} to {parts[1]!r}"] if total else []
    warnings = lulc.plan_sample(sizes, size=400).warnings
    assert [warning.partition(".")[0] for warning in warnings] == said


def test_what_may_be_no_data_is_planned_with_a_word() -> None:
    plan = lulc.plan_sample({"0": 1_500_000, "water": 10_000, "trees": 50_000}, size=400)
    assert plan.warnings[0].startswith(f"'0' is planned as a class, and gets {plan.allocation['0']} of 400 pixels")
    assert not lulc.plan_sample({"water": 10_000, "clouds": 50_000}, size=400).warnings


def test_pixels_that_differ_on_the_ground_are_not_drawn_alike() -> None:
    """In Web Mercator a pixel at 60 degrees has a third of the area of one at 29 degrees."""
    grid = GeoBox.from_bbox((0, 3_400_000, 400_000, 8_400_000), crs="EPSG:3857", resolution=50_000)
    with pytest.raises(lulc.InvalidInputError, match=r"equal on the ground; those of the map have .* Warp it"):
        lulc.draw_sample(xr.Dataset({"label": wrap_xr(np.ones(grid.shape, np.uint8), grid)}), 20)
    assert len(lulc.draw_sample(a_cover(crs="EPSG:3857"), 20)) == 20
