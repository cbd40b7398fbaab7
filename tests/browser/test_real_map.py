"""A real map of one's own place in the real browser: live imagery, a network that is downloaded, a published map."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from making import shared
from playwright.sync_api import expect
from published import ANNUAL, publish
from stac_server import files_over_http, stac_api

import lulc_core as lulc
from browser.serving import SMALL, choose_layer, serve
from browser.waiting import settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # a year of real scenes by a real network


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The real scenes of Flanders, and a published map of them, in one local catalog."""
    real, folder = shared("real/flanders-2018"), tmp_path / "served"
    shutil.copytree(real, folder)
    grid = lulc.catalog_region(real).grid
    codes = np.random.default_rng(0).choice([2, 5, 7, 11], grid.shape).astype(np.uint8)
    place = {"crs": str(grid.crs), "corner": grid.transform @ (0, 0)}
    items = json.loads((folder / "items.json").read_text())
    items["features"].append(publish(folder, "theirs", codes, collection=ANNUAL, year=2018, asset="data", **place))
    for feature in items["features"]:
        feature.setdefault("collection", "sentinel-2-l2a")
    (folder / "items.json").write_text(json.dumps(items))
    return folder


def test_a_polygon_becomes_a_real_map_and_a_published_one_is_swiped_over_it(
    offline_page: Page, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, weights = offline_page, shared("models/dynamicworld/upstream/variables.data-00000-of-00001")
    monkeypatch.setenv("LULC_NETWORKS", str(tmp_path / "networks"))
    west, south, east, north = lulc.catalog_region(served).bbox
    x, y = (west + east) / 2, (south + north) / 2
    corners = [(x, y), (x + 0.002, y), (x + 0.001, y + 0.001), (x, y)]
    with (
        files_over_http(served, []) as images,
        files_over_http(weights.parent, []) as networks,
        stac_api(served / "items.json", tmp_path, images) as api,
        serve(tmp_path / "cache", **SMALL, LULC_STAC_API=api, LULC_NETWORK_SOURCE=f"{networks}/{weights.name}") as url,
    ):
        page.goto(f"{url}?region=belgium&year=2018&imagery=planetary-computer")
        settle(page)
        page.get_by_role("button", name="Download Dynamic World (1.0 MB, Apache-2.0)").first.click()
        expect(page.get_by_role("combobox", name="Network", exact=True)).to_have_text("Dynamic World", timeout=180_000)
        field = page.get_by_role("textbox", name="Own place")
        field.fill(json.dumps({"type": "Polygon", "coordinates": [corners]}))
        field.press("Enter")
        page.get_by_text("only that counts").wait_for()
        page.get_by_role("button", name="Make this map").click()
        page.get_by_text("of this map clear").wait_for(timeout=600_000)
        expect(page.get_by_text("with the network Dynamic World")).to_be_visible()
        choose_layer(page, "right", "Impact Observatory annual map")
        page.get_by_text("agreement with this map").wait_for()
        page.get_by_role("button", name="Swipe").click()
        settle(page)
        table = page.get_by_role("region", name=re.compile("This map of 2018 and Impact Observatory annual map 2018"))
        expect(table.get_by_role("row").filter(has_text="crops")).to_be_visible()
        expect(page).to_have_url(re.compile("mode=swipe"))
        expect(page).to_have_url(re.compile("region=outline"))
