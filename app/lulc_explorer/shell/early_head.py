"""The head of a page is sent before the page is built, so that the browser reads the scripts meanwhile.

Up to where the page itself comes, all pages of an address are the same but for their nonce. So what the first was sent
is kept, and is sent at once to whoever comes next, with what is known of their link; and so are the files that it
names, before the page is built. A server that warms up has a head for the first, too.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

from bokeh.resources import Resources as BokehResources
from bokeh.server.views.static_handler import StaticHandler
from panel.io.resources import Resources
from panel.io.server import DocHandler, server_html_page_for_session
from tornado.web import StaticFileHandler

if TYPE_CHECKING:
    from collections.abc import Callable

    from bokeh.document import Document
    from bokeh.server.session import ServerSession

ENDS = "<!-- the page -->"
"""Where the template says that what all pages have ends."""
AWAITED = "<!-- what is awaited -->"
"""Where the template says that what stands for the rest is put, in a head that is sent early."""
_PLACE = "{nonce}"
_ELSEWHERE = {"bokeh-token", "bokeh-session-id", "theme"}
"""Words of a link with which a page is another, or may be refused."""
_WHOLE = "lulc-whole"
"""A cookie: send this page in one piece."""
_AGAIN = f"""<script nonce="{_PLACE}">
    document.cookie = "{_WHOLE}=1; max-age=20; samesite=lax"
    if (document.cookie.includes("{_WHOLE}")) location.reload()
    else document.getElementById("lost").hidden = false
</script>"""
_ASKED_S, _QUIET_S, _MOST_S = 0.045, 0.025, 0.3
"""Seconds: a browser that lacks the files of a head asks within the first of them; it has them when no other was
answered for the second; and nobody waits longer than the third."""
_nonce: ContextVar[str] = ContextVar("nonce")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What all pages of an address begin with."""

    html: str
    proved: bool
    """Whether a page has begun with it."""


_heads: dict[str, _Head] = {}
"""By the path of the page."""
_rendered: list[str] = []
"""The head of the page that warms up, until a path takes it."""


def render(document: Document) -> None:
    """Render the head of a page that nobody sees, as that of the first will be."""
    as_served = BokehResources(mode="server", root_url="/", path_versioner=StaticHandler.append_version)
    variables = document.template_variables
    page = server_html_page_for_session(
        SimpleNamespace(document=document, token=""),  # of a page, they are below its head
        resources=Resources.from_bokeh(as_served),
        title=document.title,
        template=document.template,
        template_variables=variables,
    )
    _rendered[:] = [page.partition(ENDS)[0].replace(variables["nonce"], _PLACE)]


def begin(path: str) -> None:
    """Send the head that was rendered to whoever comes first to an address."""
    if _rendered:
        _heads[path] = _Head(html=_rendered.pop(), proved=False)


@dataclass
class _Files:
    """Scripts, style sheets and other files, of this process."""

    answered: int = 0


_files = _Files()


def a_nonce() -> str:
    """Return the nonce of the page that is being built: the one that its head was sent with, or a new one."""
    return _nonce.get(None) or secrets.token_urlsafe(16)


async def get_session(handler: DocHandler, awaited: Callable[[str], str]) -> ServerSession:
    """Send the head of a page that is like others, with what is known of its link, and build its session."""
    asked, nonce, sent = handler.request, secrets.token_urlsafe(16), ""
    alike = not (asked.arguments.keys() & _ELSEWHERE or "Bokeh-Session-Id" in asked.headers)
    if alike and asked.path in _heads and not handler.get_cookie(_WHOLE):
        sent = _heads[asked.path].html.replace(_PLACE, nonce)
        handler.set_header("Content-Type", "text/html")
        handler.write(sent.replace(AWAITED, awaited(asked.query), 1))
        await handler.flush()
        await _answer_files()
    known = _nonce.set(nonce)
    try:
        session: ServerSession = await build_session(handler)
    except Exception:
        if sent:
            handler.finish(_AGAIN.replace(_PLACE, nonce))
        raise
    finally:
        _nonce.reset(known)
    if alike:
        handler.write = partial(_write, handler.write, asked.path, nonce, sent)
    return session


def _write(write: Callable[[str], None], path: str, nonce: str, sent: str, page: str) -> None:
    """Write what of a page has not been sent; keep the head of the first.

    A page that turns out to be another, such as one that tells an error, is asked for again, and then sent whole.
    """
    head, ends, _ = page.partition(ENDS)
    if ends and nonce in head and not (path in _heads and _heads[path].proved):
        _heads[path] = _Head(html=head.replace(nonce, _PLACE), proved=True)
    write(page[len(sent) :] if page.startswith(sent) else _AGAIN.replace(_PLACE, nonce))


async def _answer_files() -> None:
    """Let a browser that lacks the files of the head have them: while a page is built, nobody is answered."""
    began, seen, wait = time.monotonic(), -1, _ASKED_S
    while seen != _files.answered and time.monotonic() - began < _MOST_S:
        seen = _files.answered
        await asyncio.sleep(wait)
        wait = _QUIET_S


async def _answer_file(handler: StaticFileHandler, path: str, include_body: bool = True) -> None:
    await answer_file(handler, path, include_body)
    _files.answered += 1


build_session, answer_file = DocHandler.get_session, StaticFileHandler.get


@cache
def send_early(awaited: Callable[[str], str]) -> None:
    """Send heads early from now on, in this process: panel has no setting for it.

    Parameters
    ----------
    awaited
        Returns HTML that stands for what comes later, given the query of a link.
    """

    async def get(handler: DocHandler) -> ServerSession:
        return await get_session(handler, awaited)

    DocHandler.get_session = get
    StaticFileHandler.get = _answer_file  # type: ignore[assignment, method-assign]
