"""The real app on a free port, and the Chromium to look at it: for the tests and for the contact sheet."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urljoin, urlsplit

from playwright.sync_api import TimeoutError as TooLate

from browser import starting
from browser.waiting import settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.process import BaseProcess

    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
CATALOG = SHARED / "real" / "flanders-2018"
MODEL = SHARED / "models" / "dynamicworld"
CHROMIUMS = ("chromium-headless-shell", "chromium", "google-chrome")
"""What can be driven, the lightest first."""
LAUNCH = {
    "executable_path": os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None),
    "args": [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--process-per-site",  # what one page has compiled serves the next: see the fixture `context`
    ],
}
SMALL = {"catalog": "", "model": "unet-simulated", "app": "tests/browser/small.py"}
"""What `serve` needs for the built-in, simulated places on a small scale: their maps are made in seconds."""
NOBODY, BYPASS = "http://127.0.0.1:9", "localhost,127.0.0.1"
"""A proxy that does not answer: nobody can reach out, and finds out at once; and what it is not asked for."""


@contextmanager
def serve(
    cache: Path,
    *,
    catalog: Path | str = CATALOG,
    model: Path | str = MODEL,
    app: str = "app/",
    options: Sequence[str] = (),
    start: Literal["forkserver", "spawn"] = "forkserver",
    **settings: str,
) -> Iterator[str]:
    """Serve the app as `make app` does, making no maps ahead unless told so, and yield its address.

    To `spawn` it is to start it in an interpreter of its own.
    """
    cache.mkdir(parents=True, exist_ok=True)
    log = cache.with_name(f"{cache.name}-{os.getpid()}.log")  # of this server: several may keep their maps together
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tests"),
        "LULC_AHEAD": "no",
        "LULC_CACHE": str(cache),
        "LULC_CATALOG": str(catalog),
        "LULC_MODEL": str(model),
        "HTTPS_PROXY": NOBODY,
        "HTTP_PROXY": NOBODY,
        "NO_PROXY": BYPASS,
        **settings,
    }
    arguments = ["serve", str(ROOT / app), "--port", "0", "--warm", "--plugins", "browser.census", *options]
    log.write_text("")
    starting.preload()
    server = multiprocessing.get_context(start).Process(target=starting.panel, args=(arguments, environment, str(log)))
    server.start()
    try:
        yield _address(server, log)
    finally:
        server.terminate()
        server.join(60)  # it stops its work first
        stopped = not server.is_alive()
        server.kill()
        assert stopped, "The server did not stop in 60 s."


def _address(server: BaseProcess, log: Path, patience_s: float = 300) -> str:
    until = time.monotonic() + patience_s
    while time.monotonic() < until and server.is_alive():
        found = re.search(r"running at: (http://\S+)", log.read_text())
        if found:
            with urllib.request.urlopen(urljoin(found[1], "/pulse"), timeout=patience_s):
                return found[1]
        time.sleep(0.2)
    raise RuntimeError(f"The app did not start:\n{log.read_text()[-3000:]}")


def open_map(page: Page, url: str) -> None:
    """Go to a map that is there, or makes itself, and wait until it is drawn and the page is quiet."""
    page.goto(url)
    page.get_by_text("of this map clear").wait_for(timeout=180_000)
    settle(page)


def make_map(page: Page) -> None:
    """Press the button that makes the map, if it is there, and wait until both maps are drawn."""
    seen, button = page.get_by_text("of this map clear"), page.get_by_role("button", name="Make this map")
    seen.or_(button).first.wait_for(timeout=180_000)
    if button.is_visible():
        button.click()
    seen.wait_for(timeout=180_000)
    page.wait_for_function(DRAWN)
    settle(page)


def resize(page: Page, width: int, height: int = 900) -> None:
    """Give a page another size (px), its sidebar open or closed as it would open in that."""
    page.set_viewport_size({"width": width, "height": height})
    settle(page)
    sidebar, phone = page.get_by_text("About this map"), width < 600
    if sidebar.is_visible() != phone:
        return
    if phone:
        close_sidebar(page)  # it lies over the page
    else:
        page.get_by_role("button", name="Open drawer").click()
        sidebar.wait_for()
    settle(page)


def close_sidebar(page: Page) -> None:
    """Close the sidebar of a phone; one that is still on its way over the page hears no key."""
    for _ in range(20):
        page.keyboard.press("Escape")
        try:
            page.get_by_text("About this map").wait_for(state="hidden", timeout=1000)
        except TooLate:
            continue
        return
    raise AssertionError("The sidebar did not close.")


@contextmanager
def on_a_phone(page: Page) -> Iterator[None]:
    """Make an open page as narrow as a phone, and as it was afterwards: an opening costs ten times as much."""
    size = page.viewport_size
    assert size is not None
    try:
        resize(page, 390, 844)
        yield
    finally:
        resize(page, size["width"], size["height"])


def open_fold(page: Page, title: str) -> None:
    """Open a fold of the sidebar, if it is closed, and wait until what it holds has come."""
    fold = page.get_by_role("button", name=title, exact=True)
    if fold.get_attribute("aria-expanded") != "true":
        fold.click()
    settle(page)


def open_tab(page: Page, title: str) -> None:
    """Open a tab, and wait until what it holds has come."""
    page.get_by_role("tab", name=title, exact=True).click()
    settle(page)


def choose_layer(page: Page, side: str, what: str) -> None:
    """Choose what the map on a side shows, until the list closes: one that moves under the pointer hears no click."""
    chosen = page.get_by_role("combobox", name=f"The map on the {side} shows")
    chosen.click()
    for _ in range(5):
        page.get_by_role("menuitem", name=what).or_(page.get_by_role("option", name=what)).first.click()
        try:
            chosen.and_(page.locator("[aria-expanded=false]")).wait_for(timeout=10_000)
        except TooLate:
            continue
        return settle(page)
    raise AssertionError(f"No click on {what} was heard.")


def drag(page: Page, start: tuple[float, float], right: int, down: int) -> None:
    """Drag from a place of the screen, by some pixels."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + right, start[1] + down, steps=6)
    page.mouse.up()


def pixel_of(url: str) -> str:
    """Return the pixel that an address asks about, as row and column."""
    return parse_qs(urlsplit(url).query).get("pixel", [""])[0]


def click_pixel(page: Page, x: float, y: float) -> None:
    """Click a map, until the page asks about another pixel: bokeh 3.9 takes a click that is over late for a press."""
    before = pixel_of(page.url)
    for _ in range(5):
        page.mouse.click(x, y)
        try:
            page.wait_for_url(lambda url: pixel_of(url) not in ("", before), timeout=10_000)
        except TooLate:
            continue
        return
    raise AssertionError("No click on the map was heard.")


def places(maps: Locator) -> list[float]:
    """Where both maps are, against the caption of the first, however the page is scrolled."""
    top = maps.page.locator(".caption").first.bounding_box()
    boxes = [maps.nth(which).bounding_box() for which in (0, 1)]
    assert top is not None
    return [value for box in boxes if box for value in (box["x"], box["y"] - top["y"], box["width"], box["height"])]


def map_of(cache: Path, place: str, year: int) -> Path:
    """Return the folder in which the served app keeps the map of a place and a year."""
    reports = {path.parent: json.loads(path.read_text()) for path in cache.glob("*/report.json")}
    (found,) = [folder for folder, its in reports.items() if (its["region"], its["year"]) == (place, year)]
    return found


def texts(table: Locator) -> list[list[str]]:
    """Return the texts of a table, header included, in one look: to find it for every row costs ten times as much.

    Spaces are spaces, whether lines may end there or not.
    """
    read = "cell.innerText.trim().replaceAll('\\u00a0', ' ')"
    return table.evaluate(f"it => [...it.rows].map((row) => [...row.cells].map((cell) => {read}))")


FIGURES = """
() => [...Bokeh.documents[0]._all_models.values()]
    .filter((model) => model.type === "Figure" && !model.tags.includes("change")
        && model.renderers.some((r) => r.glyph?.type === "Image"))
    .map((figure) => ({
        range: [figure.x_range.start, figure.x_range.end, figure.y_range.start, figure.y_range.end],
        size: [figure.inner_width, figure.inner_height],
        classes: [...new Set(figure.renderers.find((r) => r.glyph?.type === "Image").data_source.data.image[0])]
            .sort((one, other) => one - other),
    }))
"""
"""Of each map of the first tab: what it shows (web Mercator metres), its size (px), and its positions in the legend."""
DRAWN = f"""
() => {{
    const maps = ({FIGURES.strip()})()
    return maps.length === 2 && maps.every((map) => map.classes.length > 2)
}}
"""
