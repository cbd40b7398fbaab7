"""What each of the two maps is chosen to show, in the real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.serving import FIGURES, SETTLE_MS, SMALL, open_map, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("sights") / "cache", **SMALL) as address:
        yield f"{address}?region=laos&year=2023"


@pytest.fixture
def laos(offline_page: Page, url: str) -> Page:
    open_map(offline_page, url)
    return offline_page


def choose(page: Page, side: str, what: str) -> None:
    page.get_by_role("combobox", name=f"The map on the {side} shows").click()
    page.get_by_role("menuitem", name=what).or_(page.get_by_role("option", name=what)).first.click()
    page.wait_for_timeout(SETTLE_MS)


def places(maps: Locator) -> list[float]:
    """Where both maps are, against the caption of the first, however the page is scrolled."""
    top = maps.page.locator(".caption").first.bounding_box()
    boxes = [maps.nth(which).bounding_box() for which in (0, 1)]
    assert top is not None
    return [value for box in boxes if box for value in (box["x"], box["y"] - top["y"], box["width"], box["height"])]


def test_the_truth_stands_on_the_left_and_the_link_brings_both_choices_back(laos: Page) -> None:
    day = laos.evaluate(FIGURES)[0]["classes"]
    choose(laos, "left", "Simulated truth")
    laos.get_by_text("The truth of 2023").wait_for()
    assert laos.evaluate(FIGURES)[0]["classes"] != day
    choose(laos, "right", "Disagreement of scenes")
    laos.get_by_text("bits").wait_for()
    laos.goto(laos.url)
    laos.get_by_text("The truth of 2023").wait_for(timeout=60_000)
    laos.get_by_text("bits").wait_for()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_choice_moves_nothing_and_no_caption_is_cut(offline_page: Page, url: str, size: tuple[int, int]) -> None:
    offline_page.set_viewport_size({"width": size[0], "height": size[1]})
    laos = offline_page
    open_map(laos, url)
    maps = laos.locator(".map .bk-Figure")
    before = places(maps)
    for side, sights in (
        ("left", ("Simulated truth", "Classes on this day")),
        ("right", ("Votes for the winner", "Clear looks at the ground")),
        ("right", ("Disagreement of scenes", "Stable without a scene")),
    ):
        for what in sights:
            choose(laos, side, what)
            assert places(maps) == before
            cut = "nodes => nodes.filter(n => n.scrollWidth > n.clientWidth + 1).map(n => n.textContent)"
            assert laos.locator(".caption .MuiSelect-select, .caption p, .caption h3").evaluate_all(cut) == []
