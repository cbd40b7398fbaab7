"""The work list: one record a map, beside its folder, written whole or not at all.

There is no list to lock: what is left to do is what no record says is done.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from lulc_core.errors import InvalidInputError
from lulc_core.mapping.staging import sync
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lulc_core.runs.tile_years import TileYear

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
"""What a record says of a map; none is written of one that waits for its first try."""
TRIES = 3
"""How often a map is tried."""
DEATHS = 8
"""How often a process may end while it makes a map, before that map is taken for the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one map of a run.

    Examples
    --------
    >>> record = Record(tile="31UFS", year=2021, status=FAILED, tries=1, error="No scene.")
    >>> record.finished, record.name
    (False, '31UFS-2021')
    """

    tile: str
    """Name of the tile."""
    year: int
    """Calendar year, UTC."""
    status: str
    """``"running"``, ``"done"`` or ``"failed"``."""
    tries: int = 0
    """How often it failed with an error, the last time included; or did not, if it is done."""
    deaths: int = 0
    """How often its process ended without a word."""
    scenes: int = 0
    """Scenes that the map is made of."""
    seconds: float = 0.0
    """Wall time of the last try."""
    core_seconds: dict[str, float] = field(default_factory=dict)
    """Core seconds of the last try, by stage."""
    peak_bytes: int = 0
    """Most memory that its process held, so far in its life."""
    worker: str = ""
    """Host and process that tried it last."""
    started: str = ""
    """When the last try began, ISO 8601, UTC."""
    ended: str = ""
    """When it ended; empty while it runs."""
    error: str = ""
    """Why it failed, or what a killed try left unsaid."""

    @property
    def name(self) -> str:
        """Name of its map."""
        return f"{self.tile}-{self.year}"

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: it is done, or has failed too often."""
        return self.status == DONE or self.tries >= TRIES or self.deaths >= DEATHS

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the record in a file; None if there is none.

        Raises
        ------
        InvalidInputError
            If it is not as it is written here.
        """
        if not path.is_file():
            return None
        value = read_json(path)
        names = {one.name for one in dataclasses.fields(cls)}
        try:
            return cls(**{name: value[name] for name in names & value.keys()})
        except (AttributeError, TypeError) as error:
            said = str(value)[:80]
            raise InvalidInputError(f"{path} is no record of a run; move it away. It says: {said}") from error

    def write(self, folder: Path) -> None:
        """Write it beside its map, in place of what was there."""
        publish(dataclasses.asdict(self), folder / f"{self.name}.json")


def publish(value: object, path: Path) -> None:
    """Write a JSON file in place of what was there, by one rename."""
    new = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}")
    new.write_text(json.dumps(value, indent=1))
    sync([new])
    new.replace(path)


def new_record(unit: TileYear) -> Record:
    """Return the record of a map that was not begun."""
    return Record(tile=unit.tile.name, year=unit.year, status=WAITING)


def record_of(unit: TileYear, folder: Path) -> Record | None:
    """Return the record of a map; None if it was not begun."""
    return Record.read(folder / f"{unit.name}.json")


def left_to_do(units: Iterable[TileYear], folder: Path) -> list[TileYear]:
    """Return the maps that are neither done nor given up."""
    found = [(unit, record_of(unit, folder)) for unit in units]
    return [unit for unit, record in found if record is None or not record.finished]


def run_records(folder: Path) -> list[Record]:
    """Return all records of a run, by name."""
    named = sorted(folder.glob("[0-9]*-[0-9]*.json"))
    return [record for path in named if (record := Record.read(path)) is not None]
