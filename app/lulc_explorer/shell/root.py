"""The address of the server itself: it leads to the page, with the words of the link."""

from __future__ import annotations

from bokeh.server.views.root_handler import RootHandler


class Root(RootHandler):
    """Redirects to the page, which keeps the link; bokeh 3.9 drops its words."""

    def initialize(self) -> None:
        """Take nothing: there is one page."""

    async def get(self) -> None:
        """Redirect."""
        page, words = f"{self.request.path.rstrip('/')}/app", self.request.query
        self.redirect(f"{page}?{words}" if words else page)


ROUTES = [("/?", Root)]
"""What ``panel serve --plugins`` adds."""
