"""What was done to make a map: the report for people, the STAC item for catalogs."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shapely.geometry import mapping

from lulc_core.counted import counted
from lulc_core.display import Swatch, block, bullets, paragraph, table
from lulc_core.imagery.access import public
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.attribution import COPERNICUS_LICENCE, attribution, imagery_credit
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.outcome import remarks_on
from lulc_core.mapping.stac_item import MapDescription, map_item

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from odc.geo.geobox import GeoBox

    from lulc_core.imagery.selection import Selection
    from lulc_core.json_types import JsonObject
    from lulc_core.mapping.assembly import Areas
    from lulc_core.mapping.outcome import Outcome
    from lulc_core.mapping.request import MapRequest
    from lulc_core.networks.model import Model

LIBRARIES = ("lulc-explorer", "numpy", "numba", "odc-loader", "rasterio", "xarray")
"""Those that decide the result, beside the runtime of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapReport:
    """What was done to make a map; ``report.json`` holds the same."""

    region: str
    """Name of the region."""
    title: str
    """Of the region, for people."""
    year: int
    """Calendar year, UTC."""
    catalog: str
    """Address or path of the catalog that was asked for."""
    search: dict[str, Any] | None
    """Which STAC API gave the scenes: its ``catalog``, when it was ``asked``, whether that answer was ``kept`` of an
    earlier search, and ``instead_of``, why another did not give them; None for a local catalog."""
    simulated: bool
    """True if any scene used is simulated."""
    model: str
    """Name of the network."""
    network: dict[str, str]
    """How it was run: ``runtime``, library; ``precision``; ``remark``, why not by a faster library or precision; and
    the ``product_level`` that it was made for."""
    mask: str
    """How clouds were masked: ``"scl"``, ``"model"`` or ``"none"``."""
    weights: dict[str, float]
    """Class name to weight in the mode."""
    grid: dict[str, Any]
    """``crs``, ``shape`` (height, width), ``transform`` (six numbers) of the map."""
    within: dict[str, Any] | None = None
    """GeoJSON geometry of what of the grid counts, degrees; None if all does."""
    tiles: list[str] | None = None
    """Of a mosaic, the tiles of whose maps it is made; None for another map."""
    scenes: list[dict[str, Any]]
    """Each scene considered: id, date, cloud cover (%), usable share (0-1), taken, reason."""
    failed: list[dict[str, str]]
    """Scenes that were taken but could not be read: id and why."""
    files: dict[str, int]
    """``read``: images that the map was made from; ``checked``: those compared with the checksum of their item."""
    traffic: dict[str, float] | None
    """Of served images: ``read_bytes``, ``needed_bytes`` (the blocks that the map needs, as they are stored), and their
    ``ratio``; None where that is not known, as behind a proxy, or nothing was served."""
    taken_over: int
    """Acquisitions that a run which was ended had classified, and this one did not classify again."""
    keep: str
    """What stays beside the map: ``"predictions"``, ``"votes"`` or ``"nothing"``."""
    classes: dict[str, dict[str, float]]
    """Class name to pixels and hectares in the map; ``no data`` too. What does not count is in none."""
    seconds: dict[str, dict[str, float]]
    """Stage to ``wall`` and ``core`` seconds. What is read or written while the network works counts to ``predict``."""
    estimate: dict[str, Any] | None
    """The `Cost` that was estimated before; None if nobody asked."""
    warnings: list[str]
    """What a reader of the map should know."""
    versions: dict[str, str]
    """Of this package, Python and the libraries that decide the result."""
    attribution: str
    """Whose imagery and network it is made from, to be passed on with the map."""
    created: str
    """When, ISO 8601, UTC."""

    def to_frame(self) -> pd.DataFrame:
        """Return the area of each class: index class name, columns ``pixels`` and ``area_ha``."""
        import pandas as pd  # takes half a second, and a map is made without it

        return pd.DataFrame.from_dict(self.classes, orient="index").astype({"pixels": int})

    def __repr__(self) -> str:
        return f"<MapReport: {self._head()}>"

    def _repr_html_(self) -> str:
        named = {c.name: Swatch(c.colour) for c in LEGEND}
        rows = (
            (named.get(name), name, f"{one['pixels']:,.0f}", f"{one['area_ha']:,.1f}")
            for name, one in self.classes.items()
            if one["pixels"]
        )
        shown = table(["", "class", "pixels", "area (ha)"], rows)
        return block(self._head(), shown, bullets(self.warnings), paragraph(self.attribution))

    def _head(self) -> str:
        taken = sum(scene["taken"] for scene in self.scenes)
        made = " (simulated)" if self.simulated else ""
        return f"{self.title}, {self.year}{made}, by {self.model} from {counted(taken, 'scene')}"


def make_report(request: MapRequest, outcome: Outcome) -> MapReport:
    """Return the report on a map that has been made."""
    images = _images(request, outcome)
    return MapReport(
        region=request.region.name,
        title=request.region.title,
        year=request.year,
        catalog=public(str(request.catalog)),
        search=record.summary() if (record := outcome.selection.search) else None,
        simulated=outcome.simulated,
        model=outcome.model.name,
        network={
            **{name: getattr(outcome.model, name) for name in ("runtime", "precision", "remark")},
            "product_level": outcome.model.other_level or "L2A",
        },
        mask=request.mask,
        weights=outcome.weights,
        grid=grid_summary(request.region.grid),
        within=None if request.region.within is None else mapping(request.region.within),
        scenes=[verdict.summary() for verdict in outcome.selection.verdicts],
        failed=outcome.failed,
        files={"read": len(images), "checked": outcome.checked},
        traffic=outcome.traffic,
        taken_over=outcome.taken_over,
        keep=request.keep,
        classes=class_areas(outcome.areas),
        seconds=outcome.seconds,
        estimate=None if outcome.cost is None else dataclasses.asdict(outcome.cost),
        warnings=remarks_on(outcome, request, unchecked=sum(images) - outcome.checked),
        versions=versions(outcome.model.runtime),
        attribution=attribution_of(outcome.model, request.year, simulated=outcome.simulated),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def attribution_of(model: Model, year: int, *, simulated: bool) -> str:
    """Return whose imagery and network a map by `model` is made from."""
    licence = str(model.card.get("licence") or "")
    return attribution(year=year, simulated=simulated, network=model.name, licence=licence)


def _images(request: MapRequest, outcome: Outcome) -> list[bool]:
    """Return, for each image that was read, whether its item has a checksum."""
    unread = {f["id"] for f in outcome.failed}
    read = [scene for scene in outcome.selection if scene.id not in unread]
    return [key in scene.checksums for scene in read for key in request.images(scene, outcome.model)]


def write_report(report: MapReport, request: MapRequest, selection: Selection, folder: Path) -> None:
    """Write ``report.json`` and the STAC item ``item.json`` of a map."""
    write_json(_item(report, request, selection), folder / MapFile.ITEM)
    write_json(dataclasses.asdict(report), folder / MapFile.REPORT)


def grid_summary(grid: GeoBox) -> JsonObject:
    """Return a grid as a report has it."""
    return {"crs": str(grid.crs), "shape": list(grid.shape), "transform": list(grid.transform)[:6]}


def write_json(content: JsonObject, path: Path) -> None:
    """Write a report or an item."""
    path.write_text(json.dumps(content, indent=2) + "\n")


def class_areas(areas: Areas) -> dict[str, dict[str, float]]:
    """Return areas as a report has them: class name to pixels and hectares."""
    names = {NO_DATA: "no data"} | {c.code: c.name for c in LEGEND}
    return {
        name: {"pixels": int(areas.pixels[code]), "area_ha": round(float(areas.hectares[code]), 4)}
        for code, name in names.items()
    }


def versions(runtime: str) -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide a map; `runtime` runs its network."""
    found = {"python": platform.python_version()}
    for name in (*LIBRARIES, runtime):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # such as onnxruntime-gpu
            found[name] = importlib.metadata.version(name)
    return found


def _terms(report: MapReport) -> JsonObject:
    """Return who gave the imagery and its licence, which is none of SPDX's, as STAC writes them; none if simulated."""
    copernicus = {"name": "Copernicus Sentinel", "description": imagery_credit(report.year, simulated=False)}
    providers = [copernicus | {"roles": ["producer", "licensor"]}]
    return {} if report.simulated else {"license": "other", "providers": providers}


def _item(report: MapReport, request: MapRequest, selection: Selection) -> JsonObject:
    unread = {f["id"] for f in report.failed}
    description = MapDescription(
        identifier=f"lulc-{report.region}-{report.year}" + ("-simulated" if report.simulated else ""),
        grid=request.region.grid,
        ground=request.region.within,
        start=datetime(report.year, 1, 1, tzinfo=UTC),
        end=datetime(report.year, 12, 31, 23, 59, 59, tzinfo=UTC),
        scene_links={s.id: s.address for s in selection if s.id not in unread},
        keep=report.keep,
        legend=request.legend,
        licence="" if report.simulated else COPERNICUS_LICENCE,
        properties={
            "attribution": report.attribution,
            **_terms(report),
            "created": report.created.replace("+00:00", "Z"),
            "lulc:model": report.model,
            "lulc:catalog": (report.search or {}).get("catalog", report.catalog),
            "lulc:mask": report.mask,
            "lulc:weights": report.weights,
            "lulc:simulated": report.simulated,
        },
    )
    return map_item(description).to_dict(include_self_link=False, transform_hrefs=False)
