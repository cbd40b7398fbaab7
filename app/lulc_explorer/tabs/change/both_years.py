"""The clicked pixel in both years: its classes, their votes by date, and the imagery of the clearest dates."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.session.layers import SIDES
from lulc_explorer.tabs.change.style import CHANGE_CSS
from lulc_explorer.tabs.map.clicked_pixel.evidence import EvidenceSheet, sheet
from lulc_explorer.tabs.map.clicked_pixel.votes import composited, verdict

if TYPE_CHECKING:
    import param

    from lulc_explorer.engine.pixel_of_year import PixelOfYear
    from lulc_explorer.session.change import ChangeSession

_WIDE = {"sizing_mode": "stretch_width", "margin": 0}
_NONE = -1
"""Position of the chosen scene: none is."""


class BothYears(pn.viewable.Viewer):
    """Why the clicked pixel has its class in each of the two years.

    Parameters
    ----------
    comparison
        The comparison of one person.
    """

    def __init__(self, comparison: ChangeSession) -> None:
        super().__init__()
        self._comparison = comparison
        self._view = LateColumn(self._build, sizing_mode="stretch_width")
        comparison.param.watch(self._redraw, "pixels")
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _build(self) -> pn.Column:
        html = {"stylesheets": [CHANGE_CSS], **_WIDE}
        self._words = [pn.pane.HTML("", **html) for _ in SIDES]
        self._sheets = [EvidenceSheet(chosen=_NONE, **_WIDE) for _ in SIDES]
        for side, one in zip(SIDES, self._sheets, strict=True):
            one.param.watch(partial(self._show_scene, side), "chosen")
        columns = [pn.Column(*parts, **_WIDE) for parts in zip(self._words, self._sheets, strict=True)]
        swipe = pmui.Button(
            label="Swipe both years on the map",
            size="small",
            variant="outlined",
            margin=(4, 0, 14, 0),
            on_click=lambda _: self._comparison.show_on_map(),
        )
        both = pn.Column(*columns, css_classes=["years"], stylesheets=[CHANGE_CSS], **_WIDE)
        return pn.Column(both, swipe, **_WIDE)

    def _redraw(self, *_: param.parameterized.Event) -> None:
        pixels = self._comparison.pixels
        self._view.show(bool(pixels))
        for number, found in enumerate(pixels):
            self._words[number].object = words(found)
            shown = {} if found.evidence is None else sheet(found.land_cover, found.evidence)
            self._sheets[number].param.update(shown=shown, chosen=_NONE)

    def _show_scene(self, side: str, event: param.parameterized.Event) -> None:
        """Show a scene on the map of its year."""
        if event.new != _NONE:
            found = self._comparison.pixels[SIDES.index(side)]
            self._comparison.show_on_map(side, found.land_cover.moments[event.new])


def words(found: PixelOfYear) -> str:
    """Return the class of a pixel in a year, and how clear it is, as HTML."""
    why = found.land_cover.why_no_votes
    said = verdict(found.ledger) if found.ledger is not None else composited(found.land_cover, found.pixel)
    note = f"<p>{escape(why)}</p>" if why else ""
    return f"<h3>{found.land_cover.request.year}: {escape(said[:1].lower() + said[1:])}</h3>{note}"
