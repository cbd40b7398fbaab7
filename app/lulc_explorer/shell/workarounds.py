"""Workarounds for upstream faults, each with the version it is for.

They patch internals, so pyproject.toml bounds panel, bokeh and panel-material-ui from above as well. Try each without
when one of these is upgraded. `page.html` holds those that run in the browser.
"""

from __future__ import annotations

import contextlib
import gc
import logging
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import dask
import dask.threaded
import panel as pn
from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.core.validation import silence
from bokeh.core.validation.warnings import EMPTY_LAYOUT
from bokeh.document.models import DocumentModelManager
from bokeh.server.connection import ServerConnection
from bokeh.server.session import ServerSession
from bokeh.settings import settings
from panel import util
from panel.io import document, location
from panel.util import edit_readonly
from tornado.websocket import WebSocketClosedError, WebSocketProtocol13

from lulc_explorer.engine.errors import UserError

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable, Sequence

    import panel_material_ui as pmui
    from bokeh.document import Document
    from bokeh.document.events import DocumentPatchedEvent
    from bokeh.protocol.messages.pull_doc_reply import pull_doc_reply
    from bokeh.protocol.messages.pull_doc_req import pull_doc_req

silence(EMPTY_LAYOUT, True)  # logged for columns that are filled later
dask.config.set(scheduler=dask.threaded.get)
"""dask 2026.8 asks distributed, where it is installed, for a cluster each time it computes; and to import distributed
silences the log of Bokeh, with the line that says where the explorer is served."""


def _untold(line: logging.LogRecord) -> bool:
    """Return whether the page does not say what a line of the log says."""
    return line.exc_info is None or not isinstance(line.exc_info[1], UserError)


logging.getLogger("panel.reactive").addFilter(_untold)
"""panel 1.9 logs a traceback of all that a widget is refused, be it a number out of bounds."""


def parse_query(query: str) -> dict[str, object]:
    """Return the words of a link as panel does; the different values of a word in a list, which no choice takes.

    panel 1.9: the last value of a word counts in silence, and one that looks like a list and is none is dropped; a
    number of thousands of digits, or a digit such as "²", ends the session before it begins.
    """
    words = {}
    for word, texts in parse_qs(query[1:]).items():
        values = [_parse_value(text) for text in dict.fromkeys(texts)]
        words[word] = values if len(values) > 1 else values[0]
    return words


def _parse_value(text: str) -> object:
    try:
        return util.parse_query("?" + urlencode({"value": text})).get("value", text)
    except ValueError:
        return text


location.parse_query = parse_query


def send_in_turn(connection: ServerConnection, event: DocumentPatchedEvent) -> Awaitable[None]:
    """Send a change of a page after those that wait until its connection is free.

    panel 1.9: what cannot be written at once it puts off, and bokeh's own messages overtook it. A change of a figure
    came before the figure, which is large, and ended in an error of the page: "reference p21244 isn't known".
    """
    page = connection.session.document
    if page not in document._WRITE_BLOCK and page not in document._WRITE_MSGS:
        return send_at_once(connection, event)
    document.schedule_write_events(page, [connection], [event])
    return _write_all(page)


async def _write_all(page: Document) -> None:
    while page in document._WRITE_MSGS:
        await document._dispatch_msgs(page)


async def write_waiting(page: Document) -> None:
    """Write what waits for a page.

    panel 1.9 leaves what is put off at the moment in which it has written all before, until something else changes:
    whoever had said their name saw no unit to label.
    """
    if page in document._WRITE_MSGS:
        document._WRITE_BLOCK[page] = True
    await write_blocked(page)


write_blocked = document._dispatch_msgs
document._dispatch_msgs = write_waiting
send_at_once = ServerConnection.send_patch_document
ServerConnection.send_patch_document = send_in_turn


def write_heard(protocol: WebSocketProtocol13, message: Any, binary: bool = False) -> Future[None]:
    """Write a part of a message; that the page has been closed meanwhile is no fault.

    tornado 6.5 writes each part in a task, and logs a traceback if that fails and nobody awaits it. panel 1.9 awaits
    none that is left once a page is gone: whoever closed theirs while a map was made left tracebacks.
    """
    writing = write_part(protocol, message, binary)
    writing.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever awaits it is told as before
    return writing


def ping(connection: ServerConnection) -> None:
    """Keep a connection alive, unless it is closed.

    bokeh 3.9 takes the session away from a connection that cannot be pinged, and fails when it hears that it is closed.
    """
    with contextlib.suppress(WebSocketClosedError):
        send_ping(connection)


write_part, send_ping = WebSocketProtocol13.write_message, ServerConnection.send_ping
WebSocketProtocol13.write_message = write_heard  # type: ignore[method-assign, assignment]
ServerConnection.send_ping = ping


async def hand_over(session: ServerSession, message: pull_doc_req, connection: ServerConnection) -> pull_doc_reply:
    """Hand a page over, begin what waits for it to be loaded, and let it hear of all that changes from then on.

    panel 1.9 takes a page for connected and loaded only when the browser has drawn it, seconds later on a slow machine.
    It drops changes that it holds back until then, as if the page would still be handed over: an error matrix stayed as
    it was. Here the page is loaded once it has been handed over; that it is drawn comes too late to matter.
    """
    page = session.document
    handed_over = await hand_over_only(session, message, connection)
    pn.state._connected[page] = pn.state._loaded[page] = True
    page.add_next_tick_callback(partial(pn.state._schedule_on_load, page, None))
    return handed_over


hand_over_only = ServerSession._handle_pull
ServerSession._handle_pull = hand_over


def themed_values(model: HasProps) -> dict[str, Any] | None:
    """Return what a theme gives a model, if one does; bokeh 3.9 raises and catches an error for each that has none."""
    themed: dict[str, Any] | None = vars(model).get("__themed_values__")
    return themed


HasProps.themed_values = themed_values  # type: ignore[method-assign, assignment]
if hasattr(settings, "perform_error_diagnostics"):  # of bokeh 3.9, for each callback of panel
    settings.perform_error_diagnostics.set_value(False)


_Known = dict[type, dict[str, Any]]
_STABLE: _Known = {}
_UNSTABLE: _Known = {}


def read_default(descriptor: PropertyDescriptor[Any], model: HasProps) -> Any:
    """Return the default of a property, from a table if it is an unchanging value.

    bokeh 3.9 gathers, copies and validates a default each time it is read: 40,000 times a page, a quarter of what a
    page costs the server.
    """
    name, themed = descriptor.name, model.themed_values()
    if themed and name in themed:
        return plain_default(descriptor, model)
    known = _STABLE.setdefault(type(model), {})
    if name not in known:
        value = plain_default(descriptor, model)
        if not isinstance(value, str | int | float | None) or descriptor.has_unstable_default(model):
            return value
        known[name] = value
    return known[name]


def may_change(descriptor: PropertyDescriptor[Any], model: HasProps) -> bool:
    """Return whether each model of a type has a default of its own: looked up once a type."""
    known = _UNSTABLE.setdefault(type(model), {})
    if descriptor.name not in known:
        known[descriptor.name] = plain_instability(descriptor, model)
    return bool(known[descriptor.name])


plain_default, plain_instability = PropertyDescriptor._get_default, PropertyDescriptor.has_unstable_default
PropertyDescriptor._get_default = read_default
PropertyDescriptor.has_unstable_default = may_change


class Models(DocumentModelManager):
    """Looks through a page's models for new ones only after one was put in or taken out.

    bokeh 3.9: every `freeze` ends with a walk through all the models of the page, and holoviews 1.23 freezes for
    each redrawing of a map, which puts in none. The walk was two thirds of a map's time.
    """

    _changed = True
    _known: tuple[str, ...] = ()

    def invalidate(self) -> None:
        self._changed = True
        super().invalidate()

    def recompute(self) -> None:
        self._changed, self._known = False, self._roots
        super().recompute()

    @property
    def _roots(self) -> tuple[str, ...]:
        document: Document | None = self._document()
        return tuple(root.id for root in document.roots) if document else ()

    def _pop_freeze(self) -> None:
        self._freeze_count -= 1
        if self._freeze_count == 0 and (self._changed or self._known != self._roots):
            self.recompute()


def explicit_sizing() -> dict[str, bool]:
    """Return the option of `pn.extension` that keeps the sizes given to layouts.

    panel 1.9.4 lets children override them unless told not to, so that a page as tall as the screen could not be
    scrolled; older releases have no such option.
    """
    return {"respect_explicit_sizing": True} if "respect_explicit_sizing" in pn.config.param else {}


def farewell(stops: Sequence[Callable[[], None]], page: pmui.Page) -> Callable[[object], None]:
    """Return what to call when a session ends: it stops its work and releases its maps.

    bokeh 3.9 clears the globals of ``main.py`` before it calls this, so it must not be defined there.
    panel 1.9, panel-material-ui 0.16: a HoloViews pane with streams inside a Material layout is never cleaned
    up, which keeps about 3 MB for every session that was ever open.
    """

    def leave(_: object) -> None:
        for stop in stops:
            stop()
        for pane in page.select(pn.pane.HoloViews):
            for plot, _ in list(pane._plots.values()):
                plot.cleanup()

    return leave


def warms_up() -> bool:
    """Return whether this session is nobody's, and ends at once.

    panel 1.9 gives it a request, but an empty one.
    """
    context = pn.state.curdoc.session_context if pn.state.curdoc else None
    return context is not None and getattr(context.request, "_request", None) is None


def keep_for_good() -> None:
    """Exempt all current objects, which are permanent, from garbage collection.

    panel 1.9 searches everything after every session that ends, in the event loop: 0.3 s in which everybody waits,
    but 0.02 s a living session without the libraries.
    """
    gc.collect()
    gc.freeze()


def clean_up_for_nobody(state: Any) -> None:
    """Begin the task that forgets for all what was busy, in the context of no page.

    panel 1.9 begins it once a process, with the first event, in the context of the page of that event: the task kept
    that page, and with a callback that came too late all of its session, for as long as the process lives.
    """
    Context().run(clean_up_busy, state)


clean_up_busy = type(pn.state)._schedule_busy_cleanup
type(pn.state)._schedule_busy_cleanup = clean_up_for_nobody


def unfollow_busy(page: pmui.Page) -> None:
    """Stop the page from following the server-wide busy state.

    panel-material-ui 0.16: `Page.busy` is tied to `pn.state.busy`, so that every event of anybody updates the
    page of everybody, and the tie outlives the session.
    """
    for names, watcher in page._param__private.ref_watchers:
        if "busy" in names:
            pn.state.param.unwatch(watcher)
    with edit_readonly(page):
        page.busy = False
