"""The label desk: the database of the labels, whose turn it is, what a unit looks like, and what labels say so far."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache, cached
from pyproj import Transformer

import lulc_core as lulc
from lulc_core.home import expanded
from lulc_explorer.analysis.unit_imagery import UnitImagery, read_unit_imagery, surroundings
from lulc_explorer.engine.accuracy import Study, assessed
from lulc_explorer.engine.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd
    import xarray as xr
    from odc.geo.geobox import GeoBox

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.place_scenes import PlaceScenes

    Scenes = LandCoverMap | PlaceScenes
    """Those that a map was made of, or that one would be made of."""
    LabelDesk = lulc.LabelDesk
    LabelUnit = lulc.LabelUnit
    Label = lulc.Label
    Dispute = lulc.Dispute

_KEPT_UNITS = 32
"""Units whose imagery is kept in memory in a process, some 300 kB each."""
HOW_TO_BEGIN = (
    "Start the explorer with LULC_LABELS=labels.db; then make a labelling project here, or on the command line with "
    "“lulc label new labels.db --sample sample.csv --project NAME”."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelResults:
    """What the labels of a project say so far. It shows classes of the map."""

    study: Study
    needed: pd.DataFrame | None
    """Units that are missing, by stratum: see `lulc.units_needed`; None if that is not known."""
    why_not: str
    """Why it is not known."""
    agreement: pd.DataFrame | None = None
    """How far all interpreters agree on each class: see `lulc.class_agreement`; None for one interpreter."""
    pairs: pd.DataFrame | None = None
    """How far every two of them do: see `lulc.pair_agreement`."""
    bounds: pd.DataFrame | None = None
    """Between which values figures lie whatever the units without a consensus are: see `lulc.project_bounds`,
    and of tiles `lulc.tile_bounds`."""


class LabelStore:
    """A database of labels, opened when it is first asked for.

    Parameters
    ----------
    address
        Path of an SQLite file or address of PostgreSQL; empty for none.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._opened: lulc.LabelDatabase | None = None
        self._lock = threading.Lock()

    @property
    def _database(self) -> lulc.LabelDatabase:
        with self._lock:
            if self._opened is None:
                self._opened = lulc.LabelDatabase(self.address, create=False)
            return self._opened

    def projects(self) -> list[str]:
        """Return the names of the projects; raises `UserError` if there are none."""
        if "://" not in self.address and not os.path.exists(self.address):
            raise lulc.NotFoundError(f"There is no labelling project yet. “New project” makes one, in {self.address}.")
        found = [project.name for project in self._database.projects()]
        if not found:
            raise lulc.NotFoundError(f"{self._database.name} has no project. {HOW_TO_BEGIN}")
        return found

    def desk(self, project: str) -> LabelDesk:
        """Return the desk of a project; raises `UserError` if there is none."""
        return lulc.LabelDesk(self._database, project)

    def close(self) -> None:
        """Close the database, if it is open."""
        if self._opened is not None:
            self._opened.close()


@cache
def the_label_store() -> LabelStore:
    """Return the labels of this process, ``LULC_LABELS``."""
    return LabelStore(expanded(os.environ.get("LULC_LABELS", "")))


waiting_for = lulc.waiting_for


def open_disputes(desk: LabelDesk, person: str, skip: Collection[int] = ()) -> Sequence[Dispute]:
    """Return the units that a person may decide; none where the rule of the project knows no adjudication."""
    return lulc.disputes(desk, person, skip=skip) if desk.project.rule == "adjudicated" else ()


def decide(desk: LabelDesk, person: str, unit: int, name: str | None, **said: object) -> Label:
    """Decide a unit in dispute: see `lulc.adjudicate`; raises `UserError`."""
    return lulc.adjudicate(desk, person, unit, name, **said)  # type: ignore[arg-type]  # as they were given


def pixel_of(grid: GeoBox, unit: LabelUnit) -> tuple[int, int] | None:
    """Return the row and column of a unit on a grid; None if it lies outside."""
    x, y = Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True).transform(unit.lon, unit.lat)
    column, row = grid.wld2pix(x, y)
    inside = 0 <= row < grid.shape.y and 0 <= column < grid.shape.x
    return (int(row), int(column)) if inside else None


@cached(
    LRUCache(_KEPT_UNITS),
    key=lambda scenes, unit: (scenes.origin, unit.lon, unit.lat),
    condition=threading.Condition(),
)
def unit_imagery(scenes: Scenes, unit: LabelUnit) -> UnitImagery:
    """Read the imagery around a unit, or wait for whoever does; raises `UserError` if it is gone."""
    pixel = pixel_of(scenes.grid, unit)
    if pixel is None:
        raise lulc.NotFoundError(f"Unit {unit.number} lies outside of {scenes.request.place.title}.")
    rows, columns = surroundings(pixel, (scenes.grid.shape.y, scenes.grid.shape.x))
    return read_unit_imagery(scenes.window(rows, columns), (pixel[0] - rows.start, pixel[1] - columns.start))


def results(desk: LabelDesk, cover: xr.DataArray | None = None) -> LabelResults:
    """Return what the labels say so far, of tiles with the map that they were drawn from; raises `UserError`."""
    if desk.project.kind == "tiles":
        return _tile_results(desk, cover)
    report = lulc.assess_project(desk)
    sample = Sample(
        table=lulc.labelled_sample(desk),
        title=desk.project.name,
        design=_design(desk),
        pixel_ha=desk.project.pixel_ha,
        notes=report.warnings[-1:] if desk.progress().complete > report.sample_size else (),
    )
    bounds = lulc.project_bounds(desk) if desk.project.interpreters > 1 else None
    return LabelResults(study=assessed(sample), bounds=bounds, **_agreement(desk), **_needed(desk))


def _agreement(desk: LabelDesk) -> dict[str, Any]:
    """Return how far interpreters agree; nothing for one interpreter."""
    if desk.project.interpreters < 2:
        return {}
    return {"agreement": lulc.class_agreement(desk), "pairs": lulc.pair_agreement(desk)}


def _tile_results(desk: LabelDesk, cover: xr.DataArray | None) -> LabelResults:
    if cover is None:
        raise lulc.NotFoundError("Open the map that the tiles were drawn from first.")
    table, design = lulc.tile_sample(desk, cover), lulc.project_design(desk)
    sample = Sample(table=table, title=desk.project.name, design=design, pixel_ha=desk.project.pixel_ha)
    bounds = lulc.tile_bounds(desk, cover) if desk.project.interpreters > 1 else None
    return LabelResults(study=assessed(sample), bounds=bounds, **_agreement(desk), **_needed(desk, cover))


def _needed(desk: LabelDesk, cover: xr.DataArray | None = None) -> dict[str, Any]:
    """Return how many units are missing, or why that is not known."""
    try:
        return {"needed": lulc.units_needed(desk, cover=cover), "why_not": ""}
    except lulc.LulcError as error:
        return {"needed": None, "why_not": str(error)}


def _design(desk: LabelDesk) -> lulc.Design:
    strata = desk.project.strata
    return lulc.Design.stratified(strata) if strata else lulc.Design.indicative()
