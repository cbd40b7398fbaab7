"""One region and year, all the steps: search, select, load, predict, composite, write."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import json
import platform
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.imagery.catalog import PLANETARY_COMPUTER, search
from lulc_core.imagery.loading import clear_sky, load, load_scene_classification, quicklook
from lulc_core.imagery.scenes import BANDS, LOOKS, Selection, acquisitions, choose
from lulc_core.legend import LEGEND
from lulc_core.mapping.chips import CHIP_PX, OVERLAP_PX
from lulc_core.mapping.compositing import decide, votes
from lulc_core.mapping.inference import predict
from lulc_core.mapping.products import map_item, staged, write_map, write_predictions, write_quality
from lulc_core.networks.model import Model
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import xarray as xr

    from lulc_core.regions import Region

MASKS = ("scl", "model", "none")
"""How clouds are masked: by ESA's scene classification, by the model's own cloud class, or not."""
IN_MEMORY_PX = 4_000_000
"""A scene of at most this many pixels is read at once; a larger one block by block as it is predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapReport:
    """What was done to make a map; ``report.json`` holds the same."""

    region: str
    """Name of the region."""
    year: int
    """Calendar year, UTC."""
    catalog: str
    """Address or path of the catalog."""
    simulated: bool
    """True if any scene used was made by a computer."""
    model: str
    """Name of the network."""
    mask: str
    """One of `MASKS`."""
    weights: dict[str, float]
    """Class name to weight in the mode."""
    grid: dict[str, Any]
    """``crs``, ``shape`` (height, width), ``transform`` (six numbers) of the map."""
    scenes: list[dict[str, Any]]
    """Each scene considered: id, date, cloud cover (%), usable share (0-1), taken, reason."""
    failed: list[dict[str, str]]
    """Scenes that were taken but could not be read: id and why."""
    classes: dict[str, dict[str, float]]
    """Class name to pixels and hectares in the map; ``no data`` too."""
    seconds: dict[str, dict[str, float]]
    """Stage to ``wall`` and ``core`` seconds."""
    warnings: list[str]
    """What a reader of the map should know."""
    versions: dict[str, str]
    """Of this package, Python and the libraries that decide the result."""
    created: str
    """When, ISO 8601, UTC."""


def make_map(
    region: Region,
    *,
    year: int,
    out: Path,
    model: str | Path | Model,
    catalog: str | Path = PLANETARY_COMPUTER,
    mask: str = "scl",
    weights: Mapping[str, float] | None = None,
    max_scenes: int | None = None,
    looks: float = LOOKS,
    strict: bool = False,
    chip: int = CHIP_PX,
    overlap: int = OVERLAP_PX,
    probabilities: bool = False,
    quicklooks: bool = False,
    timeout: float = 30.0,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> MapReport:
    """Make the land-cover map of a region and a year, and write it with all that it rests on.

    Parameters
    ----------
    region, year, catalog, timeout
        As for `search`.
    out
        Folder for ``map.tif``, ``quality.tif``, ``predictions.zarr``, ``item.json`` and ``report.json``. They
        appear together when everything is done, or not at all.
    model
        A `Model`, or what `Model.open` takes.
    mask
        ``"scl"``, ``"model"`` (its own cloud class) or ``"none"``.
    weights
        Class name to weight where it differs from what the model's legend has.
    max_scenes, looks
        As for `choose`: at most so many acquisitions per tile, and the clear looks per pixel to reach.
    strict
        Raise if an item is imperfect or a scene cannot be read, instead of leaving it out.
    chip, overlap, probabilities
        As for `predict`.
    quicklooks
        Keep every scene's imagery to look at, beside the predictions: see `quicklook`. Reads each scene whole.
    progress, cancel
        Called after each chip; set to stop.

    Returns
    -------
    MapReport
        Also written as ``report.json``.

    Raises
    ------
    NotFoundError, InvalidInputError, UnreachableError, CancelledError
        With what was expected, what came and what to do.
    """
    model = model if isinstance(model, Model) else Model.open(model)
    _check_request(model, mask, weights)
    stages = _Stopwatch()
    left_out: list[str] = []

    def imperfect(error: InvalidInputError) -> None:
        if strict:
            raise error
        left_out.append(str(error))

    with staged(out) as folder:
        progress(Progress(stage="search", done=0, total=1, detail=str(catalog)))
        with stages("search"):
            found = search(region, year=year, catalog=catalog, timeout=timeout, on_imperfect=imperfect)
            selection = choose(found, max_scenes, looks=looks)
        check(cancel)
        work = _Work(
            region=region,
            model=model,
            mask=mask,
            chip=chip,
            overlap=overlap,
            probabilities=probabilities,
            quicklooks=quicklooks,
            strict=strict,
        )
        cover, failed = work.run(selection, folder, stages, progress, cancel)
        progress(Progress(stage="write", done=0, total=1))
        with stages("composite"):
            cover = decide(cover, model.legend, weights=weights)
        with stages("write"):
            simulated = any(scene.simulated for scene in selection)
            _write_rasters(cover, folder, model, region, year, simulated=simulated)
        report = _report(region, year, catalog, model, mask, selection, left_out, failed, cover, stages)
        item = _item(report, region, selection)
        (folder / "item.json").write_text(json.dumps(item, indent=2) + "\n")
        (folder / "report.json").write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
        check(cancel)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """From the chosen scenes to their votes."""

    region: Region
    model: Model
    mask: str
    chip: int
    overlap: int
    probabilities: bool
    quicklooks: bool
    strict: bool

    def run(
        self,
        selection: Selection,
        folder: Path,
        stages: _Stopwatch,
        progress: ProgressCallback,
        cancel: threading.Event | None,
    ) -> tuple[xr.Dataset, list[dict[str, str]]]:
        """Return the votes of all acquisitions and the scenes that could not be read."""
        passes = acquisitions(selection)
        reflectance = load(selection, self.region.grid, self.model.bands)
        clear = clear_sky(load_scene_classification(selection, self.region.grid)) if self.mask == "scl" else None
        total: xr.Dataset | None = None
        failed: list[dict[str, str]] = []
        for i, parts in enumerate(passes):

            def chip_done(p: Progress, i: int = i) -> None:
                step = Progress(
                    stage="predict", done=i * p.total + p.done, total=len(passes) * p.total, detail=p.detail
                )
                progress(step)

            try:
                one = slice(i, i + 1)  # the time steps of `load` are the acquisitions, in their order
                seen = None if clear is None else clear[one]
                predicted = self._predict(reflectance[one], seen, stages, chip_done, cancel)
            except UnreachableError as error:
                if self.strict:
                    raise
                failed += [{"id": scene.id, "reason": str(error)} for scene in parts]
                continue
            with stages("composite"):
                total = votes(predicted, onto=total)
            with stages("write"):
                write_predictions(predicted, folder / "predictions.zarr")
        if total is None:
            raise UnreachableError(
                f"None of the {len(passes)} scene(s) could be read, so there is no map. "
                f"The first: {failed[0]['reason']}"
            )
        return total, failed

    def _predict(
        self,
        reflectance: xr.DataArray,
        clear: xr.DataArray | None,
        stages: _Stopwatch,
        chip_done: ProgressCallback,
        cancel: threading.Event | None,
    ) -> xr.Dataset:
        """Read and classify one acquisition; `reflectance` and `clear` are lazy, of one time step."""
        with stages("load"):
            check(cancel)
            if clear is not None:
                clear = clear.compute()
            if self.quicklooks or np.prod(self.region.grid.shape) <= IN_MEMORY_PX:
                reflectance = reflectance.compute()
        with stages("predict"):
            predicted = predict(
                reflectance,
                self.model,
                chip=self.chip,
                overlap=self.overlap,
                probabilities=self.probabilities,
                progress=chip_done,
                cancel=cancel,
            )
        if self.mask == "model":
            clear = ~predicted["label"].isin([c.code for c in self.model.legend if c.cloud])
        if self.quicklooks:
            predicted["quicklook"] = quicklook(
                reflectance.sel(band=[band for band in BANDS if band in self.model.bands])
            )
        return predicted if clear is None else predicted.assign(clear=clear)


@dataclass(slots=True)
class _Stopwatch:
    """Wall and core seconds of each stage, summed over its visits."""

    stages: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        wall, core = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            spent = self.stages.setdefault(stage, {"wall": 0.0, "core": 0.0})
            spent["wall"] += time.perf_counter() - wall
            spent["core"] += time.process_time() - core

    def rounded(self) -> dict[str, dict[str, float]]:
        """Return the seconds to the millisecond."""
        return {stage: {k: round(v, 3) for k, v in spent.items()} for stage, spent in self.stages.items()}


def _check_request(model: Model, mask: str, weights: Mapping[str, float] | None) -> None:
    """Raise for what can be known to be wrong before any work is done."""
    LEGEND.weights(weights)
    if mask not in MASKS:
        raise InvalidInputError(f"mask must be one of {', '.join(MASKS)}; got {mask!r}.")
    if mask == "model" and not model.has_cloud_class:
        raise InvalidInputError(f"{model.name} has no cloud class to mask by; use mask 'scl' or 'none'.")


def _write_rasters(
    cover: xr.Dataset, folder: Path, model: Model, region: Region, year: int, *, simulated: bool
) -> None:
    tags = {"MODEL": model.name, "REGION": region.title, "YEAR": str(year), "SIMULATED": "yes" if simulated else "no"}
    write_map(cover["label"], folder / "map.tif", tags=tags)
    write_quality(cover, folder / "quality.tif", tags=tags)


def _report(
    region: Region,
    year: int,
    catalog: str | Path,
    model: Model,
    mask: str,
    selection: Selection,
    left_out: list[str],
    failed: list[dict[str, str]],
    cover: xr.Dataset,
    stages: _Stopwatch,
) -> MapReport:
    grid = region.grid
    return MapReport(
        region=region.name,
        year=year,
        catalog=str(catalog),
        simulated=any(scene.simulated for scene in selection),
        model=model.name,
        mask=mask,
        weights=cover.attrs["weights"],
        grid={"crs": str(grid.crs), "shape": list(grid.shape), "transform": list(grid.transform)[:6]},
        scenes=[v.summary() for v in selection.verdicts],
        failed=failed,
        classes=_class_areas(cover["label"], region),
        seconds=stages.rounded(),
        warnings=_warnings(selection, left_out, failed, cover, model),
        versions=_versions(model.runtime),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _class_areas(label: xr.DataArray, region: Region) -> dict[str, dict[str, float]]:
    counts = np.bincount(label.values.ravel(), minlength=256)
    pixel_ha = region.area_ha / label.size
    names = {0: "no data"} | {c.code: c.name for c in LEGEND}
    return {
        name: {"pixels": int(counts[code]), "area_ha": round(float(counts[code] * pixel_ha), 4)}
        for code, name in names.items()
    }


def _warnings(
    selection: Selection, left_out: list[str], failed: list[dict[str, str]], cover: xr.Dataset, model: Model
) -> list[str]:
    found = [f"Left out: {reason}" for reason in left_out]
    if any(scene.simulated for scene in selection):
        found.append("The imagery is simulated: this is not a map of the real place.")
    if failed:
        found.append(f"{len(failed)} of {len(selection)} scenes could not be read and were left out; see `failed`.")
    empty = float((cover["label"] == 0).mean())
    if empty > 0:
        share = f"{empty:.1%}" if empty >= 0.001 else "Fewer than 0.1%"
        found.append(f"{share} of the pixels have no clear observation and are no data.")
    if level := model.card.get("product_level"):
        found.append(f"{model.name} was made for {level}; the imagery is L2A (surface reflectance).")
    if note := model.card.get("warning"):
        found.append(str(note))
    return found


def _versions(runtime: str) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("lulc-explorer", "numpy", "numba", "odc-stac", "rasterio", "xarray", runtime):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # such as onnxruntime-gpu
            found[name] = importlib.metadata.version(name)
    return found


def _item(report: MapReport, region: Region, selection: Selection) -> dict[str, Any]:
    unread = {f["id"] for f in report.failed}
    item = map_item(
        identifier=f"lulc-{report.region}-{report.year}" + ("-simulated" if report.simulated else ""),
        grid=region.grid,
        start=datetime(report.year, 1, 1, tzinfo=UTC),
        end=datetime(report.year, 12, 31, 23, 59, 59, tzinfo=UTC),
        scene_links={s.id: next(iter(s.hrefs.values())) for s in selection if s.id not in unread},
        properties={
            "created": report.created.replace("+00:00", "Z"),
            "lulc:model": report.model,
            "lulc:mask": report.mask,
            "lulc:weights": report.weights,
            "lulc:simulated": report.simulated,
        },
    )
    return item.to_dict(include_self_link=False, transform_hrefs=False)
