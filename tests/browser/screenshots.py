"""The contact sheet: the app on a desk and on a phone, light and dark, into `screenshots/`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from browser.serving import CATALOG, LAUNCH, ROOT, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENS = {"desk": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
SETTLE_MS = 1_500


def open_page(browser: Browser, url: str, screen: str, theme: str) -> Page:
    width, height = SCREENS[screen]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    page.goto(url)
    page.get_by_text("The whole year").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    return page


def take(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=folder / f"{name}.png")
    print(folder / f"{name}.png")


def before_a_map(browser: Browser, url: str, folder: Path) -> None:
    """The invitation, and the progress of a map being made."""
    page = open_page(browser, url, "desk", "light")
    take(page, folder, "desk-light-no-map-yet")
    page.get_by_role("button", name="Make this map").click()
    page.get_by_text("Reading land cover").wait_for()
    page.screenshot(path=folder / "desk-light-making.png")
    page.get_by_text("of this map seen clearly").wait_for(timeout=120_000)
    page.close()


def with_a_map(browser: Browser, url: str, folder: Path, screen: str, theme: str) -> None:
    page = open_page(browser, url, screen, theme)
    take(page, folder, f"{screen}-{theme}")
    page.close()


def one_class(browser: Browser, url: str, folder: Path) -> None:
    page = open_page(browser, url, "desk", "light")
    page.get_by_role("button", name="built area").click()
    take(page, folder, "desk-light-one-class")
    page.close()


def why_a_pixel(browser: Browser, url: str, folder: Path) -> None:
    """The ledger of a pixel, with a class that weighs more."""
    page = open_page(browser, url, "desk", "light")
    page.get_by_role("button", name="Class weights").click()
    page.wait_for_timeout(SETTLE_MS)
    page.get_by_role("slider", name="Crops").press("End")
    box = page.locator(".map").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text("clear scenes say so").wait_for()
    page.mouse.move(2, 2)
    take(page, folder, "desk-light-why")
    page.close()


def how_sure(browser: Browser, url: str, folder: Path) -> None:
    page = open_page(browser, url, "desk", "dark")
    page.get_by_label("The map on the right shows").click()
    page.get_by_text("Lead over the runner-up").click()
    take(page, folder, "desk-dark-how-sure")
    page.close()


def main() -> None:
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    if not CATALOG.exists():
        raise SystemExit(f"The contact sheet needs {CATALOG}, which is not here.")
    with (
        tempfile.TemporaryDirectory() as scratch,
        serve(Path(scratch) / "cache") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**LAUNCH)
        before_a_map(browser, url, folder)
        for screen in SCREENS:
            for theme in THEMES:
                with_a_map(browser, url, folder, screen, theme)
        for scene in (one_class, why_a_pixel, how_sure):
            scene(browser, url, folder)
        browser.close()


if __name__ == "__main__":
    main()
