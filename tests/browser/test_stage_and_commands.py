"""Stage mode, the palette of commands and the tour, on one page; the way of the keyboard to the map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from lulc_explorer.session.stage import SCENES
from lulc_explorer.shell.tour import WORDS
from playwright.sync_api import expect

from browser.serving import click_pixel, open_map, open_tab, pixel_of
from browser.steps import Steps
from browser.test_accessible import COLOURS, violations
from browser.waiting import comes_to, eventually, settle, steady

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

FOCUS = """() => {
    let at = document.activeElement
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    return [at?.id ?? "", at?.getAttribute("role") ?? "", at?.getAttribute("aria-label") ?? ""]
}"""
TOUR_SEEN = "land-cover-explorer: tour"
SHOWN = {
    "Where a land-cover map can be trusted": [".map .bk-Figure", ".timeline .strip", ".inspect"],
    "The vote": [".map .bk-Figure", ".evidence .plot"],
    "The confusion": [".map .bk-Figure", ".patch b"],
    "The change": ["[role=tabpanel][aria-label=Change] [role=combobox]"],
    "The accuracy": [".matrix .cell"],
}
"""What each step of the tour is about."""
SEEN = """
(node) => {
    const {x, y, width, height} = node.getBoundingClientRect()
    let at = document.elementFromPoint(x + width / 2, y + height / 2)
    while (at?.shadowRoot?.elementFromPoint(x + width / 2, y + height / 2)) {
        const inside = at.shadowRoot.elementFromPoint(x + width / 2, y + height / 2)
        if (inside === at) break
        at = inside
    }
    for (; at; at = at.parentNode ?? at.host) if (at === node) return true
    return false
}
"""
"""Whether the middle of a part is on the screen, with nothing else over it."""


def words(page: Page) -> dict[str, str]:
    """What the address says, by word; the tab that it need not say, too."""
    return {"tab": "map"} | {word: values[0] for word, values in parse_qs(urlsplit(page.url).query).items()}


def palette(page: Page) -> Locator:
    """Open the palette by its key."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Commands")
    dialog.get_by_role("option").first.wait_for()
    return dialog


def do(page: Page, typed: str) -> None:
    """Do the first command that is found by what is typed."""
    dialog = palette(page)
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    settle(page)


def sidebar_comes_to(page: Page, shown: bool) -> None:
    """Wait until the sidebar lies on the screen, or beside it."""

    def lies() -> bool:
        about = page.get_by_text("About this map")
        box = about.bounding_box() if about.count() else None  # it is built when it is first seen
        return box is not None and box["x"] >= 0

    comes_to(page, lies, shown)


def test_two_keys_lead_to_the_map_and_the_page_has_one_h1(shared_laos: Page) -> None:
    """Task 12, by keyboard: the map was at the 18th stop."""
    shared_laos.evaluate("document.activeElement.blur()")
    person = Steps(shared_laos)
    person.press("Tab")
    comes_to(shared_laos, lambda: shared_laos.evaluate(FOCUS)[0], "skip")
    expect(shared_laos.get_by_role("link", name="Skip to the content")).to_be_visible()
    person.press("Enter")
    person.took(12, 2)
    eventually(shared_laos, lambda: shared_laos.evaluate(FOCUS), reaches_the_map)
    expect(shared_laos.get_by_role("heading", level=1)).to_have_text("Land-cover explorer")


def reaches_the_map(focus: list[str]) -> bool:
    _, role, name = focus
    return role == "application" and name.startswith("Map on the left")


def test_the_same_keys_lead_past_the_sidebar_to_a_tab_without_a_map(shared_laos: Page) -> None:
    """A name at the label desk was 22 stops away."""
    open_tab(shared_laos, "Area")
    shared_laos.locator("#skip").focus()
    shared_laos.keyboard.press("Enter")
    comes_to(shared_laos, lambda: shared_laos.evaluate(FOCUS), ["", "tabpanel", "Area"])
    open_tab(shared_laos, "Map")


def test_the_palette_finds_by_words_is_moved_by_arrows_and_chooses_by_enter(shared_laos: Page) -> None:
    dialog = palette(shared_laos)
    every = dialog.get_by_role("option").count()
    shared_laos.keyboard.type("right truth")
    options = dialog.get_by_role("option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("aria-selected", "true")
    shared_laos.keyboard.press("Enter")
    shared_laos.wait_for_url("**right=truth**")
    expect(dialog).to_be_hidden()
    dialog = palette(shared_laos)
    expect(dialog.get_by_role("option")).to_have_count(every)
    shared_laos.keyboard.type("layout")
    chosen = dialog.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Side by side")
    expect(chosen).to_contain_text("now")
    shared_laos.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Swipe")
    field = dialog.get_by_role("combobox")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    shared_laos.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Side by side")
    shared_laos.keyboard.type(" nothing")
    expect(dialog.get_by_text("No command has")).to_be_visible()
    shared_laos.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    do(shared_laos, "right classes of the year")
    comes_to(shared_laos, lambda: "right=truth" in shared_laos.url, expected=False)


def test_the_palette_saves_a_file_shares_a_link_and_opens_a_fold(shared_laos: Page) -> None:
    with shared_laos.expect_download() as saved:
        do(shared_laos, "download areas")
    assert saved.value.suggested_filename.endswith("-areas.csv")
    do(shared_laos, "share copy")
    card = shared_laos.get_by_role("dialog", name="Share this view")
    expect(card.get_by_label("Link to this view")).to_have_value(shared_laos.url)
    shared_laos.keyboard.press("Escape")
    card.wait_for(state="hidden")
    do(shared_laos, "sidebar calibrate")
    fold = shared_laos.get_by_role("button", name="Calibrate class weights", exact=True)
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(fold).to_be_focused()
    do(shared_laos, "sidebar own place")
    expect(shared_laos.get_by_label("Own place: box or GeoJSON")).to_be_focused()


def test_the_palette_keeps_wcag_in_both_themes_and_its_keys_from_the_page(shared_laos: Page) -> None:
    click_pixel(shared_laos, *middle(shared_laos))
    for theme in ("light", "dark"):
        if theme == "dark":
            do(shared_laos, "theme")
            steady(shared_laos, lambda: shared_laos.evaluate(COLOURS))
        dialog = palette(shared_laos)
        assert violations(shared_laos, theme, "document") == []
        shared_laos.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        settle(shared_laos)
        assert pixel_of(shared_laos.url)
    shared_laos.keyboard.press("F1")
    keys = shared_laos.get_by_role("dialog", name="Keys")
    expect(keys.get_by_role("row")).to_have_count(9)
    shared_laos.keyboard.press("Escape")
    keys.wait_for(state="hidden")


def middle(page: Page) -> tuple[float, float]:
    box = steady(page, page.locator(".map .bk-Figure").nth(1).bounding_box)
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_pointer_is_told_with_the_pixel_that_a_click_asks_about_and_nothing_moves(shared_laos: Page) -> None:
    page = shared_laos
    page.mouse.move(2, 2)
    before = steady(page, lambda: page.locator(".map .bk-Figure").nth(1).bounding_box())
    asks_what_the_pointer_tells(page)
    comes_to(page, lambda: page.locator(".map .bk-Figure").nth(1).bounding_box(), before)
    page.mouse.move(2, 2)
    expect(page.locator(".pointer").nth(1)).to_be_hidden()


def asks_what_the_pointer_tells(page: Page) -> None:
    """Click beside the middle of the second map: it asks about the pixel that the pointer was told there."""
    x, y = (at + by for at, by in zip(middle(page), (17, 23), strict=True))
    page.mouse.move(x, y)
    told = page.locator(".pointer").nth(1)
    expect(told).to_contain_text(", column ")
    row, column = (part.split()[-1] for part in told.inner_text().split(" · ")[1].split(","))
    click_pixel(page, x, y)
    comes_to(page, lambda: pixel_of(page.url), f"{row},{column}")


GRATICULE = """() => [...Bokeh.documents[0]._all_models.values()].filter((model) => model.tags?.includes("graticule"))
    .map((model) => model.visible)"""


MERIDIANS = """([west, east]) => {
    const metres = (degrees) => degrees * Math.PI / 180 * 6378137
    const axis = [...Bokeh.documents[0]._all_models.values()].find(({tags, ticker}) =>
        tags?.includes("graticule") && ticker?.type === "AdaptiveTicker")
    const {major} = axis.ticker.get_ticks(metres(west), metres(east), null, 0)
    return axis.formatter.doFormat(major, {loc: 0})
}"""
"""The degrees that are written below a view between two longitudes."""


def test_a_graticule_comes_when_asked_and_is_in_the_link(shared_laos: Page) -> None:
    assert shared_laos.evaluate(GRATICULE) == []
    do(shared_laos, "graticule shown")
    comes_to(shared_laos, lambda: words(shared_laos).get("graticule"), "true")
    comes_to(shared_laos, lambda: shared_laos.evaluate(GRATICULE), [True] * 16)
    asks_what_the_pointer_tells(shared_laos)  # degrees beside the map do not move it
    beyond = ["179.95°", "-180.00°", "-179.95°", "-179.90°"]  # there were none from 180 degrees on
    assert shared_laos.evaluate(MERIDIANS, [179.94, 180.13]) == beyond
    assert shared_laos.evaluate(MERIDIANS, [4.71, 4.79]) == ["4.72°", "4.74°", "4.76°", "4.78°"]
    do(shared_laos, "graticule hidden")
    comes_to(shared_laos, lambda: shared_laos.evaluate(GRATICULE), [False] * 16)


def test_stage_mode_shows_five_scenes_by_the_presenters_keys_and_leaves_the_page_as_it_was(shared_laos: Page) -> None:
    page = shared_laos
    page.evaluate("document.activeElement.blur()")
    bar = page.get_by_role("region", name="Stage mode")
    heading = page.locator(".head h2")
    small = steady(page, lambda: heading.evaluate("node => node.getBoundingClientRect().height"))
    page.keyboard.press("F8")
    bar.wait_for()
    sidebar_comes_to(page, shown=False)
    comes_to(page, lambda: words(page).get("stage"), "on")
    expect(page.get_by_role("tab").first).not_to_be_visible()
    large = steady(page, lambda: heading.evaluate("node => node.getBoundingClientRect().height"))
    assert large >= 1.4 * small
    for number, scene in enumerate(SCENES, 1):
        page.keyboard.press("PageDown")
        expect(bar.get_by_role("heading")).to_have_text(scene.title)
        expect(bar).to_contain_text(f"{number} / {len(SCENES)}")
        asked = {word: scene.words[word] for word in ("region", "tab")} | {"stage": scene.key}
        eventually(page, lambda: words(page), lambda now, asked=asked: asked.items() <= now.items())
        settle(page)
    page.get_by_text("0.00722").first.wait_for()
    for key in ("PageUp", "PageUp"):  # whoever presses twice goes two scenes back, however late the first one comes
        page.keyboard.press(key)
    expect(bar.get_by_role("heading")).to_have_text("The weight")
    page.keyboard.press("PageDown")
    expect(bar.get_by_role("heading")).to_have_text("The matrix")
    page.get_by_role("table", name="Error matrix").wait_for()
    expect(page.get_by_role("banner").get_by_text("simulated place", exact=True)).to_be_visible()
    page.keyboard.press("F8")
    bar.wait_for(state="hidden")
    sidebar_comes_to(page, shown=True)
    comes_to(page, lambda: words(page).get("stage"), None)


def a_phone_shows_each_subject(page: Page) -> None:
    """Go from the confusion to the misprint on a phone: what a scene is about lay above or below the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    heading = page.get_by_role("region", name="Stage mode").get_by_role("heading")
    subjects = (".map.right .bk-Figure", ".map.right .bk-Figure", ".headline h2", ".cell.flag")
    for scene, subject in zip(SCENES[1:], subjects, strict=True):
        expect(heading).to_have_text(scene.title)
        settle(page)
        for seen in (heading, page.locator(subject).first):
            eventually(page, lambda seen=seen: seen.evaluate(SEEN), bool, f"show {scene.key}")
        page.keyboard.press("PageDown")
    page.set_viewport_size({"width": 1440, "height": 900})
    settle(page)


def test_the_link_of_a_scene_opens_on_stage(shared_laos: Page, small_url: str) -> None:
    page, scene = shared_laos, SCENES[1]
    of_a_larger_map = ("pixel", "view")
    words = {word: value for word, value in scene.words.items() if word not in of_a_larger_map}
    page.goto(small_url + replace(scene, words=words).link)
    expect(page.get_by_role("region", name="Stage mode")).to_contain_text(scene.title)
    sidebar_comes_to(page, shown=False)
    page.locator(".patch b").wait_for()
    a_phone_shows_each_subject(page)
    page.keyboard.press("Escape")
    page.get_by_role("region", name="Stage mode").wait_for(state="hidden")


FOOT = """() => {
    let reached = document.activeElement
    while (reached?.shadowRoot?.activeElement) reached = reached.shadowRoot.activeElement
    return reached.getBoundingClientRect().bottom
}"""
"""Where what has the focus ends, px."""


def test_the_tour_comes_once_shows_what_it_says_and_never_again_once_closed(shared_laos: Page, laos_url: str) -> None:
    """Task 1: no step to read what this is and what can be done here; a press of "Show me" shows each."""
    page = shared_laos
    tour = page.get_by_role("dialog", name="Show me around")
    page.evaluate("(seen) => localStorage.setItem(seen, '')", TOUR_SEEN)
    open_map(page, laos_url)
    tour.wait_for()
    person = Steps(page)
    first, *features = WORDS
    expect(tour).to_contain_text(WORDS[first])
    page.get_by_role("heading", name="Laos in 2023: ").wait_for()
    person.took(1, 0)
    assert features == ["The vote", "The confusion", "The change", "The accuracy"]
    assert violations(page, "light", "document") == []
    for title in WORDS:
        expect(tour.get_by_role("heading")).to_have_text(title)
        tour.get_by_role("button", name="Next").or_(tour.get_by_role("button", name="Show me")).first.wait_for()
        if title == "The vote":
            tour.get_by_role("button", name="Show me").click()
            page.wait_for_url("**pixel=**")
        if title == "The confusion":
            tour.get_by_role("button", name="Show me").click()
            page.wait_for_url("**rivals=**")
        if title == "The change":
            tour.get_by_role("button", name="Show me").click()
            expect(page.get_by_role("tab", name="Change", exact=True)).to_have_attribute("aria-selected", "true")
        if title == "The accuracy":
            tour.get_by_role("button", name="Show me").click()
            expect(page.get_by_role("tab", name="Error matrix", exact=True)).to_have_attribute("aria-selected", "true")
            cell = page.locator(".matrix .cell").first
            cell.evaluate("node => { node.scrollIntoView({ block: 'end' }); node.focus() }")
            page.keyboard.press("Tab")  # led to what the strip covered
            eventually(page, lambda: page.evaluate(FOOT), lambda foot: foot <= 900 - 106)
        for part in SHOWN[title]:
            eventually(page, lambda part=part: page.locator(part).first.evaluate(SEEN), bool, f"show {part}")
        tour.get_by_role("button", name="Next").or_(tour.get_by_role("button", name="Done")).click()
    tour.wait_for(state="hidden")
    open_map(page, laos_url)
    settle(page)
    expect(tour).not_to_be_visible()
    do(page, "show me around")
    tour.wait_for()
    page.evaluate("document.documentElement.dataset.stage = ''")
    expect(tour).not_to_be_visible()  # it lay over the scenes
    page.evaluate("delete document.documentElement.dataset.stage")
    tour.wait_for()
    page.evaluate("document.activeElement.blur()")  # as on a page that has just come
    page.keyboard.press("Escape")
    tour.wait_for(state="hidden")
    do(page, "show me around")
    tour.get_by_role("button", name="Close the tour").click()
    tour.wait_for(state="hidden")
    comes_to(page, lambda: page.evaluate("(seen) => localStorage.getItem(seen)", TOUR_SEEN), "closed")


def test_at_200_percent_a_map_is_on_the_first_screen_and_says_that_it_is_simulated(shared_laos: Page) -> None:
    """A window of 1440 x 900 pixels that is zoomed to 200 % is one of 720 x 450."""
    page = shared_laos
    open_tab(page, "Map")
    page.set_viewport_size({"width": 720, "height": 450})
    sidebar_comes_to(page, shown=False)
    box = steady(page, page.locator(".map .bk-Figure").first.bounding_box)
    headline, note = (page.locator(part).bounding_box() for part in (".top h2", ".top .note"))
    page.set_viewport_size({"width": 1440, "height": 900})
    sidebar_comes_to(page, shown=True)
    assert box is not None
    assert 450 - box["y"] >= 150
    assert headline["x"] < note["x"] < note["x"] + note["width"] <= headline["x"] + headline["width"]  # else it is cut
