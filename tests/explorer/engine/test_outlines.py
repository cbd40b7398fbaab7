"""A polygon of one's own: what lies within it counts, on the map, in areas and in downloads, and its link holds it."""

from __future__ import annotations

import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from lulc_explorer.engine.boxes import place_key
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.export import area_table, script, stem
from lulc_explorer.engine.outlines import LONGEST, inside, outline_key, outline_of
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE, OWN
from shapely.geometry import mapping

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog


def geojson(shape: shapely.Geometry) -> str:
    return json.dumps(mapping(shape))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6))
def test_a_link_holds_every_polygon(corners: list[tuple[int, int]]) -> None:
    shape = shapely.union_all([shapely.Point(x / 10, 50 + y / 10).buffer(0.06, quad_segs=2) for x, y in corners])
    shape = shape.difference(shapely.Point(corners[0][0] / 10, 50 + corners[0][1] / 10).buffer(0.01, quad_segs=1))
    read = outline_of(place_key(geojson(shape)))
    assert read.symmetric_difference(shape).area < 0.001 * shape.area
    assert outline_key(read) == place_key(geojson(shape))


@pytest.mark.parametrize("link", ["", "4_50", "4_50_5_50_4_51_5_51", "a_b_c", "@0"])
def test_an_outline_of_a_link_that_is_none_is_refused(tmp_path: Path, link: str) -> None:
    store = MapRepository(tmp_path, catalog=None, model="unet-simulated")
    with pytest.raises(UserError, match="outline"):
        store.request(f"outline:{link}", 2020, imagery=LIVE)


def test_a_map_of_a_polygon_counts_only_what_lies_within_it(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MapRepository(tmp_path / "cache", catalog=made.root, model=str(tiny_model))
    west, south, east, north = lulc.catalog_region(made.root).bbox
    middle = (west + east) / 2
    key = place_key(geojson(shapely.Polygon([(west, south), (east, south), (middle, north)])))
    request = store.request(key, 2020, imagery=OWN)
    found = store.make(request, lambda _: None, threading.Event())
    within = inside(request.place.outline, found.grid)
    assert 0.4 < within.mean() < 0.6
    assert not found.composite.label[~within].any()
    assert not found.predictions["label"].values[:, ~within].any()
    with lulc.open_predictions(found.folder / "predictions.zarr") as whole:
        assert not whole["label"].values[:, ~within].any()  # made of the polygon, not of its box
        assert found.clear_share == pytest.approx(whole["clear"].mean(("y", "x")).values / within.mean())
    assert shapely.equals(shapely.geometry.shape(found.report["within"]), request.place.outline)
    assert sum(found.composite.hectares.values()) == pytest.approx(within.sum() * found.pixel_ha)
    assert f"no data,0,,{found.composite.hectares[0]:g}" in area_table(found, found.composite)
    with rasterio.MemoryFile(found.map_file(found.composite)) as file, file.open() as source:
        assert (source.read(1) == found.composite.label).all()
        assert shapely.equals(shapely.from_wkt(source.tags()["OUTLINE"]), request.place.outline)
    assert stem(found).startswith("outline-")
    monkeypatch.chdir(tmp_path)
    asked: list[lulc.MapRequest] = []
    monkeypatch.setattr(lulc, "make_map", lambda one, out: asked.append(one) or shutil.copytree(found.folder, out))
    namespace: dict[str, Any] = {}
    exec(script(found, found.composite, scene=found.moments[0], view=""), namespace)
    again = namespace["land_cover"]
    assert asked[0].region.within == request.region.within
    assert again.dtype == np.uint8
    assert (again.values == found.composite.label).all()


def test_an_outline_with_too_many_corners_for_a_link_is_kept_and_named_by_it(tmp_path: Path) -> None:
    store = MapRepository(tmp_path, catalog=None, model="unet-simulated")
    rough = shapely.Polygon([(5 + np.cos(a) / (9 + a % 0.2), 51 + np.sin(a) / 20) for a in np.linspace(0, 6.28, 500)])
    key = place_key(geojson(rough.buffer(0)))
    short = store.shorten(key)
    assert len(key) > LONGEST
    assert len(short) < 40
    assert store.shorten(short) == short
    assert store.request(short, 2020, imagery=LIVE).place.outline == outline_of(key)
    other = MapRepository(tmp_path / "other", catalog=None, model="unet-simulated")
    with pytest.raises(UserError, match="kept in another explorer"):
        other.request(short, 2020, imagery=LIVE)


def test_a_polygon_without_a_pixel_is_refused(tmp_path: Path) -> None:
    store = MapRepository(tmp_path, catalog=None, model="unet-simulated")
    sliver = place_key(geojson(shapely.Polygon([(5, 51), (5.00005, 51.00005), (5.00009, 51)])))
    with pytest.raises(UserError, match="no pixel of 10 m within it"):
        store.request(sliver, 2020, imagery=LIVE)
