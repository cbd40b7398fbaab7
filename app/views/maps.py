"""Two linked maps side by side: one day or the truth, and the year's composite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import raster
from bokeh.events import Tap
from bokeh.models import CustomJSHover
from bokeh.palettes import interp_palette
from palette import DOUBT, NO_DATA
from store import PALETTE

from views import furniture
from views.canvas import Canvas, paint, with_lock
from views.headline import Caption

if TYPE_CHECKING:
    from collections.abc import Sequence

    import holoviews as hv
    import numpy as np
    import param
    from bokeh.events import PointEvent
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure
    from state import Explorer

MAPS_CSS = (Path(__file__).parent / "maps.css").read_text()
_HEIGHT = 500
"""Screen pixels a map is taken to have until the browser says."""
_RAMP = interp_palette(DOUBT, 101)
_NAMES = list(PALETTE.names) * 2  # once in full colour, once faded
_SAY = "return words[value] ?? 'no data'"
"""What names the value under the pointer: `words` are classes, or the hundredths of a layer of sureness."""


class Maps(pn.viewable.Viewer):
    """The chosen scene on the left, the composite on the right, always showing the same place.

    Parameters
    ----------
    explorer
        What the person looks at.
    over
        What to show over both maps while there is nothing to see in them.
    """

    def __init__(self, explorer: Explorer, over: pn.viewable.Viewer) -> None:
        super().__init__()
        self._explorer = explorer
        self._marks: list[ColumnDataSource] = []
        self._seen = explorer.view
        self._of_scene, self._of_year = (CustomJSHover(args={"words": _NAMES}, code=_SAY) for _ in range(2))
        self._canvas = Canvas(explorer, self._wanted(), height=_HEIGHT, dress=self._dress)
        self._canvas.range.add_subscriber(self._remember)
        self.panes = [
            self._canvas.pane(draw, explorer, choices, sizing_mode="stretch_both")
            for draw, choices in (
                (self._left, ["result", "scene", "left", "highlight", "hidden", "opacity", "spotlight"]),
                (self._composite, ["cover", "highlight", "hidden", "opacity", "layer", "rivals", "spotlight"]),
            )
        ]
        columns = [
            pn.Column(Caption(explorer, of_scene=first), pane, css_classes=["map"], stylesheets=[MAPS_CSS], margin=0)
            for first, pane in zip((True, False), self.panes, strict=True)
        ]
        self._view = pn.Column(*columns, over, css_classes=["stage"], stylesheets=[MAPS_CSS], margin=0)
        explorer.param.watch(self._lay_basemap, "tiles")
        explorer.param.watch(lambda _: self._canvas.go(self._wanted()), "place")
        explorer.param.watch(self._look, "view")
        explorer.param.watch(self._mark, "pixel")
        explorer.param.watch(self._name, ["layer", "cover"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _left(self, **_: object) -> hv.Image:
        explorer = self._explorer
        return self._draw(explorer.on_the_left, self._of_scene, explorer.away_on_the_left)

    def _composite(self, **_: object) -> hv.Image:
        explorer = self._explorer
        cover = explorer.cover
        if cover is None or explorer.layer == "classes":
            return self._draw(cover and cover.label, self._of_year, explorer.away)
        values, _whole = cover.layer(explorer.layer)
        picture = raster.warp(values, explorer.result.grid, self._canvas.viewport, fill=NO_DATA)
        return self._paint(picture, _RAMP, self._of_year)

    def _draw(self, codes: np.ndarray | None, hover: CustomJSHover, away: np.ndarray | None = None) -> hv.Image:
        """Return the part of a class raster that is in view, faded where it is `away`."""
        explorer, viewport = self._explorer, self._canvas.viewport
        if codes is None:
            return self._paint(raster.nothing(viewport, fill=NO_DATA), PALETTE.colours, hover)
        positions, colours = PALETTE.painted(codes, highlight=explorer.highlight, hidden=explorer.hidden, away=away)
        return self._paint(raster.warp(positions, explorer.result.grid, viewport, fill=NO_DATA), colours, hover)

    def _paint(self, picture: raster.Picture, colours: Sequence[str], hover: CustomJSHover) -> hv.Image:
        return paint(picture, colours, hover, self._explorer.opacity)

    def _ask(self, event: PointEvent) -> None:
        result = self._explorer.result
        self._explorer.pixel = raster.sample(result.grid, event.x, event.y) if result else None

    def _dress(self, fig: figure) -> None:
        """Let a click on a figure ask about a pixel, and frame it there."""
        fig.on_event(Tap, self._ask)
        self._marks.append(furniture.mark(fig))

    def _home(self) -> raster.Bounds:
        """Return the bounds of the whole place."""
        return raster.home(self._explorer.grid)

    def _wanted(self) -> raster.Bounds:
        """Return the bounds that the address asks for, if they show any of the place; else all of it."""
        try:
            west, south, east, north = map(float, self._explorer.view.split(","))
            asked = raster.to_mercator((west, south, east, north))
        except ValueError:
            return self._home()
        return asked if raster.overlap(asked, self._home()) else self._home()

    def _remember(self, **_: object) -> None:
        """Write down in the address what is shown; nothing for the whole place."""
        view = self._canvas.viewport.bounds
        if raster.is_padded(view, self._home()):
            self._seen = ""
        else:
            self._seen = ",".join(f"{side:.5f}" for side in raster.to_degrees(view))
        self._explorer.view = self._seen

    def _look(self, event: param.parameterized.Event) -> None:
        """Show what the address asks for, if that is not what the person just did by hand."""
        if event.new != self._seen:
            self._canvas.look_at(self._wanted())

    def _mark(self, event: param.parameterized.Event) -> None:
        """Frame the pixel that is asked about on both maps."""
        grid = event.new and self._explorer.result.grid[event.new]
        for source in self._marks:
            with_lock(source.update, data=furniture.edge(grid))
        view = self._canvas.viewport.bounds
        if grid is not None and not raster.overlap(view, raster.mercator_bounds(grid)):
            self._canvas.look_at(raster.centred(view, raster.mercator_bounds(grid)))

    def _name(self, _: param.parameterized.Event) -> None:
        """Let the pointer name what the map of the year shows now."""
        cover, layer = self._explorer.cover, self._explorer.layer
        if cover is not None:
            words = _NAMES if layer == "classes" else cover.words(layer)
            with_lock(self._of_year.update, args={"words": words})

    def _lay_basemap(self, event: param.parameterized.Event) -> None:
        for fig in self._canvas.figures:
            with_lock(furniture.lay_basemap, fig, event.new)
