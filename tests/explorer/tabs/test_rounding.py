"""No uncertainty is rounded to 0 on the screen."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lulc_explorer.components.figures import area, fixed_percent, fixed_share, interval, interval_name
from lulc_explorer.engine.accuracy import ClassArea
from lulc_explorer.tabs.accuracy.areas import bias
from lulc_explorer.tabs.label.results import agreement_table

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


def test_the_bias_of_a_map_keeps_the_width_of_its_interval() -> None:
    counts = pd.DataFrame([[999_950, 50], [40, 5_000_000]], ["cut", "stable"], ["cut", "stable"])
    report = lulc.assess_counts(counts, lulc.MappedAreas(hectares={"cut": 20_000.0, "stable": 80_000.0}))
    estimated = report.area["cut"].area_ha
    mapped = 1.2 * estimated.value
    said = bias(ClassArea(name="cut", colours={}, estimated=estimated, mapped_ha=mapped))
    low, high = re.search(r"^20\.\d+\xa0% too much \((\S+) to (\S+)\xa0%\)$", said).groups()
    assert float(low) < 20 < float(high)
    assert float(high) - float(low) == pytest.approx(
        100 * float(np.ptp(mapped / np.array(estimated.interval()))), rel=0.2
    )


def test_people_who_agree_on_nearly_all_have_an_interval() -> None:
    agreement = pd.DataFrame({"class": [""], "any": [10**7], "all": [10**7 - 3], "share": [1 - 3e-7]})
    agreement = agreement.assign(low=1 - 9e-7, high=1 - 1e-7)
    pairs = pd.DataFrame(columns=["first", "second", "class", "both", "agree", "share", "low", "high"])
    told = agreement_table(SimpleNamespace(agreement=agreement, pairs=pairs))
    assert '<td class="number">99.99991\xa0% to 99.99999\xa0%</td>' in told


def test_figures_without_an_interval_are_as_short_as_before() -> None:
    assert fixed_percent(0.98765) == "98.8\xa0%"
    assert (area(1_234_567.0), area(1234.5), area(1.234)) == ("1.23 M ha", "1,234 ha", "1.23 ha")
    assert interval_name(lulc.Estimate(value=0.5)) == "95 % interval"


def test_a_narrow_interval_is_told_from_its_value_and_names_its_method() -> None:
    counts = pd.DataFrame([[60, 15], [0, 525]], ["cut", "stable"], ["cut", "stable"])
    report = lulc.assess_counts(counts, lulc.MappedAreas(hectares={"cut": 500.0, "stable": 99_500.0}))
    assert interval(report.overall, fixed_percent) == "99.18\xa0% to 99.94\xa0%"
    assert interval(report.area["cut"].area_ha, area) == "348 ha to 1,124 ha"
    assert interval_name(report.overall) == "95 % interval (MOVER of Wilson and mid-P limits)"
