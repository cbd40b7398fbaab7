"""How transitions are ranked, and what is said of those that may be rotation."""

from __future__ import annotations

from types import SimpleNamespace

from lulc_explorer.analysis.change import Flow
from lulc_explorer.engine.classes import PALETTE
from lulc_explorer.tabs.change.change_view import headline
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


def test_years_in_reverse_are_named_as_such() -> None:
    change = SimpleNamespace(
        changed_ha=5.0, seen_ha=50.0, likely_changed_ha=None, flicker=0.0, uncertain_unchanged=0.0, unseen_ha=0.0
    )

    def said(*years: int) -> str:
        facts = {"title": "Laos", "change": change, "years": years, "simulated": False, "weighted": False}
        return headline(SimpleNamespace(**facts, real=None, real_ha=None), uncertain_below=0.1)

    assert "backwards in time" in said(2023, 2019)
    assert "backwards in time" not in said(2019, 2023)
