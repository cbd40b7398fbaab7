"""Two linked maps side by side: one scene's prediction, and the year's composite."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import holoviews as hv
import panel as pn
import raster
from bokeh.events import Tap
from bokeh.models import CustomJSHover
from bokeh.palettes import interp_palette
from palette import DOUBT, NO_DATA, TRANSPARENT
from store import PALETTE

from views import furniture
from views.headline import Caption

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import param
    from bokeh.events import PointEvent
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure
    from odc.geo.geobox import GeoBox
    from state import Explorer

MAPS_CSS = (Path(__file__).parent / "maps.css").read_text()
_PANEL = """:host {
  background: color-mix(in srgb, var(--panel-on-background-color) 6%, transparent);
  border-radius: 8px; overflow: hidden;
}"""
_FIRST_SIZE = {"width": 540, "height": 500}
"""Screen pixels a map is taken to have until the browser says."""
_RAMP = interp_palette(DOUBT, 101)
_NAMES = list(PALETTE.names) * 2  # once in full colour, once faded
_SAY = "return words[value] ?? 'no data'"
"""What names the value under the pointer: `words` are classes, or the hundredths of a layer of sureness."""
_THE_WORLD = (-2e7, -1e7, 2e7, 1e7)


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
        self._figures: list[figure] = []
        self._outlines: list[ColumnDataSource] = []
        self._marks: list[ColumnDataSource] = []
        self._seen = explorer.view
        self._of_scene, self._of_year = (CustomJSHover(args={"words": _NAMES}, code=_SAY) for _ in range(2))
        self._size = hv.streams.PlotSize(**_FIRST_SIZE)
        west, south, east, north = self._wanted()
        self._range = hv.streams.RangeXY(x_range=(west, east), y_range=(south, north))
        self._range.add_subscriber(self._remember)
        self.panes = [
            self._pane(self._scene, ["result", "scene", "highlight", "opacity"]),
            self._pane(self._composite, ["cover", "highlight", "opacity", "layer", "rivals"]),
        ]
        columns = [
            pn.Column(Caption(explorer, of_scene=first), pane, css_classes=["map"], stylesheets=[MAPS_CSS], margin=0)
            for first, pane in zip((True, False), self.panes, strict=True)
        ]
        self._view = pn.Column(*columns, over, css_classes=["stage"], stylesheets=[MAPS_CSS], margin=0)
        explorer.param.watch(self._lay_basemap, "tiles")
        explorer.param.watch(self._go, "place")
        explorer.param.watch(self._look, "view")
        explorer.param.watch(self._mark, "pixel")
        explorer.param.watch(self._name, ["layer", "cover"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _pane(self, draw: Callable[..., hv.Image], choices: list[str]) -> pn.pane.HoloViews:
        streams = [self._range, self._size, hv.streams.Params(self._explorer, choices)]
        shown = hv.DynamicMap(draw, streams=streams).opts(
            hooks=[self._furnish], xlim=self._range.x_range, ylim=self._range.y_range
        )
        return pn.pane.HoloViews(shown, sizing_mode="stretch_both", stylesheets=[_PANEL], margin=0)

    def _scene(self, **_: object) -> hv.Image:
        result = self._explorer.result
        return self._draw(result and result.scene(self._explorer.scene_index), self._of_scene)

    def _composite(self, **_: object) -> hv.Image:
        explorer = self._explorer
        cover = explorer.cover
        if cover is None or explorer.layer == "classes":
            return self._draw(cover and cover.label, self._of_year, explorer.rivals)
        values, _whole = cover.layer(explorer.layer)
        picture = raster.warp(values, explorer.result.grid, self._viewport(), fill=NO_DATA)
        return self._paint(picture, _RAMP, self._of_year)

    def _draw(self, codes: np.ndarray | None, hover: CustomJSHover, rivals: tuple[int, int] | None = None) -> hv.Image:
        """Return the part of a class raster that is in view; of two rivals, only where they compete in colour."""
        viewport, colours = self._viewport(), PALETTE.highlighted(self._explorer.highlight)
        if codes is None:
            return self._paint(raster.nothing(viewport, fill=NO_DATA), colours, hover)
        positions = PALETTE.positions(codes)
        if rivals:
            positions, colours = PALETTE.fade(positions, ~self._explorer.cover.compete(*rivals))
        return self._paint(raster.warp(positions, self._explorer.result.grid, viewport, fill=NO_DATA), colours, hover)

    def _paint(self, picture: raster.Picture, colours: Sequence[str], hover: CustomJSHover) -> hv.Image:
        return hv.Image(picture.pixels, bounds=picture.bounds).opts(
            cmap=list(colours),
            clim=(-0.5, len(colours) - 0.5),
            clipping_colors={"max": TRANSPARENT},
            alpha=self._explorer.opacity,
            responsive=True,
            border=0,
            xaxis=None,
            yaxis=None,
            default_tools=[],
            tools=["hover"],
            hover_tooltips=[("", "@image{custom}")],
            hover_formatters={"@image": hover},
            lod={"timeout": 120, "interval": 100, "threshold": 2000, "factor": 10},
        )

    def _ask(self, event: PointEvent) -> None:
        result = self._explorer.result
        self._explorer.pixel = raster.sample(result.grid, event.x, event.y) if result else None

    def _furnish(self, plot: hv.plotting.bokeh.ElementPlot, _: hv.Image) -> None:
        """Complete a figure once, after HoloViews has made it."""
        fig = plot.state
        if fig in self._figures:
            return
        furniture.furnish(fig)
        self._outlines.append(furniture.outline(fig, furniture.edge(self._grid())))
        if not self._figures:
            furniture.keep_one_scale(fig)
            furniture.add_scale_bar(fig)
        fig.on_event(Tap, self._ask)
        self._marks.append(furniture.mark(fig))
        self._figures.append(fig)

    def _viewport(self) -> raster.Viewport:
        """Return what both maps show now."""
        x, y = self._range.x_range, self._range.y_range
        if self._figures:  # newer than the stream, which hears of pans and zooms only
            fig = self._figures[0]
            x, y = (fig.x_range.start, fig.x_range.end), (fig.y_range.start, fig.y_range.end)
        return raster.Viewport(
            bounds=(x[0], y[0], x[1], y[1]), width=int(self._size.width), height=int(self._size.height)
        )

    def _grid(self) -> GeoBox | None:
        place = self._explorer.places.get(self._explorer.place)
        return place.region.grid if place and place.region else None

    def _home(self) -> raster.Bounds:
        """Return the bounds of the whole place."""
        grid = self._grid()
        return raster.padded(raster.mercator_bounds(grid)) if grid else _THE_WORLD

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
        view = self._viewport().bounds
        if raster.is_padded(view, self._home()):
            self._seen = ""
        else:
            self._seen = ",".join(f"{side:.5f}" for side in raster.to_degrees(view))
        self._explorer.view = self._seen

    def _look(self, event: param.parameterized.Event) -> None:
        """Show what the address asks for, if that is not what the person just did by hand."""
        if self._figures and event.new != self._seen:
            _with_lock(furniture.look_at, self._figures[0], self._wanted())

    def _go(self, _: param.parameterized.Event) -> None:
        """Show another place."""
        for source in self._outlines:
            _with_lock(source.update, data=furniture.edge(self._grid()))
        if self._figures:
            _with_lock(furniture.look_at, self._figures[0], self._wanted())

    def _mark(self, event: param.parameterized.Event) -> None:
        """Frame the pixel that is asked about on both maps."""
        grid = event.new and self._explorer.result.grid[event.new]
        for source in self._marks:
            _with_lock(source.update, data=furniture.edge(grid))
        view = self._viewport().bounds
        if grid is not None and not raster.overlap(view, raster.mercator_bounds(grid)):
            _with_lock(furniture.look_at, self._figures[0], raster.centred(view, raster.mercator_bounds(grid)))

    def _name(self, _: param.parameterized.Event) -> None:
        """Let the pointer name what the map of the year shows now."""
        cover, layer = self._explorer.cover, self._explorer.layer
        if cover is not None:
            words = _NAMES if layer == "classes" else cover.words(layer)
            _with_lock(self._of_year.update, args={"words": words})

    def _lay_basemap(self, event: param.parameterized.Event) -> None:
        for fig in self._figures:
            _with_lock(furniture.lay_basemap, fig, event.new)


def _with_lock(change: Callable[..., None], *args: object, **kwargs: object) -> None:
    """Change Bokeh's models, as soon as the document is free for it."""
    pn.state.execute(partial(change, *args, **kwargs), schedule=True)
