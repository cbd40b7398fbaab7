"""The contact sheet: the app on a desk and on a phone, light and dark, into `screenshots/`.

The pictures of the README, of a simulated place, go into `docs/pictures/`.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from browser.serving import CATALOG, LAUNCH, ROOT, open_fold, serve
from browser.waiting import settle, steady, watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENS = {"desk": (1440, 900), "phone": (390, 844), "wide": (1920, 1080), "large": (2560, 1440)}
THEMES = ("light", "dark")
PICTURES = ROOT / "docs" / "pictures"
MAKING_MS = 900_000
"""Long enough for a map of full size on a machine that does other things, too."""
COLOURS = 256
"""Of a picture of the README: none is far from what was on screen, and the file is a third as large."""


def open_page(browser: Browser, url: str, screen: str, theme: str) -> Page:
    width, height = SCREENS[screen]
    page = watch(browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme))
    page.goto(url)
    page.get_by_text("One day").first.wait_for()
    if screen == "phone":
        page.get_by_text("About this map").wait_for(state="hidden")
    settle(page)
    return page


def take(page: Page, folder: Path, name: str) -> None:
    (folder / f"{name}.png").write_bytes(steady(page, page.screenshot))
    print(folder / f"{name}.png")


def before_a_map(browser: Browser, url: str, folder: Path) -> None:
    """The invitation, and the progress of a map being made."""
    page = open_page(browser, url, "desk", "light")
    take(page, folder, "desk-light-no-map-yet")
    page.get_by_role("button", name="Make this map").click()
    page.get_by_text("Classifying each scene").wait_for()
    page.screenshot(path=folder / "desk-light-making.png")
    page.get_by_text("of this map clear").wait_for(timeout=180_000)
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
    open_fold(page, "Class weights")
    page.get_by_role("slider", name="Crops").press("End")
    box = page.locator(".map").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_text("clear scenes agree").wait_for()
    page.mouse.move(2, 2)
    take(page, folder, "desk-light-why")
    page.close()


def how_sure(browser: Browser, url: str, folder: Path) -> None:
    page = open_page(browser, url, "desk", "dark")
    page.get_by_label("The map on the right shows").click()
    page.get_by_text("Lead over the runner-up").click()
    take(page, folder, "desk-dark-how-sure")
    page.close()


def imagery(browser: Browser, url: str, folder: Path, screen: str, theme: str) -> None:
    """A day in true colour beside its classes, and under the composite with a divider."""
    page = open_page(browser, f"{url}?left=true-colour&right=prediction", screen, theme)
    take(page, folder, f"{screen}-{theme}-imagery")
    page.close()
    page = open_page(browser, f"{url}?left=true-colour&mode=swipe&divider=0.45", screen, theme)
    take(page, folder, f"{screen}-{theme}-swipe")
    page.close()


def print_small(page: Page, name: str) -> None:
    """Keep what is on screen, in few colours."""
    page.mouse.move(2, 2)
    shown = Image.open(io.BytesIO(steady(page, page.screenshot))).convert("RGB")
    few = shown.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(PICTURES / f"{name}.png", optimize=True)
    print(PICTURES / f"{name}.png")


def for_the_readme(browser: Browser, url: str) -> None:
    """A pixel's evidence, a swipe, the paper's error matrix and change, of a simulated place."""
    PICTURES.mkdir(exist_ok=True)
    address = f"{url}?region=belgium&year=2023"
    with browser.new_page() as first:  # makes the map
        watch(first).goto(address)
        first.get_by_text("of this map clear").wait_for(timeout=MAKING_MS)
    page = open_page(browser, f"{address}&pixel=617,489", "desk", "light")
    page.locator(".evidence .plot").wait_for(timeout=300_000)
    page.mouse.move(1428, 500)
    page.mouse.wheel(0, 320)
    print_small(page, "why")
    page.goto(f"{address}&mode=swipe&left=true-colour&divider=0.5")
    page.get_by_text("red, green, blue").wait_for()
    print_small(page, "swipe")
    page.goto(f"{address}&tab=error-matrix&matrix=paper")
    page.get_by_text("Inconsistencies in the published table").wait_for()
    print_small(page, "error-matrix")
    page.goto(f"{address}&tab=change")
    make, told = page.get_by_role("button", name="Make the map of"), page.get_by_text("of the area changed its class")
    make.or_(told).wait_for()
    if make.is_visible():
        make.click()
    told.wait_for(timeout=MAKING_MS)
    print_small(page, "change")
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
                imagery(browser, url, folder, screen, theme)
        for scene in (one_class, why_a_pixel, how_sure):
            scene(browser, url, folder)
        with serve(Path(scratch) / "simulated", catalog="", model="unet-simulated") as simulated:
            for_the_readme(browser, simulated)
        browser.close()


if __name__ == "__main__":
    main()
