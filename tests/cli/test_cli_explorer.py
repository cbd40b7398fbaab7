"""``lulc app`` as a person runs it: from an empty folder, as a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from lulc_core.cli.explorer import open_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LULC = [sys.executable, "-m", "lulc_core"]


def lulc(folder: Path, *options: str, program: list[str] = LULC) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*program, "app", *options], cwd=folder, capture_output=True, text=True, timeout=300)


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve from an empty folder, and yield what was printed as the address."""
    log = folder / "log"
    environment = {**os.environ, "LULC_AHEAD": "no", "LULC_CACHE": str(folder / "cache")}
    empty = folder / "empty"
    empty.mkdir()
    with log.open("w") as output:
        arguments = [*LULC, "app", *options]
        server = subprocess.Popen(arguments, cwd=empty, env=environment, stdout=subprocess.PIPE, stderr=output)
    try:
        said = (re.search(r"Explorer running at: (\S+)", line.decode()) for line in server.stdout)
        found = next(filter(None, said), None)
        assert found, log.read_text()
        yield found[1], server
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=120) as answer:
        return answer.read().decode()


def opens_websocket(page: str, address: str, origin: str) -> bool:
    """Ask for the websocket of a page as a browser does for a page that came from a host."""
    port = int(re.search(r":(\d+)/", address)[1])
    token = re.search(r'"token":"([^"]+)"', page)[1]
    request = (
        f"GET {re.sub('https?://[^/]+', '', address)}/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://{origin}:{port}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: bokeh, {token}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request.encode())
        return b" 101 " in connection.recv(100)


def test_it_serves_the_explorer_and_stops_when_told(tmp_path: Path) -> None:
    with served(tmp_path, "--port", "0", "--prefix", "/lulc") as (address, server):
        assert re.fullmatch(r"http://127.0.0.1:\d+/lulc/app", address)
        page = get(address)
        assert "<title>Land-cover explorer</title>" in page
        assert 'lang="en"' in page  # the project's own page, not panel's
        assert get(address.removesuffix("app") + "liveness")
        for root in (address.removesuffix("app"), address.removesuffix("/app")):
            with urllib.request.urlopen(f"{root}?region=nowhere&note=a%26b", timeout=120) as answer:
                assert answer.url == f"{address}?region=nowhere&note=a%26b"
        script = re.search(r'src="(\S+?\.js\S*)"', page)
        assert len(get(f"{address.removesuffix('app')}{script[1]}")) > 1000
        for origin, is_open in (("127.0.0.1", True), ("localhost", True), ("another.example", False)):
            assert opens_websocket(page, address, origin) == is_open

        refused = lulc(tmp_path, "--port", re.search(r":(\d+)/", address)[1])
        assert refused.returncode == 2
        assert "already in use. Choose another with --port" in refused.stderr
        assert "Traceback" not in refused.stderr

        server.stdout.close()  # as whoever started it may have gone
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert not list((tmp_path / "empty").iterdir())


@pytest.mark.slow  # Jupyter starts it so in tests/hub, too
def test_it_listens_on_a_unix_socket_for_the_hosts_that_are_named(tmp_path: Path) -> None:
    place = tmp_path / "explorer.sock"
    with served(tmp_path, "--unix-socket", str(place), "--allow-websocket-origin", "maps.example") as (address, _):
        assert address == str(place)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(place))
            connection.sendall(b"GET /app HTTP/1.0\r\n\r\n")
            assert b"200 OK" in connection.recv(100)


@pytest.mark.parametrize("missing", ["panel", "lulc_explorer"])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, missing: str) -> None:
    blocked = (
        "import importlib.util as u, runpy, sys; find = u.find_spec; "
        f"u.find_spec = lambda name, *rest: None if name == '{missing}' else find(name, *rest); "
        "sys.argv = ['lulc', *sys.argv[1:]]; from lulc_core.cli import main; main()"
    )
    done = lulc(tmp_path, program=[sys.executable, "-c", blocked])
    assert done.returncode == 2
    assert missing in done.stderr
    assert "pip install 'lulc-explorer[app]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_another_machine_is_a_clear_error(tmp_path: Path) -> None:
    done = lulc(tmp_path, "--address", "203.0.113.7", "--port", "0")
    assert done.returncode == 2
    assert "Cannot listen on port 0 of 203.0.113.7" in done.stderr


def test_a_shell_can_complete_the_commands() -> None:
    environment = {**os.environ, "_LULC_COMPLETE": "complete_bash", "COMP_WORDS": "lulc ap", "COMP_CWORD": "1"}
    program = [sys.executable, "-c", "import sys; sys.argv = ['lulc']; from lulc_core.cli import main; main()"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["app"]


def test_it_opens_its_own_page_first_and_leaves_what_is_wrong_with_it_to_who_comes_next() -> None:
    asked: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        apart = threading.Thread(target=server.handle_request)
        apart.start()
        asyncio.run(open_once(f"http://127.0.0.1:{server.server_port}/lulc/app"))
        apart.join(60)
    assert asked == ["/lulc/app"]
