"""How the first map comes, in the real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.serving import DRAWN, SMALL, serve

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_simulated_place_makes_its_map_by_itself_until_it_is_cancelled(offline_page: Page, tmp_path: Path) -> None:
    with serve(tmp_path / "cache", catalog="", model="unet-simulated") as url:
        offline_page.goto(url)
        offline_page.get_by_text("Making the map of Hageland, Belgium, 2023 (simulated)").wait_for()
        offline_page.get_by_text("Making the scenes of this place").wait_for()
        offline_page.get_by_role("button", name="Cancel").click()
        offline_page.get_by_role("button", name="Make this map").wait_for()
        offline_page.get_by_role("combobox", name="Year", exact=True).click()
        offline_page.get_by_role("menuitem", name="2021").click()
        offline_page.get_by_text("Making the map of Hageland, Belgium, 2021").wait_for()
        offline_page.get_by_role("button", name="Cancel").click()
        offline_page.get_by_role("button", name="Make this map").wait_for()


def test_the_first_map_comes_by_itself_and_the_other_places_follow(offline_page: Page, tmp_path: Path) -> None:
    with serve(tmp_path / "cache", **SMALL, LULC_AHEAD="yes") as url:
        offline_page.goto(url)
        offline_page.get_by_text("of this map seen clearly").wait_for(timeout=180_000)
        offline_page.wait_for_function(DRAWN)
        offline_page.get_by_text("2 of 2 regions ready").wait_for(timeout=180_000)
        offline_page.get_by_role("combobox", name="Place", exact=True).click()
        offline_page.get_by_role("menuitem", name="Belgium").click()
        offline_page.get_by_role("heading", name="Hageland, Belgium in 2023").wait_for()


def test_maps_nobody_asked_for_can_be_stopped_and_give_way(offline_page: Page, tmp_path: Path) -> None:
    with serve(tmp_path / "cache", catalog="", model="unet-simulated", LULC_AHEAD="yes") as url:
        offline_page.goto(url)
        offline_page.get_by_text("of this map seen clearly").wait_for(timeout=400_000)
        offline_page.get_by_text("1 of 4 regions ready, the next is being made").wait_for()
        stop = offline_page.get_by_role("button", name="Stop").bounding_box()
        assert stop is not None
        assert stop["x"] + stop["width"] <= 300  # inside the sidebar
        offline_page.get_by_role("button", name="Stop").click()
        offline_page.get_by_text("1 of 4 regions ready", exact=True).wait_for()
        offline_page.get_by_role("button", name="Go on").click()
        offline_page.get_by_text("the next is being made").wait_for()
        offline_page.get_by_role("combobox", name="Place", exact=True).click()
        offline_page.get_by_role("menuitem", name="Laos").click()
        offline_page.get_by_text("Making the map of Vientiane province, Laos, 2023").wait_for()
