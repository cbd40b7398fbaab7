"""What upstream would leave undone."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

from bokeh.application import Application
from bokeh.application.handlers import FunctionHandler
from bokeh.document import Document
from lulc_explorer.shell import workarounds
from panel.io import document
from panel.io.session import generate_session
from panel.io.state import set_curdoc
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

if TYPE_CHECKING:
    import pytest


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


def test_only_a_session_that_nobody_asked_for_warms_up() -> None:
    told: list[bool] = []

    def build(page: Document) -> None:
        with set_curdoc(page):
            told.append(workarounds.warms_up())

    application = Application(FunctionHandler(build))
    asked = HTTPServerRequest(
        start_line=RequestStartLine("GET", "/app", "HTTP/1.1"), headers=HTTPHeaders(Host="localhost")
    )
    generate_session(application)  # as `panel serve --warm` does
    generate_session(application, asked)
    assert told == [True, False]
