"""Searching a STAC API, and what to say when it does not answer."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pystac_client
import requests
from pystac_client.stac_api_io import StacApiIO
from urllib3.util import Retry

from lulc_core.errors import InvalidInputError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_core.regions import Region

PLANETARY_COMPUTER = "https://planetarycomputer.microsoft.com/api/stac/v1"
"""The default catalog; ``"planetary-computer"`` is short for it, or for the address in ``$LULC_STAC_API``."""
_CONNECT_S = 4.0
"""Longest wait for a connection, so that a missing network is noticed soon."""
_BUSY = (429, 502, 503, 504)
"""HTTP statuses after which the same request is worth another try."""
_CAUSES = {
    "NameResolutionError": "its host name is not known",
    "NewConnectionError": "could not connect",
    "ConnectTimeoutError": "could not connect",
    "ProxyError": "the proxy did not answer",
    "ReadTimeoutError": "no answer within {timeout:g} s",
    "ResponseError": "the server is too busy",
    "SSLError": "could not make a secure connection",
}
"""The client's reason to plain words."""


def search_api(region: Region, year: int, catalog: str | Path, collection: str, timeout: float) -> list[dict[str, Any]]:
    """Return the items of a collection that touch a region and a year, as a STAC API gives them; see `search`."""
    url = _address(catalog)
    retry = Retry(total=5, connect=1, read=1, backoff_factor=0.5, status_forcelist=_BUSY, allowed_methods=None)
    try:
        client = pystac_client.Client.open(
            url, stac_io=StacApiIO(max_retries=retry), timeout=(min(timeout, _CONNECT_S), timeout)
        )
        found = client.search(collections=[collection], bbox=region.bbox, datetime=str(year))
        return list(found.items_as_dicts())
    except (requests.RequestException, pystac_client.exceptions.APIError, TimeoutError) as error:
        raise UnreachableError(
            f"The STAC API at {url} did not answer the search for {collection} of {year}: {_cause(error, timeout)}. "
            "Check the address and your connection, try again later, or give a local items.json."
        ) from error
    except Exception as error:  # an address that is no STAC API makes the client raise almost anything
        raise InvalidInputError(
            f"{url} does not answer as a STAC API. Give the address of one, or a local items.json."
        ) from error


def is_address(catalog: str | Path) -> bool:
    """Whether a catalog is a STAC API; if not, it is a path."""
    return str(catalog) == "planetary-computer" or urlparse(str(catalog)).scheme in ("http", "https")


def _address(catalog: str | Path) -> str:
    default = os.environ.get("LULC_STAC_API") or PLANETARY_COMPUTER
    return default if str(catalog) == "planetary-computer" else str(catalog)


def _cause(error: Exception, timeout: float) -> str:
    """Return why there was no answer, in plain words; the client's own stay with the error that it raised."""
    if status := getattr(error, "status_code", None):
        return f"the server returned HTTP {status}"
    found = re.search(r"Caused by (\w+)", str(error))
    return _CAUSES.get(found[1] if found else "", "the connection was lost").format(timeout=timeout)
