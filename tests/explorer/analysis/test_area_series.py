"""The areas of every year, and the table of them."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from lulc_explorer.analysis.area_series import NO_DATA, AreaSeries

SERIES = AreaSeries(
    title="Somewhere",
    simulated=True,
    weighted=False,
    years=(2019, 2020, 2021),
    hectares={
        2019: {"water": 0.0, "trees": 6.0, "crops": 2.0, NO_DATA: 0.0},
        2021: {"water": 0.0, "trees": 3.0, "crops": 3.0, NO_DATA: 2.0},
    },
)


def test_what_is_missing_is_told_and_a_class_that_is_nowhere_is_left_out() -> None:
    assert (SERIES.missing, SERIES.made, SERIES.classes) == ([2020], [2019, 2021], ["trees", "crops", NO_DATA])


def test_the_largest_change_is_that_of_a_class_and_not_of_missing_data() -> None:
    assert SERIES.largest_change == ("trees", -3.0)


def test_the_table_holds_every_year_and_class_and_its_shares_add_up() -> None:
    table = pd.read_csv(io.StringIO(SERIES.table()))
    assert table.groupby("year").hectares.sum().to_dict() == {2019: 8.0, 2021: 8.0}
    assert table.groupby("year").share_of_mapped.sum().to_dict() == pytest.approx({2019: 1.0, 2021: 1.0})
    trees = table[table["class"] == "trees"].set_index("year").share_of_mapped
    assert trees.to_dict() == {2019: 0.75, 2021: 0.5}
    assert table.simulated.all()
