"""The maps of a finished run, each tile a place: they are shown as they are, and never made or removed here."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import rasterio
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_explorer.engine.places import MOST_HA
from lulc_explorer.engine.requests import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAN = "plan.json"
"""The file that every run has."""


def run_folder(path: Path) -> Path | None:
    """Return the folder of the run that a path is, or whose ``collection.json`` it is; None for any other path."""
    folder = path.parent.parent if path.name == "collection.json" else path
    return folder if (folder / _PLAN).is_file() else None


def paths_of(setting: str) -> list[Path]:
    """Return the paths of a setting, separated as in ``PATH``."""
    return [Path(path).expanduser() for path in setting.split(os.pathsep) if path.strip()]


def run_places(paths: Iterable[Path]) -> list[Place]:
    """Return a place for each tile of the runs among some paths; one that cannot be opened has its problem."""
    return [place for path in paths if (folder := run_folder(path)) for place in _tiles(folder.absolute())]


def _tiles(folder: Path) -> list[Place]:
    years: defaultdict[str, dict[int, Path]] = defaultdict(dict)
    try:
        for record in lulc.run_records(folder):
            if record.status == "done":
                years[record.tile][record.year] = folder / record.name
        return [_place(folder, tile, made) for tile, made in years.items()]
    except (lulc.LulcError, OSError, ValueError, KeyError, rasterio.errors.RasterioError) as error:
        name = f"run-{folder.name}"
        return [Place(key=name, title=folder.name, years=(), catalog=folder, region=None, problem=str(error))]


def _place(folder: Path, tile: str, made: dict[int, Path]) -> Place:
    """Return the place of a tile; `made` is a year to the folder of its map."""
    latest = made[max(made)]
    report = json.loads((latest / "report.json").read_text())
    with rasterio.open(latest / "map.tif") as source:
        region = lulc.Region.from_grid(GeoBox.from_rio(source), name=tile, title=f"Tile {tile}")
    problem = ""
    if any(not (one / "predictions.zarr").is_dir() for one in made.values()):
        problem = (
            f"The maps of tile {tile} were made without the predictions of each scene, which the explorer shows. Run "
            "again into another folder with `--keep predictions`, or show them as a layer: `lulc mosaic`, and the file "
            "in LULC_MAPS."
        )
    elif region.area_ha > MOST_HA:
        problem = (
            f"Tile {tile} covers {region.area_ha / 100:,.0f} km²; the explorer shows at most {MOST_HA / 100:,.0f}. "
            "Run smaller parts (`--clip`), or show it as a layer: `lulc mosaic`, and the file in LULC_MAPS."
        )
    return Place(
        key=f"{folder.name}-{tile}",
        title=region.title,
        years=tuple(sorted(made)),
        catalog=folder,
        region=None if problem else region,
        problem=problem,
        made=made,
        network=str(report["model"]),
        from_simulated=bool(report["simulated"]),
    )
