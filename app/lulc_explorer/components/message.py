"""What is said to a person: a message in a coloured box, or that work goes on."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

if TYPE_CHECKING:
    from collections.abc import Sequence

_CSS = "p { margin: 0 0 4px; font: 14px/1.43 var(--bokeh-base-font); overflow-wrap: anywhere; }"


class Message(pn.viewable.Viewer):
    """Shows paragraphs as they are written: what Material's own `Alert` takes is Markdown, and runs HTML.

    Parameters
    ----------
    looks
        Options of the Alert.
    """

    def __init__(self, **looks: object) -> None:
        super().__init__()
        self._words = pn.pane.HTML("", stylesheets=[_CSS], margin=0, sizing_mode="stretch_width")
        self._alert = pmui.Alert(self._words, sizing_mode="stretch_width", **looks)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._alert

    def show(self, paragraphs: Sequence[str]) -> None:
        """Show paragraphs in place of what was shown."""
        self._words.object = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)


def busy(doing: str) -> str:
    """Return the HTML that says what is being done, with a bar of work whose end is not known."""
    return f'<p role="status"><progress aria-label="{escape(doing)}"></progress> {escape(doing)} …</p>'
