"""The chance that a pixel changed: SciPy's Dirichlet-multinomial, and votes drawn from the model, as oracles."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from lulc_explorer.analysis.likely_change import WHOLE, change_chances, log_factors, votes_of_composite
from lulc_explorer.rendering.palette import Palette
from scipy.special import gammaln
from scipy.stats import dirichlet_multinomial

import lulc_core as lulc

K, SPREAD = 5, 0.08
PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.LEGEND)


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
    chances = change_chances((first, second), everywhere, everywhere)
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
    assert change_chances((first, second), everywhere, different).sum() < 0.01 * different.sum()


def test_a_chance_is_only_of_pixels_that_were_seen_and_asked_for() -> None:
    first, second, _ = drawn(0.3, (9, 9), pixels=200)
    seen, asked = np.arange(200)[None] % 2 == 0, np.arange(200)[None] < 100
    chances = change_chances((first, second), seen, asked)
    assert chances[seen & asked].any()
    assert not chances[~(seen & asked)].any()
    assert not change_chances((first, second), np.zeros_like(seen), asked).any()


def test_votes_of_a_composite_are_those_of_its_two_first_classes() -> None:
    confidence = np.full((3, 1, 2), 255, np.uint8)
    label = np.array([[[3, 5]], [[5, 5]], [[5, 5]]], np.uint8)
    made = lulc.votes(predictions_of(label, confidence))
    data = lulc.decide(made)
    told = votes_of_composite(data, PALETTE)
    np.testing.assert_array_equal(told, made.confidence.values)


def predictions_of(label: np.ndarray, confidence: np.ndarray) -> xr.Dataset:
    dims = ("time", "y", "x")
    return xr.Dataset({"label": (dims, label), "confidence": (dims, confidence)})
