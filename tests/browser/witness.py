"""Who tried to leave this machine: a proxy that answers nobody, and an ear in every Python process."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EAR = """
import os, sys

def hear(event, given):
    if event == "socket.getaddrinfo":
        host = given[0] or "localhost"  # nobody: to listen
    elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
        host = given[1][0]
    else:
        return
    with open(os.environ["WITNESS_HEARD"], "a") as heard:
        heard.write(f"{host.decode() if isinstance(host, bytes) else host}\\n")

sys.addaudithook(hear)
"""


@contextlib.contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a proxy on loopback, and the first line of each request that it refused.

    What is no request of HTTP comes from who asks for another server, which had this port before.
    """
    asked: list[str] = []

    class Refuse(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode("latin-1").strip()
            if not line.rpartition(" ")[2].startswith("HTTP/"):
                return
            asked.append(line)
            self.wfile.write(b"HTTP/1.1 502 Nobody\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuse) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


class Ear:
    """Hears whom a Python process and its children look up, connect to and send to.

    Parameters
    ----------
    folder
        Of its own.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_EAR)
        self._heard = folder / "heard"
        self.path = str(folder)
        self.settings = {"WITNESS_HEARD": str(self._heard)}

    @property
    def hosts(self) -> set[str]:
        """All of them, loopback included."""
        return set(self._heard.read_text().split()) if self._heard.exists() else set()
