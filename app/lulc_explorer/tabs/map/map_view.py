"""One of the two maps: draws its layer, and redraws it when it changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import holoviews as hv
import numpy as np
from bokeh.events import Tap
from bokeh.models import CustomJSHover

from lulc_explorer.components import map_tools
from lulc_explorer.components.late_glyphs import LateGlyphs
from lulc_explorer.components.map_canvas import paint, with_lock
from lulc_explorer.layers.layer import (
    BANDS,
    GAMMA,
    ClassRaster,
    ContinuousRaster,
    ImageryRaster,
    hatched_class,
    painted,
)
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.palette import NO_DATA, RAMP

if TYPE_CHECKING:
    from collections.abc import Callable

    import param
    from bokeh.events import PointEvent
    from bokeh.plotting import figure

    from lulc_explorer.components.map_canvas import Canvas
    from lulc_explorer.layers.layer import LayerContext, LayerData
    from lulc_explorer.session.session import Session

_ELSEWHERE = raster.Picture(pixels=np.full((1, 1), NO_DATA, np.uint8), bounds=(-5e7, -5e7, -4e7, -4e7))
"""Classes beyond the world, where no pointer comes."""
_SAY = """
    if (bands.length === 0) { return words[value] ?? "no data" }
    if (value >>> 24 === 0) { return "no data" }
    const said = bands.map(([band, white], i) => {
        const byte = value >>> 8 * i & 255
        return `${band} ${byte === 255 ? "at least " : ""}${((byte / 255) ** gamma * white).toFixed(2)}`
    })
    return said.join(", ")
"""
"""The hover text: `words` of classes, or of hundredths of a ramp; `bands` of imagery, each with its white."""


class MapView:
    """One of the two maps.

    Parameters
    ----------
    session
        The session of one person.
    side
        Which of `session.layers.SIDES`.
    canvas
        The canvas of both maps.
    dress
        Completes the new figure.
    """

    def __init__(self, session: Session, side: str, canvas: Canvas, dress: Callable[[figure], None]) -> None:
        self._session = session
        self._side = side
        self._panel = session.panels[side]
        self._canvas = canvas
        self._complete = dress
        self._news = hv.streams.Counter()
        self._hover = CustomJSHover(args=_words(self._panel.shown, self._panel.context), code=_SAY)
        self._imagery = LateGlyphs(partial(map_tools.lay_imagery, hover=self._hover))
        self.pane = canvas.pane(self._draw, self._news, self._dress, sizing_mode="stretch_both")
        self._panel.param.watch(self._redraw, "shown")
        session.display.param.watch(self._redraw, "opacity")

    def _redraw(self, _: param.parameterized.Event) -> None:
        self._news.event()

    def _draw(self, **_: object) -> hv.Image:
        viewport, shown, context = self._canvas.viewport, self._panel.shown, self._panel.context
        self._name(shown, context)
        self._lay(shown, viewport)
        if isinstance(shown, ImageryRaster):
            return paint(_ELSEWHERE, RAMP, self._hover)
        if shown is None or context is None:
            return paint(raster.nothing(viewport, fill=NO_DATA), RAMP, self._hover)
        picture, colours = painted(shown, context, viewport)
        return paint(picture, colours, self._hover, self._session.display.opacity)

    def _lay(self, shown: LayerData | None, viewport: raster.Viewport) -> None:
        """Show or remove imagery over the map: with two kinds of images HoloViews takes twice as long."""
        picture = None
        if isinstance(shown, ImageryRaster) and self._panel.grid is not None:
            seen = raster.warp(shown.looks, self._panel.grid, viewport, fill=0)
            picture = raster.Picture(pixels=shown.painted(seen.pixels), bounds=seen.bounds)
        self._imagery.show(map_tools.pictured(picture, self._session.display.opacity))

    def _name(self, shown: LayerData | None, context: LayerContext | None) -> None:
        """Update the hover text to what is shown."""
        if self._hover.args != (words := _words(shown, context)):
            with_lock(self._hover.update, args=words)

    def _dress(self, fig: figure) -> None:
        map_tools.answer_keys(fig, f"Map on the {self._side}")
        fig.on_event(Tap, self._ask)
        self._imagery.join(fig)
        self._complete(fig)

    def _ask(self, event: PointEvent) -> None:
        """Ask about the pixel that was clicked, in the year that this map shows."""
        land_cover, apart = self._session.map.land_cover, self._session.years[self._side].apart
        pixel = raster.sample(land_cover.grid, event.x, event.y) if land_cover else None
        self._session.inspection.ask(pixel, self._side if apart else "")


def _words(shown: LayerData | None, context: LayerContext | None) -> dict[str, object]:
    """Return the arguments of `_SAY`; classes come twice, in full colour and faded, and that of the hatching again."""
    words = list(shown.words) if isinstance(shown, ContinuousRaster) else []
    if isinstance(shown, ClassRaster):
        faded = [f"{name}, masked" if shown.masked_faded else name for name in shown.names]
        words = [*shown.names, *faded, *([hatched_class(shown, context)] if context is not None else [])]
    bands = [[BANDS[band].label, BANDS[band].white] for band in shown.bands] if isinstance(shown, ImageryRaster) else []
    return {"words": words, "bands": bands, "gamma": GAMMA}
