"""A place of one's own in the real browser, with the imagery of a STAC server on loopback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from lulc_explorer.engine.boxes import key_of, read_box
from making import SMALL as EDGE
from making import MadeCatalog, write_model
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import drag, make_map, serve
from browser.waiting import settle, steady

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_box_drawn_too_large_is_told_and_the_map_stays(laos: Page) -> None:
    laos.get_by_role("button", name="Draw on the map").click()
    laos.get_by_text("Drag a rectangle").wait_for()
    box = steady(laos, laos.locator(".map").nth(1).bounding_box)
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    laos.mouse.move(*middle)
    for _ in range(8):  # each time twice as far
        laos.mouse.wheel(0, 2000)
        settle(laos)
    for _ in range(2):
        drag(laos, middle, 150, 100)
        laos.get_by_text("the explorer shows at most 900").wait_for()
        laos.get_by_role("button", name="Close", exact=True).click()
        laos.get_by_text("the explorer shows at most 900").wait_for(state="hidden")
    assert laos.get_by_text("of this map clear").is_visible()
    assert "region=laos" in laos.url


def test_a_box_drawn_on_the_map_becomes_a_place(offline_page: Page, tmp_path: Path) -> None:
    page = offline_page
    catalog = MadeCatalog(tmp_path / "catalog", size=EDGE)
    catalog.add("S2A_202007", "2020-07-15T10:50:00Z")
    model = write_model(tmp_path / "model")
    with serve(tmp_path / "cache", catalog=catalog.root, model=model) as url:
        page.goto(url)
        make_map(page)
        west, south, east, north = lulc.catalog_region(catalog.root).bbox
        page.get_by_role("button", name="Draw on the map").click()
        page.get_by_text("Drag a rectangle").wait_for()
        settle(page)
        box = steady(page, page.locator(".map").nth(1).bounding_box)
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        drag(page, middle, 40, 30)
        page.wait_for_url("**region=box*")
        drawn = read_box(unquote(re.search(r"region=([^&]+)", page.url)[1]))
        assert drawn[0] == pytest.approx((west + east) / 2, abs=(east - west) / 20)
        assert drawn[3] == pytest.approx((south + north) / 2, abs=(north - south) / 4)
        assert west < drawn[0] < drawn[2] < east
        assert drawn[1] < drawn[3]
        page.get_by_role("button", name="Make this map").wait_for()
        make_map(page)
        expect(page.get_by_role("textbox", name="Own place")).to_have_value(key_of(drawn).removeprefix("box:"))
