"""Searching a STAC API, and what to say when it does not answer."""

from __future__ import annotations

import json
import logging
import math
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pystac
import pystac_client
import requests
from pystac_client.stac_api_io import StacApiIO
from urllib3.exceptions import HTTPError

from lulc_core.errors import InvalidInputError, LulcError, UnreachableError
from lulc_core.imagery.access import Access, public
from lulc_core.imagery.catalogs import MOST_BYTES, address_of
from lulc_core.imagery.connections import ask, parts, session
from lulc_core.imagery.patience import pause
from lulc_core.untrusted import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from lulc_core.json_types import JsonObject
    from lulc_core.regions import Region

_log = logging.getLogger(__name__)
SEARCH_TIMEOUTS = 10
"""Longest time of a search, in time-outs of one answer."""
PAGE_ITEMS = 200
"""Items that a page is asked to hold."""
MOST_PAGES = 100
"""Pages of one search."""
ATTEMPTS = 6
"""How often a busy server is asked; all pauses together last as long as one answer may."""
CONNECTIONS = 2
"""How often a server is asked that does not answer at all."""
_CONNECT_S = 4.0
"""Longest wait for a connection, so that a missing network is noticed soon."""
_BUSY = (429, 502, 503, 504)
"""HTTP statuses of a server that has too much to do."""
_AGAIN = (*_BUSY, 408, 500)
"""HTTP statuses after which the same request is worth another try."""
_LOST = "the connection was lost"
"""Why there was no answer, where nothing else is known."""
_CAUSES = {
    "NameResolutionError": "its host name is not known",
    "NewConnectionError": "could not connect",
    "ConnectTimeoutError": "could not connect",
    "ProxyError": "the proxy did not answer",
    "ReadTimeoutError": "no answer within {timeout:g} s",
    "SSLError": "could not make a secure connection; certificates of your organisation's own: name their file in "
    "REQUESTS_CA_BUNDLE",
}
"""The client's reason to plain words."""


def search_api(
    region: Region, when: int | date, catalog: str | Path, collection: str, timeout: float
) -> list[JsonObject]:
    """Return the items of a collection that touch a region in a year or on a day, as a STAC API gives them."""
    url = address_of(catalog)
    try:
        client = pystac_client.Client.open(url, stac_io=_Bounded(url, timeout))
        found = client.search(collections=[collection], bbox=region.bbox, datetime=str(when), limit=PAGE_ITEMS)
        return list(found.items_as_dicts())
    except LulcError:
        raise
    except (requests.RequestException, pystac_client.exceptions.APIError, HTTPError, TimeoutError) as error:
        raise UnreachableError(
            f"The STAC API at {public(url)} did not answer the search for {collection} of {when}: "
            f"{_cause(error, timeout)}. Check the address and your connection, try again later, or give a local "
            "items.json."
        ) from error
    except Exception as error:  # an address that is no STAC API makes the client raise almost anything
        raise InvalidInputError(
            f"{public(url)} does not answer as a STAC API. Give the address of one, or a local items.json."
        ) from error


class _GarbledError(InvalidInputError):
    """An answer is no JSON."""


class _Bounded(StacApiIO):
    """Asks a STAC API, and ends whatever it answers: pages, bytes and time are bounded, and loops noticed."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__()
        self._url, self._timeout = public(url), timeout
        self._until = time.monotonic() + SEARCH_TIMEOUTS * timeout
        self._access, self._bytes = Access.of(url), 0
        self.session.close()
        self.session = session(self._access.reach)

    def json_loads(self, txt: str, *_: Any, **__: Any) -> Any:
        return parse_json(txt, f"An answer of the STAC API at {self._url}", nan=True)

    def get_pages(
        self, url: str, method: str | None = None, parameters: JsonObject | None = None
    ) -> Iterator[JsonObject]:
        asked: set[str] = set()
        known: set[str] = set()
        page = self._checked(self.read_json(url, method=method, parameters=parameters))
        while page["features"]:
            yield page
            link = next((link for link in page.get("links") or () if link.get("rel") == "next"), None)
            if link is None:
                return
            request = json.dumps([link.get("href"), link.get("method"), link.get("body")], sort_keys=True)
            names = {json.dumps(feature.get("id")) for feature in page["features"] if isinstance(feature, dict)}
            if request in asked or names <= known:
                raise self._endless("gives a page that it has given before")
            if len(asked) == MOST_PAGES:
                raise self._endless(f"has more than {MOST_PAGES} pages")
            asked.add(request)
            known |= names
            page = self._checked(self.read_json(pystac.Link.from_dict(link), parameters=parameters))

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: JsonObject | None = None,
    ) -> str:
        asked = {"headers": headers, "json" if method == "POST" else "params": parameters}
        for attempt in range(1, ATTEMPTS + 1):
            self._left()
            try:
                with self._ask(method or "GET", href, **asked) as got:
                    if got.ok:
                        return self._complete(got)
                    problem, said = f"answered {got.status_code}", got.headers
                    if got.status_code not in _AGAIN or attempt == ATTEMPTS:
                        raise _refusal(got)
            except (requests.RequestException, HTTPError, _GarbledError) as lost:
                problem, said = _cause(lost, self._timeout), None
                often = problem == _LOST and not isinstance(lost, requests.TooManyRedirects)
                if attempt == (ATTEMPTS if often else CONNECTIONS):
                    raise
            _log.info("The STAC API at %s: %s; asking again", self._url, problem)
            time.sleep(min(pause(attempt, said), self._timeout / (ATTEMPTS - 1)))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _complete(self, answer: requests.Response) -> str:
        """Return the text of an answer; raises `_GarbledError` if it is no JSON, as one that was cut off."""
        content = self._read(answer)
        try:
            text = content.decode("utf-8")
            self.json_loads(text)
        except UnicodeDecodeError as error:
            raise _GarbledError(f"The STAC API at {self._url} gave an answer that is not UTF-8 text.") from error
        except InvalidInputError as error:
            raise _GarbledError(str(error)) from error
        return text

    def _ask(self, method: str, href: str, **asked: Any) -> requests.Response:
        """Return the answer to a request, its content unread; redirects are looked at before they are followed."""
        if method.upper() not in ("GET", "POST"):
            raise InvalidInputError(f"The STAC API at {self._url} asks for {method[:20]!r}; expected GET or POST.")
        patience = (min(self._timeout, _CONNECT_S), self._timeout)
        return ask(self.session, method.upper(), href, self._check, timeout=patience, **asked)

    def _read(self, answer: requests.Response) -> bytes:
        """Return an answer's content; it comes within the time of two answers."""
        until, content = time.monotonic() + 2 * self._timeout, []
        for part in parts(answer):
            self._bytes += len(part)
            if self._bytes > MOST_BYTES:
                raise self._endless(f"has more than {MOST_BYTES >> 20} MiB")
            self._left(until)
            content.append(part)
        return b"".join(content)

    def _left(self, until: float = math.inf) -> None:
        """Raise if the time of the search, or of one answer, is over."""
        if time.monotonic() > min(until, self._until):
            raise UnreachableError(
                f"The STAC API at {self._url} is too slow: its answer was not complete in time. "
                "Search a smaller place, try again later, or allow a longer time-out."
            )

    def _check(self, href: str) -> None:
        problem = "leads to no web address" if urlparse(href).scheme not in ("http", "https") else ""
        if problem := problem or self._access.problem(href):
            raise InvalidInputError(
                f"The STAC API at {self._url} {problem}: {public(href)}. Give another catalog, or a local items.json."
            )

    def _checked(self, page: object) -> JsonObject:
        if not isinstance(page, dict) or not isinstance(page.get("features"), list):
            raise InvalidInputError(
                f"A page of the STAC API at {self._url} has no list of `features`: it is not a STAC answer, and the "
                "search would lack items. Try again later, or give another catalog."
            )
        return page

    def _endless(self, what: str) -> InvalidInputError:
        return InvalidInputError(
            f"The answer of the STAC API at {self._url} does not end: it {what}. "
            "Search a smaller place, or give another catalog."
        )


def _refusal(answer: requests.Response) -> pystac_client.exceptions.APIError:
    """Return the client's error for an HTTP status."""
    error = pystac_client.exceptions.APIError(answer.reason)
    error.status_code = answer.status_code
    return error


def _cause(error: Exception, timeout: float) -> str:
    """Return why there was no answer, in plain words; the client's own stay with the error that it raised."""
    if status := getattr(error, "status_code", None):
        return "the server is too busy" if status in _BUSY else f"the server returned HTTP {status}"
    found = re.search(r"Caused by (\w+)", str(error))
    return _CAUSES.get(found[1] if found else "", _LOST).format(timeout=timeout)
