"""How transitions are ranked, and what is said of those that may be rotation."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
from lulc_explorer.analysis.change import Flow
from lulc_explorer.engine.classes import PALETTE
from lulc_explorer.tabs.change.change_view import headline
from lulc_explorer.tabs.change.transitions import ranked, rows


def flow(before: str, after: str, differs_ha: float, likely_ha: float) -> Flow:
    names = PALETTE.names
    return Flow(
        before=names.index(before),
        after=names.index(after),
        hectares=differs_ha,
        likely_ha=likely_ha,
        rotates={before, after} == {"grass", "crops"},
    )


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


def said(**facts: object) -> str:
    """What the headline says of a change of which some may be rotation."""
    names = PALETTE.names
    flows = [flow("trees", "crops", 3, 1), flow("grass", "crops", 4, 1.5)]
    hectares, rotates = np.zeros((len(names), len(names))), np.zeros((len(names), len(names)), bool)
    for each in flows:
        hectares[each.before, each.after] = each.hectares
        rotates[each.before, each.after] = each.rotates
    change = SimpleNamespace(
        changed_ha=7.0,
        seen_ha=50.0,
        likely_changed_ha=1.0,
        rotated_ha=1.5,
        hectares=hectares,
        rotates=rotates,
        flows=lambda: flows,
        flicker=0.0,
        uncertain_unchanged=0.0,
        unseen_ha=0.0,
    )
    change.__dict__.update({name: value for name, value in facts.items() if name in change.__dict__})
    compared = {"title": "Laos", "years": facts.get("years", (2019, 2023)), "simulated": False, "weighted": False}
    rest = {"untold": "", "real": None, "real_ha": None}
    text = headline(SimpleNamespace(**compared, change=change, **rest), uncertain_below=0.1)
    return re.sub("<[^>]*>", "", text).replace("\N{NO-BREAK SPACE}", " ")


def test_what_may_be_rotation_is_told_beside_what_is_likely_real() -> None:
    text = said()
    assert "2019 and 2023; about 2.0 % is likely real, besides at most 3.0 % between grass and crops" in text
    assert "The largest part of that is trees to crops: 1.0" in text
    assert "of the 4.0 ha that changed so, at most 1.5 ha are a change for good" in text
    assert "about 2.0 % is likely real, besides at most 0.1 % between" in said(rotated_ha=0.001)  # a bound is no less
    alone = said(likely_changed_ha=0.0)
    assert "2023; at most 3.0 % is likely real, between grass and crops" in alone
    assert "largest part" not in alone
    assert "2023; about 2.0 % is likely real" in (none := said(rotated_ha=0.0))
    assert "grass and crops" not in none
    nothing = said(likely_changed_ha=0.0, rotated_ha=0.0)
    assert "2023; nothing is likely real" in nothing
    assert "differ no more than by chance" in nothing


def test_years_in_reverse_are_named_as_such() -> None:
    assert "backwards in time" in said(years=(2023, 2019), likely_changed_ha=None)
    assert "backwards in time" not in said(years=(2019, 2023), likely_changed_ha=None)
