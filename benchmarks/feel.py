"""Response times for one user in a real browser, up to the painted frame, compared with a plain app.

Run: ``python -P benchmarks/feel.py [pixels ...]``, by default 1000, 2000 a side; 24 scenes a year. Headless Chromium
at 1440 x 900. Seconds are from the key or the click, in the page, to the second frame after the browser has what is
drawn: the median of some tries. `First view` is from the address to the second frame with both maps; `first content`
to the first paint: the title and the classes, and of a link that has been opened before its headline, areas and a
picture of both maps, too; and `header and legend` to the second frame with all of these two as they can be used. Each
is for the first to come to a server that has just started, and for the next. The maps are made first, once if
``LULC_BENCH_CACHE`` names a folder.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path[:0] = [str(Path(__file__).parent / "served"), str(Path(__file__).parents[1] / "tests")]

from browser.serving import DRAWN, LAUNCH  # noqa: E402
from large import lay_out  # noqa: E402
from people import APPS, PLACE, YEARS, crowd, served  # noqa: E402

TRIES, SETTLE_MS, PATIENCE_MS = 5, 1000, 60_000
HEAVIEST = ("Trees", "Grass", "Crops", "Scrub/shrub", "Water")
"""Classes that get the largest weight, one after another: each time sampled pixels change their class."""
SIZE = {"width": 1440, "height": 900}
WATCH = """
([what, event]) => {
    const models = () => [...Bokeh.documents[0]._all_models.values()]
    const glyphs = (kind) => models().filter((m) => m.type === "Figure").flatMap((m) => m.renderers)
        .filter((r) => r.glyph?.type === kind)
    const said = (word) => models().map((m) => m.text).filter((text) => typeof text === "string" && text.includes(word))
    const seen = {
        maps: () => glyphs("Image").map((r) => r.data_source.data.image[0]),
        votes: () => said("Votes by date"),
        rows: () => said("confidence"),
        change: () => said("changed its class"),
        matrix: () => models().map((m) => m.data?.html).filter((html) => html?.includes("Error matrix")),
        sankey: () => glyphs("Quad"),
    }[what]
    const before = new Set(seen())
    window.felt = new Promise((done, fail) => addEventListener(event, () => {
        setTimeout(() => fail(new Error(`nothing new on the page: ${what}`)), 20_000)
        const began = performance.now()
        const look = () => {
            if (seen().every((one) => before.has(one))) { requestAnimationFrame(look); return }
            requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - began) / 1000)))
        }
        look()
    }, {capture: true, once: true}))
}
"""
"""Time from the next event to the second frame after something on the page is another."""

FIRST_CONTENT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""A page that has its data may still be laid out for half a second before anything of it is seen."""
HEAD = """
() => {
    const look = () => {
        const root = window.Bokeh?.index?.roots?.[0]?.shadow_el
        const there = ["h1", ".legend button"].every((part) => within(root, part)?.checkVisibility())
        requestAnimationFrame(there ? painted : look)
    }
    const painted = () => requestAnimationFrame(() => { window.head = performance.now() / 1000 })
    const within = (root, part) => {
        const roots = root ? [root] : []
        for (const each of roots) {
            const found = each.querySelector(part)
            if (found) return found
            roots.push(...[...each.querySelectorAll("*")].map((node) => node.shadowRoot).filter((inner) => inner))
        }
    }
    look()
}
"""
"""Puts the time from the address to the second frame with the header and the legend into `window.head`."""


def felt(page: Page, what: str, event: str, act: Callable[[], None]) -> float:
    """Act, and return the seconds until what it asks for is painted."""
    page.wait_for_timeout(SETTLE_MS)
    page.evaluate(WATCH, [what, event])
    act()
    return page.evaluate("() => felt")


def first_view(browser: Browser, url: str, app: str) -> tuple[Page, dict[str, list[float]]]:
    """Open the page as a new person, and return it with the seconds until both maps are drawn, and its head before."""
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(f"({HEAD.strip()})()")
    began = time.perf_counter()
    page.goto(f"{url}?region={PLACE}&year={YEARS[1]}")
    page.wait_for_function(f"() => {{ try {{ return ({DRAWN.strip()})() }} catch {{ return false }} }}")
    page.evaluate(TWO_FRAMES)
    took = {"first view": [time.perf_counter() - began]}
    if app == "explorer":
        took["first content"] = [page.evaluate(FIRST_CONTENT)]
        took["header and legend"] = [page.wait_for_function("() => window.head").json_value()]
    return page, took


def explore(page: Page) -> dict[str, list[float]]:
    """Do in the explorer what a person repeats."""
    took: dict[str, list[float]] = defaultdict(list)
    page.get_by_role("button", name="Class weights", exact=True).click()
    slider = page.get_by_role("slider", name="Trees")
    for turn in range(TRIES):
        slider.focus()
        key = "PageUp" if turn % 2 else "PageDown"
        took["slider to map"].append(felt(page, "maps", "keydown", lambda key=key: page.keyboard.press(key)))
        scene = page.get_by_role("button", name="Next scene")
        took["scene to scene"].append(felt(page, "maps", "pointerdown", scene.click))
        box = page.locator(".map").first.bounding_box()
        at = (box["x"] + box["width"] * (0.4 + 0.04 * turn), box["y"] + box["height"] * 0.5)
        took["click to ledger"].append(felt(page, "votes", "pointerdown", lambda at=at: page.mouse.click(*at)))
        tab = page.get_by_role("tab", name="Change")
        took["tab to Change"].append(felt(page, "change", "pointerdown", tab.click))
        page.get_by_role("tab", name="Map", exact=True).click()
    page.get_by_role("tab", name="Error matrix").click()
    page.get_by_role("slider", name="Trade-off curve").wait_for()
    for name in HEAVIEST:
        page.get_by_role("slider", name=name).focus()
        took["slider to matrix"].append(felt(page, "matrix", "keydown", lambda: page.keyboard.press("End")))
    return took


def plainly(page: Page) -> dict[str, list[float]]:
    """Do the same in the plain app."""
    took: dict[str, list[float]] = defaultdict(list)
    sliders = page.get_by_role("slider")
    trees, scene = sliders.nth(1), sliders.last
    canvas = page.locator(".bk-Figure").nth(1)
    for turn in range(TRIES):
        trees.focus()
        took["slider to map"].append(felt(page, "maps", "keydown", lambda: page.keyboard.press("ArrowRight")))
        scene.focus()
        took["scene to scene"].append(felt(page, "maps", "keydown", lambda: page.keyboard.press("ArrowRight")))
        box = canvas.bounding_box()  # its right half lies beyond the window
        at = (box["x"] + box["width"] * (0.2 + 0.04 * turn), box["y"] + box["height"] * 0.5)
        took["click to ledger"].append(felt(page, "rows", "pointerdown", lambda at=at: page.mouse.click(*at)))
        tab = page.locator(".bk-tab").filter(has_text="Change")
        took["tab to Change"].append(felt(page, "sankey", "pointerdown", tab.click))
        page.locator(".bk-tab").filter(has_text="Map").click()
    return took


def visit(browser: Browser, cache: Path, app: str, edge: int) -> dict[str, list[float]]:
    """Return what one person feels in an app, and what a session takes."""
    with served(cache, app, edge) as url:
        page, took = first_view(browser, url, app)
        page.wait_for_timeout(SETTLE_MS)  # what is built after the maps
        page.close()
        page, later = first_view(browser, url, app)
        took |= {f"{what}, the next": seconds for what, seconds in later.items()}
        took |= explore(page) if app == "explorer" else plainly(page)
        page.close()
        with ThreadPoolExecutor(1) as apart:  # a loop of its own, beside the browser's
            memory = apart.submit(asyncio.run, crowd(url, app, 5, rounds=1)).result()
    return took | {name: told for name, told in memory.items() if name.startswith("MB")}


def main() -> None:
    sizes = [int(n) for n in sys.argv[1:]] or [1000, 2000]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        for edge in sizes:
            cache = lay_out(Path(os.environ.get("LULC_BENCH_CACHE", scratch)), edge)
            found = {app: visit(browser, cache, app, edge) for app in APPS}
            print(f"\n{edge} x {edge} pixels (simulated); load of the machine {os.getloadavg()[0]:.1f}")
            print(f"{'':28}{'explorer s':>12}{'plain s':>12}")
            for name, took in found["explorer"].items():
                theirs = found["plain"].get(name)
                plain = f"{statistics.median(theirs):12.2f}" if theirs else f"{'–':>12}"
                print(f"{name:28}{statistics.median(took):12.2f}{plain}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
