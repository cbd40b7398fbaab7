"""A file server whose answers are bad in ways that people have met, a tenth of them or the first few."""

from __future__ import annotations

import contextlib
import http.server
import random
import re
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message
    from pathlib import Path

STATUSES = ("400", "401", "403", "404", "408", "416", "429", "500", "502", "503", "504")
NOTICED = (
    *(*STATUSES, "busy", "reset", "reset_midway", "truncated", "short", "stalled", "dripping"),
    *("another_range", "empty", "empty_range", "page", "circle"),
)
"""Kinds of bad answers that can be noticed without a checksum, and pass."""
CHECKED = ("flipped", "zeros", "another_part", "another_file")
"""Kinds that only a checksum tells."""


@contextlib.contextmanager
def files(
    folder: Path,
    fault: str,
    method: str = "GET",
    times: int = 1,
    *,
    share: float = 0.0,
    seed: int = 0,
    first: Callable[[str, Message], tuple[int, bytes] | None] = lambda *_: None,
) -> Iterator[str]:
    """Serve a folder with ranges; the first requests by a method, or a share of all, get a bad answer.

    What `first` answers to a path and headers, if it does, goes before everything else.
    """
    left, lock, chance = [0 if share else times], threading.Lock(), random.Random(seed)

    class Files(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if answer := first(self.path, self.headers):
                self.reply(*answer)
                return
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = folder / (self.path.split("?")[0].lstrip("/") or "index.json")
            if not path.is_file():
                self.reply(404, b"")
                return
            self.file, data = path, path.read_bytes()
            asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            self.first, last = (
                (int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)) if asked else (0, len(data) - 1)
            )
            body, more = data[self.first : last + 1], {"Accept-Ranges": "bytes"}
            if asked:
                more["Content-Range"] = f"bytes {self.first}-{last}/{len(data)}"
            status = 206 if asked else 200
            if not self.bad():
                self.reply(status, body, **more)
            elif fault in STATUSES:
                self.reply(int(fault), b"no")
            else:
                getattr(self, fault)(status, body, more)

        do_HEAD = do_POST = do_GET  # noqa: N815

        def bad(self) -> bool:
            with lock:
                if share:
                    return chance.random() < share
                left[0] -= self.command == method
                return self.command == method and left[0] >= 0

        def reply(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def busy(self, *_: object) -> None:
            self.reply(429, b"", **{"Retry-After": "60"})

        def reset(self, *_: object) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def reset_midway(self, status: int, body: bytes, more: dict[str, str]) -> None:
            self.truncated(status, body, more)
            self.wfile.flush()
            self.reset()

        def truncated(self, status: int, body: bytes, more: dict[str, str]) -> None:
            self.reply(status, body[: len(body) // 2], len(body), **more)
            self.close_connection = True

        def short(self, status: int, body: bytes, more: dict[str, str]) -> None:
            self.reply(status, body[: len(body) // 2], **more)

        def without_metadata(self, status: int, body: bytes, more: dict[str, str]) -> None:
            at = body.find(b"<GDALMetadata")
            self.reply(status, body[: at if at >= 0 else len(body)], **more)

        def stalled(self, status: int, body: bytes, more: dict[str, str]) -> None:
            time.sleep(0.2)
            self.reply(status, body, **more)

        def dripping(self, status: int, body: bytes, more: dict[str, str]) -> None:
            self.reply(status, body[:1], len(body), **more)
            for at in range(1, len(body) if self.command != "HEAD" else 0, len(body) // 8 + 1):
                time.sleep(0.02)
                self.wfile.write(body[at : at + len(body) // 8 + 1])

        def another_range(self, _: int, body: bytes, __: object) -> None:
            first = self.first + 512
            self.reply(206, body, **{"Content-Range": f"bytes {first}-{first + len(body) - 1}/{first + len(body)}"})

        def page(self, *_: object) -> None:
            self.reply(200, b"<!doctype html>Please sign in" * 20)

        def empty(self, *_: object) -> None:
            self.reply(200, b"")

        def empty_range(self, _: int, __: bytes, more: dict[str, str]) -> None:
            self.reply(206, b"", **more)

        def circle(self, *_: object) -> None:
            self.reply(302, b"", Location=self.path)

        def gone(self, *_: object) -> None:
            self.reply(404, b"")

        def flipped(self, status: int, body: bytes, more: dict[str, str]) -> None:
            wrong = bytearray(body)
            for at in range(len(wrong) // 2, len(wrong), 97):
                wrong[at] ^= 0x55
            self.reply(status, bytes(wrong), **more)

        def zeros(self, status: int, body: bytes, more: dict[str, str]) -> None:
            self.reply(status, body[: len(body) // 2] + bytes(len(body) - len(body) // 2), **more)

        def another_part(self, status: int, body: bytes, more: dict[str, str]) -> None:
            self.reply(status, (body[700:] + body)[: len(body)], **more)

        def another_file(self, status: int, body: bytes, more: dict[str, str]) -> None:
            others = [path for path in self.file.parent.glob(f"*{self.file.name[-8:]}") if path != self.file]
            self.reply(status, min(others).read_bytes()[self.first :][: len(body)], **more)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
