from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import lulc_core as lulc

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
    full = {c.name: c.weight for c in lulc.LEGEND} | table
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


def test_class_codes_that_are_not_bytes_are_refused() -> None:
    label = np.full((1, 1, 1), 2.5)
    with pytest.raises(lulc.InvalidInputError, match="uint8"):
        lulc.composite(xr.Dataset({"label": (DIMS, label), "confidence": (DIMS, label)}))
