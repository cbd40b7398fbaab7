"""What axe-core finds on every tab, light and dark, and whether every width fits."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from making import SMALL as EDGE
from playwright.sync_api import expect

from browser.serving import FIGURES, open_fold, open_map, open_tab
from browser.waiting import comes_to, settle, steady

if TYPE_CHECKING:
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


def visit(page: Page, url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_map(page, url)
    if width < 600:
        page.get_by_text("About this map").wait_for(state="hidden")  # the sidebar closes by itself


def violations(page: Page) -> list[tuple[str, str]]:
    """Return the rules of WCAG AA that are broken, and where."""
    found = Axe().run(page, options=WCAG_AA).response["violations"]
    wrong = [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]]
    return [(rule, where) for rule, where in wrong if NAMELESS not in where]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_against_wcag_aa(offline_page: Page, laos_url: str, theme: str) -> None:
    offline_page.emulate_media(color_scheme=theme)
    visit(offline_page, laos_url, 1440)
    for fold in ("Class weights", "Calibrate class weights"):
        open_fold(offline_page, fold)
    for tab in TABS:
        open_tab(offline_page, tab)
        assert violations(offline_page) == [], tab


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_a_pixel_is_asked_about_and_a_class_looked_at(
    offline_page: Page, laos_url: str, theme: str
) -> None:
    offline_page.emulate_media(color_scheme=theme)
    visit(offline_page, f"{laos_url}&right=votes&class=crops&threshold=40&pixel=40,50", 1440)
    offline_page.locator(".evidence .plot").wait_for()
    offline_page.locator(".histograms").wait_for()
    settle(offline_page)
    assert violations(offline_page) == []


def test_the_tools_of_a_map_are_dark_on_a_dark_page(offline_page: Page, laos_url: str) -> None:
    offline_page.emulate_media(color_scheme="dark")
    visit(offline_page, laos_url, 1440)
    ground = "tools => getComputedStyle(tools).backgroundColor.match(/[\\d.]+/g).map(Number)"
    assert max(offline_page.locator(".map .bk-Toolbar").first.evaluate(ground)) < 0.5


@pytest.mark.parametrize("widths", [(390,), (2560, 1440, 800)])
def test_no_tab_is_wider_than_the_screen(offline_page: Page, laos_url: str, widths: tuple[int, ...]) -> None:
    visit(offline_page, laos_url, widths[0])
    for tab in TABS:
        open_tab(offline_page, tab)
        for width in widths:
            offline_page.set_viewport_size({"width": width, "height": 900})
            settle(offline_page)
            assert offline_page.evaluate("document.documentElement.scrollWidth") <= width


def test_tabs_and_folds_answer_the_keyboard(offline_page: Page, laos_url: str) -> None:
    visit(offline_page, laos_url, 1440)
    first = offline_page.get_by_role("tab", name="Map", exact=True)
    first.focus()
    first.press("ArrowRight")
    second = offline_page.get_by_role("tab", name="Change", exact=True)
    second.press("Enter")
    expect(second).to_have_attribute("aria-selected", "true")
    fold = offline_page.get_by_role("button", name="Class weights", exact=True)
    fold.press("Enter")
    offline_page.get_by_role("slider", name="Water").wait_for()


@pytest.mark.parametrize("width, height", [(1440, 900), (390, 844)])
def test_every_tab_says_on_every_screenful_that_the_place_is_simulated(
    offline_page: Page, laos_url: str, width: int, height: int
) -> None:
    visit(offline_page, laos_url, width)
    offline_page.set_viewport_size({"width": width, "height": height})
    label = offline_page.get_by_role("banner").get_by_text("simulated place", exact=True)
    for tab in TABS:
        open_tab(offline_page, tab)
        for to in (0, 10_000):
            offline_page.mouse.move(width / 2, height / 2)
            offline_page.mouse.wheel(0, to)
            box = steady(offline_page, label.bounding_box)
            assert box is not None, tab
            assert box["x"] >= 0, tab
            assert box["x"] + box["width"] <= width, tab
            assert 0 <= box["y"] <= height - box["height"], tab
            assert label.evaluate(ON_TOP), tab
        offline_page.evaluate("window.scrollTo(0, 0)")


def test_on_a_phone_every_tab_is_seen_whole(offline_page: Page, laos_url: str) -> None:
    visit(offline_page, laos_url, 390)
    for tab in TABS:
        box = offline_page.get_by_role("tab", name=tab, exact=True).bounding_box()
        assert box["x"] >= 0, tab
        assert box["x"] + box["width"] <= 380, tab


@pytest.mark.parametrize("width", [1440, 390])
def test_in_the_dark_too_nothing_lies_over_the_maps(offline_page: Page, laos_url: str, width: int) -> None:
    offline_page.emulate_media(color_scheme="dark")
    visit(offline_page, laos_url, width)
    offline_page.locator(".mui-dark").first.wait_for()
    strip = offline_page.get_by_role("slider", name="Scene of the year")
    maps = offline_page.locator(".map")
    *boxes, below = steady(offline_page, lambda: [one.bounding_box() for one in (*maps.all(), strip)])
    assert len(boxes) == 2
    for box in boxes:
        assert box["y"] + box["height"] <= below["y"]


def test_a_map_is_moved_zoomed_and_asked_by_keyboard(offline_page: Page, laos_url: str) -> None:
    def seen() -> tuple[float, float]:
        """The middle and the width of what is shown, west to east."""
        west, east, *_ = offline_page.evaluate(FIGURES)[0]["range"]
        return (west + east) / 2, east - west

    visit(offline_page, laos_url, 1440)
    surface = offline_page.get_by_role("application", name="Map on the right")
    first, (middle, width) = offline_page.evaluate(FIGURES), seen()
    surface.press("ArrowRight")
    comes_to(offline_page, seen, pytest.approx((middle + width / 10, width)))
    surface.press("+")
    comes_to(offline_page, seen, pytest.approx((middle + width / 10, width / 1.5)))
    surface.press("Enter")
    offline_page.wait_for_url("**pixel=**")
    row, column = map(int, parse_qs(urlsplit(offline_page.url).query)["pixel"][0].split(","))
    assert row == pytest.approx(EDGE / 2, abs=2)
    assert EDGE / 2 < column < EDGE
    surface.press("-")
    surface.press("ArrowLeft")
    comes_to(offline_page, seen, pytest.approx((middle, width), abs=1))
    assert offline_page.evaluate(FIGURES)[1]["range"] == pytest.approx(first[1]["range"], abs=1)
