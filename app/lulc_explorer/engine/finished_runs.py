"""The maps of a finished run, each tile a place: they are shown as they are, and never made or removed here."""

from __future__ import annotations

import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from affine import Affine
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_explorer.engine.composite_only import coarser, step_of
from lulc_explorer.engine.map_paths import run_folder
from lulc_explorer.engine.requests import InBucket, Place, RunTile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_UNREADABLE = (lulc.LulcError, OSError, ValueError, LookupError, TypeError)
_PATIENCE_S = 10.0
"""Seconds after which a bucket that does not answer is unreachable: people wait for the explorer."""
STATUSES = ("failed", "waiting", "running", "done")
"""Of a tile: of its years the first of these."""
_MOST_WHY = 200
"""Characters of an error that are shown."""
_READERS = 16
"""Tiles of a run whose reports are read at a time."""


class FinishedRuns:
    """The runs among some paths and addresses, each tile a place; one that cannot be opened has its problem."""

    def __init__(self, places: Iterable[Path | str]) -> None:
        runs = list(dict.fromkeys(run for place in places if (run := run_folder(place)) is not None))
        self._names = dict(zip(runs, _names(runs), strict=True))
        self._seen: dict[Path | str, int] = {}

    def changed(self) -> list[Path | str]:
        """Return the runs that have got or lost a record since `read`; a bucket does not tell."""
        return [run for run in self._names if self._seen.get(run) != _state(run)]

    def read(self, runs: Iterable[Path | str]) -> list[Place]:
        """Return the places of some of them, as they are now."""
        places = []
        for run in runs:
            self._seen[run] = _state(run)  # before it is read: what comes meanwhile is news
            places += _tiles(run, self._names[run])
        return places


def run_places(places: Iterable[Path | str]) -> list[Place]:
    """Return a place for each tile of the runs among some places."""
    runs = FinishedRuns(places)
    return runs.read(runs.changed())


def _state(run: Path | str) -> int:
    """Return what changes with every record: it is written beside its map, and renamed."""
    return run.stat().st_mtime_ns if isinstance(run, Path) and run.is_dir() else 0


def _names(runs: Sequence[Path | str]) -> list[str]:
    """Return a name of each run that no other has: that of its folder, with as many of those above it as that takes."""
    parts = [run.parts if isinstance(run, Path) else tuple(filter(None, re.split(":?/", run))) for run in runs]
    depth = next((n for n in range(1, 99) if len({one[-n:] for one in parts}) == len(parts)), 99)
    return ["-".join(one[-depth:]).strip("/") for one in parts]


def _tiles(run: Path | str, name: str) -> list[Place]:
    """Return the places of the tiles of a run."""
    years: defaultdict[str, dict[int, Path | InBucket]] = defaultdict(dict)
    try:
        plan = lulc.read_plan(run, patience_s=_PATIENCE_S)
        if not plan.maps:
            raise lulc.NotFoundError(f"{run} holds no run: it has no plan of one. Give the folder of `lulc run --out`.")
        records = lulc.run_records(run)
        for record in records:
            if record.status == "done":
                years[record.tile][record.year] = _map_of(run, record)
        if not years:
            raise lulc.NotFoundError(f"No map of the run in {run} is finished yet; `lulc status` says why.")
        tiles = tiles_of_run(plan, records, name)
    except _UNREADABLE as error:
        return [_unusable(run, f"run-{name}", name if isinstance(run, Path) else run, error)]
    with ThreadPoolExecutor(_READERS) as readers:
        places = list(readers.map(partial(_place, run, name), years, years.values()))
    return [replace(place, run_tiles=tiles) for place in places]


def tiles_of_run(plan: lulc.RunPlan, records: Iterable[lulc.Record], run: str) -> tuple[RunTile, ...]:
    """Return every tile of a plan, with what its records say; `run` is the name of the run in the keys of places."""
    said = {record.name: record for record in records}
    names: defaultdict[str, list[str]] = defaultdict(list)
    for one in sorted(plan.maps):
        names[one.rpartition("-")[0]].append(one)
    return tuple(
        _tile(tile, plan.maps[ones[0]], [said.get(one, one) for one in ones], run) for tile, ones in names.items()
    )


def _tile(name: str, within: Sequence[float] | None, maps: Sequence[lulc.Record | str], run: str) -> RunTile:
    """Return a tile of which `maps` are the records, or the names where there is none yet."""
    told = [(one.name, one.status, one.error) if isinstance(one, lulc.Record) else (one, "waiting", "") for one in maps]
    statuses = {status for _, status, _ in told}
    west, south, east, north = within or (0, 0, 0, 0)
    unit = lulc.TileYear(tile=lulc.Tile.named(name), year=0, within=(west, south, east, north) if within else None)
    return RunTile(
        name=name,
        grid=unit.region.grid,
        status=next((status for status in STATUSES if status in statuses), "waiting"),
        words="; ".join(f"{one} {status}" + (f": {why[:_MOST_WHY]}" if why else "") for one, status, why in told),
        place=f"{run}-{name}" if "done" in statuses else "",
    )


def _map_of(run: Path | str, record: lulc.Record) -> Path | InBucket:
    return run / record.name if isinstance(run, Path) else InBucket(run=run, name=record.name, ended=record.ended)


def _place(run: Path | str, name: str, tile: str, made: Mapping[int, Path | InBucket]) -> Place:
    """Return the place of a tile; `made` is a year to its map."""
    key, title = f"{name}-{tile}", f"Tile {tile} of {name if isinstance(run, Path) else run}"
    try:
        report = lulc.read_map_report(run, f"{tile}-{max(made)}")
        grid = report["grid"]
        box = GeoBox(grid["shape"], Affine(*grid["transform"]), grid["crs"])
        whole, network = lulc.Region.from_grid(box, name=tile, title=title), str(report["model"])
        region = replace(whole, grid=coarser(box, step_of(whole)))
        title = f"{title} (simulated)" if report["simulated"] else title
    except _UNREADABLE as error:
        return _unusable(run, key, title, error)
    return Place(
        key=key,
        title=title,
        years=tuple(sorted(made)),
        catalog=run,
        region=region,
        made=made,
        network=network,
        made_of_simulated=bool(report["simulated"]),
    )


def _unusable(run: Path | str, key: str, title: str, error: Exception) -> Place:
    return Place(key=key, title=title, years=(), catalog=run, region=None, problem=str(error))
