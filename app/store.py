"""The engine behind one interface: the places on offer, and their maps, made once and kept on disk.

The only module of the app that knows `lulc_core`. No widgets, no state of a session: everything it returns is
shared between people and read-only.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import threading
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from cover import Cover
from ledger import Ledger, open_ledger
from palette import Palette

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import xarray as xr
    from odc.geo.geobox import GeoBox

MASK = "scl"
"""How cloud is left out of the vote: by the scene classification that comes with the imagery."""
_FORMAT = 1
"""Part of every key on disk: raise it when what is kept changes."""
_LAST_WRITTEN = "report.json"
"""The file that the engine puts in place last: a folder that has it is whole."""
_IN_MEMORY = 4
"""Maps kept open in a process."""
_LOCK_POLL_S = 0.2

LEGEND = lulc.LEGEND
PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.LEGEND)
Problem = lulc.LulcError
"""What a person can act on; its text says how."""
Stopped = lulc.CancelledError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere a map can be made of."""

    key: str
    """Identifier in the address bar."""
    title: str
    """The name a person reads."""
    years: tuple[int, ...]
    """The years there is imagery of, ascending."""
    catalog: Path | None
    """Folder or file of the imagery's STAC items; None for a built-in, simulated place."""
    region: lulc.Region | None
    """Its grid; None if `problem`."""
    problem: str = ""
    """Why it cannot be used, and what to do; empty if it can."""

    @property
    def simulated(self) -> bool:
        """Whether the imagery is made by the project itself."""
        return self.catalog is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
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
            "catalog": f"{catalog}:{_fingerprint(catalog)}" if catalog else self.place.key,
            "year": self.year,
            "model": f"{self.model}:{_fingerprint(Path(self.model))}",
            "mask": MASK,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result:
    """A map that has been made: a year's predictions, scene by scene, and their composite."""

    order: Order
    folder: Path
    predictions: xr.Dataset
    """`label`, `confidence`, `clear` in memory; see the engine's conventions."""
    report: Mapping[str, Any]
    """What the engine wrote about the run."""
    votes: xr.Dataset
    """Votes of every class, unweighted: what any weights are applied to."""

    @cached_property
    def cover(self) -> Cover:
        """The composite with the legend's default weights."""
        return self.weigh({})

    def weigh(self, weights: Mapping[str, float]) -> Cover:
        """Return the composite with class weights: class name to weight where it differs from the legend's."""
        data = lulc.decide(self.votes, lulc.LEGEND, weights=weights)
        counts = np.bincount(data["label"].values.ravel(), minlength=256)
        hectares = {int(code): float(counts[code] * self.pixel_ha) for code in (0, *LEGEND.codes)}
        return Cover(data=data, hectares=hectares, pixel_ha=self.pixel_ha)

    @property
    def pixel_ha(self) -> float:
        """Area of a pixel in hectares."""
        return abs(self.grid.resolution.x * self.grid.resolution.y) / 10_000

    @cached_property
    def grid(self) -> GeoBox:
        return self.predictions.odc.geobox

    @cached_property
    def moments(self) -> tuple[str, ...]:
        """When each scene was taken, UTC, to the minute: its identifier in the address bar."""
        return tuple(np.datetime_as_string(self.predictions["time"].values, unit="m").tolist())

    @cached_property
    def clear_share(self) -> np.ndarray:
        """Share of each scene's pixels that could vote, 0-1."""
        return self.predictions["clear"].mean(("y", "x")).values

    @property
    def simulated(self) -> bool:
        return bool(self.report.get("simulated", self.order.place.simulated))

    def ledger(self, pixel: tuple[int, int], weights: Mapping[str, float]) -> Ledger:
        """Return every vote on a pixel (row, column) with class weights."""
        at = {name: self.predictions[name].values[:, *pixel] for name in ("label", "confidence", "clear")}
        codes = [int(code) for code in LEGEND.codes]
        return open_ledger(moments=self.moments, weights=LEGEND.weights(weights), codes=codes, **at)

    def nearest(self, moment: str) -> int:
        """Return the position of the scene taken nearest to a moment; of the clearest if it is not a moment."""
        times = self.predictions["time"].values
        try:
            apart = np.abs(times - np.datetime64(moment or "NaT"))
        except ValueError:
            apart = np.array(["NaT"], "timedelta64[ns]")
        if not np.isnat(apart).any():
            return int(apart.argmin())
        from_midsummer = np.abs(self.predictions["time"].dt.dayofyear.values - 182)
        return int(np.lexsort((from_midsummer, -self.clear_share.round(2)))[0])

    def scene(self, index: int) -> np.ndarray:
        """Return the class codes of one scene, uint8, shape (y, x)."""
        return self.predictions["label"].values[index]


class Store:
    """Places and maps.

    Parameters
    ----------
    folder
        Where maps are kept.
    catalog
        A folder or file of STAC items to offer as a place of its own.
    model
        Path or name of the network.
    """

    def __init__(self, folder: Path, *, catalog: Path | None, model: str) -> None:
        self._folder = folder
        self._model = model
        self._open: OrderedDict[str, Result] = OrderedDict()
        self._lock = threading.Lock()
        places = [_local(catalog)] if catalog else []
        places += [_built_in(name) for name in lulc.region_names()]
        self.places = {place.key: place for place in places}

    def order(self, place: str, year: int) -> Order:
        """Return the order for a place and a year; raises `Problem` for what is not on offer."""
        if place not in self.places:
            titles = ", ".join(sorted(self.places))
            raise lulc.NotFoundError(f"There is no place called {place!r}. Choose one of: {titles}.")
        chosen = self.places[place]
        if chosen.problem:
            raise lulc.InvalidInputError(chosen.problem)
        if year not in chosen.years:
            years = ", ".join(map(str, chosen.years))
            raise lulc.NotFoundError(f"{chosen.title} has no imagery of {year}. Choose one of: {years}.")
        return Order(place=chosen, year=year, model=self._model)

    def find(self, order: Order) -> Result | None:
        """Return a map that has been made; None if it has not."""
        key = order.key
        if not (self._folder / key / _LAST_WRITTEN).is_file():
            return None
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
        result = _read(order, self._folder / key)
        with self._lock:
            self._open[key] = result
            while len(self._open) > _IN_MEMORY:
                self._open.popitem(last=False)
        return result

    def make(self, order: Order, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> Result:
        """Make a map, or wait for another process that is making it; raises `Problem`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with _only_one(self._folder / f"{order.key}.lock", progress, cancel):
            if (made := self.find(order)) is not None:
                return made
            shutil.rmtree(self._folder / order.key, ignore_errors=True)  # what a kill may have left
            lulc.make_map(
                order.place.region,
                year=order.year,
                catalog=_catalog(order, progress, cancel),
                model=order.model,
                out=self._folder / order.key,
                mask=MASK,
                progress=progress,
                cancel=cancel,
            )
        return self.find(order)


@cache
def the_store() -> Store:
    """Return the store of this process, as the environment says."""
    home = os.environ.get("LULC_CACHE") or Path.home() / ".cache" / "lulc-explorer"
    catalog = os.environ.get("LULC_CATALOG")
    return Store(
        Path(home),
        catalog=Path(catalog).resolve() if catalog else None,
        model=os.environ.get("LULC_MODEL", "unet-simulated"),
    )


def _read(order: Order, folder: Path) -> Result:
    kept = lulc.open_predictions(folder / "predictions.zarr")
    predictions = kept[["label", "confidence", "clear"]].load()
    return Result(
        order=order,
        folder=folder,
        predictions=predictions,
        report=json.loads((folder / "report.json").read_text()),
        votes=lulc.votes(predictions, lulc.LEGEND),
    )


def _built_in(name: str) -> Place:
    region = lulc.Region.named(name)
    return Place(key=name, title=region.title, years=tuple(lulc.SIMULATED_YEARS), catalog=None, region=region)


def _local(catalog: Path) -> Place:
    name = (catalog.parent if catalog.name == "items.json" else catalog).name
    try:
        region, years = lulc.catalog_region(catalog), tuple(lulc.catalog_years(catalog))
    except (lulc.LulcError, OSError, ValueError) as error:
        return Place(key=name, title=name, years=(), catalog=catalog, region=None, problem=str(error))
    return Place(key=name, title=_spoken(name, years), years=years, catalog=catalog, region=region)


def _spoken(name: str, years: Sequence[int]) -> str:
    """Return a folder's name in words, without the year that is chosen elsewhere."""
    words = [word for word in name.replace("_", "-").split("-") if word not in map(str, years)]
    text = " ".join(words) or name
    return text[0].upper() + text[1:]


def _catalog(order: Order, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> Path:
    """Return the items to search; those of a built-in place are simulated first."""
    return order.place.catalog or lulc.simulate(order.place.region, order.year, progress=progress, cancel=cancel)


def _fingerprint(path: Path) -> str:
    """Return something that changes when a file, or a folder's description, does; empty for a name."""
    for file in (path / "items.json", path / "model.json", path):
        if file.is_file():
            stat = file.stat()
            return f"{stat.st_mtime_ns}-{stat.st_size}"
    return ""


@contextmanager
def _only_one(lock: Path, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> Iterator[None]:
    """Hold a lock between processes; while another has it, say so and stay able to be cancelled."""
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress(lulc.Progress(stage="wait", done=0, total=1, detail="for the same map, being made"))
                if cancel.wait(_LOCK_POLL_S):
                    raise lulc.CancelledError("Cancelled; nothing half-done was left.") from None
        yield
