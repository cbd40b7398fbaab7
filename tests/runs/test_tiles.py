"""The tiles of Sentinel-2, from their names and from the ground."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import shapely
import yaml
from hypothesis import given
from hypothesis import strategies as st

import lulc_core as lulc
from lulc_core.runs.tile_years import shard, tile_years

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "clusters.md"
PUBLISHED = {
    "06VVN": (32606, 399_960, 6_800_040),
    "31UDS": (32631, 399_960, 5_700_000),
    "31TCJ": (32631, 300_000, 4_900_020),
    "35XQA": (32635, 699_960, 8_100_000),
    "46XER": (32646, 499_980, 9_100_020),
    "53NKG": (32653, 199_980, 700_020),
    "58UFE": (32658, 600_000, 6_000_000),
    "59ULA": (32659, 300_000, 6_100_020),
}
"""Tile to EPSG code and upper left corner, as the metadata of ESA's products give them."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_tile_lies_where_the_products_say(name: str) -> None:
    grid = lulc.Tile.named(f"T{name.lower()}").grid
    epsg, west, north = PUBLISHED[name]
    assert (grid.crs.epsg, grid.shape) == (epsg, (10980, 10980))
    assert tuple(grid.affine)[:6] == (10, 0, west, 0, -10, north)


@pytest.mark.parametrize("name", ["", "31UF", "61UFS", "31IFS", "31UAA", "32XLL", "31UFSX", "../31UFS"])
def test_what_is_no_tile_is_refused(name: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match="is no tile of Sentinel-2"):
        lulc.Tile.named(name)


@given(st.floats(-179.9, 179.9), st.floats(-79.9, 83.9))
def test_every_place_is_the_ground_of_one_tile(longitude: float, latitude: float) -> None:
    place = shapely.Point(longitude, latitude)
    near = lulc.tiles_of(place.buffer(0.02))
    holding = [tile for tile in near if tile.ground.buffer(1e-9).contains(place)]
    assert len(holding) >= 1
    assert sum(tile.ground.buffer(-1e-6).contains(place) for tile in near) <= 1
    for tile in near:
        assert lulc.Tile.named(tile.name) == tile
        assert tile.region.outline.buffer(1e-4).contains(tile.ground)


def test_a_territory_over_the_antimeridian_has_tiles_on_both_sides() -> None:
    fiji = shapely.MultiPolygon([shapely.box(179.8, -17, 180, -16.9), shapely.box(-180, -17, -179.8, -16.9)])
    assert {tile.zone for tile in lulc.tiles_of(fiji)} == {1, 60}


def test_tiles_come_from_names_files_and_territories_and_count_once(tmp_path: Path) -> None:
    names = tmp_path / "tiles.txt"
    names.write_text("31UFS\nT31UGS\n")
    territory = tmp_path / "a.geojson"
    territory.write_text(json.dumps(shapely.box(5.9, 50.6, 6.1, 50.7).__geo_interface__))
    units = tile_years(["31ufs", str(names), str(territory)], (2021, 2020, 2021))
    assert [unit.name for unit in units] == [
        f"{tile}-{year}" for tile in ("31UFS", "31UGS", "32UKB") for year in (2020, 2021)
    ]


@pytest.mark.parametrize(
    "content, came",
    [
        (b"SQLite format 3\0\xff\xfe", "an SQLite database, such as a GeoPackage. Make GeoJSON"),
        (b"PKplaces.shp\xff\xfe", "a shapefile in a zip archive. Make GeoJSON"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"tile,name\n31UFS,Leuven\n", ".* ogr2ogr .* got 'tile,name'"),
    ],
)
def test_a_file_of_another_kind_than_tiles_or_geojson_is_refused(tmp_path: Path, content: bytes, came: str) -> None:
    (tmp_path / "a.gpkg").write_bytes(content)
    with pytest.raises(lulc.InvalidInputError, match=f"names of tiles such as 31UFS.*{came}"):
        tile_years([str(tmp_path / "a.gpkg")], [2021])


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"'nowhere\.geojson' is no tile .* Nor is there a file"):
        tile_years(["nowhere.geojson"], [2021])


@given(st.integers(1, 9), st.integers(1, 40))
def test_all_shards_together_are_the_run(count: int, units: int) -> None:
    run = tile_years(["31UFS"], range(1900, 1900 + units))
    parts = [unit for index in range(count) for unit in shard(run, f"{index + 1}/{count}")]
    assert sorted(parts, key=lambda unit: unit.year) == run


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3"])
def test_what_is_no_shard_is_refused(part: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match="shard is i/n"):
        shard(tile_years(["31UFS"], [2020]), part)


def test_the_pods_of_the_page_take_all_shards_once() -> None:
    job = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0])["spec"]
    (container,) = job["template"]["spec"]["containers"]
    shell, count = [*container["command"], 'lulc() { echo "$@"; }; ' + container["args"][0]], job["completions"]
    said = [
        subprocess.run(shell, env={"JOB_COMPLETION_INDEX": str(pod)}, check=True, capture_output=True, text=True).stdout
        for pod in range(count)
    ]
    assert re.findall(r"--shard (\S+)", "".join(said)) == [f"{pod + 1}/{count}" for pod in range(count)]
    run = tile_years(["31UFS", "31UGS"], range(2019, 2024))
    parts = [unit for line in said for unit in shard(run, re.findall(r"--shard (\S+)", line)[0])]
    assert sorted(parts, key=lambda unit: unit.name) == run


BOX = shapely.box(5, 50, 6, 51).__geo_interface__


@pytest.mark.parametrize(
    "text, said",
    [
        ("{}", "no GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "no geometry"),
        ('{"type": "Polygon", "coordinates": [[[5, 50], [6]]]}', "cannot be read"),
        ('{"type": "Point", "coordinates": [500000, 5000000]}', "longitude first"),
        ('{"type": "Feature", "geometry": null}', "no geometry"),
        (
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [
                        {"type": "Feature", "geometry": BOX, "properties": {"name": "Gent"}},
                        {"type": "Feature", "geometry": None, "properties": {"name": "Aalst"}},
                    ],
                }
            ),
            "a feature with no geometry, {'name': 'Aalst'}: what it stands for would be missing",
        ),
        (
            json.dumps(BOX | {"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::32631"}}}),
            "not in degrees of WGS 84",
        ),
        (
            json.dumps({"type": "Feature", "geometry": BOX | {"crs": {"properties": {"name": "EPSG:2154"}}}}),
            "EPSG:2154",
        ),
        (json.dumps(BOX | {"bbox": [50, 5, 51, 6]}), "outside its bbox, 50,5,51,6: longitude and latitude are"),
        (json.dumps(shapely.box(-179.9, -17, 179.9, -16).__geo_interface__), "360 degrees wide, as one over the"),
        ('{"type": "Topology", "arcs": []}', "cannot be read: Unknown geometry type"),
        (
            json.dumps({"type": "Polygon", "coordinates": [*BOX["coordinates"], [[8, 8], [9, 8], [9, 9], [8, 8]]]}),
            "at 8 8",
        ),
    ],
)
def test_what_is_no_territory_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(lulc.InvalidInputError, match=said):
        lulc.read_territory(path)
