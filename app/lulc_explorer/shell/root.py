"""The address of the server itself: it leads to the page, with the words of the link."""

from __future__ import annotations

from functools import cache

from panel.io.server import RootHandler
from tornado.web import authenticated


@cache
def keep_words() -> None:
    """Keep the words of a link from now on, in this process: panel 1.9 drops them on its way to the page."""

    @authenticated
    async def get(self: RootHandler) -> None:
        page, *others = self.applications
        if others or not self.use_redirect:
            await plain(self)
            return
        to, words = f"{self.request.path.rstrip('/')}{page}", self.request.query
        self.redirect(f"{to}?{words}" if words else to)

    plain = RootHandler.get
    RootHandler.get = get
