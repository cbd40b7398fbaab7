"""What the browser may load, run and frame: the page's Content-Security-Policy, and the headers of every answer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tornado.web import RequestHandler

from lulc_explorer.layers.basemaps import TILES
from lulc_explorer.shell.early_head import a_nonce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bokeh.document import Document

HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Sent with every answer; base maps need to be told the origin."""


def let_frame(pages: Sequence[str]) -> None:
    """Let pages of some other origins frame the explorer, such as a notebook's, on another port."""
    HEADERS["Content-Security-Policy"] = f"frame-ancestors 'self' {' '.join(pages)}"
    HEADERS.pop("X-Frame-Options", None)  # it knows only one origin


def protect(document: Document) -> None:
    """Let a page run the scripts of its own template only: markup that slips into it runs nothing.

    Bokeh's callbacks are compiled in the browser, and panel's components are modules of the page's own blobs.
    """
    nonce = a_nonce()
    tiles = " ".join(sorted({f"https://{urlsplit(source.url).netloc}" for source in TILES.values()}))
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{nonce}' 'unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob: {tiles}",
        "font-src": "'self' data:",
        "connect-src": "'self' ws: wss: data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
    }
    policy = "; ".join(f"{name} {sources}" for name, sources in rules.items())
    document.template_variables.update(nonce=nonce, policy=policy)


@cache
def send_headers() -> None:
    """Send `HEADERS` with every answer of this process: panel has no setting for them."""

    def clear(self: RequestHandler) -> None:
        plain(self)
        for name, value in HEADERS.items():
            self.set_header(name, value)

    plain = RequestHandler.clear  # not set_default_headers, which some of bokeh's handlers override
    RequestHandler.clear = clear  # type: ignore[method-assign]
