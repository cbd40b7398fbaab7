"""Labels become a consensus, a sample for `assess`, agreements with intervals, and a plan for what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from labelling.conftest import SIZES, label_all
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from pyproj import Geod

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable

    Made = Callable[..., lulc.LabelDesk]


def by_number(said: dict[int, str]) -> Callable[[lulc.LabelUnit], str]:
    """Trees but for some units."""
    return lambda unit: said.get(unit.number, "trees")


def test_two_disagree_a_third_adjudicates_and_the_matrix_follows(either: str, made: Made) -> None:
    desk = made(either, interpreters=2, rule="adjudicated", pixel_ha=0.01)
    label_all(desk, "Ana", by_number({2: "water", 5: "crops"}))
    label_all(desk, "Ben", by_number({2: "grass", 8: "crops"}))
    open_units = lulc.disputes(desk)
    assert [dispute.unit.number for dispute in open_units] == [2, 5, 8]
    assert [label.name for label in open_units[0].labels] == ["water", "grass"]
    assert lulc.disputes(desk, "Ben") == []
    before = lulc.assess_project(desk)
    assert before.sample_size == 7
    assert "3 of 10 units with enough labels have no consensus" in before.warnings[-1]
    with pytest.raises(lulc.InvalidInputError, match="cannot be decided by Ben"):
        lulc.adjudicate(desk, "Ben", 2, "water")
    for number, name in ((2, "water"), (5, "trees"), (8, "trees")):
        lulc.adjudicate(desk, "Cy", number, name, alternate="grass" if number == 5 else None)
    assert lulc.disputes(desk) == []
    with pytest.raises(lulc.InvalidInputError, match="cannot be decided"):
        lulc.adjudicate(desk, "Dan", 2, "trees")
    sample = lulc.labelled_sample(desk)
    assert sample["reference"].to_dict() == {number: "water" if number == 2 else "trees" for number in range(1, 11)}
    assert sample["alternate"].dropna().to_dict() == {5: "grass"}
    after, expected = (
        lulc.assess_project(desk),
        lulc.assess(sample, design=lulc.Design.stratified(SIZES), pixel_ha=0.01),
    )
    assert after.as_dict() == expected.as_dict()
    assert after.overall.interval()[1] - after.overall.interval()[0] < 1


def test_an_adjudicator_can_think_again(made: Made) -> None:
    desk = made(interpreters=2, rule="adjudicated")
    desk.label("Ana", 1, "trees"), desk.label("Ben", 1, "crops")
    lulc.adjudicate(desk, "Cy", 1, "crops")
    desk.undo("Cy")
    assert len(lulc.disputes(desk, "Cy")) == 1
    assert lulc.labelled_sample(desk).empty


@pytest.mark.parametrize("rule, reference", [("strict", {2: "trees"}), ("majority", {1: "trees", 2: "trees"})])
def test_a_unit_counts_when_it_has_enough_labels_and_by_the_rule(
    made: Made, rule: str, reference: dict[int, str]
) -> None:
    desk = made(interpreters=3, rule=rule)
    for unit, names in {1: ("trees", "crops", "trees"), 2: ("trees",) * 3, 3: ("trees", "trees")}.items():
        for person, name in zip("abc", names, strict=False):
            desk.label(person, unit, name)
    assert lulc.labelled_sample(desk)["reference"].to_dict() == reference


def test_a_unit_that_nobody_could_interpret_has_no_reference(made: Made) -> None:
    desk = made(interpreters=2)
    for person in "ab":
        desk.label(person, 1, None, sure=False, comment="cloud in every scene")
        desk.label(person, 2, "trees", alternate="crops")
    assert lulc.labelled_sample(desk)["reference"].to_dict() == {2: "trees"}
    assert lulc.labelled_sample(desk)["alternate"].to_dict() == {2: "crops"}
    assert lulc.disputes(desk) == []


def test_the_bounds_hold_what_disagreements_may_hide(made: Made) -> None:
    desk = made(interpreters=2)
    label_all(desk, "Ana", by_number({5: "crops"}))
    label_all(desk, "Ben", by_number({5: "water"}))
    found = lulc.project_bounds(desk).set_index(["figure", "class"]).loc[("overall accuracy", "")]
    resolved = made(name="resolved")
    label_all(resolved, "Ana", by_number({5: "crops"}))
    ends = [lulc.assess_project(resolved).overall.value]
    (fifth,) = [label for label in resolved.labels_of("Ana") if label.unit == 5]
    resolved.label("Ana", 5, "water", replaces=fifth.id)
    ends.append(lulc.assess_project(resolved).overall.value)
    assert found[["low", "high"]].tolist() == pytest.approx(sorted(ends))
    assert found["dropped"] == lulc.assess_project(desk).overall.value


def test_agreement_of_pairs_has_wilsons_interval(made: Made) -> None:
    desk = made(interpreters=2)
    label_all(desk, "Ana", by_number({1: "water", 2: "water", 3: "crops"}))
    label_all(desk, "Ben", by_number({1: "water", 2: "trees", 3: "grass"}))
    pairs = lulc.pair_agreement(desk).set_index(["first", "second", "class"]).loc[("Ana", "Ben")]
    assert pairs.loc["", ["both", "agree", "share"]].tolist() == [10, 8, 0.8]
    assert pairs.loc["", ["low", "high"]].tolist() == pytest.approx([0.4902, 0.9433], abs=1e-4)  # Newcombe 1998, eq. 3
    assert pairs.loc["water", ["both", "agree"]].tolist() == [2, 1]
    facts = lulc.report_facts(desk)
    assert facts["agreement"] == "on 0.80 of the units that two people labelled; Ana and Ben 0.80 (0.49 to 0.94)"
    assert facts["missing_units"].endswith("; 2 of 10 with enough have no consensus, and are left out")
    assert lulc.StatedFacts.of(facts).interpreters == "2 people, 2 for each unit"
    classes = lulc.class_agreement(desk)
    assert classes.loc["trees", ["any", "all"]].tolist() == [8, 7]
    assert (classes["low"] <= classes["share"]).all()
    assert (classes["high"] >= classes["share"]).all()


def test_the_plan_says_how_many_more_of_which_stratum(made: Made) -> None:
    desk = made(targets=lulc.Targets(overall=0.05), expected=0.75)
    start = lulc.units_needed(desk)
    plan = lulc.plan_sample(SIZES, users=0.75, targets=lulc.Targets(overall=0.05), counted=True).allocation
    assert start["planned"].to_dict() == plan
    assert start["more"].to_dict() == plan
    assert (start["draw"] == start["more"] - start["waiting"]).all()
    label_all(desk, "Ana", by_number({}))
    end = lulc.units_needed(desk)
    assert end["labelled"].to_dict() == {"water": 2, "trees": 8}
    assert end["accuracy"].to_dict() == pytest.approx({"water": 3 / 6, "trees": 11 / 12})
    assert end["waiting"].to_dict() == {"water": 0, "trees": 0}
    assert end.loc["trees", "more"] < start.loc["trees", "more"]
    with pytest.raises(lulc.InvalidInputError, match="No target"):
        lulc.units_needed(desk, lulc.Targets())


def test_strata_of_a_map_in_degrees_are_weighed_by_their_area_on_the_ground() -> None:
    grid = GeoBox.from_bbox((4, 40, 5, 60), crs="EPSG:4326", resolution=1)
    cover = wrap_xr(np.repeat(np.array([[1], [2]], np.uint8), 10, axis=0), grid)  # water in the north
    _, strata = lulc.map_classes_at(pd.DataFrame({"lon": [4.5, 4.6], "lat": [41.0, 59.0]}), cover)
    earth = Geod(ellps="WGS84")  # along parallels, as the edges of pixels are
    east, west = np.linspace(4, 5, 200), np.linspace(5, 4, 200)

    def area(south: float, north: float) -> float:
        return abs(earth.polygon_area_perimeter([*east, *west], [south] * 200 + [north] * 200)[0])

    assert strata["water"] / strata["trees"] == pytest.approx(area(50, 60) / area(40, 50), rel=1e-3)
    assert sum(strata.values()) == pytest.approx(20, rel=1e-6)


def test_before_the_first_label_it_is_said_that_there_is_none(made: Made) -> None:
    with pytest.raises(lulc.InvalidInputError, match="No unit of 'Flanders' has 2 labels yet"):
        lulc.assess_project(made(interpreters=2))


def test_the_map_gives_class_and_strata_also_those_without_a_place() -> None:
    grid = GeoBox.from_bbox((500_000, 5_600_000, 500_040, 5_600_010), crs="EPSG:32631", resolution=10)
    cover = wrap_xr(np.array([[1, 2, 2, 0]], np.uint8), grid)
    centres = grid.boundingbox.to_crs("EPSG:4326")
    lat = (centres.bottom + centres.top) / 2
    lon = np.linspace(centres.left, centres.right, 9)[1::2]
    sample, strata = lulc.map_classes_at(pd.DataFrame({"lon": lon[1:3], "lat": lat}), cover)
    assert sample["map"].tolist() == sample["stratum"].tolist() == ["trees", "trees"]
    assert strata == {"water": 1.0, "trees": 2.0}
    for places in ({"lon": lon[3:], "lat": lat}, {"lon": [4.0], "lat": [10.0]}):
        with pytest.raises(lulc.InvalidInputError, match=r"no class for 1 of 1 places .* give the map"):
            lulc.map_classes_at(pd.DataFrame(places), cover)
    with pytest.raises(lulc.InvalidInputError, match="If lon and lat are exchanged, 2 of 2 would be right"):
        lulc.map_classes_at(pd.DataFrame({"lat": lon[1:3], "lon": lat}), cover)
