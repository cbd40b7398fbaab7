"""The chance that a pixel changed: SciPy's Dirichlet-multinomial, and votes drawn from the model, as oracles."""

from __future__ import annotations

import numpy as np
import pytest
from lulc_explorer.analysis.likely_change import WHOLE, change_chances, log_factors
from scipy.special import gammaln
from scipy.stats import dirichlet_multinomial

K, SPREAD = 5, 0.08


def drawn(changed: float, votes: tuple[int, int], *, pixels: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Votes of two years, drawn from the model, shape (class, 1, pixel), and which pixels changed."""
    rng = np.random.default_rng(3)
    before = rng.dirichlet(np.full(K, SPREAD), pixels)
    truly = rng.random(pixels) < changed
    after = np.where(truly[:, None], rng.dirichlet(np.full(K, SPREAD), pixels), before)
    first, second = (
        rng.multinomial(n, shares).T[:, None] * WHOLE for n, shares in zip(votes, (before, after), strict=True)
    )
    return first, second, truly[None]


def test_the_bayes_factor_is_that_of_the_dirichlet_multinomial_distribution() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 6, (K, 50)) for _ in range(2))

    def log_chance(votes: np.ndarray) -> np.ndarray:
        """Of votes in one order, so that the coefficient of the orders is taken out."""
        orders = gammaln(votes.sum(0) + 1) - gammaln(votes + 1).sum(0)
        return np.array([dirichlet_multinomial.logpmf(v, np.full(K, SPREAD), v.sum()) for v in votes.T]) - orders

    expected = log_chance(first) + log_chance(second) - log_chance(first + second)
    np.testing.assert_allclose(log_factors(first * WHOLE, second * WHOLE, SPREAD), expected, atol=1e-9)


@pytest.mark.parametrize("changed", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("votes", [(12, 12), (15, 6)])
def test_chances_add_up_to_what_changed_and_tell_it_apart(changed: float, votes: tuple[int, int]) -> None:
    first, second, truly = drawn(changed, votes)
    everywhere = np.ones(truly.shape, bool)
    chances = change_chances((first, second), everywhere)
    assert chances.sum() == pytest.approx(truly.sum(), rel=0.1)
    for low in np.arange(0, 1, 0.25):  # calibrated: of those with a chance of 60 % six in ten changed
        here = (chances > low) & (chances <= low + 0.25)
        spread = np.sqrt(here.sum()) + 0.1 * here.sum()
        assert chances[here].sum() == pytest.approx(truly[here].sum(), abs=max(4 * spread, 10))


def test_nothing_changed_where_chance_explains_every_difference() -> None:
    first, second, _ = drawn(0.0, (6, 5))
    everywhere = np.ones(first.shape[1:], bool)
    different = first.argmax(0) != second.argmax(0)
    assert different.mean() > 0.02
    assert change_chances((first, second), everywhere)[different].sum() < 0.01 * different.sum()


def test_a_chance_is_only_of_pixels_that_were_seen() -> None:
    first, second, _ = drawn(0.3, (9, 9), pixels=200)
    seen = np.arange(200)[None] % 2 == 0
    chances = change_chances((first, second), seen)
    assert chances[seen].any()
    assert not chances[~seen].any()
    assert not change_chances((first, second), np.zeros_like(seen)).any()


def test_chances_are_the_same_however_many_are_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _ = drawn(0.3, (9, 9), pixels=1000)
    seen = np.arange(1000)[None] % 7 > 0
    expected = change_chances((first, second), seen)
    monkeypatch.setattr("numpy.array_split", lambda there, _, split=np.array_split: split(there, 3))
    np.testing.assert_array_equal(change_chances((first, second), seen), expected)
