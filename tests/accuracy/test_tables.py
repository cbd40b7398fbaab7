"""The border where a table becomes counts, areas, a sample or strata: read right, or refused with what to do."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = "map,water,trees,crops\nwater,28,1,1\ntrees,0,45,5\ncrops,0,6,44\n"
AREAS = {"water": 812.0, "trees": 45310.0, "crops": 120450.0}


def areas(text: str, **options: object) -> dict[str, float]:
    return dict(lulc.read_areas(io.StringIO(text), **options).hectares)


def counts(text: str, **options: object) -> pd.DataFrame:
    return lulc.read_counts(io.StringIO(text), **options)


def sample(text: str, **options: object) -> pd.DataFrame:
    return lulc.read_sample(io.StringIO(text), **options)


# Numbers


@pytest.mark.parametrize(
    "text",
    [
        "class;area_ha\nwater;812\ntrees;45.310\ncrops;120.450\n",
        "class\tarea_ha\nwater\t812\ntrees\t45.310\ncrops\t120.450\n",
        "class,area_ha\nwater,812\ntrees,45.310\ncrops,120.450\n",
        'class,area_ha\nwater,812\ntrees,"45,310"\ncrops,"120,450"\n',
        "class;area_ha\nwater;812\ntrees;45,310\ncrops;120,450\n",
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_asked_about(text: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"is it 45310, .* or 45.310\? .* State the decimal mark"):
        areas(text)
    thousands, decimals = (",", ".") if "45.310" in text else (".", ",")
    assert areas(text, decimal=thousands) == AREAS
    assert areas(text, decimal=decimals) == {"water": 812, "trees": 45.31, "crops": 120.45}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("class;area_ha\na;1.250,5\nb;3.000\nc;10\n", [1250.5, 3000, 10]),
        ("class;area_ha\na;0,5\nb;1.250\nc;10\n", [0.5, 1250, 10]),
        ("class;area_ha\na;1.234.567\nb;1.250\nc;10\n", [1234567, 1250, 10]),
        ('class,area_ha\na,"1,250.5"\nb,"3,000"\nc,10\n', [1250.5, 3000, 10]),
        ("class,area_ha\na,1.250\nb,3.125\nc,10.500\n", [1.25, 3.125, 10.5]),
        ("class,area_ha\na,1.250\nb,0\nc,3000\n", [1.25, 0, 3000]),
        ("class;area_ha\na;1e3\nb;0,25\nc;10\n", [1000, 0.25, 10]),
    ],
)
def test_a_number_that_can_be_read_in_one_way_is(text: str, expected: list[float]) -> None:
    assert list(areas(text).values()) == expected


def test_numbers_written_in_two_ways_are_refused() -> None:
    with pytest.raises(lulc.InvalidInputError, match="decimal point, the other with a decimal comma"):
        areas("class;area_ha\na;1.5\nb;2,5\n")
    with pytest.raises(lulc.InvalidInputError, match="number >= 0 without separators"):
        areas("class;area_ha\na;12.34.5\nb;2\n")
    with pytest.raises(lulc.InvalidInputError, match=r"decimal mark must be \. or ,"):
        areas("class;area_ha\na;1\n", decimal="point")


@pytest.mark.parametrize("group", ["'", "’", " ", "\u00a0", "\u202f"])
def test_apostrophes_and_blanks_group_thousands(group: str) -> None:
    text = f"class;area_ha\na;1{group}234{group}567,5\nb;12{group}000\nc;7\n"
    assert list(areas(text).values()) == [1234567.5, 12000, 7]
    for odd in (f"1{group}23", f"1{group}2345", f"1{group}234 ha"):
        with pytest.raises(lulc.InvalidInputError, match="must be a number"):
            areas(f"class;area_ha\na;{odd}\nb;1\n")


def test_coordinates_with_a_decimal_comma_are_numbers_and_their_repetitions_are_found() -> None:
    rows = "".join(f"{4 + i // 2 / 100:.2f};50,857;water;water\n".replace(".", ",") for i in range(8))
    table = sample("LON;Latitude;map;reference\n" + rows)
    assert table["lon"].tolist() == [4, 4, 4.01, 4.01, 4.02, 4.02, 4.03, 4.03]
    assert table["lat"].tolist() == [50.857] * 8
    with pytest.raises(lulc.InvalidInputError, match="4 rows repeat a place"):
        lulc.assess(table, design=lulc.Design.simple_random(100))


def test_places_that_are_no_numbers_are_compared_as_they_are_written() -> None:
    table = sample("lon,lat,map,reference\n4°43'E,50°N,a,a\n4°43'E,50°N,a,a\n,,b,b\n,,b,b\n")
    with pytest.raises(lulc.InvalidInputError, match="1 row repeats a place"):
        lulc.assess(table, design=lulc.Design.simple_random(100))


@pytest.mark.parametrize(
    "blank", ["NA", "nan", "NaN", "#N/A", "#NV", "NULL", "n/a", "n.a.", "-9999.0", "<NA>", "-", " "]
)
def test_what_programs_write_for_nothing_is_no_class(blank: str) -> None:
    table = sample(f"map,reference\na,a\na,{blank}\nb,b\n")
    with pytest.raises(lulc.InvalidInputError, match="'reference' is blank in 1 of 3 rows"):
        lulc.assess(table, design=lulc.Design.simple_random(100))
    with pytest.raises(lulc.InvalidInputError, match="must be named"):
        areas(f"class,area_ha\na,1\n{blank},2\n")
    with pytest.raises(lulc.InvalidInputError, match="'area_ha' must be a number"):
        areas(f"class,area_ha\na,1\nb,{blank}\n")


# Totals


@pytest.mark.parametrize("name", ["Summe", "Row total", "n_i", "Σ", "Gesamt", "x"])
@pytest.mark.parametrize("total", [(30, 50, 50), (30, 51, 50), (30, 50, 60)])
def test_a_column_of_totals_is_known_whatever_its_name(name: str, total: tuple[int, ...]) -> None:
    lines = COUNTS.splitlines()
    text = "\n".join(f"{line},{more}" for line, more in zip(lines, (name, *total), strict=True))
    with pytest.raises(lulc.InvalidInputError, match=f"{name!r}.*(is the sum of all others|no row|of all pixels)"):
        counts(text)


@pytest.mark.parametrize("figures", [("UA %", 93, 90, 88), ("Accuracy", 93, 90, 88), ("W in %", 0, 27, 73)])
def test_a_column_of_figures_is_no_class(figures: tuple[object, ...]) -> None:
    text = "\n".join(f"{line},{more}" for line, more in zip(COUNTS.splitlines(), figures, strict=True))
    with pytest.raises(lulc.InvalidInputError, match="no row maps"):
        counts(text)


def test_totals_in_both_margins_are_named_and_a_class_without_a_row_is_kept() -> None:
    with pytest.raises(lulc.InvalidInputError, match="'all' is the sum"):
        counts("map,a,b,all\na,40,2,42\nb,3,55,58\nall,43,57,100\n")
    with pytest.raises(lulc.InvalidInputError, match=r"Each row .* 'all' is the sum"):
        counts("map,a,b\na,40,2\nb,3,55\nall,43,57\n")
    assert list(counts("map,a,b,bare\na,40,2,3\nb,3,55,9\n").columns) == ["a", "b", "bare"]
    assert counts("map,a,b\na,5,5\nb,5,5\n").to_numpy().tolist() == [[5, 5], [5, 5]]


def test_a_row_of_the_total_is_refused_unless_the_sample_knows_the_class() -> None:
    text = "class,area_ha\nwater,200\ntrees,300\nland,500\n"
    with pytest.raises(lulc.InvalidInputError, match="'land' is the sum of all others"):
        areas(text)
    assert areas(text, classes=["land"])["land"] == 500
    strata, table = "stratum,size\nwater,200\ntrees,300\nland,500\n", pd.DataFrame({"map": ["land", "trees"]})
    assert lulc.read_design(io.StringIO(strata), table).sizes["land"] == 500


@pytest.mark.parametrize("name", ["crops", "Cropland", "5"])
def test_a_class_of_the_legend_that_has_half_of_the_area_is_no_total(name: str) -> None:
    assert areas(f"class,area_ha\nwater,200\ntrees,300\n{name},500\n")[name] == 500


@pytest.mark.parametrize("name", ["nonforest", "Non-forest", "not forest"])
def test_all_but_a_class_is_no_total(name: str) -> None:
    assert areas(f"class,area_ha\nforest,4900\nloss,100\n{name},5000\n")[name] == 5000


def test_a_total_that_holds_pixels_without_data_is_known_beside_the_classes_of_the_sample() -> None:
    text = "class,area_ha\nwater,200\ntrees,300\nSumme,507\n"
    assert areas(text)["Summe"] == 507
    with pytest.raises(lulc.InvalidInputError, match="'Summe' is the sum of all others, or nearly"):
        areas(text, classes=["water", "trees"])


@pytest.mark.parametrize("comment", ["# sample of 2021\n", "# sample of 2021, by hand\n\n#\n", "## a, b, c, d\n"])
def test_lines_of_comment_above_the_header_are_none_of_the_table(comment: str) -> None:
    assert list(areas(comment + "class,area_ha\nwater,200\n").values()) == [200]
    assert list(sample("#,map,reference\n1,water,water\n").columns) == ["#", "map", "reference"]
    with pytest.raises(lulc.InvalidInputError, match="must have 2 cells"):
        areas("class,area_ha\nwater,200\n# end\n")


def test_a_header_that_occurs_again_is_named() -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"Line 3 of the table is its header again"):
        lulc.read_sample(io.StringIO("map,reference\na,a\nmap,reference\nb,b\n"))


def test_two_rows_for_one_class_are_refused_whatever_their_spelling() -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"\['Water', 'water'\] occur more than once"):
        lulc.read_areas(io.StringIO("class,area_ha\nWater,50\nwater,50\ntrees,500\n"))
    assert lulc.read_areas(io.StringIO("class,area_ha\nA,50\na,50\n")).sizes == {"A": 50, "a": 50}


def test_strata_that_count_clusters_need_them_named_in_the_sample() -> None:
    survey = lulc.read_survey(io.StringIO("map,reference\na,a\nb,b\n"), io.StringIO("stratum,clusters\na,100\nb,200\n"))
    with pytest.raises(lulc.InvalidInputError, match=r"needs a column 'cluster' .* must count pixels"):
        lulc.assess(survey.sample, design=survey.design)


def test_strata_whose_areas_and_sizes_contradict_the_pixel_are_refused() -> None:
    pixels, strata = "map,reference\na,a\nb,b\n", "stratum,size,area_ha\na,10000,{}\nb,50000,{}\n"
    with pytest.raises(lulc.InvalidInputError, match=r"a pixel has 0.09 ha, but 0.01 ha was given"):
        lulc.read_survey(io.StringIO(pixels), io.StringIO(strata.format(900, 4500)), pixel_ha=0.01)
    for areas in ((100, 500), ("", "")):
        survey = lulc.read_survey(io.StringIO(pixels), io.StringIO(strata.format(*areas)), pixel_ha=0.01)
        assert survey.design.sizes == {"a": 10000, "b": 50000}


def test_a_sample_without_its_columns_is_not_blamed_on_the_strata() -> None:
    strata = io.StringIO("stratum,size\nland,200\nsea,300\nx,500\n")
    with pytest.raises(lulc.InvalidInputError, match="sample needs the columns 'map' and 'reference'"):
        lulc.read_survey(io.StringIO("a;b\nx;x\nland;sea\n"), strata)


def test_areas_that_are_shares_or_per_cent_are_said_to_be() -> None:
    table = counts(COUNTS)
    for text, words in (
        ("class,area_ha\nwater,0.1\ntrees,0.3\ncrops,0.6\n", "sum to 1. If they are shares"),
        ("class,area_ha\nwater,10\ntrees,30\ncrops,60\n", "sum to 100. If they are per cent"),
    ):
        report = lulc.assess_counts(table, lulc.read_areas(io.StringIO(text)))
        assert any(words in warning for warning in report.warnings)
    report = lulc.assess_counts(table, lulc.MappedAreas(hectares=AREAS))
    assert not any("sum to" in warning for warning in report.warnings)


def test_strata_in_per_cent_that_are_taken_for_pixels_are_said_to_be() -> None:
    pixels, strata = "map,reference\nwater,water\ntrees,trees\n", "stratum,size\nwater,10.0\ntrees,90.0\n"
    for options in ({"pixel_ha": 0.01}, {"fpc": True}):
        survey = lulc.read_survey(io.StringIO(pixels), io.StringIO(strata), **options)
        assert "sizes of the strata sum to 100 and are taken for pixels. If they are per cent" in survey.notes[0]
    assert lulc.read_survey(io.StringIO(pixels), io.StringIO(strata)).notes == ()
    assert lulc.read_survey(io.StringIO(pixels), io.StringIO(strata + "crops,80\n"), pixel_ha=0.01).notes == ()
    survey = lulc.read_survey(io.StringIO(pixels), io.StringIO(strata + "crops,80.5\n"), pixel_ha=0.01)
    assert "have fractions and are taken for pixels. If they are hectares" in survey.notes[0]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_numbers_of_pixels_with_a_point_before_three_digits_are_asked_about(separator: str) -> None:
    """Pixels have no fractions: 120.050 of them is a German 120,050, also between commas."""
    strata = "stratum,size\nwater,120.050\ntrees,530.000\n".replace(",", separator)
    pixels = "map,reference\nwater,water\ntrees,trees\n"
    with pytest.raises(lulc.InvalidInputError, match=r"'size', row 1 has '120.050': is it 120050, .* or 120.050\?"):
        lulc.read_survey(io.StringIO(pixels), io.StringIO(strata))
    read = [lulc.read_survey(io.StringIO(pixels), io.StringIO(strata), decimal=mark).design.sizes for mark in ".,"]
    assert read == [{"water": 120.05, "trees": 530}, {"water": 120050, "trees": 530000}]


def test_columns_that_no_estimate_reads_are_named_and_may_be_weights() -> None:
    header = "id,lon,lat,map,reference,inclusion_probability"
    row = "4.7,50.9,water,water,0.01"
    assert lulc.read_survey(io.StringIO(f"{header}\n1,{row}\n")).notes == ()
    found = lulc.read_survey(io.StringIO(f"{header},observador,ponderacion\n1,{row},ab,312.5\n2,{row},ab,208\n"))
    listed, cure = found.notes[0].split(". ")
    assert listed == "No estimate reads columns 'observador', 'ponderacion'"
    assert cure == "If one holds sampling weights, call it 'weight'."


def test_a_column_of_formulas_is_not_one_class_each() -> None:
    sample = pd.DataFrame({"map": ["a", "b"], "reference": ["a", "=B3"]})
    with pytest.raises(lulc.InvalidInputError, match="Column 'reference' has the formula '=B3'"):
        lulc.assess(sample, design=lulc.Design.indicative())


def test_a_matrix_with_the_reference_in_rows_is_told_to_be_turned() -> None:
    with pytest.raises(lulc.InvalidInputError, match="exchange rows and columns"):
        counts("Reference,water,trees\nwater,9,1\ntrees,0,10\n")


@pytest.mark.parametrize(
    "columns, place",
    [(("x", "y"), (622_000, 5_643_000, 1000, 1000)), (("longitude", "latitude"), (4.7357, 50.9167, 0.01423, 0.009))],
)
def test_a_pixel_of_another_area_than_its_sample_has_is_told(
    columns: tuple[str, str], place: tuple[float, float, float, float]
) -> None:
    """A square of 1 km, so 100 ha: 10,000 pixels of 0.01 ha."""
    west, south, width, height = place
    spots = [(west + width * i / 39, south + height * (7 * i % 40) / 39) for i in range(40)]
    text = f"map,reference,{','.join(columns)}\n" + "".join(f"a,a,{x},{y}\n" for x, y in spots)
    said = {
        hectares: lulc.read_survey(io.StringIO(text), io.StringIO("stratum,size\na,10000\n"), pixel_ha=hectares).notes
        for hectares in (0.01, 0.09, 100.0, 0.00001)
    }
    assert said[0.01] == ()
    assert re.match(r"The whole has 900 ha, but its sampled pixels lie in a box of (100|99\.[89])", said[0.09][0])
    assert said[100.0][0].startswith("The whole has 1e+06 ha")
    assert said[0.00001][0].startswith("The whole has 0.1 ha")


def test_places_in_kilometres_say_nothing_of_the_area() -> None:
    text = "map,reference,x,y\n" + "".join(f"a,a,{622 + i / 39},{5642 + 7 * i % 40 / 39}\n" for i in range(40))
    assert lulc.read_survey(io.StringIO(text), io.StringIO("stratum,size\na,10000\n"), pixel_ha=0.01).notes == ()


def test_a_matrix_whose_columns_were_planned_is_said_to_be_transposed() -> None:
    planned = pd.DataFrame([[93, 5, 2], [4, 90, 6], [2, 11, 87]], [*AREAS], [*AREAS])
    said = " ".join(lulc.assess_counts(planned.T, lulc.MappedAreas(hectares=AREAS)).warnings)
    assert "classes have 100, 100, 100 pixels, as if they had been planned" in said
    assert "are rows and columns swapped?" in said
    said = " ".join(lulc.assess_counts(planned, lulc.MappedAreas(hectares=AREAS)).warnings)
    assert "swapped" not in said
    assert "Each row of the matrix sums to 100 and is taken as 100 sampled pixels" in said
    said = " ".join(lulc.assess_counts(planned * 2, lulc.MappedAreas(hectares=AREAS)).warnings)
    assert "sums to 100" not in said


def test_a_matrix_that_does_not_say_which_side_is_the_map_is_told() -> None:
    """As scikit-learn's, whose rows are the truth; a plan in its rows or columns says which is which."""
    areas, body = lulc.MappedAreas(hectares=AREAS), "water,30,4,0\ntrees,0,127,14\ncrops,0,18,107\n"
    for corner in ("", "map"):
        said = " ".join(lulc.assess_counts(counts(f"{corner},water,trees,crops\n{body}"), areas).warnings)
        assert ("its rows are taken as classes of the map" in said) == (corner == "")
    planned = counts(",water,trees,crops\nwater,45,3,2\ntrees,1,40,9\ncrops,0,5,45\n")
    assert "has no name" not in " ".join(lulc.assess_counts(planned, areas).warnings)


def test_a_matrix_in_per_cent_of_the_area_is_told() -> None:
    areas = lulc.MappedAreas(hectares={"water": 100.0, "trees": 500.0, "crops": 400.0})
    per_cent = counts("map,water,trees,crops\nwater,9,1,0\ntrees,1,41,8\ncrops,0,4,36\n")
    said = " ".join(lulc.assess_counts(per_cent, areas).warnings)
    assert "The matrix sums to 100, its rows have the shares of the mapped areas" in said
    said = " ".join(lulc.assess_counts(per_cent, lulc.MappedAreas(hectares=dict.fromkeys(AREAS, 1.0))).warnings)
    assert "sums to 100" not in said


# Shares, and rows and columns of other names


@pytest.mark.parametrize(
    "text",
    [
        "map,a,b,pixels\na,58.3,8.3,40\nb,8.3,25.0,20\n",
        "map,a,b,n\na,87.5,12.5,40\nb,25,75,20\n",
        "map,a,b,Pixels\na,0.875,0.125,40\nb,0.25,0.75,20\n",
        "map,a,b,n\na,35,5,40\nb,5,15,20\n".replace(",n\n", "\n").replace(",40\n", "\n").replace(",20\n", "\n"),
    ],
)
def test_shares_are_counts_where_the_sampled_pixels_are_given(text: str) -> None:
    assert counts(text).to_numpy().tolist() == [[35, 5], [5, 15]]


@pytest.mark.parametrize(
    "text, says",
    [
        ("map,a,b\na,58.3,8.3\nb,8.3,25.1\n", "The cells sum to 100: are they shares or per cent.*column 'pixels'"),
        ("map,a,b\na,87.5,12.5\nb,25,75\n", "The cells sum to 100 in each row"),
        ("map,a,b\na,.583,.083\nb,.084,.25\n", "The cells sum to 1:"),
        ("map,a,b\na,3.5,0\nb,1,7\n", r"whole number >= 0, as 1234; row 1 has '3\.5'"),
        ("map,a,b,pixels\na,0.6,0.1,40\nb,0.1,0.2,20\n", "too few decimals to tell"),
        ("map,a,b,pixels\na,35,5,41\nb,5,15,20\n", "Column 'pixels' is not their sum"),
    ],
)
def test_shares_without_the_sampled_pixels_are_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=says):
        counts(text)


def test_a_matrix_with_codes_in_its_header_and_names_in_its_rows_is_refused() -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"both in codes or both in names\. .* 1 is water, 2 is trees"):
        counts("map,1,2\nwater,40,5\ntrees,2,35\n")
    with pytest.raises(lulc.InvalidInputError, match=r"rows have w, t, the columns W, T.*in one way"):
        counts("map,W,T\nw,40,5\nt,2,35\n")


# Files


def test_a_matrix_whose_header_has_codes_of_another_legend_is_refused() -> None:
    body = "1,45,3,2\n2,1,40,9\n5,0,5,45\n"
    with pytest.raises(lulc.InvalidInputError, match="1 is 0, 2 is 1, 5 is 4"):
        counts(f"map,0,1,4\n{body}")
    assert counts(f"map,1,2,5\n{body}").loc["5", "5"] == 45


def test_the_separator_is_the_one_that_fits_every_line() -> None:
    table = sample("map;reference;Quelle (Luftbild, 2020)\nwater;water;a\ntrees;crops;b, c\n")
    assert table["reference"].tolist() == ["water", "crops"]
    assert sample("map|reference\na|b, c; d\n")["reference"].tolist() == ["b, c; d"]
    for first in ("sep=;", '"sep=;"', "SEP=;"):
        assert sample(f"{first}\nmap;reference\na;b, c\n")["reference"].tolist() == ["b, c"]


def test_a_title_above_the_header_is_named() -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"as its header 'Sample of 2020'; it has 2\. Titles and comments"):
        sample("Sample of 2020\nmap,reference\na,b\n")


@pytest.mark.parametrize(
    "content, came",
    [
        (b'{"type": "FeatureCollection", "features": []}', "GeoJSON. Export its table as CSV"),
        (b'[{"map": "a", "reference": "b"}]', "JSON"),
        (b"<?xml version='1.0'?><kml></kml>", "XML or HTML"),
        (b"SQLite format 3\0" + bytes(20), "a GeoPackage"),
        (b"PAR1\x15\x04\x00\xff", "Parquet"),
        (b"\x00\x00\x27\x0a" + bytes(30), "a shapefile"),
        (b"II*\0\x08\x00\xff", "a raster"),
        (b"PK\x03\x04\xffplots.shp" + bytes(30), "a shapefile in a zip archive. Export its table as CSV"),
    ],
)
def test_a_file_that_is_no_table_is_called_what_it_is(content: bytes, came: str, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(content)
    with pytest.raises(lulc.InvalidInputError, match=f"must be a CSV file in UTF-8; it is {came}"):
        lulc.read_sample(path)


def test_a_table_of_very_many_columns_is_refused_before_it_is_read() -> None:
    header = ",".join(f"c{i}" for i in range(300_000))
    with pytest.raises(lulc.InvalidInputError, match="1,000 columns at the most; it has 300,000"):
        sample(f"{header}\n" + ",".join("1" * 300_000) + "\n")


# Whatever comes

cells = st.one_of(
    st.sampled_from(
        ["map", "reference", "class", "area_ha", "pixels", "stratum", "size", "a", "b", "NA", "", '"', "%"]
    ),
    st.sampled_from(
        ["1", "12", "1.250", "1,250", "0.5", "1e3", "-1", "inf", "45.310,5", "1_0", "½", "٣", "\ufeff", "\x1f"]
    ),
    st.text(max_size=6),
)
tables = st.builds(
    lambda rows, separator, end: end.join(separator.join(row) for row in rows),
    st.lists(st.lists(cells, min_size=1, max_size=4), max_size=6),
    st.sampled_from([",", ";", "\t", "|", " "]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
headers = {
    lulc.read_counts: "map,a,b",
    lulc.read_areas: "class,area_ha,pixels",
    lulc.read_sample: "map,reference,pixels,lon,lat",
}


@settings(max_examples=150)
@given(tables, st.sampled_from(list(headers)), st.booleans())
def test_any_table_is_read_or_refused(text: str, read: object, headed: bool) -> None:
    text = headers[read].replace(",", next((s for s in ";\t|" if s in text), ",")) + "\n" + text if headed else text
    try:
        found = read(io.StringIO(text))
    except lulc.InvalidInputError:
        return
    if isinstance(found, lulc.MappedAreas):
        assert all(0 <= size < float("inf") for size in found.sizes.values())


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 10**9), min_size=2, max_size=8),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", ","), ("|", ".")]),
)
def test_no_way_to_write_areas_gives_other_areas(
    units: list[int], places: int, grouped: bool, style: tuple[str, str]
) -> None:
    separator, mark = style
    group = ("," if mark == "." else ".") if grouped else ""
    texts = [f"{n / 10**places:,.{places}f}".replace(",", "G").replace(".", mark).replace("G", group) for n in units]
    rows = "".join(f'class {i}{separator}"{text}"\n' for i, text in enumerate(texts))
    known = [f"class {i}" for i in range(len(units))]
    text = f"class{separator}area_ha\n{rows}"
    expected = pytest.approx([round(n / 10**places, places) for n in units])
    stated = [*(areas(text, classes=known, decimal=mark).values() if any(units) else expected.expected)]
    assert stated == expected
    try:
        found = list(areas(text, classes=known).values())
    except lulc.InvalidInputError:
        return
    assert found == expected


def test_a_matrix_whose_columns_are_the_rows_in_capitals_is_read() -> None:
    text = "map,CROPS,WATER,Bare-Ground\nwater,2,47,1\nbare ground,7,0,43\ncrops,47,0,3\n"
    counts = lulc.read_counts(io.StringIO(text))
    assert counts.columns.tolist() == ["crops", "water", "bare ground"]
    assert counts.loc["water", "water"] == 47
