"""How transitions are ranked, and what is said of those that may be rotation."""

from __future__ import annotations

from types import SimpleNamespace

from lulc_explorer.analysis.change import Flow
from lulc_explorer.engine.classes import PALETTE
from lulc_explorer.tabs.change.transitions import ranked, rows


def flow(before: str, after: str, differs_ha: float, likely_ha: float) -> Flow:
    names = PALETTE.names
    return Flow(before=names.index(before), after=names.index(after), hectares=differs_ha, likely_ha=likely_ha)


def test_grass_to_crops_and_back_are_last_and_an_upper_bound() -> None:
    flows = [
        flow("grass", "crops", 301, 50.8),
        flow("crops", "grass", 260, 0),
        flow("crops", "built area", 64, 28.3),
        flow("grass", "built area", 38.9, 25),
        flow("water", "trees", 200, 0.1),
    ]
    compared = SimpleNamespace(change=SimpleNamespace(flows=lambda: flows))
    assert ranked(compared) == [flows[2], flows[3], flows[4], flows[0], flows[1]]
    told = [(row["likely"], row["area"]) for row in rows(compared)]
    assert told == [("28.3", "64.0"), ("25.0", "38.9"), ("0.10", "200"), ("at most 50.8", "301"), ("0.00", "260")]
