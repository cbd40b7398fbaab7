"""One file of known size from the web, resumed where an earlier download of it ended."""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.imagery.access import Access, public
from lulc_core.imagery.connections import CONNECT_S, ask, parts, session
from lulc_core.progress import Progress, check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lulc_core.progress import ProgressCallback

ATTEMPTS = 4
"""Times that a server is asked, each time from where the last answer ended."""
ANSWER_S = 30.0
"""Longest wait for the next bytes."""
_POLL_S = 0.2
_PAUSE_S = 1.0
_BUSY = (429, 500, 502, 503, 504)
_log = logging.getLogger(__name__)


def fetch(address: str, part: Path, size: int, progress: ProgressCallback, cancel: threading.Event | None) -> None:
    """Download a file, or the rest of it.

    Parameters
    ----------
    address
        Where, ``http`` or ``https``.
    part
        The file to write. What is in it is taken for the beginning, and stays if the download fails.
    size
        Of the whole file, bytes: neither more nor less is taken.
    progress
        Called with the kilobytes that are there.
    cancel
        Set it to stop.

    Raises
    ------
    UnreachableError
        If the server does not answer, or not with the whole file.
    InvalidInputError
        If the address is none, or what it leads to has another size.
    CancelledError
        If cancelled.
    """
    if urlsplit(address).scheme.lower() not in ("http", "https"):
        raise InvalidInputError(f"{public(address)} is no web address. Give one of http or https, or a file.")
    problem: Exception | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            _log.info("%s: %s; asking again", public(address), problem)
            _pause(attempt, cancel)
        try:
            _append(address, part, size, progress, cancel)
        except (requests.RequestException, HTTPError, OSError) as error:
            problem = error
            status = getattr(error.response, "status_code", 0) if isinstance(error, requests.HTTPError) else 0
            if status and status not in _BUSY:
                break
        else:
            if (there := part.stat().st_size) == size:
                return
            problem = EOFError(f"the answer ended after {there:,} of {size:,} bytes")
    raise UnreachableError(f"{public(address)} could not be downloaded: {_in_words(problem)}.") from problem


def _append(address: str, part: Path, size: int, progress: ProgressCallback, cancel: threading.Event | None) -> None:
    """Write what one answer of the server brings."""
    start = part.stat().st_size if part.exists() else 0
    pieces = _interruptible(_pieces(address, start if start < size else 0, size), cancel)
    first, _ = next(pieces)
    with part.open("r+b" if first else "wb") as file:
        file.seek(first)
        for there, piece in pieces:
            file.write(piece)
            progress(Progress(stage="download", done=there // 1000, total=size // 1000, detail="kB"))


def _pieces(address: str, start: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the place in the file from which the server answers, and then each piece with the place of its end."""
    access, asked = Access.of(address), {"Accept-Encoding": "identity"}
    if start:
        asked["Range"] = f"bytes={start}-"

    def allowed(href: str) -> None:
        if problem := access.problem(href):
            raise InvalidInputError(f"{public(address)} {problem}: {public(href)}. Give another source.")

    patience = (CONNECT_S, ANSWER_S)
    with (
        session(access.reach) as client,
        ask(client, "GET", address, allowed, headers=asked, timeout=patience) as answer,
    ):
        goes_on = re.fullmatch(rf"bytes {start}-\d+/{size}", answer.headers.get("Content-Range", ""))
        if answer.status_code == 200 or (answer.status_code == 206 and goes_on):
            there = start if answer.status_code == 206 else 0
            stated = answer.headers.get("Content-Length", "")
            if answer.status_code == 200 and stated.isdecimal() and int(stated) != size:
                raise _other_size(address, f"{int(stated):,}", size)
            yield there, b""
            for piece in parts(answer):
                there += len(piece)
                if there > size:
                    raise _other_size(address, f"more than {size:,}", size)
                yield there, piece
            return
        if not start:
            answer.raise_for_status()
            raise requests.HTTPError(f"unexpected status {answer.status_code}", response=answer)
    yield from _pieces(address, 0, size)  # it does not go on from there: from the beginning


def _other_size(address: str, got: str, expected: int) -> InvalidInputError:
    return InvalidInputError(
        f"{public(address)} is something else: expected {expected:,} bytes, got {got}. Nothing was installed. "
        "Check the address and your proxy, or give another source."
    )


def _interruptible(pieces: Iterator[tuple[int, bytes]], cancel: threading.Event | None) -> Iterator[tuple[int, bytes]]:
    """Yield what a thread reads; raises `CancelledError` at once if cancelled, whatever the server does."""
    came: queue.SimpleQueue[tuple[int, bytes] | Exception | None] = queue.SimpleQueue()
    left = threading.Event()

    def read() -> None:
        try:
            for piece in pieces:
                came.put(piece)
                if left.is_set():
                    return
            came.put(None)
        except Exception as error:  # raised where it is waited for
            came.put(error)

    threading.Thread(target=read, name="download", daemon=True).start()
    try:
        while True:
            check(cancel)
            with contextlib.suppress(queue.Empty):
                if isinstance(got := came.get(timeout=_POLL_S), Exception):
                    raise got
                if got is None:
                    return
                yield got
    finally:
        left.set()


def _pause(attempt: int, cancel: threading.Event | None) -> None:
    (cancel or threading.Event()).wait(_PAUSE_S * attempt)
    check(cancel)


def _in_words(error: Exception | None) -> str:
    """Return the cause of an error of requests without the objects that its text shows."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}".rstrip()
    if isinstance(error, requests.exceptions.SSLError):
        return f"its certificate was not accepted ({str(error)[-200:]})"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy could not be reached, or refused"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError | HTTPError):
        return "no connection, or it was lost"
    return str(error)
