"""A connection leads to what is within reach, wherever a name, a redirect or a second look-up sends it."""

from __future__ import annotations

import contextlib
import functools
import http.server
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio.errors
from hypothesis import given
from hypothesis import strategies as st
from making import write_cog

from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.imagery import connections, fetching
from lulc_core.imagery.access import Reach, address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METADATA = "http://169.254.169.254/latest/x.tif"


@contextlib.contextmanager
def server(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder; what starts with ``/to/`` is a redirect to the rest."""
    asked: list[str] = []

    class Files(http.server.SimpleHTTPRequestHandler):
        def send_head(self) -> object:
            asked.append(self.path)
            if not self.path.startswith("/to/"):
                return super().send_head()
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None

        def log_message(self, *_: object) -> None: ...

    write_cog(folder / "x.tif", np.arange(100, dtype=np.uint16).reshape(10, 10))
    served = functools.partial(Files, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), served) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}", asked
        running.shutdown()


def read(href: str, reach: Reach) -> int:
    return int(fetching.patiently(lambda: fetching.open_image(href).read(1), [href], "Scene x", reach).sum())


@pytest.fixture(autouse=True)
def no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fetching._GDAL, "GDAL_HTTP_MAX_RETRY", "0")
    for kind in ("http", "https", "all", "no", "gdal_http", "gdal_https"):
        monkeypatch.delenv(f"{kind}_proxy", raising=False)
        monkeypatch.delenv(f"{kind}_proxy".upper(), raising=False)


def test_what_is_within_reach_is_read_through_redirects(tmp_path: Path) -> None:
    with server(tmp_path) as (own, asked):
        port = own.rpartition(":")[2]
        for href in (f"{own}/x.tif", f"{own}/to/{own}/x.tif", f"{own}/to/http://localhost:{port}/x.tif"):
            assert read(href, Reach.PRIVATE) == 4950
            assert len(fetching._download(href, Reach.PRIVATE) or b"") > 200
    assert len(asked) > 6


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_what_is_beyond_reach_is_not_asked_at_all(tmp_path: Path, host: str) -> None:
    with server(tmp_path) as (own, asked):
        href = f"http://{host}:{own.rpartition(':')[2]}/x.tif"
        with pytest.raises(UnreachableError, match="Scene x cannot be read: it leads into a private network"):
            read(href, Reach.WEB)
        with pytest.raises((InvalidInputError, OSError)):
            fetching._download(href, Reach.WEB)
    assert not asked


def test_a_redirect_beyond_reach_is_not_followed(tmp_path: Path) -> None:
    refused = pytest.raises(UnreachableError, match=r"it leads into a private network, 169\.254\.169\.254, where")
    with server(tmp_path) as (own, asked), refused:
        read(f"{own}/to/{METADATA}", Reach.PRIVATE)
    assert set(asked) == {f"/to/{METADATA}"}


@pytest.mark.parametrize("elsewhere", ["file:///etc/passwd", "ftp://127.0.0.1/x.tif", "gopher://127.0.0.1/x"])
def test_a_redirect_to_another_kind_of_address_is_not_followed(
    tmp_path: Path, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "REMOTE_ATTEMPTS", 1)
    with server(tmp_path) as (own, _), pytest.raises(UnreachableError, match="Scene x cannot be read"):
        read(f"{own}/to/{elsewhere}", Reach.PRIVATE)


def test_a_name_that_means_another_machine_when_it_is_connected_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = socket.getaddrinfo

    def rebound(host: str, *args: object, **kwargs: object) -> object:
        return original("127.0.0.1" if "rebound.example" in str(host) else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with server(tmp_path) as (own, asked):
        href = f"http://rebound.example:{own.rpartition(':')[2]}/x.tif"
        with pytest.raises(UnreachableError, match=r"it leads into a private network, rebound\.example"):
            read(href, Reach.WEB)
        with pytest.raises(InvalidInputError, match=r"rebound\.example leads into a private network, 127\.0\.0\.1"):
            fetching._download(href, Reach.WEB)
        assert not asked
        assert read(href, Reach.PRIVATE) == 4950


@pytest.mark.parametrize("proxied", [False, True])
def test_a_host_that_no_proxy_is_for_is_looked_up_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxied: bool
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    if proxied:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    with server(tmp_path) as (own, asked):
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1 leads into a private network"):
            read(f"{own}/x.tif", Reach.WEB)
        assert not asked
        assert read(f"{own}/x.tif", Reach.PRIVATE) == 4950


def test_many_connections_at_once_are_served(tmp_path: Path) -> None:
    with server(tmp_path) as (own, _):
        sums: list[int] = []
        hrefs = [f"{own}/x.tif?{i}" for i in range(24)]
        threads = [threading.Thread(target=lambda h=h: sums.append(read(h, Reach.PRIVATE))) for h in hrefs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sums == [4950] * 24


@pytest.mark.parametrize("words", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x05\x01\x02\x01\x03far\x01-", bytes(40)])
def test_what_is_no_request_for_a_connection_is_answered_by_none(words: bytes) -> None:
    port = int(connections.proxies(Reach.WEB)["GDAL_HTTP_PROXY"].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(words)
        client.shutdown(socket.SHUT_WR)
        while answer := client.recv(100):
            assert answer[:2] in (bytes([5, 2]), bytes([1, 0]))


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "GDAL_HTTP_PROXY"])
def test_gdal_and_requests_use_the_same_proxy_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with server(tmp_path) as (own, asked):
        monkeypatch.setenv(name, own)
        here = f"http://far.example/{name}.tif"  # which nobody but the proxy knows
        with pytest.raises(rasterio.errors.RasterioIOError):
            fetching.once(lambda: fetching.open_image(here).read(1), [here], Reach.WEB)
        by_gdal = len(asked)
        with connections.session(Reach.WEB) as client:
            client.get(here, timeout=10).close()
        assert 0 < by_gdal < len(asked)
        assert {*asked} == {here}


def test_what_no_proxy_is_named_for_is_guarded_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert connections.proxies(Reach.WEB)["GDAL_HTTPS_PROXY"] == "http://proxy.example:3128"
    with server(tmp_path) as (own, asked):
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1, where the catalog is not"):
            read(f"{own}/x.tif", Reach.WEB)
        assert not asked
        assert read(f"{own}/x.tif", Reach.PRIVATE) == 4950


@given(st.integers(0, 2**32 - 1))
def test_an_address_needs_the_same_reach_in_every_wrapping(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    for wrapped in (f"::ffff:{plain}", f"64:ff9b::{plain}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::"):
        assert Reach.needed(address(wrapped)) == Reach.needed(plain)
    assert Reach.LINK_LOCAL.covers(plain)
