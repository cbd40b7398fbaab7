"""Says that something went wrong in a corner that nobody thought of; the rest of the page goes on."""

from __future__ import annotations

import weakref

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.engine.errors import user_message

_BETWEEN = "\n\n"
_MOST = 4
"""Errors that are shown at once."""


class Notices(pn.viewable.Viewer):
    """A message that can be closed, for the errors that no other part of the page answers."""

    def __init__(self) -> None:
        super().__init__()
        self._alert = pmui.Alert(
            severity="error", closeable=True, visible=False, margin=(10, 0), sizing_mode="stretch_width"
        )
        self._alert.param.watch(lambda event: self._alert.param.update(visible=not event.new), "closed")
        say = weakref.WeakMethod(self.say)  # panel 1.9 keeps its configuration of a session for as long as this lives
        pn.config.exception_handler = lambda error: (there := say()) and there(error)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._alert

    def say(self, error: Exception) -> None:
        """Show an error, below those that nobody has closed; one that nobody can act on also goes to the log."""
        said = self._alert.object.split(_BETWEEN) if self._alert.visible else []
        words = user_message(error)
        latest = [*(other for other in said if other != words), words][-_MOST:]
        self._alert.param.update(object=_BETWEEN.join(latest), closed=False, visible=True)
