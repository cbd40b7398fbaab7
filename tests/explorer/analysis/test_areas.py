"""Areas where pixels are not of one size, as on a map in degrees: every one is a sum over pixels."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from lulc_explorer.analysis.change import compare_labels
from lulc_explorer.analysis.composite import Composite, areas
from lulc_explorer.analysis.likely_change import find_transitions
from lulc_explorer.rendering.palette import Palette

import lulc_core as lulc

rng = np.random.default_rng(0)
LABEL = rng.choice(np.array([0, 3, 5], np.uint8), (20, 30))
OTHER = rng.choice(np.array([0, 3, 5], np.uint8), (20, 30))
SIZE = np.repeat(np.linspace(0.2, 1.0, 20, dtype=np.float32)[:, None], 30, axis=1)


def made(label: np.ndarray) -> Composite:
    layers = {
        "label": label,
        "runner_up": np.where(label == 3, 5, 3).astype(np.uint8),
        "margin": np.full(label.shape, 0.1, np.float32),
    }
    data = xr.Dataset({name: (("y", "x"), values) for name, values in layers.items()})
    return Composite(data=data, hectares={}, pixel_ha=SIZE)


def test_what_weights_exchange_is_summed() -> None:
    for was, now, hectares in made(LABEL).exchanged(made(OTHER)):
        assert hectares == pytest.approx(SIZE[(was == OTHER) & (now == LABEL)].sum())


def test_what_two_classes_contest_is_summed() -> None:
    (pair, area), *others = made(LABEL).contested_pairs()
    assert pair == (3, 5)
    assert area == pytest.approx(0.9 * SIZE[LABEL > 0].sum())
    assert others == []  # what has no class is contested by none


def test_changes_are_summed() -> None:
    palette = Palette((c.code, c.name, c.hex) for c in lulc.LEGEND)
    sure = np.ones_like(SIZE), np.ones_like(SIZE)
    codes = np.array(palette.codes)[:, None, None]
    votes = 2550 * (codes == OTHER), 2550 * (codes == LABEL)
    maps, chances = (OTHER, LABEL), find_transitions(votes).chances(votes, OTHER != LABEL)
    change = compare_labels(maps, sure, chances, palette, pixel_ha=SIZE, rotated=("grass", "crops"))
    assert change.likely_ha[2, 4] == pytest.approx(change.hectares[2, 4], rel=0.1)
    assert change.rotated_ha == pytest.approx(change.likely_ha[2, 4] + change.likely_ha[4, 2])
    every = compare_labels(maps, sure, chances, palette, pixel_ha=SIZE)  # of classes that do not rotate, all
    assert every.rotated_ha == 0
    assert every.likely_changed_ha == pytest.approx(change.likely_changed_ha + change.rotated_ha)
    assert change.hectares[2, 4] == pytest.approx(SIZE[(OTHER == 3) & (LABEL == 5)].sum())
    assert change.unseen_ha == pytest.approx(SIZE[(OTHER == 0) | (LABEL == 0)].sum())


def test_a_histogram_is_summed() -> None:
    assert areas(LABEL, SIZE)[5] == pytest.approx(SIZE[LABEL == 5].sum())
