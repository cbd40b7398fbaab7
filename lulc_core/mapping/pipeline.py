"""One region and year, all the steps: search, choose, load, predict, composite, write."""

from __future__ import annotations

import contextlib
import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from lulc_core.cores import sharing_cores
from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.imagery.access import public
from lulc_core.imagery.fetching import checkable
from lulc_core.imagery.loading import load, load_scene_classification, quicklook
from lulc_core.imagery.radiometry import is_corrected
from lulc_core.imagery.scenes import Scene, acquisitions
from lulc_core.mapping.assembly import Areas, Observations, compose
from lulc_core.mapping.checksums import write_checksums
from lulc_core.mapping.cloud_masks import clear_by_network, clear_sky
from lulc_core.mapping.estimate import cost_of
from lulc_core.mapping.fingerprints import fingerprint, what_decides
from lulc_core.mapping.inference import predict
from lulc_core.mapping.kept_scenes import KeptScene, KeptScenes, kept_scenes
from lulc_core.mapping.plausibility import look_at, worded
from lulc_core.mapping.prediction_store import join_predictions, open_predictions
from lulc_core.mapping.products import map_to_write, quality_bands, quality_to_write, write_window
from lulc_core.mapping.report import MapReport, Outcome, make_report, write_report
from lulc_core.mapping.request import MapRequest
from lulc_core.mapping.stac_item import KEPT
from lulc_core.mapping.staging import staged
from lulc_core.mapping.vote_store import VoteStore
from lulc_core.mapping.windows import windows
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import xarray as xr

    from lulc_core.imagery.selection import Selection
    from lulc_core.mapping.cost import Cost
    from lulc_core.networks.model import Model
    from lulc_core.regions import Region

IN_MEMORY_PX = 4_000_000
"""A scene of at most this many pixels is read at once; a larger one block by block as it is predicted."""


@overload
def make_map(
    request: MapRequest,
    out: Path,
    *,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
    on_cost: Callable[[Cost], None] | None = None,
) -> MapReport: ...
@overload
def make_map(
    request: Region,
    out: Path,
    *,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
    on_cost: Callable[[Cost], None] | None = None,
    **fields: Any,
) -> MapReport: ...
def make_map(
    request: MapRequest | Region,
    out: Path,
    *,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
    on_cost: Callable[[Cost], None] | None = None,
    **fields: Any,
) -> MapReport:
    """Make the land-cover map of a region and a year, and write it with all that it rests on.

    Parameters
    ----------
    request
        What to make. A `Region`, with the other fields of `MapRequest` as arguments, is deprecated.
    out
        Folder for ``map.tif``, ``quality.tif``, ``predictions.zarr`` or ``votes.zarr`` or neither, ``item.json``,
        ``report.json`` and ``checksums.sha256``. They appear together when everything is done, or not at all. If the
        run is ended, however that happens, the scenes that it has classified stay in a hidden folder there; the next
        run for the same map takes them over, with the same result.
    progress, cancel
        Called after each chip; set to stop.
    on_cost
        Called with the estimated `Cost` when the scenes are chosen, before an image is read; raise to stop, and nothing
        is written. The report holds the estimate, too. If it is given, a map that the disk cannot hold is refused.
    fields
        Deprecated: the fields of the request.

    Returns
    -------
    MapReport
        Also written as ``report.json``.

    Raises
    ------
    NotFoundError, InvalidInputError, UnreachableError, CancelledError
        With what was expected, what came and what to do.
    """
    if not isinstance(request, MapRequest):
        request = _deprecated_request(request, fields)
    model = request.open_model()
    with sharing_cores(), kept_scenes(out) as kept, staged(out, without=KEPT.values()) as folder:
        run = _Run(request=request, model=model, kept=kept, progress=progress, cancel=cancel)
        selection = run.choose_scenes()
        cost = run.estimate(selection, out, on_cost) if on_cost else None
        run.classify(selection)
        areas = run.write(folder, simulated=any(scene.simulated for scene in selection))
        report = run.report(selection, areas, cost)
        write_report(report, request.region, selection, folder)
        write_checksums(folder)
        check(cancel)
    return report


def _deprecated_request(region: Region, fields: dict[str, Any]) -> MapRequest:
    warnings.warn(
        "make_map(region, year=...) is deprecated and goes with the next release; use "
        "make_map(MapRequest(region=region, year=...), out).",
        DeprecationWarning,
        stacklevel=3,
    )
    return MapRequest(region=region, **{name: v for name, v in fields.items() if (name, v) != ("weights", None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The steps of one request, and what is to be said about them in the end."""

    request: MapRequest
    model: Model
    kept: KeptScenes
    progress: ProgressCallback
    cancel: threading.Event | None
    stages: _Stopwatch = field(default_factory=lambda: _Stopwatch())
    imperfect: list[str] = field(default_factory=list)
    """Why items of the catalog were left out."""
    failed: list[dict[str, str]] = field(default_factory=list)
    """Scenes that could not be read: id and why."""
    finished: list[KeptScene] = field(default_factory=list)
    """The acquisitions that have been classified, by a run before or now."""

    def choose_scenes(self) -> Selection:
        """Search the catalog, and choose which scenes to use."""
        self.progress(Progress(stage="search", done=0, total=1, detail=public(str(self.request.catalog))))
        with self.stages("search"):
            selection = self.request.choose_scenes(self._leave_out)
        check(self.cancel)
        return selection

    def estimate(self, selection: Selection, out: Path, on_cost: Callable[[Cost], None]) -> Cost:
        """Say what the map takes before it is made; refuse it if the disk has no room."""
        with self.stages("estimate"):
            cost = cost_of(self.request, self.model, selection, out)
        cost.check_room(out)
        on_cost(cost)
        check(self.cancel)
        return cost

    def classify(self, selection: Selection) -> None:
        """Classify every acquisition that no run before has."""
        passes, decides, images = acquisitions(selection), what_decides(self.request, self.model), self._open(selection)
        self.kept.scenes = len(passes)
        for number, parts in enumerate(passes):
            try:
                self.finished.append(self._classified(number, parts, fingerprint(parts, decides), images))
            except UnreachableError as error:
                self._give_up(parts, error)
        if not self.finished:
            raise UnreachableError(
                f"None of the {len(passes)} scene(s) could be read, so there is no map. "
                f"The first: {self.failed[0]['reason']}"
            )

    def write(self, folder: Path, *, simulated: bool) -> Areas:
        """Composite the acquisitions window by window into ``map.tif`` and ``quality.tif``, and keep what is asked."""
        grid, stores = self.request.region.grid, [scene.store for scene in self.finished]
        tags = self._tags(simulated=simulated)
        observations, areas, parts = Observations(stores), Areas(grid), windows(grid.shape)
        with (
            self.stages("write"),
            map_to_write(folder / "map.tif", grid, tags=tags) as label,
            quality_to_write(folder / "quality.tif", grid, tags=tags) as quality,
        ):
            kept = self._keep(stores, folder)
            for number, window in enumerate(parts):
                check(self.cancel)
                self.progress(Progress(stage="write", done=number, total=len(parts)))
                with self.stages("composite"):
                    composite = compose(observations, window, self.model.legend, self.request.weights, keep=kept)
                areas.add(composite["label"].values, window)
                write_window(label, composite["label"].values[None], window)
                write_window(quality, quality_bands(composite), window)
        return areas

    def _keep(self, stores: list[Path], folder: Path) -> VoteStore | None:
        """Let the predictions stay beside the map, if that is asked; return a store for the votes, if these are."""
        if self.request.keep == "votes":
            return VoteStore(folder / KEPT["votes"], open_predictions(stores[0]), self.model.legend)
        if self.request.keep == "predictions":
            join_predictions(stores, folder / KEPT["predictions"])
        return None

    def _tags(self, *, simulated: bool) -> dict[str, str]:
        return {
            "MODEL": self.model.name,
            "REGION": self.request.region.title,
            "YEAR": str(self.request.year),
            "SIMULATED": "yes" if simulated else "no",
        }

    def report(self, selection: Selection, areas: Areas, cost: Cost | None) -> MapReport:
        """Return what was done."""
        outcome = Outcome(
            model=self.model,
            selection=selection,
            imperfect=self.imperfect,
            failed=self.failed,
            checked=sum(scene.checked for scene in self.finished),
            taken_over=self.kept.taken_over,
            looks=worded(scene.look for scene in self.finished if scene.look),
            weights={c.name: c.weight for c in self.model.legend.weighted(self.request.weights)},
            areas=areas,
            seconds=self.stages.rounded(),
            cost=cost,
        )
        return make_report(self.request, outcome)

    def _leave_out(self, error: InvalidInputError) -> None:
        if self.request.strict:
            raise error
        self.imperfect.append(str(error))

    def _give_up(self, parts: tuple[Scene, ...], error: UnreachableError) -> None:
        if self.request.strict:
            raise error
        self.failed.extend({"id": scene.id, "reason": str(error)} for scene in parts)

    def _counting(self, number: int, of: int) -> ProgressCallback:
        """Return what turns the progress of one acquisition into that of all."""

        def chip_done(p: Progress) -> None:
            done = number * p.total + p.done
            self.progress(Progress(stage="predict", done=done, total=of * p.total, detail=p.detail))

        return chip_done

    def _open(self, selection: Selection) -> tuple[xr.DataArray, xr.DataArray | None]:
        """Return reflectance and, if it masks the clouds, scene classification: lazy, a time step an acquisition."""
        grid = self.request.region.grid
        classes = load_scene_classification(selection, grid) if self.request.mask == "scl" else None
        return load(selection, grid, self.model.bands), classes

    def _classified(
        self, number: int, parts: tuple[Scene, ...], mark: str, images: tuple[xr.DataArray, xr.DataArray | None]
    ) -> KeptScene:
        """Return an acquisition that has been classified, by a run before or now."""
        check(self.cancel)
        if (known := self.kept.find(mark)) is not None:
            self.progress(Progress(stage="resume", done=number + 1, total=self.kept.scenes))
            return known
        (reflectance, classes), one = images, slice(number, number + 1)
        predicted, odd = self._predict(
            parts,
            reflectance[one],
            None if classes is None else classes[one],
            self._counting(number, self.kept.scenes),
        )
        keys = [(scene, key) for scene in parts for key in self.request.images(scene, self.model)]
        checked = sum(key in s.checksums and checkable(s.hrefs[key], s.checksums[key]) for s, key in keys)
        with self.stages("write"):
            return self.kept.keep(mark, predicted, look=odd and (parts[0].id, *odd), checked=checked)

    def _predict(
        self,
        parts: tuple[Scene, ...],
        reflectance: xr.DataArray,
        classes: xr.DataArray | None,
        chip_done: ProgressCallback,
    ) -> tuple[xr.Dataset, tuple[str, float] | None]:
        """Read and classify one acquisition, and say what is odd about its values; what is given is lazy."""
        ask, clear = self.request, None
        with self.stages("load"):
            if classes is not None:
                classes = classes.compute()
                clear = clear_sky(classes)
            if ask.quicklooks or np.prod(ask.region.grid.shape) <= IN_MEMORY_PX:
                reflectance = reflectance.compute()
            odd = look_at(reflectance, classes, clear=clear, corrected=any(map(is_corrected, parts)))
        with self.stages("predict"):
            predicted = predict(
                reflectance,
                self.model,
                chip=ask.chip,
                overlap=ask.overlap,
                probabilities=ask.probabilities,
                progress=chip_done,
                cancel=self.cancel,
            )
        if ask.mask == "model":
            clear = clear_by_network(predicted["label"], self.model.legend)
        if ask.quicklooks:
            predicted["quicklook"] = quicklook(reflectance)
        return predicted if clear is None else predicted.assign(clear=clear), odd


@dataclass(slots=True)
class _Stopwatch:
    """Wall and core seconds of each stage, summed over its visits; a stage within another stops that one's."""

    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    running: str | None = None
    since: tuple[float, float] = (0.0, 0.0)

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        outer = self._switch(stage)
        try:
            yield
        finally:
            self._switch(outer)

    def _switch(self, stage: str | None) -> str | None:
        """Let another stage run, or none; return that which ran."""
        now, before = (time.perf_counter(), time.process_time()), self.running
        if before is not None:
            spent = self.stages.setdefault(before, {"wall": 0.0, "core": 0.0})
            spent["wall"] += now[0] - self.since[0]
            spent["core"] += now[1] - self.since[1]
        self.running, self.since = stage, now
        return before

    def rounded(self) -> dict[str, dict[str, float]]:
        """Return the seconds to the millisecond."""
        return {stage: {k: round(v, 3) for k, v in spent.items()} for stage, spent in self.stages.items()}
