"""Merging classes: all but the most confusable ones with one click, or any by choice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
import param

from lulc_explorer.components.choices import flow
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.classes import CONFUSABLE

if TYPE_CHECKING:
    from panel.models.esm import DataEvent

    from lulc_explorer.session.accuracy import AccuracySession

_LOW = {"fontSize": "0.8125rem", "height": 38, "whiteSpace": "nowrap"}


class ClassChips(StyledComponent):
    """Switches of the classes; each press is its own message."""

    names = param.List(doc="Classes that can be merged.")
    pressed = param.List(doc="Classes that are merged.")

    _esm = Path(__file__).with_name("merging.js")


class Merging(pn.viewable.Viewer):
    """Chooses which classes are merged.

    Parameters
    ----------
    accuracy
        The accuracy assessment of one person.
    """

    def __init__(self, accuracy: AccuracySession) -> None:
        super().__init__()
        self._accuracy = accuracy
        focus = pmui.Toggle.from_param(
            accuracy.param.focus,
            label=f"Focus on {', '.join(CONFUSABLE)}",
            description="",
            size="small",
            margin=0,
            sx=_LOW,
            disabled=pn.bind(lambda _: not accuracy.can_focus, accuracy.param.classes),
        )
        chips = ClassChips(
            names=pn.bind(lambda *_: accuracy.options, accuracy.param.classes, accuracy.param.kept),
            pressed=pn.bind(lambda c, focus: [] if focus else c, accuracy.param.chosen, accuracy.param.focus),
            margin=0,
        )
        chips.on_msg(self._press)
        more, split = (
            pmui.Button(label=label, size="small", variant="outlined", margin=0, on_click=act, visible=shown)
            for label, act, shown in (
                ("New group", lambda _: accuracy.keep(), pn.bind(lambda c: len(c) > 1, accuracy.param.chosen)),
                (
                    "Unmerge all",
                    lambda _: accuracy.split(),
                    pn.bind(lambda *groups: any(groups), accuracy.param.chosen, accuracy.param.kept),
                ),
            )
        )
        room = {"min-height": "59px", "min-width": "min(100%, 966px)"}  # before it is drawn
        self._view = flow(focus, chips, more, split, visible=pn.bind(bool, accuracy.param.classes), styles=room)

    def _press(self, event: DataEvent) -> None:
        self._accuracy.press(event.data)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view
