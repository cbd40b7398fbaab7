"""What people do at the explorer and at the plain app, without a browser, and how long each act takes."""

import asyncio
import json
import os
import random
import sys
import time
import urllib.request
from collections import defaultdict
from contextlib import AbstractContextManager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVED = Path(__file__).parent
sys.path[:0] = [str(ROOT / "app"), str(ROOT / "tests")]

from browser.person import Person  # noqa: E402
from browser.serving import serve  # noqa: E402
from large import PLACE, SCENES, YEARS  # noqa: E402

import lulc_core as lulc  # noqa: E402

ROUNDS, THINK_S, PATIENCE_S = 3, (1.0, 2.0), 15.0
SPREAD_M = 2000
"""Clicks fall at random so far from the middle of the place."""
APPS = {"explorer": "app/", "plain": "benchmarks/served/plain_app.py"}
CHANGE = {"explorer": 2, "plain": 1}
"""Where the tab Change stands."""


def served(cache: Path, app: str, edge: int) -> AbstractContextManager[str]:
    """Serve one of the apps on maps of a size."""
    path = os.pathsep.join(map(str, (SERVED, ROOT / "tests")))
    plugins = ("--plugins", "browser.census", "--plugins", "large")
    looks = {"catalog": "", "model": "unet-simulated", "options": plugins, "PYTHONPATH": path, "EDGE": str(edge)}
    return serve(cache, app=APPS[app], **looks)


def somewhere(crs: str) -> tuple[float, float]:
    """Return a point of the place."""
    ((x, y),) = lulc.Region.named(PLACE).grid.footprint(crs).centroid.coords
    return x + random.uniform(-SPREAD_M, SPREAD_M), y + random.uniform(-SPREAD_M, SPREAD_M)


async def acts(person: Person, app: str, turn: int) -> dict:
    """Return what can be done: what to send, and a word of the answer."""
    weight = 0.3 + turn + random.random() / 2  # far from the last one: else nothing new is to be heard
    if app == "explorer":
        slider, strip = person.model(label="Trees"), person.named("Strip")
        tabs, figure = person.named("Tabs"), person.figures()[0]
        x, y = somewhere("EPSG:3857")
        chosen, ledger, changed = "chosen", "Votes by date", "changed its class"
    else:
        slider, strip = person.model(title="trees"), person.model(title="scene")
        tabs, figure = person.named("Tabs"), person.figures()[-1]
        x, y = somewhere("EPSG:32648")
        chosen, ledger, changed = "value", "confidence", '"Quad"'
    return {
        "slider to map": (lambda: person.change(slider, "value", weight), "PATCH-DOC", '"image"'),
        "scene to scene": (lambda: person.change(strip, chosen, 5 * turn % SCENES), "PATCH-DOC", '"image"'),
        "click to ledger": (lambda: person.tap(figure, x, y), "PATCH-DOC", ledger),
        "tab to Change": (lambda: person.change(tabs, "active", CHANGE[app]), "PATCH-DOC", changed),
        "tab back": (lambda: person.change(tabs, "active", 0), "OK", ""),
    }


async def stay(person: Person, app: str, rounds: int, seconds: dict[str, list[float]]) -> None:
    if app == "explorer":
        await person.unfold(0)  # the sliders, and what they exchange
    for turn in range(1, rounds + 1):
        for name, (act, kind, word) in (await acts(person, app, turn)).items():
            await asyncio.sleep(random.uniform(*THINK_S))
            person.forget()
            began = time.perf_counter()
            await act()
            try:
                await asyncio.wait_for(person.hear(kind, word), PATIENCE_S)
            except TimeoutError:
                print(f"{app}: no answer to {name!r} in {PATIENCE_S:.0f} s")
            seconds[name].append(time.perf_counter() - began)


def memory_mb(url: str) -> float:
    with urllib.request.urlopen(url.rsplit("/", 1)[0] + "/census", timeout=PATIENCE_S) as answer:
        return json.load(answer)["memory_kb"] / 1024


async def crowd(url: str, app: str, people: int, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return the seconds that every act took each person, and the memory of each in MB, before they act and after."""
    before = memory_mb(url)
    persons = [Person(f"{url}?region={PLACE}&year={YEARS[1]}") for _ in range(people)]
    for person in persons:
        await person.enter()
    come = memory_mb(url)
    seconds: dict[str, list[float]] = defaultdict(list)
    await asyncio.gather(*(stay(person, app, rounds, seconds) for person in persons))
    seconds["MB a session, come"] = [(come - before) / people]
    seconds["MB a session, used"] = [(memory_mb(url) - before) / people]
    for person in persons:
        await person.leave()
    return seconds
