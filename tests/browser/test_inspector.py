"""Inspect where two classes are confused, by mouse, by key, from a link and on a phone, in the real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser.serving import FIGURES, open_map, pixel_of
from browser.steps import Steps
from browser.waiting import comes_to, eventually, settle, steady
from lulc_core import CONFUSION_CAUSES

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TITLES = [*(cause.title for cause in CONFUSION_CAUSES.values()), "No single cause"]


def position(page: Page) -> list[int]:
    """Return which patch of how many is on screen."""
    said = eventually(page, page.locator(".bar .position").inner_text, lambda text: bool(re.match(r"\d", text)))
    return [int(number.replace(",", "")) for number in said.split(" of ")]


def spans(page: Page) -> list[float]:
    return [figure["range"][1] - figure["range"][0] for figure in page.evaluate(FIGURES)]


@pytest.fixture(scope="module")
def opened(shared_page: Page, laos_url: str) -> Page:
    """A page that counts patches of a tenth of a hectare."""
    open_map(shared_page, f"{laos_url}&smallest=0.1")
    return shared_page


@pytest.fixture
def inspected(opened: Page) -> Page:
    """That page, on which they are inspected."""
    if not opened.locator(".patch b").is_visible():
        opened.get_by_role("button", name="Inspect confused classes").click()
        opened.locator(".patch b").wait_for()
        settle(opened)
    return opened


def test_five_confused_places_and_their_causes_take_five_steps(opened: Page) -> None:
    """Task 2. The first of this file: nothing is inspected yet."""
    person, whole = Steps(opened), spans(opened)
    person.click(opened.get_by_role("button", name="Inspect confused classes"))
    read = {}
    for number in range(1, 6):
        comes_to(opened, lambda: position(opened)[0], number)
        read[pixel_of(opened.url)] = opened.locator(".patch b").inner_text()
        expect(opened.get_by_role("heading", name="of the score")).to_be_in_viewport()
        leads = r"by ([\d.]+)\s% of the score on average, and by (?:< )?([\d.]+)\s% at the closest pixel"
        found = re.search(leads, opened.locator(".patch .facts").inner_text())
        assert found is not None
        assert float(found[1]) >= float(found[2])
        if number < 5:
            person.press("n")
    person.took(2, 5)  # it was a scroll and seven, without a cause
    assert len(read) == 5
    assert {*read.values()} <= {*TITLES}
    assert all(now < before for now, before in zip(spans(opened), whole, strict=True))
    person.press("p")
    comes_to(opened, lambda: position(opened)[0], 4)


def test_the_tally_counts_every_patch_and_steps_through_those_of_a_cause(inspected: Page) -> None:
    chips = inspected.get_by_role("group", name="Patches by probable cause").get_by_role("button")
    counts = dict(text.rsplit(" ", 1) for text in chips.all_inner_texts() if text != "?")
    assert {*counts} <= {"All", *TITLES}
    assert int(counts["All"]) == sum(int(count) for title, count in counts.items() if title != "All")
    title, count = next((title, count) for title, count in counts.items() if title != "All")
    inspected.get_by_role("button", name=f"{title} {count}", exact=True).click()
    eventually(inspected, lambda: position(inspected)[1], lambda now: now == int(count))
    expect(inspected.locator(".patch b")).to_have_text(title)
    inspected.get_by_role("button", name="What causes cannot know").click()
    expect(inspected.get_by_text("They cannot know the ground")).to_be_visible()
    inspected.get_by_role("button", name=f"All {counts['All']}", exact=True).click()
    settle(inspected)


def test_a_link_leads_to_the_same_patch(inspected: Page, offline_page: Page) -> None:
    inspected.bring_to_front()
    inspected.get_by_role("button", name="Next patch").click()
    settle(inspected)
    at, link = position(inspected), inspected.url
    open_map(offline_page, link)
    eventually(offline_page, lambda: position(offline_page), lambda now: now == at)
    expect(offline_page.locator(".patch b")).to_have_text(inspected.locator(".patch b").inner_text())


def test_a_pair_of_a_link_has_its_first_pixel_though_the_page_is_drawn_late(offline_page: Page, laos_url: str) -> None:
    """panel 1.9 reads the address back once it is drawn: the pixel that the server had put in it was lost."""
    page, held, heard = offline_page, [], []

    def has_come() -> bool:
        return any("pixel=" in frame for frame in heard)

    page.route(
        "**/panel-material-ui.bundle.js*", lambda request: request.continue_() if has_come() else held.append(request)
    )
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(str(frame))))
    page.goto(f"{laos_url}&rivals=grass,crops&smallest=0.1", wait_until="commit")
    eventually(page, has_come, bool)
    for request in held:
        request.continue_()
    expect(page.get_by_role("heading", name="of the score")).to_be_visible()
    settle(page)
    assert pixel_of(page.url)


def test_home_shows_the_whole_place_and_escape_puts_the_evidence_away(inspected: Page) -> None:
    near = spans(inspected)
    inspected.get_by_role("button", name="Show the whole place").last.click()
    eventually(inspected, lambda: spans(inspected)[0], lambda now: now > near[0])
    inspected.locator(".patch b").click()
    inspected.keyboard.press("Escape")
    expect(inspected.get_by_text("Click a pixel of a map to see")).to_be_visible()
    inspected.wait_for_url(lambda url: "rivals" not in url and not pixel_of(url))


def touch(page: Page, *paths: tuple[tuple[float, float], tuple[float, float]], steps: int = 12) -> None:
    """Move a finger along each path."""
    screen = page.context.new_cdp_session(page)
    for step in range(steps + 1):
        points = [
            {
                "x": start[0] + (end[0] - start[0]) * step / steps,
                "y": start[1] + (end[1] - start[1]) * step / steps,
                "id": i,
            }
            for i, (start, end) in enumerate(paths)
        ]
        kind = "touchMove" if step else "touchStart"
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_on_a_phone_one_finger_scrolls_two_move_the_map_and_home_is_in_reach(offline_page: Page, laos_url: str) -> None:
    """Task 12, on a phone: a swipe scrolls, one press goes home. The map held the page, and Home was off the screen."""
    page = offline_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.context.new_cdp_session(page).send(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2}
    )
    open_map(page, laos_url)
    surface = page.locator(".map").first
    box, whole = steady(page, surface.bounding_box), page.evaluate(FIGURES)[0]["range"]
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    person = Steps(page)
    person.do(lambda: touch(page, ((x, y), (x, y - 200))))
    eventually(page, surface.bounding_box, lambda now: now["y"] < box["y"] - 100, "scroll")
    assert page.evaluate(FIGURES)[0]["range"] == whole
    person.took(12, 1)
    box = steady(page, surface.bounding_box)
    y = box["y"] + 0.7 * box["height"]
    touch(page, ((x - 40, y), (x - 100, y)), ((x + 40, y), (x + 100, y)))
    eventually(page, lambda: spans(page)[0], lambda now: now < 0.8 * (whole[1] - whole[0]))
    assert steady(page, surface.bounding_box) == box
    page.locator(".map").first.get_by_role("button", name="Show the whole place").click()
    eventually(page, lambda: spans(page)[0], lambda now: now > 0.95 * (whole[1] - whole[0]))
    open_map(page, f"{laos_url}&pixel=40,40")  # of a link, too, the map lies above the drawer
    expect(page.get_by_role("heading", name="of the score")).to_be_in_viewport()
    expect(page.locator(".map .bk-Figure").nth(1)).to_be_in_viewport(ratio=0.9)
