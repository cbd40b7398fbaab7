"""One line a request: who, what, with which answer, in how long. No query, in which a secret may be."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from tornado.web import RequestHandler

log = logging.getLogger("lulc_explorer.requests")


def log_request(handler: RequestHandler, user: str) -> None:
    """Log a request that has been answered.

    Parameters
    ----------
    handler
        What answered it.
    user
        Who asked; empty for nobody that the hub knows.
    """
    request = handler.request
    asked = who_and_what(user, request.method, request.path)
    log.info("%s %d %.0f", asked, handler.get_status(), 1000 * request.request_time())


def who_and_what(user: str, method: str | None, path: str) -> str:
    """Return the words of a request, in which no name or path can begin another line.

    Examples
    --------
    >>> who_and_what("ana", "GET", "/services/lulc/app")
    'ana GET /services/lulc/app'
    >>> who_and_what("", "GET", "/a b" + chr(10))
    '- GET /a%20b%0A'
    """
    name, where = quote(user, safe="@+~") or "-", quote(path, safe="/%:@!$&'()*+,;=~")
    return f"{name} {method} {where}"
