"""Finished maps, each a place, as those a notebook shows: shown as they are, and never made or removed here."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import rasterio
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_explorer.engine.composite_only import coarser, step_of
from lulc_explorer.engine.finished_runs import run_places
from lulc_explorer.engine.map_paths import is_map, run_folder
from lulc_explorer.engine.requests import Place

if TYPE_CHECKING:
    from collections.abc import Iterable


def shown_places(folder: Path) -> list[Place]:
    """Return the place of a finished map, or those of a finished run.

    Raises
    ------
    UserError
        If it is neither, or none of its maps can be read.
    """
    if run_folder(folder) is None:
        return [_place(folder)]
    places = run_places([folder])
    if all(place.problem for place in places):
        raise lulc.InvalidInputError(places[0].problem if places else f"{folder} holds a run without a finished map.")
    return places


def map_places(paths: Iterable[Path | str]) -> list[Place]:
    """Return the places of the finished maps among some paths; one that cannot be read has its problem."""
    places = []
    for path in paths:
        if isinstance(path, Path) and is_map(path):
            try:
                places.append(_place(path.absolute()))
            except lulc.LulcError as error:
                bare = Place(key=f"map-{path.name}", title=path.name, years=(), catalog=path, region=None)
                places.append(replace(bare, problem=str(error)))
    return places


def _place(folder: Path) -> Place:
    opened = lulc.open_map(folder)
    report = opened.report
    try:
        with rasterio.open(folder / lulc.MapFile.MAP) as source:
            whole = lulc.Region.from_grid(GeoBox.from_rio(source), name=report.region, title=report.title)
    except rasterio.errors.RasterioError as error:
        raise lulc.InvalidInputError(f"The map in {folder} is broken: {error}") from error
    return Place(
        key=f"map-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}",
        title=f"{report.title} (simulated)" if report.simulated else report.title,
        years=(report.year,),
        catalog=folder,
        region=replace(whole, grid=coarser(whole.grid, step_of(whole))),
        made={report.year: folder},
        network=report.model,
        made_of_simulated=report.simulated,
    )
