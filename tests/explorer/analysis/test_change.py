"""Change between two years: pandas and a slow loop as oracles, and numbers counted by hand."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from lulc_explorer.analysis.change import Change, compare_labels, correct_shares, split_by_size
from lulc_explorer.analysis.likely_change import find_transitions
from lulc_explorer.rendering.palette import NO_DATA, Palette

import lulc_core as lulc

PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.LEGEND)
PIXEL_HA = 0.01


def two_maps(seed: int = 0) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 11, (2, 30, 40)).astype(np.uint8)
    margins = np.where(labels == 0, np.nan, rng.random(labels.shape)).astype(np.float32)
    return (labels[0], labels[1]), (margins[0], margins[1])


def two_votes(*labels: np.ndarray, votes: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """So many votes for the class of each label, and one for another."""
    codes = lulc.LEGEND.codes[:, None, None]
    won = [np.where(codes == label, 255 * votes, 0) + 255 * (codes == 1 + label % 9) for label in labels]
    return won[0], won[1]


def chances(*labels: np.ndarray) -> np.ndarray:
    votes = two_votes(*labels)
    return find_transitions(votes).chances(votes, labels[0] != labels[1])


def followed(uncertain_below: float = 0.1) -> Change:
    labels, margins = two_maps()
    given = {"pixel_ha": PIXEL_HA, "uncertain_below": uncertain_below, "rotated": ("grass", "crops")}
    return compare_labels(labels, margins, chances(*labels), PALETTE, **given)


def test_the_transitions_are_those_of_pandas_crosstab() -> None:
    labels, _ = two_maps()
    both = (labels[0] > 0) & (labels[1] > 0)
    names = np.array(["no data", *lulc.LEGEND.names])
    by_code = dict(zip(lulc.LEGEND.codes.tolist(), lulc.LEGEND.names, strict=True))
    was, became = (pd.Series([by_code[code] for code in label[both].tolist()]) for label in labels)
    expected = pd.crosstab(was, became).reindex(index=names[1:], columns=names[1:], fill_value=0) * PIXEL_HA
    np.testing.assert_allclose(followed().hectares, expected.to_numpy())


def test_flicker_is_that_of_a_slow_loop() -> None:
    labels, margins = two_maps()
    changed = uncertain = unchanged = uncertain_unchanged = 0
    for pixel in np.ndindex(labels[0].shape):
        one, other = labels[0][pixel], labels[1][pixel]
        if not one or not other:
            continue
        close = min(margins[0][pixel], margins[1][pixel]) < 0.3
        if one != other:
            changed, uncertain = changed + 1, uncertain + close
        else:
            unchanged, uncertain_unchanged = unchanged + 1, uncertain_unchanged + close
    change = followed(uncertain_below=0.3)
    assert change.changed_ha == pytest.approx(changed * PIXEL_HA)
    assert change.flicker == pytest.approx(uncertain / changed)
    assert change.uncertain_unchanged == pytest.approx(uncertain_unchanged / unchanged)


def test_what_is_likely_real_is_that_of_a_slow_loop_and_no_more_than_the_change() -> None:
    labels, _ = two_maps()
    seen = (labels[0] > 0) & (labels[1] > 0)
    found = chances(*labels)
    expected: defaultdict[tuple[int, int], float] = defaultdict(float)
    for pixel in zip(*np.nonzero(seen & (labels[0] != labels[1])), strict=True):
        expected[int(labels[0][pixel]), int(labels[1][pixel])] += PIXEL_HA * float(found[pixel])
    grass, crops = (lulc.LEGEND[name].code for name in ("grass", "crops"))
    rotated = expected[grass, crops] + expected[crops, grass]
    change = followed()
    flows = change.flows()
    assert {(PALETTE.codes[f.before], PALETTE.codes[f.after]): f.likely_ha for f in flows} == pytest.approx(expected)
    assert 0 < change.rotated_ha == pytest.approx(rotated) == sum(flow.likely_ha for flow in flows if flow.rotates)
    assert 0 < change.likely_changed_ha == pytest.approx(sum(expected.values()) - rotated)
    assert all(flow.likely_ha <= flow.hectares for flow in flows)


def test_without_votes_nothing_is_said_of_what_is_real() -> None:
    labels, margins = two_maps()
    change = compare_labels(labels, margins, None, PALETTE, pixel_ha=PIXEL_HA)
    assert change.likely_changed_ha is None
    assert {flow.likely_ha for flow in change.flows()} == {None}
    np.testing.assert_array_equal(change.hectares, followed().hectares)


def test_every_pixel_is_where_the_numbers_say() -> None:
    labels, _ = two_maps()
    change = followed()
    unseen = (labels[0] == 0) | (labels[1] == 0)
    assert ((change.pairs == NO_DATA) == unseen).all()
    assert (change.changed == (~unseen & (labels[0] != labels[1]))).all()
    assert change.changed.sum() * PIXEL_HA == pytest.approx(change.changed_ha)
    assert (change.changed & change.uncertain).sum() / change.changed.sum() == pytest.approx(change.flicker)
    assert change.seen_ha + change.unseen_ha == pytest.approx(labels[0].size * PIXEL_HA)


def test_gains_losses_net_and_swap_counted_by_hand() -> None:
    water, trees, crops = (lulc.LEGEND[name].code for name in ("water", "trees", "crops"))
    before = np.array([[trees, trees, trees, crops, 0]], np.uint8)
    after = np.array([[trees, crops, water, trees, crops]], np.uint8)
    sure = np.ones(before.shape, np.float32)
    change = compare_labels((before, after), (sure, sure), chances(before, after), PALETTE, pixel_ha=1.0)
    by_name = dict(zip(PALETTE.names, change.classes(), strict=True))
    assert (by_name["trees"].gain, by_name["trees"].loss) == (1, 2)
    assert (by_name["trees"].net, by_name["trees"].swap) == (-1, 2)
    assert (by_name["crops"].gain, by_name["crops"].loss, by_name["crops"].swap) == (1, 1, 2)
    assert (by_name["water"].before, by_name["water"].after, by_name["water"].swap) == (0, 1, 0)
    assert (change.changed_ha, change.unseen_ha, change.flicker) == (3, 1, 0)


def test_gains_and_losses_add_up_to_the_change() -> None:
    change = followed()
    assert sum(c.gain for c in change.classes()) == pytest.approx(change.changed_ha)
    assert sum(c.loss for c in change.classes()) == pytest.approx(change.changed_ha)
    assert sum(c.net for c in change.classes()) == pytest.approx(0)


def test_flows_come_largest_first_and_the_small_ones_apart() -> None:
    change = followed()
    flows = change.flows()
    assert all(flow.before != flow.after for flow in flows)
    assert sum(flow.hectares for flow in flows) == pytest.approx(change.changed_ha)
    assert sum(flow.hectares for flow in change.flows(stays=True)) == pytest.approx(change.seen_ha)
    large, small = split_by_size(flows, 0.0115)
    assert large
    assert small
    assert min(flow.hectares for flow in large) >= 0.0115 * change.changed_ha > max(flow.hectares for flow in small)
    assert [*large, *small] == flows


def test_what_is_borne_out_is_that_of_a_slow_loop() -> None:
    labels, margins = two_maps()
    truly = np.random.default_rng(1).random(labels[0].shape) < 0.4
    seen: dict[str, list[bool]] = {"clear": [], "uncertain": []}
    for pixel in np.ndindex(truly.shape):
        one, other = labels[0][pixel], labels[1][pixel]
        if one and other and one != other:
            seen["uncertain" if min(margins[0][pixel], margins[1][pixel]) < 0.3 else "clear"].append(bool(truly[pixel]))
    expected = {kind: np.mean(found) for kind, found in seen.items()}
    assert correct_shares(followed(uncertain_below=0.3), truly) == pytest.approx(expected)
    assert correct_shares(followed(uncertain_below=0.0), truly)["uncertain"] is None


def test_the_same_map_twice_has_no_change() -> None:
    labels, margins = two_maps()
    same = (labels[0], labels[0]), (margins[0], margins[0])
    change = compare_labels(*same, chances(labels[0], labels[0]), PALETTE, pixel_ha=PIXEL_HA)
    assert (change.changed_ha, change.likely_changed_ha, change.flicker, change.flows()) == (0, 0, 0, [])
    assert not change.changed.any()


def test_maps_on_two_grids_are_refused() -> None:
    labels, margins = two_maps()
    with pytest.raises(ValueError, match="one grid"):
        compare_labels((labels[0], labels[1][1:]), margins, None, PALETTE, pixel_ha=PIXEL_HA)
