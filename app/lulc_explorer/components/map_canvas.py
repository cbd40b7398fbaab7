"""The figures of the maps: they share one view, to which rasters are warped."""

from __future__ import annotations

import weakref
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import holoviews as hv
import panel as pn
from bokeh.models import ColumnDataSource

from lulc_explorer.components import map_tools
from lulc_explorer.components.graticule import rule
from lulc_explorer.rendering import pixel_fit, raster
from lulc_explorer.rendering.palette import TRANSPARENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bokeh.models import CustomJSHover
    from bokeh.plotting import figure

    from lulc_explorer.session.session import Session

MAPS_CSS = (Path(__file__).parent / "map_panels.css").read_text()
_PANEL = """:host {
  zoom: calc(1 / var(--type, 1));  /* the pointer is read in screen pixels */
  background: color-mix(in srgb, var(--panel-on-background-color) 6%, transparent);
  border-radius: 8px; overflow: hidden;
}"""
_FIRST_WIDTH = 540


class Canvas:
    """Figures that share one view of the chosen place.

    Parameters
    ----------
    session
        The person's session.
    bounds
        First view, web Mercator metres.
    height
        Height of a map in screen pixels until the browser reports it.
    """

    def __init__(self, session: Session, bounds: raster.Bounds, *, height: int) -> None:
        self._session = session
        self.figures: list[figure] = []
        self._heading: raster.Bounds | None = None
        self._outlines: list[ColumnDataSource] = []
        self._place = ColumnDataSource({"fit": []})
        session.map.param.watch(lambda _: with_lock(self._fit), "land_cover")
        session.display.param.watch(lambda _: with_lock(self._rule), "graticule")
        west, south, east, north = bounds
        self._size = hv.streams.PlotSize(width=_FIRST_WIDTH, height=height)
        self.range = hv.streams.RangeXY(x_range=(west, east), y_range=(south, north))

    def pane(
        self, draw: Callable[..., hv.Image], news: hv.streams.Stream, dress: Callable[[figure], None], **looks: object
    ) -> pn.pane.HoloViews:
        """Return a pane that is redrawn when the view or `news` changes.

        `dress`, a method, completes the new figure after the canvas has added its tools.
        """
        shown = hv.DynamicMap(draw, streams=[self.range, self._size, news]).opts(
            hooks=[weakly(self._complete, weakref.WeakMethod(dress))],
            xlim=self.range.x_range,
            ylim=self.range.y_range,
        )
        return pn.pane.HoloViews(shown, stylesheets=[_PANEL], margin=0, **looks)

    @property
    def viewport(self) -> raster.Viewport:
        """The current view of all figures."""
        x, y = self.range.x_range, self.range.y_range
        if self.figures:  # newer than the stream, which receives pans and zooms only
            fig = self.figures[0]
            x, y = (fig.x_range.start, fig.x_range.end), (fig.y_range.start, fig.y_range.end)
        return raster.Viewport(
            bounds=(x[0], y[0], x[1], y[1]), width=int(self._size.width), height=int(self._size.height)
        )

    @property
    def heading(self) -> raster.Bounds:
        """The view that the figures are on their way to, or have."""
        return self._heading or self.viewport.bounds

    def look_at(self, bounds: raster.Bounds) -> None:
        """Show the whole of some bounds."""
        if self.figures:
            self._heading = bounds
            with_lock(self._arrive)

    def _arrive(self) -> None:
        if self._heading is not None:
            map_tools.look_at(self.figures[0], self._heading, raster.home(self._session.selection.grid))
            self._heading = None

    def go(self, bounds: raster.Bounds) -> None:
        """Show another place."""
        for source in self._outlines:
            with_lock(source.update, data=self._edges())
        self.look_at(bounds)

    def _edges(self) -> map_tools.Columns:
        return map_tools.edges(self._session.selection.grid, self._session.selection.outline)

    def _complete(
        self, dress: weakref.WeakMethod[Callable[[figure], None]], plot: hv.plotting.bokeh.ElementPlot, _: hv.Image
    ) -> None:
        """Complete a figure once, after HoloViews has made it."""
        fig = plot.state
        if fig in self.figures:
            return
        map_tools.add_tools(fig)
        map_tools.answer_touch(fig)
        map_tools.tell_pointer(fig, self._place)
        self._outlines.append(map_tools.outline(fig, self._edges()))
        map_tools.add_scale_bar(fig, [*self.figures, fig][0])
        if self.figures:
            map_tools.keep_scale_on_reset(fig, self.figures[0])
        else:
            map_tools.keep_one_scale(fig)
            map_tools.come_home_to(fig, raster.home(self._session.selection.grid))
            self._fit()
        if (complete := dress()) is not None:
            complete(fig)
        self.figures.append(fig)
        if self._session.display.graticule:
            rule(fig, True)

    def _fit(self) -> None:
        """Let the browser name the pixels of the open map, or of the chosen place."""
        land_cover = self._session.map.land_cover
        grid = land_cover.grid if land_cover is not None else self._session.selection.grid
        self._place.data = {"fit": pixel_fit.fit(grid)}

    def _rule(self) -> None:
        """Show lines of longitude and latitude, or take them away."""
        for fig in self.figures:
            rule(fig, self._session.display.graticule)


def weakly(method: Callable[..., None], *first: object) -> Callable[..., None]:
    """Return a method, given some arguments, that does not keep its object alive.

    HoloViews 1.23 keeps options for as long as what they style; a hook that leads back there keeps both for ever.
    """
    there = weakref.WeakMethod(method)

    def call(*arguments: object) -> None:
        found = there()
        if found is not None:
            found(*first, *arguments)

    return call


def paint(picture: raster.Picture, colours: Sequence[str], hover: CustomJSHover, alpha: float = 1.0) -> hv.Image:
    """Return positions in a list of colours as a picture; what is beyond the list has no data."""
    return hv.Image(picture.pixels, bounds=picture.bounds).opts(
        cmap=list(colours),
        clim=(-0.5, len(colours) - 0.5),
        clipping_colors={"max": TRANSPARENT},
        alpha=alpha,
        responsive=True,
        border=map_tools.BORDER,
        xaxis=None,
        yaxis=None,
        default_tools=[],
        tools=["hover"],
        hover_tooltips=[("", "@image{custom}")],
        hover_formatters={"@image": hover},
        lod={"timeout": 120, "interval": 100, "threshold": 2000, "factor": 10},
    )


def with_lock(change: Callable[..., None], *args: object, **kwargs: object) -> None:
    """Change Bokeh's models, as soon as the document is free for it."""
    pn.state.execute(partial(change, *args, **kwargs), schedule=True)
