"""Many people at one server: nothing of theirs stays, nothing of one's shows at another's, a crash harms nobody."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from browser.serving import FIGURES, SETTLE_MS, SMALL, open_map, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

VISITS = 10
GONE_MS = "500"
WARM = 1
"""The page that `--warm` builds for nobody and keeps."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("many") / "cache"


@pytest.fixture(scope="module")
def url(cache: Path) -> Iterator[str]:
    soon = ("--unused-session-lifetime", GONE_MS, "--check-unused-sessions", GONE_MS, "--plugins", "browser.census")
    with serve(cache, options=soon, **SMALL) as address:
        yield f"{address}?region=laos&year=2023"


def visit(browser: Browser, url: str, query: str = "") -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    open_map(page, url + query)
    return page


def census(url: str) -> dict[str, int]:
    with urllib.request.urlopen(url.split("/small")[0] + "/census") as answer:
        return json.load(answer)


def emptied(url: str) -> dict[str, int]:
    """Wait until nobody is there any more, and return what is left."""
    until = time.monotonic() + 20
    while (left := census(url))["explorer"] > WARM and time.monotonic() < until:
        time.sleep(0.5)
    return left


def use(page: Page) -> None:
    """Look at everything once."""
    page.get_by_role("button", name="Next scene").click()
    box = page.locator(".map").nth(1).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text("clear scenes say so").wait_for()
    for tab in ("Change", "Error matrix", "Area", "Map"):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(300)


def test_a_closed_session_leaves_nothing(browser: Browser, url: str) -> None:
    def stay() -> None:
        page = visit(browser, url)
        use(page)
        page.close()

    for _ in range(2):  # what is made once and kept for all
        stay()
    before = emptied(url)
    for _ in range(VISITS):
        stay()
    after = emptied(url)
    grown = {kind: after.get(kind, 0) - count for kind, count in before.items() if kind != "memory_kb"}
    assert before["explorer"] == after["explorer"] == WARM, after
    assert {kind: more for kind, more in grown.items() if more > 0} == {}


def test_what_one_person_does_another_does_not_see(browser: Browser, url: str) -> None:
    one, other = visit(browser, url), visit(browser, url)
    caption, shown = other.get_by_text("One day:").inner_text(), other.evaluate(FIGURES)
    use(one)
    one.get_by_role("button", name="Class weights").click()
    one.wait_for_timeout(SETTLE_MS)
    one.get_by_role("slider", name="Trees").press("Home")
    one.get_by_role("button", name="Grass").click()
    one.wait_for_timeout(SETTLE_MS)
    assert one.evaluate(FIGURES) != shown
    assert other.evaluate(FIGURES) == shown
    assert other.get_by_text("One day:").inner_text() == caption
    assert other.get_by_text("clear scenes say so").count() == 0
    assert other.get_by_role("button", name="Grass").get_attribute("aria-pressed") == "false"
    one.close()
    other.close()


def test_a_crash_is_a_message_and_the_page_goes_on(browser: Browser, url: str, cache: Path) -> None:
    one, other = visit(browser, url), visit(browser, url)
    fault = cache.with_name("fault")
    fault.touch()
    try:
        one.get_by_role("button", name="Map (GeoTIFF)").click()
        one.get_by_text("Something went wrong that should not have").wait_for()
        caption = one.get_by_text("One day:").inner_text()
        use(one)
        assert one.get_by_text("One day:").inner_text() != caption
        assert other.get_by_text("Something went wrong").count() == 0
    finally:
        fault.unlink()
    one.get_by_role("button", name="Close", exact=True).click()
    one.get_by_text("Something went wrong").wait_for(state="hidden")
    one.close()
    other.close()
