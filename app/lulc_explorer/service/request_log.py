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
    log.info("%s", line(user, request.method, request.path, handler.get_status(), 1000 * request.request_time()))


def line(user: str, method: str | None, path: str, status: int, milliseconds: float) -> str:
    """Return the line of a request, in which no name or path can begin another.

    Examples
    --------
    >>> line("ana", "GET", "/services/lulc/app", 200, 12.4)
    'ana GET /services/lulc/app 200 12'
    >>> line("", "GET", "/a b" + chr(10), 403, 0.4)
    '- GET /a%20b%0A 403 0'
    """
    name, where = quote(user, safe="@+~") or "-", quote(path, safe="/%:@!$&'()*+,;=~")
    return f"{name} {method} {where} {status} {milliseconds:.0f}"
