"""How long a server is waited for that does not answer, or only badly: long for its first file, hardly for others."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from lulc_core.errors import LulcError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SILENT_S = 60.0
"""How long a host may not answer until each file of it is asked for once only."""
FEWEST_FAILURES = 4
"""Tries in a row that must have failed besides, if a host answers badly: GDAL has made up to five of each."""
BRIEFLY = {"GDAL_HTTP_MAX_RETRY": "0", "GDAL_HTTP_CONNECTTIMEOUT": "5", "GDAL_HTTP_LOW_SPEED_TIME": "10"}
"""GDAL's options for such a host."""
_SAID_BY_CURL = re.compile("timed out|too slow|SOCKS5|resolve|connect to", re.IGNORECASE)
"""What it says where nothing came; a server that answers wrongly, or breaks off, is there."""
_since: dict[str, float] = {}
"""Host that does not answer to the moment, of `time.monotonic`, since when."""
_heard: dict[str, float] = {}
"""Host to the moment of its last answer."""
_failing: dict[str, tuple[float, int]] = {}
"""Host whose answers were all bad of late to the moment since when, and how many there were."""


@contextlib.contextmanager
def listening(hrefs: Iterable[str]) -> Iterator[None]:
    """Remember whether the host of some addresses answers what is asked meanwhile; local ones have none.

    Examples
    --------
    >>> with contextlib.suppress(OSError), listening(["https://example.org/B04.tif"]):
    ...     raise OSError("Connection timed out")
    >>> is_silent(["https://example.org/SCL.tif"])  # not for long yet
    False
    >>> with listening(["https://example.org/B04.tif"]):
    ...     pass  # it answers again
    """
    began, hosts = time.monotonic(), _hosts(hrefs)
    try:
        yield
    except Exception as error:
        if len(hosts) == 1 and _nothing_came(error):
            host = hosts.pop()
            _since.setdefault(host, max(began, _heard.get(host, began)))  # other threads may have heard of it
        else:
            _hear(hosts)
            if len(hosts) == 1 and not isinstance(error, LulcError):  # else it came, and is not wanted
                since, times = _failing.get(min(hosts), (began, 0))
                _failing[hosts.pop()] = since, times + 1
        raise
    _hear(hosts)
    for host in hosts:
        _failing.pop(host, None)


def is_silent(hrefs: Iterable[str], for_s: float | None = None) -> bool:
    """Return whether a host of some addresses has not answered for some time, by default `SILENT_S`, or longer."""
    least, now = SILENT_S if for_s is None else for_s, time.monotonic()
    return any(host in _since and now - _since[host] >= least for host in _hosts(hrefs))


def is_given_up(hrefs: Iterable[str]) -> bool:
    """Return whether a host of some addresses is silent, or has answered badly only, for `SILENT_S` or longer."""
    now, bad = time.monotonic(), [_failing[host] for host in _hosts(hrefs) if host in _failing]
    failing = any(times >= FEWEST_FAILURES and now - since >= SILENT_S for since, times in bad)
    return failing or is_silent(hrefs)


def _nothing_came(error: Exception) -> bool:
    """Whether an error says that a server did not answer; those of this library say something else."""
    if isinstance(error, LulcError):
        return False
    return isinstance(error, requests.ConnectionError | requests.Timeout) or bool(_SAID_BY_CURL.search(str(error)))


def _hosts(hrefs: Iterable[str]) -> set[str]:
    return {urlsplit(href).netloc.rpartition("@")[2] for href in hrefs} - {""}


def _hear(hosts: Iterable[str]) -> None:
    for host in hosts:
        _heard[host] = time.monotonic()
        _since.pop(host, None)
