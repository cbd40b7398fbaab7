"""How the first map comes, in the real browser."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from browser.serving import DRAWN, FIGURES, SMALL, serve
from browser.waiting import comes_to, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def choose_place(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Place", exact=True).click()
    page.get_by_role("menuitem", name=name).click()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of an app that makes maps ahead, of three places, and the folder of its cache and of what is planted."""
    folder = tmp_path_factory.mktemp("ahead")
    more = {"LULC_AHEAD": "yes", "PLANTED": str(folder), "SMALL_PLACES": "belgium costa_rica laos"}
    with serve(folder / "cache", **SMALL, **more) as url:
        yield url, folder


@pytest.fixture
def unmade(served: tuple[str, Path]) -> Iterator[tuple[str, Path]]:
    """Return its address where no map has been made, and the file that holds maps while they are made."""
    url, folder = served
    shutil.rmtree(folder / "cache", ignore_errors=True)
    hold = folder / "hold"
    yield url, hold
    hold.unlink(missing_ok=True)


def test_a_simulated_place_makes_its_map_by_itself_until_it_is_cancelled(
    offline_page: Page, unmade: tuple[str, Path]
) -> None:
    url, hold = unmade
    hold.touch()
    offline_page.goto(url)
    offline_page.get_by_text("Making the map of Hageland, Belgium for 2023 (simulated)").wait_for()
    offline_page.get_by_text("Simulating the scenes").wait_for()
    offline_page.get_by_role("button", name="Cancel").click()
    offline_page.get_by_role("button", name="Make this map").wait_for()
    offline_page.get_by_role("combobox", name="Year", exact=True).click()
    offline_page.get_by_role("menuitem", name="2021").click()
    offline_page.get_by_text("Making the map of Hageland, Belgium for 2021").wait_for()
    offline_page.get_by_role("button", name="Cancel").click()
    offline_page.get_by_role("button", name="Make this map").wait_for()


def test_the_first_map_comes_by_itself_and_the_others_can_be_stopped_give_way_and_follow(
    offline_page: Page, unmade: tuple[str, Path]
) -> None:
    url, hold = unmade
    hold.write_text("belgium")
    offline_page.goto(url)
    offline_page.get_by_text("of this map clear").wait_for(timeout=180_000)
    offline_page.wait_for_function(DRAWN)
    offline_page.get_by_text(re.compile(r"1 of 3 regions ready · \d of 5 years here, making the next")).wait_for()
    stop = offline_page.get_by_role("button", name="Stop").bounding_box()
    assert stop is not None
    assert stop["x"] + stop["width"] <= 300  # inside the sidebar
    offline_page.get_by_role("button", name="Stop").click()
    offline_page.get_by_text(re.compile(r"^1 of 3 regions ready · \d of 5 years here$")).wait_for()
    offline_page.get_by_role("button", name="Resume").click()
    offline_page.get_by_text("making the next").wait_for()
    choose_place(offline_page, "Laos")
    offline_page.get_by_text("Making the map of Vientiane province, Laos for 2023").wait_for()
    hold.write_text("belgium laos")
    offline_page.get_by_role("heading", name="Vientiane province, Laos in 2023").wait_for(timeout=180_000)
    hold.write_text("belgium laos costa_rica")
    offline_page.get_by_text("3 of 3 regions ready").wait_for(timeout=180_000)
    hold.write_text("costa_rica")
    choose_place(offline_page, "Costa Rica")
    offline_page.get_by_role("heading", name="Costa Rica in 2023").wait_for()
    offline_page.get_by_role("button", name="Stop").click()  # or it makes the maps of twelve more years
    offline_page.get_by_role("button", name="Resume").wait_for()


def test_another_place_is_seen_whole_though_the_last_was_zoomed_and_opens_on_a_clear_day(shared_laos: Page) -> None:
    page = shared_laos
    day = page.get_by_text("One day:").inner_text()
    surface = page.get_by_role("application", name="Map on the left")
    for place in ("Belgium", "Laos"):
        surface.press("+")
        surface.press("+")
        page.wait_for_url("**view=**")
        choose_place(page, place)
        page.get_by_role("heading", name=place, level=2).wait_for(timeout=180_000)
        settle(page)
        page.wait_for_function(DRAWN)
        page.wait_for_url(lambda url: "view=" not in url)
    comes_to(page, page.get_by_text("One day:").inner_text, day)


def test_a_map_is_never_lost_by_zooming_and_comes_back_on_one_scale(shared_laos: Page) -> None:
    laos = shared_laos
    laos.get_by_role("application", name="Map on the right").press("Home")
    settle(laos)

    def shown() -> tuple[float, float]:
        """Web Mercator metres across, and how much longer one is across than up."""
        (west, east, south, north), (width, height) = (laos.evaluate(FIGURES)[1][key] for key in ("range", "size"))
        return east - west, (east - west) / width / ((north - south) / height)

    surface, whole = laos.get_by_role("application", name="Map on the right"), shown()
    for key, farthest in (("+", (50, 500)), ("-", (2e7, 4.001e7))):
        for _ in range(40):
            surface.press(key)
        settle(laos)
        across, ratio = shown()
        assert farthest[0] <= across <= farthest[1]
        assert ratio == pytest.approx(1)
    surface.press("Home")
    comes_to(laos, shown, pytest.approx(whole))
    surface.press("+")
    surface.hover()
    laos.locator(".map").nth(1).locator(".bk-tool-icon-reset").click()
    comes_to(laos, shown, pytest.approx(whole))
