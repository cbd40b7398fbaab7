"""Mosaics of the maps of a run: what tiles and zones share counts once, on one grid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import shapely
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from odc.geo.xr import wrap_xr
from pyproj import Geod, Transformer
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import app
from lulc_core.ground_area import pixel_areas, sum_hectares
from lulc_core.mapping.products import write_map
from lulc_core.runs.tiles import Tile, tiles_of

if TYPE_CHECKING:
    from pathlib import Path

    from many_tiles import MadeRun
    from numpy.typing import NDArray

TERRITORY = shapely.box(5.94, 50.48, 6.06, 50.56)
"""Over the border of two zones, and that of two rows of tiles."""
GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose maps show stripes of longitude, each tile with what its neighbours have, too, as real tiles do."""
    folder = tmp_path_factory.mktemp("drawn")
    wide = TERRITORY.buffer(0.01)
    for tile in tiles_of(TERRITORY):
        touched = Geometry(wide, "EPSG:4326").to_crs(tile.crs, resolution=0.01).boundingbox
        grid = tile.grid & tile.grid.enclosing(touched)
        write_map(wrap_xr(stripes(grid), grid), made(folder, tile, 2021) / "map.tif", tags={"MODEL": "drawn"})
    return folder


def made(folder: Path, tile: Tile, year: int) -> Path:
    """The folder of a map that its record calls done."""
    lulc.Record(tile=tile.name, year=year, status="done").write(folder)
    (folder / f"{tile.name}-{year}").mkdir()
    return folder / f"{tile.name}-{year}"


def stripes(grid: GeoBox) -> NDArray[np.uint8]:
    """Codes 1 to 10 by longitude, 0.01 degrees each: a slow and plain truth on any grid."""
    x, y = (grid.coords[name].values for name in grid.dimensions[::-1])
    to_degrees = Transformer.from_crs(str(grid.crs), "EPSG:4326", always_xy=True).transform
    longitude, _ = to_degrees(*np.meshgrid(x, y))
    return (np.floor(longitude * 100).astype(int) % 10 + 1).astype(np.uint8)


def read(path: Path) -> tuple[NDArray[np.uint8], GeoBox]:
    with rasterio.open(path) as source:
        return source.read(1), GeoBox.from_rio(source)


def test_the_areas_of_a_mosaic_over_two_zones_are_geodesic_and_those_of_the_run(drawn: Path, tmp_path: Path) -> None:
    assert len(list(drawn.glob("*.json"))) == 4
    lulc.write_mosaic(drawn, tmp_path / "m.tif", crs="EPSG:3035")
    codes, grid = read(tmp_path / "m.tif")
    areas = np.broadcast_to(pixel_areas(grid, slice(0, grid.shape.y), slice(0, grid.shape.x)), codes.shape)
    found = sum_hectares(codes, areas)
    run = lulc.run_areas(drawn)[2021]
    np.testing.assert_allclose(found[1:11], run.drop("no data"), rtol=0.01)
    np.testing.assert_allclose(found[1:].sum(), run.drop("no data").sum(), rtol=0.003)

    within = rasterio.features.geometry_mask(
        [Geometry(TERRITORY, "EPSG:4326").to_crs(grid.crs, resolution=0.01).geom], codes.shape, grid.affine, invert=True
    )
    assert (codes[within] > 0).all()  # no gap where tiles and zones meet
    geodesic = abs(GEOD.geometry_area_perimeter(TERRITORY)[0]) / 1e4
    np.testing.assert_allclose(areas[within].sum(), geodesic, rtol=0.003)


def test_every_pixel_is_the_nearest_of_the_map_on_whose_ground_it_lies(drawn: Path, tmp_path: Path) -> None:
    grid = lulc.write_mosaic(drawn, tmp_path / "m.tif")
    assert grid.crs.epsg in (32631, 32632)
    codes, grid = read(tmp_path / "m.tif")
    assert grid.resolution.x == 10
    expected = stripes(grid)
    same = codes[codes > 0] == expected[codes > 0]
    assert same.mean() > 0.995  # but for the pixels that a stripe's edge cuts
    own = [tile for tile in tiles_of(TERRITORY) if tile.crs == f"EPSG:{grid.crs.epsg}"]
    for tile in own:
        there, its = read(drawn / f"{tile.name}-2021" / "map.tif")
        part = GeoBox.from_bbox((grid & its).boundingbox, crs=grid.crs, resolution=10)
        ours, theirs = (
            wrap_xr(values, box).odc.crop(part.extent).values for values, box in ((codes, grid), (there, its))
        )
        inside = rasterio.features.geometry_mask(
            [Geometry(tile.ground, "EPSG:4326").to_crs(grid.crs, resolution=0.01).geom],
            ours.shape,
            part.affine,
            invert=True,
        )
        np.testing.assert_array_equal(ours[inside], theirs[inside])


def test_a_mosaic_says_what_its_maps_say_and_looks_as_they_do(drawn: Path, tmp_path: Path) -> None:
    lulc.write_mosaic(drawn, tmp_path / "m.tif", crs="EPSG:3035", resolution=100)
    with rasterio.open(tmp_path / "m.tif") as source, rasterio.open(next(drawn.glob("*/map.tif"))) as one:
        assert source.colormap(1) == one.colormap(1)
        assert source.nodata == one.nodata == 0
        assert source.res == (100, 100)
        assert source.tags()["MODEL"] == "drawn"
        assert len(source.tags()["TILES"].split()) == 4
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert lulc.read_map(tmp_path / "m.tif").dtype == np.uint8


def test_a_mosaic_has_the_colours_that_its_run_was_asked_for(made_run: MadeRun, tmp_path: Path) -> None:
    run = made_run.into(tmp_path / "run", years=(2020,))
    lulc.run_here(replace(run, template=replace(run.template, distinct=True)))
    for name in ("m.tif", "both/map.tif"):
        lulc.write_mosaic(run.folder, tmp_path / name.removesuffix("/map.tif"))
        with rasterio.open(tmp_path / name) as source, rasterio.open(next(run.folder.glob("*/map.tif"))) as one:
            assert source.colormap(1) == one.colormap(1)
            assert source.colormap(1)[5][:3] == lulc.LEGEND.distinct.colours[5]


@pytest.mark.parametrize(
    "options, says",
    [
        ({"crs": "EPSG:none"}, "is no CRS"),
        ({"crs": "EPSG:4326"}, "pixels in degrees; give a resolution in that unit"),
        ({"resolution": 0}, "A resolution is above 0"),
        ({"resolution": 0.01}, "Give a coarser resolution"),
        ({"year": 1999}, "no finished map of 1999; choose one of: 2021"),
    ],
)
def test_what_no_mosaic_can_be_made_of_is_refused(
    drawn: Path, tmp_path: Path, options: dict[str, object], says: str
) -> None:
    with pytest.raises(lulc.LulcError, match=says):
        lulc.write_mosaic(drawn, tmp_path / "m.tif", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_mosaic_in_a_folder_is_a_map_of_its_own(finished: lulc.Run, tmp_path: Path) -> None:
    lulc.write_mosaic(finished.folder, tmp_path / "m.tif", year=2021)
    grid = lulc.write_mosaic(finished.folder, tmp_path / "both", year=2021)
    lulc.check_files(tmp_path / "both")
    opened = lulc.open_map(tmp_path / "both")
    assert opened.report.tiles == ["31UGS", "32UKB"]
    assert opened.title == "both, 2 tiles, 2021"
    codes, _ = read(tmp_path / "m.tif")
    np.testing.assert_array_equal(opened.label.values, codes)
    areas = opened.to_frame()
    assert areas.drop("no data")["pixels"].sum() == (codes > 0).sum()
    np.testing.assert_allclose(areas["area_ha"], lulc.run_areas(finished.folder)[2021][areas.index], atol=0.5)
    parts = [lulc.open_map(finished.folder / f"{tile}-2021") for tile in opened.report.tiles]
    of_parts = [scene for part in parts for scene in part.report.scenes]
    taken = {scene["id"] for scene in of_parts if scene["taken"]}
    assert len(of_parts) > len({scene["id"] for scene in of_parts})  # both tiles show the border
    assert sorted(scene["id"] for scene in opened.report.scenes) == sorted({scene["id"] for scene in of_parts})
    assert {scene["id"] for scene in opened.report.scenes if scene["taken"]} == taken
    (own,) = (part for part in parts if part.label.odc.geobox.crs == grid.crs)
    with rasterio.open(tmp_path / "both" / "quality.tif") as ours, rasterio.open(own.folder / "quality.tif") as theirs:
        assert (ours.descriptions, ours.units, ours.nodata) == (theirs.descriptions, theirs.units, theirs.nodata)
        bands, whole = ours.read(), theirs.read()
        at = ours.window(*theirs.bounds).round_offsets()
        column, row = int(at.col_off), int(at.row_off)
    height, width = whole.shape[1:]
    same = bands[:, max(row, 0) : row + height, max(column, 0) : column + width]
    whole = whole[:, max(-row, 0) :, max(-column, 0) :][:, : same.shape[1], : same.shape[2]]
    assert (same == whole).all(axis=0).mean() > 0.5  # the ground of its tile; the rest is the other's, or nobody's
    np.testing.assert_array_equal((bands[3] > 0), codes > 0)


def test_several_years_need_a_choice_and_the_command_writes_one(finished: lulc.Run, tmp_path: Path) -> None:
    out = tmp_path / "new" / "m.tif"
    with pytest.raises(lulc.InvalidInputError, match="several years; choose one of: 2020, 2021"):
        lulc.write_mosaic(finished.folder, out)
    done = CliRunner().invoke(app, ["mosaic", str(finished.folder), "--year", "2020", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert str(out) in done.output
    codes, _ = read(out)
    assert (codes > 0).any()
    with rasterio.open(out) as source, rasterio.open(finished.folder / "31UGS-2020" / "map.tif") as one:
        credit = source.tags()["TIFFTAG_COPYRIGHT"]
        assert credit == one.tags()["TIFFTAG_COPYRIGHT"]
    assert "Copernicus Sentinel data 2020" in credit
