"""Class weights from reference labels: against a search of everything, and against what was planted."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
import xarray as xr

import lulc_core as lulc
from lulc_core.mapping.provenance import in_words

CLASSES = ("trees", "grass", "crops")
CODES = np.array([lulc.LEGEND[name].code for name in CLASSES], np.uint8)
AT = [lulc.LEGEND.names.index(name) for name in CLASSES]


def votes_of(sums: np.ndarray, legend: lulc.Legend = lulc.LEGEND) -> xr.Dataset:
    dims = ("class", "y", "x")
    counts = (sums > 0).astype(np.uint16)
    return xr.Dataset({"confidence": (dims, sums), "count": (dims, counts)}, coords={"class": legend.codes})


def place(seed: int, size: int = 60, *, strength: int = 250) -> tuple[xr.Dataset, np.ndarray]:
    """Three classes whose votes tell the truth as well as chance lets them."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(CODES, (size, size))
    sums = np.zeros((len(lulc.LEGEND), size, size), np.uint32)
    sums[AT] = rng.integers(0, 600, (3, size, size)) + strength * (CODES[:, None, None] == truth)
    return votes_of(sums), truth


def with_bias(votes: xr.Dataset, name: str, factor: int) -> xr.Dataset:
    sums = votes["confidence"].values.copy()
    sums[lulc.LEGEND.names.index(name)] *= factor
    return votes_of(sums)


def agreement(votes: xr.Dataset, truth: np.ndarray, weights: dict[str, float], objective: str = "overall") -> float:
    """Accuracy of what `decide` makes of the weights."""
    right = lulc.decide(votes, weights=weights).label.values == truth
    if objective == "overall":
        return float(right[truth > 0].mean())
    return float(np.mean([right[truth == code].mean() for code in np.unique(truth[truth > 0])]))


@pytest.mark.parametrize("objective", ["overall", "balanced"])
@pytest.mark.parametrize("seed", range(4))
def test_no_weights_of_a_whole_grid_do_better(objective: str, seed: int) -> None:
    votes, truth = place(seed, size=12, strength=100)
    truth[:, 7:] = np.where(truth[:, 7:] == 5, 2, truth[:, 7:])  # crops are few
    found = lulc.calibrate({"here": votes}, {"here": truth}, objective=objective)
    steps = np.geomspace(1 / 3, 3, 15)
    best = max(
        agreement(votes, truth, {"trees": 1.0, "grass": one, "crops": other}, objective)
        for one, other in itertools.product(steps, steps)
    )
    assert agreement(votes, truth, dict(found.weights), objective) >= best - 0.015


def test_a_class_that_is_seen_twice_as_strongly_gets_half_the_weight() -> None:
    votes, truth = place(0, size=150)
    found = lulc.calibrate({"here": with_bias(votes, "grass", 2)}, {"here": truth})
    assert found.improves
    assert found.weights["grass"] / found.weights["trees"] == pytest.approx(0.5, rel=0.08)
    assert found.weights["crops"] / found.weights["trees"] == pytest.approx(1, rel=0.08)
    assert np.prod([found.weights[name] for name in CLASSES]) == pytest.approx(1, rel=0.05)
    assert found.overall_after > found.overall_before + 0.02


def test_what_is_found_in_some_places_is_judged_in_the_one_left_out() -> None:
    places = {name: place(seed) for seed, name in enumerate(["a", "b", "c"])}
    biased = {name: with_bias(votes, "crops", 3) for name, (votes, _) in places.items()}
    truth = {name: labels for name, (_, labels) in places.items()}
    found = lulc.calibrate(biased, truth)
    assert [fold.name for fold in found.folds] == ["a", "b", "c"]
    for fold in found.folds:
        assert fold.before == pytest.approx(agreement(biased[fold.name], truth[fold.name], {}))
        assert fold.after == pytest.approx(agreement(biased[fold.name], truth[fold.name], dict(fold.weights)))
        rest = {name for name in places if name != fold.name}
        alone = lulc.calibrate({n: biased[n] for n in rest}, {n: truth[n] for n in rest})
        assert fold.weights == alone.weights
    assert found.overall_after == pytest.approx(np.mean([fold.after for fold in found.folds]))


def test_the_accuracies_of_each_class_are_those_of_a_count_by_hand() -> None:
    votes, truth = place(1)
    votes = with_bias(votes, "grass", 2)
    found = lulc.calibrate({"a": votes, "b": votes}, {"a": truth, "b": truth})
    before = lulc.decide(votes).label.values
    after = lulc.decide(votes, weights=dict(found.folds[0].weights)).label.values
    grass = next(c for c in found.classes if c.name == "grass")
    assert grass.pixels == 2 * (truth == 3).sum()
    assert grass.users_before == pytest.approx((truth == 3)[before == 3].mean())
    assert grass.users_after == pytest.approx((truth == 3)[after == 3].mean())
    assert grass.producers_before == pytest.approx((before == 3)[truth == 3].mean())
    assert grass.producers_after == pytest.approx((after == 3)[truth == 3].mean())
    water = next(c for c in found.classes if c.name == "water")
    assert np.isnan([water.users_before, water.users_after, water.producers_before]).all()


def test_the_order_of_the_classes_and_the_scale_of_the_scores_do_not_matter() -> None:
    votes, truth = place(2)
    votes = with_bias(votes, "grass", 2)
    found = lulc.calibrate({"here": votes}, {"here": truth})
    larger = lulc.calibrate({"here": votes_of(votes["confidence"].values * np.uint32(7))}, {"here": truth})
    assert larger.weights == pytest.approx(found.weights)
    legend = lulc.Legend(tuple(lulc.LEGEND.classes[i] for i in [3, 9, 2, 0, 7, 4, 1, 8, 6, 5]))
    places = [lulc.LEGEND.names.index(name) for name in legend.names]
    shuffled = votes_of(votes["confidence"].values[places], legend)
    other = lulc.calibrate({"here": shuffled}, {"here": truth}, legend)
    assert other.overall_after == pytest.approx(found.overall_after, abs=0.01)
    assert other.weights["grass"] / other.weights["trees"] == pytest.approx(
        found.weights["grass"] / found.weights["trees"], rel=0.1
    )


def test_pixels_without_a_label_are_not_looked_at() -> None:
    votes, truth = place(3)
    votes = with_bias(votes, "grass", 2)
    half = truth.copy()
    half[::2] = 0
    misleading = votes["confidence"].values.copy()
    misleading[:, ::2] = misleading[::-1, ::2]
    assert (
        lulc.calibrate({"here": votes}, {"here": half}).weights
        == lulc.calibrate({"here": votes_of(misleading)}, {"here": half}).weights
    )


def test_weights_stay_where_no_pixel_hangs_on_them() -> None:
    """As of a single scene: every pixel has the votes of one class."""
    votes, truth = place(0)
    sums = votes["confidence"].values
    lonely = votes_of(np.where(np.arange(len(sums))[:, None, None] == sums.argmax(axis=0), sums, 0))
    found = lulc.calibrate({"here": lonely}, {"here": truth})
    assert found.weights == lulc.LEGEND.weights_by_name
    assert found.after == found.before
    assert not found.improves


def test_a_class_without_reference_keeps_its_weight_and_is_named() -> None:
    votes, truth = place(4)
    found = lulc.calibrate({"here": with_bias(votes, "grass", 2)}, {"here": truth})
    assert found.weights["water"] == 1
    assert found.weights["clouds"] == 0
    assert any("No reference for water" in warning for warning in found.warnings)


def test_weights_that_do_not_help_elsewhere_are_not_recommended() -> None:
    votes, truth = place(5)
    opposite = {"a": with_bias(votes, "grass", 3), "b": with_bias(with_bias(votes, "trees", 3), "crops", 3)}
    found = lulc.calibrate(opposite, {"a": truth, "b": truth})
    assert not found.improves
    assert found.recommended == {}
    assert any("keep the default" in warning for warning in found.warnings)


def test_a_random_part_of_many_pixels_finds_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    votes, truth = place(6, size=150)
    votes = with_bias(votes, "grass", 2)
    whole = lulc.calibrate({"here": votes}, {"here": truth})
    monkeypatch.setattr("lulc_core.mapping.labelled_pixels.MOST_PIXELS", 8_000)
    part = lulc.calibrate({"here": votes}, {"here": truth})
    assert sum(fold.pixels for fold in part.folds) == 8_000
    assert part.overall_after == pytest.approx(whole.overall_after, abs=0.02)
    assert part.weights["grass"] == pytest.approx(whole.weights["grass"], rel=0.15)


def test_the_classes_count_alike_if_asked() -> None:
    votes, truth = place(7, strength=150)
    truth[(truth == 5) & (np.random.default_rng(0).random(truth.shape) < 0.9)] = 0  # crops are few
    overall = lulc.calibrate({"here": votes}, {"here": truth})
    balanced = lulc.calibrate({"here": votes}, {"here": truth}, objective="balanced")
    assert balanced.weights["crops"] > overall.weights["crops"]
    assert balanced.before == pytest.approx(agreement(votes, truth, {}, "balanced"), abs=1e-6)


def test_it_tells_how_far_it_is_and_can_be_stopped() -> None:
    votes, truth = place(8)
    said: list[lulc.Progress] = []
    cancel = threading.Event()

    def told(progress: lulc.Progress) -> None:
        said.append(progress)
        if progress.done == 2:
            cancel.set()

    with pytest.raises(lulc.CancelledError):
        lulc.calibrate({"here": votes}, {"here": truth}, progress=told, cancel=cancel)
    assert [(p.done, p.total) for p in said] == [(0, 5), (1, 5), (2, 5)]


def test_reference_labels_lie_on_the_grid_of_the_votes() -> None:
    votes, truth = place(9, size=24)
    places = {"y": np.arange(24.0)[::-1] * 10, "x": np.arange(24.0) * 10}
    votes, labels = votes.assign_coords(places), xr.DataArray(truth, places, ("y", "x"))
    found = lulc.calibrate({"here": votes}, {"here": truth})
    for turned in (labels, labels.T, labels.sortby("y")):
        assert lulc.calibrate({"here": votes}, {"here": turned}).folds == found.folds
    with pytest.raises(lulc.InvalidInputError, match="one grid with the votes of here; it has x from 6400 to 6630"):
        lulc.calibrate({"here": votes}, {"here": labels.assign_coords(x=labels.x + 6400)})


def test_the_weights_to_beat_are_those_of_the_network() -> None:
    votes, truth = place(9, size=24)
    own = lulc.LEGEND.weighted({"crops": 4})
    found = lulc.calibrate({"here": votes.assign_coords(weights=in_words(own))}, {"here": truth})
    assert found.before == lulc.calibrate({"here": votes}, {"here": truth}, own).before
    assert found.before < lulc.calibrate({"here": votes}, {"here": truth}).before
    with pytest.raises(lulc.InvalidInputError, match="votes of a, b are of networks with different weights"):
        lulc.calibrate({"a": votes.assign_coords(weights=in_words(own)), "b": votes}, {"a": truth, "b": truth})


@pytest.mark.parametrize(
    "change, message",
    [
        ({"reference": {"there": np.ones((60, 60), np.uint8)}}, r"votes of \['here'\] and labels of \['there'\]"),
        ({"reference": {"here": np.ones((6, 60), np.uint8)}}, r"shape \(60, 60\).*shape \(6, 60\)"),
        ({"reference": {"here": np.ones((60, 60))}}, "whole codes.*float64"),
        ({"reference": {"here": np.full((60, 60), 77, np.uint8)}}, r"not in the legend: \[77\]"),
        ({"reference": {"here": np.zeros((60, 60), np.uint8)}}, "at least two of its 4 x 4 blocks"),
        ({"reference": {"here": np.full((60, 60), 2, np.uint8)}}, "at least two need reference labels; got trees"),
        ({"objective": "kappa"}, "one of overall, balanced; got 'kappa'"),
        ({"bounds": (0, 4)}, r"must be positive, around 1.*got \(0, 4\)"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(change: dict[str, object], message: str) -> None:
    votes, truth = place(9)
    arguments = {"counted": {"here": votes}, "reference": {"here": truth}, **change}
    with pytest.raises(lulc.InvalidInputError, match=message):
        lulc.calibrate(**arguments)  # type: ignore[arg-type]
