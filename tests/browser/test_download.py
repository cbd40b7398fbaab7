"""What the buttons of *Download* save, in the real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import rasterio
from PIL import Image

import lulc_core as lulc
from browser.serving import open_fold
from browser.waiting import eventually, settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


FORGOTTEN = """() => [...Bokeh.documents[0]._all_models.values()]
    .filter((model) => model.class_name === "FileDownload").every(({data}) => data.data === null)"""
"""Whether no button holds a file any more, for until then it does not give the same again: half a second."""


def save(page: Page, label: str, folder: Path) -> Path:
    """Press a button and return the file that comes, under the name it suggests."""
    button = page.get_by_role("button", name=label)
    with page.expect_download() as coming:
        button.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def test_every_file_comes_under_a_name_that_says_simulated(shared_laos: Page, tmp_path: Path) -> None:
    shared_laos.get_by_role("button", name="trees").first.get_by_text(" ha").wait_for()
    chips = shared_laos.get_by_role("button", name="trees").first.inner_text()
    stem = "laos-2023-simulated"
    path = save(shared_laos, "Map (GeoTIFF)", tmp_path)
    assert path.name == f"{stem}-map.tif"
    with rasterio.open(path) as file:
        assert file.tags()["CLASS_2"] == "trees"
        trees = (file.read(1) == 2).sum() / 100
    path = save(shared_laos, "Quality (GeoTIFF)", tmp_path)
    assert path.name == f"{stem}-quality.tif"
    with rasterio.open(path) as file:
        assert file.count == 4
    path = save(shared_laos, "Areas (CSV)", tmp_path)
    assert path.name == f"{stem}-areas.csv"
    shared_laos.wait_for_function(FORGOTTEN)
    assert save(shared_laos, "Areas (CSV)", tmp_path).read_bytes() == path.read_bytes()  # as often as one likes
    table = pd.read_csv(path).set_index("class")
    assert table.hectares["trees"] == pytest.approx(trees)
    assert f"{trees:.1f} ha" in chips
    path = save(shared_laos, "Picture (PNG)", tmp_path)
    assert path.name == f"{stem}-picture.png"
    assert Image.open(path).size[0] > 1000
    path = save(shared_laos, "Report (HTML)", tmp_path)
    assert path.name == f"{stem}-report.html"
    shown = re.search(
        r"region=laos&amp;year=2023.*?>trees</th><td class=\"number\">([\d.]+)<", path.read_text(), re.DOTALL
    )
    assert shown is not None
    assert float(shown[1]) == pytest.approx(trees, abs=0.05)
    path = save(shared_laos, "Python", tmp_path)
    assert path.name == f"{stem}-again.py"
    compile(path.read_text(), path.name, "exec")


def test_the_map_that_is_saved_has_the_weights_on_screen(shared_laos: Page, tmp_path: Path) -> None:
    open_fold(shared_laos, "Class weights")
    slider = shared_laos.get_by_role("slider", name="Trees")
    slider.press("Home")
    trees = shared_laos.get_by_role("group", name="Classes").get_by_role("button", name="trees")
    eventually(shared_laos, trees.inner_text, lambda said: "none on this map" in said)
    settle(shared_laos)
    with rasterio.open(save(shared_laos, "Map (GeoTIFF)", tmp_path)) as file:
        assert not (file.read(1) == lulc.LEGEND["trees"].code).any()
    assert "'trees': 0" in save(shared_laos, "Python", tmp_path).read_text()
