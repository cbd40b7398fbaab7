"""What is said of a clicked pixel, for votes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from lulc_explorer.analysis.vote_ledger import open_ledger
from lulc_explorer.tabs.map.clicked_pixel.votes import flip, verdict

TREES, CROPS = 2, 5


@pytest.mark.parametrize(
    "clear, weight, said",
    [
        (True, 1.0, "Trees, with 100\xa0% of the score: 2 of 2 clear scenes agree"),
        (True, 0.0, "No class: all clear scenes see classes of weight 0"),
        (False, 1.0, "No clear observation of this pixel all year"),
    ],
)
def test_why_a_pixel_has_its_class_or_none(clear: bool, weight: float, said: str) -> None:
    ledger = open_ledger(
        moments=["2023-01-01", "2023-02-01"],
        label=np.full(2, TREES, np.uint8),
        confidence=np.full(2, 200, np.uint8),
        clear=np.full(2, clear),
        weights=np.full(256, weight),
        codes=range(1, 11),
        support=1.0,
    )
    assert verdict(ledger) == said


@pytest.mark.parametrize(
    "crops, said",
    [
        (100, "Crops has the same score; a tie goes to the class that the legend lists first. Any weight of crops"),
        (80, "The runner-up is crops. It would win if the weight of crops were above 2.50 (now 2.00), or that"),
    ],
)
def test_a_tie_is_called_one(crops: int, said: str) -> None:
    weights = np.ones(256)
    weights[CROPS] = 2.0
    ledger = open_ledger(
        moments=["2023-01-01", "2023-02-01"],
        label=np.array([TREES, CROPS], np.uint8),
        confidence=np.array([200, crops], np.uint8),
        clear=np.ones(2, bool),
        weights=weights,
        codes=range(1, 11),
        support=0.5,
    )
    assert flip(ledger).startswith(said)
