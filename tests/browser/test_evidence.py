"""Ask a pixel why: its class probabilities through the year and the imagery around it, in the real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser.serving import DRAWN, choose_layer, click_pixel, places, resize
from browser.steps import Steps
from browser.waiting import comes_to, eventually, settle, steady

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def linked(shared_page: Page, laos_url: str) -> Page:
    """A page whose link asks about a pixel, and where neither map shows a scene."""
    shared_page.goto(f"{laos_url}&left=truth&pixel=50,50")
    shared_page.locator(".evidence .plot").wait_for(timeout=180_000)
    settle(shared_page)
    return shared_page


@pytest.fixture(scope="module")
def asked(linked: Page) -> Page:
    """That page, on which another pixel has been clicked."""
    choose_layer(linked, "left", "Classes on this day")
    click(linked, 0.4, 0.5)
    return linked


def click(page: Page, x: float, y: float) -> None:
    page.wait_for_function(DRAWN)
    year = page.locator(".map").nth(1)
    year.evaluate("node => node.scrollIntoView({block: 'center'})")
    box = steady(page, year.bounding_box)
    assert box is not None
    top = page.evaluate("scrollY")
    click_pixel(page, box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.locator(".evidence .plot").wait_for()
    settle(page)
    assert page.evaluate("scrollY") == top


def votes(page: Page) -> list[list[str]]:
    rows = page.get_by_role("table", name="Votes by date").get_by_role("row").all()[1:]
    return [row.get_by_role("cell").all_inner_texts() for row in rows]


def test_a_press_brings_the_imagery_where_no_map_shows_a_scene(linked: Page) -> None:
    linked.locator(".evidence .looks button[aria-pressed=false]").last.click()
    linked.get_by_text("red, green, blue").wait_for()
    linked.wait_for_url("**left=true-colour**")


@pytest.mark.parametrize(
    "size",
    [
        (1440, 900),
        pytest.param((1920, 1080), marks=pytest.mark.slow),
        pytest.param((2560, 1440), marks=pytest.mark.slow),
        (390, 844),
    ],
)
def test_map_and_evidence_are_seen_together_and_no_map_moves(asked: Page, size: tuple[int, int]) -> None:
    """Task 4: one step, a click. Half of the evidence was below the screen."""
    page, (width, height) = asked, size
    page.get_by_role("button", name="Close (Escape)").click()
    resize(page, *size)
    before = steady(page, lambda: places(page.locator(".map")))
    person = Steps(page)
    person.do(lambda: click(page, 0.45, 0.4))
    assert steady(page, lambda: places(page.locator(".map"))) == before
    seen, plot, dock = (page.locator(part).bounding_box() for part in (".map >> nth=1", ".evidence .plot", ".dock"))
    answer = page.get_by_role("heading", name="of the score").bounding_box()
    wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    resize(page, 1440)
    assert answer["y"] < height - 100
    assert plot["y"] < height - (60 if width > 600 else 0)  # on a phone it is a swipe away
    beside = dock["x"] >= seen["x"] + seen["width"]
    bottom = height if beside else min(dock["y"], height)
    assert min(seen["y"] + seen["height"], bottom) - max(seen["y"], 65) > 0.85 * seen["height"]
    assert not wider
    person.took(4, 1)


def test_a_zoomed_page_keeps_half_of_the_screen_for_the_map_that_is_asked(asked: Page) -> None:
    """Of 1440 x 900 px at 200 %, 100 px of map stayed, and the pixel that was clicked was behind the evidence."""
    page = asked
    page.get_by_role("button", name="Close (Escape)").click()
    resize(page, 720, 450)
    page.locator(".map >> nth=1").evaluate("node => node.scrollIntoView({block: 'center'})")
    settle(page)
    box = page.locator(".map >> nth=1").bounding_box()
    click_pixel(page, box["x"] + 0.5 * box["width"], box["y"] + 0.55 * box["height"])
    page.locator(".evidence .plot").wait_for()
    seen, dock, plot = steady(
        page, lambda: [page.locator(part).bounding_box() for part in (".map >> nth=1", ".dock", ".evidence .plot")]
    )
    resize(page, 1440)
    top = max(seen["y"] + 48, 68)
    assert dock["y"] - top > 200
    assert top < seen["y"] + 0.55 * seen["height"] < dock["y"]
    assert plot["y"] + 88 < 450  # its bars


REACHED = """
() => {
    let reached = document.activeElement
    while (reached.shadowRoot?.activeElement) reached = reached.shadowRoot.activeElement
    const {bottom} = reached.getBoundingClientRect()
    return [reached.getAttribute("aria-label") ?? "", bottom]
}
"""
"""The name of what the keyboard has reached, and where it ends (px from the top of the screen)."""


def test_what_the_keyboard_reaches_below_the_maps_is_not_left_behind_the_evidence(asked: Page) -> None:
    page = asked
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("button", name="Play the year").focus()
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("Tab")

    def is_seen(reached: tuple[str, float]) -> bool:
        dock = page.locator(".dock").bounding_box()
        return reached[0] == "Next scene" and dock is not None and reached[1] <= dock["y"]

    eventually(page, lambda: page.evaluate(REACHED), is_seen, "be above the evidence")


def test_the_chart_has_a_bar_a_scene_and_says_of_each_what_the_table_says(asked: Page) -> None:
    table = votes(asked)
    bars = asked.locator(".evidence .scene")
    expect(bars).to_have_count(len(table))
    masked = [row[4] == "excluded" for row in table]
    assert bars.evaluate_all("nodes => nodes.map(n => n.classList.contains('masked'))") == masked
    expect(asked.get_by_text(f"excluded ({sum(masked)} of {len(table)} scenes)")).to_have_count(int(any(masked)))
    tallest = "n => [...n.querySelectorAll('.share')].reduce((a, b) => +a.dataset.share >= +b.dataset.share ? a : b)"
    for i, (date, name, probability, *_) in enumerate(table):
        if name != "no data" and not masked[i]:
            bars.nth(i).evaluate_handle(tallest).as_element().hover(force=True)
            expect(asked.locator(".evidence .tip")).to_have_text(f"{date}: {name} {probability}", use_inner_text=True)


def test_every_bar_reaches_from_nothing_to_all(asked: Page) -> None:
    heights = asked.locator(".evidence .scene").evaluate_all(
        """nodes => nodes.map(n => [...n.querySelectorAll('.share')]
            .reduce((sum, s) => sum + parseFloat(s.getAttribute('height')), 0))"""
    )
    assert all(height == 0 or abs(height - 100) < 0.2 for height in heights)
    assert max(heights) > 99


def test_a_press_on_a_picture_shows_its_scene_on_the_map(asked: Page) -> None:
    pictures = asked.locator(".evidence .looks button")
    clear = [row[0] for row in votes(asked) if row[4] != "excluded"]
    expect(pictures).to_have_count(min(len(clear), 8))
    before = asked.get_by_text("One day:").inner_text()
    other = asked.locator(".evidence .looks button[aria-pressed=false]").last
    name = other.inner_text().split("\n")[0]
    expect(other.get_by_role("img")).to_have_attribute("alt", re.compile(r"^Imagery around the pixel, \d+ m across:$"))
    assert any(date.startswith(name) for date in clear)
    other.focus()
    asked.keyboard.press("Enter")
    asked.get_by_text(f"One day: {name}").wait_for()
    expect(asked.get_by_text("One day:")).not_to_have_text(before)
    pressed = asked.locator(".evidence .looks button[aria-pressed=true]")
    eventually(asked, pressed.all_inner_texts, lambda now: [text.split("\n")[0] for text in now] == [name])


def test_pictures_are_drawn_with_the_pixel_framed_in_them(asked: Page) -> None:
    pictures = asked.locator(".evidence img")

    def sizes() -> list[list[int]]:
        return pictures.evaluate_all("nodes => nodes.map(n => [n.naturalWidth, n.naturalHeight])")

    comes_to(asked, sizes, [[64, 64]] * pictures.count())
    frames = asked.locator(".evidence .pixel").evaluate_all(
        """nodes => nodes.map(n => {
            const [mine, all] = [n.getBoundingClientRect(), n.parentNode.querySelector('img').getBoundingClientRect()]
            return [(mine.x - all.x) / all.width, (mine.y - all.y) / all.height].map(v => Math.round(64 * v))
        })"""
    )
    assert len({tuple(frame) for frame in frames}) == 1
    assert all(0 <= at < 64 for at in frames[0])


def test_another_pixel_brings_other_probabilities(asked: Page) -> None:
    def shares() -> list[str]:
        return asked.locator(".evidence .share").evaluate_all("nodes => nodes.map(n => n.dataset.share)")

    first = shares()
    click(asked, 0.6, 0.4)
    eventually(asked, shares, lambda now: now != first)
