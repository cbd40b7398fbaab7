"""A whole visit in the offline default: nothing leaves the machine, of the browser or of the server.

Chromium sends all but loopback to a proxy that writes down and refuses; so does the server, whose Python sockets
are heard besides. At the end both are made to reach out, to see that it would have been noticed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from browser.serving import ROOT, SMALL, open_fold, serve
from browser.waiting import PATIENCE_S, comes_to, settle, watch
from browser.witness import LOOPBACK, Ear, proxy

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Request

pytestmark = pytest.mark.browser

TABS = ("Map", "Years", "Change", "Error matrix", "Area", "Label")
FOLDS = ("Class weights", "Calibrate class weights")
CHROMIUMS_OWN = "content-autofill.googleapis.com"
"""What Chromium asks by itself about any page with a form; a page that asked it would be seen among its requests."""
BYPASS = "localhost,127.0.0.1"
REACH_OUT = """
async () => {
    const source = `fetch("http://worker.example/").catch(() => 0).then(() => postMessage(1))`
    const worker = new Worker(URL.createObjectURL(new Blob([source])))
    await new Promise((done) => { worker.onmessage = done })
    await new Promise((done) => { new WebSocket("ws://socket.example/").onerror = done })
    await new Promise((done) => { Object.assign(new Image(), {onerror: done, src: "https://tile.example/0/0/0.png"}) })
    await new FontFace("far", "url(https://font.example/far.woff2)").load().catch(() => 0)
}
"""


def walk(page: Page, url: str) -> None:
    """Open every tab and every fold, once the map is there."""
    page.goto(f"{url}?region=laos&year=2023")
    page.get_by_text("of this map clear").wait_for(timeout=180_000)
    for fold in FOLDS:
        open_fold(page, fold)
    for tab in TABS:
        page.get_by_role("tab", name=tab, exact=True).click()
        settle(page)
    page.get_by_role("tab", name="Map", exact=True).click()
    settle(page)


def test_nothing_of_a_whole_visit_leaves_the_machine(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear = Ear(tmp_path / "ear")
    with proxy() as (of_browser, browser_asked), proxy() as (of_server, server_asked):
        ways_out = dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "GDAL_HTTP_PROXY"), of_server
        )
        path = os.pathsep.join([ear.path, str(ROOT / "tests")])
        monkeypatch.setenv("PYTHONPATH", path)  # read by an interpreter when it starts
        with serve(tmp_path / "cache", start="spawn", **SMALL, PYTHONPATH=path, **ways_out, **ear.settings) as url:
            # without the page's Content-Security-Policy, which would hide what the page tries
            page = watch(browser.new_page(proxy={"server": of_browser, "bypass": BYPASS}, bypass_csp=True))
            page.set_default_timeout(1000 * PATIENCE_S)
            asked: list[str] = []
            waiting: list[str] = []
            kinds: set[str] = set()

            def note(request: Request) -> None:
                asked.append(request.url)
                waiting.append(request.url)
                kinds.add(request.resource_type)

            page.on("request", note)
            page.on("requestfinished", lambda request: waiting.remove(request.url))
            page.on("requestfailed", lambda request: waiting.remove(request.url))
            page.on("websocket", lambda socket: (asked.append(socket.url), kinds.add("websocket")))
            walk(page, url)

            assert {"document", "script", "stylesheet", "websocket"} <= kinds
            assert {urlsplit(one).hostname for one in asked if not one.startswith(("data:", "blob:"))} <= set(LOOPBACK)
            comes_to(page, lambda: waiting, [])
            assert not [line for line in browser_asked if CHROMIUMS_OWN not in line]
            assert server_asked == []
            assert ear.hosts <= {*LOOPBACK, "0.0.0.0", "::"}

            page.get_by_role("button", name="Streets", exact=True).click()
            page.get_by_text("The base map could not be reached").wait_for()
            assert len(server_asked) == 1
            assert "openstreetmap.org" in server_asked[0]
            assert ear.hosts & set(LOOPBACK)
            assert not [line for line in browser_asked if CHROMIUMS_OWN not in line]
            page.evaluate(REACH_OUT)
            for host in ("worker", "socket", "tile", "font"):
                assert any(f"{host}.example" in line for line in browser_asked), host
            page.close()
