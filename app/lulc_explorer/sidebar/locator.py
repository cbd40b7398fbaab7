"""A world map of the places, over borders that the package contains."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import geoviews as gv
import holoviews as hv
import numpy as np
import panel as pn
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, HoverTool, Patch, Patches
from cartopy.crs import GOOGLE_MERCATOR
from pyproj import Transformer

from lulc_explorer.components import map_tools
from lulc_explorer.components.late_glyphs import LateGlyphs
from lulc_explorer.components.map_canvas import weakly
from lulc_explorer.engine.countries import BORDERS
from lulc_explorer.rendering import raster

if TYPE_CHECKING:
    from collections.abc import Sequence

    import param
    from bokeh.events import PointEvent
    from bokeh.plotting import figure
    from numpy.typing import NDArray

    from lulc_explorer.engine.requests import Place, RunTile
    from lulc_explorer.session.session import Session

_EARTH = (-1.9e7, -7.4e6, 2.0e7, 1.2e7)
"""All inhabited land: west, south, east, north in web Mercator metres."""
_NEAR = 12
"""Screen pixels from a place within which a click chooses it."""
_CHOSEN, _OTHER = ("#d55e00", 13), ("#14594b", 8)
"""Colour and size: both, so that the chosen place is told without colour."""
_GROUND = """:host { background: color-mix(in srgb, var(--panel-on-background-color) 5%, transparent);
  border-radius: 8px; overflow: hidden; }"""


_MARGIN = 0.6
"""Space around the tiles of a run, as a share of their extent."""
_LOOKS = {
    "done": ("#14594b", 0.55, 1.0),
    "running": ("#14594b", 0.2, 1.0),
    "waiting": ("#5b6662", 0.0, 1.0),
    "failed": ("#b3261e", 0.0, 3.0),
}
"""Colour, opacity of the inside and width of the edge of a tile, by its status."""
_WORDS = ":host { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); }"


class Locator(pn.viewable.Viewer):
    """A world map with a dot for each available place; a click on one chooses it.

    While a tile of a run is chosen, it shows all tiles of that run, each with its status; a click beside them shows the
    world again.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._figure: figure | None = None
        self._tiles_drawn = LateGlyphs(_draw_tiles)
        dots = hv.DynamicMap(self._dots, streams=[hv.streams.Params(session.selection, ["place", "imagery"])])
        world = dots.opts(
            hooks=[weakly(self._complete)],
            responsive=True,
            height=150,  # here, not on the pane: panel 1.9 forgets that when the points are redrawn
            xaxis=None,
            yaxis=None,
            toolbar=None,
            default_tools=[],
            show_frame=False,
            framewise=False,
            xlim=(_EARTH[0], _EARTH[2]),
            ylim=(_EARTH[1], _EARTH[3]),
        )
        looks = {"sizing_mode": "stretch_width", "stylesheets": [_GROUND], "margin": (12, 10, 0, 10)}
        self.pane = pn.pane.HoloViews(world, linked_axes=False, **looks)
        words = pn.bind(lambda *_: tell(self._tiles), session.selection.param.place, session.selection.param.imagery)
        self._words = pn.pane.HTML(words, stylesheets=[_WORDS], margin=(2, 10), sizing_mode="stretch_width")
        session.selection.param.watch(self._look, ["place", "imagery"])

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Column(self.pane, self._words, sizing_mode="stretch_width", margin=0)

    @property
    def _tiles(self) -> Sequence[RunTile]:
        """The tiles of the run that the chosen place is one of; none of other places."""
        place = self._session.selection.places.get(self._session.selection.place)
        return place.run_tiles if place else ()

    @property
    def _places(self) -> list[tuple[Place, tuple[float, float]]]:
        """The available places and their middles, web Mercator metres; the chosen one last, so that it lies on top."""
        selection = self._session.selection
        known = [(place, place.region) for place in selection.places.values()]
        middles = [(p, raster.middle(raster.to_mercator(region.bbox))) for p, region in known if region is not None]
        return sorted(middles, key=lambda row: row[0].key == selection.place)

    def _dots(self, **_: object) -> gv.Points:
        rows = [
            (*middle, place.title, *(_CHOSEN if place.key == self._session.selection.place else _OTHER))
            for place, middle in self._places
        ]
        return gv.Points(rows, ["x", "y"], ["title", "colour", "size"], crs=GOOGLE_MERCATOR).opts(
            color="colour", size="size", line_color="white", tools=["hover"], hover_tooltips=[("", "@title")]
        )

    def _look(self, *_: param.parameterized.Event) -> None:
        """Show the tiles of the chosen run; the world, if the place is not of a run."""
        if self._figure is not None:
            self._tiles_drawn.show(_tile_columns(self._tiles, self._session.selection.place))
            map_tools.look_at(self._figure, around(self._tiles))

    def _complete(self, plot: hv.plotting.bokeh.ElementPlot, _: gv.Points) -> None:
        fig = plot.state
        if "locator" in fig.tags:
            return
        fig.tags.append("locator")
        fig.min_border = 0
        fig.outline_line_color = None
        fig.background_fill_alpha = fig.border_fill_alpha = 0
        map_tools.keep_one_scale(fig)
        map_tools.only_look(fig, "World map of the available places, listed in the field Place")
        land = {"fill_color": "#8a9a94", "fill_alpha": 0.55, "line_color": "#ffffff", "line_width": 0.4}
        fig.add_glyph(ColumnDataSource(dict(countries())), Patch(x="x", y="y", **land), level="underlay")
        fig.on_event(Tap, self._choose)
        self._figure = fig
        self._look()
        self._tiles_drawn.join(fig)

    def _choose(self, event: PointEvent) -> None:
        """Choose the tile or the place that was clicked, if any; a click beside the tiles of a run shows the world."""
        fig, places = event.model, self._places
        hit = [tile for tile in self._tiles if _contains(tile, event.x, event.y)]
        if keys := [tile.place for tile in hit if tile.place]:
            self._session.selection.place = keys[0]
            return
        if self._tiles and not hit:
            map_tools.look_at(fig, _EARTH)
        scale = (fig.x_range.end - fig.x_range.start) / max(fig.inner_width or 1, 1)
        apart = [np.hypot(event.x - x, event.y - y) / scale for _, (x, y) in places]
        if apart and min(apart) <= _NEAR:
            self._session.selection.place = places[int(np.argmin(apart))][0].key


def around(tiles: Sequence[RunTile]) -> raster.Bounds:
    """Return what to show of some tiles, web Mercator metres: with a margin; of none, the inhabited land."""
    if not tiles:
        return _EARTH
    wests, souths, easts, norths = zip(*(raster.mercator_bounds(tile.grid) for tile in tiles), strict=True)
    west, south, east, north = min(wests), min(souths), max(easts), max(norths)
    margin = _MARGIN * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def tell(tiles: Sequence[RunTile]) -> str:
    """Return how many tiles of a run are made, and what a click does, as HTML; nothing without tiles."""
    if not tiles:
        return ""
    counts = Counter(tile.status for tile in tiles)
    others = "".join(f", {count} {status}" for status, count in counts.items() if status != "done")
    return (
        f'<p role="status" style="margin:0">{counts["done"]} of {len(tiles)} tiles of this run are done{others}. Click '
        "one to open it, or beside them for the world.</p>"
    )


def _looks(tile: RunTile, chosen: str) -> tuple[str, float, float]:
    colour, inside, width = _LOOKS[tile.status]
    return (_CHOSEN[0], inside, 3.0) if tile.place == chosen else (colour, inside, width)


def _contains(tile: RunTile, x: float, y: float) -> bool:
    west, south, east, north = raster.mercator_bounds(tile.grid)
    return west <= x <= east and south <= y <= north


def _tile_columns(tiles: Sequence[RunTile], chosen: str) -> map_tools.Columns:
    """Return tiles with their words and looks as columns, the chosen one last, so that it lies on top."""
    rows = [
        (*map_tools.edge(tile.grid).values(), tile.words, *_looks(tile, chosen))
        for tile in sorted(tiles, key=lambda tile: tile.place == chosen)
    ]
    names = ("x", "y", "words", "colour", "inside", "width")
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _draw_tiles(fig: figure, columns: map_tools.Columns) -> ColumnDataSource:
    """Draw tiles, each with its words for the pointer; return their data."""
    source = ColumnDataSource(dict(columns))
    looks = {"fill_color": "colour", "fill_alpha": "inside", "line_color": "colour", "line_width": "width"}
    drawn = fig.add_glyph(source, Patches(xs="x", ys="y", **looks), level="underlay")
    fig.add_tools(HoverTool(renderers=[drawn], tooltips=[("", "@words")], visible=False))
    return source


@cache
def countries() -> dict[str, NDArray[np.float32]]:
    """Return the outlines of the countries in web Mercator, NaN between them, as columns; made once for everybody.

    In one row, for one glyph: a page reads two arrays in place of 570.
    """
    to_mercator = Transformer.from_crs("EPSG:4326", raster.MERCATOR, always_xy=True).transform
    outlines = [
        np.array([*outline, (np.nan, np.nan)])
        for country in json.loads(BORDERS.read_text("utf-8"))["features"]
        for outline, *_holes in country["geometry"]["coordinates"]
    ]
    lon, lat = np.concatenate(outlines)[:-1].T
    x, y = to_mercator(lon, lat)
    x[np.isnan(lon)] = y[np.isnan(lon)] = np.nan
    return {"x": x.astype(np.float32), "y": y.astype(np.float32)}
