"""What the maps highlight, and the button that ends it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.message import Message
from lulc_explorer.rendering.formatting import hectares

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import Spotlight
    from lulc_explorer.rendering.markers import SamplePoints
    from lulc_explorer.session.session import Session


class SpotlightBar(pn.viewable.Viewer):
    """Says which pixels are highlighted, with the button that shows the whole map.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._view = LateColumn(self._build, sizing_mode="stretch_width")
        session.focus.param.watch(self._redraw, ["spotlight", "sample_points"])
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _words(self) -> Message:
        return Message(severity="info", variant="outlined", margin=(8, 0))

    def _build(self) -> pn.Column:
        back = pmui.Button(
            label="Show the whole map",
            size="small",
            variant="outlined",
            margin=(0, 0, 8, 0),
            on_click=lambda _: show_all(self._session),
        )
        return pn.Column(self._words, back, sizing_mode="stretch_width", margin=0)

    def _redraw(self, *_: object) -> None:
        spotlight, points = self._session.focus.spotlight, self._session.focus.sample_points
        if spotlight is not None or points is not None:
            self._words.show([describe(spotlight, points)])
        self._view.show(spotlight is not None or points is not None)


def show_all(session: Session) -> None:
    """Show the whole map."""
    session.focus.param.update(spotlight=None, sample_points=None)
    session.layers.left = "prediction"


def describe(spotlight: Spotlight | None, points: SamplePoints | None) -> str:
    """Return what is highlighted, and its area."""
    if points is not None:
        right, wrong = int(points.right.sum()), int((~points.right).sum())
        inks = ("blue, darker where denser:", "pink:") if points.crowded else ("○", "✕")
        return (
            f"Sampled pixels of {points.title}: {inks[0]} {right:,} mapped correctly, "
            f"{inks[1]} {wrong:,} mapped wrongly."
        )
    if spotlight is None:
        return ""
    return (
        f"Highlighted: {spotlight.words}: {hectares(spotlight.hectares)} ha on the whole map. Left: truth. Right: map."
    )
