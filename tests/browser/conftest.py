"""What every browser test needs: the app being served, and a page that lets nothing slip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from browser.serving import CATALOG, LAUNCH, make_map, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return LAUNCH


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the served app keeps its maps."""
    return tmp_path_factory.mktemp("served") / "cache"


@pytest.fixture(scope="session")
def app_url(cache: Path) -> Iterator[str]:
    """Address of the app, served with the real catalog and network."""
    if not CATALOG.exists():
        pytest.skip(f"needs {CATALOG}, which is not here")
    with serve(cache) as url:
        yield url


@pytest.fixture
def offline_page(page: Page) -> Iterator[Page]:
    """Yield a page that fails the test on any outside request, error on the page or error in the console."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)

    def look(route: Any) -> None:
        url = route.request.url
        if url.startswith(("http://localhost", "ws://localhost", "data:", "blob:")):
            route.continue_()
        else:
            wrong.append(f"outside request: {url}")
            route.abort()

    page.route("**/*", look)
    page.set_default_timeout(20_000)
    yield page
    assert not wrong


@pytest.fixture
def explorer(offline_page: Page, app_url: str) -> Page:
    """Return a page that shows the map of the real place, made if need be."""
    offline_page.goto(app_url)
    make_map(offline_page)
    return offline_page
