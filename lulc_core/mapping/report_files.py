"""``report.json`` of a map, read again: as this release writes it, or as an earlier one did."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.report import MapReport
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_core.json_types import JsonObject

MOST_REPORT_BYTES = 64 * 2**20
"""Of the largest report that is read: it names every scene that was considered."""
_KINDS = {"str": str, "int": int, "bool": bool, "dict": dict, "list": list}


def read_report(folder: Path) -> JsonObject:
    """Return what the ``report.json`` of a map says; a field that a later release added may be missing.

    Parameters
    ----------
    folder
        As `make_map` wrote it.

    Raises
    ------
    InvalidInputError
        For a file that is no JSON object, or cannot be read.
    """
    path = folder / MapFile.REPORT
    return checked_report(read_json(path, most_bytes=MOST_REPORT_BYTES), str(path))


def checked_report(said: object, source: str) -> JsonObject:
    """Return the value of a ``report.json`` if it is an object; raises `InvalidInputError`."""
    if not isinstance(said, dict):
        raise InvalidInputError(f"{source} is no report of a map: it is no object. Make the map again.")
    return said


def read_whole_report(folder: Path) -> MapReport:
    """Read the report of a map of this release; raises `InvalidInputError`, also where a field is missing or wrong."""
    return whole_report(read_report(folder), str(folder / MapFile.REPORT))


def whole_report(said: JsonObject, source: str) -> MapReport:
    """Return the report that a ``report.json`` says; raises `InvalidInputError`, as `read_whole_report`."""
    fields = {one.name: str(one.type) for one in dataclasses.fields(MapReport)}
    needed = [one.name for one in dataclasses.fields(MapReport) if one.default is dataclasses.MISSING]
    if missing := [name for name in needed if name not in said]:
        raise InvalidInputError(
            f"{source} is no report of a map: it lacks {', '.join(missing)}. If an older release made the map, make it "
            "again."
        )
    wrong = [name for name, kind in fields.items() if not _is(said.get(name), kind)]
    if not wrong and not all(map(_is_area, said["classes"].values())):
        wrong = ["classes"]
    if not wrong and not all(isinstance(scene, dict) and "taken" in scene for scene in said["scenes"]):
        wrong = ["scenes"]
    if wrong:
        raise InvalidInputError(f"{source} is no report of a map: {wrong[0]} is {str(said[wrong[0]])[:200]!r}.")
    return MapReport(**{name: said[name] for name in fields if name in said})


def _is(value: object, kind: str) -> bool:
    """Whether a value of JSON is of the kind that a field of `MapReport` says."""
    if value is None:
        return kind.endswith("| None")
    return isinstance(value, _KINDS[kind.split("[")[0].removesuffix(" | None")])


def _is_area(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), int | float) for name in ("pixels", "area_ha"))
