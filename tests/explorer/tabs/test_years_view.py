"""What the tab Years says of areas whose intervals are known."""

from __future__ import annotations

import re

import pytest
from lulc_explorer.analysis.area_series import AreaSeries
from lulc_explorer.tabs.years.years_view import headline, table


def series(later: tuple[float, float]) -> AreaSeries:
    return AreaSeries(
        title="Laos",
        simulated=True,
        weighted=False,
        years=(2019, 2023),
        hectares={2019: {"trees": 30.0, "crops": 10.0}, 2023: {"trees": 20.0, "crops": 20.0}},
        intervals={2019: {"trees": (26.0, 33.0), "crops": (7.0, 14.0)}, 2023: {"trees": later, "crops": (16.0, 19.0)}},
    )


@pytest.mark.parametrize("later, chance", [((18.0, 26.5), True), ((18.0, 25.0), False)])
def test_a_change_whose_intervals_overlap_may_be_chance(later: tuple[float, float], chance: bool) -> None:
    text = headline(series(later))
    assert "trees shrank most, by 10.0 ha" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert ("which may be chance" in text) == chance


def test_an_area_outside_its_interval_is_marked() -> None:
    cells = re.findall("<small>(.*?)</small>", table(series((21.0, 25.0))))
    assert [cell.partition(" · ")[2] for cell in cells] == ["", "map too small", "", "map too large"]
