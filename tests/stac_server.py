"""A real STAC API and a real file server on loopback, from a local catalog; and an API that answers as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tornado.httpserver
import tornado.netutil
import tornado.web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = tuple[int, dict[str, str], object]
"""Status, headers and content."""


def free_port() -> int:
    """Return a free port, below those that a system gives to whoever asks for any: it stays free until it is used."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextlib.contextmanager
def files_over_http(folder: Path, seen: list[tuple[str, str | None]]) -> Iterator[str]:
    """Serve a folder with range requests; `seen` gets path and Range header of each request."""
    loop, sockets = asyncio.new_event_loop(), tornado.netutil.bind_sockets(0, "127.0.0.1")  # from here on they can wait

    class Files(tornado.web.StaticFileHandler):
        def prepare(self) -> None:
            seen.append((self.request.path, self.request.headers.get("Range")))

    def run() -> None:
        asyncio.set_event_loop(loop)
        application = tornado.web.Application([(r"/(.*)", Files, {"path": str(folder)})], log_function=lambda _: None)
        tornado.httpserver.HTTPServer(application).add_sockets(sockets)
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@contextlib.contextmanager
def stac_api(items: Path, scratch: Path, assets_at: str) -> Iterator[str]:
    """Serve the items of a local catalog by `rustac serve`, their assets at `assets_at`."""
    collection = json.loads(items.read_text())
    for feature in collection["features"]:
        for asset in feature["assets"].values():
            asset["href"] = asset["href"].replace("./", assets_at + "/", 1)
    served = scratch / "served.json"
    served.write_text(json.dumps(collection))
    address = f"127.0.0.1:{free_port()}"
    command = [
        str(Path(sys.executable).parent / "rustac"),
        "serve",
        str(served),
        "--create-collections",
        "--addr",
        address,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://{address}", process)
            yield f"http://{address}"
        finally:
            process.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=60).close()
            return
        time.sleep(0.1)
    raise AssertionError("rustac ended.")


def landing(own: str) -> dict[str, Any]:
    """The landing page of a STAC API at an address."""
    links = [{"rel": "search", "href": f"{own}/search", "method": "GET", "type": "application/geo+json"}]
    conforms = [f"https://api.stacspec.org/v1.0.0/{part}" for part in ("core", "item-search")]
    about = {"type": "Catalog", "stac_version": "1.0.0", "id": "x", "description": "x"}
    return about | {"links": links, "conformsTo": conforms}


@contextlib.contextmanager
def api(answer: Callable[[str, int], Answer]) -> Iterator[tuple[str, list[str]]]:
    """Serve a STAC API whose search gives what `answer` says of the address and of the token asked for."""
    asked: list[str] = []

    class Api(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            own = f"http://127.0.0.1:{self.server.server_address[1]}"
            token = int(self.path.rpartition("token=")[2]) if "token=" in self.path else 0
            found = (200, {}, landing(own)) if self.path == "/" else answer(own, token)
            status, headers, body = found
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

        do_POST = do_GET  # noqa: N815

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def page(own: str, token: int | None, features: object = None, **more: object) -> Any:
    """A page with a link to the one that has a token; None for the last."""
    features = [{"id": f"before {token}"}] if features is None else features
    links = [] if token is None else [{"rel": "next", "href": f"{own}/search?token={token}", "method": "GET"}]
    return {"type": "FeatureCollection", "features": features, "links": links} | more
