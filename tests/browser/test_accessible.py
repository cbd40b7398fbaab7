"""What axe-core finds on every tab, light and dark, and whether every width fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from making import SMALL as EDGE
from playwright.sync_api import expect

from browser.serving import FIGURES, choose_layer, click_pixel, open_fold, open_tab, resize
from browser.test_accuracy_tabs import press
from browser.waiting import comes_to, eventually, settle, steady

if TYPE_CHECKING:
    from playwright.sync_api import Page

Theme = Literal["light", "dark"]


class Visit(Protocol):
    """How a test comes by its page."""

    def __call__(self, width: int, theme: Theme | None = None) -> Page: ...


pytestmark = pytest.mark.browser

TABS = ("Map", "Years", "Change", "Error matrix", "Area", "Label")
WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of these that a theme can break; the others read what is the same in both."""
MAIN = "Bokeh.index.roots[0].shadow_el.querySelector('main')"
"""What lies beside the sidebar and below the header, which are the same on every tab."""
NAMELESS = "MuiLinearProgress-root"
"""panel-material-ui 0.16: the progress bar inside its button for files cannot be given a name."""

COLOURS = """
() => {
    const all = (root) => [...root.querySelectorAll("*")].flatMap((node) => [
        getComputedStyle(node).color, getComputedStyle(node).backgroundColor,
        ...(node.shadowRoot ? all(node.shadowRoot) : []),
    ])
    return all(document.body).join()
}
"""
"""Of all that is on the page: a new theme fades in, one part after the other."""
ON_TOP = """
(element) => {
    const {x, y, width, height} = element.getBoundingClientRect()
    return element.getRootNode().elementFromPoint(x + width / 2, y + height / 2) === element
}
"""
"""Whether nothing hides an element."""


@pytest.fixture(scope="module")
def visit(shared_laos: Page) -> Visit:
    """Open the first tab in a width (px) and a theme, or whichever there is; one page serves all."""

    def visit(width: int, theme: Theme | None = None) -> Page:
        page = shared_laos
        resize(page, width)
        page.evaluate("window.scrollTo(0, 0)")
        dark = page.locator(".mui-dark")
        if theme and (theme == "dark") != bool(dark.count()):
            page.get_by_label("Toggle theme").click()
            dark.first.wait_for(state="attached" if theme == "dark" else "detached")
            steady(page, lambda: page.evaluate(COLOURS))
        open_tab(page, "Map")
        return page

    return visit


def violations(page: Page, theme: Theme, part: str = "document") -> list[tuple[str, str]]:
    """Return the rules of WCAG AA that a part breaks, and where.

    None of them reads the stylesheets, which axe would fetch.
    """
    if page.evaluate("!window.axe"):
        page.evaluate(Axe().axe_script)
    rules = {"type": "rule", "values": OF_COLOURS} if theme == "dark" else WCAG_AA
    preload = {"assets": ["media"]} if theme == "light" else False
    options = {"runOnly": rules, "preload": preload, "resultTypes": ["violations"], "selectors": False}
    found = page.evaluate(f"async (options) => (await axe.run({part}, options)).violations", options)
    wrong = [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]]
    return [(rule, where) for rule, where in wrong if NAMELESS not in where]


THEMES: tuple[Theme, ...] = ("light", "dark")


def test_axe_finds_nothing_against_wcag_aa_whether_or_not_a_pixel_is_asked_about_and_a_class_looked_at(
    visit: Visit,
) -> None:
    """The theme is changed once: that costs as much as an opening."""
    page = visit(1440, "light")
    for fold in ("Class weights", "Calibrate class weights"):
        open_fold(page, fold)
    assert_every_tab(page, "light")
    ask_and_look(page)
    for theme in THEMES:
        visit(1440, theme)
        expect(page.locator(".evidence .plot")).to_be_visible()
        expect(page.locator(".histograms")).to_be_visible()
        assert violations(page, theme) == [], theme
    put_away(page)
    assert_every_tab(page, "dark")


def assert_every_tab(page: Page, theme: Theme) -> None:
    for tab in TABS:
        open_tab(page, tab)
        assert violations(page, theme, "document" if tab == "Map" else MAIN) == [], (theme, tab)
    open_tab(page, "Map")


def ask_and_look(page: Page) -> None:
    """Look at crops with a threshold, highlight a class, and ask about a pixel."""
    choose_layer(page, "right", "Votes for a class")
    page.get_by_role("button", name="Crops", exact=True).click()
    page.get_by_role("slider", name="Fade below").press("PageUp")
    page.locator(".legend .class").first.dispatch_event("click")  # moves nothing
    expect(page.locator(".legend .class.faded.absent").first).to_be_visible()
    box = steady(page, page.locator(".map").nth(1).bounding_box)
    assert box is not None
    click_pixel(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for part in (".evidence .plot", ".histograms"):
        page.locator(part).wait_for()
    page.wait_for_url("**class=crops**threshold=**")
    settle(page)


def put_away(page: Page) -> None:
    """Ask about no pixel and look at no class."""
    page.get_by_role("button", name="Close (Escape)").click()
    page.locator(".legend .class[aria-pressed=true]").dispatch_event("click")
    choose_layer(page, "right", "Classes of the year")
    for part in (".evidence .plot", ".histograms section"):
        expect(page.locator(part).locator("visible=true")).to_have_count(0)


def test_tabs_and_folds_answer_the_keyboard(visit: Visit) -> None:
    page = visit(1440)
    first = page.get_by_role("tab", name="Map", exact=True)
    first.focus()
    first.press("ArrowRight")
    second = page.get_by_role("tab", name="Years", exact=True)
    second.press("Enter")
    expect(second).to_have_attribute("aria-selected", "true")
    fold = page.get_by_role("button", name="Class weights", exact=True)
    if fold.get_attribute("aria-expanded") == "true":
        fold.press("Enter")
        expect(fold).to_have_attribute("aria-expanded", "false")
    fold.press("Enter")
    page.get_by_role("slider", name="Water").wait_for()


@pytest.mark.parametrize("width, height", [(1440, 900), (390, 844), pytest.param(2560, 800, marks=pytest.mark.slow)])
def test_every_tab_fits_the_screen_and_says_on_every_screenful_that_the_place_is_simulated(
    visit: Visit, width: int, height: int
) -> None:
    page = visit(width)
    page.set_viewport_size({"width": width, "height": height})
    label = page.get_by_role("banner").get_by_text("simulated place", exact=True)
    for tab in TABS:
        open_tab(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if page.get_by_role("button", name="The paper", exact=True).is_visible():
            press(page, "The paper")  # which simulates nothing
            expect(label).to_have_count(0)
            press(page, "This map")
        for to in (0, 10_000):
            page.mouse.move(width / 2, height / 2)
            page.mouse.wheel(0, to)
            box = steady(page, label.bounding_box)
            assert box is not None, tab
            assert box["x"] >= 0, tab
            assert box["x"] + box["width"] <= width, tab
            assert 0 <= box["y"] <= height - box["height"], tab
            assert label.evaluate(ON_TOP), tab
        page.evaluate("window.scrollTo(0, 0)")


def test_on_a_phone_every_tab_is_seen_whole(visit: Visit) -> None:
    page = visit(390)
    for tab in TABS:
        box = page.get_by_role("tab", name=tab, exact=True).bounding_box()
        assert box["x"] >= 0, tab
        assert box["x"] + box["width"] <= 380, tab


@pytest.mark.parametrize("width", [390, 1440])
def test_in_the_dark_too_nothing_lies_over_the_maps(visit: Visit, width: int) -> None:
    page = visit(width, "dark")
    page.locator(".mui-dark").first.wait_for()
    strip = page.get_by_role("slider", name="Scene of the year")
    maps = page.locator(".map")
    *boxes, below = steady(page, lambda: [one.bounding_box() for one in (*maps.all(), strip)])
    assert len(boxes) == 2
    for box in boxes:
        assert box["y"] + box["height"] <= below["y"]


def test_the_tools_of_a_map_are_dark_on_a_dark_page(visit: Visit) -> None:
    page = visit(1440, "dark")
    ground = "tools => getComputedStyle(tools).backgroundColor.match(/[\\d.]+/g).map(Number)"
    assert max(page.locator(".map .bk-Toolbar").first.evaluate(ground)) < 0.5


def test_a_map_is_moved_zoomed_and_asked_by_keyboard(visit: Visit) -> None:
    page = visit(1440)

    def seen() -> tuple[float, float]:
        """The middle and the width of what is shown, west to east."""
        west, east, *_ = page.evaluate(FIGURES)[0]["range"]
        return (west + east) / 2, east - west

    def asked() -> tuple[int, ...]:
        return tuple(map(int, parse_qs(urlsplit(page.url).query).get("pixel", ["0,0"])[0].split(",")))

    surface = page.get_by_role("application", name="Map on the right")
    surface.press("Home")
    settle(page)
    first, (middle, width) = page.evaluate(FIGURES), seen()
    surface.press("ArrowRight")
    comes_to(page, seen, pytest.approx((middle + width / 10, width)))
    surface.press("+")
    comes_to(page, seen, pytest.approx((middle + width / 10, width / 1.5)))
    surface.press("Enter")
    row, _ = eventually(page, asked, lambda pixel: EDGE / 2 < pixel[1] < EDGE)
    assert row == pytest.approx(EDGE / 2, abs=2)
    surface.press("-")
    surface.press("ArrowLeft")
    comes_to(page, seen, pytest.approx((middle, width), abs=1))
    assert page.evaluate(FIGURES)[1]["range"] == pytest.approx(first[1]["range"], abs=1)
