"""One name for a class in all files of a sample: codes, spellings, and what cannot be told is refused or said."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lulc_core as lulc
from lulc_core.accuracy.vocabulary import doubtful_names, folded

ROWS = [("water", "water")] * 20 + [("trees", "trees")] * 20 + [("crops", "trees")] * 3 + [("crops", "crops")] * 9
CODES = {"water": "1", "trees": "2", "crops": "5"}
STRATA = {"water": 1000, "trees": 5000, "crops": 2500}


def survey(rows: list[tuple[str, str]], strata: dict[str, int], areas: dict[str, int] | None = None) -> lulc.Survey:
    sample = "map,reference\n" + "".join(f"{m},{r}\n" for m, r in rows)
    sizes = "".join(f"{name},{size}\n" for name, size in strata.items())
    mapped = None
    if areas is not None:
        mapped = io.StringIO("class,area_ha\n" + "".join(f"{name},{size}\n" for name, size in areas.items()))
    return lulc.read_survey(io.StringIO(sample), io.StringIO("stratum,size\n" + sizes), mapped)


def assessed(found: lulc.Survey) -> dict[str, object]:
    report = lulc.assess(found.sample, found.mapped, design=found.design)
    return {"overall": report.overall, "area": report.area, "design": report.design, "users": report.users}


EXPECTED = assessed(survey(ROWS, STRATA, STRATA))


@pytest.mark.parametrize("sides", [(0,), (1,), (0, 2), (1, 3), (0, 2, 3)])
def test_codes_beside_names_are_read_by_the_legend(sides: tuple[int, ...]) -> None:
    rows = [tuple(CODES[n] if side in sides else n for side, n in enumerate(row)) for row in ROWS]
    strata, areas = ({CODES[n] if s in sides else n: v for n, v in STRATA.items()} for s in (2, 3))
    found = survey(rows, strata, areas)
    assert found.notes == (
        "Codes are read by the legend of this project: '1' is 'water', '2' is 'trees', '5' is 'crops'.",
    )
    assert assessed(found) == EXPECTED


@pytest.mark.parametrize("form", ["{}. {}", "{} {}", "{}_{}", "{} - {}"])
def test_codes_beside_names_that_begin_with_theirs_are_read_by_these(form: str) -> None:
    """Labels of Stata and ArcGIS: 3 is crops there, and grass in the legend of this project."""
    own = {"water": "1", "trees": "2", "crops": "3"}
    rows = [(own[m], form.format(own[r], r)) for m, r in ROWS]
    found = survey(rows, {own[name]: size for name, size in STRATA.items()})
    (note,) = found.notes
    assert note.startswith("Codes are read by the numbers that names begin with: '1' is ")
    expected = assessed(survey(ROWS, STRATA))
    assert assessed(found)["overall"] == expected["overall"]


def test_codes_and_names_in_one_column_are_read_too() -> None:
    rows = [(CODES[m], r) if i % 2 else (m, CODES[r]) for i, (m, r) in enumerate(ROWS)]
    assert assessed(survey(rows, STRATA, STRATA)) == EXPECTED


def test_codes_of_another_legend_are_refused() -> None:
    """Dynamic World's: trees 1, grass 2, crops 4."""
    rows = [("1", "trees")] * 20 + [("2", "grass")] * 20 + [("4", "crops")] * 20
    found = lulc.read_survey(io.StringIO("map,reference\n" + "".join(f"{m},{r}\n" for m, r in rows)))
    assert found.notes == ()
    with pytest.raises(lulc.InvalidInputError, match=r"no class in common\. Write both in codes or both in names"):
        lulc.assess(found.sample, design=found.design)


def respelled(name: str, how: str) -> str:
    return {
        "upper": name.upper(),
        "title": name.title(),
        "blank": f" {name}  ",
        "underscore": name.replace(" ", "_"),
        "wide": name.replace(" ", "\u00a0 "),
    }[how]


@given(st.lists(st.sampled_from(["upper", "title", "blank", "underscore", "wide"]), min_size=4, max_size=4))
def test_no_spelling_of_a_class_changes_a_figure(how: list[str]) -> None:
    names = {"water": "water", "trees": "bare ground", "crops": "built area"}
    rows = [tuple(names[n] for n in row) for row in ROWS]
    sizes = {names[n]: size for n, size in STRATA.items()}
    other = [tuple(respelled(n, h) for n, h in zip(row, how, strict=False)) for row in rows]
    strata, areas = ({respelled(n, h): size for n, size in sizes.items()} for h in how[2:])
    expected = lulc.assess(**_arguments(survey(rows, sizes, sizes)))
    report = lulc.assess(**_arguments(survey(other, strata, areas)))
    assert _hectares(report) == pytest.approx(_hectares(expected))
    assert report.overall.value == pytest.approx(expected.overall.value)


def _hectares(report: lulc.Assessment) -> dict[str, float]:
    return {folded(name): area.area_ha.value for name, area in report.area.items()}


def _arguments(found: lulc.Survey) -> dict[str, object]:
    return {"sample": found.sample, "mapped": found.mapped, "design": found.design}


def test_accents_and_leading_zeros_tell_no_classes_apart() -> None:
    table = lulc.read_survey(io.StringIO("map,reference\nforêt,foret\n01,1\n002,2.0\n"))
    assert lulc.assess(table.sample, design=table.design).overall.value == 1
    assert "'foret' is 'forêt'" in table.notes[0]
    strata = survey([("01", "1"), ("2", "02")], {"001": 10, "2": 30})
    assert strata.design.sizes == {"1": 10, "2": 30}


def test_spellings_in_one_column_stay_two_classes_and_are_said_to_be() -> None:
    table = lulc.read_survey(io.StringIO("map,reference\nA,A\na,a\na,A\n"))
    assert table.notes == ()
    report = lulc.assess(table.sample, design=table.design)
    assert report.classes == ("A", "a")
    assert "Classes 'A' and 'a' are taken as two" in " ".join(report.warnings)


@pytest.mark.parametrize("other", ["bare_ground", "Bare Ground", "bare\u00a0ground", "bare ground\u200b", "bareground"])
def test_spellings_of_words_in_one_column_are_one_class_and_said_to_be(other: str) -> None:
    table = lulc.read_survey(io.StringIO(f"map,reference\nbare ground,{other}\nbare ground,bare ground\n"))
    assert lulc.assess(table.sample, design=table.design).classes == ("bare ground",)
    assert "names that differ in case, accents or punctuation are taken as one class" in table.notes[0]


def test_names_that_may_be_misspelt_or_mean_nothing_are_said() -> None:
    assert not doubtful_names(["forest 1", "forest 2", "grass"], ["forest 1", "grass"])
    assert not doubtful_names(["deciduous forest", "coniferous forest"], ["deciduous forest", "coniferous forest"])
    assert "is one of them misspelt" in doubtful_names(["croplands"], ["cropland", "croplands"])[0]
    assert "'unsure' occurs in the reference only" in doubtful_names(["a"], ["a", "unsure"])[0]
    assert "'0', '255' occur" in doubtful_names(["1", "2"], ["1", "2", "0", "255"])[0]
    assert "'0' occurs" in doubtful_names(["water", "trees"], ["water", "trees", "0"])[0]
    assert not doubtful_names(["1"], ["0", "1"])
    assert "'0' is taken as a class that is gained" in doubtful_names(["a", "0"], ["a", "b", "0"], change=True)[0]
    assert not doubtful_names(["0", "1"], ["0", "1"], change=True)


def test_clouds_in_the_reference_alone_may_be_pixels_that_could_not_be_labelled() -> None:
    for name in ("clouds", "Cloud", "none", "Not sure"):
        assert f"{name!r} occurs in the reference only" in doubtful_names(["a"], ["a", name])[0]
    assert not doubtful_names(["a", "clouds"], ["a", "clouds"])  # the map has it, too
    assert "'cloud' is taken as a class that is gained" in doubtful_names(["a"], ["a", "cloud"], change=True)[0]


def test_names_that_the_legend_takes_as_one_class_are_one_in_two_columns() -> None:
    text = "map,reference\nscrub/shrub,scrub\nBuilt area,Built-up\ntrees,trees\ntrees,scrub\n"
    survey = lulc.read_survey(io.StringIO(text))
    assert lulc.assess(survey.sample, design=survey.design).overall.value == 0.75
    assert survey.sample["reference"].tolist() == ["scrub/shrub", "built area", "trees", "scrub/shrub"]
    assert "names that the legend of this project takes as one class" in survey.notes[-1]
    two = lulc.read_survey(io.StringIO("map,reference\ntrees,forest\ntrees,trees\n"))  # forest is one of them
    assert (two.sample["reference"].tolist(), two.notes) == (["forest", "trees"], ())


def test_a_name_beside_that_of_the_legend_for_its_class_is_told() -> None:
    sample = pd.DataFrame({"map": ["trees", "water"] * 4, "reference": ["trees", "forest"] + ["trees", "water"] * 3})
    said = " ".join(lulc.assess(sample, design=lulc.Design.indicative()).warnings)
    assert "'forest' is treated as a separate class. If it is 'trees', as in the legend, call it so." in said
    said = " ".join(lulc.assess(sample.replace("forest", "unsure"), design=lulc.Design.indicative()).warnings)
    assert "'unsure' occurs in the reference only" in said
    assert "typo" not in said


def test_change_says_which_classes_are_none() -> None:
    sample = pd.DataFrame({"reference_before": ["water", "trees"] * 4, "reference_after": ["water", "tundra"] * 4})
    report = lulc.assess_change(sample, design=lulc.Design.simple_random(100))
    assert "'tundra' is not in the legend" in " ".join(report.warnings)


@pytest.mark.parametrize("years", [(2021, 2018), ("2018-09-01", "2018-03-01"), ("2021-05-05", 2018)])
def test_a_year_before_that_is_later_than_the_year_after_is_refused(years: tuple[object, object]) -> None:
    sample = pd.DataFrame({"reference_before": ["water", "trees"] * 4, "reference_after": ["water", "crops"] * 4})
    design = lulc.Design.simple_random(100)
    with pytest.raises(lulc.InvalidInputError, match=r"'year_before' must not be later .* row 1 has .* swapped"):
        lulc.assess_change(sample.assign(year_before=years[0], year_after=years[1]), design=design)
    right = lulc.assess_change(sample.assign(year_before=2018, year_after="2018-03-01"), design=design)
    assert right.change["crops"].net.proportion.value == 0.5


def test_a_sample_that_is_not_labelled_yet_is_read() -> None:
    assert lulc.read_survey(io.StringIO("map,reference,x\n1,,1\ntrees,,2\n")).sample["map"].tolist() == ["1", "trees"]


names = st.sampled_from(
    ["1", "01", "2", "5", "12", "water", "Water", "trees", "forêt", "foret", "A", "a", "0", "nodata"]
)


@settings(max_examples=150)
@given(st.lists(st.tuples(names, names), min_size=1, max_size=12), st.sets(names, min_size=1, max_size=5))
def test_any_names_are_read_or_refused_and_no_pixel_is_lost(rows: list[tuple[str, str]], known: set[str]) -> None:
    try:
        found = survey(rows, dict.fromkeys(known, 100))
        report = lulc.assess(found.sample, design=found.design)
    except lulc.InvalidInputError:
        return
    assert report.sample_size == len(rows)
    assert sum(found.design.sizes.values()) == 100 * len(known)


def test_labels_of_the_reference_alone_are_told_whatever_word_stands_for_no_label() -> None:
    """No list of words ends: what counts is that the map has no such class, and the legend neither."""
    sample = pd.DataFrame({"map": ["trees", "water"] * 20, "reference": ["trees", "water"] * 20})
    sample.loc[[3, 8, 13, 18], "reference"] = ["no image", "x1", "tbd?", "grass"]
    said = " ".join(lulc.assess(sample, design=lulc.Design.indicative()).warnings)
    assert "'no image', 'tbd?', 'x1' occur in the reference only, and every such pixel counts as an error" in said
    assert "typo" not in said
