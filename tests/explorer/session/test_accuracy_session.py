"""What a person assesses: uploads that fail leave nothing stale, and samples find their pixels on the map."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from lulc_explorer.session.build import build_session, build_visit
from making import small_session

if TYPE_CHECKING:
    from pathlib import Path

from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine import samples as sampled
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.session.accuracy import DRAWN, OWN, PAPER, AccuracySession

GOOD = b"map,reference,lon,lat\na,a,4.7,50.85\na,b,4.71,50.85\nb,b,4.72,50.85\nb,b,4.73,50.85\n"


@pytest.fixture
def review(tmp_path: Path) -> AccuracySession:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    return build_visit(person, Jobs()).accuracy


@pytest.mark.parametrize(
    "bad, why",
    [
        (b"map,lon\na,4.7\n", "needs the columns 'map' and 'reference'; it has map, lon"),
        (b"map,reference\na,\nb, \n", "is labelled yet (2 to go)"),
        (b"map,inclusion_probability\na,0.1\n", "is labelled yet (1 to go)"),
        ("map,reference\na,b\n".encode("utf-16"), "it is text in UTF-16. Save it"),
        (b"", "rows below"),
        (b"map,reference,stratum,stratum_size\na,a,s,1\na,b,s,1\n", "only 1 in the population"),
    ],
)
def test_a_bad_upload_leaves_its_reason_and_nothing_of_the_last_sample(
    review: AccuracySession, bad: bytes, why: str
) -> None:
    review.source = OWN
    asyncio.run(review.upload(GOOD, None, None, "good.csv"))
    review.chosen = ["a", "b"]
    assert review.study.classes == ("a + b",)
    asyncio.run(review.upload(bad, None, None, "bad.csv"))
    assert why in review.problem
    assert (review.sample, review.study, review.classes, review.chosen, review.kept) == (None, None, [], [], [])
    review.source = PAPER
    assert review.problem == ""
    assert len(review.classes) == 8
    review.source = OWN
    assert review.study is None
    asyncio.run(review.upload(GOOD, None, None, "good.csv"))
    assert review.problem == ""
    assert review.study.overall.value == 0.75


def test_presses_are_all_taken_and_what_is_shown_is_of_the_last(review: AccuracySession) -> None:
    review.source = PAPER
    for name in ["Grass", "Scrub", "Bare", "Crops", "Bare"] * 3:
        review.press(name)
    assert review.chosen == ["Grass", "Crops", "Scrub"]
    assert review.study.classes == ("Water", "Trees", "Grass + Crops + Scrub", "Flooded Veg", "Built Area", "Bare")


def test_all_classes_are_not_taken_as_one(review: AccuracySession) -> None:
    review.source = PAPER
    first, *others = review.options
    for name in others:
        review.press(name)
    review.keep()
    review.press(first)
    before = review.study
    review.press(review.options[0])
    assert "leave out at least one" in review.problem
    assert review.study is before
    assert len(before.classes) == 2


def test_an_upload_without_strata_is_indicative_and_has_no_hectares(review: AccuracySession) -> None:
    from lulc_explorer.tabs.accuracy import error_matrix as accuracy
    from lulc_explorer.tabs.accuracy.areas import headline

    review.source = OWN
    asyncio.run(review.upload(GOOD, None, None, "good.csv"))
    assert "indicative" in review.study.basis
    assert "75.0\xa0% of the sample is mapped correctly" in accuracy.headline(review.study)
    assert any("Indicative" in remark for remark in review.study.remarks)
    assert any("give the size of each stratum" in remark for remark in review.study.remarks)
    assert not any("--" in remark or "area of a pixel" in remark for remark in review.study.remarks)
    assert "do not give the total area" in headline(review.study)
    assert review.study.knows("counts")
    assert not review.study.knows("hectares")


def test_nothing_is_said_of_a_map_whose_areas_are_not_known(review: AccuracySession) -> None:
    from lulc_explorer.tabs.accuracy.areas import headline

    review.source = OWN
    clusters = b"cluster,map,reference\n1,a,a\n2,b,b\n3,b,a\n"
    asyncio.run(review.upload(clusters, b"stratum,clusters\nall,9\n", None, "tiles.csv"))
    assert "estimated area of each class" in headline(review.study)
    assert "Diamonds" not in headline(review.study)
    asyncio.run(review.upload(b"map,reference\na,a\nb,b\n", b"stratum,size\na,9\nb,9\n", None, "same.csv"))
    assert "mapped and estimated areas agree" in headline(review.study)


def test_mapped_areas_in_pixels_are_of_the_pixels_side_that_is_given(review: AccuracySession) -> None:
    review.source, review.pixel_m = OWN, 30
    areas = b"class,pixels\na,900\nb,100\n"
    asyncio.run(review.upload(GOOD, b"stratum,size\na,900\nb,100\n", areas, "good.csv"))
    assert [area.mapped_ha for area in review.study.areas] == pytest.approx([81, 9])
    assert sum(area.estimated.value for area in review.study.areas) == pytest.approx(90)


def test_a_drawn_sample_is_of_the_composite_on_screen_and_goes_with_its_map(tmp_path: Path) -> None:
    person = small_session(tmp_path, "laos", unmade=("belgium",))

    async def walk() -> None:
        review = build_visit(person, Jobs()).accuracy
        person.weights.chosen = {"crops": 3.0}
        while person.map.composite is person.map.land_cover.composite:
            await asyncio.sleep(0.05)
        review.source, review.size = DRAWN, 100
        await review.draw()
        table, label = review.sample.table, person.map.composite.data["label"]
        at = label.sel(x=table["x"].to_xarray(), y=table["y"].to_xarray(), method="nearest").values
        assert [sampled.LEGEND[int(code)].name for code in at] == table["map"].tolist()
        assert (label.values != person.map.land_cover.composite.label).any()
        assert "custom weights" in review.sample.title

        await review.show_sample()
        points = person.focus.sample_points
        assert len(points.x) == 100
        assert int(points.right.sum()) == int((table["map"] == table["reference"]).sum())
        person.weights.chosen = {}
        while person.map.composite.data.attrs["weights"]["crops"] == 3.0:
            await asyncio.sleep(0.05)
        await review.illuminate(0, 0)
        assert "class weights have changed" in review.problem
        person.weights.chosen = {"trees": 0.02}
        while person.map.composite.data.attrs["weights"]["trees"] != 0.02:
            await asyncio.sleep(0.05)
        assert review.sample.stale(person.map.composite)
        drawn = review.sample.table
        await review.weigh_anew()
        table, label = review.sample.table, person.map.composite.data["label"]
        at = label.sel(x=table["x"].to_xarray(), y=table["y"].to_xarray(), method="nearest").values
        assert [sampled.LEGEND[int(code)].name for code in at] == table["map"].tolist()
        assert (table["map"] != drawn["map"]).any()
        pd.testing.assert_frame_equal(table.drop(columns="map"), drawn.drop(columns="map"))
        assert review.study.title == review.sample.title.removesuffix(", custom weights") + ", custom weights"
        assert review.study.basis.endswith("pixels, stratified")
        assert not review.sample.stale(person.map.composite)
        assert review.problem == ""
        person.selection.place = "belgium"
        while person.map.land_cover is not None:
            await asyncio.sleep(0.05)
        assert "was discarded" in review.problem
        assert (review.sample, person.focus.sample_points) == (None, None)

    asyncio.run(walk())


def test_dots_lie_where_the_file_says_and_a_sample_of_elsewhere_is_refused(tmp_path: Path) -> None:
    person = small_session(tmp_path, "laos")
    west, south, east, north = person.map.land_cover.grid.footprint("EPSG:4326").boundingbox.bbox
    lon, lat = np.linspace(west, east, 7)[1:-1], np.linspace(south, north, 7)[1:-1]
    table = pd.DataFrame({"map": list("aabab"), "reference": list("abbbb"), "lon": lon, "lat": lat})
    sample = sampled.uploaded(table.to_csv(index=False).encode(), None, None, name="s", pixel_m=10)
    found = sampled.locate(sample, person.map.land_cover, ("a", "b"), {})
    radius = 6378137.0
    assert found.x == pytest.approx(np.radians(lon[[1, 3]]) * radius)
    assert found.y == pytest.approx(np.log(np.tan(np.pi / 4 + np.radians(lat[[1, 3]]) / 2)) * radius)
    assert not found.right.any()
    far = sampled.uploaded(GOOD, None, None, name="far", pixel_m=10)
    with pytest.raises(UserError, match="None of the sample's 4 locations lies on the open map"):
        sampled.locate(far, person.map.land_cover, None, {})
    turned = table.rename(columns={"lon": "lat", "lat": "lon"}).to_csv(index=False).encode()
    with pytest.raises(UserError, match="If lon and lat are exchanged, 5 of 5 would be right"):
        sampled.locate(sampled.uploaded(turned, None, None, name="s", pixel_m=10), person.map.land_cover, None, {})


def test_a_class_that_is_mapped_but_was_not_found_is_said_to_be(review: AccuracySession) -> None:
    from lulc_explorer.tabs.accuracy.areas import table

    review.source = OWN
    sample = b"map,reference\na,a\na,a\nb,a\nb,a\n"
    asyncio.run(review.upload(sample, b"stratum,size\na,900\nb,100\n", None, "sample.csv"))
    assert review.study.areas[1].estimated.value == 0
    assert "some, but the estimate is zero (may be chance)" in table(review.study, "published")


def test_classes_taken_as_one_stand_where_the_first_stood_and_are_no_slip_of_the_pen(review: AccuracySession) -> None:
    review.source = OWN
    names = ["water", "trees", "grass", "crops", "built area"]
    rows = [f"{name},{name}" for name in names * 3] + ["grass,crops", "trees,grass"]
    asyncio.run(review.upload("\n".join(["map,reference", *rows]).encode(), None, None, "sample.csv"))
    review.param.update(chosen=["crops", "grass"])
    assert review.study.classes == ("water", "trees", "grass + crops", "built area")
    assert not [remark for remark in review.study.remarks if "not in the legend" in remark]


def test_a_sample_of_two_pixels_is_assessed(review: AccuracySession) -> None:
    review.source = OWN
    asyncio.run(review.upload(b"map,reference\na,a\nb,a\n", None, None, "two.csv"))
    assert review.problem == ""
    assert review.study.counts.tolist() == [[1, 0], [1, 0]]


PIXELS = "map,reference\nwater,water\nwater,trees\ntrees,trees\ncrops,crops\n"
THOUSANDS = "class;area_ha\nwater;812\ntrees;45.310\ncrops;120.450\n"


@pytest.mark.parametrize(
    "sample, strata, areas",
    [
        (PIXELS, None, THOUSANDS),
        (PIXELS, "stratum;size\nwater;812\ntrees;45.310\ncrops;120.450\n", None),
        ("map,reference,Freq\na,a,9\na,b,2\nb,b,7\n", None, None),
        ("map,reference\n2,water\n1,trees\n", None, None),
        ("map,reference\na,a\na,NA\n", None, None),
        ("map,reference,PlotID\na,a,1\na,b,1\n", None, None),
        ("map,reference,inclusion_probability\na,a,0.1\na,b,5\n", None, None),
        ('{"type": "FeatureCollection"}', None, None),
        (PIXELS, "stratum,size\nwater,1\ntrees,2\ncrops,3\n", "class,area_ha\nSumme,6\nwater,1\ntrees,2\ncrops,3\n"),
    ],
)
def test_the_explorer_refuses_what_the_command_line_refuses_in_the_same_words(
    review: AccuracySession, sample: str, strata: str | None, areas: str | None, tmp_path: Path
) -> None:
    import lulc_core as lulc

    files = {"sample.csv": sample, "the strata": strata, "the mapped areas": areas}
    paths = [tmp_path / name if text is not None else None for name, text in files.items()]
    for path, text in zip(paths, files.values(), strict=True):
        if path is not None:
            path.write_text(text, "utf-8")

    def assess() -> None:
        survey = lulc.read_survey(*paths)
        lulc.assess(survey.sample, survey.mapped, design=survey.design)

    with pytest.raises(UserError) as error:
        assess()
    review.source = OWN
    content = [None if text is None else text.encode() for text in files.values()]
    asyncio.run(review.upload(*content, "sample.csv"))
    assert review.problem == str(error.value).replace(f"{tmp_path}/", "")
    assert review.study is None


def test_the_decimal_mark_of_an_upload_can_be_stated(review: AccuracySession) -> None:
    review.source = OWN
    strata = b"stratum,size\nwater,812\ntrees,45310\ncrops,120450\n"
    asyncio.run(review.upload(PIXELS.encode(), strata, THOUSANDS.encode(), "s.csv"))
    assert "State the decimal mark" in review.problem
    review.decimal = ","
    asyncio.run(review.upload(PIXELS.encode(), strata, THOUSANDS.encode(), "s.csv"))
    assert [area.mapped_ha for area in review.study.areas] == [812, 45310, 120450]
