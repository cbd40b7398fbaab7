"""Which files and addresses a catalog may lead to.

A catalog is somebody else's word: a remote one must not make this machine open its own files or those of its network,
and a local one stays in its folder.
"""

from __future__ import annotations

import contextlib
import enum
import importlib.util
import ipaddress
import logging
import os
import pkgutil
import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Addresses by which a network of IPv6 reaches those of IPv4."""


class Reach(enum.IntEnum):
    """How far connections may go: each covers what those before it cover."""

    WEB = 0
    """What everybody can reach."""
    PRIVATE = 1
    """This machine and its network, too."""
    LINK_LOCAL = 2
    """Also what is reached from this machine only, such as the metadata of a cloud's machine."""

    @classmethod
    def needed(cls, where: Address) -> Reach:
        """Return the least reach that covers an address.

        Examples
        --------
        >>> Reach.needed(ipaddress.ip_address("10.0.0.1"))
        <Reach.PRIVATE: 1>
        """
        if where.is_link_local:
            return cls.LINK_LOCAL
        return cls.WEB if where.is_global and not where.is_multicast else cls.PRIVATE

    def covers(self, where: Address) -> bool:
        """Return whether an address may be connected to."""
        return self.needed(where) <= self


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the items of one catalog may open.

    Examples
    --------
    >>> remote = Access.of("https://example.org/stac")
    >>> remote.problem("https://example.org/B04.tif")
    ''
    >>> remote.problem("http://169.254.169.254/latest/meta-data")
    'leads into a private network, 169.254.169.254, where the catalog is not'
    """

    folders: tuple[Path, ...] = ()
    """Local files under these may be opened."""
    prefixes: tuple[str, ...] = ()
    """``s3://`` addresses that start so may be opened."""
    host: str = ""
    """The catalog's host; empty for a local catalog."""
    reach: Reach = Reach.WEB
    """As far as the catalog itself is: one in a private network leads to what is there."""

    @classmethod
    def of(cls, catalog: str | Path, data_dirs: Iterable[str | Path] = ()) -> Access:
        """Return what the items of a catalog may open: a local file's folder, and the folders that the user names.

        Raises
        ------
        InvalidInputError
            If one of `data_dirs` is not a folder, nor an address such as ``s3://bucket/folder``.
        """
        host = urlsplit(str(catalog)).hostname or "" if "://" in str(catalog) else ""
        own = [] if host else [from_home(catalog)]
        folders = [path if path.is_dir() else path.parent for path in own]
        prefixes = []
        for named in data_dirs:
            if str(named).startswith("s3://"):
                prefixes.append(str(named).rstrip("/") + "/")
            elif not from_home(named).is_dir():
                raise InvalidInputError(
                    f"{named} is no folder of images; give one that is there, or s3://bucket/folder."
                )
            else:
                folders.append(from_home(named))
        reach = _reach(host) if host else Reach.PRIVATE
        resolved = tuple(folder.resolve() for folder in folders)
        return cls(folders=resolved, prefixes=tuple(prefixes), host=host, reach=reach)

    def problem(self, href: str) -> str:
        """Return why an absolute address may not be opened; empty if it may."""
        scheme = urlsplit(href).scheme.lower()
        if scheme in ("http", "https"):
            host = urlsplit(href).hostname or ""
            if not host:
                return "names no host; expected an address such as https://example.org/B04.tif"
            within = _reach(host) <= self.reach
            return "" if within else f"leads into a private network, {host}, where the catalog is not"
        if scheme == "s3":
            named = href.startswith(self.prefixes or "\0")
            return "" if named else "is in a bucket that nobody named; add it to the allowed data folders"
        if len(scheme) == 1:
            return f"is a path of Windows, with the drive {scheme.upper()}:; expected a file here, http or https"
        if scheme not in ("", "file"):
            return f"has the scheme {scheme!r}; expected http, https or a file"
        if self.host and not self.folders:
            return "is a file of this machine, not of the catalog's; add its folder to the allowed data folders"
        path = local_path(href)
        if str(path).startswith("/vsi"):
            return "is a virtual file of GDAL; expected http, https or a file"
        if not any(path.resolve().is_relative_to(folder) for folder in self.folders):
            return "is outside the catalog's folder; add its folder to the allowed data folders"
        if path.exists() and not path.is_file():
            return "is no regular file"
        return ""


def _reach(host: str) -> Reach:
    """Return the reach that a host needs, whichever of its addresses is taken."""
    return max(map(Reach.needed, _addresses(host)), default=Reach.WEB)


def is_served(href: str) -> bool:
    """Whether an address is that of a server, not of a file here.

    Examples
    --------
    >>> is_served("https://example.org/B04.tif"), is_served("assets/B04.tif")
    (True, False)
    """
    return urlsplit(href).scheme not in ("", "file")


def local_path(href: str) -> Path:
    """Return the path that an address without a scheme, or of ``file://``, means."""
    return Path(unquote(urlsplit(href).path) if href.startswith("file:") else href)


def public(address: str) -> str:
    """Return an address without what only its owner may know: user, password, and the query with its signature.

    Examples
    --------
    >>> public("https://me:secret@example.org/B04.tif?se=2030&sig=secret")
    'https://example.org/B04.tif'
    """
    scheme, named, rest = address.partition("://")
    if not named or scheme.lower() == "file":
        return address
    host, slash, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme.lower()}://{host.rpartition('@')[2]}{slash}{path}"


_USER = re.compile(r"(?<=://)[^\s/?#]*@")
"""A user and password; they may have marks that end an address elsewhere."""
_QUERY = re.compile(r"""((?:\b[a-z][a-z0-9+.-]*:)?//[^\s'"<>?#]*)[?#][^\s'"<>]*""", re.IGNORECASE)
_OTHER_QUERY = re.compile(r"""(?:[?#]|%3F|%23)[^\s'"<>]*?(?:=|%3D)[^\s'"<>]*""", re.IGNORECASE)
"""One of a path alone, or of an address within an address."""


def without_secrets(text: str) -> str:
    """Return a text in which every address is `public`, also one that is broken, escaped, or without its host.

    Examples
    --------
    >>> without_secrets("no answer from https://me:pw@example.org/B04.tif?sig=secret.")
    'no answer from https://example.org/B04.tif'
    """
    return _OTHER_QUERY.sub("", _QUERY.sub(r"\1", _USER.sub("", text)))


class _WithoutSecrets(logging.Filter):
    """Takes the secrets out of what a library logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_secrets(record.getMessage())
        record.args = ()
        return True


_GIVEN_ADDRESSES = (
    "odc.loader",
    "odc.stac",
    "planetary_computer",
    "pystac_client",
    "rasterio",
    "urllib3",
    "urllib3.util",
)
"""Libraries that are given addresses, and may log them."""


def _loggers() -> Iterator[str]:
    """Yield the names of the loggers of `_GIVEN_ADDRESSES`, whose modules need not be imported yet."""
    for library in _GIVEN_ADDRESSES:
        found = importlib.util.find_spec(library)
        folders = found.submodule_search_locations if found else None
        yield from (library, *(f"{library}.{module.name}" for module in pkgutil.iter_modules(folders or [])))


for _name in _loggers():
    logging.getLogger(_name).addFilter(_WithoutSecrets())


@lru_cache(maxsize=1024)
def _addresses(host: str) -> tuple[Address, ...]:
    """Return the addresses of a host; none if its name cannot be looked up, or a proxy will do that."""
    with contextlib.suppress(ValueError):
        return (address(host),)
    with contextlib.suppress(OSError, ValueError):
        return (address(socket.inet_ntoa(socket.inet_aton(host))),)  # such as 0x7f.1, which curl reads
    if host != "localhost" and proxied(host):
        return ()
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return ()
    return tuple({address(str(where[0])) for *_, where in found})


def address(text: str) -> Address:
    """Return the address that a text in digits means, that of IPv4 where IPv6 only wraps one.

    Examples
    --------
    >>> address("::ffff:127.0.0.1"), address("64:ff9b::a00:1")
    (IPv4Address('127.0.0.1'), IPv4Address('10.0.0.1'))
    """
    parsed = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed
    translated = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF) if parsed in _TRANSLATED else None
    return parsed.ipv4_mapped or parsed.sixtofour or translated or parsed


def named_proxies() -> dict[str, str]:
    """Return the proxy of the environment by scheme, ``http`` and ``https``, for GDAL and requests alike.

    By themselves, curl does not read ``HTTP_PROXY`` in capitals, and requests know nothing of ``GDAL_HTTP_PROXY``.
    """
    said, own = getproxies(), os.environ.get("GDAL_HTTP_PROXY")
    gdal = {"http": own, "https": os.environ.get("GDAL_HTTPS_PROXY") or own}
    found = {scheme: said.get(scheme) or said.get("all") or gdal[scheme] for scheme in gdal}
    return {scheme: where for scheme, where in found.items() if where}


def proxied(host: str = "") -> bool:
    """Return whether the environment names a proxy for what is served, and does not except a host from it."""
    return bool(named_proxies()) and not (host and proxy_bypass(host))
