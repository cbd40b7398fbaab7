"""The report of an assessment: what was done is in it, what is not known is open, and nothing foreign is markup."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from made_labels import POINTS, made_panel, made_sample
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

import lulc_core as lulc
from lulc_core.accuracy.equations import EQUATIONS
from lulc_core.accuracy.known_facts import facts_of_map, with_known
from lulc_core.accuracy.svg_charts import area_chart, matrix_chart

STRATA = "stratum,size\nn,4000\ns,9000\n"


def survey(**columns: object) -> lulc.Survey:
    sample = made_sample().drop(columns=["cluster", "other"]).assign(**columns)
    return lulc.read_survey(io.StringIO(sample.to_csv(index=False)), io.StringIO(STRATA))


@pytest.fixture(scope="module")
def report() -> lulc.AssessmentReport:
    grid = GeoBox.from_bbox((0, 0, 30, 20), crs="EPSG:32631", resolution=10)
    label = wrap_xr(np.array([[1, 2, 2], [0, 5, 5]], np.uint8), grid)
    facts = lulc.StatedFacts.of(
        {"title": "Flanders <script>", "blind": True, "interpreters": "three", "agreement": "no"}
    )
    picture = lulc.draw_map_picture(label, caption="map.tif (simulated)")
    return lulc.report_assessment(survey(), pixel_ha=0.01, facts=facts, picture=picture)


class Page(HTMLParser):
    """The tags of a page, and what it asks others for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [str(v) for k, v in attrs if k in ("src", "href") and not str(v).startswith("data:")]


def test_the_page_is_whole_in_itself_and_foreign_text_is_text(report: lulc.AssessmentReport) -> None:
    page = Page(report.html)
    assert not page.outside
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert page.tags.count("math") == 5
    assert page.tags.count("img") == 1
    assert "Flanders &lt;script&gt;" in report.html
    assert "Flanders \\<script\\>" in report.markdown


def test_matrix_and_figures_are_those_of_the_assessment(report: lulc.AssessmentReport) -> None:
    alone = lulc.assess(survey().sample, design=survey().design, pixel_ha=0.01)
    assert report.assessment.overall == alone.overall
    sample = survey().sample
    crops = int(((sample["map"] == "crops") & (sample["reference"] == "crops")).sum())
    assert f"| crops | {crops} |" in report.markdown
    assert f"{alone.matrix.loc['crops', 'crops']:.4f} ± " in report.markdown
    assert f"{alone.area['grass'].area_ha.standard_error:,.1f}" in report.markdown
    assert "primary or alternate" in report.markdown
    assert "map.tif (simulated)" in report.html


SVG = "{http://www.w3.org/2000/svg}"


def test_charts_show_the_areas_and_the_matrix_to_scale(report: lulc.AssessmentReport) -> None:
    found = report.assessment
    matrix, areas = (ET.fromstring(chart(found)) for chart in (matrix_chart, area_chart))
    cells, words = matrix.findall(f"{SVG}rect"), [text.text for text in matrix.iter(f"{SVG}text")]
    shares = found.matrix.to_numpy().ravel()
    np.testing.assert_allclose(
        [float(cell.get("fill-opacity")) for cell in cells], np.sqrt(shares / shares.max()), atol=0.006
    )
    assert [f"{100 * share:.1f}\xa0%" for share in shares] == [word for word in words if word.endswith("%")]
    dots, left = areas.findall(f"{SVG}circle"), float(areas.find(f"{SVG}path[last()]").get("d")[1:].split(" ")[0])
    places = np.array([float(dot.get("cx")) - left for dot in dots])
    values = np.array([area.area_ha.value for area in found.area.values()])
    np.testing.assert_allclose(places / places.max(), values / values.max(), atol=0.002)
    assert "<svg" in report.html
    assert report.markdown.count("data:image/svg+xml;base64,") == 2


def test_no_standard_error_of_a_large_sample_of_a_rare_class_is_rounded_to_0() -> None:
    rows = [(c, "kept", other, n) for c in range(200) for other, n in (("kept", 10**6 - c % 7), ("cut", 1 + c % 3))]
    table = pd.DataFrame(rows, columns=["cluster", "map", "reference", "pixels"]).assign(stratum="all")
    whole = replace(survey(), sample=table, design=lulc.Design.clusters({"all": 10_000}))
    report = lulc.report_assessment(whole, pixel_ha=1e-6)
    assert 0 < report.assessment.area["cut"].area_ha.standard_error < 0.05
    lines = [line.split("|") for line in report.markdown.splitlines() if line.startswith("| kept |")]
    errors = [cell.split("±")[1] for line in lines for cell in line if "±" in cell]
    errors += [line[-2] for line in lines if len(line) == 7]  # of the areas
    assert len(errors) == 3
    assert all(float(error) > 0 for error in errors)


def test_names_in_charts_are_text() -> None:
    sample = pd.DataFrame({"map": ["<script>", "b", "b"], "reference": ["<script>", "b", "b & c" * 20]})
    found = lulc.assess(sample, design=lulc.Design.simple_random(100))
    for chart in (matrix_chart(found), area_chart(found)):
        assert "<script>" not in chart
        assert any(text.text.startswith("<script") for text in ET.fromstring(chart).iter(f"{SVG}text"))


def test_what_is_not_known_is_open_and_what_was_not_done_is_no(report: lulc.AssessmentReport) -> None:
    by_text = {one.text: one for one in report.checklist}
    assert by_text["Interpreters label without sight of the map."].done
    assert by_text["Agreement of interpreters is measured."].done is False
    assert (
        by_text["Rare classes have enough units: about 50 or more in each stratum."].evidence == "50 or more in each."
    )
    stated = replace(report.facts, reference_data="the scenes of the map", interpreters="2 people")
    told = {one.text: one.done for one in lulc.report_assessment(survey(), pixel_ha=0.01, facts=stated).checklist}
    assert (told["The reference data are named."], told["The number of interpreters is known."]) == (True, True)
    for more in ("The reference is of higher quality than the map.", "Interpreters are trained."):
        assert told[more] is None  # to name them does not say so
    assert by_text["The sample is independent of the data that the map was made with."].done is None
    assert by_text["The sample is a probability sample; inclusion probabilities are known and are not 0."].done
    assert "independence" in report.facts.open_facts()
    assert "> **Open:** Independence of the map: not stated" in report.markdown
    assert report.html.count('class="open"') > 10


def test_a_sample_without_a_design_says_so() -> None:
    sample = made_sample().drop(columns=["cluster", "other", "stratum", "alternate"])
    found = lulc.report_assessment(lulc.read_survey(io.StringIO(sample.to_csv(index=False))))
    assert found.checklist[0].done is False
    assert "No probability design was stated" in found.markdown
    assert "primary or alternate" not in found.markdown


def test_facts_are_checked() -> None:
    with pytest.raises(lulc.InvalidInputError, match="Facts are title, map_name"):
        lulc.StatedFacts.of({"colour": "red"})
    with pytest.raises(lulc.InvalidInputError, match="is a text, a number, true or false"):
        lulc.StatedFacts.of({"title": ["a"]})
    assert lulc.StatedFacts.of({"blind": False, "title": " "}) == lulc.StatedFacts(blind="no")


def test_equations_are_well_formed() -> None:
    for equation in EQUATIONS.values():
        assert ET.fromstring(equation.mathml).tag.endswith("math")
        assert equation.latex.count("{") == equation.latex.count("}")


def test_areas_by_year_have_a_section_of_their_own() -> None:
    panel = made_panel()[["reference_2018", "reference_2021"]]
    written = lulc.report_assessment(survey(**{name: panel[name] for name in panel}), pixel_ha=0.01).markdown
    assert "## Areas by year" in written
    trend = lulc.assess_years(panel.assign(stratum=made_panel()["stratum"]), design=POINTS, pixel_ha=0.01)
    low, high = trend.classes["crops"].trend.area_ha.interval()
    assert f"({low:.1f} to {high:.1f}) |" in written.replace("\\", "")


def test_only_the_columns_that_a_report_reads_are_not_told_as_unread() -> None:
    panel = made_panel()[["reference_2018", "reference_2021"]]
    columns = {name: panel[name] for name in panel} | {"reference_old": "crops"}
    (note,) = [n for n in lulc.report_assessment(survey(**columns)).assessment.warnings if "No estimate reads" in n]
    assert "column 'reference_old'." in note


def test_what_the_files_say_is_filled_in_and_what_was_stated_stays() -> None:
    grid = GeoBox.from_bbox((500_000, 5_600_000, 500_040, 5_600_030), crs="EPSG:32631", resolution=10)
    label = wrap_xr(np.array([[1, 1, 2, 2], [1, 1, 2, 2], [5, 5, 5, 5]], np.uint8), grid)
    known = facts_of_map(label, {"YEAR": "2020", "MODEL": "small", "REGION": "Here", "SIMULATED": "yes"})
    assert known["minimum_mapping_unit"] == "more than 1 pixel (0.01 ha): no pixel of the map stands alone"
    assert known["map_name"] == "Here, by network small (simulated)"
    label[0, 3] = 7
    assert facts_of_map(label)["minimum_mapping_unit"] == "1 pixel (0.01 ha): the smallest patch of the map"
    facts = with_known(lulc.StatedFacts(map_year="2019", unit_of_assessment="block"), known)
    report = lulc.report_assessment(survey(), pixel_ha=0.01, facts=facts)
    assert (report.facts.map_year, report.facts.unit_of_assessment) == ("2019", "block")
    assert "map_name" not in report.facts.open_facts()
    plain = lulc.report_assessment(survey(), pixel_ha=0.01)
    assert "this unit of assessment: pixel of 0.01 ha" in plain.markdown


def test_a_large_map_is_shown_coarser() -> None:
    grid = GeoBox.from_bbox((0, 0, 20_000, 100), crs="EPSG:32631", resolution=10)
    picture = lulc.draw_map_picture(wrap_xr(np.full((10, 2000), 2, np.uint8), grid))
    assert "One pixel of 3 x 3 is shown." in picture.caption
    with pytest.raises(lulc.InvalidInputError, match="no labelled pixel"):
        lulc.draw_map_picture(wrap_xr(np.zeros((10, 2000), np.uint8), grid))
