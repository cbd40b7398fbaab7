"""A map that has been made: its scenes, votes, composites and truth. Read-only."""

from __future__ import annotations

import contextlib
import math
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np
from cachetools import LRUCache, cached
from shapely.geometry import shape

import lulc_core as lulc
from lulc_explorer.analysis.composite import Composite, PixelHa, sum_hectares, votes_for
from lulc_explorer.analysis.pixel_evidence import PixelEvidence, read_evidence
from lulc_explorer.analysis.shown_imagery import Window
from lulc_explorer.analysis.uncertainty import disagreement, share, stability
from lulc_explorer.analysis.vote_ledger import VoteLedger, open_ledger
from lulc_explorer.engine.classes import PUBLISHED, in_colours
from lulc_explorer.engine.outlines import inside
from lulc_explorer.engine.packed import pack
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS
from lulc_explorer.rendering.formatting import to_the_minute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from odc.geo.geobox import GeoBox

    from lulc_explorer.engine.requests import MapRequest

LEGEND = lulc.LEGEND
_SEASON = np.timedelta64(45, "D")
"""Scenes no farther apart are of one season."""
_ONE_PASS = np.timedelta64(1, "h")
"""Names of products and items say times of one scene that differ by minutes."""
_KEPT_BYTES = 32 * 2**20
"""Of imagery and probabilities kept in memory in a process: 2 scenes of a place of 1000 x 1000 pixels, with both."""
_HUNDREDTHS = np.rint(np.arange(256) / 2.55).astype(np.uint8)
"""From a kept probability, 255 = 1."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LandCoverMap:
    """A map that has been made: a year's predictions, scene by scene, and their composite."""

    request: MapRequest
    folder: Path
    predictions: xr.Dataset
    """`label`, `confidence`, `clear` in memory, label and clear packed; see the engine's conventions."""
    report: Mapping[str, Any]
    """What the engine wrote about the run."""
    votes: xr.Dataset
    """Votes of every class, unweighted: what any weights are applied to. In half the bytes of the conventions, if no
    more than 255 scenes voted."""
    _reference_maps: dict[str, xr.DataArray] = field(default_factory=dict)
    _fetching: threading.Lock = field(default_factory=threading.Lock)
    imagery: xr.DataArray | None = None
    """Every scene's imagery to look at, `quicklook`, read when it is asked for; None if none was kept."""
    probability: xr.DataArray | None = None
    """Of every class in every scene, read when it is asked for; None if it was not kept."""
    inside: np.ndarray | None = None
    """The pixels that count, boolean, shape (y, x); None for all. The others have no data in any scene."""
    why_no_votes: str = ""
    """Why there is only the composite, and no scene, vote or evidence of it; empty if there are."""
    _composites: WeakValueDictionary[tuple[tuple[str, float], ...], Composite] = field(
        default_factory=WeakValueDictionary
    )
    """By weights, as long as a session shows them."""
    _patches: WeakKeyDictionary[Composite, dict[tuple[tuple[int, int], float], lulc.ConfusedPatches]] = field(
        default_factory=WeakKeyDictionary
    )
    """By the composite, then pair and size, as long as a session shows it."""

    @cached_property
    def legend(self) -> lulc.Legend:
        """The classes, each with the weight that the map was made with."""
        return LEGEND.weighted(self.report.get("weights", {}))

    @cached_property
    def composite(self) -> Composite:
        """The composite with the weights that suit the network."""
        return self.weigh({})

    def weigh(self, weights: Mapping[str, float]) -> Composite:
        """Return the composite with class weights: class name to weight where it differs from `legend`.

        Sessions with the same weights share it.
        """
        asked = tuple(sorted(weights.items()))
        composite = self._composites.get(asked)
        if composite is None:
            composite = self._composites[asked] = self._weigh(weights)
        return composite

    def _weigh(self, weights: Mapping[str, float]) -> Composite:
        data = lulc.decide(self.votes, self.legend, weights=weights)
        label = data["label"].values
        areas = sum_hectares(*self._counted(label), 256)
        hectares = {code: float(areas[code]) for code in (0, *map(int, LEGEND.codes))}
        more = {"disagreement": partial(self._disagreement, data), "stability": partial(self._stability, data)}
        for place, name in enumerate(LEGEND.names):
            more[votes_for(name)] = partial(self._share, data, place)
        return Composite(data=data, hectares=hectares, pixel_ha=self.pixel_ha, more=more)

    def _counted(self, values: np.ndarray) -> tuple[np.ndarray, PixelHa]:
        """Return the values of the pixels that count, and their hectares."""
        ha, inside = self.pixel_ha, self.inside
        if inside is None:
            return values, ha
        return values[inside], ha[inside] if isinstance(ha, np.ndarray) else ha

    def confused_patches(self, composite: Composite, pair: tuple[int, int], least_ha: float) -> lulc.ConfusedPatches:
        """Return the patches of at least an area where two classes compete; as `lulc.confused_patches`."""
        known = self._patches.setdefault(composite, {})
        if (pair, least_ha) not in known:
            known[pair, least_ha] = lulc.confused_patches(
                composite.data, self.predictions, pair, legend=self.legend, least_ha=least_ha
            )
        return known[pair, least_ha]

    def _share(self, data: xr.Dataset, place: int) -> np.ndarray:
        """Return a class's share of the votes: where it won, the support of the map, rounded as that was."""
        shares = share(self.votes["confidence"].values, _used(data), place)
        return np.where(data["label"].values == LEGEND.codes[place], data["support"].values, shares)

    def _disagreement(self, data: xr.Dataset) -> np.ndarray:
        return disagreement(self.votes["count"].values, _used(data))

    def _stability(self, data: xr.Dataset) -> np.ndarray:
        places = LEGEND.places.clip(0).astype(np.uint8)
        label = self.predictions["label"].values
        return stability(
            self.votes["confidence"].values,
            _used(data),
            places[data["label"].values],
            data["observations"].values,
            votes=places[label],
            confidence=self.predictions["confidence"].values,
            clear=self.predictions["clear"].values & (label > 0),
        )

    @cached_property
    def pixel_ha(self) -> PixelHa:
        """Area of a pixel in hectares, or of each, shape (y, x), where they are not of one size."""
        areas = lulc.pixel_areas(self.grid)
        return 0.0 if areas is None else areas

    @cached_property
    def grid(self) -> GeoBox:
        return self.predictions.odc.geobox

    def has(self, pixel: tuple[int, int]) -> bool:
        """Return whether a row and column lie on the map."""
        return all(0 <= at < size for at, size in zip(pixel, self.grid.shape, strict=True))

    @property
    def times(self) -> xr.DataArray:
        """When each scene was taken, UTC, datetime64, dim time; with the coordinate `scene`, its id."""
        return self.predictions["time"]

    @property
    def origin(self) -> str:
        """Where what is read comes from: it never changes."""
        return str(self.folder)

    @cached_property
    def moments(self) -> tuple[str, ...]:
        """When each scene was taken, UTC, to the minute: its identifier in the address bar."""
        return to_the_minute(self.times)

    @cached_property
    def clear_share(self) -> np.ndarray:
        """Share of each scene's pixels, of those that count, that could vote, 0-1."""
        share = self.predictions["clear"].mean(("y", "x")).values
        return share if self.inside is None else share / self.inside.mean()

    @cached_property
    def usual_observations(self) -> float:
        """How often a pixel was seen clearly: the median of those that were; infinite without any."""
        observations = self.composite.data["observations"].values
        seen = observations[observations > 0]
        return float(np.median(seen)) if len(seen) else math.inf

    @property
    def scene_count(self) -> int:
        """How many scenes the map is made of."""
        return sum(scene["taken"] for scene in self.report["scenes"]) - len(self.report["failed"])

    @property
    def simulated(self) -> bool:
        return bool(self.report.get("simulated", self.request.place.simulated))

    @cached_property
    def truth(self) -> np.ndarray | None:
        """What is really there: class codes, shape (y, x); None unless it lies beside the simulated imagery."""
        path = Path(self.report["catalog"]).with_name("truth.tif")
        if not self.simulated or not path.is_file():
            return None
        truth = lulc.read_map(path)
        return truth.values if truth.odc.geobox == self.grid else None  # of a larger place

    def reference_map(self, name: str, cancel: threading.Event | None = None) -> xr.DataArray:
        """Fetch one of `REFERENCE_MAPS` of this place, as `lulc.load_reference_map`; raises `UserError`."""
        with self._fetching:
            if name not in self._reference_maps:
                found = REFERENCE_MAPS[name].read(self.request.region, self.request.year, cancel)
                self._reference_maps[name] = found
        return self._reference_maps[name]

    @property
    def attribution(self) -> str:
        """Whose imagery and network the map is made from; reports of old maps do not say it."""
        said = self.report.get("attribution")
        return said or lulc.attribution(year=self.request.year, simulated=self.simulated, network=self.report["model"])

    def map_file(self, composite: Composite, colours: str = PUBLISHED) -> bytes:
        """Return a composite as a Cloud-Optimised GeoTIFF with the names of its classes, in one of `COLOURS`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / lulc.MapFile.MAP
            lulc.write_map(
                composite.data["label"], path, legend=in_colours(self.legend, colours), tags=self._tags(composite)
            )
            return path.read_bytes()

    def quality_file(self, composite: Composite) -> bytes:
        """Return the quality bands of a composite as a Cloud-Optimised GeoTIFF."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / lulc.MapFile.QUALITY
            lulc.write_quality(composite.data, path, tags=self._tags(composite))
            return path.read_bytes()

    def _tags(self, composite: Composite) -> dict[str, str]:
        """Return the tags of a file, as `make_map` writes them."""
        tags = lulc.map_tags(
            model=self.report["model"],
            region=self.report.get("title", self.request.place.title),
            year=self.request.year,
            simulated=self.simulated,
            weights=composite.data.attrs["weights"],
            credit=self.attribution,
        )
        outline = self.request.place.outline
        return tags if outline is None else tags | {"OUTLINE": outline.wkt}

    def ledger(self, pixel: tuple[int, int], weights: Mapping[str, float]) -> VoteLedger:
        """Return every vote on a pixel (row, column) with class weights."""
        at = {name: self.predictions[name][:, *pixel].values for name in ("label", "confidence", "clear")}
        row, column = pixel
        decided = lulc.decide(self.votes.isel(y=[row], x=[column]), self.legend, weights=weights)
        return open_ledger(
            moments=self.moments,
            weights=self.legend.weights(weights),
            codes=[int(code) for code in LEGEND.codes],
            support=decided["support"].item(),
            **at,
        )

    def evidence(self, pixel: tuple[int, int]) -> PixelEvidence:
        """Read from disk what lies behind the votes on a pixel (row, column); raises `UserError` if it is gone."""
        self._check_scenes()
        return read_evidence(self.predictions, self.probability, self.imagery, pixel)

    def window(self, rows: slice, columns: slice) -> Window:
        """Return a part of every scene, clear where it is labelled, too; raises `UserError` if there are no scenes."""
        self._check_scenes()
        part = self.predictions[["clear", "label"]].isel(y=rows, x=columns)
        imagery = None if self.imagery is None else self.imagery[:, :, rows, columns]
        return Window(clear=part["clear"] & (part["label"] > 0), imagery=imagery)

    def _check_scenes(self) -> None:
        why = self.why_no_votes
        if not why and not (self.folder / lulc.MapFile.PREDICTIONS).is_dir():  # missing chunks read as no data
            why = "They are no longer on disk. Reload the page to make them again."
        if why:
            raise lulc.NotFoundError(f"{self.request.place.title} has no scenes to look at. {why}")

    def nearest(self, moment: str) -> int:
        """Return the position of the scene nearest to a moment or a day; of the clearest if it is neither."""
        apart = self._apart(moment)
        if apart is not None:
            return int(apart.argmin())
        from_midsummer = np.abs(self.predictions["time"].dt.dayofyear.values - 182)
        return int(np.lexsort((from_midsummer, -self.clear_share.round(2)))[0])

    def clearest_near(self, moment: str) -> int:
        """Return the position of the clearest scene of the season of a moment, of the nearest if that has none."""
        apart = self._apart(moment)
        if apart is None:
            return self.nearest(moment)
        season = max(_SEASON, apart.min())
        return int(np.lexsort((apart, -self.clear_share.round(2), apart > season))[0])

    def lacks(self, moment: str) -> bool:
        """Whether no scene was taken on a day, or within an hour of a moment; not for what is neither."""
        apart = self._apart(moment)
        return apart is not None and bool(apart.min() > (0 if _day_of(moment) else _ONE_PASS))

    def _apart(self, moment: str) -> np.ndarray | None:
        """Return how far from a moment or a day, in UTC, each scene was taken; None for what is neither."""
        try:
            begins = datetime.fromisoformat(moment)
            begins = (begins.astimezone(UTC) if begins.tzinfo else begins).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return None
        begin, times = np.datetime64(begins, "us"), self.predictions["time"].values.astype("datetime64[us]")
        end = begin + (np.timedelta64(1, "D") - np.timedelta64(1, "us") if _day_of(moment) else 0)
        return np.maximum(begin - times, times - end).clip(np.timedelta64(0))

    def scene(self, index: int) -> np.ndarray:
        """Return the class codes of one scene, uint8, shape (y, x)."""
        return self.predictions["label"][index].values

    def masked(self, index: int) -> np.ndarray:
        """Return which pixels of one scene are masked as cloud or shadow: boolean, shape (y, x)."""
        return ~self.predictions["clear"][index].values

    @cached_property
    def bands(self) -> tuple[str, ...]:
        """Asset keys of the bands that there is imagery of."""
        return () if self.imagery is None else tuple(self.imagery["band"].values.tolist())

    def looks(self, index: int, bands: Sequence[str]) -> np.ndarray:
        """Return one scene's imagery in some of its `bands`: uint8, shape (band, y, x); see `lulc.quicklook`."""
        return _read(self, "imagery", index)[[self.bands.index(band) for band in bands]]

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """The classes whose probability was kept, as legend codes: those that the network knows."""
        return () if self.probability is None else tuple(self.probability["class"].values.tolist())

    def class_probability(self, index: int, code: int) -> np.ndarray:
        """Return the probability of a class in one scene in hundredths: uint8, 255 = no data, shape (y, x).

        It is 0 for a class that the network does not know.
        """
        known = code in self.codes
        stored = _read(self, "probability", index)[self.codes.index(code)] if known else np.uint8(0)
        return np.where(self.scene(index) == 0, np.uint8(255), _HUNDREDTHS[stored])


def _day_of(moment: str) -> date | None:
    """Return the day that a text is, as ``2021-06-01`` or ``20210601``; None for one with a time."""
    with contextlib.suppress(ValueError):
        return date.fromisoformat(moment)
    return None


@cached(
    LRUCache(_KEPT_BYTES, getsizeof=lambda read: read.nbytes),
    key=lambda land_cover, what, index: (land_cover.folder, what, index),
    lock=threading.Lock(),
)
def _read(land_cover: LandCoverMap, what: str, index: int) -> np.ndarray:
    """Return one scene of a variable on disk."""
    return getattr(land_cover, what)[index].values


def _used(data: xr.Dataset) -> np.ndarray:
    """Return the weights of a composite in legend order."""
    return np.array([data.attrs["weights"][name] for name in LEGEND.names])


def read_land_cover_map(request: MapRequest, folder: Path) -> LandCoverMap:
    """Read a whole map that `lulc.make_map` wrote."""
    kept = lulc.open_predictions(folder / lulc.MapFile.PREDICTIONS)
    if "clear" not in kept:  # made without a mask
        kept["clear"] = kept["label"] > 0
    predictions = kept[["label", "confidence", "clear"]].load()
    report = lulc.read_report(folder)
    within = report.get("within")
    return LandCoverMap(
        request=request,
        folder=folder,
        predictions=predictions.assign({name: pack(predictions[name]) for name in ("label", "clear")}),
        report=report,
        votes=_narrowed(lulc.votes(predictions, LEGEND), predictions.sizes["time"]),
        imagery=kept.get("quicklook"),
        probability=kept.get("probability"),
        inside=None if within is None else inside(shape(within), predictions.odc.geobox),
    )


def _narrowed(votes: xr.Dataset, scenes: int) -> xr.Dataset:
    """Return votes in half the memory, if so few scenes fit: their sums are most of what an open map takes."""
    if scenes > np.iinfo(np.uint8).max:
        return votes
    return votes.assign(confidence=votes["confidence"].astype(np.uint16), count=votes["count"].astype(np.uint8))
