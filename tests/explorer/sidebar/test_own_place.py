"""A place of one's own: what is read, what is refused and why, and what the store makes of it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lulc_explorer.session.build import build_session
from making import MadeCatalog, write_model
from odc.geo.geobox import GeoBox
from shapely import union_all
from shapely.geometry import box as polygon
from shapely.geometry import mapping

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.components.command import Command
    from lulc_explorer.session.session import Session

from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.boxes import key_of, read_box
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.places import _overlap as overlap
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE, OWN, SIMULATED
from lulc_explorer.session.drawing import draw, turn
from lulc_explorer.sidebar.own_place import OwnPlace, commands

LEUVEN = (4.7, 50.85, 4.8, 50.92)
GEOMETRY = mapping(polygon(*LEUVEN))
FEATURE = {"type": "Feature", "properties": {}, "geometry": GEOMETRY}


def _on_both_sides(*parts: tuple[float, float]) -> str:
    """GeoJSON of two boxes, west and east of the antimeridian, as RFC 7946 asks where a shape crosses it."""
    shapes = [mapping(polygon(west, -17, east, -16.95)) for west, east in parts]
    return json.dumps({"type": "MultiPolygon", "coordinates": [shape["coordinates"] for shape in shapes]})


@pytest.mark.parametrize(
    "text",
    [
        "4.7,50.85,4.8,50.92",
        " [4.70, 50.85, 4.80, 50.92] ",
        "box:4.7,50.85,4.8,50.92",
        "4.70,50.85 : 4.80,50.92",
        "4.70°, 50.85°, 4.80°, 50.92°",
        "4.7000001,50.85,4.8,50.9199999",
        "4.7,50.85,20,4.8,50.92,60",
        "4.7,50.85,4.8,50.92 [EPSG:4326]",
        '{"_southWest": {"lat": 50.85, "lng": 4.7}, "_northEast": {"lat": 50.92, "lng": 4.8}}',
        '{"northeast": {"lat": 50.92, "lng": 4.8}, "southwest": {"lat": 50.85, "lng": 4.7}}',
        json.dumps(GEOMETRY),
        json.dumps(FEATURE),
        json.dumps({"type": "FeatureCollection", "features": [FEATURE]}),
        json.dumps({"type": "GeometryCollection", "geometries": [GEOMETRY]}),
        json.dumps(FEATURE | {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}),
        json.dumps(FEATURE | {"crs": {"type": "name", "properties": {"name": "EPSG:4326"}}}),
        json.dumps(FEATURE | {"crs": None}),
        json.dumps(FEATURE | {"bbox": None}),
        json.dumps(FEATURE | {"bbox": [4.7, 50.85, 0, 4.8, 50.92, 60]}),
        json.dumps({"type": "FeatureCollection", "features": [FEATURE], "bbox": [2.5, 49.5, 6.4, 51.5]}),
    ],
)
def test_every_way_to_write_a_box_is_the_same_link(text: str) -> None:
    assert key_of(read_box(text)) == "box:4.7,50.85,4.8,50.92"


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "field is empty"),
        ("[EPSG:4326]", "field is empty"),
        (
            "4.7,4.8,50.85,50.92",
            "46 degrees wide. .*west,east,south,north, as QGIS writes it, give 4.7,50.85,4.8,50.92",
        ),
        ('{"southwest": {"lat": 50.85}, "northeast": {"lat": 50.92, "lng": 4.8}}', "not a GeoJSON"),
        ("Leuven", "neither four numbers nor GeoJSON"),
        ("4.7,50.85,4.8", "four numbers, not 3"),
        ('{"type": "Polygon"', "not readable as JSON: .*line 1"),
        ('{"type":"Polygon","coordinates":' + "[" * 3000 + "]" * 3000 + "}", "nested too deeply"),
        ('{"type":"Polygon","coordinates":' + "[" * 900 + "]" * 900 + "}", "nested too deeply"),
        ('{"type": "Point", "coordinates": [NaN, 50.8]}', "NaN is no finite number"),
        ('{"type": "Point", "type": "Polygon", "coordinates": [4.7, 50.8]}', "'type' is there twice"),
        ('{"type": "Point", "coordinates": [1' + "0" * 400 + ", 50.8]}", "not a GeoJSON"),
        ('{"type": "Polygon"}', "not a GeoJSON"),
        ("[{}]", "not a GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "no coordinates"),
        ('{"type": "Point", "coordinates": [4.7, 50.8]}', "empty"),
        (json.dumps(GEOMETRY | {"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::31370"}}}), "EPSG::31370"),
        (json.dumps(FEATURE | {"crs": {"properties": {"name": "EPSG:14326"}}}), "not in degrees of WGS 84"),
        ("37.1,-121.5,37.2,-121.4", "swapped"),
        (
            json.dumps(FEATURE | {"bbox": [50.85, 4.7, 50.92, 4.8]}),
            "such as 4.8, 50.85, outside its bbox, 50.85,4.7,50.92,4.8: longitude and latitude are swapped",
        ),
        (
            json.dumps({"type": "FeatureCollection", "features": [FEATURE | {"bbox": [5, 50.8, 5.1, 50.9]}]}),
            "outside its bbox, 5,50.8,5.1,50.9. Correct",
        ),
        (json.dumps(FEATURE | {"bbox": "all"}), "not a GeoJSON"),
        *(
            (across, "crosses the antimeridian.* Give one: 179.9,-17,180,-16.9 or -180,-17,-179.8,-16.9")
            for across in ("179.9,-17,-179.8,-16.9", "179.9,-17,180.2,-16.9", "-180.1,-17,-179.8,-16.9")
        ),
        ("4.8,50.85,4.7,50.92", "West exceeds east"),
        ("200,50.85,200.1,50.92", "beyond 180"),
        (_on_both_sides((179.95, 180), (-180, -179.95)), "Give one: 179.95,-17,180,-16.95 or -180,-17,-179.95,-16.95"),
        (_on_both_sides((179.95, 180), (-179.95, -179.9)), "Give one: 179.95,-17,180,-16.95 or -180,-17,-179.9,-16.95"),
        (_on_both_sides((180, 180), (-179.95, -179.9)), "Give one: -180,-17,-179.9,-16.95"),
        ('{"type": "LineString", "coordinates": [[true, 50], [5, 51]]}', "not a GeoJSON"),
        ("4.7,50.85,4.7000001,50.8500001", "empty: .* to a metre"),
        ("4.7,50.92,4.8,50.85", "South exceeds north"),
        ("nan,50.85,4.8,50.92", "finite"),
        ("622000,5633000,632000,5643000", "Use degrees"),
    ],
)
def test_what_is_no_box_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_box(text)


def test_both_boxes_that_a_box_across_the_antimeridian_is_told_are_places() -> None:
    with pytest.raises(ValueError, match="crosses the antimeridian") as refused:
        read_box("179.9,-17,180.2,-16.9")
    given = str(refused.value).partition("Give one: ")[2].rstrip(".").split(" or ")
    assert [read_box(box) for box in given] == [(179.9, -17, 180, -16.9), (-180, -17, -179.8, -16.9)]


KINDS = ["Point", "Polygon", "MultiPolygon", "GeometryCollection", "Feature", "FeatureCollection", "Other"]
NUMBERS = st.none() | st.booleans() | st.floats() | st.integers(-200, 200) | st.just(10**400) | st.text(max_size=3)
PARTS = st.recursive(
    NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries(
            {"type": st.sampled_from(KINDS)},
            optional=dict.fromkeys(("coordinates", "geometry", "geometries", "features", "bbox"), inner),
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.one_of(PARTS.map(json.dumps), st.text(max_size=40), st.lists(NUMBERS, max_size=5).map(str)))
def test_any_text_is_a_box_on_earth_or_refused(text: str) -> None:
    try:
        west, south, east, north = read_box(text)
    except ValueError:
        return
    assert -180 <= west < east <= 180
    assert -84 <= south < north <= 84
    assert read_box(key_of((west, south, east, north))) == (west, south, east, north)


def test_a_box_is_on_offer_with_real_imagery_only_and_too_large_a_one_says_its_size(tmp_path: Path) -> None:
    store = MapRepository(tmp_path, catalog=None, model="unet-simulated")
    key = key_of(LEUVEN)
    order = store.request(key, 2020, imagery=LIVE)
    assert order.place.region.grid == lulc.Region.from_bbox(LEUVEN).grid
    assert not order.place.simulated
    with pytest.raises(UserError, match="no place called"):
        store.request(key, 2020, imagery=SIMULATED)
    for box, size in (("4,50,5,51", r"\d,\d{3}"), ("0,45,10,50", r"\d{3},\d{3}")):
        with pytest.raises(UserError, match=rf"covers {size} km²; the explorer shows at most 900"):
            store.request(f"box:{box}", 2020, imagery=LIVE)


def test_a_box_in_a_folder_is_a_window_of_its_map_and_one_outside_is_refused(made: MadeCatalog, tmp_path: Path) -> None:
    store = MapRepository(tmp_path / "cache", catalog=made.root, model=str(write_model(tmp_path / "model")))
    west, south, east, north = lulc.catalog_region(made.root).bbox
    inner = (west, south, (west + east) / 2, (south + north) / 2)
    order = store.request(key_of(inner), 2020, imagery=OWN)
    assert 0 < order.place.region.area_ha < lulc.catalog_region(made.root).area_ha
    assert order.key != store.request("catalog", 2020).key
    with pytest.raises(UserError, match="outside the imagery"):
        store.request("box:100,10,100.1,10.1", 2020, imagery=OWN)


def test_a_box_is_compared_with_imagery_on_both_sides_of_the_antimeridian() -> None:
    grid = GeoBox.from_bbox((815_000, 8_000_000, 840_000, 8_010_000), crs="EPSG:32760", resolution=10)
    imagery = lulc.Region.from_grid(grid, name="fiji")
    assert imagery.bbox[0] > imagery.bbox[2]
    for west in (179.97, -179.96):
        overlap(lulc.Region.from_bbox((west, -18.05, west + 0.01, -18.04)), imagery)
    with pytest.raises(ValueError, match="outside the imagery"):
        overlap(lulc.Region.from_bbox((0, -18.05, 0.01, -18.04)), imagery)


def test_a_typed_box_that_cannot_be_a_place_is_answered_and_the_map_stays(tmp_path: Path) -> None:
    async def walk() -> None:
        person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
        view = OwnPlace(person)
        field, said, before = view._field, view._said, (person.selection.place, person.selection.imagery)
        field.value = "0 0 20 20"
        assert "at most 900" in said.object
        assert (person.selection.place, person.selection.imagery) == before
        field.value = "4.7,50.85,4.8,50.92"
        assert (person.selection.place, person.selection.imagery) == (key_of(LEUVEN), LIVE)

    asyncio.run(walk())


@pytest.mark.parametrize(
    "text, other, said",
    [
        ("50.85,4.7,50.92,4.8", "box:4.7,50.85,4.8,50.92", "This place lies at sea. .* swapped it is in Belgium"),
        ("42.0,12.0,42.1,12.1", "box:12,42,12.1,42.1", r"\d km² of at most 900 km². In or near Djibouti"),
        ("-33.5,151,-33.4,151.1", "box:151,-33.5,151.1,-33.4", "A latitude is beyond 84"),
        (
            json.dumps({"type": "Polygon", "coordinates": [[[50.85, 4.7], [50.85, 4.8], [50.9, 4.7], [50.85, 4.7]]]}),
            "outline:4.7_50.85_4.7_50.9_4.8_50.85",
            "swapped it is in Belgium",
        ),
    ],
)
def test_coordinates_in_the_wrong_order_are_noticed_and_offered_the_other_way(
    tmp_path: Path, text: str, other: str, said: str
) -> None:
    async def walk() -> None:
        person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
        view = OwnPlace(person)
        view._field.value = text
        assert re.search(said, view._said.object)
        assert view._swap.visible
        view._swap.clicks += 1
        assert person.selection.place == other
        assert not view._swap.visible
        assert "at most 900" in view._said.object

    asyncio.run(walk())


def test_the_palette_offers_the_other_order_of_an_own_place_on_land(tmp_path: Path) -> None:
    async def walk() -> None:
        person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
        assert swaps(person) == []
        person.selection.go_to("box:4.7,50.85,4.8,50.92")
        assert swaps(person) == []  # the other way it lies at sea
        person.selection.go_to("box:50.85,4.7,50.92,4.8")
        (swap,) = swaps(person)
        assert swap.title == "Swap latitude and longitude (Belgium)"
        swap.run()
        assert person.selection.place == "box:4.7,50.85,4.8,50.92"

    asyncio.run(walk())


def swaps(person: Session) -> list[Command]:
    return [command for command in commands(person) if "Swap" in command.title]


def test_a_place_in_the_right_order_is_not_doubted(tmp_path: Path) -> None:
    async def walk() -> None:
        view = OwnPlace(build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs()))
        view._field.value = "4.7,50.85,4.8,50.92"
        assert "In or near Belgium" in view._said.object
        assert not view._swap.visible

    asyncio.run(walk())


def test_rectangles_drawn_one_after_the_other_are_one_region(tmp_path: Path) -> None:
    east, apart = (4.8, 50.85, 4.9, 50.92), (4.95, 50.85, 5.0, 50.9)

    async def walk() -> None:
        person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
        view = OwnPlace(person)
        assert not view._add.visible  # there is no place of one's own to add to
        turn(person, adding=True)
        assert draw(person, LEUVEN) == ""
        assert (person.selection.place, person.display.drawing, view._add.visible) == (key_of(LEUVEN), False, True)
        turn(person, adding=True)
        assert "it becomes a part of this place" in view._said.object
        draw(person, east)
        assert person.selection.place == key_of((4.7, 50.85, 4.9, 50.92))
        turn(person, adding=True)
        draw(person, apart)
        outline = person.selection.places[person.selection.place].outline
        assert outline.equals(union_all([polygon(*part) for part in (LEUVEN, east, apart)]))
        turn(person)
        draw(person, (apart[0] + 360, apart[1], apart[2] + 360, apart[3]))  # on a map that goes on beyond 180 degrees
        assert person.selection.place == key_of(apart)

    asyncio.run(walk())


def test_choosing_a_box_moves_to_real_imagery_and_back(tmp_path: Path) -> None:
    async def walk() -> None:
        person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
        person.selection.place = key_of(LEUVEN)
        assert (person.selection.imagery, person.selection.can_make, person.selection.grid is None) == (
            LIVE,
            True,
            False,
        )
        person.selection.imagery = SIMULATED
        assert person.selection.place == "belgium"

    asyncio.run(walk())
