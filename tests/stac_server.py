"""A real STAC API and a real file server on loopback, from a local catalog."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import tornado.web

if TYPE_CHECKING:
    from collections.abc import Iterator


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def files_over_http(folder: Path, seen: list[tuple[str, str | None]]) -> Iterator[str]:
    """Serve a folder with range requests; `seen` gets path and Range header of each request."""
    port, ready = free_port(), threading.Event()
    loop = asyncio.new_event_loop()

    class Files(tornado.web.StaticFileHandler):
        def prepare(self) -> None:
            seen.append((self.request.path, self.request.headers.get("Range")))

    def run() -> None:
        asyncio.set_event_loop(loop)
        tornado.web.Application([(r"/(.*)", Files, {"path": str(folder)})], log_function=lambda _: None).listen(
            port, "127.0.0.1"
        )
        loop.call_soon(ready.set)
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    yield f"http://127.0.0.1:{port}"
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
            _wait_for(f"http://{address}")
            yield f"http://{address}"
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(100):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=1)
            return
        time.sleep(0.1)
    raise TimeoutError(f"no answer from {url}")
