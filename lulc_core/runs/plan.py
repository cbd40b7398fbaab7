"""The plan of a run: which maps, and how all of them are made. What is made otherwise belongs into another folder."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.access import public
from lulc_core.imagery.answers import read_features
from lulc_core.imagery.catalogs import is_address
from lulc_core.networks.protocol import digest
from lulc_core.runs.processes import has_ended, this_process
from lulc_core.runs.storage import storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lulc_core.json_types import JsonObject
    from lulc_core.mapping.request import MapRequest
    from lulc_core.runs.tile_years import TileYear

PLAN = "plan.json"
"""Its file in the folder of the run."""
PLANNING = "planning.json"
"""What stands there until there is a plan: when planning began, and the process that plans."""
CATALOG = "catalog"
"""Folder of the STAC collection of its maps within that of the run."""
MOST_PLAN_BYTES = 256 * 2**20
"""Of the largest plan that is read: millions of maps."""
NO_SETTING = {"region", "year", "model", "catalog", "data_dirs", "timeout", "refresh"}
"""Fields of a request that differ from map to map, decide nothing, or are told in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """Which maps a run makes, and how."""

    settings: JsonObject
    """Whatever decides a map beside its place and year; empty if nothing was begun."""
    maps: dict[str, list[float] | None]
    """Name to the part of the tile that is mapped, as `TileYear.within`."""


def is_run(folder: Path) -> bool:
    """Return whether a folder of this machine holds a run.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> is_run(Path(tempfile.mkdtemp()))
    False
    """
    return (folder / PLAN).is_file()


def read_plan(folder: Path | str, *, patience_s: float | None = None) -> RunPlan:
    """Return the plan of the run in a folder or a bucket; an empty one if none was begun.

    Parameters
    ----------
    folder
        Of the run; or its bucket.
    patience_s
        Seconds after which a bucket that does not answer is not asked again; by default three minutes.

    Raises
    ------
    InvalidInputError, UnreachableError
        If it is not as it is written here, or the bucket does not answer.
    """
    value = storage(folder, patience_s=patience_s).read_json(PLAN, most_bytes=MOST_PLAN_BYTES)
    if value is None:
        return RunPlan(settings={}, maps={})
    settings, maps = (value.get(name) if isinstance(value, dict) else None for name in ("settings", "maps"))
    if not isinstance(settings, dict) or not isinstance(maps, dict):
        raise InvalidInputError(f"{storage(folder).address(PLAN)} is no plan of a run; move it away.")
    return RunPlan(settings=settings, maps=maps)


@contextlib.contextmanager
def planning(folder: Path | str) -> Iterator[None]:
    """Let the status of a run say that it is being planned, for as long as the block takes.

    Opening a network and looking at the scenes of the first map takes a while, in which there is no plan yet.
    """
    place = storage(folder)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    place.write_json(PLANNING, {"since": since, "process": this_process()})
    try:
        yield
    finally:
        place.remove(PLANNING)


def planning_since(folder: Path | str) -> str:
    """Return since when the run in a folder or a bucket is being planned, ISO 8601, UTC; empty if it is not.

    Nor is it where the process that planned was killed, as far as that can be told: on its machine.
    """
    value = storage(folder).read_json(PLANNING)
    if not isinstance(value, dict) or has_ended(str(value.get("process", ""))):
        return ""
    return str(value.get("since", ""))


def keep_plan(units: Iterable[TileYear], template: MapRequest, folder: Path | str) -> None:
    """Write the plan of a run, or add maps to the one that is there; raises as `checked_plan`."""
    before, after = read_plan(folder), checked_plan(units, template, folder)
    if not before.settings or after.maps.keys() - before.maps.keys():
        storage(folder).write_json(PLAN, dataclasses.asdict(after))


def checked_plan(units: Iterable[TileYear], template: MapRequest, folder: Path | str) -> RunPlan:
    """Return the plan of a run with what is there already; nothing is written.

    Raises
    ------
    InvalidInputError
        If what is there makes its maps otherwise, or another part of the same tile.
    NotFoundError
        If the catalog is a path where there is none, or it is empty: it would fail once for every map.
    """
    if not is_address(template.catalog):
        read_features(Path(template.catalog))
    before, settings = read_plan(folder), _settings(template)
    other = [name for name in settings if before.settings.get(name, settings[name]) != settings[name]]
    if other:
        said = "; ".join(f"{name} was {before.settings[name]}, and is {settings[name]} now" for name in other)
        raise InvalidInputError(
            f"{folder} holds maps that were made otherwise: {said}. Give the same settings, or another folder."
        )
    maps = {unit.name: None if unit.within is None else [round(edge, 3) for edge in unit.within] for unit in units}
    for name in maps.keys() & before.maps.keys():
        if maps[name] != before.maps[name]:
            raise InvalidInputError(
                f"{folder} holds a map {name} of another part of the tile. Give the same territory, or another folder."
            )
    return RunPlan(settings=settings, maps={**before.maps, **maps})


def _settings(template: MapRequest) -> JsonObject:
    """Return what decides the maps of a run, ready for JSON."""
    model = template.open_model()
    fields = {one.name: getattr(template, one.name) for one in dataclasses.fields(template)}
    return {
        "network": [model.name, digest(model.weights) if model.weights else ""],
        "catalog": public(str(template.catalog)),
        **{
            name: dict(value) if name == "weights" else value
            for name, value in fields.items()
            if name not in NO_SETTING
        },
    }
