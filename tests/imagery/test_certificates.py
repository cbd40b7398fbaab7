"""Certificates and proxies of an organisation hold for GDAL and for requests alike."""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests
from making import write_cog

import lulc_core as lulc
from lulc_core.imagery import fetching
from lulc_core.imagery.access import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "images.example"
NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that only those trust who are told to, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: no certificate can be made")
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    names = f"subjectAltName=DNS:{HOST},DNS:localhost,IP:127.0.0.1"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=own",
        "-addext",
        names,
    ]
    subprocess.run([*made, "-out", path, "-keyout", path.with_suffix(".key")], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def served(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server of one image, by TLS."""
    folder = tmp_path_factory.mktemp("images")
    write_cog(folder / "x.tif", np.arange(100, dtype=np.uint16).reshape(10, 10))

    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=folder)) as server:
        server.handle_error = lambda *_: None  # who does not trust it hangs up
        server.socket = secure.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "REMOTE_ATTEMPTS", 2)
    monkeypatch.setitem(fetching._GDAL, "GDAL_HTTP_MAX_RETRY", "0")
    for name in (*NAMES, *(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO", "GDAL_HTTP"))):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def read(href: str) -> int:
    """The sum of an image, after it has also been fetched whole."""
    assert len(fetching._download(href, Reach.PRIVATE) or b"") > 200
    return int(fetching.patiently(lambda: fetching.open_image(href).read(1), [href], "Scene x", Reach.PRIVATE).sum())


def test_a_certificate_that_nobody_vouches_for_is_refused(served: int) -> None:
    href = f"https://127.0.0.1:{served}/x.tif"
    with pytest.raises(requests.exceptions.SSLError):
        fetching._download(href, Reach.PRIVATE)
    with pytest.raises(lulc.UnreachableError, match="Scene x cannot be read"):
        fetching.patiently(lambda: fetching.open_image(href).read(1), [href], "Scene x", Reach.PRIVATE)
    with pytest.raises(lulc.UnreachableError, match=r"secure connection; .* REQUESTS_CA_BUNDLE"):
        lulc.search(lulc.Region.named("laos"), year=2021, catalog=f"https://127.0.0.1:{served}", timeout=2)


@pytest.mark.parametrize("name", NAMES)
def test_certificates_that_the_environment_names_hold_for_all(
    served: int, certificate: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(certificate))
    assert read(f"https://127.0.0.1:{served}/x.tif?{name}") == 4950


@contextlib.contextmanager
def tunnel(port: int) -> Iterator[tuple[str, list[str]]]:
    """A proxy that leads every connection to one port of this machine, and notes where it was to lead."""
    asked: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pass_on, args=(upstream, self.connection), daemon=True)
                back.start()
                pass_on(self.connection, upstream)
                back.join(30)
            self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(2**16):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_that_the_environment_names_is_used_by_all(
    served: int, certificate: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with tunnel(served) as (proxy, asked):
        monkeypatch.setenv(name, proxy)
        assert read(f"https://{HOST}/x.tif?{name}") == 4950
    assert set(asked) == {f"{HOST}:443"}
    assert len(asked) >= 2
