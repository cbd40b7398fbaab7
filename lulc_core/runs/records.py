"""The work list: one record a map, beside its folder, written whole or not at all.

There is no list to lock: what is left to do is what no record says is done.
"""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

from lulc_core.errors import InvalidInputError
from lulc_core.runs.storage import storage

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
READERS = 16
"""Records that are read at a time."""
_NAME = re.compile(r"[0-9]+[A-Z]*-[0-9]+\.json")


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
    read_bytes: int | None = None
    """Bytes of served images that the last try read; None where that is not known (`MapReport.traffic`)."""
    peak_bytes: int = 0
    """Most memory that its process held, so far in its life."""
    worker: str = ""
    """Host and process that tried it last, or its address in a cluster."""
    started: str = ""
    """When the last try began, ISO 8601, UTC."""
    ended: str = ""
    """When it ended; empty while it runs."""
    error: str = ""
    """Why it failed, or what a killed try left unsaid."""
    passing: bool = True
    """Whether that error may pass by itself, as an address that does not answer may; then it is tried again at once."""

    @property
    def name(self) -> str:
        """Name of its map."""
        return f"{self.tile}-{self.year}"

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: it is done, or has failed too often."""
        return self.status == DONE or self.tries >= TRIES or self.deaths >= DEATHS

    @classmethod
    def read(cls, place: Path | str, name: str) -> Self | None:
        """Return the record of a map, by the map's name, in the folder or bucket of a run; None if there is none.

        Raises
        ------
        InvalidInputError
            If it is not as it is written here.
        """
        value = storage(place).read_json(f"{name}.json")
        if value is None:
            return None
        names = {one.name for one in dataclasses.fields(cls)}
        try:
            return cls(**{name: value[name] for name in names & value.keys()})
        except (AttributeError, TypeError) as error:
            said = str(value)[:80]
            where = storage(place).address(f"{name}.json")
            raise InvalidInputError(f"{where} is no record of a run; move it away. It says: {said}") from error

    def write(self, place: Path | str) -> None:
        """Write it beside its map, in place of what was there."""
        storage(place).write_json(f"{self.name}.json", dataclasses.asdict(self))


def new_record(unit: TileYear) -> Record:
    """Return the record of a map that was not begun."""
    return Record(tile=unit.tile.name, year=unit.year, status=WAITING)


def record_of(unit: TileYear, place: Path | str) -> Record | None:
    """Return the record of a map; None if it was not begun."""
    return Record.read(place, unit.name)


def left_to_do(units: Iterable[TileYear], place: Path | str) -> list[TileYear]:
    """Return the maps that are neither done nor given up."""
    units = list(units)
    begun = set(_begun(place))
    records = _read(place, [unit.name for unit in units if unit.name in begun])
    finished = {record.name for record in records if record.finished}
    return [unit for unit in units if unit.name not in finished]


def run_records(place: Path | str) -> list[Record]:
    """Return all records of a run in a folder or a bucket, by name."""
    return _read(place, _begun(place))


def _begun(place: Path | str) -> list[str]:
    """Return the names of the maps that have a record."""
    return [name.removesuffix(".json") for name in storage(place).names() if _NAME.fullmatch(name)]


def _read(place: Path | str, names: list[str]) -> list[Record]:
    with ThreadPoolExecutor(READERS) as readers:
        return [record for record in readers.map(partial(Record.read, place), names) if record is not None]
