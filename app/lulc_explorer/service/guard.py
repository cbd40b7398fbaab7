"""Nothing but the health of the service is answered before the hub has said who asks: no page, file or websocket."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from bokeh.server.tornado import BokehTornado
from bokeh.server.views.autoload_js_handler import AutoloadJsHandler
from bokeh.server.views.doc_handler import DocHandler
from bokeh.server.views.root_handler import RootHandler
from bokeh.server.views.ws import WSHandler
from bokeh.util.token import get_session_id
from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from lulc_explorer.service.people import belong_to, owns, user_of
from lulc_explorer.service.request_log import log, log_request, who_and_what

if TYPE_CHECKING:
    from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest

    from lulc_explorer.service.people import People
    from lulc_explorer.service.settings import ServiceSettings

_JOINS = {"bokeh-session-id", "bokeh-token"}
"""By these Bokeh joins a page to a session that is there, whoever has it."""


class Health(RequestHandler):
    """Says that the event loop answers, and nothing else."""

    def get(self) -> None:
        self.write({"alive": True})


class _Tornados(RequestHandler):
    """Stands before what Bokeh and Panel do to the login, of which the hub's own knows nothing."""

    def get_login_url(self) -> str:
        return RequestHandler.get_login_url(self)  # not the next in line, which is Bokeh's


class Guarded(HubOAuthenticated, _Tornados):
    """Asks the hub who asks, before any handler that it is mixed into does anything."""

    async def prepare(self) -> None:
        if self.request.method not in ("GET", "HEAD"):
            raise HTTPError(405)
        await self.hub_auth.get_user(self, sync=False)  # kept for what follows, which would block the event loop
        user = self.current_user
        if user is None:
            if not isinstance(self, DocHandler | RootHandler):
                raise HTTPError(403)
            self.redirect(self.get_login_url())
            return
        belong_to(self.request, user["name"])
        self._refuse_what_is_not_theirs(user["name"])
        ready = super().prepare()
        if ready is not None:
            await ready

    def check_xsrf_cookie(self) -> None:
        """Let scripts fetch files of the libraries, but no page, in which a token is: other pages share the host."""
        if not isinstance(self, StaticFileHandler):
            super().check_xsrf_cookie()

    def _refuse_what_is_not_theirs(self, user: str) -> None:
        service = cast("GuardedExplorer", self.application)
        joins = _JOINS & self.request.arguments.keys() or "Bokeh-Session-Id" in self.request.headers
        if joins or isinstance(self, AutoloadJsHandler):  # autoload.js gives a token to the page that runs it
            raise HTTPError(403)
        if isinstance(self, WSHandler):
            token = self.request.headers.get("Sec-WebSocket-Protocol", "").rpartition(",")[2].strip()
            if not owns(user, token, service.secret_key):
                raise HTTPError(403)
            begins = not service.people.has(get_session_id(token))
        else:
            begins = isinstance(self, DocHandler)
        if begins and service.people.sessions[user] >= service.limits.sessions:
            raise HTTPError(429)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Log what nobody foresaw; Tornado would write the query, too, and refusals are in the log of requests."""
        if not isinstance(error, HTTPError):
            asked = who_and_what(user_of(self.request), self.request.method, self.request.path)
            log.error("%s failed", asked, exc_info=(kind, error, trace))

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say what to do, in plain text."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(_ADVICE.get(status_code, f"{status_code}: {self._reason}"))


_ADVICE = {
    403: "You may not open this. Open the explorer from the hub, after logging in there.",
    429: "You have as many explorers open as one person may have here. Close one; half a minute later this opens.",
}


@cache
def guarded(handler: type[Any]) -> type[Any]:
    """Return a handler that asks the hub first; those of the health and of the login as they are."""
    if issubclass(handler, Health | HubOAuthCallbackHandler):
        return handler
    return type(handler.__name__, (Guarded, handler), {})


class GuardedExplorer(BokehTornado):
    """What Bokeh serves, guarded at the one place that every request passes, for what is not found, too."""

    people: People
    limits: ServiceSettings

    def get_handler_delegate(
        self, request: HTTPServerRequest, target_class: type[RequestHandler], *rest: Any, **more: Any
    ) -> HTTPMessageDelegate:
        handler: Any = target_class  # mypy finds no hash in the type of a class
        return super().get_handler_delegate(request, guarded(handler), *rest, **more)

    def log_request(self, handler: RequestHandler) -> None:
        log_request(handler, user_of(handler.request))
