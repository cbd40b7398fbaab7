"""One region and year, all the steps: search, choose, load, predict, composite, write."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from lulc_core.cores import sharing_cores
from lulc_core.heap import give_back_large_arrays
from lulc_core.home import from_home
from lulc_core.imagery.access import public
from lulc_core.imagery.traffic import Traffic, measured
from lulc_core.mapping import stated_shares
from lulc_core.mapping.assembly import Areas, Observations, compose
from lulc_core.mapping.attribution import map_tags
from lulc_core.mapping.checksums import write_checksums
from lulc_core.mapping.classification import Classification
from lulc_core.mapping.estimate import cost_of
from lulc_core.mapping.kept_scenes import KeptScene, KeptScenes, kept_scenes
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.outcome import Outcome
from lulc_core.mapping.plausibility import worded
from lulc_core.mapping.prediction_store import join_predictions, open_predictions
from lulc_core.mapping.products import map_to_write, quality_bands, quality_to_write, write_window
from lulc_core.mapping.report import MapReport, attribution_of, make_report, write_report
from lulc_core.mapping.request import MapRequest
from lulc_core.mapping.stac_item import KEPT
from lulc_core.mapping.staging import staged
from lulc_core.mapping.stopwatch import Stopwatch
from lulc_core.mapping.vote_store import VoteStore
from lulc_core.mapping.windows import windows
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from lulc_core.errors import InvalidInputError
    from lulc_core.imagery.selection import Selection
    from lulc_core.json_types import JsonObject
    from lulc_core.mapping.cost import Cost
    from lulc_core.networks.model import Model
    from lulc_core.regions import Region


@overload
def make_map(
    request: MapRequest,
    out: str | os.PathLike[str],
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
    out: str | os.PathLike[str],
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
    out = from_home(out)
    give_back_large_arrays()
    model = request.open_model()
    with (
        sharing_cores(),
        measured() as traffic,
        kept_scenes(out) as kept,
        staged(out, without=KEPT.values()) as folder,
    ):
        run = _Run(request=request, model=model, kept=kept, progress=progress, cancel=cancel)
        selection = run.choose_scenes()
        cost = run.estimate(selection, out, on_cost) if on_cost else None
        run.classify(selection)
        areas = run.write(folder, simulated=any(scene.simulated for scene in selection))
        report = run.report(selection, areas, cost, traffic)
        write_report(report, request, selection, folder)
        write_checksums(folder)
        check(cancel)
    return report


def _deprecated_request(region: Region, fields: JsonObject) -> MapRequest:
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
    stages: Stopwatch = field(default_factory=Stopwatch)
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
            selection = self.request.choose_scenes(self._leave_out, progress=self.progress, cancel=self.cancel)
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
        Classification(
            request=self.request,
            model=self.model,
            kept=self.kept,
            stages=self.stages,
            progress=self.progress,
            cancel=self.cancel,
            finished=self.finished,
            failed=self.failed,
        ).run(selection)

    def write(self, folder: Path, *, simulated: bool) -> Areas:
        """Composite the acquisitions window by window into ``map.tif`` and ``quality.tif``, and keep what is asked."""
        region, stores = self.request.region, [scene.store for scene in self.finished]
        grid = region.grid
        tags = self._tags(simulated=simulated)
        observations, areas, parts = Observations(stores), Areas(grid, _counted(region)), windows(grid.shape)
        with (
            self.stages("write"),
            map_to_write(folder / MapFile.MAP, grid, legend=self.request.legend, tags=tags) as label,
            quality_to_write(folder / MapFile.QUALITY, grid, tags=tags) as quality,
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
        within = self.request.region.within
        tags = map_tags(
            model=self.model.name,
            region=self.request.region.title,
            year=self.request.year,
            simulated=simulated,
            weights=self._weights(),
            credit=attribution_of(self.model, self.request.year, simulated=simulated),
        )
        return tags if within is None else tags | {"OUTLINE": within.wkt}

    def _weights(self) -> dict[str, float]:
        return self.model.legend.weighted(self.request.weights).weights_by_name

    def report(self, selection: Selection, areas: Areas, cost: Cost | None, traffic: Traffic) -> MapReport:
        """Return what was done."""
        outcome = Outcome(
            model=self.model,
            selection=selection,
            imperfect=self.imperfect,
            failed=self.failed,
            checked=sum(scene.checked for scene in self.finished),
            taken_over=self.kept.taken_over,
            looks=[
                *worded(scene.look for scene in self.finished if scene.look),
                *stated_shares.worded(said for scene in self.finished for said in scene.contradicted),
            ],
            weights=self._weights(),
            areas=areas,
            seconds=self.stages.rounded(),
            cost=cost,
            traffic=traffic.summary(),
        )
        return make_report(self.request, outcome)

    def _leave_out(self, error: InvalidInputError) -> None:
        if self.request.strict:
            raise error
        self.imperfect.append(str(error))


def _counted(region: Region) -> NDArray[np.bool_] | None:
    return None if region.within is None else region.counted()
