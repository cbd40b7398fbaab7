"""Shows the errors that no other part of the page shows; the rest of the page goes on."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.message import Message
from lulc_explorer.engine.errors import UserError, user_message

if TYPE_CHECKING:
    from param.parameterized import Event

    from lulc_explorer.session.remarks import Remarks

_MOST = 4
"""Errors that are shown at once."""


class Notices(pn.viewable.Viewer):
    """A message that can be closed, for remarks and for errors that no other part of the page shows."""

    def __init__(self) -> None:
        super().__init__()
        self._said: list[str] = []
        self._view = LateColumn(lambda: self._message, sizing_mode="stretch_width")
        say = weakref.WeakMethod(self.say)  # panel 1.9 keeps its configuration of a session for as long as this lives
        pn.config.exception_handler = lambda error: there(error) if (there := say()) else None

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _message(self) -> Message:
        message = Message(severity="error", closeable=True, margin=(10, 0))
        message.__panel__().param.watch(lambda event: self._view.show(not event.new), "closed")
        return message

    def follow(self, remarks: Remarks) -> None:
        """Show each remark, until it is taken back."""

        def say(event: Event) -> None:
            if event.new:
                self.say(UserError(event.new))

        remarks.param.watch(say, "latest", onlychanged=False)
        remarks.param.watch(lambda event: self._take_back(event.new), "taken_back", onlychanged=False)

    def say(self, error: Exception) -> None:
        """Show an error, below those that nobody has closed; one that nobody can act on also goes to the log."""
        said = self._said if self._view.visible else []
        words = user_message(error)
        self._said = [*(other for other in said if other != words), words][-_MOST:]
        self._message.show(self._said)
        self._message.__panel__().closed = False
        self._view.show()

    def _take_back(self, words: str) -> None:
        """Show an error no longer."""
        if self._view.visible and words in self._said:
            self._said.remove(words)
            self._message.show(self._said)
            self._view.show(bool(self._said))
