"""The explorer behind a real Jupyter server, under a prefix as a hub gives it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import HTTPCookieProcessor, HTTPDefaultErrorHandler, OpenerDirector, build_opener

import pytest
from jupyter_hub import gone, offspring
from lulc_explorer.launcher import on_jupyter
from stac_server import free_port
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = "user/ana/lulc/app"


class Forbidden(Exception):  # noqa: N818
    """The server answered 403."""


class _Forbids(HTTPDefaultErrorHandler):
    def http_error_403(self, *_: object) -> None:
        raise Forbidden


class Jupyter(NamedTuple):
    """A running Jupyter server, and a browser that logged in."""

    host: str
    browser: OpenerDirector
    cookies: CookieJar
    log: Path

    def page(self) -> str:
        with self.browser.open(f"http://{self.host}/{APP}", timeout=240) as answer:
            return str(answer.read().decode())

    def first_message(self, *, origin: str, logged_in: bool) -> str | bytes | None:
        """Open the websocket as the page's own script does, and return what the server says first."""
        headers = {"Origin": origin}
        if logged_in:
            headers["Cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        (token,) = re.findall(r'"token":"([^"]+)"', self.page())
        url = f"ws://{self.host}/{APP}/ws"

        async def ask() -> str | bytes | None:
            request = HTTPRequest(url, headers=headers, follow_redirects=False)
            connection = await websocket_connect(request, subprotocols=["bokeh", token])
            try:
                return await asyncio.wait_for(connection.read_message(), 60)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as apart:  # a loop of its own, beside a browser's
            return apart.submit(asyncio.run, ask()).result()


def _wait_for(jupyter: OpenerDirector, address: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            jupyter.open(address, timeout=60).close()
        except HTTPError:
            raise
        except URLError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("The Jupyter server ended.")


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    pytest.importorskip("jupyter_server_proxy")
    folder, port, token = tmp_path_factory.mktemp("jupyter"), free_port(), secrets.token_hex()
    config = {
        "ServerProxy": {"servers": {"lulc": on_jupyter()}},
        "ServerApp": {
            "base_url": "/user/ana/", "port": port, "ip": "127.0.0.1", "allow_root": True, "open_browser": False,
            "jpserver_extensions": {"jupyter_server_proxy": True}, "root_dir": str(folder),
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "jupyter_server", f"--config={folder / 'config.json'}"]
    own = {"HOME": str(folder), "LULC_CACHE": str(folder / "cache"), "LULC_AHEAD": "no"}
    environment = os.environ | {"JUPYTER_TOKEN": token} | own
    log = folder / "log"
    cookies = CookieJar()
    browser = build_opener(HTTPCookieProcessor(cookies))
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as server:
        _wait_for(browser, f"http://127.0.0.1:{port}/user/ana/api/me?token={token}", server)
        yield Jupyter(f"127.0.0.1:{port}", browser, cookies, log)
        started = offspring(server.pid)
        server.terminate()
        server.wait(60)
    assert started, "the explorer did not run"
    assert not gone(started), "the explorer outlived Jupyter"


def test_the_package_tells_jupyter_of_the_explorer() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    (named,) = project["entry-points"]["jupyter_serverproxy_servers"].items()
    assert named == ("lulc", f"{on_jupyter.__module__}:{on_jupyter.__name__}")


def test_the_launcher_shows_the_explorer_with_its_icon(jupyter: Jupyter) -> None:
    shown = json.load(jupyter.browser.open(f"http://{jupyter.host}/user/ana/server-proxy/servers-info"))
    entry = next(one["launcher_entry"] for one in shown["server_processes"] if one["name"] == "lulc")
    assert entry["title"] == "Land-cover explorer"
    icon = jupyter.browser.open(f"http://{jupyter.host}{entry['icon_url']}")
    assert icon.headers["Content-Type"].startswith("image/svg+xml")
    assert entry["path_info"] == "lulc/app"


def test_its_page_asks_for_files_under_the_prefix_only(jupyter: Jupyter) -> None:
    scripts = re.findall(r'src="([^"]+\.js[^"]*)"', jupyter.page())
    assert scripts
    assert all(script.startswith(("/user/ana/lulc/", "static/", "./")) for script in scripts), scripts


def test_the_websocket_lets_in_who_logged_in(jupyter: Jupyter) -> None:
    assert "ACK" in str(jupyter.first_message(origin=f"http://{jupyter.host}", logged_in=True))


def test_the_websocket_refuses_who_did_not_log_in(jupyter: Jupyter) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        jupyter.first_message(origin=f"http://{jupyter.host}", logged_in=False)


def test_the_websocket_refuses_the_page_of_another_site(jupyter: Jupyter) -> None:
    with pytest.raises(HTTPClientError, match="403"):
        jupyter.first_message(origin="http://elsewhere.example", logged_in=True)


@pytest.mark.parametrize("path", ["", "app", "app/autoload.js", "liveness", "static/js/bokeh.min.js"])
def test_no_path_answers_who_did_not_log_in(jupyter: Jupyter, path: str) -> None:
    address = f"http://{jupyter.host}/user/ana/lulc/{path}"
    with suppress(Forbidden), build_opener(_Forbids()).open(address) as answer:
        assert "/user/ana/login" in answer.url


def test_explorer_and_jupyter_write_no_token(jupyter: Jupyter) -> None:
    (token,) = re.findall(r'"token":"([^"]+)"', jupyter.page())
    assert token not in jupyter.log.read_text()
