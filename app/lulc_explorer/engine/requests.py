"""Which map: a place, a year and a network, in one value."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import lulc_core as lulc

MASK = "scl"
"""Cloud mask: the scene classification delivered with the imagery."""
_FORMAT = 2
"""Version of the maps on disk, part of their keys: raise it when their format changes."""
SIMULATED, LIVE, OWN = "simulated", "planetary-computer", "folder"
"""Where imagery comes from: made here, the catalog that the engine knows by this name, or a folder of one's own."""


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
    """Folder or file of the imagery's STAC items, or `LIVE`; None for a built-in, simulated place."""
    region: lulc.Region | None
    """Its grid; None if `problem`."""
    problem: str = ""
    """Why it cannot be used, and what to do; empty if it can."""

    @property
    def simulated(self) -> bool:
        """Whether the imagery is made by the project itself."""
        return self.catalog is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRequest:
    """Which map."""

    place: Place
    year: int
    model: str
    """Path or name of the network."""

    @property
    def region(self) -> lulc.Region:
        """Region and grid of the place; raises `UserError` if the place cannot be used."""
        if self.place.region is None:
            raise lulc.InvalidInputError(self.place.problem)
        return self.place.region

    @property
    def key(self) -> str:
        """Identifier of everything the map depends on."""
        catalog = self.place.catalog
        parts = {
            "format": _FORMAT,
            "grid": str(self.place.region and self.place.region.grid),
            "catalog": f"{catalog}:{_fingerprint(Path(catalog))}" if catalog else self.place.key,
            "year": self.year,
            "model": f"{self.model}:{_fingerprint(_model_folder(self.model))}",
            "mask": MASK,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def _model_folder(model: str) -> Path:
    """Return the folder of a network; whether it is one is checked when it is opened."""
    try:
        return lulc.Model.find(model)
    except lulc.NotFoundError:
        return Path(model)


def _fingerprint(path: Path) -> str:
    """Return text that changes with a file, or with the description of a folder; empty for a name."""
    for file in (path / "items.json", path / "model.json", path):
        if file.is_file():
            stat = file.stat()
            return f"{stat.st_mtime_ns}-{stat.st_size}"
    return ""
