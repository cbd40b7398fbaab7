"""The map of what changed: the new class where the two years differ, all else faded."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import holoviews as hv
import panel as pn
import raster
from bokeh.models import CustomJSHover
from palette import FAINT, NO_DATA, TRANSPARENT
from store import PALETTE

from views import furniture

if TYPE_CHECKING:
    from collections.abc import Callable

    import param
    from bokeh.plotting import figure
    from comparison import Comparison

PANEL = """:host {
  background: color-mix(in srgb, var(--panel-on-background-color) 6%, transparent);
  border-radius: 8px; overflow: hidden;
}"""
_FIRST_SIZE = {"width": 540, "height": 420}
"""Screen pixels a map is taken to have until the browser says."""
_SAY = "return words[value] ?? 'no data in one of the years'"
_THE_WORLD = (-2e7, -1e7, 2e7, 1e7)


class ChangeMap(pn.viewable.Viewer):
    """Where the class changed, and to what.

    Parameters
    ----------
    comparison
        What the person compares.
    """

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self._comparison = comparison
        self._figures: list[figure] = []
        self._outlines: list[furniture.ColumnDataSource] = []
        self._size = hv.streams.PlotSize(**_FIRST_SIZE)
        west, south, east, north = self._home()
        self._range = hv.streams.RangeXY(x_range=(west, east), y_range=(south, north))
        choices = hv.streams.Params(comparison, ["compared", "clear_only", "flow"])
        shown = hv.DynamicMap(self._draw, streams=[self._range, self._size, choices]).opts(
            hooks=[self._furnish], xlim=self._range.x_range, ylim=self._range.y_range
        )
        self.pane = pn.pane.HoloViews(
            shown,
            sizing_mode="stretch_width",
            height=_FIRST_SIZE["height"],
            stylesheets=[PANEL],
            margin=0,
            linked_axes=False,
        )
        comparison.explorer.param.watch(self._go, "place")

    def __panel__(self) -> pn.viewable.Viewable:
        return self.pane

    def _draw(self, **_: object) -> hv.Image:
        chosen = self._comparison
        compared, viewport = chosen.compared, self._viewport()
        if compared is None:
            return self._paint(raster.nothing(viewport, fill=NO_DATA), clear_only=False, flow=None)
        picture = raster.warp(compared.change.pairs, compared.grid, viewport, fill=NO_DATA)
        return self._paint(picture, clear_only=chosen.clear_only, flow=chosen.flow)

    def _paint(self, picture: raster.Picture, *, clear_only: bool, flow: tuple[int, int] | None) -> hv.Image:
        colours = pair_colours(clear_only=clear_only, flow=flow)
        return hv.Image(picture.pixels, bounds=picture.bounds).opts(
            cmap=colours,
            clim=(-0.5, len(colours) - 0.5),
            clipping_colors={"max": TRANSPARENT},
            responsive=True,
            border=0,
            xaxis=None,
            yaxis=None,
            default_tools=[],
            tools=["hover"],
            hover_tooltips=[("", "@image{custom}")],
            hover_formatters={"@image": CustomJSHover(args={"words": pair_words()}, code=_SAY)},
            lod={"timeout": 120, "interval": 100, "threshold": 2000, "factor": 10},
        )

    def _furnish(self, plot: hv.plotting.bokeh.ElementPlot, _: hv.Image) -> None:
        """Complete a figure once, after HoloViews has made it."""
        fig = plot.state
        if fig in self._figures:
            return
        furniture.furnish(fig)
        fig.tags = ["change"]
        place = self._comparison.explorer.places.get(self._comparison.explorer.place)
        self._outlines.append(furniture.outline(fig, furniture.edge(place.region.grid if place else None)))
        if not self._figures:
            furniture.keep_one_scale(fig)
            furniture.add_scale_bar(fig)
        self._figures.append(fig)

    def _viewport(self) -> raster.Viewport:
        x, y = self._range.x_range, self._range.y_range
        if self._figures:  # newer than the stream, which hears of pans and zooms only
            fig = self._figures[0]
            x, y = (fig.x_range.start, fig.x_range.end), (fig.y_range.start, fig.y_range.end)
        return raster.Viewport(
            bounds=(x[0], y[0], x[1], y[1]), width=int(self._size.width), height=int(self._size.height)
        )

    def _home(self) -> raster.Bounds:
        explorer = self._comparison.explorer
        place = explorer.places.get(explorer.place)
        return raster.padded(raster.mercator_bounds(place.region.grid)) if place and place.region else _THE_WORLD

    def _go(self, _: param.parameterized.Event) -> None:
        """Show another place."""
        explorer = self._comparison.explorer
        place = explorer.places.get(explorer.place)
        for source in self._outlines:
            _with_lock(source.update, data=furniture.edge(place and place.region and place.region.grid))
        if self._figures:
            _with_lock(furniture.look_at, self._figures[0], self._home())


def pair_colours(*, clear_only: bool, flow: tuple[int, int] | None) -> list[str]:
    """Return the colour of every pair of `Change.pairs`: the new class, faded unless a change that is asked for."""
    count = len(PALETTE.codes)

    def colour(was: int, became: int, *, doubted: bool) -> str:
        asked = was != became and flow in (None, (was, became)) and not (doubted and clear_only)
        return PALETTE.colours[became] if asked else f"{PALETTE.colours[became]}{FAINT}"

    return [colour(i, j, doubted=doubted) for doubted in (False, True) for i in range(count) for j in range(count)]


def pair_words() -> list[str]:
    """Return what the pointer says of every pair of `Change.pairs`."""
    pairs = [
        f"{was} in both years" if was == became else f"{was} → {became}"
        for was in PALETTE.names
        for became in PALETTE.names
    ]
    return [*pairs, *(f"{said}, by a narrow margin" for said in pairs)]


def _with_lock(change: Callable[..., None], *args: object, **kwargs: object) -> None:
    """Change Bokeh's models, as soon as the document is free for it."""
    pn.state.execute(partial(change, *args, **kwargs), schedule=True)
