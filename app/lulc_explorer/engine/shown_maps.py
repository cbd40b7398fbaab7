"""Finished maps that a notebook shows, each a place: they are shown as they are, and never made or removed here."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import rasterio
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_explorer.engine.finished_runs import run_places
from lulc_explorer.engine.map_paths import run_folder
from lulc_explorer.engine.places import MOST_HA
from lulc_explorer.engine.requests import Place

if TYPE_CHECKING:
    from pathlib import Path


def shown_places(folder: Path) -> list[Place]:
    """Return the place of a finished map, or those of a finished run.

    Raises
    ------
    UserError
        If it is neither, or if its maps cannot be shown.
    """
    if run_folder(folder) is None:
        return [_place(folder)]
    places = run_places([folder])
    if all(place.problem for place in places):
        raise lulc.InvalidInputError(places[0].problem if places else f"{folder} holds a run without a finished map.")
    return places


def _place(folder: Path) -> Place:
    opened = lulc.open_map(folder)
    report = opened.report
    if not (folder / "predictions.zarr").is_dir():
        raise lulc.NotFoundError(
            f"{folder} holds a map without the predictions of each scene, which the explorer shows. Make it again with "
            "keep='predictions'; or draw it: lulc.open_map(folder).plot()."
        )
    try:
        with rasterio.open(folder / "map.tif") as source:
            region = lulc.Region.from_grid(GeoBox.from_rio(source), name=report.region, title=report.title)
    except rasterio.errors.RasterioError as error:
        raise lulc.InvalidInputError(f"The map in {folder} is broken: {error}") from error
    if region.area_ha > MOST_HA:
        raise lulc.InvalidInputError(
            f"The map in {folder} covers {region.area_ha / 100:,.0f} km²; the explorer shows at most "
            f"{MOST_HA / 100:,.0f}. Draw it: lulc.open_map(folder).plot(); or make one of a smaller place."
        )
    return Place(
        key=f"map-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}",
        title=f"{report.title} (simulated)" if report.simulated else report.title,
        years=(report.year,),
        catalog=folder,
        region=region,
        made={report.year: folder},
        network=report.model,
        made_of_simulated=report.simulated,
    )
