"""A person without a browser: one WebSocket that speaks Bokeh's protocol, and what can be done over it."""

from __future__ import annotations

import asyncio
import json
import random
import re
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING

from tornado.websocket import websocket_connect

if TYPE_CHECKING:
    from tornado.websocket import WebSocketClientConnection


class Person:
    """One WebSocket, and the models that it can act on.

    Parameters
    ----------
    url
        Of the page.
    patience_s
        How long the first page may take.
    """

    socket: WebSocketClientConnection

    def __init__(self, url: str, patience_s: float = 60.0) -> None:
        self.url = url
        self.models: list[dict] = []
        self.shelf: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._patience_s = patience_s

    async def enter(self) -> None:
        """Open the page as a browser does."""
        html = await asyncio.to_thread(self._page)
        token = re.search(r'"token":"([^"]+)"', html)[1]
        address = self.url.replace("http", "ws", 1).split("?")[0] + "/ws"
        self.socket = await websocket_connect(address, subprotocols=["bokeh", token], max_message_size=2**28)
        self._listening = asyncio.create_task(self._listen())
        await self.hear("ACK")
        await self.say("PULL-DOC-REQ", {})
        self._collect(json.loads(await self.hear("PULL-DOC-REPLY")))
        await self.event("document_ready", [])

    def _page(self) -> str:
        with urllib.request.urlopen(self.url, timeout=self._patience_s) as answer:
            return answer.read().decode()

    async def leave(self) -> None:
        """Close the page, and hear what still comes, or whoever sends it waits for a reader."""
        self.socket.close()
        await self._listening

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

    def had(self, model: str, attribute: str) -> object:
        """Return what an attribute was when the page was opened."""
        return next(m for m in self.models if m["id"] == model)["attributes"][attribute]

    async def see(self) -> None:
        """Say that the page has been painted, once, and know what of it is built from then on."""
        if all(m["name"] != "Accordion" for m in self.models):
            await self.change(self.named("FirstPaint"), "painted", True)
            self._collect(json.loads(await self.hear("PATCH-DOC", '"Accordion"')))

    async def unfold(self, position: int) -> None:
        """Open one fold of the sidebar alone, and know what is built in it."""
        await self.see()
        await self.change(self.named("Accordion"), "active", [position])
        self._collect(json.loads(await self.hear("PATCH-DOC", '"children"')))

    def figures(self) -> list[str]:
        """Return the ids of the figures, in the order of the page."""
        return [m["id"] for m in self.models if m["name"] in ("Figure", "figure")]

    async def say(self, kind: str, content: dict) -> None:
        """Send a message."""
        for part in ({"msgid": f"{random.getrandbits(64):x}", "msgtype": kind}, {}, content):
            await self.socket.write_message(json.dumps(part))

    async def _listen(self) -> None:
        """Put every whole message on the shelf, its kind and its content, until the connection is closed."""
        with suppress(EOFError):
            while True:
                header = json.loads(await self._part())
                await self._part()
                content = await self._part()
                for _ in range(2 * header.get("num_buffers", 0)):
                    await self._part()
                self.shelf.put_nowait((header["msgtype"], content))

    async def _part(self) -> str:
        """Return the next part of a message; its end may come in the midst of one, and is told once."""
        part = await self.socket.read_message()
        if part is None:
            raise EOFError
        return part

    async def hear(self, kind: str, word: str = "") -> str:
        """Return the next message of a kind that has a word, once all of it has come."""
        while True:
            found, content = await self.shelf.get()
            if found == kind and word in content:
                return content

    def forget(self) -> list[str]:
        """Clear the shelf of what has come unasked, and return it."""
        left = []
        while not self.shelf.empty():
            left.append(self.shelf.get_nowait()[1])
        return left

    async def change(self, model: str, attribute: str, value: object) -> None:
        """Change a model as a widget does."""
        event = {"kind": "ModelChanged", "model": {"id": model}, "attr": attribute, "new": value}
        await self.say("PATCH-DOC", {"events": [event]})

    async def event(self, name: str, values: list) -> None:
        """Send one of Bokeh's events."""
        data = {"type": "event", "name": name, "values": {"type": "map", "entries": values}}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}
        await self.say("PATCH-DOC", {"events": [event]})

    async def tap(self, figure: str, x: float, y: float) -> None:
        """Click on a figure."""
        where = {"model": {"id": figure}, "sx": 5, "sy": 5, "x": x, "y": y, "modifiers": None}
        await self.event("tap", [[name, value] for name, value in where.items()])
