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
    from collections.abc import Iterable, Mapping, Sequence

_PLAN = "plan.json"
"""The file that every run has."""
_UNREADABLE = (lulc.LulcError, OSError, ValueError, KeyError, rasterio.errors.RasterioError)


def run_folder(path: Path) -> Path | None:
    """Return the folder of the run that a path is, or whose ``collection.json`` it is; None for any other path."""
    folder = path.parent.parent if path.name == "collection.json" else path
    return folder if (folder / _PLAN).is_file() else None


def paths_of(setting: str) -> list[Path]:
    """Return the paths of a setting, separated as in ``PATH``."""
    return [Path(path).expanduser() for path in setting.split(os.pathsep) if path.strip()]


def run_places(paths: Iterable[Path]) -> list[Place]:
    """Return a place for each tile of the runs among some paths; one that cannot be opened has its problem."""
    folders = list(dict.fromkeys(folder.absolute() for path in paths if (folder := run_folder(path))))
    return [place for folder, name in zip(folders, _names(folders), strict=True) for place in _tiles(folder, name)]


def _names(folders: Sequence[Path]) -> list[str]:
    """Return a name of each folder that no other has: its own, with as many of those above it as that takes."""
    depth = next((n for n in range(1, 99) if len({folder.parts[-n:] for folder in folders}) == len(folders)), 99)
    return ["-".join(folder.parts[-depth:]).strip("/") for folder in folders]


def _tiles(folder: Path, name: str) -> list[Place]:
    years: defaultdict[str, dict[int, Path]] = defaultdict(dict)
    try:
        for record in lulc.run_records(folder):
            if record.status == "done":
                years[record.tile][record.year] = folder / record.name
    except _UNREADABLE as error:
        return [_unusable(folder, f"run-{name}", name, error)]
    return [_place(folder, name, tile, made) for tile, made in years.items()]


def _place(folder: Path, name: str, tile: str, made: dict[int, Path]) -> Place:
    """Return the place of a tile; `made` is a year to the folder of its map."""
    key, title = f"{name}-{tile}", f"Tile {tile} of {name}"
    latest = made[max(made)]
    try:
        report = json.loads((latest / "report.json").read_text())
        with rasterio.open(latest / "map.tif") as source:
            region = lulc.Region.from_grid(GeoBox.from_rio(source), name=tile, title=title)
        network = str(report["model"])
    except _UNREADABLE as error:
        return _unusable(folder, key, title, error)
    problem = _problem(tile, made, region)
    return Place(
        key=key,
        title=f"{title} (simulated)" if report["simulated"] else title,
        years=tuple(sorted(made)),
        catalog=folder,
        region=None if problem else region,
        problem=problem,
        made=made,
        network=network,
        made_of_simulated=bool(report["simulated"]),
    )


def _unusable(folder: Path, key: str, title: str, error: Exception) -> Place:
    return Place(key=key, title=title, years=(), catalog=folder, region=None, problem=str(error))


def _problem(tile: str, made: Mapping[int, Path], region: lulc.Region) -> str:
    """Return why the maps of a tile cannot be opened, and what to do; empty if they can."""
    if any(not (one / "predictions.zarr").is_dir() for one in made.values()):
        return (
            f"The maps of tile {tile} were made without the predictions of each scene, which the explorer shows. Run "
            "again into another folder with `--keep predictions`, or show them as a layer: `lulc mosaic`, and the file "
            "in LULC_MAPS."
        )
    if region.area_ha > MOST_HA:
        return (
            f"Tile {tile} covers {region.area_ha / 100:,.0f} km²; the explorer shows at most {MOST_HA / 100:,.0f}. "
            "Run smaller parts (`--clip`), or show it as a layer: `lulc mosaic`, and the file in LULC_MAPS."
        )
    return ""
