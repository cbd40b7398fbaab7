"""Many users at one server: response times and memory per user, compared with a plain app that shows the same map.

Run: ``python -P benchmarks/load.py [people ...]``, by default 1, 5 and 20. The explorer and `served/plain_app.py` are
served in turn by the same command. Each person is a WebSocket that speaks Bokeh's protocol on loopback, acts, waits for
the answer (not for a browser to paint it), thinks for a second or two, and acts again. Seconds are from the act to the
last byte of what it asks for: p50 / p95. The place is simulated: 1000 x 1000 pixels, 24 scenes a year. The two maps are
made first, once if ``LULC_BENCH_CACHE`` names a folder.
"""

import asyncio
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "served"), str(Path(__file__).parents[1] / "tests")]

from large import lay_out  # noqa: E402
from people import APPS, SCENES, crowd, served  # noqa: E402

EDGE = 1000


def said(took: list[float]) -> str:
    """Return the median and what one in twenty exceeds."""
    took = sorted(took)
    return f"{statistics.median(took):7.2f} / {took[min(int(0.95 * len(took)), len(took) - 1)]:5.2f}"


def main() -> None:
    numbers = [int(n) for n in sys.argv[1:]] or [1, 5, 20]
    found: dict[tuple[str, int], dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        cache = lay_out(Path(os.environ.get("LULC_BENCH_CACHE", scratch)), EDGE)
        for app in APPS:
            with served(cache, app, EDGE) as url:
                asyncio.run(crowd(url, app, 1))  # warms what is compiled and cached
                for people in numbers:
                    found[app, people] = asyncio.run(crowd(url, app, people))
    print(f"\n{EDGE} x {EDGE} pixels (simulated), {SCENES} scenes; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{'':22}{'people':>8}{'explorer s':>18}{'plain s':>18}")
    for people in numbers:
        for name, took in found["explorer", people].items():
            print(f"{name:22}{people:8}{said(took):>18}{said(found['plain', people][name]):>18}")


if __name__ == "__main__":
    main()
