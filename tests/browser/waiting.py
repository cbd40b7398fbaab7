"""To wait for what a test is about to assert, and never for a time: a machine may be slow.

What an action changes is read until it is as it should be (`eventually`, `comes_to`). Where nothing to read says that
the page has done all it will, it is waited for until it is quiet (`settle`): to say that nothing changed, to take a
picture, or to act on what may still move.
"""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

PATIENCE_S = 60
"""Of every wait: a test that fails takes so long, one that passes as long as the page."""
QUIET_MS = 300
"""Longer than what is put off on purpose: 50 ms for a widget by Panel, 120 ms for a sharper map by Bokeh."""
POLL_MS = 50
_LEFT_WHILE_READ = "Execution context was destroyed"
"""Said of a page that loads anew while it is read, as when somebody goes back to before a reload."""
_Read = TypeVar("_Read")

_WATCH = """
window.traffic = {frames: 0, unanswered: []}
window.WebSocket = class extends WebSocket {
    constructor(...given) {
        super(...given)
        this.addEventListener("message", ({data}) => {
            traffic.frames += 1
            traffic.unanswered = traffic.unanswered.filter((id) => id !== this.header(data).reqid)
        })
    }
    header(data) {
        return typeof data === "string" && data.startsWith('{"msgid"') ? JSON.parse(data) : {}
    }
    send(data) {
        traffic.frames += 1
        const {msgtype, msgid} = this.header(data)
        if (msgtype === "PATCH-DOC") traffic.unanswered.push(msgid)
        super.send(data)
    }
}
"""
_TRAFFIC = """
() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
    done([traffic.frames, traffic.unanswered.length]))))
"""


_NOT_THE_FIRST_TIME = """
try {
    const tour = "land-cover-explorer: tour"
    localStorage.setItem(tour, localStorage.getItem(tour) ?? "closed")
    const [{type}] = performance.getEntriesByType("navigation")
    if (type !== "reload") localStorage.removeItem("land-cover-explorer: theme")
} catch {}
"""
"""Who has closed the tour, unless a test has said otherwise, and has chosen no theme but on this page; an empty page
keeps nothing."""


def watch(page: Page) -> Page:
    """Count what a page will say to the server and hear from it, so that `settle` can tell when it is quiet."""
    page.add_init_script(_WATCH + _NOT_THE_FIRST_TIME)
    return page


def settle(page: Page) -> None:
    """Wait until all that a page sent is answered, the server is idle, and nothing more comes or goes."""
    page.bring_to_front()  # one behind another page is drawn once a second
    rest = "rest: no frame comes or goes, no patch is unanswered, no thread of the server at work"
    eventually(page, lambda: _unrest(page), lambda unrest: not any(unrest), rest)


def _unrest(page: Page) -> tuple[int, int, int]:
    """Return how many frames came and went in the time of quiet, if there was one, and what else rest is without."""
    frames, unanswered = page.evaluate(_TRAFFIC)
    at_work = _at_work(page)
    if not (unanswered or at_work):
        page.wait_for_timeout(QUIET_MS)
        at_work = _at_work(page)  # before the frames are counted: what its event loop was busy with has come
    now, unanswered = page.evaluate(_TRAFFIC)
    return now - frames, unanswered, at_work


def _at_work(page: Page) -> int:
    """Return how many threads of the server are at work; it answers when its event loop is free."""
    where = urlsplit(page.url)
    with urllib.request.urlopen(f"{where.scheme}://{where.netloc}/pulse", timeout=PATIENCE_S) as answer:
        return json.load(answer)


def eventually(
    page: Page | None, read: Callable[[], _Read], holds: Callable[[_Read], bool], wanted: str = "hold"
) -> _Read:
    """Read until what is read holds, and return it; fail with what was wanted, and what was read last.

    The page goes on meanwhile; None if nothing is read from one.
    """
    until = time.monotonic() + PATIENCE_S
    last = "nothing"
    while time.monotonic() < until:
        try:
            if holds(found := read()):
                return found
            last = repr(found)
        except Error as error:
            if _LEFT_WHILE_READ not in error.message:
                raise
            last = "a page that was just left for another"
        page.wait_for_timeout(POLL_MS) if page else time.sleep(POLL_MS / 1000)
    raise AssertionError(f"In {PATIENCE_S} s it did not come to {wanted}. Read last: {last}")


def comes_to(page: Page | None, read: Callable[[], object], expected: object) -> None:
    """Read until what is read equals what is expected; fail with both."""
    eventually(page, read, lambda found: found == expected, repr(expected))


def steady(page: Page, read: Callable[[], _Read]) -> _Read:
    """Settle, then read until two readings in a row are the same, as of what slides into its place."""
    settle(page)
    before = read()
    for _ in range(PATIENCE_S * 1000 // QUIET_MS):
        page.wait_for_timeout(QUIET_MS)
        if (found := read()) == before:
            return found
        before = found
    raise AssertionError(f"In {PATIENCE_S} s it did not come to rest. Read last: {before!r}")
