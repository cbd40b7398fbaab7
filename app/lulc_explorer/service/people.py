"""Who has which session: its user's name is signed into it, and counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bokeh.application.handlers.handler import Handler
from bokeh.util.token import check_token_signature, get_token_payload

from lulc_explorer.engine.allowance import OWNER

if TYPE_CHECKING:
    from bokeh.application.application import SessionContext
    from bokeh.document import Document
    from tornado.httputil import HTTPServerRequest


class People(Handler):
    """The users of the hub who have the explorer open.

    A part of the application that Bokeh serves, which tells it of every page, and of sessions that begin and end.
    """

    def __init__(self) -> None:
        super().__init__()
        self._owners: dict[str, str] = {}

    def modify_document(self, _: Document) -> None:
        """Add nothing to the page."""

    def process_request(self, request: HTTPServerRequest) -> dict[str, str]:
        """Return what is signed into the token of a page: whose it is."""
        return {OWNER: user_of(request)}

    async def on_session_created(self, session_context: SessionContext) -> None:
        self._owners[session_context.id] = session_context.token_payload[OWNER]

    async def on_session_destroyed(self, session_context: SessionContext) -> None:
        self._owners.pop(session_context.id, None)

    @property
    def sessions(self) -> Counter[str]:
        """Open sessions by the name of the user."""
        return Counter(self._owners.values())

    def has(self, session: str) -> bool:
        """Whether a session is open, by its id."""
        return session in self._owners


def belong_to(request: HTTPServerRequest, user: str) -> None:
    """Note who asks."""
    request.lulc_user = user  # type: ignore[attr-defined]


def user_of(request: HTTPServerRequest) -> str:
    """Return who asks; empty before the hub has said it."""
    return str(getattr(request, "lulc_user", ""))


def owns(user: str, token: str, secret: bytes) -> bool:
    """Return whether a token was signed by this server for a user.

    Examples
    --------
    >>> from bokeh.util.token import generate_jwt_token, generate_session_id
    >>> secret = b"a secret of the hub"
    >>> session = generate_session_id(secret, signed=True)
    >>> token = generate_jwt_token(session, secret, signed=True, extra_payload={"lulc_owner": "ana"})
    >>> owns("ana", token, secret), owns("eve", token, secret), owns("ana", token, b"another"), owns("ana", "", secret)
    (True, False, False, False)
    """
    try:
        return check_token_signature(token, secret, signed=True) and get_token_payload(token).get(OWNER) == user
    except Exception:  # whatever Bokeh raises for what is no token
        return False
