"""The areas of every year of a place, without opening maps where that is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lulc_core as lulc
from lulc_explorer.analysis.area_series import NO_DATA, AreaSeries
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.engine.year_panel import intervals_by_truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.engine.requests import MapRequest


def read_area_series(
    repository: MapRepository, requests: Sequence[MapRequest], weights: Mapping[str, float]
) -> AreaSeries:
    """Return the areas of the years whose map has been made. Reads files.

    Parameters
    ----------
    repository
        Where maps are kept.
    requests
        The maps of one place, a year each, ascending.
    weights
        Class name to weight where it differs from that of the maps; without any, their reports have the areas.

    Raises
    ------
    UserError
        If a map is broken, or has no votes to weigh.
    """
    place, found = requests[0].place, [request for request in requests if repository.has(request)]
    reports = {request.year: lulc.read_report(repository.folder_of(request)) for request in found}
    counted = not weights and place.outline is None
    areas = {
        request.year: _reported(reports[request.year]) if counted else _weighed(repository, request, weights)
        for request in found
    }
    maps = {request.year: repository.find(request) for request in found} if place.simulated else {}
    return AreaSeries(
        intervals=intervals_by_truth({year: one for year, one in maps.items() if one is not None}),
        title=place.title,
        simulated=place.simulated or any(report.get("simulated", False) for report in reports.values()),
        weighted=bool(weights),
        years=tuple(request.year for request in requests),
        hectares={year: one for year, one in areas.items() if one is not None},
    )


def _reported(report: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    return {name: float(report["classes"][name]["area_ha"]) for name in (*LEGEND.names, NO_DATA)}


def _weighed(repository: MapRepository, request: MapRequest, weights: Mapping[str, float]) -> dict[str, float] | None:
    """Return the areas with other weights; None if the map has just been removed."""
    land_cover = repository.find(request)
    if land_cover is None:
        return None
    hectares = land_cover.weigh(weights).hectares
    return {c.name: hectares[c.code] for c in LEGEND} | {NO_DATA: hectares[0]}
