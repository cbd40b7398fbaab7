"""What is served is protected from the start of the server, not from its first page on."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from bokeh.server.views.autoload_js_handler import AutoloadJsHandler
from lulc_explorer import server
from lulc_explorer.shell.page import get_ready
from lulc_explorer.shell.policy import HEADERS
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, ErrorHandler, RequestHandler

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("folder", ["app", "app/lulc_explorer/served/app"])
def test_a_server_that_starts_gets_ready_and_reads_maps(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(server, "get_ready", lambda: done.append("ready"))
    monkeypatch.setattr(server, "keep_for_good", lambda: done.append("kept"))  # nothing of the maps
    monkeypatch.setattr(server, "the_repository", lambda: "the maps")
    monkeypatch.setattr(server, "open_last", lambda maps, _: done.append(maps) or [])
    monkeypatch.setattr(server.early_head, "begin", done.append)
    served = SimpleNamespace(application_context=SimpleNamespace(url="/app"))
    runpy.run_path(str(ROOT / folder / "server_lifecycle.py"))["on_server_loaded"](served)
    assert done == ["ready", "/app", "kept", "the maps"]


@pytest.mark.parametrize(
    "handler, options",
    [
        (AutoloadJsHandler, {"application_context": None, "bokeh_websocket_path": "/ws"}),
        (ErrorHandler, {"status_code": 404}),
    ],
)
def test_every_handler_sends_them(handler: type[RequestHandler], options: dict[str, object]) -> None:
    get_ready()
    line = RequestStartLine("GET", "/app/autoload.js", "HTTP/1.1")
    sent = handler(
        Application(),
        HTTPServerRequest(start_line=line, connection=Mock(), headers=HTTPHeaders(Host="localhost")),
        **options,
    )._headers
    assert {name: sent.get(name) for name in HEADERS} == HEADERS
