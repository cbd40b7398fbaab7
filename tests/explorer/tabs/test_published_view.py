"""A published series beside ours: the picture lines up with ours, and shows what was read."""

from __future__ import annotations

from lulc_explorer.analysis.area_series import AreaSeries
from lulc_explorer.engine.published_areas import YearAreas
from lulc_explorer.tabs.years.published_view import stack

OURS = AreaSeries(
    title="Laos", simulated=False, weighted=False, years=(2019, 2020, 2021), hectares={2020: {"trees": 4.0}}
)
THEIRS = [
    YearAreas(year=2019, hectares={"no data": 1.0, "trees": 3.0, "water": 0.0}),
    YearAreas(year=2020, hectares={"no data": 0.0, "trees": 2.0, "grass or scrub": 2.0}),
    YearAreas(year=2021, hectares={}, problem="There is no map of it."),
]


def test_the_picture_of_a_published_series_has_our_years_and_opens_none() -> None:
    shown = stack(OURS, THEIRS)
    assert shown["years"] == [
        {"year": 2019, "made": True, "opens": False},
        {"year": 2020, "made": True, "opens": False},
        {"year": 2021, "made": False, "opens": False},
    ]


def test_it_shows_the_hectares_that_were_read_of_every_class_that_is_there() -> None:
    areas = {one["name"]: one["areas"] for one in stack(OURS, THEIRS)["classes"]}
    assert areas == {"trees": [3.0, 2.0, 0.0], "grass or scrub": [0.0, 2.0, 0.0], "no data": [1.0, 0.0, 0.0]}


def test_it_shows_nothing_before_our_years_are_known() -> None:
    assert stack(None, THEIRS) == {}
