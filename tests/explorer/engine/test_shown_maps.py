"""A finished map that a notebook shows is a place with one year, shown as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import OWN
from lulc_explorer.engine.shown_maps import shown_places

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog


@pytest.fixture
def folder(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> Path:
    """The folder of a map that was made without a cloud mask."""
    region, where = lulc.catalog_region(made.root), tmp_path / "map"
    request = lulc.MapRequest(region=region, year=2020, catalog=made.root, model=tiny_model, mask="none", max_scenes=2)
    lulc.make_map(request, where)
    return where


def test_a_finished_map_is_shown_as_it_is(folder: Path, tmp_path: Path) -> None:
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


def test_a_map_without_predictions_is_refused_with_what_to_do(folder: Path) -> None:
    (folder / "predictions.zarr").unlink()  # a link to the version that is shown
    with pytest.raises(UserError, match="keep='predictions'"):
        shown_places(folder)


def test_a_folder_without_a_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No map in"):
        shown_places(tmp_path)
