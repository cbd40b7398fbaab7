"""The chance that a pixel changed: SciPy's Dirichlet-multinomial, and votes drawn from the model, as oracles."""

from __future__ import annotations

import numpy as np
import pytest
from lulc_explorer.analysis import likely_change
from lulc_explorer.analysis.likely_change import WHOLE, class_factors, find_transitions, log_factors
from scipy.special import gammaln
from scipy.stats import dirichlet_multinomial

SPREAD = np.array([0.12, 0.05, 0.08, 0.1, 0.05])
K = len(SPREAD)
TURNS = np.zeros((K, K))
TURNS[0, 1], TURNS[2, 3], TURNS[3, 2], TURNS[4, 0] = 0.4, 0.3, 0.1, 0.2
"""Of what changed: some transitions often, others never."""


def drawn(
    changed: float, votes: tuple[int, int], *, turns: np.ndarray = TURNS, pixels: int = 20_000
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Votes of two years, drawn from the model, shape (class, 1, pixel), and which pixels changed."""
    rng = np.random.default_rng(3)

    def shares(classes: np.ndarray) -> np.ndarray:
        gammas = rng.standard_gamma(SPREAD + np.eye(K)[classes])
        return gammas / gammas.sum(1, keepdims=True)

    truly = rng.random(pixels) < changed
    stays = rng.choice(K, pixels, p=SPREAD / SPREAD.sum())
    flow = rng.choice(K * K, pixels, p=turns.ravel())
    before = shares(np.where(truly, flow // K, stays))
    after = np.where(truly[:, None], shares(flow % K), before)
    first, second = (
        rng.multinomial(n, shares).T[:, None] * WHOLE for n, shares in zip(votes, (before, after), strict=True)
    )
    return first, second, truly[None]


def chances_of(
    votes: tuple[np.ndarray, np.ndarray], asked: np.ndarray | None = None, rotated: tuple[int, ...] = ()
) -> np.ndarray:
    everywhere = np.ones(votes[0].shape[1:], bool)
    return find_transitions(votes, rotated).chances(votes, everywhere if asked is None else asked)


def log_chance(votes: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """By SciPy, of votes in one order, so that the coefficient of the orders is taken out."""
    orders = gammaln(votes.sum(0) + 1) - gammaln(votes + 1).sum(0)
    return np.array([dirichlet_multinomial.logpmf(v, spread, v.sum()) for v in votes.T]) - orders


def test_the_factors_are_those_of_dirichlet_multinomial_distributions() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 6, (K, 50)) for _ in range(2))
    expected = log_chance(first, SPREAD) + log_chance(second, SPREAD) - log_chance(first + second, SPREAD)
    np.testing.assert_allclose(log_factors(first * WHOLE, second * WHOLE, SPREAD), expected, atol=1e-9)
    factors = class_factors(first * WHOLE, SPREAD)
    one_more = [log_chance(first, SPREAD + more) - log_chance(first, SPREAD) for more in np.eye(K)]
    np.testing.assert_allclose(factors, np.exp(one_more), rtol=1e-5)
    np.testing.assert_allclose(SPREAD / SPREAD.sum() @ factors, 1, rtol=1e-5)  # all classes together are the whole


def test_chances_are_those_of_a_slow_loop_over_classes() -> None:
    first, second, _ = drawn(0.2, (9, 6), pixels=2000)
    c, d = first[:, 0], second[:, 0]
    found = find_transitions((first, second))
    expected = []
    for before, after in zip(c.T[:40] // WHOLE, d.T[:40] // WHOLE, strict=True):
        spreads = [found.spread + more for more in np.eye(K)]
        stays, turns = 0.0, 0.0
        for i in range(K):
            stays += found.stays[i] * np.exp(log_chance((before + after)[:, None], spreads[i])[0])
            for j in range(K):
                both = log_chance(before[:, None], spreads[i])[0] + log_chance(after[:, None], spreads[j])[0]
                turns += found.turns[i, j] * np.exp(both)
        expected.append(turns / (stays + turns))
    assert max(expected) > 0.9
    np.testing.assert_allclose(chances_of((first, second))[0, :40], expected, atol=1e-4)


@pytest.mark.parametrize("votes", [(12, 12), (15, 6)])
def test_the_transitions_that_votes_were_drawn_from_are_found(votes: tuple[int, int]) -> None:
    first, second, truly = drawn(0.1, votes, pixels=40_000)
    found = find_transitions((first, second))
    np.testing.assert_allclose(found.spread, SPREAD, rtol=0.15)
    np.testing.assert_allclose(found.turns, truly.mean() * TURNS, atol=0.004)
    np.testing.assert_allclose(found.stays, (1 - truly.mean()) * SPREAD / SPREAD.sum(), atol=0.01)
    assert found.stays.sum() + found.turns.sum() == pytest.approx(1)
    assert not found.turns.diagonal().any()


@pytest.mark.parametrize("changed", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("votes", [(12, 12), (15, 6)])
def test_chances_add_up_to_what_changed_and_tell_it_apart(changed: float, votes: tuple[int, int]) -> None:
    first, second, truly = drawn(changed, votes)
    chances = chances_of((first, second))
    assert chances.sum() == pytest.approx(truly.sum(), rel=0.1)
    for low in np.arange(0, 1, 0.25):  # calibrated: of those with a chance of 60 % six in ten changed
        here = (chances > low) & (chances <= low + 0.25)
        spread = np.sqrt(here.sum()) + 0.1 * here.sum()
        assert chances[here].sum() == pytest.approx(truly[here].sum(), abs=max(4 * spread, 10))


def of_rotated(votes: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """How many pixels changed, if how often two classes turn into another is learned, and if they rotate."""
    learned, tied = (float(chances_of(votes, rotated=rotated).sum()) for rotated in ((), (2, 3)))
    return learned, tied


def test_of_classes_that_rotate_clear_changes_count() -> None:
    only = np.zeros((K, K))
    only[2, 3] = 1
    first, second, truly = drawn(0.1, (12, 12), turns=only)
    learned, tied = of_rotated((first, second))
    assert learned == pytest.approx(truly.sum(), rel=0.1)
    assert 0.9 * learned < tied <= learned


def test_of_classes_that_rotate_a_year_of_other_seasons_counts_little() -> None:
    first, second, _ = drawn(0.0, (8, 8))
    rng = np.random.default_rng(4)
    for votes, share in ((first, 0.8), (second, 0.4)):  # of the votes of one class, which it keeps
        won = rng.binomial(8, share, 3000)
        votes[:, 0, :3000] = 0
        votes[2:4, 0, :3000] = won * WHOLE, (8 - won) * WHOLE
    learned, tied = of_rotated((first, second))
    assert learned > 0.2 * 3000
    assert tied < 0.07 * 3000


def test_nothing_changed_where_chance_explains_every_difference() -> None:
    first, second, _ = drawn(0.0, (6, 5))
    different = first.argmax(0) != second.argmax(0)
    assert different.mean() > 0.02
    assert not chances_of((first, second)).any()


def test_every_pixel_may_have_changed() -> None:
    first = np.zeros((K, 1, 500), int)
    second = first.copy()
    first[0], second[1] = 12 * WHOLE, 12 * WHOLE
    assert chances_of((first, second)).min() > 0.99


def test_a_chance_is_of_pixels_that_were_seen_and_asked_for() -> None:
    votes = drawn(0.3, (9, 9), pixels=200)[:2]
    there = np.arange(200)
    seen, asked = there[None] % 3 > 0, there[None] % 2 == 0
    expected = chances_of(tuple(year[:, :, seen[0]] for year in votes))
    votes[0][:, :, there % 6 == 0], votes[1][:, :, there % 6 == 3] = 0, 0
    np.testing.assert_array_equal(chances_of(votes)[seen], expected[0])
    chances = chances_of(votes, asked)
    assert chances[seen & asked].any()
    np.testing.assert_allclose(chances, np.where(asked, chances_of(votes), 0), atol=1e-6)
    assert not chances_of(tuple(np.zeros_like(year) for year in votes)).any()


def test_chances_are_the_same_however_many_are_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _ = drawn(0.3, (9, 9), pixels=1000)
    expected = chances_of((first, second))
    monkeypatch.setattr(likely_change, "_PART", 300)
    np.testing.assert_allclose(chances_of((first, second)), expected, atol=1e-5)


def test_votes_that_leave_no_doubt_are_in_reach_of_single_precision() -> None:
    """A thousand votes have the chance of e to the minus thousand."""
    first = np.zeros((K, 1, 100), int)
    first[0] = 1000 * WHOLE
    second = first.copy()
    second[:2, 0, :50] = [[0], [1000 * WHOLE]]
    np.testing.assert_allclose(chances_of((first, second))[0], [1] * 50 + [0] * 50, atol=1e-4)


def test_a_strip_that_changed_is_found_wherever_it_lies_in_a_large_map() -> None:
    """Pixels that were taken one in twenty were fifty columns of a map of a thousand."""
    before = np.zeros((2, 1000, 1000), np.uint16)
    before[0] = 10 * WHOLE
    after = before.copy()
    after[:, :, 121:140] = [[[0]], [[10 * WHOLE]]]
    chances = chances_of((before, after))
    assert chances.mean() == pytest.approx(0.019, abs=0.001)


def test_of_votes_that_are_hardly_any_no_chance_is_found() -> None:
    faint = np.ones((2, 1, 50), np.uint16)
    chances = chances_of((faint, faint))
    assert np.isfinite(chances).all()
    assert (chances < 0.1).all()
