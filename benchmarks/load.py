"""Many people at one server: how long each waits, and what each costs, beside the plain way to show the same map.

Run: ``python benchmarks/load.py [people ...]``, by default 1, 5 and 20. The explorer and `plain_app.py` are served in
turn by the same command. Each person is a WebSocket that speaks Bokeh's protocol on loopback, acts, waits for the
answer (not for a browser to paint it), thinks for a second or two, and acts again. Seconds are from the act to the last
byte of what it asks for. The place is simulated: 1000 x 1000 pixels.
"""

import asyncio
import json
import os
import random
import re
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

from tornado.websocket import WebSocketClientConnection, websocket_connect

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "app"), str(ROOT / "tests")]

from browser.serving import serve  # noqa: E402
from store import Store  # noqa: E402

import lulc_core as lulc  # noqa: E402

PLACE, YEARS = "laos", (2019, 2023)
ROUNDS, THINK_S, PATIENCE_S = 2, (1.0, 2.0), 10.0
SPREAD_M = 2000
"""Clicks fall at random so far from the middle of the place."""
APPS = {"explorer": "app/", "plain": "benchmarks/plain/plain_app.py"}


class Person:
    """One WebSocket, and the models that it can act on."""

    socket: WebSocketClientConnection

    def __init__(self, url: str) -> None:
        self.url = url
        self.models: list[dict] = []

    async def enter(self) -> None:
        html = await asyncio.to_thread(lambda: urllib.request.urlopen(self.url, timeout=PATIENCE_S).read().decode())
        token = re.search(r'"token":"([^"]+)"', html)[1]
        address = self.url.replace("http", "ws", 1).split("?")[0] + "/ws"
        self.socket = await websocket_connect(address, subprotocols=["bokeh", token], max_message_size=2**28)
        self.shelf: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.listening = asyncio.create_task(self.listen())
        await self.hear("ACK")
        await self.say("PULL-DOC-REQ", {})
        self._collect(json.loads(await self.hear("PULL-DOC-REPLY")))
        await self.event("document_ready", [])

    def _collect(self, part: object) -> None:
        if isinstance(part, dict):
            if "id" in part and "attributes" in part:
                self.models.append(part)
            for value in part.values():
                self._collect(value)
        elif isinstance(part, list):
            for value in part:
                self._collect(value)

    def model(self, **wanted: object) -> str:
        """Return the id of the first model with these attributes; None matches anything."""
        for model in self.models:
            has = model["attributes"]
            if all(name in has and value in (None, has[name]) for name, value in wanted.items()):
                return model["id"]
        raise LookupError(f"There is no model with {wanted}.")

    def named(self, kind: str) -> str:
        """Return the id of the first model of a kind; classes of components end in a number."""
        return next(m["id"] for m in self.models if re.fullmatch(rf"(.*\.)?{kind}\d*", m["name"]))

    def figures(self) -> list[str]:
        return [m["id"] for m in self.models if m["name"] in ("Figure", "figure")]

    async def say(self, kind: str, content: dict) -> None:
        for part in ({"msgid": f"{random.getrandbits(64):x}", "msgtype": kind}, {}, content):
            await self.socket.write_message(json.dumps(part))

    async def listen(self) -> None:
        """Put every whole message on the shelf: its kind and its content."""
        while (header := await self.socket.read_message()) is not None:
            header = json.loads(header)
            await self.socket.read_message()
            content = await self.socket.read_message()
            for _ in range(2 * header.get("num_buffers", 0)):
                await self.socket.read_message()
            self.shelf.put_nowait((header["msgtype"], content))

    async def hear(self, kind: str, word: str = "") -> str:
        """Return the next message of a kind that has a word, once all of it has come."""
        while True:
            found, content = await self.shelf.get()
            if found == kind and word in content:
                return content

    async def change(self, model: str, attribute: str, value: object) -> None:
        event = {"kind": "ModelChanged", "model": {"id": model}, "attr": attribute, "new": value}
        await self.say("PATCH-DOC", {"events": [event]})

    async def event(self, name: str, values: list) -> None:
        data = {"type": "event", "name": name, "values": {"type": "map", "entries": values}}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}
        await self.say("PATCH-DOC", {"events": [event]})

    async def tap(self, figure: str, x: float, y: float) -> None:
        where = {"model": {"id": figure}, "sx": 5, "sy": 5, "x": x, "y": y, "modifiers": None}
        await self.event("tap", [[name, value] for name, value in where.items()])


def somewhere(crs: str) -> tuple[float, float]:
    """Return a point of the place."""
    ((x, y),) = lulc.Region.named(PLACE).grid.footprint(crs).centroid.coords
    return x + random.uniform(-SPREAD_M, SPREAD_M), y + random.uniform(-SPREAD_M, SPREAD_M)


async def acts(person: Person, app: str, turn: int) -> dict:
    """Return what can be done: what to send, and a word of the answer."""
    weight = 0.3 + random.random() * 3
    if app == "explorer":
        slider, strip = person.model(label="Trees"), person.named("Strip")
        tabs, figure = person.named("Tabs"), person.figures()[0]
        x, y = somewhere("EPSG:3857")
        return {
            "slider to map": (lambda: person.change(slider, "value", weight), "PATCH-DOC", '"image"'),
            "scene to map": (lambda: person.change(strip, "chosen", turn % 8 + 1), "PATCH-DOC", '"image"'),
            "click to ledger": (lambda: person.tap(figure, x, y), "PATCH-DOC", "How each scene voted"),
            "tab to Change": (lambda: person.change(tabs, "active", 1), "PATCH-DOC", "changed its class"),
            "tab back": (lambda: person.change(tabs, "active", 0), "OK", ""),
        }
    slider, scene = person.model(title="trees"), person.model(title="scene")
    tabs, figure = person.named("Tabs"), person.figures()[-1]
    x, y = somewhere("EPSG:32648")
    return {
        "slider to map": (lambda: person.change(slider, "value", weight), "PATCH-DOC", '"image"'),
        "scene to map": (lambda: person.change(scene, "value", turn % 8 + 1), "PATCH-DOC", '"image"'),
        "click to ledger": (lambda: person.tap(figure, x, y), "PATCH-DOC", "confidence"),
        "tab to Change": (lambda: person.change(tabs, "active", 1), "OK", ""),
        "tab back": (lambda: person.change(tabs, "active", 0), "OK", ""),
    }


async def stay(person: Person, app: str, seconds: dict[str, list[float]]) -> None:
    for turn in range(ROUNDS):
        for name, (act, kind, word) in (await acts(person, app, turn)).items():
            await asyncio.sleep(random.uniform(*THINK_S))
            while not person.shelf.empty():
                person.shelf.get_nowait()
            began = time.perf_counter()
            await act()
            try:
                await asyncio.wait_for(person.hear(kind, word), PATIENCE_S)
            except TimeoutError:
                seconds[f"{name}: no answer"].append(PATIENCE_S)
                continue
            seconds[name].append(time.perf_counter() - began)


def memory_mb(url: str) -> float:
    with urllib.request.urlopen(url.rsplit("/", 1)[0] + "/census", timeout=PATIENCE_S) as answer:
        return json.load(answer)["memory_kb"] / 1024


async def crowd(url: str, app: str, people: int) -> None:
    address = f"{url}?region={PLACE}&year={YEARS[1]}"
    before = memory_mb(url)
    persons = [Person(address) for _ in range(people)]
    for person in persons:
        await person.enter()
    each = (memory_mb(url) - before) / people
    seconds: dict[str, list[float]] = defaultdict(list)
    await asyncio.gather(*(stay(person, app, seconds) for person in persons))
    for name, took in seconds.items():
        took.sort()
        high = took[min(int(0.95 * len(took)), len(took) - 1)]
        half = statistics.median(took)
        print(f"{app:9} {people:3} people  {name:18} p50 {half:6.3f} s  p95 {high:6.3f} s  n {len(took)}")
    print(f"{app:9} {people:3} people  memory {each:6.1f} MB a session, {before:.0f} MB before them", flush=True)
    for person in persons:
        person.socket.close()


def main() -> None:
    numbers = [int(n) for n in sys.argv[1:]] or [1, 5, 20]
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(os.environ.get("LULC_BENCH_CACHE", scratch))
        store = Store(cache, catalog=None, model="unet-simulated")
        for year in YEARS:
            store.make(store.order(PLACE, year), lambda _: None, threading.Event())
        for app, path in APPS.items():
            served = {"catalog": "", "model": "unet-simulated", "app": path, "options": ("--plugins", "browser.census")}
            with serve(cache, **served) as url:
                asyncio.run(crowd(url, app, 1))  # warms what is compiled and cached
                print()
                for people in numbers:
                    asyncio.run(crowd(url, app, people))


if __name__ == "__main__":
    main()
