"""What axe-core finds on every tab, light and dark, and whether every width fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser.serving import SETTLE_MS, SMALL, open_map, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TABS = ("Map", "Change", "Error matrix", "Area")
WCAG_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
NAMELESS = "MuiLinearProgress-root"
"""panel-material-ui 0.16: the progress bar inside its button for files cannot be given a name."""

ON_TOP = """
(element) => {
    const {x, y, width, height} = element.getBoundingClientRect()
    return element.getRootNode().elementFromPoint(x + width / 2, y + height / 2) === element
}
"""
"""Whether nothing hides an element."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("seen") / "cache", **SMALL) as address:
        yield f"{address}?region=laos&year=2023"


def visit(page: Page, url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_map(page, url)
    page.wait_for_timeout(SETTLE_MS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_against_wcag_aa(offline_page: Page, url: str, theme: str) -> None:
    offline_page.emulate_media(color_scheme=theme)
    visit(offline_page, url, 1440)
    for fold in ("Class weights", "Calibrate the weights"):
        offline_page.get_by_role("button", name=fold).click()
        offline_page.wait_for_timeout(SETTLE_MS)
    for tab in TABS:
        offline_page.get_by_role("tab", name=tab, exact=True).click()
        offline_page.wait_for_timeout(SETTLE_MS)
        found = Axe().run(offline_page, options=WCAG_AA).response["violations"]
        wrong = [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]]
        assert [(rule, where) for rule, where in wrong if NAMELESS not in where] == [], tab


@pytest.mark.parametrize("width", [390, 800, 2560])
def test_no_tab_is_wider_than_the_screen(offline_page: Page, url: str, width: int) -> None:
    visit(offline_page, url, width)
    for tab in TABS:
        offline_page.get_by_role("tab", name=tab, exact=True).click()
        offline_page.wait_for_timeout(SETTLE_MS)
        assert offline_page.evaluate("document.documentElement.scrollWidth") <= width


def test_tabs_and_folds_answer_the_keyboard(offline_page: Page, url: str) -> None:
    visit(offline_page, url, 1440)
    first = offline_page.get_by_role("tab", name="Map", exact=True)
    first.focus()
    first.press("ArrowRight")
    second = offline_page.get_by_role("tab", name="Change", exact=True)
    second.press("Enter")
    offline_page.wait_for_timeout(SETTLE_MS)
    assert second.get_attribute("aria-selected") == "true"
    fold = offline_page.get_by_role("button", name="Class weights")
    fold.press("Enter")
    offline_page.get_by_role("slider", name="Water").wait_for()


@pytest.mark.parametrize("width, height", [(1440, 900), (390, 844)])
def test_every_tab_says_on_every_screenful_that_the_place_is_simulated(
    offline_page: Page, url: str, width: int, height: int
) -> None:
    visit(offline_page, url, width)
    offline_page.set_viewport_size({"width": width, "height": height})
    label = offline_page.get_by_role("banner").get_by_text("simulated place", exact=True)
    for tab in TABS:
        offline_page.get_by_role("tab", name=tab, exact=True).click()
        offline_page.wait_for_timeout(SETTLE_MS)
        for to in (0, 10_000):
            offline_page.mouse.move(width / 2, height / 2)
            offline_page.mouse.wheel(0, to)
            offline_page.wait_for_timeout(300)
            box = label.bounding_box()
            assert box is not None, tab
            assert box["x"] >= 0, tab
            assert box["x"] + box["width"] <= width, tab
            assert 0 <= box["y"] <= height - box["height"], tab
            assert label.evaluate(ON_TOP), tab
        offline_page.evaluate("window.scrollTo(0, 0)")


@pytest.mark.parametrize("width", [1440, 390])
def test_in_the_dark_too_nothing_lies_over_the_maps(offline_page: Page, url: str, width: int) -> None:
    offline_page.emulate_media(color_scheme="dark")
    visit(offline_page, url, width)
    offline_page.locator(".mui-dark").first.wait_for()
    offline_page.wait_for_timeout(2 * SETTLE_MS)
    strip = offline_page.get_by_role("slider", name="Scene of the year").bounding_box()
    assert strip is not None
    for which in (0, 1):
        box = offline_page.locator(".map").nth(which).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= strip["y"]
