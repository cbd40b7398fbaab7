"""The available places and their maps, made once and kept on disk.

Everything it returns is shared between sessions and read-only.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import lulc_core as lulc
from lulc_core.heap import share_few_heaps
from lulc_core.home import expanded, from_home
from lulc_core.locking import alone, if_free, sweep
from lulc_explorer.background.tally import the_tally
from lulc_explorer.engine.asking import asked
from lulc_explorer.engine.boxes import is_own
from lulc_explorer.engine.cache import UNFINISHED, latest, set_aside, share_with_group, tidy
from lulc_explorer.engine.composite_only import read_made_map
from lulc_explorer.engine.finished_runs import FinishedRuns
from lulc_explorer.engine.kept_outlines import KeptOutlines
from lulc_explorer.engine.land_cover_map import LandCoverMap, read_land_cover_map
from lulc_explorer.engine.map_paths import places_of
from lulc_explorer.engine.networks import Network, find_networks, offers
from lulc_explorer.engine.open_maps import OpenMaps
from lulc_explorer.engine.places import boxed, built_in, local
from lulc_explorer.engine.requests import LIVE_CATALOGS, OWN, SIMULATED, InBucket, MapRequest, Place
from lulc_explorer.engine.shown_maps import map_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lulc_explorer.engine.networks import Offer

_log = logging.getLogger(__name__)
_LOOK_S = 2.0
"""Seconds that a page waits for runs that have changed."""
_LAST_WRITTEN = lulc.MapFile.REPORT
"""The file that the engine puts in place last: a folder with it is complete."""
_FIRST_LIVE_YEAR = 2016
"""The first whole year of Sentinel-2."""


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
        Folders with more networks, besides that of downloaded ones.
    runs
        Folders and buckets of finished runs, whose tiles become places, and folders of finished maps.
    """

    def __init__(
        self,
        folder: Path,
        *,
        catalog: Path | None,
        model: str,
        networks: Sequence[Path] = (),
        runs: Sequence[Path | str] = (),
    ) -> None:
        self._folder = folder
        self._usual, self._network_folders = model, [*dict.fromkeys([*networks, lulc.networks_folder()])]
        self.networks: dict[str, Network] = find_networks(model, self._network_folders)
        self._outlines = KeptOutlines(folder / "outlines")
        self._open: OpenMaps[LandCoverMap] = OpenMaps()
        self._lock = threading.Lock()
        self._reading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._runs, self._looking = FinishedRuns(runs), threading.Thread()
        places = [local(catalog)] if catalog else []
        places += [*self._runs.read(self._runs.changed()), *map_places(runs)]
        places += [built_in(name) for name in lulc.region_names()]
        self.places = {place.key: place for place in places}

    def add(self, places: Iterable[Place]) -> None:
        """Offer more places to whoever opens the page from now on."""
        self.places |= {place.key: place for place in places}

    def look_again(self) -> None:
        """Offer what runs have made meanwhile to whoever opens the page from now on.

        A run that is as it was takes one look at its folder; one that takes longer to read is read on beside the page.
        """
        if not self._looking.is_alive() and (changed := self._runs.changed()):
            self._looking = threading.Thread(target=self._read_runs, args=(changed,), daemon=True)
            self._looking.start()
        if self._looking.ident:
            self._looking.join(_LOOK_S)

    def _read_runs(self, runs: Sequence[Path | str]) -> None:
        found = {place.key: place for place in self._runs.read(runs)}
        places = self.places | found  # in their order
        self.places = {key: place for key, place in places.items() if key in found or place.catalog not in runs}

    @property
    def imagery(self) -> list[str]:
        """Where imagery can come from; first what to open with."""
        return ([] if all(place.simulated for place in self.places.values()) else [OWN]) + [SIMULATED, *LIVE_CATALOGS]

    def offer(self, imagery: str, own: str = "") -> dict[str, Place]:
        """Return the places with such imagery, by key; `own` adds an own place, which nobody simulates."""
        places = {key: place for key, place in self.places.items() if place.simulated == (imagery != OWN)}
        if imagery in LIVE_CATALOGS:
            years = tuple(range(_FIRST_LIVE_YEAR, datetime.now(UTC).year))
            places = {key: replace(place, catalog=imagery, years=years) for key, place in places.items()}
        around = next((place for place in places.values() if not place.made), None)  # a run has no imagery to cut from
        if is_own(own) and imagery != SIMULATED and around:
            places[own] = boxed(own, around, self._outlines.written)
        return places

    def shorten(self, key: str) -> str:
        """Return the key of an own place as a link can hold it."""
        return self._outlines.shorten(key)

    def request(
        self, place: str, year: int | None, *, imagery: str | None = None, network: str | None = None
    ) -> MapRequest:
        """Return the request for a place and a year; raises `UserError` for what is not on offer."""
        places = self.offer(imagery, place) if imagery else self.places
        if place not in places:
            titles = ", ".join(sorted(places))
            raise lulc.NotFoundError(f"There is no place called {place!r}. Choose one of: {titles}.")
        chosen = places[place]
        if chosen.problem:
            raise lulc.InvalidInputError(chosen.problem)
        if year is None or year not in chosen.years:
            years = ", ".join(map(str, chosen.years))
            raise lulc.NotFoundError(f"{chosen.title} has no imagery of {year}. Choose one of: {years}.")
        return MapRequest(place=chosen, year=year, model=chosen.network or self._model(network))

    def _model(self, network: str | None) -> str:
        """Return the path or name of a network, of the usual one for None; raises `UserError`."""
        usual = next(iter(self.networks))
        if network not in (None, *self.networks):
            names = ", ".join(self.networks)
            raise lulc.NotFoundError(f"There is no network called {network!r}. Choose one of: {names}.")
        chosen = self.networks[network or usual]
        if chosen.problem and chosen.key != usual:
            raise lulc.InvalidInputError(f"The network {chosen.title} is unavailable. {chosen.problem}")
        return chosen.model

    def default_network(self, imagery: str) -> str:
        """Return the key of the network to begin with: on real imagery none that was trained on simulated imagery."""
        usual, *others = self.networks.values()
        real = (network for network in (usual, *others) if not network.simulated and not network.problem)
        return (usual if imagery == SIMULATED or not usual.simulated else next(real, usual)).key

    @property
    def offered_networks(self) -> list[Offer]:
        """The networks that can be downloaded."""
        return offers(self.networks.values())

    def get_network(self, name: str, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> str:
        """Download a network, and return its key; raises `UserError`."""
        folder = lulc.get_network(name, progress=progress, cancel=cancel)
        with self._lock:
            self.networks = find_networks(self._usual, self._network_folders, self.networks.values())
        return next(key for key, network in self.networks.items() if Path(network.model) == folder)

    def has(self, request: MapRequest) -> bool:
        """Whether a map has been made."""
        return (self.folder_of(request) / _LAST_WRITTEN).is_file()

    def folder_of(self, request: MapRequest) -> Path:
        """Return where a map is, once it has been made."""
        made = request.place.made.get(request.year)
        return made if isinstance(made, Path) else self._folder / request.key

    def siblings(self, request: MapRequest) -> list[MapRequest]:
        """Return the maps of other simulated places, same year and network, that have been made."""
        others = [
            p for p in self.places.values() if p.simulated and p.key != request.place.key and request.year in p.years
        ]
        requests = [MapRequest(place=place, year=request.year, model=request.model) for place in others]
        return [other for other in requests if request.place.simulated and self.has(other)]

    def find(self, request: MapRequest) -> LandCoverMap | None:
        """Return a map that has been made; None if it has not. Concurrent requests wait for the first read."""
        key = request.key
        if not self.has(request):
            return None
        with self._lock:
            reading = self._reading[key]
        with reading:
            land_cover, source = self._open.get(key), "memory"
            if land_cover is None:
                land_cover, source = self._read(request), "disk"
            if land_cover is None:
                return None
            the_tally().add(the_tally().maps, source)
            self._open.add(key, land_cover)
        return land_cover

    @property
    def last_opened(self) -> list[Path]:
        """Where the maps are that were made here, the one first that was opened last."""
        return [made for made in latest(self._folder, _LAST_WRITTEN) if not made.name.startswith(".")]  # not set aside

    def release(self) -> None:
        """Let go of maps that nobody looks at, when somebody has left."""
        self._open.release()

    def _read(self, request: MapRequest) -> LandCoverMap | None:
        """Read a map from disk; set it aside and return None if it is not as it was written."""
        folder = self.folder_of(request)
        ours = not isinstance(request.place.made.get(request.year), Path)
        try:
            if ours:
                os.utime(folder / _LAST_WRITTEN)
            lulc.check_files(folder)
            return (read_made_map if request.place.made else read_land_cover_map)(request, folder)
        except Exception as error:  # a broken store makes zarr and xarray raise almost anything
            if not ours:
                raise lulc.InvalidInputError(f"The map in {folder} is broken: {error}") from error
            _log.exception("The map in %s is broken and is made again.", folder)
        with if_free(folder.with_suffix(".lock")) as free:
            if free:
                set_aside(folder)
        return None

    def make(
        self, request: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event
    ) -> LandCoverMap:
        """Make a map, or copy it from a bucket, or wait for another process that does; raises `UserError`."""
        made_there = request.place.made.get(request.year)
        if request.place.made and not isinstance(made_there, InBucket):
            raise lulc.NotFoundError(
                f"{request.place.title} has maps of a finished run only. Run it again to make more."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        waiting = partial(progress, lulc.Progress(stage="wait", done=0, total=1, detail="made by another process"))
        with alone(self._folder / f"{request.key}.lock", cancel=cancel, waiting=waiting):
            if (made := self.find(request)) is not None:
                return made
            folder = self._folder / request.key
            if any(folder.glob("[!.]*")):  # broken; without, it holds at most what a run that was ended goes on with
                set_aside(folder)
            if isinstance(made_there, InBucket):
                lulc.copy_map(made_there.run, made_there.name, folder, progress=progress, cancel=cancel)
            else:
                _make(request, folder, progress, cancel)
                the_tally().add(the_tally().maps, "made")
        sweep(self._folder, "*.lock", self._clear)
        tidy(self._folder, _LAST_WRITTEN, in_use={request.key, *self._open.keys()}, if_free=if_free)
        if (made := self.find(request)) is None:
            raise lulc.NotFoundError("The map was removed from disk while it was opened. Make it again.")
        return made

    def _clear(self, lock: Path) -> None:
        """Remove what a killed process left of a map, unless another run can go on with it."""
        folder = lock.with_suffix("")
        if not (folder / _LAST_WRITTEN).is_file() and not (folder / UNFINISHED).is_dir():
            shutil.rmtree(folder, ignore_errors=True)


@cache
def the_repository() -> MapRepository:
    """Return the repository of this process, as the environment variables configure it."""
    share_few_heaps()
    earlier = Path.home() / ".cache" / "lulc-explorer"  # where releases before platformdirs kept it
    home = lulc.default_cache() if os.environ.get("LULC_CACHE") or not earlier.is_dir() else earlier
    share_with_group(home)
    catalog = os.environ.get("LULC_CATALOG")
    return MapRepository(
        home,
        catalog=from_home(catalog).resolve() if catalog else None,
        model=expanded(os.environ.get("LULC_MODEL", "unet-simulated")),
        networks=lulc.network_folders(),
        runs=places_of(os.environ.get("LULC_MAPS", "")),
    )


def _make(
    request: MapRequest, folder: Path, progress: Callable[[lulc.Progress], None], cancel: threading.Event
) -> None:
    """Make a map, with all that the explorer shows of it."""
    if request.place.simulated:
        on_cost, engine = None, _simulated(request, progress, cancel)
    else:
        on_cost, engine = partial(_tell, progress), asked(request, progress, cancel)  # what it costs takes seconds
    lulc.make_map(engine, folder, progress=progress, cancel=cancel, on_cost=on_cost)


def _simulated(
    request: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event
) -> lulc.MapRequest:
    """Simulate a place, at first on one core, and open its network beside; who cancels waits for the first alone."""
    beside = ThreadPoolExecutor(1, thread_name_prefix="open")
    opened = beside.submit(_opened, request)
    beside.shutdown(wait=False)
    return replace(asked(request, progress, cancel), model=opened.result())


def _opened(request: MapRequest) -> lulc.Model:
    """Open its network, ready to be used."""
    model = lulc.Model.open(request.model)
    height, width = request.region.grid.shape
    lulc.get_ready(model, (height, width))
    return model


def _tell(progress: Callable[[lulc.Progress], None], cost: lulc.Cost) -> None:
    """Report what a map takes, in words."""
    progress(lulc.Progress(stage="estimate", done=0, total=1, detail=str(cost)))
