"""Signatures for images of the Planetary Computer: made just before an image is opened, from one token for all threads.

The library `planetary_computer` knows which addresses need a token, and signs them with one from its cache. What it
does not do is done here: many threads ask for a token once, an endless request ends, and only a token that may have
expired is asked for again. The key of ``$PC_SDK_SUBSCRIPTION_KEY`` is sent to the token's endpoint and nowhere else.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import requests
from urllib3.exceptions import HTTPError

from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.imagery.access import Reach, public
from lulc_core.imagery.connections import parts, session
from lulc_core.imagery.patience import pause, wait_for_turn
from lulc_core.untrusted import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from planetary_computer.sas import SASToken

ATTEMPTS = 6
"""How often a token is asked for."""
TIMEOUTS = (4.0, 30.0)
"""Longest wait for a connection and for an answer, s."""
MOST_BYTES = 2**16
"""Bytes of the longest answer."""
LONGEST_PAUSE_S = 10.0
"""Longest pause before a token is asked for again."""
_EXPIRES_S = 60
"""A token is renewed when it has fewer seconds left, as the library does."""
_AGAIN = (408, 429, 500, 502, 503, 504)
REMEMBERED_S = 30.0
"""As long, a token that could not be had is not asked for again: all threads hear the same."""
_had: dict[str, float] = {}
"""Where a token was asked for to when it came, by the clock of `time.monotonic`."""
_refused: dict[str, tuple[float, str]] = {}
"""Where no token could be had to when, and why."""
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_guard = threading.Lock()


class NoTokenError(UnreachableError):
    """There is no token to be had."""


def sign(href: str) -> str:
    """Return an address with a signature, if it is one of the Planetary Computer's storage; others as they are.

    Raises
    ------
    NoTokenError
        If there is no token to be had; the message holds neither key nor token.
    """
    where = _endpoint(href)
    if not where:
        return href
    with _guard:
        lock = _locks[where]
    with lock:
        tokens = _client().sas.TOKEN_CACHE
        if where not in tokens or tokens[where].ttl() < _EXPIRES_S:
            tokens[where] = _fresh(where)
            _had[where] = time.monotonic()
    signed: str = _client().sign(href)
    return signed


@functools.cache
def _client() -> ModuleType:
    """Return the library, loaded when it is first asked for.

    Local catalogs need no signature, and with it comes half of a JupyterLab where one is installed. Threads that ask at
    once wait for each other; a lazy module breaks under them.
    """
    import planetary_computer

    return planetary_computer


def forget_tokens(before: float) -> None:
    """Sign afresh from now on with tokens that came before a moment of `time.monotonic`: they may have expired.

    A later one is that of another thread which met the same refusal, and stays.
    """
    tokens = _client().sas.TOKEN_CACHE
    for where in [where for where in list(tokens) if _had.get(where, 0.0) <= before]:
        tokens.pop(where, None)


def _endpoint(href: str) -> str:
    """Return where the token for an address is to be had; empty if it needs none."""
    parsed = urlsplit(href)
    if parsed.scheme not in ("http", "https"):
        return ""
    signed = parse_qs(parsed.query).keys() & {"st", "se", "sp"}
    path = parsed.path.lstrip("/").split("/", 1)
    if signed or not parsed.netloc.endswith(_client().sas.BLOB_STORAGE_DOMAIN) or len(path) < 2:
        return ""
    return f"{_client().settings.Settings.get().sas_url}/{parsed.netloc.split('.')[0]}/{path[0]}"


def _fresh(where: str) -> SASToken:
    """Ask for a token; raise at once what another thread has just been told."""
    when, why = _refused.get(where, (-REMEMBERED_S, ""))
    if time.monotonic() - when < REMEMBERED_S:
        raise NoTokenError(why)
    try:
        return _fetch(where)
    except NoTokenError as error:
        _refused[where] = time.monotonic(), str(error)
        raise


def _fetch(where: str) -> SASToken:
    """Ask for a token; a busy or broken endpoint several times."""
    key = _client().settings.Settings.get().subscription_key
    headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
    with session(Reach.LINK_LOCAL) as client:  # the endpoint is the owner's word, not a catalog's
        for attempt in range(1, ATTEMPTS + 1):
            wait_for_turn(where)
            said: Mapping[str, str] = {}
            try:
                with client.get(  # a redirect would carry the key elsewhere
                    where, headers=headers, timeout=TIMEOUTS, stream=True, allow_redirects=False
                ) as answer:
                    if answer.status_code == requests.codes.ok:
                        return _token(answer)
                    problem, said = f"it answered HTTP {answer.status_code}", answer.headers
                    if answer.status_code not in _AGAIN:
                        break
            except (requests.RequestException, HTTPError) as error:
                problem = f"no answer ({type(error).__name__})"
            except (InvalidInputError, ValueError, TypeError):
                problem = "its answer is no token"
            if attempt < ATTEMPTS:
                time.sleep(min(pause(attempt, said), LONGEST_PAUSE_S))
    account = "" if key else " Some collections need an account: set PC_SDK_SUBSCRIPTION_KEY."
    raise NoTokenError(
        f"No token for images of the Planetary Computer from {public(where)}: {problem}. Try again later.{account}"
    )


def _token(answer: requests.Response) -> SASToken:
    """Return the token of an answer; raises if there is none."""
    content = b""
    for part in parts(answer):
        content += part
        if len(content) > MOST_BYTES:
            raise ValueError
    return _client().sas.SASToken(**parse_json(content.decode("utf-8"), "The answer"))
