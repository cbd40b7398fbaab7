"""Which classes are taken as one: grass, scrub and crops against the rest with one click, or any by choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from views.sources import flow

if TYPE_CHECKING:
    from review import Review

_LOW = {"& .MuiSelect-select": {"padding": "8px 14px"}}


class Merging(pn.viewable.Viewer):
    """Chooses which classes are taken as one.

    Parameters
    ----------
    review
        What the person assesses.
    """

    def __init__(self, review: Review) -> None:
        super().__init__()
        self._review = review
        focus = pmui.Toggle.from_param(
            review.param.focus,
            label="Grass, scrub, crops in focus",
            description="",
            size="small",
            margin=0,
            sx={"fontSize": "0.8125rem"},
            disabled=pn.bind(lambda _: not review.can_focus, review.param.classes),
        )
        self._together = pmui.MultiChoice(label="Take as one class", margin=0, width=250, sx=_LOW)
        self._together.link(review, value="chosen", bidirectional=True)
        more, split = (
            pmui.Button(label=label, size="small", variant="outlined", margin=0, on_click=act, disabled=off)
            for label, act, off in (
                ("Another group", lambda _: review.keep(), pn.bind(lambda c: len(c) < 2, review.param.chosen)),
                (
                    "All apart",
                    lambda _: review.split(),
                    pn.bind(lambda *groups: not any(groups), review.param.chosen, review.param.kept),
                ),
            )
        )
        review.param.watch(self._offer, ["classes", "kept"])
        self._offer()
        self._view = flow(focus, self._together, more, split, visible=pn.bind(bool, review.param.classes))

    def _offer(self, *_: object) -> None:
        self._together.options = self._review.options

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view
