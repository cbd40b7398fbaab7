"""A finished map that a notebook shows is a place with one year, shown as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lulc_explorer.engine.classes import DISTINCT
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import OWN
from lulc_explorer.engine.shown_maps import shown_places
from rasterio.io import MemoryFile

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog


@pytest.fixture
def request_(made: MadeCatalog, tiny_model: Path) -> lulc.MapRequest:
    """What to make a map of, without a cloud mask."""
    region = lulc.catalog_region(made.root)
    return lulc.MapRequest(region=region, year=2020, catalog=made.root, model=tiny_model, mask="none", max_scenes=2)


def test_a_finished_map_is_shown_as_it_is(request_: lulc.MapRequest, tmp_path: Path) -> None:
    folder = tmp_path / "map"
    lulc.make_map(request_, folder)
    (place,) = shown_places(folder)
    store = MapRepository(tmp_path / "cache", catalog=None, model="unet-simulated")
    store.add([place])
    assert place.key in store.offer(OWN)
    shown = store.find(store.request(place.key, 2020, imagery=OWN))
    opened = lulc.open_map(folder)
    assert shown is not None
    assert shown.predictions["clear"].values.any()
    assert (shown.composite.data["label"].values == opened.label.values).all()
    assert place.title == opened.report.title
    assert opened.plot_predictions().axes[0].get_title().startswith("2020-")


def test_a_map_without_predictions_is_shown_with_its_composite_alone(request_: lulc.MapRequest, tmp_path: Path) -> None:
    folder = tmp_path / "map"
    lulc.make_map(replace(request_, keep="nothing", distinct=True), folder)
    (place,) = shown_places(folder)
    store = MapRepository(tmp_path / "cache", catalog=None, model="unet-simulated")
    store.add([place])
    shown = store.find(store.request(place.key, 2020, imagery=OWN))
    assert shown is not None
    assert (shown.composite.data["label"].values == lulc.open_map(folder).label.values).all()
    assert "were not kept" in shown.why_no_votes
    assert shown.map_file(shown.composite, DISTINCT) == (folder / "map.tif").read_bytes()
    with MemoryFile(shown.map_file(shown.composite)) as file, file.open() as source:
        assert all(source.colormap(1)[c.code][:3] == c.colour for c in lulc.LEGEND)


def test_a_folder_without_a_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No map in"):
        shown_places(tmp_path)
