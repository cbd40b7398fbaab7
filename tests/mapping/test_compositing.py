from itertools import pairwise

import numpy as np
import odc.geo.xr
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_core.mapping.provenance import in_words

DIMS = ("time", "y", "x")


@st.composite
def predictions(draw: st.DrawFn) -> xr.Dataset:
    """Few classes and confidences, so that ties, gaps and masks happen."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 4)))
    label = draw(npst.arrays(np.uint8, shape, elements=st.sampled_from([0, 2, 3, 5, 10])))
    confidence = draw(npst.arrays(np.uint8, shape, elements=st.sampled_from([1, 100, 200, 255])))
    clear = draw(npst.arrays(np.bool_, shape))
    return xr.Dataset({"label": (DIMS, label), "confidence": (DIMS, confidence), "clear": (DIMS, clear)})


weights = st.dictionaries(st.sampled_from(lulc.LEGEND.names), st.sampled_from([0.0, 0.5, 1.0, 2.0])).filter(
    lambda table: any(table.get(c.name, c.weight) > 0 for c in lulc.LEGEND)  # all 0 is refused: a test of its own
)


def slow_mode(p: xr.Dataset, table: dict[str, float]) -> dict[str, np.ndarray]:
    """The class-weighted mode as the paper says it, a pixel at a time."""
    full = lulc.LEGEND.weights_by_name | table
    _, height, width = p.label.shape
    out = {k: np.zeros((height, width)) for k in ("label", "runner_up", "support", "margin", "observations")}
    for y in range(height):
        for x in range(width):
            scores = {c.code: 0.0 for c in lulc.LEGEND}
            for t in range(len(p.time) if "time" in p.coords else p.sizes["time"]):
                code = int(p.label.values[t, y, x])
                if code == 0 or not p.clear.values[t, y, x] or full[lulc.LEGEND[code].name] == 0:
                    continue
                scores[code] += full[lulc.LEGEND[code].name] * int(p.confidence.values[t, y, x])
                out["observations"][y, x] += 1
            ranked = sorted(scores, key=lambda code: -scores[code])  # stable: ties go to the first of the legend
            total = sum(scores.values())
            if total == 0:
                out["support"][y, x] = out["margin"][y, x] = np.nan
                continue
            out["label"][y, x] = ranked[0]
            out["runner_up"][y, x] = ranked[1] if scores[ranked[1]] > 0 else 0
            out["support"][y, x] = scores[ranked[0]] / total
            out["margin"][y, x] = (scores[ranked[0]] - scores[ranked[1]]) / total
    return out


@settings(max_examples=200)
@given(predictions(), weights)
def test_the_kernel_equals_a_slow_loop(p: xr.Dataset, table: dict[str, float]) -> None:
    fast = lulc.composite(p, weights=table)
    for name, slow in slow_mode(p, table).items():
        np.testing.assert_allclose(fast[name].values, slow, rtol=1e-6, err_msg=name)


@given(predictions(), weights, st.randoms(use_true_random=False))
def test_the_order_of_scenes_does_not_change_a_bit(
    p: xr.Dataset, table: dict[str, float], random: np.random.Generator
) -> None:
    order = list(range(p.sizes["time"]))
    random.shuffle(order)
    assert lulc.composite(p, weights=table).identical(lulc.composite(p.isel(time=order), weights=table))


@given(predictions(), weights, st.lists(st.integers(0, 6), max_size=3))
def test_votes_of_any_split_add_up_to_the_same_bits(p: xr.Dataset, table: dict[str, float], cuts: list[int]) -> None:
    n = p.sizes["time"]
    edges = [0, *sorted(min(c, n) for c in cuts), n]
    counted = [lulc.votes(p.isel(time=slice(a, b))) for a, b in pairwise(edges)]
    total = counted[0]
    for more in counted[1:]:
        total = more + total
    streamed = None
    for a, b in pairwise(edges):
        streamed = lulc.votes(p.isel(time=slice(a, b)), onto=streamed)
    assert streamed.identical(total)
    assert total["confidence"].dtype == np.uint32
    assert lulc.decide(total, weights=table).identical(lulc.composite(p, weights=table))


@given(predictions(), st.floats(0.1, 9))
def test_one_common_factor_on_all_weights_changes_no_label(p: xr.Dataset, factor: float) -> None:
    same = {c.name: 2.0 ** round(np.log2(factor)) for c in lulc.LEGEND}
    base = dict.fromkeys(lulc.LEGEND.names, 1.0)
    xr.testing.assert_equal(lulc.composite(p, weights=same), lulc.composite(p, weights=base))


def test_ties_go_to_the_first_class_of_the_legend() -> None:
    label = np.array([5, 3], np.uint8).reshape(2, 1, 1)
    p = xr.Dataset({"label": (DIMS, label), "confidence": (DIMS, np.full_like(label, 99))})
    cover = lulc.composite(p)
    assert (cover.label.item(), cover.runner_up.item(), cover.margin.item()) == (3, 5, 0)


def test_clouds_never_win_by_default_but_do_when_given_a_weight() -> None:
    label = np.array([10, 10, 5], np.uint8).reshape(3, 1, 1)
    p = xr.Dataset({"label": (DIMS, label), "confidence": (DIMS, np.full_like(label, 255))})
    assert lulc.composite(p).label.item() == 5
    assert lulc.composite(p).observations.item() == 1
    assert lulc.composite(p, weights={"clouds": 1}).label.item() == 10


def test_a_label_outside_the_legend_is_refused() -> None:
    label = np.full((1, 1, 1), 11, np.uint8)
    p = xr.Dataset({"label": (DIMS, label), "confidence": (DIMS, label)})
    for make in (lulc.composite, lulc.votes):
        with pytest.raises(lulc.InvalidInputError, match=r"\[11\]"):
            make(p)


def test_many_scenes_and_long_rows_are_counted_like_few() -> None:
    """More scenes than narrow integers hold, and more pixels than a part of a row; the sums overflow 16 bits."""
    random, shape = np.random.default_rng(0), (300, 2, 1030)
    p = xr.Dataset(
        {
            "label": (DIMS, np.where(random.random(shape) < 0.99, 5, 3).astype(np.uint8)),
            "confidence": (DIMS, random.integers(250, 256, shape).astype(np.uint8)),
            "clear": (DIMS, random.random(shape) < 0.95),
        }
    )
    sums = {code: np.where((p.label == code) & p.clear, p.confidence, 0).sum(axis=0) for code in (3, 5)}
    for weights in ({}, {"crops": 1.1}):
        cover = lulc.composite(p, weights=weights)
        scores = sums[5] * weights.get("crops", 1.0), sums[3]
        np.testing.assert_array_equal(cover.label, 5)
        np.testing.assert_array_equal(cover.support, (scores[0] / (scores[0] + scores[1])).astype(np.float32))
        np.testing.assert_array_equal(cover.observations, p.clear.sum("time"))
    assert lulc.votes(p)["confidence"].max() > 65_535


@given(predictions(), weights)
def test_votes_in_half_the_memory_are_decided_alike(p: xr.Dataset, table: dict[str, float]) -> None:
    votes = lulc.votes(p)
    narrow = votes.assign(confidence=votes["confidence"].astype(np.uint16), count=votes["count"].astype(np.uint8))
    assert lulc.decide(narrow, weights=table).identical(lulc.decide(votes, weights=table))


@given(predictions())
def test_votes_are_added_to_a_part_of_others_in_place(p: xr.Dataset) -> None:
    votes, (height, width) = lulc.votes(p), p.label.shape[1:]
    wide = votes.pad(y=1, x=1, constant_values=0)
    whole = {name: values.values for name, values in wide.data_vars.items()}
    lulc.votes(p, onto=wide.isel(y=slice(1, height + 1), x=slice(1, width + 1)))
    for name, values in whole.items():
        np.testing.assert_array_equal(values[:, 1:-1, 1:-1], 2 * votes[name].values)
        assert values.sum() == 2 * votes[name].values.sum()


def test_class_codes_that_are_not_bytes_are_refused() -> None:
    label = np.full((1, 1, 1), 2.5)
    with pytest.raises(lulc.InvalidInputError, match="uint8"):
        lulc.composite(xr.Dataset({"label": (DIMS, label), "confidence": (DIMS, label)}))


GRID = GeoBox.from_bbox((500_000, 0, 500_030, 20), crs="EPSG:32631", resolution=10)


def on_grid(*labels: int, network: lulc.Legend = lulc.LEGEND) -> xr.Dataset:
    """Predictions of a network, a class a scene, which differs from row to row and column to column in confidence."""
    days = np.datetime64("2020-01-01", "ns") + np.arange(len(labels)) * np.timedelta64(9, "D")
    shape = (len(labels), *GRID.shape)
    values = {"label": np.broadcast_to(np.array(labels, np.uint8)[:, None, None], shape).copy()}
    values["confidence"] = np.arange(100, 100 + np.prod(shape), dtype=np.uint8).reshape(shape)
    coords = {
        "time": days,
        "scene": ("time", [f"S2A_{label}" for label in labels]),
        "weights": ("time", np.full(len(labels), in_words(network))),
        **odc.geo.xr.xr_coords(GRID),
    }
    return xr.Dataset({name: (DIMS, each) for name, each in values.items()}, coords)


OWN = lulc.LEGEND.weighted({"crops": 9})


@pytest.mark.parametrize("keep_attrs", [True, False], ids=["xarray today", "xarray 2025.6"])
def test_predictions_and_votes_carry_the_weights_of_their_network(keep_attrs: bool) -> None:
    p = on_grid(3, 3, 5, network=OWN)
    with xr.set_options(keep_attrs=keep_attrs):
        whole = lulc.composite(p)
        parts = lulc.votes(p.isel(time=[0])) + lulc.votes(p.isel(time=[1, 2]))
        assert (whole.label == 5).all()
        assert lulc.decide(parts).identical(whole)
        assert lulc.composite(p[["label", "confidence"]]).identical(whole)
        assert lulc.composite(xr.concat([p.isel(time=[0]), p.isel(time=[1, 2])], "time")).identical(whole)
    assert (lulc.composite(p, weights={"crops": 1}).label == 3).all()
    assert (lulc.composite(p, lulc.LEGEND.weighted({"grass": 9})).label == 3).all()  # the caller's own word


def test_the_weights_of_two_networks_are_not_mixed() -> None:
    one, other = on_grid(3), on_grid(5, network=OWN).assign_coords(time=[np.datetime64("2021-01-01", "ns")])
    both, every = xr.concat([one, other], "time"), dict.fromkeys(lulc.LEGEND.names, 1.0)
    with xr.set_options(keep_attrs=False):
        total = lulc.votes(one) + lulc.votes(other)
    with pytest.raises(lulc.InvalidInputError, match=r"different weights \(crops 1.0 and 9.0\).*weight of every class"):
        lulc.composite(both)
    for votes in (total, lulc.votes(both)):
        with pytest.raises(lulc.InvalidInputError, match=r"networks with different weights.*weight of every class"):
            lulc.decide(votes)
        assert lulc.decide(votes, weights=every).identical(lulc.composite(both, weights=every))
    with pytest.raises(lulc.InvalidInputError, match="network with other weights"):
        lulc.votes(other, onto=lulc.votes(one))


def test_a_mask_that_is_not_bool_is_refused() -> None:
    p = on_grid(3, 5)
    clear = xr.ones_like(p.label, bool)
    for mask in (clear.isel(x=slice(0, 3, 2)), clear.isel(time=[0]), clear.astype(np.uint8) * np.uint8(37)):
        with pytest.raises(lulc.InvalidInputError, match=r"clear must be bool; got .*another grid or on other dates"):
            lulc.composite(p.assign(clear=mask))
    assert (lulc.composite(p.assign(clear=clear & (p.label == 3))).label == 3).all()


def test_votes_lie_on_one_grid() -> None:
    one, other = on_grid(3, 3), on_grid(5)
    whole = lulc.votes(one) + lulc.votes(other)
    for turned in (other, other.sortby("y"), other.transpose("x", "time", "y")):
        xr.testing.assert_identical(lulc.votes(turned, onto=lulc.votes(one)), whole)
    for elsewhere in (other.assign_coords(x=other.x + 640.0), other.assign_coords(y=other.y + 5)):
        with pytest.raises(lulc.InvalidInputError, match=r"on one grid with the votes to add to; it has [xy] from"):
            lulc.votes(elsewhere, onto=lulc.votes(one))
    with pytest.raises(lulc.InvalidInputError, match=r"in memory.*\.load\(\) them"):
        lulc.votes(other, onto=lulc.votes(one).chunk())


def test_votes_are_whole_numbers() -> None:
    votes = lulc.votes(on_grid(3, 5))
    for wrong in (votes / votes.sum("class"), -votes.astype(np.int64), votes.astype(np.int64) * 2**33):
        with pytest.raises(lulc.InvalidInputError, match="must be whole numbers, uint32"):
            lulc.decide(wrong)
    total = xr.concat([votes, votes], "run").sum("run")
    assert total["count"].dtype != votes["count"].dtype
    xr.testing.assert_identical(lulc.decide(total), lulc.decide(votes + votes))
    xr.testing.assert_identical(lulc.decide(votes.transpose("x", "y", "class")), lulc.decide(votes))


def test_a_scene_counts_once() -> None:
    p = on_grid(3, 5)
    for twice in (p, p.drop_vars("scene")):
        for make in (lulc.composite, lulc.votes):
            with pytest.raises(lulc.InvalidInputError, match="2020-01-01T00:00:00 is there twice"):
                make(xr.concat([twice, twice.isel(time=[0])], "time"))
    at_once = p.assign_coords(time=p.time.values[[0, 0]])  # of two satellites, or two tiles
    assert lulc.composite(at_once).equals(lulc.composite(p))


def test_predictions_without_a_variable_or_dim_are_refused() -> None:
    p = on_grid(3)
    with pytest.raises(lulc.InvalidInputError, match=r"need confidence with the dims \(time, y, x\); got only label"):
        lulc.composite(p[["label"]])
    with pytest.raises(lulc.InvalidInputError, match=r"need label with the dims \(time, y, x\); got \('y', 'x'\)"):
        lulc.composite(p.isel(time=0))
