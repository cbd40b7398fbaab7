"""The report of a mosaic that is a map of its own."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.report import class_areas, grid_summary, write_json
from lulc_core.mapping.report_files import whole_report
from lulc_core.runs.results import read_map_report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lulc_core.json_types import JsonObject
    from lulc_core.mapping.assembly import Areas
    from lulc_core.mapping.report import MapReport
    from lulc_core.runs.records import Record


def write_mosaic_report(folder: Path | str, records: list[Record], areas: Areas, path: Path, *, title: str) -> None:
    """Write the report of a mosaic of some maps of a run: what their reports say, with the areas of the mosaic.

    Parameters
    ----------
    folder, records
        Of the run, and of its maps, all of one year.
    areas
        Of the classes of the mosaic.
    path, title
        Of the report; of the mosaic, for people.

    Raises
    ------
    InvalidInputError
        If the report of a map lacks something.
    """
    tiles = [record.tile for record in records]
    reports = [_report(folder, record) for record in records]
    first, others = reports[0], reports[1:]
    whole = dataclasses.replace(
        first,
        region=title,
        title=f"{title}, {counted(len(tiles), 'tile')}",
        simulated=any(one.simulated for one in reports),
        model=", ".join(sorted({one.model for one in reports})),
        grid=grid_summary(areas.grid),
        within=None,
        tiles=tiles,
        scenes=_once(scene for one in reports for scene in one.scenes),
        failed=_once(scene for one in reports for scene in one.failed),
        files={name: sum(one.files.get(name, 0) for one in reports) for name in first.files},
        traffic=None,
        taken_over=0,
        keep="nothing",
        classes=class_areas(areas),
        seconds={},
        estimate=None,
        warnings=[f"A mosaic of the maps of {counted(len(tiles), 'tile')}.", *_warnings(tiles, reports)],
        attribution=" ".join(dict.fromkeys(one.attribution for one in [first, *others])),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_json(dataclasses.asdict(whole), path)


def _report(folder: Path | str, record: Record) -> MapReport:
    said = read_map_report(folder, record.name)
    try:
        return whole_report(said, MapFile.REPORT)
    except InvalidInputError as error:
        raise InvalidInputError(
            f"The report of {record.name} is none of this release ({error}). Make that map anew, or give the mosaic a "
            "name that ends in .tif, which needs no report."
        ) from error


def _once(scenes: Iterable[JsonObject]) -> list[JsonObject]:
    """Return what is said of each scene once, by its id: of one that two maps share, by the map that took it."""
    found: dict[str, JsonObject] = {}
    for scene in scenes:
        before = found.setdefault(scene["id"], scene)
        if scene.get("taken") and not before.get("taken"):
            found[scene["id"]] = scene
    return list(found.values())


def _warnings(tiles: list[str], reports: list[MapReport]) -> list[str]:
    """Return what a reader should know: once what is said of all maps, else with the tile."""
    said = dict.fromkeys(warning for one in reports for warning in one.warnings)
    of_all = [warning for warning in said if all(warning in one.warnings for one in reports)]
    of_some = [
        f"{tile}: {warning}"
        for tile, one in zip(tiles, reports, strict=True)
        for warning in one.warnings
        if warning not in of_all
    ]
    return [*of_all, *of_some]
