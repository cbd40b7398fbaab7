"""Tiles by the command line: drawn, marked in another program, written as labels for training, and assessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
import typer
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import labelling, sampling

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def lulc_json() -> Callable[..., dict]:
    """Run a command with --json; its error is raised."""

    app = typer.Typer()
    labelling.register(app)
    sampling.register(app)

    def run(*arguments: object) -> dict:
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        if result.exception:
            raise result.exception
        return json.loads(result.stdout)

    return run


def test_a_sample_of_tiles_is_marked_elsewhere_written_for_training_and_assessed(
    lulc_json: Callable[..., dict], tmp_path: Path
) -> None:
    grid = GeoBox.from_bbox((500_000, 5_600_000, 500_400, 5_600_400), crs="EPSG:32631", resolution=10)
    cover, sample, database = tmp_path / "map.tif", tmp_path / "sample.csv", tmp_path / "labels.db"
    lulc.write_map(wrap_xr(np.full(grid.shape, 2, np.uint8), grid), cover)
    lulc_json("sample", "--map", cover, "--out", sample, "--size", 4, "--design", "tiles", "--tile-m", 100)
    tiles = ("--map", cover, "--tile-m", 100, "--project", "tiles", "--target-se", 0.1)
    assert lulc_json("label", "new", database, "--sample", sample, *tiles)["units"] == 4
    with lulc.LabelDatabase(database) as opened:
        desk = lulc.LabelDesk(opened)
        assert desk.project.strata == {"all": 16.0}
        for number in (1, 2, 3):
            tile = desk.unit(number).grid
            west, south, east, north = tile.boundingbox.bbox
            marks = [
                lulc.MarkedPolygon(name=name, geometry=shapely.box(*box))
                for name, box in (
                    ("trees", (west, south, east, north)),
                    ("water", (west, south, west + 10 * number, north)),
                )
            ]
            lulc.write_marks(tmp_path / f"{number}.gpkg", marks, tile)
    for number in (1, 2):
        lulc_json("label", "import", database, tmp_path / f"{number}.gpkg", "--unit", number, "--person", "Ana")
    written = lulc_json("label", "export", database, "--out", tmp_path / "labels", "--what", "tiles")
    assert written["rows"] == 2
    label = lulc.read_map(tmp_path / "labels" / "tile-2.tif")
    assert label.values[0].tolist() == [1] * 2 + [2] * 8
    found = lulc_json("label", "status", database, "--map", cover)
    assert found["assessment"]["overall"]["value"] == 0.85
    (missing,) = found["missing"]
    assert (missing["labelled"], missing["planned"], missing["waiting"]) == (2, 2, 2)
