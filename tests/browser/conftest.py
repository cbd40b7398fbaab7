"""What every browser test needs: the app being served, and a page that lets nothing slip."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from browser.serving import BYPASS, CATALOG, LAUNCH, NOBODY, SMALL, make_map, open_map, serve
from browser.waiting import PATIENCE_S, settle, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page


expect.set_options(timeout=1000 * PATIENCE_S)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return LAUNCH


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {
        "viewport": {"width": 1440, "height": 900},
        "proxy": {"server": NOBODY, "bypass": BYPASS},
        "reduced_motion": "reduce",  # a wheel that turns while a page loads is a tenth of what the page costs
    }


@pytest.fixture(scope="session")
def context(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """Yield the context of all pages that need no settings of their own; the app keeps nothing in it.

    One empty page of their site stays open, so that Chromium keeps the process and what it has compiled: a page then
    costs a quarter less.
    """
    context = browser.new_context(**browser_context_args)
    context.set_default_timeout(1000 * PATIENCE_S)
    context.set_default_navigation_timeout(3000 * PATIENCE_S)
    stays = context.new_page()
    stays.route("**", lambda route: route.fulfill())
    stays.goto("http://localhost/")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Yield a page for one test."""
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture(scope="session")
def of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of all workers of this run: a map is made once, by whoever asks first; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def cache(of_the_run: Path) -> Path:
    """Where the served app keeps its maps."""
    return of_the_run / "real" / "cache"


@pytest.fixture(scope="session")
def app_url(cache: Path) -> Iterator[str]:
    """Address of the app, served with the real catalog and network."""
    if not CATALOG.exists():
        pytest.skip(f"needs {CATALOG}, which is not here")
    with serve(cache) as url:
        yield url


@pytest.fixture(scope="session")
def small_cache(of_the_run: Path) -> Path:
    """Where the app with small places keeps its maps."""
    return of_the_run / "small" / "cache"


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of what a test plants in the app with small places: see `small.py`."""
    return tmp_path_factory.mktemp("planted")


@pytest.fixture(scope="session")
def small_url(small_cache: Path, planted: Path) -> Iterator[str]:
    """Address of the app with small, simulated places, for all tests that leave nothing behind on the server."""
    with serve(small_cache, **SMALL, PLANTED=str(planted)) as url:
        yield url


@pytest.fixture(scope="session")
def laos_url(small_url: str) -> str:
    """Address of a small map, which makes itself when it is first opened."""
    return f"{small_url}?region=laos&year=2023"


@pytest.fixture
def laos(offline_page: Page, laos_url: str) -> Page:
    """Return a page that shows the small map."""
    open_map(offline_page, laos_url)
    return offline_page


@contextmanager
def strict(page: Page) -> Iterator[Page]:
    """Watch a page, and fail on any outside request, error on the page or error in the console."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)

    def look(asked: Any) -> None:
        if not asked.url.startswith(("http://localhost", "ws://localhost", "data:", "blob:")):
            wrong.append(f"outside request: {asked.url}")

    page.on("request", look)  # only heard: the proxy of the context stops it, and a page that is held up is slow
    page.on("websocket", look)
    page.set_default_timeout(1000 * PATIENCE_S)
    page.set_default_navigation_timeout(3000 * PATIENCE_S)
    yield watch(page)
    assert not wrong


@pytest.fixture
def offline_page(page: Page) -> Iterator[Page]:
    """Yield a page that lets nothing slip."""
    with strict(page) as watched:
        yield watched


@pytest.fixture(scope="module")
def shared_page(context: BrowserContext) -> Iterator[Page]:
    """Yield such a page for the tests of a file that read from it, or leave it as they found it."""
    page = context.new_page()
    with strict(page) as watched:
        yield watched
    page.close()


@pytest.fixture(scope="module")
def matrix_page(shared_page: Page, small_url: str) -> Page:
    """Return such a page, which shows the error matrix of a small place."""
    shared_page.goto(f"{small_url}?region=laos&tab=error-matrix")
    shared_page.get_by_role("table", name="Error matrix").wait_for(timeout=180_000)  # its map is made if need be
    settle(shared_page)
    return shared_page


@pytest.fixture(scope="module")
def shared_laos(shared_page: Page, laos_url: str) -> Page:
    """Return a page that shows the small map, for tests that say what they need of it, however it was left."""
    open_map(shared_page, laos_url)
    return shared_page


@pytest.fixture(scope="module")
def shared_explorer(shared_page: Page, app_url: str) -> Page:
    """Return a page that shows the map of the real place, for tests that leave it as they found it."""
    shared_page.goto(app_url)
    make_map(shared_page)
    return shared_page


@pytest.fixture
def explorer(offline_page: Page, app_url: str) -> Page:
    """Return a page that shows the map of the real place, made if need be."""
    offline_page.goto(app_url)
    make_map(offline_page)
    return offline_page
