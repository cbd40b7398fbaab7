"""The means to wait give up in the end, and say what was read last."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING
from unittest.mock import Mock
from urllib.parse import urljoin

import pytest

from browser import waiting
from browser.conftest import strict
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_playwright.pytest_playwright import CreateContextCallback

pytestmark = pytest.mark.browser

PRESS = """
(strip) => {
    strip.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}))
    return traffic.unanswered.length
}
"""


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.5)


def test_what_comes_late_is_waited_for(page: Page) -> None:
    numbers = itertools.count()
    assert eventually(page, numbers.__next__, lambda count: count == 3) == 3
    comes_to(page, itertools.count().__next__, 3)


@pytest.mark.usefixtures("hasty")
def test_what_never_comes_fails_with_what_was_read_last(page: Page) -> None:
    with pytest.raises(AssertionError, match="Read last: 'still the old'"):
        eventually(page, lambda: "still the old", lambda said: said == "the new")
    with pytest.raises(AssertionError, match=re.escape("come to [1, 2]. Read last: [1, 3]")):
        comes_to(page, lambda: [1, 3], [1, 2])


def test_what_the_server_sends_before_it_answers_that_it_is_free_is_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, asked = [0], itertools.count(1)

    def answer(_: object) -> int:
        frames[0] += next(asked) == 2  # what its event loop was busy with in the time of quiet
        return 0

    monkeypatch.setattr(waiting, "_at_work", answer)
    page = Mock(**{"evaluate.side_effect": lambda _: [*frames, 0]})
    settle(page)
    assert next(asked) == 2 * 2 + 1  # it was quiet at the second look


def test_a_page_that_reaches_out_is_heard(new_context: CreateContextCallback, small_url: str) -> None:
    page = new_context(bypass_csp=True).new_page()
    page.goto(urljoin(small_url, "/pulse"))  # the smallest page of that server
    for event, far in (
        ("request", 'fetch("http://far.example/")'),
        ("websocket", 'new WebSocket("ws://far.example/")'),
    ):
        with pytest.raises(AssertionError, match=r"outside request: (http|ws)://far\.example"):
            reach_out(page, event, far)


def reach_out(page: Page, event: str, far: str) -> None:
    with strict(page) as watched, watched.expect_event(event, lambda asked: "far.example" in asked.url):
        watched.evaluate(f"async () => {{ try {{ await {far} }} catch {{}} }}")


def test_a_page_is_quiet_when_the_map_has_followed_and_not_before(laos: Page) -> None:
    day = laos.get_by_text("One day:")
    strip = laos.get_by_role("slider", name="Scene of the year")
    strip.press("Home")
    settle(laos)
    first = day.inner_text()
    assert strip.evaluate(PRESS) > 0
    settle(laos)
    assert laos.evaluate("traffic.unanswered.length") == 0
    now = day.inner_text()  # on the instant: `settle` has waited
    assert now != first
