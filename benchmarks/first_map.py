"""Time until the first map is on screen, in a real browser: with an empty cache, and on the second visit.

Run: ``python -P benchmarks/first_map.py``. Seconds from opening the address until both maps are painted. The place is
the one that the explorer opens with, simulated, 1000 x 1000 pixels; nothing else runs meanwhile.
"""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from browser.serving import DRAWN, LAUNCH, serve  # noqa: E402

PATIENCE_MS = 500_000


def seconds_until_drawn(browser: Browser, url: str) -> float:
    """Open the explorer as a new person and wait for its maps."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    began = time.perf_counter()
    page.goto(url)
    page.get_by_text("of this map clear").wait_for(timeout=PATIENCE_MS)
    page.wait_for_function(DRAWN, timeout=PATIENCE_MS)
    seconds = time.perf_counter() - began
    page.close()
    return seconds


def main() -> None:
    """Print the seconds of the first visit and of the second."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        with serve(Path(folder) / "cache", catalog="", model="unet-simulated") as url:
            for visit in ("empty cache", "second visit"):
                print(f"{visit:14} {seconds_until_drawn(browser, url):6.1f} s", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
