"""Two linked maps, each with its own layer, always of the same place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import panel as pn
from bokeh.events import SelectionGeometry

from lulc_explorer.components import map_tools
from lulc_explorer.components.late_glyphs import LateGlyphs
from lulc_explorer.components.map_canvas import MAPS_CSS, Canvas, with_lock
from lulc_explorer.rendering import point_density, raster
from lulc_explorer.rendering.outline import outline
from lulc_explorer.session import opening
from lulc_explorer.session.drawing import draw
from lulc_explorer.session.layers import SIDES
from lulc_explorer.tabs.map.headline import Caption
from lulc_explorer.tabs.map.map_view import MapView
from lulc_explorer.tabs.map.side_year import MissingYear
from lulc_explorer.tabs.map.swipe import Divider

if TYPE_CHECKING:
    from collections.abc import Callable

    import param
    from bokeh.plotting import figure
    from odc.geo.geobox import GeoBox

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

_HEIGHT = 500
"""Assumed height of a map, screen pixels, until the browser reports it."""


class Maps(pn.viewable.Viewer):
    """Two maps, always showing the same place.

    Parameters
    ----------
    session
        The session of one person.
    over
        What to show over both maps while none is open.
    """

    def __init__(self, session: Session, over: pn.viewable.Viewer) -> None:
        super().__init__()
        self._session = session
        self._marks, self._points = LateGlyphs(map_tools.mark), LateGlyphs(map_tools.draw_points)
        self._patches = LateGlyphs(map_tools.draw_patch)
        self._density = LateGlyphs(map_tools.draw_density)
        self._view_in_link, self._not_drawn = session.display.view, ""
        self._canvas = Canvas(session, session.bounds, height=_HEIGHT)
        self._canvas.range.add_subscriber(self._remember)
        panes = [MapView(session, side, self._canvas, self._dress).pane for side in SIDES]
        looks = {"stylesheets": [MAPS_CSS], "margin": 0}
        columns = [
            pn.Column(
                Caption(session, side),
                pane,
                MissingYear(session, side),
                css_classes=self._layout_classes("map", side),
                **looks,
            )
            for side, pane in zip(SIDES, panes, strict=True)
        ]
        divider = Divider(at=session.display.divider, css_classes=pn.bind(_between, session.map.param.land_cover))
        divider.link(session.display, at="divider", bidirectional=True)
        self._view = pn.Column(*columns, divider, over, css_classes=self._layout_classes("map-panels"), **looks)
        self._marks.show(map_tools.framed(self._pixel))
        self._points.show(map_tools.point_columns(session.focus.sample_points))
        session.display.param.watch(self._lay_basemap, "tiles")
        session.selection.param.watch(lambda _: self._canvas.go(session.bounds), "place")
        session.display.param.watch(self._look, "view")
        session.inspection.param.watch(self._mark, "pixel")
        session.map.param.watch(self._mark, "land_cover")  # a link asks for a pixel of a map that is still being made
        session.focus.param.watch(self._outline, "patch")
        session.display.param.watch(self._draw_boxes, "drawing")
        session.focus.param.watch(self._show_points, "sample_points")

    def _layout_classes(self, *classes: str) -> Callable[[], list[str]]:
        """Return style classes, with that of the map layout."""
        return pn.bind(lambda mode: [*classes, mode], self._session.display.param.mode)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _take_box(self, event: SelectionGeometry) -> None:
        """Go to the place that was drawn; if it is not valid, say why and keep drawing."""
        if self._session.display.drawing and event.final and event.geometry["type"] == "rect":
            corners = (event.geometry[side] for side in ("x0", "y0", "x1", "y1"))
            remarks, before = self._session.remarks, self._not_drawn
            self._not_drawn = draw(self._session, raster.to_degrees(tuple(corners)))
            remarks.take_back(before)
            remarks.say(self._not_drawn)

    async def _show_points(self, _: param.parameterized.Event) -> None:
        self._points.show(map_tools.point_columns(self._session.focus.sample_points))
        await self._show_density()

    async def _show_density(self) -> None:
        """Draw the density of the sampled pixels in view, if they are too many for markers."""
        points, viewport = self._session.focus.sample_points, self._canvas.viewport
        picture = None
        if points is not None and points.crowded:
            picture = await asyncio.to_thread(point_density.shade, points, viewport)
        if points is self._session.focus.sample_points and viewport == self._canvas.viewport:
            self._density.show(map_tools.pictured(picture))

    def _draw_boxes(self, event: param.parameterized.Event) -> None:
        for fig in self._canvas.figures:
            with_lock(map_tools.draw_boxes, fig, event.new)

    def _dress(self, fig: figure) -> None:
        """Connect the events of a new figure, and draw what is chosen already."""
        session = self._session
        fig.on_event(SelectionGeometry, self._take_box)
        for glyphs in (self._patches, self._marks, self._points, self._density):
            glyphs.join(fig)
        map_tools.lay_basemap(fig, session.display.tiles)
        if session.display.drawing:
            map_tools.draw_boxes(fig, drawing=True)
        if session.focus.sample_points is not None and session.focus.sample_points.crowded:
            pn.state.execute(self._show_density)

    def _remember(self, **_: object) -> None:
        """Keep the view in the link; empty for the whole place."""
        view = self._canvas.viewport.bounds
        if raster.is_padded(view, raster.home(self._session.selection.grid)):
            self._view_in_link = ""
        else:
            self._view_in_link = ",".join(f"{side:.5f}" for side in raster.to_degrees(view))
        self._session.display.view = self._view_in_link
        if self._session.focus.sample_points is not None and self._session.focus.sample_points.crowded:
            pn.state.execute(self._show_density)

    def _look(self, event: param.parameterized.Event) -> None:
        """Go to the view of the link, unless it is the current one."""
        if event.new != self._view_in_link:
            opening.look_here(self._session)
            self._canvas.look_at(self._session.bounds)

    @property
    def _pixel(self) -> GeoBox | None:
        """The inspected pixel; None for none."""
        land_cover, pixel = self._session.map.land_cover, self._session.inspection.pixel
        return land_cover.grid[pixel] if land_cover and pixel else None

    def _mark(self, _: param.parameterized.Event) -> None:
        """Frame the inspected pixel on both maps."""
        grid = self._pixel
        self._marks.show(map_tools.framed(grid))
        view = self._canvas.heading
        if grid is not None and not raster.overlap(view, raster.mercator_bounds(grid)):
            self._canvas.look_at(raster.centred(view, raster.mercator_bounds(grid)))

    def _outline(self, event: param.parameterized.Event) -> None:
        """Outline the inspected patch on both maps."""
        self._patches.show(outline(event.new))

    def _lay_basemap(self, event: param.parameterized.Event) -> None:
        for fig in self._canvas.figures:
            with_lock(map_tools.lay_basemap, fig, event.new)


def _between(land_cover: LandCoverMap | None) -> list[str]:
    """Return the style classes of the divider, which is hidden without a map."""
    return ["divider"] if land_cover is None else ["divider", "between"]
