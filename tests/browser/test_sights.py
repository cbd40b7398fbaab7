"""What each of the two maps is chosen to show, in the real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.serving import FIGURES, SETTLE_MS, SMALL, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("sights") / "cache", **SMALL) as address:
        yield f"{address}?region=laos&year=2023"


@pytest.fixture
def laos(offline_page: Page, url: str) -> Page:
    offline_page.goto(url)
    offline_page.get_by_text("of this map seen clearly").wait_for(timeout=60_000)
    offline_page.wait_for_timeout(SETTLE_MS)
    return offline_page


def choose(page: Page, side: str, what: str) -> None:
    page.get_by_role("combobox", name=f"The map on the {side} shows").click()
    page.get_by_role("menuitem", name=what).or_(page.get_by_role("option", name=what)).first.click()
    page.wait_for_timeout(SETTLE_MS)


def test_the_truth_stands_on_the_left_and_the_link_brings_both_choices_back(laos: Page) -> None:
    day = laos.evaluate(FIGURES)[0]["classes"]
    choose(laos, "left", "Simulated truth")
    laos.get_by_text("The truth of 2023").wait_for()
    assert laos.evaluate(FIGURES)[0]["classes"] != day
    choose(laos, "right", "Disagreement between scenes")
    laos.get_by_text("bits").wait_for()
    laos.goto(laos.url)
    laos.get_by_text("The truth of 2023").wait_for(timeout=60_000)
    laos.get_by_text("bits").wait_for()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_choice_moves_nothing_and_no_caption_is_cut(laos: Page, size: tuple[int, int]) -> None:
    laos.set_viewport_size({"width": size[0], "height": size[1]})
    laos.wait_for_timeout(SETTLE_MS)
    maps = laos.locator(".map .bk-Figure")
    before = [maps.nth(which).bounding_box() for which in (0, 1)]
    for side, sights in (
        ("left", ("Simulated truth", "Classes on this day")),
        ("right", ("Clear looks at the ground", "Disagreement between scenes", "Sure without any one scene")),
    ):
        for what in sights:
            choose(laos, side, what)
            assert [maps.nth(which).bounding_box() for which in (0, 1)] == before
            cut = "nodes => nodes.filter(n => n.scrollWidth > n.clientWidth + 1).map(n => n.textContent)"
            assert laos.locator(".caption .MuiSelect-select, .caption p, .caption h3").evaluate_all(cut) == []
