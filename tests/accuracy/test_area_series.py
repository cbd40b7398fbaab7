"""Areas by year from one panel: R's survey, gaps, poststrata, units that say nothing, and what is refused."""

import io

import numpy as np
import pandas as pd
import pytest
from made_labels import CLUSTERS, POINTS, YEARS, made_panel

import lulc_core as lulc

# R 4.2.2, survey 4.1-1: svymean, svycontrast, postStratify of crops; value and error
SURVEY = {
    "points": {
        "2018": (0.426923076923077, 0.0407096241168478),
        "2020": (0.421538461538462, 0.0405969226866596),
        "2021": (0.397692307692308, 0.0401055106883439),
        "net": (-0.0292307692307692, 0.0340596172158862),
        "trend": (-0.00873626373628399, 0.0104116151228267),
        "covariance": (0.00105283397920761, 0),
    },
    "clusters": {
        "2018": (0.426923076923077, 0.0221390620185487),
        "2020": (0.421538461538462, 0.0274059265966921),
        "2021": (0.397692307692308, 0.0313612082276989),
        "net": (-0.0292307692307692, 0.0256018594258795),
        "trend": (-0.00873626373628399, 0.00774587848625241),
        "covariance": (0.00040910412124987, 0),
    },
    "one map clusters": {
        "2018": (0.469852234697635, 0.0234543869597584),
        "2020": (0.45394138436891, 0.0285944826288989),
        "2021": (0.42710480770103, 0.0319884331551832),
        "net": (-0.0427474269966056, 0.028365724397629),
        "trend": (-0.0133500398796753, 0.00860807720688891),
        "covariance": (0.000384376901389732, 0),
    },
    "one map points": {
        "2018": (0.469852234697635, 0.0276884505522231),
        "2020": (0.45394138436891, 0.0321316609844294),
        "2021": (0.42710480770103, 0.035516176585866),
        "net": (-0.0427474269966055, 0.0336805245864293),
        "trend": (-0.0133500398796753, 0.0102231885725114),
        "covariance": (0.000446835678422126, 0),
    },
    "gap points": {
        "2020": (0.43974358974359, 0.0463683653699005),
        "trend": (-0.00743589743591798, 0.010599810820613),
    },
    "gap clusters": {
        "2020": (0.43974358974359, 0.0305823395080463),
        "trend": (-0.00743589743591796, 0.00820362366441258),
    },
    "yearly maps points": {
        "2021": (0.497096076614149, 0.0142779944297577),
        "net": (0.107211988099923, 0.021806016812373),
        "trend": (0.0383346186861393, 0.00723004914949344),
    },
    "yearly maps clusters": {
        "2021": (0.497096076614149, 0.0111181982499463),
        "net": (0.107211988099923, 0.0149227242086748),
        "trend": (0.0383346186861393, 0.00501706822593079),
    },
    "change": {
        "before": (0.469852234697635, 0.0276884505522231),
        "after": (0.42710480770103, 0.035516176585866),
        "gain": (0.0682838334084862, 0.0196781816746646),
        "loss": (0.111031260405092, 0.0263847375873948),
        "net": (-0.0427474269966055, 0.0336805245864293),
        "covariance": (-2.54962624201373e-05, 0),
    },
}
REFERENCES = [f"reference_{year}" for year in YEARS]
ONE_MAP = lulc.MappedAreas(pixels={"crops": 6000, "grass": 4000, "scrub": 3000})
YEARLY_MAPS = {
    year: lulc.MappedAreas(pixels=dict(zip(("crops", "grass", "scrub"), sizes, strict=True)))
    for year, sizes in zip(YEARS, ((6000, 4000, 3000), (6100, 3900, 3000), (5900, 4000, 3100)), strict=True)
}


def panel(design: lulc.Design, *others: str) -> pd.DataFrame:
    kept = ["stratum", *REFERENCES, *others, *["cluster"] * (design.unit == "cluster")]
    return made_panel()[kept]


def close(figure: lulc.Estimate, expected: tuple[float, float]) -> None:
    assert (figure.value, figure.standard_error) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name, design", [("points", POINTS), ("clusters", CLUSTERS)])
def test_areas_changes_and_trends_are_those_of_r_survey(name: str, design: lulc.Design) -> None:
    crops = lulc.assess_years(panel(design), design=design).classes["crops"]
    expected = SURVEY[name]
    for year, area in zip(YEARS, crops.area, strict=True):
        close(area.proportion, expected[str(year)])
    close(crops.net.proportion, expected["net"])
    close(crops.trend.proportion, expected["trend"])
    assert crops.covariance[0][2] == pytest.approx(expected["covariance"][0], rel=1e-9)


@pytest.mark.parametrize("name, design", [("gap points", POINTS), ("gap clusters", CLUSTERS)])
def test_missing_labels_are_weighted_within_strata_as_r_does(name: str, design: lulc.Design) -> None:
    sample = panel(design, "gap_2020").drop(columns="reference_2020").rename(columns={"gap_2020": "reference_2020"})
    found = lulc.assess_years(sample, design=design)
    crops = found.classes["crops"]
    close(crops.area[1].proportion, SURVEY[name]["2020"])
    close(crops.trend.proportion, SURVEY[name]["trend"])
    assert sum(one.area[1].proportion.value for one in found.classes.values()) == pytest.approx(1)
    assert any("Pixels without a label: 34 in 2020 of 150" in note for note in found.warnings)


@pytest.mark.parametrize("name, design", [("one map points", POINTS), ("one map clusters", CLUSTERS)])
def test_one_map_poststratifies_all_years_as_r_does(name: str, design: lulc.Design) -> None:
    crops = lulc.assess_years(panel(design, "map"), design=design, mapped=ONE_MAP).classes["crops"]
    for year, area in zip(YEARS, crops.area, strict=True):
        close(area.proportion, SURVEY[name][str(year)])
    close(crops.trend.proportion, SURVEY[name]["trend"])


@pytest.mark.parametrize("name, design", [("yearly maps points", POINTS), ("yearly maps clusters", CLUSTERS)])
def test_maps_of_each_year_poststratify_it_as_r_does(name: str, design: lulc.Design) -> None:
    sample = panel(design, *(f"map_{year}" for year in YEARS))
    crops = lulc.assess_years(sample, design=design, mapped=YEARLY_MAPS).classes["crops"]
    close(crops.area[2].proportion, SURVEY[name]["2021"])
    close(crops.net.proportion, SURVEY[name]["net"])
    close(crops.trend.proportion, SURVEY[name]["trend"])


def test_poststratified_change_is_that_of_r_survey() -> None:
    sample = panel(POINTS, "map").drop(columns="reference_2020")
    sample = sample.rename(columns={"reference_2018": "reference_before", "reference_2021": "reference_after"})
    found = lulc.assess_change(sample, design=POINTS, mapped=ONE_MAP, total_ha=1300.0)
    crops = found.change["crops"]
    for part in ("before", "after", "gain", "loss", "net"):
        close(getattr(crops, part).proportion, SURVEY["change"][part])
    assert crops.covariance == pytest.approx(SURVEY["change"]["covariance"][0], rel=1e-9)
    assert sum(cell.value for row in found.transitions for cell in row) == pytest.approx(1)
    assert crops.net.area_ha.value == pytest.approx(1300 * crops.net.proportion.value)


def test_two_years_are_the_change_between_them() -> None:
    sample = panel(POINTS).drop(columns="reference_2020")
    years = lulc.assess_years(sample, design=POINTS, pixel_ha=0.01)
    ends = sample.rename(columns={"reference_2018": "reference_before", "reference_2021": "reference_after"})
    change = lulc.assess_change(ends, design=POINTS, pixel_ha=0.01)
    for name, one in years.classes.items():
        net, both = change.change[name].net, change.change[name].before
        assert one.net.area_ha.standard_error == pytest.approx(net.area_ha.standard_error)
        assert one.area[0].area_ha.interval() == pytest.approx(both.area_ha.interval(), rel=1e-9)
        assert 3 * one.trend.area_ha.value == pytest.approx(one.net.area_ha.value)


def test_the_change_of_clusters_is_that_of_gain_and_loss_apart() -> None:
    sample = panel(CLUSTERS).drop(columns="reference_2020")
    years = lulc.assess_years(sample, design=CLUSTERS)
    ends = sample.rename(columns={"reference_2018": "reference_before", "reference_2021": "reference_after"})
    change = lulc.assess_change(ends, design=CLUSTERS).change
    both = [name for name, one in change.items() if one.gain.proportion.value and one.loss.proportion.value]
    assert both
    for name in both:
        net, trend = years.classes[name].net.proportion, years.classes[name].trend.proportion
        assert net.interval_method == change[name].net.proportion.interval_method == "difference"
        assert net.interval() == pytest.approx(change[name].net.proportion.interval(), rel=1e-6)
        assert trend.interval() == pytest.approx([end / 3 for end in net.interval()], rel=1e-6)


def test_a_class_that_never_changes_has_room_to_and_says_so() -> None:
    sample = pd.DataFrame({"reference_2018": ["trees"] * 40 + ["crops"] * 20}).assign(
        reference_2020=lambda table: table["reference_2018"]
    )
    found = lulc.assess_years(sample, design=lulc.Design.simple_random(6000))
    low, high = found.classes["trees"].net.proportion.interval()
    assert low == pytest.approx(-high)
    assert 0.05 < high < 0.08  # Wilson's limit of 0 of 60
    assert "trees (0), crops (0)" in " ".join(found.warnings)
    clusters = sample.assign(cluster=np.arange(60) // 5)
    net = lulc.assess_years(clusters, design=lulc.Design.clusters(1200)).classes["trees"].net.proportion
    assert (net.value, net.interval()) == (0, None)


def test_clusters_of_unknown_size_are_expanded() -> None:
    crops = lulc.assess_years(panel(CLUSTERS), design=CLUSTERS, pixel_ha=2.0).classes["crops"]
    assert crops.area[0].area_ha.value == pytest.approx(2 * 5 * 130 * crops.area[0].proportion.value)
    known = lulc.Design.clusters(CLUSTERS.sizes, fpc=True, pixels=650)
    shares = lulc.assess_years(panel(CLUSTERS), design=known, pixel_ha=2.0).classes["crops"]
    assert shares.area[0].area_ha.value == pytest.approx(crops.area[0].area_ha.value)
    assert shares.trend.area_ha.standard_error == pytest.approx(1300 * shares.trend.proportion.standard_error)


def test_an_indicative_panel_has_no_errors() -> None:
    found = lulc.assess_years(panel(POINTS), design=lulc.Design.indicative())
    assert found.classes["crops"].trend.proportion.standard_error is None
    assert found.classes["crops"].covariance is None


def test_panels_that_say_too_little_are_refused() -> None:
    sample = panel(POINTS)
    with pytest.raises(lulc.InvalidInputError, match="two or more columns reference_<year>"):
        lulc.assess_years(sample[["stratum", "reference_2018"]], design=POINTS)
    with pytest.raises(lulc.InvalidInputError, match="Row 1 has no label in any year"):
        lulc.assess_years(sample.assign(**dict.fromkeys(REFERENCES, [""] + ["crops"] * 149)), design=POINTS)
    hidden = sample["reference_2020"].where(sample["stratum"] == "s", "")
    with pytest.raises(lulc.InvalidInputError, match="In 2020 no pixel of a stratum has a label"):
        lulc.assess_years(sample.assign(reference_2020=hidden), design=POINTS)
    with pytest.raises(lulc.InvalidInputError, match="needs a column map_2018"):
        lulc.assess_years(sample, design=POINTS, mapped=YEARLY_MAPS)
    other = lulc.MappedAreas(pixels={"crops": 6000, "grass": 4000})
    with pytest.raises(lulc.InvalidInputError, match="scrub have sampled pixels but no mapped area"):
        lulc.assess_years(panel(POINTS, "map"), design=POINTS, mapped=other)


def test_mapped_areas_by_year_are_read() -> None:
    found = lulc.read_yearly_areas(io.StringIO("year;class;area_ha\n2018;crops;9,5\n2020;crops;8\n"), decimal=",")
    assert found[2018].area_ha == {"crops": 9.5}
    assert lulc.read_yearly_areas(io.StringIO("class,pixels\na,10\n"), pixel_ha=2.0).area_ha == {"a": 20}
    with pytest.raises(lulc.InvalidInputError, match="holds years"):
        lulc.read_yearly_areas(io.StringIO("year,class,area_ha\nlast,crops,9\n"))


def test_a_notebook_shows_areas_by_year_with_names_as_text() -> None:
    sample = panel(POINTS).replace({"crops": "<i>crops"})
    found = lulc.assess_years(sample, design=POINTS, pixel_ha=0.01)
    shown = found._repr_html_()
    assert "<i>" not in shown
    assert "&lt;i&gt;crops" in shown
    assert found.classes["<i>crops"].trend.area_ha._repr_html_() in shown
    assert repr(found) == "<AreaSeries: " + shown.split("<b>")[1].split("</b>")[0] + ">"


def test_the_picture_has_a_line_for_each_class() -> None:
    axes = lulc.assess_years(panel(POINTS), design=POINTS, pixel_ha=0.01).plot(title="Areas (simulated)")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["crops", "grass", "scrub"]
    assert axes.get_ylabel() == "area (ha)"
