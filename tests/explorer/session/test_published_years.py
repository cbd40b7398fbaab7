"""A published series beside the areas by year: of the same ground, in its classes, never of a simulated place."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import panel as pn  # noqa: F401  runs the asynchronous watchers of parameters
import pytest
import shapely
import shapely.geometry
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.boxes import place_key
from lulc_explorer.engine.reference_maps import Reference
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import OWN
from lulc_explorer.session.build import build_session, build_visit
from lulc_explorer.tabs.years.published_view import beside
from making import MadeCatalog, all_done, small_session
from odc.geo.xr import wrap_xr

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

SERIES = "io-lulc-annual-v02"


def published(_: Reference, region: lulc.Region, year: int, __: threading.Event) -> xr.DataArray:
    """Rangeland west, crops east; a map that is not there for 2021."""
    if year == 2021:
        raise lulc.UnreachableError("The catalog does not answer.")
    codes = np.full(region.grid.shape, 11, np.uint8)
    codes[:, region.grid.shape.x // 2 :] = 5
    return wrap_xr(codes, region.grid)


def test_a_series_stands_beside_the_areas_of_the_same_ground_in_its_classes(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.add("S2A_202107", "2021-07-01T10:50:00Z")
    monkeypatch.setattr(Reference, "read", published)
    store = MapRepository(tmp_path, catalog=made.root, model=str(tiny_model))
    west, south, east, north = lulc.catalog_region(made.root).bbox
    triangle = shapely.Polygon([(west, south), (east, south), (west, north)])
    own = place_key(json.dumps(shapely.geometry.mapping(triangle)))
    for place in (next(iter(store.offer(OWN))), own):
        store.make(store.request(place, 2020, imagery=OWN), lambda _: None, threading.Event())
    visit = build_visit(build_session(store, Jobs(), tabs=("map", "years")), Jobs())

    async def walk() -> None:
        visit.session.display.tab = "years"
        await all_done()
        visit.published.series = SERIES
        await all_done()
        first, second = visit.published.theirs
        assert first.hectares["crops"] == pytest.approx(8)
        assert first.hectares["grass or scrub"] == pytest.approx(8)
        assert (second.hectares, second.problem) == ({}, "The catalog does not answer.")
        shown = beside(visit.years.series, visit.published.theirs, SERIES)
        assert "2020<br>ours" in shown
        assert "2020<br>theirs" in shown
        assert "</span>grass or scrub</th>" in shown
        assert "</span>grass</th>" not in shown  # ours is shown as theirs has it
        assert "2021: The catalog does not answer." in shown
        visit.session.selection.place = own
        await all_done()
        assert (visit.published.series, visit.published.theirs) == ("", [])
        visit.published.series = SERIES
        await all_done()
        ours, theirs = visit.years.series.hectares[2020], visit.published.theirs[0].hectares
        assert sum(ours.values()) == pytest.approx(sum(theirs.values()))
        assert 6 < sum(ours.values()) < 10

    asyncio.run(walk())


def test_a_simulated_place_has_no_published_series(tmp_path: Path) -> None:
    visit = build_visit(small_session(tmp_path, "laos"), Jobs())
    visit.published.series = SERIES
    asyncio.run(visit.published.read())
    assert "simulated: no published map" in visit.published.problem
    assert not visit.published.theirs


def test_a_year_that_is_cancelled_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = build_visit(small_session(tmp_path, "laos"), Jobs())
    real = [replace(request, place=replace(request.place, catalog=tmp_path)) for request in visit.published._requests()]
    monkeypatch.setattr(visit.published, "_requests", lambda: real)

    def cancelled(*_: object) -> None:
        visit.published.stop()
        raise lulc.CancelledError("Stopped.")

    monkeypatch.setattr(Reference, "read", cancelled)
    visit.published.series = SERIES
    asyncio.run(visit.published.read())
    assert (visit.published.theirs, visit.published.reading, visit.published.problem) == ([], None, "")
