"""Samples that would be taken for something else: each is read right, or refused, or said to be doubtful."""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lulc_core as lulc
from lulc_core.accuracy.other_codes import exchanged_classes, other_pairing
from lulc_core.accuracy.remarks import doubts_of_labels

DESIGN = lulc.Design.stratified({"a": 1000, "b": 3000})
PIXELS = pd.DataFrame({"map": list("aaaabbbb"), "reference": list("aaabbbba")})


def warned(sample: pd.DataFrame, design: lulc.Design = DESIGN) -> str:
    return " ".join(lulc.assess(sample, design=design).warnings)


def refused(sample: pd.DataFrame, words: str, design: lulc.Design = DESIGN) -> None:
    with pytest.raises(lulc.InvalidInputError, match=words):
        lulc.assess(sample, design=design)


# Tallies


@pytest.mark.parametrize("name", ["Freq", "n", "Anzahl", "whatever"])
def test_a_tally_whose_count_has_another_name_is_asked_about(name: str) -> None:
    tally = pd.DataFrame({"map": list("aabb"), "reference": list("abab"), name: [40, 3, 0, 57]})
    refused(tally, f"{name!r} holds numbers, and every pair .* occurs once.*call it 'pixels'")
    assert lulc.assess(tally.rename(columns={name: "pixels"}), design=DESIGN).sample_size == 100


def test_a_column_called_count_is_asked_about_also_where_pairs_repeat() -> None:
    tally = pd.concat([PIXELS, PIXELS]).assign(count=[3, 5, 0, 9] * 4)
    refused(tally, "'count' holds numbers, and its name is that of a count")


@pytest.mark.parametrize("name", ["number", "n"])
def test_a_running_number_is_no_count_whatever_it_is_called_and_however_it_is_sorted(name: str) -> None:
    numbers = np.random.default_rng(5).permutation(np.arange(1, 9))
    assert lulc.assess(PIXELS.assign(**{name: numbers}), design=DESIGN).sample_size == 8


def test_rows_of_several_pixels_may_be_polygons_also_in_an_indicative_sample() -> None:
    note, indicative = "8 rows stand for more than one pixel", lulc.Design.indicative()
    polygons = PIXELS.assign(pixels=range(20, 28))
    assert note in warned(polygons, indicative)
    assert note in warned(polygons)
    tally = polygons.groupby(["map", "reference"], as_index=False)["pixels"].sum()
    assert "more than one pixel" not in warned(tally, indicative)
    assert "more than one pixel" not in warned(polygons.assign(pixels=1), indicative)


def test_numbered_rows_and_rows_with_a_place_are_pixels() -> None:
    few = pd.DataFrame({"map": list("aabb"), "reference": list("abab")})
    assert lulc.assess(few.assign(row=[1, 2, 3, 4]), design=DESIGN).sample_size == 4
    placed = few.assign(x=[1, 2, 3, 4], y=0, ndvi=[0.1, 0.7, 0.3, 0.2])
    assert lulc.assess(placed, design=DESIGN).sample_size == 4
    assert lulc.assess(PIXELS.assign(year=[2019, 2020] * 4), design=DESIGN).sample_size == 8


# Codes and names, map and reference


def test_codes_against_names_are_refused_with_what_the_legend_says() -> None:
    sample = pd.DataFrame({"map": ["1", "2", "5"] * 3, "reference": ["water", "trees", "crops"] * 3})
    refused(sample, "no class in common.*1 is water, 2 is trees, 5 is crops", lulc.Design.simple_random(900))
    swapped = sample.rename(columns={"map": "reference", "reference": "map"})
    refused(swapped, "Write both in codes or both in names", lulc.Design.simple_random(900))
    foreign = sample.assign(reference=["Wasser", "Wald", "Acker"] * 3, map=["71", "72", "75"] * 3)
    refused(foreign, r"both in names\.$", lulc.Design.simple_random(900))


def test_columns_that_share_no_class_or_hold_a_class_twice_are_named() -> None:
    design = lulc.Design.simple_random(900)
    assert "no class in common" in warned(PIXELS.assign(reference=list("xxxyyyyx")), design)
    both = pd.DataFrame({"map": ["5", "2", "5"], "reference": ["5", "2", "crops"]})
    assert "'5' and 'crops' are taken as two classes, but 5 is crops" in warned(both, design)
    assert "in common" not in warned(PIXELS, design)


def test_strata_that_are_the_references_are_said_to_be() -> None:
    sample = PIXELS.assign(stratum=PIXELS["reference"])
    assert "are the columns 'map' and 'reference' swapped?" in warned(sample)
    assert "swapped" not in warned(PIXELS.assign(stratum=PIXELS["map"]))
    assert "swapped" not in warned(PIXELS)
    refused(PIXELS.assign(map=list("aaaabbbc")).assign(reference=list("aaabbbba")), "are map and reference swapped")


def test_strata_that_are_named_as_the_classes_but_are_not_the_map_class_are_counted() -> None:
    """As where the map was overwritten with the reference, or one column was sorted."""
    sample = PIXELS.assign(stratum=PIXELS["map"], map=PIXELS["reference"])
    assert "are the map class in 6 of 8 rows and the reference class in 6" in warned(sample)
    assert "swapped" not in warned(sample)
    other = pd.Series(["low", "high"]).repeat(4).to_numpy()  # strata that are no classes
    assert "named as" not in warned(PIXELS.assign(stratum=other), lulc.Design.stratified({"low": 100, "high": 300}))


def matrix_of(cells: list[list[int]], rows: str, columns: str) -> pd.DataFrame:
    """A sample from an error matrix."""
    pairs = [(i, j, n) for i, row in zip(rows, cells, strict=True) for j, n in zip(columns, row, strict=True)]
    return pd.DataFrame([(i, j) for i, j, n in pairs for _ in range(n)], columns=["map", "reference"])


MATRIX = [[47, 3, 0], [1, 43, 6], [0, 3, 47]]
"""A good map."""


@pytest.mark.parametrize(
    "sample, pairs",
    [
        (matrix_of(MATRIX, "125", "014"), "1 is 0, 2 is 1, 5 is 4"),  # Dynamic World's codes
        (matrix_of(MATRIX, "123", "231"), "1 is 2, 2 is 3, 3 is 1"),
        (matrix_of([[27, 3], [1, 43]], "12", "01"), "1 is 0, 2 is 1"),
    ],
)
def test_codes_that_agree_far_better_if_they_are_others_are_refused(sample: pd.DataFrame, pairs: str) -> None:
    design = lulc.Design.stratified(dict.fromkeys(sample["map"].unique(), 1000))
    refused(
        sample, f"have the same code in .* if the codes of the map are other codes of the reference .{pairs}", design
    )
    tally = sample.value_counts().reset_index(name="pixels")
    refused(tally, pairs, design)
    names = dict(zip("012345", ("zero", "one", "two", "three", "four", "five"), strict=True))
    assert lulc.assess(sample.replace(names), design=lulc.Design.indicative()).sample_size == len(sample)


@pytest.mark.parametrize(
    "cells",
    [
        [[10, 30, 10], [12, 8, 30], [4, 40, 6]],  # grass is scrub, scrub and crops are grass or scrub
        [[5, 25, 20], [5, 25, 20], [5, 25, 20]],  # labels without a relation to the map
        [[1, 49, 0], [48, 2, 0], [0, 0, 50]],  # two classes exchanged, one right
        [[2, 3, 1], [0, 1, 5], [4, 1, 0]],  # few pixels
    ],
)
def test_bad_maps_are_assessed(cells: list[list[int]]) -> None:
    sample = matrix_of(cells, "345", "345")
    right = sum(cells[i][i] for i in range(3)) / len(sample)
    design = lulc.Design.indicative()
    assert lulc.assess(sample, design=design).overall.value == pytest.approx(right)


@given(hnp.arrays(int, st.integers(2, 5).map(lambda k: (k, k)), elements=st.integers(0, 30)))
def test_a_map_that_is_right_in_half_of_the_pixels_is_never_said_to_have_other_codes(cells: np.ndarray) -> None:
    assert other_pairing(cells + np.diag(np.full(len(cells), cells.sum()))) is None


def test_a_class_that_has_another_code_in_the_reference_is_told() -> None:
    codes = matrix_of([[8, 74], [62, 6]], "01", "12")
    note = "If they are one class, write it alike: map and reference then agree in 91 % of the pixels, not in 41 %."
    design = lulc.Design.indicative()
    assert f"The map alone has '0' and the reference alone '2', and most pixels of the one are the other. {note}" in (
        warned(codes, design)
    )
    names = codes.replace({"0": "grass", "1": "trees"})
    assert "'grass' and the reference alone '2'" in warned(names, design)
    for other in (names.replace({"2": "crops"}), matrix_of([[8, 74], [62, 80]], "01", "12"), codes[::8]):
        assert "one class" not in warned(other, design)


def test_strata_that_a_column_calls_other_classes_than_they_hold_are_refused() -> None:
    sample = PIXELS.assign(stratum=["2" if name == "a" else "1" for name in PIXELS["map"]])
    right = "stratum,name,size\n1,B,100\n2,A,300\n"
    assert lulc.read_design(io.StringIO(right), sample).sizes == {"1": 100, "2": 300}
    with pytest.raises(lulc.InvalidInputError, match=r"By column 'name' .* stratum '1' is 'a', but all .* are 'b' on"):
        lulc.read_design(io.StringIO("stratum,name,size\n1,A,100\n2,B,300\n"), sample)
    for fine in (sample.assign(map=list("aabbaabb")), sample.drop(columns="stratum"), sample.drop(columns="map")):
        assert lulc.read_design(io.StringIO("stratum,name,size\n1,A,100\n2,B,300\n"), fine).sizes["1"] == 100
    regions = "stratum,name,size\n1,north,100\n2,south,300\n"
    assert lulc.read_design(io.StringIO(regions), sample).sizes["1"] == 100


def test_sizes_that_are_the_numbers_of_sampled_pixels_are_said_to_be() -> None:
    """The sizes are N_h; here they are n_h, of which one pixel may have been lost."""
    sample = pd.concat([PIXELS] * 10, ignore_index=True).iloc[1:]
    assert "are the numbers of sampled pixels, or nearly" in warned(sample, lulc.Design.stratified({"a": 40, "b": 40}))
    assert "numbers of sampled" not in warned(PIXELS, lulc.Design.stratified({"a": 4, "b": 4000}))
    counts = pd.DataFrame([[8, 1], [2, 9]], list("ab"), list("ab"))
    report = lulc.assess_counts(counts, lulc.MappedAreas(hectares={"a": 9.0, "b": 11.0}))
    assert any("'a' 9, 'b' 11" in note for note in report.warnings)


def test_more_pixels_than_anybody_labels_may_be_a_whole_map() -> None:
    counts = pd.DataFrame([[4_000_000, 900_000], [60_000, 900_000]], list("ab"), list("ab"))
    said = [
        " ".join(lulc.assess_counts(n, lulc.MappedAreas(hectares={"a": 60.0, "b": 40.0})).warnings)
        for n in (counts, counts // 1000)
    ]
    assert "5,860,000 pixels are taken as a sample" in said[0]
    assert "taken" not in said[1]


def test_a_reference_with_planned_numbers_of_pixels_is_said_to_be_the_map() -> None:
    mapped = ["a"] * 50 + ["b"] * 50
    reference = ["a"] * 46 + ["b"] * 54
    assert "as if they had been planned" in warned(pd.DataFrame({"map": reference, "reference": mapped}))
    assert "planned" not in warned(pd.DataFrame({"map": mapped, "reference": reference}))


def test_a_reference_with_the_shares_of_the_strata_is_said_to_be_the_map() -> None:
    mapped = ["a"] * 13 + ["b"] * 39
    reference = ["a"] * 9 + ["b"] * 43
    assert "drawn in proportion to the strata" in warned(pd.DataFrame({"map": reference, "reference": mapped}))
    assert "proportion" not in warned(pd.DataFrame({"map": mapped, "reference": reference}))


def test_random_pixels_whose_reference_has_the_mapped_areas_are_said_to_be_swapped() -> None:
    mapped, reference = ["a"] * 100 + ["b"] * 300, ["a"] * 60 + ["b"] * 340
    right = pd.DataFrame({"map": mapped, "reference": reference})
    wrong = right.rename(columns={"map": "reference", "reference": "map"})
    design, sizes = lulc.Design.simple_random(None), {"a": 1000.0, "b": 3000.0}
    for poststratify in (False, True):
        notes = [
            " ".join(lulc.assess(table, sizes, design=design, poststratify=poststratify).warnings)
            for table in (right, wrong)
        ]
        assert ["columns 'map' and 'reference' swapped" in note for note in notes] == [False, True]


def test_strata_of_another_size_than_the_sample_states_are_refused() -> None:
    table = PIXELS.assign(stratum=PIXELS["map"], stratum_size=[1000.0] * 4 + [3000.0] * 4)
    lulc.read_design(io.StringIO("stratum,size\na,1000\nb,3000\n"), table)
    with pytest.raises(lulc.InvalidInputError, match=r"'b' has the size 300 in .*, but 3000 in the sample's"):
        lulc.read_design(io.StringIO("stratum,size\na,1000\nb,300\n"), table)


def test_missing_columns_are_sought_by_what_they_hold() -> None:
    table = pd.DataFrame(
        {
            "plotid": [1, 2],
            "confidence": [90, 80],
            "pl_map": ["trees", "crops"],
            "Land cover 2020": ["Trees", "Crops"],
            "note": ["clear", "cloudy"],
        }
    )
    with pytest.raises(lulc.InvalidInputError) as error:
        lulc.assess(table, design=DESIGN)
    words = str(error.value)
    assert "If 'pl_map' is the map, rename it 'map'. Classes may be in 'Land cover 2020'." in words
    assert "If 'confidence'" not in words


@pytest.mark.parametrize(
    "values, name, offered",
    [
        ([1, 2], "lon", False),
        ([4, 5], "Longitude", False),
        ([1.5, 2.0, 3.0], "slope", False),
        ([1, 2000, 2], "height", False),
        ([1, 2], "truth", True),
        (["trees", "crops"], "lon", True),
    ],
)
def test_coordinates_and_measures_are_not_offered_as_classes(values: list[object], name: str, offered: bool) -> None:
    table = pd.DataFrame({"map": [1] * len(values), name: values})
    with pytest.raises(lulc.InvalidInputError) as error:
        lulc.assess(table, design=DESIGN)
    assert (f"Classes may be in {name!r}" in str(error.value)) is offered


# Duplicates


@pytest.mark.parametrize("name", ["id", "ID", "plotid", "PLOTID", "Plot_ID", "sample id", "pointid", "Plot"])
def test_pixels_that_occur_twice_are_refused_whatever_their_name_is_called(name: str) -> None:
    refused(PIXELS.assign(**{name: [1, 2, 3, 4, 5, 6, 7, 7]}), "'7' has 2 rows")
    refused(PIXELS.assign(**{name: [1, 2, "", 4, 5, 6, "NA", 1]}), "'1' has 2 rows")
    lulc.assess(PIXELS.assign(**{name: [1, 2, "", "", 5, 6, "NA", "NA"]}), design=DESIGN)


@pytest.mark.parametrize(
    "names", [("X", "Y"), ("Easting", "Northing"), ("POINT_X", "POINT_Y"), ("wkt",), ("Coordinates",)]
)
def test_places_that_occur_twice_are_refused_whatever_their_columns_are_called(names: tuple[str, ...]) -> None:
    refused(PIXELS.assign(**{name: [1, 2, 3, 4, 5, 6, 7, 7] for name in names}), "1 row repeats a place")


def test_places_that_repeat_because_they_are_rounded_are_told() -> None:
    rng = np.random.default_rng(3)
    many = pd.concat([PIXELS] * 40, ignore_index=True).assign(stratum="all")
    placed = many.assign(lon=rng.uniform(4, 5, len(many)), lat=rng.uniform(50, 51, len(many)))
    one = lulc.Design.stratified({"all": 10_000})
    rounded = placed.round({"lon": 2, "lat": 2})
    assert rounded.duplicated(["lon", "lat"]).any()
    assert "The coordinates seem to be rounded: each row counts as a pixel" in warned(rounded, one)
    assert lulc.assess(rounded, design=one).sample_size == len(many)
    refused(pd.concat([rounded, rounded]), "rows repeat a place", one)
    refused(pd.concat([placed, placed[:3]]), "3 rows repeat a place", one)
    near = placed.rename(columns={"lon": "x", "lat": "y"})
    near.loc[[0, 4], ["x", "y"]] = 0  # map classes a and b
    assert "1 row repeats a place" in warned(near, one)
    near.loc[[0, 1], ["x", "y"]] = 1
    near.loc[4, "x"] = 2
    refused(near, "1 row repeats a place", one)


def test_rows_that_repeat_in_order_are_told() -> None:
    rng = np.random.default_rng(4)
    once = pd.DataFrame(rng.choice(list("ab"), (40, 2)), columns=["map", "reference"])
    thrice = pd.concat([once] * 3, ignore_index=True)
    assert "The classes of 'map' and 'reference' in the first 40 rows occur again in the same order, 3 times" in warned(
        thrice
    )
    years = thrice.assign(reference=rng.choice(list("ab"), 120), year=np.repeat([2018, 2020, 2022], 40))
    assert "The classes of 'map' in the first 40 rows occur again" in warned(years)
    apart = thrice.assign(x=range(120), y=0)
    sorted_ones = thrice.sort_values("map", ignore_index=True)
    by_tile = pd.concat([PIXELS] * 20, ignore_index=True)
    for other in (once, thrice[:-1], apart, sorted_ones, by_tile, by_tile.assign(map="a")):
        assert "occur again" not in warned(other)


@pytest.mark.parametrize("name", ["tile", "PSU", "cluster_id"])
def test_pixels_of_one_tile_may_not_be_independent(name: str) -> None:
    tiles = PIXELS.assign(**{name: list("kkllmmnn")})
    assert f"{name!r} has several pixels of one name" in warned(tiles)
    assert "of one name" not in warned(PIXELS.assign(**{name: list("klmnopqr")}))
    clusters = tiles.rename(columns={name: "cluster"}).assign(stratum="all")
    assert "of one name" not in warned(clusters, lulc.Design.clusters(90))


@pytest.mark.parametrize("point", ["POINT (4.{} 50.9)", '{{"type": "Point", "coordinates": [4.{}, 50.9]}}'])
def test_points_are_places_whatever_their_column_is_called(point: str) -> None:
    places = [point.format(i) for i in (1, 2, 3, 4, 5, 6, 7, 7)]
    refused(PIXELS.assign(**{".geo": places}), "1 row repeats a place that is already there, the first at .geo")
    nowhere = PIXELS.assign(**{".geo": '{"type": "MultiPoint", "coordinates": []}'})
    assert lulc.assess(nowhere, design=DESIGN).sample_size == 8


MANY = pd.concat([PIXELS] * 20, ignore_index=True)


@pytest.mark.parametrize("size", [2, 4, 9])
def test_a_name_that_most_pixels_share_with_as_many_others_may_be_a_cluster(size: int) -> None:
    assert "'parcel' has several pixels of one name" in warned(MANY.assign(parcel=np.arange(160) // size))
    for name in ("interpreter", "POINT_Y", "UTM_E", "gridcol", "date", "row"):
        assert "of one name" not in warned(MANY.assign(**{name: np.arange(160) // size}))


def test_pixels_whose_names_begin_alike_or_that_lie_together_may_be_of_one_plot() -> None:
    plot, pixel = np.repeat(np.arange(30), 10), np.tile(np.arange(10), 30)
    sample, design = pd.concat([PIXELS] * 38, ignore_index=True)[:300], lulc.Design.indicative()
    ids = [f"{a}_{b}" for a, b in zip(plot, pixel, strict=True)]
    assert "names in column 'id' begin alike in 30 groups of 10" in warned(sample.assign(id=ids), design)
    near = sample.assign(lon=4 + plot / 10 + pixel * 1e-4, lat=50.0)
    assert "pixels lie close together in 30 groups of 10" in warned(near, design)
    assert "name it in a column 'cluster'" not in warned(near.assign(cluster=plot), lulc.Design.clusters(900))


@pytest.mark.parametrize("size", [40, 150, 600])
def test_pixels_that_were_drawn_by_themselves_are_no_plots(size: int) -> None:
    rng = np.random.default_rng(size)
    town = rng.random((size // 3, 2)) * 0.01 + 0.5  # a rare class in one place
    places = [rng.random((size, 2)), np.concatenate([town, rng.random((size - len(town), 2))])]
    places += [np.stack(np.divmod(np.arange(size), 20), axis=1), rng.permutation(10_000)[:size, None] // [1, 100] % 100]
    for x, y in (place.T for place in places):
        sample = pd.DataFrame({"map": "a", "reference": "a", "id": [f"S-{i:04}" for i in range(size)], "x": x, "y": y})
        assert "cluster" not in warned(sample, lulc.Design.simple_random(None))


def test_other_columns_name_no_clusters() -> None:
    random = np.random.default_rng(0)
    others = {"slope": random.integers(0, 40, 160), "tester": np.arange(160) % 8, "fraction": random.random(160)}
    assert "of one name" not in warned(MANY.assign(**others, site=np.arange(160)))
    many = pd.DataFrame({"map": np.arange(160) % 20, "reference": np.arange(160) % 20, "code": np.arange(160) % 20})
    assert "of one name" not in warned(many, lulc.Design.simple_random(900))


# Weights


def test_inclusion_probabilities_that_the_design_does_not_have_are_refused() -> None:
    equal = PIXELS.assign(inclusion_probability=[4 / 1000] * 4 + [4 / 3000] * 4)
    assert lulc.assess(equal, design=DESIGN).overall == lulc.assess(PIXELS, design=DESIGN).overall
    unequal = PIXELS.assign(inclusion_probability=np.linspace(0.001, 0.01, 8))
    refused(unequal, "differs within stratum 'a'")
    for design in (lulc.Design.indicative(), lulc.Design.simple_random(None)):
        refused(unequal, "differs among the pixels by a factor of 10", design)
        refused(PIXELS.assign(Gewicht=[1.0] * 4 + [3.0] * 4), "differs among the pixels", design)
    refused(PIXELS.assign(pi=0.0), "row 1 has '0.0'")
    refused(PIXELS.assign(prob=20.0), "'20.0'")


def test_weights_agree_with_the_strata_up_to_a_factor() -> None:
    expected = lulc.assess(PIXELS, design=DESIGN).overall
    for factor in (1, 0.01):
        weighted = PIXELS.assign(sampling_weight=[250 * factor] * 4 + [750 * factor] * 4)
        assert lulc.assess(weighted, design=DESIGN).overall == expected
    refused(PIXELS.assign(weight=[1.0] * 4 + [2.0] * 4), "'a' has 33.3 % of the whole, by its size 25.0 %")


def test_pixels_that_are_missing_by_their_probability_are_counted() -> None:
    sample = PIXELS.assign(inclusion_probability=[40 / 1000] * 4 + [4 / 3000] * 4)
    assert "'a' has 4 of the 40 units" in warned(sample)
    many = pd.concat([PIXELS] * 20, ignore_index=True).assign(inclusion_probability=1e-3)
    refused(many, "has 80 sampled units, but by column 'inclusion_probability' and its size of 1000")


def test_a_drawn_sample_states_its_own_weights(tmp_path: object) -> None:
    text = (
        "map,reference,stratum,stratum_size,inclusion_probability\n"
        + "a,a,a,1000,0.003\n" * 3
        + "b,b,b,3000,0.001\n" * 2
        + "b,a,b,3000,0.001\n"
    )
    survey = lulc.read_survey(io.StringIO(text))
    report = lulc.assess(survey.sample, survey.mapped, design=survey.design)
    assert report.overall.value == pytest.approx(0.25 + 0.75 * 2 / 3)


TWENTY = pd.concat([PIXELS] * 5, ignore_index=True).assign(stratum=list("aaaabbbb") * 5)


def test_weights_by_any_name_are_known_by_their_values() -> None:
    """A stratum has 20 pixels, and 1,000 or 3,000 in all: weights 50 and 150, probabilities 0.02 and 0.00667."""
    expected = lulc.assess(TWENTY, design=DESIGN).overall
    in_a = TWENTY["map"] == "a"
    for a, b in ((50.0, 150.0), (0.02, 0.02 / 3), (1000.0, 3000.0), (12.5, 37.5)):
        assert lulc.assess(TWENTY.assign(foo=np.where(in_a, a, b)), design=DESIGN).overall == expected
        text = [f"{v:.6f}".replace(".", ",") for v in np.where(in_a, 50.0, 700.0)]
        refused(TWENTY.assign(foo=text), "'foo' holds numbers like sampling weights")
        refused(TWENTY.assign(foo=np.where(in_a, a, b) + 0.003), "would be ignored", lulc.Design.indicative())
        assert lulc.assess(TWENTY.assign(map_code=np.where(in_a, a, b)), design=DESIGN).overall == expected


@pytest.mark.parametrize("whole", [1, 40, 4000])
def test_weights_by_any_name_are_known_by_their_sum(whole: float) -> None:
    weights = np.linspace(1, 9, 40)
    foo = weights / weights.sum() * whole
    refused(TWENTY.drop(columns="stratum").assign(foo=foo), "'foo' holds", lulc.Design.simple_random(4000))


def test_other_numbers_are_no_weights() -> None:
    heights = np.random.default_rng(0).uniform(100, 900, 40)
    expected = lulc.assess(TWENTY, design=DESIGN)
    for other in (heights, heights / 1000, np.where(TWENTY["map"] == "a", 1, 2), 2020, np.arange(40) + 1):
        assert lulc.assess(TWENTY.assign(foo=other), design=DESIGN) == expected


# Stages


def tiles(pixels: int | None, *, drawn: int = 15, each: int = 10) -> pd.DataFrame:
    rows = [
        {"cluster": c, "map": "a", "reference": "b" if (c + i) % 7 == 0 else "a"}
        for c in range(drawn)
        for i in range(each)
    ]
    table = pd.DataFrame(rows)
    return table if pixels is None else table.assign(pixels=pixels)


def test_labelled_pixels_that_stand_for_others_are_a_second_stage() -> None:
    report = lulc.assess(tiles(160), design=lulc.Design.clusters(16))
    assert report.design == "two-stage clusters"
    corrected = lulc.assess(tiles(160), design=lulc.Design.clusters(16, fpc=True))  # 15 of 16, and 10 of 1600 in each
    wrong = (tiles(160)["reference"] == "b").groupby(tiles(160)["cluster"]).mean()
    within = 16 / 15 * (1600 * 1590 * wrong * (1 - wrong) / 9).sum() / (16 * 1600) ** 2
    variance = report.overall.standard_error**2 / 16 + within
    assert corrected.overall.standard_error == pytest.approx(variance**0.5)
    needs = r"two stages\)\. .* for how many pixels of its cluster each row stands"
    refused(tiles(160).assign(pixels=[2.5, 8] * 75), needs, lulc.Design.clusters(16, fpc=True))
    alone = pd.concat([tiles(160), pd.DataFrame({"cluster": [15], "map": "a", "reference": "a", "pixels": 1600})])
    refused(alone.reset_index(drop=True), needs, lulc.Design.clusters(16, fpc=True))


def test_fewer_pixels_than_a_cluster_has_are_a_second_stage() -> None:
    design = lulc.Design.clusters(16, pixels=16 * 1600)
    assert lulc.assess(tiles(None), design=design).design == "two-stage clusters"
    assert "say in a column 'pixels'" in warned(tiles(None), design)
    assert lulc.assess(tiles(None), design=lulc.Design.clusters(16, pixels=160)).design == "one-stage clusters"
    side = np.arange(10)
    placed = tiles(None).assign(x=np.tile(side, 15) + np.repeat(np.arange(15), 10) * 100, y=np.tile(side * 7 % 10, 15))
    assert lulc.assess(placed, design=lulc.Design.clusters(16)).design == "two-stage clusters"


def test_whole_tiles_are_one_stage_and_what_is_not_known_is_not_said() -> None:
    side = np.arange(10)
    placed = tiles(None).assign(x=np.tile(side % 5, 15) + np.repeat(np.arange(15), 10) * 5, y=np.tile(side // 5, 15))
    assert lulc.assess(placed, design=lulc.Design.clusters(16)).design == "one-stage clusters"
    assert lulc.assess(tiles(None), design=lulc.Design.clusters(16)).design == "clusters"
    assert "holds only where every pixel" in warned(tiles(None), lulc.Design.clusters(16, fpc=True))


@pytest.mark.parametrize("names", [("1", "2", "5"), ("water", "trees", "crops")])
def test_two_classes_that_are_exchanged_are_told_with_the_agreement_otherwise(names: tuple[str, ...]) -> None:
    said = warned(matrix_of([[45, 2, 1], [1, 1, 40], [0, 38, 2]], names, names), lulc.Design.indicative())
    assert f"{names[1]!r} of the map is {names[2]!r} of the reference, {names[2]!r} of the map is {names[1]!r}" in said
    assert "agree in 95 % of the sampled pixels, not in 37 %" in said


def test_codes_that_slide_past_a_class_are_found() -> None:
    found = exchanged_classes(np.array([[60, 0, 0, 0], [0, 5, 0, 0], [0, 30, 2, 0], [0, 1, 30, 2]]))
    assert found is not None
    assert found.pairs == [(2, 1), (3, 2)]


def test_exchanged_codes_are_found_where_a_third_class_has_one_of_them_too() -> None:
    found = exchanged_classes(np.array([[60, 0, 0, 0], [0, 0, 28, 0], [0, 38, 0, 0], [0, 0, 18, 0]]))
    assert found is not None
    assert found.pairs == [(1, 2), (2, 1)]
    bad = np.array([[60, 0, 0, 0], [0, 8, 28, 0], [0, 38, 20, 0], [0, 0, 18, 0]])
    assert exchanged_classes(bad) is None


@given(hnp.arrays(int, (3, 3), elements=st.integers(0, 60)))
def test_a_class_that_is_more_often_itself_than_another_is_not_exchanged(cells: np.ndarray) -> None:
    found = exchanged_classes(cells)
    for i, j in found.pairs if found else []:
        assert cells[i, j] > cells[i, i]
        assert cells[i, j] > cells[j, j]


def test_agreement_by_chance_is_told_and_a_poor_map_is_not_doubted() -> None:
    design = lulc.Design.indicative()
    shuffled = [[18, 16, 16], [16, 18, 16], [16, 16, 18]]
    assert "agree in 36 % of the sampled pixels, and would by chance in 33 %" in warned(
        matrix_of(shuffled, "345", "345"), design
    )
    poor = [[30, 10, 10], [15, 20, 15], [10, 10, 30]]
    assert "by chance" not in warned(matrix_of(poor, "345", "345"), design)


def test_a_sample_that_is_filled_in_by_a_reference_of_other_places_is_doubted() -> None:
    assert (
        "would by chance in 33 %"
        in doubts_of_labels(matrix_of([[18, 16, 16], [16, 18, 16], [16, 16, 18]], "345", "345"))[0]
    )
    assert doubts_of_labels(matrix_of([[40, 5, 5], [5, 40, 5], [5, 5, 40]], "345", "345")) == []


@pytest.mark.parametrize("label", ["-99", "-99.0", "-1", "-1,0", "(blank)", "???", "n/d"])
def test_what_programs_write_for_a_missing_label_is_refused(label: str) -> None:
    refused(PIXELS.assign(reference=[*"aaabbbb", label]), rf"blank in 1 of 8 rows \(row 8: '{re.escape(label)}'\)")


def test_an_accuracy_below_the_table_is_no_pixel() -> None:
    footer = pd.DataFrame({"map": ["Overall accuracy"], "reference": ["0.91"]})
    refused(pd.concat([PIXELS, footer]), "'reference' has the number '0.91' among names", lulc.Design.indicative())
    codes = PIXELS.replace({"a": "1.1", "b": "1.2"})
    assert lulc.assess(codes, design=lulc.Design.indicative()).sample_size == len(PIXELS)


def test_the_accuracy_without_labels_that_the_map_cannot_have_is_told() -> None:
    sample = PIXELS.assign(reference=["a", "a", "no image", "a", "b", "b", "b", "a"])
    assert "Without the 1 pixel of 'no image', overall accuracy is 0.812, not 0.750." in warned(sample)
    assert "Without" not in warned(PIXELS)


@pytest.mark.parametrize(
    "column, marks, told",
    [
        ("split", ["train", "test"], "Column 'split' says 'train' in 75 of the 150 rows"),
        ("set", ["Training", "validation"], "Column 'set' says 'Training' in 75 of the 150 rows"),
        ("exclude", ["TRUE", "FALSE"], "Column 'exclude' says 'TRUE' in 75 of the 150 rows"),
        ("flagged", ["TRUE", "FALSE"], "Column 'flagged' says 'TRUE' in 75 of the 150 rows"),
        ("excluded", [True, False], "Column 'excluded' says 'True' in 75 of the 150 rows"),
        ("near a road", ["TRUE", "FALSE"], ""),
        ("split", ["val", "test"], ""),
        ("remark", ["seen from a train", "x"], ""),
    ],
)
def test_rows_that_are_marked_as_of_training_or_excluded_are_told(column: str, marks: list[object], told: str) -> None:
    sample = matrix_of(MATRIX, "125", "125").assign(**{column: [*marks] * 75})
    said = warned(sample, lulc.Design.indicative())
    assert told in said
    assert ("are assessed like the others" in said) == bool(told)


def test_a_number_within_the_plot_names_no_pixel_where_each_plot_has_one() -> None:
    sample = matrix_of(MATRIX, "125", "125").assign(plotid=range(1000, 1150), sampleid=1)
    assert lulc.assess(sample, design=lulc.Design.indicative()).sample_size == 150
    refused(sample.drop(columns="plotid"), "'sampleid' must name each sampled pixel once", lulc.Design.indicative())
