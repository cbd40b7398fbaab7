"""No uncertainty is rounded to 0 on the screen."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from lulc_explorer.components.figures import area, fixed_percent, fixed_share, interval, interval_name

import lulc_core as lulc


def shown(text: str) -> list[float]:
    """The numbers of an interval in words."""
    return [float(end.split()[0].replace(",", "")) for end in text.split(" to ")]


@given(st.floats(1e-9, 0.1), st.floats(0.2, 0.8), st.sampled_from([1.0, 5_000.0, 3e7]))
def test_the_ends_of_an_interval_differ_from_the_value_on_the_screen(error: float, value: float, total: float) -> None:
    share = lulc.Estimate(value=value, standard_error=error, degrees_of_freedom=50, bounds=(0, 1))
    hectares = share.scaled(total)
    for figure, say in ((share, fixed_percent), (share, fixed_share), (hectares, area)):
        low, high = shown(interval(figure, say))
        assert low < shown(say(figure.value, figure.finest))[0] < high


def test_figures_without_an_interval_are_as_short_as_before() -> None:
    assert fixed_percent(0.98765) == "98.8 %"
    assert (area(1_234_567.0), area(1234.5), area(1.234)) == ("1.23 M ha", "1,234 ha", "1.23 ha")
    assert interval_name(lulc.Estimate(value=0.5)) == "95 % interval"


def test_a_narrow_interval_is_told_from_its_value_and_names_its_method() -> None:
    counts = pd.DataFrame([[60, 15], [0, 525]], ["cut", "stable"], ["cut", "stable"])
    report = lulc.assess_counts(counts, lulc.MappedAreas(hectares={"cut": 500.0, "stable": 99_500.0}))
    assert interval(report.overall, fixed_percent) == "99.18 % to 99.94 %"
    assert interval(report.area["cut"].area_ha, area) == "348 ha to 1,124 ha"
    assert interval_name(report.overall) == "95 % interval (MOVER of Wilson and mid-P limits)"
