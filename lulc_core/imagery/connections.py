"""Connections that lead only where a catalog may lead, checked at the address that each one is really made to.

A name that was looked up may mean another machine a moment later, and a server may send its reader on to another. GDAL
takes no order on either, but a proxy: `proxies` gives the address of one on this machine that speaks SOCKS 5, looks
names up itself, and connects to addresses within reach only. `session` does the same for requests.

Where the environment names a proxy of its own (``HTTPS_PROXY``), that one makes the connections: it decides where they
may lead, and only what an address says of itself is checked here. Hosts that ``NO_PROXY`` names are reached
directly, past any proxy: `refuse_direct` looks them up before.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import struct
import threading
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from urllib.request import proxy_bypass

import requests
from requests.adapters import HTTPAdapter
from requests.utils import should_bypass_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Retry

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.access import Reach, address, named_proxies, public
from lulc_core.imagery.patience import wait_for_turn
from lulc_core.imagery.traffic import count_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONNECT_S = 10.0
"""Longest wait for a connection to a server."""
MOST_REDIRECTS = 10
"""As many as GDAL follows."""
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_NOT_ALLOWED, _NO_HOST = 2, 4
_IPV4, _NAME, _IPV6 = 1, 3, 4
_SAID_BY_CURL = re.compile(
    r"(?:CURL error: )?(?:cannot|can.t) complete SOCKS5 connection to (\S+?)\.? \((\d+)\)", re.IGNORECASE
)


def proxies(reach: Reach) -> dict[str, str]:
    """Return GDAL's options of the proxies for what is within reach: those of the environment where it names some."""
    named, guard = named_proxies(), f"socks5h://{reach.name}:-@127.0.0.1:{_port(os.getpid())}"
    return {f"GDAL_{scheme.upper()}_PROXY": named.get(scheme, guard) for scheme in ("http", "https")}


def certificates() -> str:
    """Return the file of certificates that the environment names for TLS; empty if it names none.

    Requests hear of ``REQUESTS_CA_BUNDLE`` and ``CURL_CA_BUNDLE``, GDAL of the latter and ``SSL_CERT_FILE``: whichever
    somebody has set holds for both.
    """
    named = (os.environ.get(name, "") for name in _CERTIFICATES)
    return next(filter(None, named), "")


def refuse_direct(href: str, reach: Reach) -> None:
    """Raise `InvalidInputError` if a host that ``NO_PROXY`` names is beyond reach: curl reaches it past any proxy."""
    host = urlsplit(href).hostname or ""
    if not host or not proxy_bypass(host):
        return
    with contextlib.suppress(OSError, UnicodeError):  # whose name cannot be looked up will not be reached
        for *_, where in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
            if not reach.covers(address(str(where[0]))):
                raise InvalidInputError(_beyond(host, str(where[0])))


def _beyond(host: str, where: str) -> str:
    return f"{host} leads into a private network, {where}, where the catalog is not."


def refused(error: Exception) -> str:
    """Return the host that the proxy here refused to connect to, as GDAL's error names it; empty for another error."""
    found = _SAID_BY_CURL.search(str(error))
    return found[1] if found and int(found[2]) == _NOT_ALLOWED else ""


def in_words(error: Exception) -> str:
    """Return what an error says, without what curl tells of the proxy on this machine.

    Examples
    --------
    >>> in_words(OSError("CURL error: cannot complete SOCKS5 connection to example.org. (4)"))
    'could not connect to example.org'
    """
    return _SAID_BY_CURL.sub(r"could not connect to \1", str(error))


def session(reach: Reach) -> requests.Session:
    """Return a session of requests that connects to what is within reach only, redirects included."""

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = _pools(reach)

    def leave(answer: requests.Response, **_: object) -> None:
        if answer.is_redirect:  # whose content requests would read, without a bound
            answer.close()

    made = _Session()
    made.verify = certificates() or True
    made.hooks["response"].append(leave)
    for scheme in ("http://", "https://"):
        made.mount(scheme, Adapter(max_retries=Retry(0)))
    return made


class _Session(requests.Session):
    """Uses the proxies that GDAL uses, too."""

    def merge_environment_settings(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        settings = super().merge_environment_settings(url, *args, **kwargs)
        if not should_bypass_proxies(url, no_proxy=None):
            settings["proxies"].update(named_proxies())
        return settings


def ask(
    client: requests.Session, method: str, href: str, check: Callable[[str], object], **asked: Any
) -> requests.Response:
    """Return the answer to a request, its content unread, after redirects whose content is never read.

    Parameters
    ----------
    client
        Makes the requests.
    method
        ``GET`` or ``POST``.
    href
        Where.
    check
        Called with each address before it is asked; raises if it may not be.
    asked
        As `requests.Session.request` takes it.
    """
    for _ in range(MOST_REDIRECTS + 1):
        check(href)
        wait_for_turn(href)
        answer = client.request(method, href, stream=True, allow_redirects=False, **asked)
        target = client.get_redirect_target(answer)
        if not target:
            return answer
        answer.close()
        href = urljoin(href, target)
        if answer.status_code in (301, 302, 303):
            method, asked = "GET", {k: v for k, v in asked.items() if k != "json"}
        asked.pop("params", None)  # the new address has its own
    raise requests.TooManyRedirects(f"more than {MOST_REDIRECTS} redirects")


def parts(answer: requests.Response) -> Iterator[bytes]:
    """Yield the content of an answer, unpacked, as it comes; raises `InvalidInputError` if it is packed repeatedly."""
    if "," in answer.headers.get("Content-Encoding", ""):
        raise InvalidInputError(f"{public(answer.url)} is packed more than once; expected gzip, or nothing.")
    while part := answer.raw.read1(2**16, decode_content=True):
        yield part


@cache
def _pools(reach: Reach) -> dict[str, type[HTTPConnectionPool]]:
    def check(connection: HTTPConnection) -> None:
        peer = connection.sock.getpeername()[0] if connection.sock else ""
        if not reach.covers(address(peer)):
            connection.close()
            raise InvalidInputError(_beyond(connection.host, peer))

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            check(self)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            check(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


@cache
def _port(_process: int) -> int:
    """Start the proxy of this process, and return its port."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)

    async def serve() -> None:
        async with await asyncio.start_server(_answer, sock=listening) as server:
            await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), name="connections", daemon=True).start()
    port: int = listening.getsockname()[1]
    return port


async def _answer(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
    """Serve one connection of SOCKS 5: greeting, user (the name of a reach), request, and then whatever is said."""
    upstream: asyncio.StreamWriter | None = None
    with contextlib.suppress(OSError, EOFError, ValueError, KeyError, TimeoutError):
        reach, host, port = await _request(client, back)
        try:
            server, upstream = await _connect(reach, host, port)
        except (OSError, TimeoutError) as error:
            why = _NOT_ALLOWED if isinstance(error, PermissionError) else _NO_HOST
            back.write(bytes([5, why, 0, _IPV4]) + bytes(6))
        else:
            back.write(bytes([5, 0, 0, _IPV4]) + bytes(6))
            ways = [
                asyncio.ensure_future(_pass_on(client, upstream)),
                asyncio.ensure_future(_pass_on(server, back, count_read)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
    for end in (upstream, back):
        if end is not None:
            end.close()


async def _request(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> tuple[Reach, str, int]:
    """Return what a client asks for: within which reach, the host, and the port."""
    _, methods = await client.readexactly(2)
    await client.readexactly(methods)
    back.write(bytes([5, 2]))
    _, length = await client.readexactly(2)
    reach = Reach[(await client.readexactly(length)).decode()]
    await client.readexactly((await client.readexactly(1))[0])
    back.write(bytes([1, 0]))
    *_, kind = await client.readexactly(4)
    length = {_IPV4: 4, _IPV6: 16}.get(kind) or (await client.readexactly(1))[0]
    host = await client.readexactly(length)
    (port,) = struct.unpack("!H", await client.readexactly(2))
    if kind == _NAME:
        return reach, host.decode("ascii", "replace"), port  # what is no name is not found
    return reach, socket.inet_ntop(socket.AF_INET6 if kind == _IPV6 else socket.AF_INET, host), port


async def _connect(reach: Reach, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address of a host that answers; raises `PermissionError` if none is within reach."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [one for one in dict.fromkeys(str(where[0]) for *_, where in found) if reach.covers(address(one))]
    if not addresses:
        raise PermissionError(host)
    for one in addresses:
        with contextlib.suppress(OSError, TimeoutError):
            return await asyncio.wait_for(asyncio.open_connection(one, port), CONNECT_S / len(addresses))
    raise OSError(host)


async def _pass_on(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, count: Callable[[int], object] = lambda _: None
) -> None:
    with contextlib.suppress(OSError):
        while part := await source.read(2**16):
            count(len(part))
            target.write(part)
            await target.drain()
