"""Imagery and networks to choose from, in the real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from making import SMALL as EDGE
from making import MadeCatalog, write_model
from playwright.sync_api import expect
from stac_server import files_over_http, stac_api

from browser.serving import SMALL, serve
from browser.waiting import eventually, settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
WARNING = "To use a better one"


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("menuitem", name=option, exact=True).click()
    settle(page)


def test_a_map_of_live_imagery_with_a_network_of_ones_own(offline_page: Page, tmp_path: Path) -> None:
    catalog = MadeCatalog(tmp_path / "catalog", size=EDGE)
    for month in (4, 7, 10):
        catalog.add(f"S2A_2020{month:02}", f"2020-{month:02}-15T10:50:00Z")
    write_model(tmp_path / "networks" / "mine", name="Of my own")
    write_model(tmp_path / "networks" / "broken", bands=["B04"])
    with (
        files_over_http(catalog.root, []) as files,
        stac_api(catalog.root / "items.json", tmp_path, files) as api,
        serve(tmp_path / "cache", **SMALL, LULC_STAC_API=api, LULC_MODELS=str(tmp_path / "networks")) as url,
    ):
        offline_page.goto(f"{url}?region=belgium&year=2020&imagery=planetary-computer")
        offline_page.get_by_text(WARNING).wait_for()
        choose(offline_page, "Network", "Of my own")
        assert offline_page.get_by_text(WARNING).count() == 0
        offline_page.get_by_role("button", name="Make this map").click()
        offline_page.get_by_text("of this map clear").wait_for(timeout=180_000)
        assert offline_page.get_by_text("with the network Of my own").is_visible()
        assert offline_page.get_by_text("simulated", exact=True).count() == 0
        assert offline_page.get_by_text("simulated place").count() == 0

        def asked() -> set[str]:
            return set(offline_page.url.partition("?")[2].split("&"))

        eventually(offline_page, asked, {"imagery=planetary-computer", "network=mine"}.issubset)
        choose(offline_page, "Network", "broken (unavailable)")
        offline_page.get_by_text("Map unavailable").wait_for()
        offline_page.get_by_text("Unavailable networks").click()
        offline_page.get_by_role("listitem").filter(has_text="broken:").wait_for()


def test_without_a_connection_the_live_map_is_a_message_and_the_rest_lives_on(laos: Page) -> None:
    laos.get_by_role("button", name="Planetary Computer").click()
    laos.get_by_text(WARNING).wait_for()
    laos.get_by_role("button", name="Make this map").click()
    laos.get_by_text("Check the address and your connection").wait_for()
    laos.get_by_role("button", name="Simulated").click()
    laos.get_by_text("of this map clear").wait_for()
    expect(laos.get_by_text(WARNING)).to_have_count(0)
