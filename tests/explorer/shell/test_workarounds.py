"""What upstream would leave undone."""

from __future__ import annotations

import asyncio
import gc
import weakref
from types import SimpleNamespace

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.server.tornado import BokehTornado
from bokeh.server.views.ws import WSHandler
from lulc_explorer.shell import workarounds
from panel.io import document
from panel.io.state import set_curdoc
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketProtocol13


class Socket:
    """Of a browser that is slow to take the first message."""


class Browser:
    """A connection whose messages are the changes themselves."""

    _socket = Socket()
    protocol = SimpleNamespace(create=lambda _, changes: changes[0])


def test_a_change_that_comes_while_the_last_one_is_being_sent_is_sent_too(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    async def send() -> None:
        page, taken = Document(), asyncio.get_running_loop().create_future()

        def write(_: object, msg: str) -> list[asyncio.Future[None]]:
            sent.append(msg)
            return [taken] if msg == "first" else []

        monkeypatch.setitem(document.extra_socket_handlers, Socket, write)
        browser = Browser()
        document.schedule_write_events(page, [browser], ["first"])
        await asyncio.sleep(0)
        assert sent == ["first"]
        taken.set_result(None)  # whoever sent it wakes up next, and finds nothing else to send
        document.schedule_write_events(page, [browser], ["second"])
        for _ in range(10):
            await asyncio.sleep(0)

    assert document._dispatch_msgs is workarounds.write_waiting
    asyncio.run(send())
    assert sent == ["first", "second"]


def test_who_leaves_while_a_message_is_written_leaves_no_traceback() -> None:
    """Reported as "Task exception was never retrieved", for each part of a message that panel did not await."""
    reported: list[dict[str, object]] = []

    async def leave() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        socket = WebSocketProtocol13.__new__(WebSocketProtocol13)
        stream: asyncio.Future[None] = loop.create_future()
        socket.__dict__.update(_compressor=None, _message_bytes_out=0, _write_frame=lambda *_, **__: stream)
        parts = [socket.write_message(part) for part in ("header", "metadata", "content")]
        stream.set_exception(StreamClosedError())
        with pytest.raises(WebSocketClosedError):
            await parts[0]  # whoever awaits it is told
        await asyncio.wait(parts)
        parts.clear()
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(leave())
    assert reported == []


def test_a_page_that_was_closed_before_its_ping_is_closed_without_a_traceback() -> None:
    """bokeh took its session away, and the closing failed: "Uncaught exception GET /app/ws"."""

    def closed(_: bytes) -> None:
        raise WebSocketClosedError

    session = SimpleNamespace(
        subscribe=lambda _: None, unsubscribe=lambda _: None, notify_connection_lost=lambda: lost.append(True)
    )
    lost: list[bool] = []
    server = BokehTornado({})
    server._clients = set()
    socket = SimpleNamespace(ping=closed, application=server, close_code=None, close_reason=None)
    socket.connection = server.new_connection(None, socket, None, session)
    server._keep_alive()
    WSHandler.on_close(socket)
    assert lost == [True]
    assert not server._clients


def test_the_page_of_the_first_event_is_not_kept_for_as_long_as_the_process_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = type(pn.state)
    monkeypatch.setattr(state, "_busy_cleanup_scheduled", None)

    async def busy_once() -> bool:
        page = Document()
        left = weakref.ref(page)
        with set_curdoc(page):
            pn.state._add_busy_event("first")
            pn.state._remove_busy_event("first")
        del page
        await asyncio.sleep(0)  # in which the task begins
        gc.collect()
        assert state._busy_cleanup_scheduled.running
        state._busy_cleanup_scheduled.stop()
        return left() is None

    assert asyncio.run(busy_once())
