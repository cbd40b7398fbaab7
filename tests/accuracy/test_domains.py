"""Regions as domains of one sample: R's survey, small regions, coverage."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from made_labels import CLUSTERS, POINTS, made_sample

import lulc_core as lulc
from lulc_core.labelling.geopackage import write_geopackage

WEST = pd.DataFrame({"west": np.arange(1, 151) * 7 % 10 < 4})
# R 4.2.2, survey 4.1-1: svymean, svyratio, svytotal of subset(design, west); value, error of points, error of clusters
SURVEY = {
    "overall": (0.832692307692308, 0.0486269140267043, 0.0396804660526091),
    "users": (0.828685258964143, 0.070355117250986, 0.0583743141589357),
    "producers": (0.920353982300885, 0.0540899212762101, 0.0466580973882482),
    "share": (0.434615384615385, 0.0644983249055815, 0.039126349346294),
}
SURVEY_TOTAL = ((2260, 405.770071160196), (113, 13.3159975020155))


@pytest.mark.parametrize("which, design", [(1, POINTS), (2, CLUSTERS)], ids=["points", "clusters"])
def test_domains_are_those_of_r_survey(which: int, design: lulc.Design) -> None:
    sample = made_sample() if design.unit == "cluster" else made_sample().drop(columns="cluster")
    west = lulc.assess_regions(sample, WEST, design=design, pixel_ha=1.0).regions["west"]
    area = west.area["crops"]
    found = {"overall": west.overall, "users": west.users["crops"], "producers": west.producers["crops"]}
    for figure, one in (found | {"share": area.proportion}).items():
        expected = SURVEY[figure]
        assert (one.value, one.standard_error) == pytest.approx((expected[0], expected[which]), rel=1e-9)
    assert (area.area_ha.value, area.area_ha.standard_error) == pytest.approx(SURVEY_TOTAL[which - 1], rel=1e-9)


def test_a_region_that_is_everything_is_the_assessment() -> None:
    sample = made_sample().drop(columns="cluster")
    whole = lulc.assess(sample, design=POINTS, pixel_ha=1.0)
    every = lulc.assess_regions(sample, pd.DataFrame({"all": [True] * 150}), design=POINTS, pixel_ha=1.0).regions["all"]
    assert every.matrix.to_numpy() == pytest.approx(whole.matrix.to_numpy())
    for name in whole.classes:
        assert every.users[name].standard_error == pytest.approx(whole.users[name].standard_error)
        assert every.area[name].area_ha.value == pytest.approx(whole.area[name].area_ha.value)


def test_regions_that_divide_the_whole_share_its_area() -> None:
    halves = pd.DataFrame({"west": WEST["west"], "east": ~WEST["west"]})
    sample = made_sample().drop(columns="cluster")
    found = lulc.assess_regions(sample, halves, design=POINTS, pixel_ha=1.0)
    areas = [one.areas["area_ha"] for one in found.regions.values()]
    assert sum(areas).tolist() == pytest.approx(
        lulc.assess(sample, design=POINTS, pixel_ha=1.0).areas["area_ha"].tolist()
    )
    assert found.outside == 0


def test_an_empty_region_says_so() -> None:
    nowhere = pd.DataFrame({"nowhere": [False] * 150})
    found = lulc.assess_regions(made_sample().drop(columns="cluster"), nowhere, design=POINTS)
    assert found.regions["nowhere"].overall.value is None
    assert "nothing is known" in found.regions["nowhere"].warnings[0]


def test_a_geopackage_in_another_projection_has_the_same_regions(tmp_path: Path) -> None:
    path = tmp_path / "regions.gpkg"
    boxes = [shapely.box(500_000, 5_600_000, 510_000, 5_610_000), shapely.box(510_000, 5_600_000, 520_000, 5_610_000)]
    write_geopackage(path, "regions", pd.DataFrame({"region": ["one", "one"]}), boxes, epsg=32631)
    regions = lulc.read_regions(path)
    assert list(regions) == ["one"]
    assert regions["one"].bounds == pytest.approx((3.0, 50.55, 3.285, 50.642), abs=0.01)
    with pytest.raises(lulc.InvalidInputError, match="property 'title'"):
        lulc.read_regions(path, name="title")


@pytest.mark.parametrize(
    "rings, said",
    [
        ([shapely.box(-179.9, -17, 179.9, -16)], "360 degrees wide"),
        ([shapely.box(3, 50, 4, 51), shapely.box(8, 50, 9, 51)], "a hole outside it, at 9 50"),
        ([shapely.Polygon()], "must hold polygons, one region each; it has none"),
    ],
)
def test_regions_that_are_not_what_they_say_are_refused(
    tmp_path: Path, rings: list[shapely.Polygon], said: str
) -> None:
    path = tmp_path / "a.geojson"
    corners = [list(ring.exterior.coords) for ring in rings if not ring.is_empty]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": corners}))
    with pytest.raises(lulc.InvalidInputError, match=said):
        lulc.read_regions(path)


def test_exchanged_degrees_are_asked_about_where_the_regions_tell() -> None:
    regions = {"north": shapely.box(3, 50, 4, 52)}
    with pytest.raises(lulc.InvalidInputError, match="If lon and lat are exchanged, 2 of 2 would be right"):
        lulc.places_in_regions([51.0, 51.5], [3.5, 3.9], regions)
    assert not lulc.places_in_regions([9.0, 3.9], [3.5, 9.0], regions).to_numpy().any()  # neither order fits
