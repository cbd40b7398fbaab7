"""How the first map comes, in the real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.serving import serve

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_simulated_place_makes_its_map_by_itself_until_it_is_cancelled(offline_page: Page, tmp_path: Path) -> None:
    with serve(tmp_path / "cache", catalog="", model="unet-simulated") as url:
        offline_page.goto(url)
        offline_page.get_by_text("Making the map of Hageland, Belgium, 2023").wait_for()
        offline_page.get_by_text("Making the scenes of this place").wait_for()
        offline_page.get_by_role("button", name="Cancel").click()
        offline_page.get_by_role("button", name="Make this map").wait_for(timeout=2_000)
        offline_page.get_by_role("combobox", name="Year", exact=True).click()
        offline_page.get_by_role("menuitem", name="2021").click()
        offline_page.get_by_text("Making the map of Hageland, Belgium, 2021").wait_for()
        offline_page.get_by_role("button", name="Cancel").click()
        offline_page.get_by_role("button", name="Make this map").wait_for(timeout=2_000)
