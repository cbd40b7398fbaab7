"""How servers are spared: a bound on requests a second, and pauses before another try that differ from user to user."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUESTS_S = 50.0
"""Requests a second that one process sends to one host in the long run. Where GDAL reads, it is images opened."""
BURST = 100
"""Requests that may follow each other at once, after a time without any."""
FIRST_S = 0.5
"""Longest pause after the first try that failed; it is doubled with each."""
_due: dict[str, float] = {}
_lock = threading.Lock()


def wait_for_turn(href: str) -> None:
    """Wait until one more request may be sent to the host of an address: a bucket of `BURST` tokens for each host.

    Examples
    --------
    >>> wait_for_turn("https://example.org/B04.tif")  # at once: the bucket is full
    """
    host = urlsplit(href).netloc.rpartition("@")[2]
    if not host:
        return
    with _lock:
        now = time.monotonic()
        due = _due[host] = max(_due.get(host, 0.0), now - BURST / REQUESTS_S) + 1 / REQUESTS_S
    if due > now:
        time.sleep(due - now)


def pause(attempt: int, headers: Mapping[str, str] | None = None) -> float:
    """Return how long to wait before another try, s.

    Parameters
    ----------
    attempt
        The number of the one that failed, from 1.
    headers
        Of the answer, if there was one. What ``Retry-After`` asks for, seconds or a date, is the least.

    Returns
    -------
    float
        At random, so that those who were turned away together do not come back together: up to a tenth more than the
        server asks for, else half to all of `FIRST_S`, doubled with each attempt.

    Examples
    --------
    >>> 2 <= pause(1, {"Retry-After": "2"}) <= 2.2
    True
    >>> 1 <= pause(3) <= 2
    True
    """
    asked = _asked(headers or {})
    if asked is None:
        return FIRST_S * 2.0 ** (attempt - 1) * random.uniform(0.5, 1)
    return asked * random.uniform(1, 1.1)


def _asked(headers: Mapping[str, str]) -> float | None:
    """Return how long a server asks to be left alone, s; None if it does not say it readably.

    A date is taken by the server's own clock, if its answer tells the time.
    """
    said = headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return max(float(said), 0.0)
    with contextlib.suppress(ValueError, TypeError):
        now = _date(headers["Date"]) if headers.get("Date") else datetime.now(UTC)
        return max((_date(said) - now).total_seconds(), 0.0)
    return None


def _date(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
