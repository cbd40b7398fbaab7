"""The map of change: the new class where the two years differ, all else faded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import holoviews as hv
import panel as pn
from bokeh.events import Tap
from bokeh.models import CustomJSHover

from lulc_explorer.components import map_tools
from lulc_explorer.components.late_glyphs import LateGlyphs
from lulc_explorer.components.map_canvas import Canvas, paint
from lulc_explorer.engine.classes import PALETTE, PALETTES
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.palette import FAINT, NO_DATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    import param
    from bokeh.events import PointEvent
    from bokeh.plotting import figure

    from lulc_explorer.session.change import ChangeSession

_HEIGHT = 420
_SAY = "return words[value] ?? 'no data in one of the years'"


class ChangeMap(pn.viewable.Viewer):
    """Where the class changed, and to what.

    Parameters
    ----------
    comparison
        The comparison of one person.
    """

    def __init__(self, comparison: ChangeSession) -> None:
        super().__init__()
        self._comparison = comparison
        chosen = [comparison.param[name] for name in ("compared", "clear_only", "flow")]
        self._canvas = Canvas(comparison.session, self._home, height=_HEIGHT)
        self.pane = self._canvas.pane(
            self._draw,
            hv.streams.Params(parameters=[*chosen, comparison.session.display.param.colours]),
            self._dress,
            sizing_mode="stretch_width",
            height=_HEIGHT,
            linked_axes=False,
        )
        self._marks = LateGlyphs(map_tools.mark)
        comparison.session.selection.param.watch(lambda _: self._canvas.go(self._home), "place")
        comparison.session.inspection.param.watch(self._mark, "pixel")
        comparison.param.watch(self._mark, "compared")
        self._mark()

    def __panel__(self) -> pn.viewable.Viewable:
        return self.pane

    @property
    def _home(self) -> raster.Bounds:
        return raster.home(self._comparison.session.selection.grid)

    def _draw(self, **_: object) -> hv.Image:
        chosen = self._comparison
        compared, viewport = chosen.compared, self._canvas.viewport
        palette = PALETTES[chosen.session.display.colours]
        colours = pair_colours(palette.colours, clear_only=chosen.clear_only, flow=chosen.flow)
        hover = CustomJSHover(args={"words": pair_words()}, code=_SAY)
        if compared is None:
            return paint(raster.nothing(viewport, fill=NO_DATA), colours, hover)
        return paint(raster.warp(compared.change.pairs, compared.grid, viewport, fill=NO_DATA), colours, hover)

    def _dress(self, fig: figure) -> None:
        """Tag the figure, to tell it from those of the tab Map, and ask about the pixel that is clicked."""
        fig.tags = ["change"]
        map_tools.answer_keys(fig, "Map of change")
        fig.on_event(Tap, self._ask)
        self._marks.join(fig)

    def _ask(self, event: PointEvent) -> None:
        compared = self._comparison.compared
        if compared is not None:
            self._comparison.session.inspection.ask(raster.sample(compared.grid, event.x, event.y))

    def _mark(self, *_: param.parameterized.Event) -> None:
        """Frame the inspected pixel."""
        compared, pixel = self._comparison.compared, self._comparison.session.inspection.pixel
        self._marks.show(map_tools.framed(compared.grid[pixel] if compared and pixel else None))


def pair_colours(classes: Sequence[str], *, clear_only: bool, flow: tuple[int, int] | None) -> list[str]:
    """Return the colour of every pair of `Change.pairs`: that of the new class, faded unless a selected change."""
    count = len(classes)

    def colour(was: int, became: int, *, uncertain: bool) -> str:
        asked = was != became and flow in (None, (was, became)) and not (uncertain and clear_only)
        return classes[became] if asked else f"{classes[became]}{FAINT}"

    return [colour(i, j, uncertain=u) for u in (False, True) for i in range(count) for j in range(count)]


def pair_words() -> list[str]:
    """Return the hover text of every pair of `Change.pairs`."""
    pairs = [
        f"{was} in both years" if was == became else f"{was} → {became}"
        for was in PALETTE.names
        for became in PALETTE.names
    ]
    return [*pairs, *(f"{said}, uncertain" for said in pairs)]
