"""The engine behind one interface: the places on offer, and their maps, made once and kept on disk.

With `results` and `assessing`, what the app knows of `lulc_core`. No widgets, no state of a session: everything
it returns is shared between people and read-only.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyproj import Geod

import lulc_core as lulc
from lulc_core.locking import alone, if_free, sweep
from lulc_explorer.engine.boxes import PREFIX, read_box, title_of
from lulc_explorer.engine.cache import tidy
from lulc_explorer.engine.land_cover_map import LandCoverMap, read_land_cover_map
from lulc_explorer.engine.networks import Network, find_networks
from lulc_explorer.rendering.palette import Palette

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_log = logging.getLogger(__name__)
MASK = "scl"
"""How cloud is left out of the vote: by the scene classification that comes with the imagery."""
_FORMAT = 2
"""Part of every key on disk: raise it when what is kept changes."""
_LAST_WRITTEN = "report.json"
"""The file that the engine puts in place last: a folder that has it is whole."""
_IN_MEMORY = 4
"""Maps kept open in a process."""
SIMULATED, LIVE, OWN = "simulated", "planetary-computer", "folder"
"""Where imagery comes from: made here, the catalog that the engine knows by this name, or a folder of one's own."""
_FIRST_LIVE_YEAR = 2016
"""Before it, Sentinel-2 had not flown for a whole year."""
_PATIENCE_S = 15.0
"""For one answer of a live catalog."""
MOST_HA = 90_000
"""Of a place: the whole map is kept in memory and drawn at once."""

LEGEND = lulc.LEGEND
PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.LEGEND)
PUBLISHED_PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.PUBLISHED_LEGEND)
PUBLISHED_MAPS = lulc.PUBLISHED_MAPS
UserError = lulc.LulcError
"""What a person can act on; its text says how."""
Stopped = lulc.CancelledError


def user_message(error: Exception) -> str:
    """Return what a person reads of an error; one that nobody can act on goes to the log, too."""
    if isinstance(error, UserError):
        return str(error)
    _log.exception("unexpected", exc_info=error)
    return f"Something went wrong that should not have: {error!r}. The rest of the app still works."


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


class MapRepository:
    """Places and maps.

    Parameters
    ----------
    folder
        Where maps are kept.
    catalog
        A folder or file of STAC items to offer as a place of its own, and to open with.
    model
        Path or name of the usual network.
    networks
        Folders with more networks.
    """

    def __init__(self, folder: Path, *, catalog: Path | None, model: str, networks: Sequence[Path] = ()) -> None:
        self._folder = folder
        self.networks: dict[str, Network] = find_networks(model, networks, lambda name: lulc.Model.open(name).card)
        self._open: OrderedDict[str, LandCoverMap] = OrderedDict()
        self._lock = threading.Lock()
        self._reading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        places = [_local(catalog)] if catalog else []
        places += [_built_in(name) for name in lulc.region_names()]
        self.places = {place.key: place for place in places}

    @property
    def imagery(self) -> list[str]:
        """Where imagery can come from; first what to open with."""
        return ([] if all(place.simulated for place in self.places.values()) else [OWN]) + [SIMULATED, LIVE]

    def offer(self, imagery: str, own: str = "") -> dict[str, Place]:
        """Return the places with such imagery, by key; `own` adds a box, which nobody simulates."""
        places = {key: place for key, place in self.places.items() if place.simulated == (imagery != OWN)}
        if imagery == LIVE:
            years = tuple(range(_FIRST_LIVE_YEAR, datetime.now(UTC).year))
            places = {key: replace(place, catalog=LIVE, years=years) for key, place in places.items()}
        if own.startswith(PREFIX) and imagery != SIMULATED and places:
            places[own] = _boxed(own, next(iter(places.values())))
        return places

    def order(self, place: str, year: int, *, imagery: str | None = None, network: str | None = None) -> MapRequest:
        """Return the order for a place and a year; raises `UserError` for what is not on offer."""
        places = self.offer(imagery, place) if imagery else self.places
        if place not in places:
            titles = ", ".join(sorted(places))
            raise lulc.NotFoundError(f"There is no place called {place!r}. Choose one of: {titles}.")
        chosen = places[place]
        if chosen.problem:
            raise lulc.InvalidInputError(chosen.problem)
        if year not in chosen.years:
            years = ", ".join(map(str, chosen.years))
            raise lulc.NotFoundError(f"{chosen.title} has no imagery of {year}. Choose one of: {years}.")
        return MapRequest(place=chosen, year=year, model=self._model(network))

    def _model(self, network: str | None) -> str:
        """Return the path or name of a network, of the usual one for None; raises `UserError`."""
        usual = next(iter(self.networks))
        if network not in (None, *self.networks):
            names = ", ".join(self.networks)
            raise lulc.NotFoundError(f"There is no network called {network!r}. Choose one of: {names}.")
        chosen = self.networks[network or usual]
        if chosen.problem and chosen.key != usual:
            raise lulc.InvalidInputError(f"The network {chosen.title} cannot be used. {chosen.problem}")
        return chosen.model

    def has(self, order: MapRequest) -> bool:
        """Whether a map has been made."""
        return (self._folder / order.key / _LAST_WRITTEN).is_file()

    def siblings(self, order: MapRequest) -> list[MapRequest]:
        """Return the maps of other simulated places, same year and network, that have been made."""
        others = [p for p in self.places.values() if p.simulated and p.key != order.place.key and order.year in p.years]
        orders = [MapRequest(place=place, year=order.year, model=order.model) for place in others]
        return [other for other in orders if order.place.simulated and self.has(other)]

    def find(self, order: MapRequest) -> LandCoverMap | None:
        """Return a map that has been made; None if it has not. Who asks while it is being read waits for it."""
        key = order.key
        if not self.has(order):
            return None
        with self._lock:
            reading = self._reading[key]
        with reading:
            result = self._open.get(key)
            if result is None:
                os.utime(self._folder / key / _LAST_WRITTEN)
                result = read_land_cover_map(order, self._folder / key)
            with self._lock:
                self._open[key] = result
                self._open.move_to_end(key)
                while len(self._open) > _IN_MEMORY:
                    self._open.popitem(last=False)
        return result

    def make(
        self, order: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event
    ) -> LandCoverMap:
        """Make a map, or wait for another process that is making it; raises `UserError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        waiting = partial(progress, lulc.Progress(stage="wait", done=0, total=1, detail="for the same map, being made"))
        with alone(self._folder / f"{order.key}.lock", cancel=cancel, waiting=waiting):
            if (made := self.find(order)) is not None:
                return made
            shutil.rmtree(self._folder / order.key, ignore_errors=True)  # what a kill may have left
            request = lulc.MapRequest(
                region=order.place.region,
                year=order.year,
                catalog=_catalog(order, progress, cancel),
                model=order.model,
                mask=MASK,
                probabilities=True,
                quicklooks=True,
                timeout=_PATIENCE_S,
            )
            lulc.make_map(request, self._folder / order.key, progress=progress, cancel=cancel)
        sweep(self._folder, "*.lock", self._clear)
        tidy(self._folder, _LAST_WRITTEN, in_use={order.key, *self._open}, if_free=if_free)
        return self.find(order)

    def _clear(self, lock: Path) -> None:
        """Remove what a killed process left of a map."""
        if not (lock.with_suffix("") / _LAST_WRITTEN).is_file():
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)


@cache
def the_repository() -> MapRepository:
    """Return the store of this process, as the environment says."""
    earlier = Path.home() / ".cache" / "lulc-explorer"  # of a release before the user's cache folder was asked for
    home = lulc.default_cache() if os.environ.get("LULC_CACHE") or not earlier.is_dir() else earlier
    catalog = os.environ.get("LULC_CATALOG")
    networks = os.environ.get("LULC_MODELS", "").split(os.pathsep)
    return MapRepository(
        home,
        catalog=Path(catalog).resolve() if catalog else None,
        model=os.environ.get("LULC_MODEL", "unet-simulated"),
        networks=[Path(folder).expanduser().resolve() for folder in networks if folder],
    )


def _built_in(name: str) -> Place:
    region = lulc.Region.named(name)
    return Place(key=name, title=region.title, years=tuple(lulc.SIMULATED_YEARS), catalog=None, region=region)


def _local(catalog: Path) -> Place:
    name = (catalog.parent if catalog.name == "items.json" else catalog).name
    name = f"my-{name}" if name in lulc.region_names() else name
    try:
        region, years = lulc.catalog_region(catalog), tuple(lulc.catalog_years(catalog))
    except (lulc.LulcError, OSError, ValueError) as error:
        return Place(key=name, title=name, years=(), catalog=catalog, region=None, problem=str(error))
    if region.area_ha > MOST_HA:
        problem = (
            f"{catalog} covers {region.area_ha / 100:,.0f} square km; the explorer shows at most {MOST_HA / 100:,.0f}. "
            "Make a smaller catalog, or make the map with `lulc map`: it takes larger ones, or a part of one (--bbox)."
        )
        return Place(key=name, title=name, years=years, catalog=catalog, region=None, problem=problem)
    return Place(key=name, title=_spoken(name, years), years=years, catalog=catalog, region=region)


def _boxed(key: str, around: Place) -> Place:
    """Return the place of a box, with the imagery of another place."""
    try:
        box = read_box(key)
        title = title_of(box)
        _small_enough(_area_ha(box))  # before the engine, whose limit is another
        region = lulc.Region.from_bbox(box, title=title)
        _small_enough(region.area_ha)
        if around.catalog != LIVE:
            _within(box, lulc.catalog_region(around.catalog).bbox)
    except (lulc.LulcError, OSError, ValueError) as error:
        return replace(around, key=key, title="Own place", region=None, problem=str(error))
    return replace(around, key=key, title=title, region=region, problem="")


def _area_ha(box: Sequence[float]) -> float:
    """Return the area of a box (west, south, east, north in degrees) in hectares."""
    west, south, east, north = box
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter([west, east, east, west], [south, south, north, north])
    return abs(area) / 10_000


def _small_enough(area_ha: float) -> None:
    """Raise `ValueError` for a place that is too large to be shown."""
    if area_ha > MOST_HA:
        raise ValueError(
            f"The box covers {area_ha / 100:,.0f} square km; the explorer shows at most {MOST_HA / 100:,.0f}. "
            "Choose a smaller one, or make the map with `lulc map --bbox`."
        )


def _within(box: Sequence[float], imagery: Sequence[float]) -> None:
    """Raise `ValueError` for a box that imagery does not touch."""
    west, south, east, north = imagery
    if box[0] >= east or box[2] <= west or box[1] >= north or box[3] <= south:
        covered = f"{west:.3f},{south:.3f},{east:.3f},{north:.3f}"
        raise ValueError(f"The box lies outside the imagery of the folder, which covers {covered}.")


def _spoken(name: str, years: Sequence[int]) -> str:
    """Return a folder's name in words, without the year that is chosen elsewhere."""
    words = [word for word in name.replace("_", "-").split("-") if word not in map(str, years)]
    text = " ".join(words) or name
    return text[0].upper() + text[1:]


def _catalog(order: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> Path | str:
    """Return the items to search; those of a built-in place are simulated first."""
    return order.place.catalog or lulc.simulate(order.place.region, order.year, progress=progress, cancel=cancel)


def _model_folder(model: str) -> Path:
    """Return where a network lies; what is no network is found out when it is opened."""
    try:
        return lulc.Model.find(model)
    except lulc.NotFoundError:
        return Path(model)


def _fingerprint(path: Path) -> str:
    """Return something that changes when a file, or a folder's description, does; empty for a name."""
    for file in (path / "items.json", path / "model.json", path):
        if file.is_file():
            stat = file.stat()
            return f"{stat.st_mtime_ns}-{stat.st_size}"
    return ""
