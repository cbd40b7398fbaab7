"""A bucket of the tests: moto's server on loopback, behind a gate that may answer some requests with 503."""

from __future__ import annotations

import http.client
import http.server
import random
import threading
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import obstore
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import from_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def gate(port: int, busy_share: float) -> Iterator[tuple[str, list[str]]]:
    """Pass requests on to a port of this machine, but for some; yield the address and the paths that were refused."""
    refused: list[str] = []
    chance, lock = random.Random(0), threading.Lock()

    class Gate(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                busy = chance.random() < busy_share
            if busy:
                refused.append(self.path)
                self.answer(503, [], b"<Error><Code>SlowDown</Code></Error>")
                return
            there = http.client.HTTPConnection("127.0.0.1", port)
            there.request(self.command, self.path, body, dict(self.headers))
            came = there.getresponse()
            self.answer(came.status, came.getheaders(), came.read())

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on  # noqa: N815

        def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", refused
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def bucket(*, busy_share: float = 0.0) -> Iterator[list[str]]:
    """Serve the bucket ``maps``, whose keys and address stand in the environment; yield requests it did not serve."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    port = moto.get_host_and_port()[1]
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/maps", method="PUT")).close()
    with gate(port, busy_share) as (address, refused), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_ALLOW_HTTP", "true")
        patch.setenv("AWS_ACCESS_KEY_ID", "name")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_REGION", "us-east-1")
        yield refused
    moto.stop()


def objects(url: str) -> dict[str, bytes]:
    """Every object of a part of a bucket."""
    store = from_url(url)
    return {one["path"]: bytes(obstore.get(store, one["path"]).bytes()) for page in obstore.list(store) for one in page}
