"""Imagery and networks to choose from, in the real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from making import EPSG, NORTH, SHARED, WEST, MadeCatalog, shared, write_model
from making import SMALL as EDGE
from playwright.sync_api import expect
from published import LCMAP, publish
from stac_server import files_over_http, stac_api

import lulc_core as lulc
from browser.serving import SMALL, choose_layer, make_map, serve
from browser.waiting import eventually, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
WARNING = "To use a better one"
PUBLISHED_NETWORK = SHARED / "models/dynamicworld/upstream/variables.data-00000-of-00001"
PUBLISHED = (2, 3, 4)
"""Codes of the published map: cropland, grass or shrub, trees."""


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("menuitem", name=option, exact=True).click()
    settle(page)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Address of an app with live imagery and two networks of one's own, one of them broken; and the imagery's bbox."""
    folder = tmp_path_factory.mktemp("live")
    catalog = MadeCatalog(folder / "catalog", size=EDGE)
    for month in (4, 7, 10):
        catalog.add(f"S2A_2020{month:02}", f"2020-{month:02}-15T10:50:00Z")
    bbox = lulc.catalog_region(catalog.root).bbox
    place = {"crs": f"EPSG:{EPSG}", "corner": (WEST, NORTH)}
    published = np.random.default_rng(0).choice(PUBLISHED, (EDGE, EDGE)).astype(np.uint8)
    catalog.items.append(publish(catalog.root, "x", published, collection=LCMAP, year=2020, asset="lcpri", **place))
    catalog.save()
    write_model(folder / "networks" / "mine", name="Of my own")
    write_model(folder / "networks" / "broken", bands=["B04"])
    with (
        files_over_http(catalog.root, []) as files,
        stac_api(catalog.root / "items.json", folder, files) as api,
        files_over_http(PUBLISHED_NETWORK.parent, []) as published_networks,
    ):
        networks = {"LULC_MODELS": str(folder / "networks"), "LULC_NETWORKS": str(folder / "downloaded")}
        networks["LULC_NETWORK_SOURCE"] = f"{published_networks}/{PUBLISHED_NETWORK.name}"
        with serve(folder / "cache", **SMALL, LULC_STAC_API=api, **networks) as url:
            yield url, bbox


@pytest.fixture
def live_page(shared_page: Page, live: tuple[str, tuple[float, float, float, float]]) -> Page:
    """Return a page of that app, opened by the first who asks for it."""
    url, _ = live
    if not shared_page.url.startswith(url):
        shared_page.goto(f"{url}?region=belgium&year=2020&imagery=planetary-computer")
        shared_page.get_by_role("combobox", name="Network", exact=True).filter(has_text="Of my own").wait_for()
        settle(shared_page)
    return shared_page


@pytest.fixture
def mine(live_page: Page) -> Page:
    """Return that page with one's own network chosen."""
    network = live_page.get_by_role("combobox", name="Network", exact=True)
    if "Of my own" not in network.inner_text():
        choose(live_page, "Network", "Of my own")
    return live_page


def test_a_map_of_live_imagery_with_a_network_of_ones_own(
    shared_page: Page, live: tuple[str, tuple[float, float, float, float]]
) -> None:
    live_page = shared_page
    live_page.goto(f"{live[0]}?region=belgium&year=2020&imagery=earth-search")
    live_page.get_by_role("combobox", name="Network", exact=True).filter(has_text="Of my own").wait_for()
    settle(live_page)
    choose(live_page, "Network", "unet-simulated (for simulated places)")
    live_page.get_by_text(WARNING).wait_for()
    choose(live_page, "Network", "Of my own")
    expect(live_page.get_by_text(WARNING)).to_have_count(0)
    live_page.get_by_role("button", name="Make this map").click()
    live_page.get_by_role("button", name="Use Planetary Computer instead").click()  # nobody reaches the other
    live_page.get_by_text("of this map clear").wait_for(timeout=180_000)
    expect(live_page.get_by_role("listitem").filter(has_text="The scenes are those of")).to_contain_text("did not")
    expect(live_page.get_by_text("with the network Of my own")).to_be_visible()
    expect(live_page.get_by_text("simulated", exact=True)).to_have_count(0)
    expect(live_page.get_by_text("simulated place")).to_have_count(0)

    def asked() -> set[str]:
        return set(live_page.url.partition("?")[2].split("&"))

    eventually(live_page, asked, {"imagery=planetary-computer", "network=mine"}.issubset)
    choose(live_page, "Network", "broken (unavailable)")
    live_page.get_by_text("Map unavailable").wait_for()
    live_page.get_by_text("Unavailable networks").click()
    live_page.get_by_role("listitem").filter(has_text="broken:").wait_for()


def test_a_published_map_lies_beside_it_with_how_far_they_agree(mine: Page) -> None:
    make_map(mine)
    table = mine.get_by_role("region", name="This map of 2020 and USGS LCMAP (contiguous United States) 2020")
    expect(table).to_have_count(0)
    choose_layer(mine, "right", "USGS LCMAP (contiguous United States)")
    mine.get_by_text("agreement with this map").wait_for()
    row = table.get_by_role("row").filter(has_text="grass or scrub")
    expect(row.get_by_role("cell")).to_have_count(6)
    mine.get_by_text("Grass and scrub are one class.").wait_for()
    mine.get_by_text("What the comparison hides").click()
    mine.get_by_text("which hides which of it is grass and which is scrub").wait_for()
    choose_layer(mine, "right", "Classes of the year")
    expect(table).to_have_count(0)


def test_a_pasted_box_becomes_a_map_and_its_link_restores_it(
    mine: Page, live: tuple[str, tuple[float, float, float, float]]
) -> None:
    _, (west, south, east, north) = live
    box = f"{west:.5f},{south:.5f},{(west + east) / 2:.5f},{(south + north) / 2:.5f}"
    field = mine.get_by_role("textbox", name="Own place: box or GeoJSON")
    field.wait_for()
    settle(mine)
    field.fill("50.9 north")
    field.press("Enter")
    mine.get_by_text("neither four numbers nor GeoJSON").wait_for()
    field.fill(box)
    field.press("Enter")
    mine.get_by_text("of at most 900 km².").wait_for()
    settle(mine)
    mine.get_by_role("button", name="Make this map").click()
    mine.get_by_text("of this map clear").wait_for(timeout=180_000)
    mine.wait_for_url("**region=box**")
    link = mine.url
    mine.goto("about:blank")
    mine.goto(link)
    mine.get_by_text("of this map clear").wait_for(timeout=180_000)
    mine.get_by_text("of at most 900 km².").wait_for()


def test_a_published_network_is_downloaded_and_chosen(live_page: Page) -> None:
    shared(str(PUBLISHED_NETWORK.relative_to(SHARED)))
    choose(live_page, "Network", "unet-simulated (for simulated places)")
    live_page.get_by_text(WARNING).wait_for()
    live_page.get_by_role("button", name="Download Dynamic World (1.0 MB, Apache-2.0)").first.click()
    network = live_page.get_by_role("combobox", name="Network", exact=True)
    expect(network).to_have_text("Dynamic World", timeout=180_000)
    live_page.get_by_text("was made for L1C (top of atmosphere)").wait_for()
    expect(live_page.get_by_role("button", name="Download Dynamic World")).to_have_count(0)


def test_without_a_connection_the_live_map_is_a_message_and_the_rest_lives_on(laos: Page) -> None:
    laos.get_by_role("button", name="Planetary Computer").click()
    laos.get_by_text(WARNING).wait_for()
    laos.get_by_role("button", name="Make this map").click()
    laos.get_by_text("Check the address and your connection").wait_for()
    laos.get_by_role("button", name="Simulated").click()
    laos.get_by_text("of this map clear").wait_for()
    expect(laos.get_by_text(WARNING)).to_have_count(0)
