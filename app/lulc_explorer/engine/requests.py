"""Which map: a place, a year and a network, in one value."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

MASK = "scl"
"""Cloud mask: the scene classification delivered with the imagery."""
_FORMAT = 3
"""Version of the maps on disk, part of their keys: raise it when their format changes."""
SIMULATED, LIVE, OTHER_LIVE, OWN = "simulated", "planetary-computer", "earth-search", "folder"
"""Where imagery comes from: made here, a catalog that the engine knows by this name, or a folder of one's own."""
LIVE_CATALOGS = {LIVE: "Planetary Computer", OTHER_LIVE: "Earth Search"}
"""The catalogs of real imagery, with their names for people; each has the scenes of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InBucket:
    """A map of a run in a bucket."""

    run: str
    """Address of the run."""
    name: str
    """Of the map, such as ``31UFS-2021``."""
    ended: str
    """When it was made: one that is made anew is another map."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunTile:
    """A tile of a run, whether its maps are made or not."""

    name: str
    """Such as ``31UFS``."""
    grid: GeoBox
    """Of its maps."""
    status: str
    """The least of its years: ``"failed"``, ``"waiting"``, ``"running"`` or ``"done"``."""
    words: str
    """What became of each of its years, and why one failed."""
    place: str
    """Key of its place; empty if no map of it is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere a map can be made of."""

    key: str
    """Identifier in the address bar."""
    title: str
    """The name a person reads."""
    years: tuple[int, ...]
    """The years there is imagery of, ascending."""
    catalog: Path | str | None
    """Folder or file of the imagery's STAC items, or one of `LIVE_CATALOGS`; None for a built-in, simulated place."""
    region: lulc.Region | None
    """Its grid; None if `problem`."""
    problem: str = ""
    """Why it cannot be used, and what to do; empty if it can."""
    made: Mapping[int, Path | InBucket] = field(default_factory=dict, hash=False)
    """Year to the folder of its map, for a place whose maps a run has made; they are only read, or copied first."""
    network: str = ""
    """Name of the network that made those."""
    outline: BaseGeometry | None = None
    """What of the region counts, degrees; None for all of it."""
    made_of_simulated: bool = False
    """Whether those are made of simulated imagery."""
    run_tiles: tuple[RunTile, ...] = field(default=(), repr=False, compare=False)
    """All tiles of that run, as they were when a page was opened last."""

    @property
    def simulated(self) -> bool:
        """Whether the imagery is made by the project itself."""
        return self.catalog is None


@dataclass(frozen=True, kw_only=True)
class MapRequest:
    """Which map."""

    place: Place
    year: int
    model: str
    """Path or name of the network."""
    instead_of: str = field(default="", compare=False)
    """Why the imagery is not from the catalog that was asked before; empty if it is."""

    @property
    def region(self) -> lulc.Region:
        """Region and grid of the place; raises `UserError` if the place cannot be used."""
        if self.place.region is None:
            raise lulc.InvalidInputError(self.place.problem)
        return self.place.region

    @cached_property
    def key(self) -> str:
        """Identifier of everything the map depends on, as it is when this is first asked for."""
        place = self.place
        if (made := place.made.get(self.year)) is not None:
            state = _states(_files(made)) if isinstance(made, Path) else [made.run, made.name, made.ended]
            return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:20]
        parts = {
            "format": _FORMAT,
            "grid": str(place.region and place.region.grid),
            "catalog": str(place.catalog or place.key),
            "imagery": _imagery(place, place.catalog, self.year) if isinstance(place.catalog, Path) else [],
            "year": self.year,
            "model": self.model,
            "network": _states(sorted(_model_folder(self.model).rglob("*"))),
            "mask": MASK,
        }
        if place.outline is not None:
            parts["within"] = place.outline.wkt  # "outline" before scenes were chosen by what they show of it
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def _model_folder(model: str) -> Path:
    """Return the folder of a network; whether it is one is checked when it is opened."""
    try:
        return lulc.Model.find(model)
    except lulc.NotFoundError:
        return Path(model)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _imagery(place: Place, catalog: Path, year: int) -> list[tuple[str, int, int]]:
    """Return the states of the files that a map of a folder of imagery is made from."""
    items = _states([catalog / "items.json" if catalog.is_dir() else catalog])
    return [*items, *_states(_images(catalog, place.region, year, tuple(items)) if place.region else ())]


@lru_cache(32)
def _images(catalog: Path, region: lulc.Region, year: int, _items: object) -> tuple[str, ...]:
    """Return the addresses of the images in a catalog, which are searched for again when its items have changed."""
    try:
        scenes = lulc.search(region, year=year, catalog=catalog, on_imperfect=lambda _: None, on_remark=lambda _: None)
    except (lulc.LulcError, OSError):  # told when the map is made
        return ()
    return tuple(sorted({href for scene in scenes for href in scene.hrefs.values()}))


def _states(paths: Iterable[str | Path]) -> list[tuple[str, int, int]]:
    """Return name, size and time of the files that are there: what is served on the web is not."""
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            state = os.stat(path)
            if stat.S_ISREG(state.st_mode):
                found.append((str(path), state.st_size, state.st_mtime_ns))
    return found
