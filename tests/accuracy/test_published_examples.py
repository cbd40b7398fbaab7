"""Published worked examples: their numbers typed in, and checked in full where the shared folder is at hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from estimates import agree, errors, values

import lulc_core as lulc

SHARED = Path(__file__).parents[3] / "shared" / "accuracy"


def published(name: str) -> dict:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the shared reference figures are kept beside the project")
    return json.loads(path.read_text())


def check_against(report: lulc.Assessment, expected: dict) -> None:
    areas = {name: area.proportion for name, area in report.area.items()}
    agree(report.overall.value, expected["OA"])
    agree(report.overall.standard_error, expected["SE_OA"])
    for figures, key in ((report.users, "UA"), (report.producers, "PA"), (areas, "area_prop")):
        agree(values(figures), expected[key])
        agree(errors(figures), expected[f"SE_{key}"])
    for figures, key in ((report.f1, "F1"), (report.iou, "IoU")):
        if key in expected:
            agree(values(figures), expected[key])
            agree(errors(figures), expected[f"SE_{key}"])
    if "SE_p" in expected:
        agree(report.matrix, expected["p"])
        agree([[cell.standard_error for cell in row] for row in report.error_matrix], expected["SE_p"])


# Olofsson et al. 2014, Remote Sensing of Environment 148, 42-57, section 5, tables 8 and 9

OLOFSSON_CLASSES = ["deforestation", "forest gain", "stable forest", "stable non-forest"]
OLOFSSON_COUNTS = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
OLOFSSON_PIXELS = (200_000, 150_000, 3_200_000, 6_450_000)  # of 0.09 ha


def half_widths(figures: dict[str, lulc.Estimate]) -> list[float]:
    return [1.96 * error for error in errors(figures)]


def test_the_printed_figures_of_olofsson_2014_are_reproduced() -> None:
    """Of the printed half-widths two are left out: 0.23 and 0.01 of the last table are misprints by its eq. 7."""
    counts = pd.DataFrame(OLOFSSON_COUNTS, OLOFSSON_CLASSES, OLOFSSON_CLASSES)
    mapped = lulc.MappedAreas(pixels=dict(zip(OLOFSSON_CLASSES, OLOFSSON_PIXELS, strict=True)), pixel_ha=0.09)
    report = lulc.assess_counts(counts, mapped)
    assert report.overall.value == pytest.approx(0.95, abs=0.005)
    assert 1.96 * report.overall.standard_error == pytest.approx(0.02, abs=0.005)
    assert values(report.users) == pytest.approx([0.88, 0.73, 0.93, 0.96], abs=0.005)
    assert half_widths(report.users) == pytest.approx([0.07, 0.10, 0.04, 0.02], abs=0.005)
    assert values(report.producers) == pytest.approx([0.75, 0.85, 0.93, 0.96], abs=0.005)
    assert half_widths(report.producers)[::2] == pytest.approx([0.21, 0.03], abs=0.005)
    assert report.areas["area_ha"].tolist() == pytest.approx([21158, 11686, 285770, 581386], abs=0.5)
    assert (1.96 * report.areas["standard_error_ha"]).tolist() == pytest.approx([6158, 3756, 15510, 16282], abs=0.5)


def test_olofsson_2014_agrees_with_mapaccuracy() -> None:
    """R package mapaccuracy, function olofsson, on the same counts; six digits."""
    counts = pd.DataFrame(OLOFSSON_COUNTS, OLOFSSON_CLASSES, OLOFSSON_CLASSES)
    mapped = lulc.MappedAreas(pixels=dict(zip(OLOFSSON_CLASSES, OLOFSSON_PIXELS, strict=True)))
    report = lulc.assess_counts(counts, mapped)
    shares = {name: area.proportion for name, area in report.area.items()}
    assert (report.overall.value, report.overall.standard_error) == pytest.approx((0.946512, 0.009430), abs=1e-6)
    assert errors(report.users) == pytest.approx([0.037776, 0.051407, 0.020278, 0.010476], abs=1e-6)
    assert values(report.producers) == pytest.approx([0.748661, 0.847156, 0.934509, 0.961609], abs=1e-6)
    assert errors(report.producers) == pytest.approx([0.108832, 0.129800, 0.017512, 0.009368], abs=1e-6)
    assert values(shares) == pytest.approx([0.023509, 0.012985, 0.317522, 0.645985], abs=1e-6)
    assert errors(shares) == pytest.approx([0.003491, 0.002129, 0.008792, 0.009230], abs=1e-6)


# Stehman 2014, International Journal of Remote Sensing 35, 4923-4939, table 2: ten pixels in each of four strata

STEHMAN_SAMPLE = pd.DataFrame(
    {
        "stratum": list("AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDD"),
        "map": list("AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD"),
        "reference": list("AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB"),
    }
)
STEHMAN_PIXELS = {"A": 40_000, "B": 30_000, "C": 20_000, "D": 10_000}


def test_the_printed_figures_of_stehman_2014_are_reproduced() -> None:
    """The standard error of the producer's accuracy of B is by eq. 28 (0.1165); the paper is quoted with 0.114."""
    report = lulc.assess(STEHMAN_SAMPLE, design=lulc.Design.stratified(STEHMAN_PIXELS, fpc=True))
    area = {name: one.proportion for name, one in report.area.items()}
    assert report.overall.value == pytest.approx(0.63)
    assert report.overall.standard_error == pytest.approx(0.085, abs=0.0005)
    assert (area["A"].value, area["C"].value) == pytest.approx((0.35, 0.20))
    assert (area["A"].standard_error, area["C"].standard_error) == pytest.approx((0.082, 0.064), abs=0.0005)
    assert (report.users["B"].value, report.producers["B"].value) == pytest.approx((0.574, 0.794), abs=0.0005)
    assert report.users["B"].standard_error == pytest.approx(0.125, abs=0.0005)
    assert report.producers["B"].standard_error == pytest.approx(0.1165, abs=0.0001)
    assert report.matrix.loc["B", "C"] == pytest.approx(0.08)


@pytest.mark.parametrize(
    "fpc, overall, users, producers, areas",
    [
        (
            True,
            0.084642,
            [0.164542, 0.124782, 0.215112, 0.152676],
            [0.147710, 0.116548, 0.150411, 0.162280],
            [0.082248, 0.075853, 0.064280, 0.030722],
        ),
        (
            False,
            0.084656,
            [0.164563, 0.124802, 0.215166, 0.152753],
            [0.147732, 0.116567, 0.150444, 0.162324],
            [0.082260, 0.075865, 0.064291, 0.030732],
        ),
    ],
)
def test_the_standard_errors_of_stehman_2014_agree_with_mapaccuracy(
    fpc: bool, overall: float, users: list[float], producers: list[float], areas: list[float]
) -> None:
    """R package mapaccuracy, function stehman2014, on the same pixels; six digits."""
    report = lulc.assess(STEHMAN_SAMPLE, design=lulc.Design.stratified(STEHMAN_PIXELS, fpc=fpc))
    assert report.overall.standard_error == pytest.approx(overall, abs=1e-6)
    assert errors(report.users) == pytest.approx(users, abs=1e-6)
    assert errors(report.producers) == pytest.approx(producers, abs=1e-6)
    assert errors({name: area.proportion for name, area in report.area.items()}) == pytest.approx(areas, abs=1e-6)


def test_strata_that_are_no_map_classes_and_a_class_without_reference_agree_with_mapaccuracy() -> None:
    """R package mapaccuracy, function stehman2014, stratum A in two, and the last pixel mapped as XX; six digits."""
    strata = list("a" * 5) + ["aa"] * 5 + list("b" * 10 + "c" * 10 + "d" * 10)
    pixels = {"a": 20_000, "aa": 20_000, "b": 30_000, "c": 20_000, "d": 10_000}
    design = lulc.Design.stratified(pixels, fpc=True)
    sample = STEHMAN_SAMPLE.assign(stratum=strata)
    report = lulc.assess(sample, design=design)
    assert report.overall.standard_error == pytest.approx(0.067069, abs=1e-6)
    assert errors(report.users) == pytest.approx([0.119864, 0.126056, 0.215112, 0.152676], abs=1e-6)
    assert errors(report.producers) == pytest.approx([0.119522, 0.119213, 0.147050, 0.162280], abs=1e-6)
    other = lulc.assess(sample.assign(map=[*sample["map"][:-1], "XX"]), design=design)
    assert (other.users["XX"].value, other.producers["XX"].value) == (0, None)
    assert other.users["D"].value == pytest.approx(0.777778, abs=1e-6)
    assert other.users["D"].standard_error == pytest.approx(0.146003, abs=1e-6)


# The same examples in full, as R's mapaccuracy gives them, where the shared folder lies beside the project


@pytest.mark.parametrize("fpc", [False, True])
def test_olofsson_2014_is_reproduced(fpc: bool) -> None:
    example = published("olofsson2014.json")
    names, inputs = example["inputs"]["classes"], example["inputs"]
    counts = pd.DataFrame(inputs["counts"], names, names)
    pixels = dict(zip(names, inputs["mapped_pixels"], strict=True))
    mapped = lulc.MappedAreas(pixels=pixels, pixel_ha=inputs["pixel_area_ha"])
    report = lulc.assess_counts(counts, mapped, fpc=fpc)
    check_against(report, example["expected_with_fpc" if fpc else "expected"])
    if not fpc:
        agree(report.areas["area_ha"], example["expected"]["area"])
        agree(report.areas["standard_error_ha"], example["expected"]["SE_area"])
        extra = example["expected_extra"]
        agree(errors(report.f1), extra["SE_F1_ratio_linearised"])
        agree(errors(report.iou), extra["SE_IoU_ratio_linearised"])
        agree([[c.standard_error for c in row] for row in report.error_matrix], extra["SE_p_ij"])


@pytest.mark.parametrize("fpc", [False, True])
def test_stehman_2014_is_reproduced(fpc: bool) -> None:
    example = published("stehman2014.json")
    inputs = example["inputs"]
    sample = pd.DataFrame({"stratum": inputs["stratum"], "map": inputs["map"], "reference": inputs["ref"]})
    report = lulc.assess(sample, design=lulc.Design.stratified(inputs["stratum_pixels"], fpc=fpc))
    check_against(report, example["expected_fpc" if fpc else "expected_nofpc"])
    assert report.design == "stratified"


@pytest.mark.parametrize("variant", ["variant_more_strata_than_classes", "variant_map_class_absent_in_ref"])
def test_variants_of_stehman_2014_are_reproduced(variant: str) -> None:
    example = published("stehman2014.json")
    inputs = example["inputs"] | example[variant]
    sample = pd.DataFrame({"stratum": inputs["stratum"], "map": inputs["map"], "reference": inputs["ref"]})
    report = lulc.assess(sample, design=lulc.Design.stratified(inputs["stratum_pixels"], fpc=True))
    check_against(report, example[variant]["expected_fpc"])


# Published examples that are typed in here: what is printed, to the digits that are printed


def counted(matrix: list[list[int]], classes: list[str]) -> pd.DataFrame:
    return pd.DataFrame(matrix, index=classes, columns=classes)


def test_olofsson_2013_is_reproduced_to_its_printed_digits() -> None:
    """Remote Sensing of Environment 129, 122-131, table 4: deforestation, forest, non-forest."""
    counts = counted([[97, 0, 3], [3, 279, 18], [2, 1, 97]], list("dfn"))
    mapped = lulc.MappedAreas(hectares={"d": 22353, "f": 1122543, "n": 610228})
    report = lulc.assess_counts(counts, mapped)
    # the 0.0004 of the first row's end is printed with one digit more
    printed = [[0.012, 0, 0.0004], [0.006, 0.595, 0.038], [0.007, 0.003, 0.337]]
    assert np.abs(report.matrix.to_numpy() - printed).max() < 0.001
    assert [round(report.users[k].value, 2) for k in "dfn"] == [0.97, 0.93, 0.97]
    assert [round(report.producers[k].value, 2) for k in "df"] == [0.48, 0.99]
    assert report.overall.value == pytest.approx(0.94, abs=0.005)
    assert [round(report.area[k].proportion.value, 3) for k in "dfn"] == [0.026, 0.598, 0.376]


def test_the_openmrv_example_of_colombia_is_reproduced() -> None:
    """OpenMRV (World Bank 2021), module 3, "Analysis of sample data", section 3; its class buffer is only mapped."""
    classes = ["forest", "other", "disturbance", "buffer"]
    counts = counted([[271, 3, 1, 0], [6, 193, 1, 0], [2, 1, 27, 0], [23, 0, 7, 0]], classes)
    mapped = lulc.MappedAreas(hectares=dict(zip(classes, (0.551, 0.407, 0.0137, 0.0287), strict=True)))
    report = lulc.assess_counts(counts, mapped)
    area = [report.area[k].proportion for k in classes[:3]]
    weights = 0.551 + 0.407 + 0.0137 + 0.0287  # their shares add up to 1.0004
    assert [a.value * weights for a in area] == pytest.approx([0.57811, 0.39922, 0.02307], abs=5e-6)
    assert [a.standard_error * weights for a in area] == pytest.approx([0.0067520, 0.0063466, 0.0037174], abs=5e-8)
    assert [round(report.users[k].value, 3) for k in classes[:3]] == [0.985, 0.965, 0.900]
    assert [round(report.producers[k].value, 3) for k in classes[:3]] == [0.939, 0.984, 0.535]
    assert report.overall.value * weights == pytest.approx(0.948, abs=0.0005)
    assert report.producers["buffer"].value is None


def test_congalton_1991_is_reproduced_to_its_printed_digits() -> None:
    """Remote Sensing of Environment 37, 35-46, tables 1 and 4: 434 pixels drawn at random."""
    classes = ["deciduous", "conifer", "agriculture", "shrub"]
    matrix = counted([[65, 4, 22, 24], [6, 81, 5, 8], [0, 11, 85, 19], [4, 7, 3, 90]], classes)
    long = matrix.rename_axis("map").reset_index().melt("map", var_name="reference", value_name="n")
    sample = long.loc[long.index.repeat(long["n"]), ["map", "reference"]]
    report = lulc.assess(sample, design=lulc.Design.simple_random(None))
    assert round(report.overall.value, 2) == 0.74
    assert [round(report.producers[k].value, 2) for k in classes] == [0.87, 0.79, 0.74, 0.64]
    assert [round(report.users[k].value, 2) for k in classes] == [0.57, 0.81, 0.74, 0.87]
    assert round(report.kappa(), 2) == 0.65
