"""The tile on screen: a scene of it, on which polygons of a class are drawn along the edges of pixels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, SelectionGeometry, Tap
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    CustomJS,
    ImageRGBA,
    LassoSelectTool,
    PanTool,
    PolySelectTool,
    Range1d,
)
from bokeh.plotting import figure

from lulc_explorer.components import map_tools
from lulc_explorer.components.download_button import save_button
from lulc_explorer.components.map_canvas import with_lock
from lulc_explorer.components.upload import Upload
from lulc_explorer.engine.classes import in_colours
from lulc_explorer.engine.tile_labels import GEOPACKAGE, GEOTIFF, written
from lulc_explorer.layers.layer import ImageryRaster
from lulc_explorer.rendering.formatting import percent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import param
    from bokeh.events import Event
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_explorer.engine.classes import Legend
    from lulc_explorer.session.labelling import LabelSession
    from lulc_explorer.session.unit_on_screen import UnitOnScreen

_INSIDE, _EDGE, _TAKEN = 110, 255, 40
"""Opacity of a marked pixel, of one at the edge of its patch, and of an interpreter's that was taken over."""
_SQUARE = ":host { flex: none !important; height: min(680px, 78vh, 100vw) !important; }"
"""Bokeh's own `flex: 0 0 680px` is stronger than a height."""
_NAMED = """
    const surface = cb_context.index.find_one(cb_obj)?.canvas_view.events_el
    surface?.setAttribute("role", "application")  // its Enter ends a shape that is drawn by its corners
    surface?.setAttribute("aria-label", "Scene of the tile, to draw on with a pointer")
"""
_CLOSE = """
    const view = cb_context.index.find_one(figure)?.tool_views.get(corners)
    if (corners.active && corners.overlay.xs.length > 1) { view?._press(cb_obj) }  // as a long press or Enter ends it
"""
"""Let a double click end a shape that is drawn by its corners: bokeh 3.9 does so for a long press and Enter only."""
_LOOKS = f"{_SQUARE} :host {{ border-radius: 8px; overflow: hidden; touch-action: none; }}"


class TileView(pn.viewable.Viewer):
    """A scene to draw on, and the marks as files.

    Parameters
    ----------
    labelling
        The desk of one person, which has a tile on the screen.
    """

    def __init__(self, labelling: LabelSession) -> None:
        super().__init__()
        self._labelling, self._marking = labelling, labelling.marking
        self._scene, self._marks = (ColumnDataSource(map_tools.pictured(None)) for _ in range(2))
        self._figure = self._drawn_on()
        pane = pn.pane.Bokeh(self._figure, sizing_mode="stretch_width", stylesheets=[_LOOKS], margin=0)
        looks = {"flex": "99 1 min(480px, 100%)", "min-width": "0"}
        self._view = pn.Column(pane, self._files(), styles=looks, sizing_mode="stretch_width", margin=0)
        labelling.param.watch(self._show_tile, "shown")
        labelling.session.display.param.watch(self._paint, "colours")
        self._marking.param.watch(self._paint, ["codes", "hidden"])
        self._marking.param.watch(self._show_scene, ["look", "false_colour"])
        self._marking.param.watch(self._take_tool, "tool")
        self._show_tile()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _drawn_on(self) -> figure:
        """Return a figure with the tools to draw with."""
        fig = figure(x_range=Range1d(0, 1), y_range=Range1d(0, 1), tools=[], height=680, sizing_mode="stretch_width")
        fig.axis.visible = fig.grid.visible = False
        fig.stylesheets = [_SQUARE]
        map_tools.add_tools(fig)
        lasso = LassoSelectTool(renderers=[], continuous=False)
        corners = PolySelectTool(renderers=[])
        fig.tools = [*fig.tools, lasso, corners]
        fig.js_on_event(DoubleTap, CustomJS(args={"figure": fig, "corners": corners}, code=_CLOSE))
        map_tools.keep_one_scale(fig)
        self._scale = map_tools.add_plain_scale_bar(fig)
        fig.js_on_change("inner_width", CustomJS(code=_NAMED))
        for source in (self._scene, self._marks):
            fig.add_glyph(source, ImageRGBA(image="image", x="x", y="y", dw="dw", dh="dh"))
        hold(fig, self._marking.tool)
        fig.on_event(SelectionGeometry, partial(_later, self.take_shape))
        fig.on_event(Tap, partial(_later, self.take_tap))
        return fig

    def _files(self) -> pn.Column:
        """Return buttons that save the marks, and one that reads them."""
        self._saves = [
            save_button(f"Save {words}", f"tile.{form}", partial(self._written, form))
            for form, words in ((GEOPACKAGE, "GeoPackage"), (GEOTIFF, "label GeoTIFF"))
        ]
        self._upload = Upload("Read marks (GeoPackage, GeoTIFF)", margin=(6, 0, 0, 0))
        self._upload.param.watch(self._read, "value")
        row = {"flex-flow": "row wrap", "align-items": "center"}
        return pn.Column(*self._saves, self._upload, styles=row, sizing_mode="stretch_width", margin=0)

    def _written(self, form: str) -> bytes:
        return written(self._marking.draft, form)

    async def _answer(self, what: str, **more: object) -> None:
        shown = self._labelling.shown
        await self._labelling.answer({"do": what, "unit": shown.unit.number if shown is not None else 0, **more})

    async def take_shape(self, event: SelectionGeometry) -> None:
        """Draw what the pointer went around."""
        shape = event.geometry
        if not event.final:
            return
        if shape["type"] == "rect":
            (west, east), (south, north) = ((shape[f"{axis}0"], shape[f"{axis}1"]) for axis in "xy")
            await self._answer("draw", x=[west, east, east, west], y=[south, south, north, north])
        elif shape["type"] == "poly":
            await self._answer("draw", x=_numbers(shape["x"]), y=_numbers(shape["y"]))

    async def take_tap(self, event: Tap) -> None:
        """Fill what the pointer clicks on, with the tool for it."""
        west, south, east, north = self._marking.draft.grid.boundingbox.bbox
        inside = west <= event.x < east and south < event.y <= north
        if inside and self._marking.tool == "fill":
            await self._answer("fill", x=event.x, y=event.y)

    async def _read(self, event: param.parameterized.Event) -> None:
        if event.new:
            await self._answer("read", name=str(self._upload.filename), content=event.new)

    def _show_tile(self, *_: param.parameterized.Event) -> None:
        """Show another tile, whole."""
        shown: UnitOnScreen | None = self._labelling.shown
        if shown is None or shown.unit.grid is None:
            return
        for button, form in zip(self._saves, (GEOPACKAGE, GEOTIFF), strict=True):
            button.filename = f"tile-{shown.unit.number}.{form}"
        with_lock(map_tools.look_at, self._figure, shown.unit.grid.boundingbox.bbox)
        with_lock(self._scale.update, visible=has_scale(shown.unit.grid))
        self._paint()
        self._show_scene()

    def _show_scene(self, *_: param.parameterized.Event) -> None:
        with_lock(self._scene.update, data=self._placed(self._scene_pixels()))

    def _paint(self, *_: param.parameterized.Event) -> None:
        codes = None if self._marking.hidden else self._marking.codes
        painted = None
        if codes is not None:  # else nobody may be at the desk
            legend = in_colours(self._labelling.desk.project.legend, self._labelling.session.display.colours)
            painted = paint_marks(codes, legend, self._marking.taken)
        with_lock(self._marks.update, data=self._placed(painted))

    def _scene_pixels(self) -> NDArray[np.uint32] | None:
        shown, marking = self._labelling.shown, self._marking
        if shown is None or shown.imagery is None or not shown.imagery.scenes:
            return None
        bands = shown.imagery.composites[-1 if marking.false_colour else 0]
        looks = shown.imagery.of(min(marking.look, len(shown.imagery.scenes) - 1), bands)
        return ImageryRaster(looks=looks, bands=bands).painted(looks)

    def _placed(self, pixels: NDArray[np.uint32] | None) -> dict[str, list[Any]]:
        """Return a picture of the tile as columns; empty for none."""
        shown = self._labelling.shown
        grid = shown.unit.grid if shown is not None else None
        if pixels is None or grid is None or pixels.shape != grid.shape:
            return {name: [] for name in ("image", "x", "y", "dw", "dh", "alpha")}
        west, south, east, north = grid.boundingbox.bbox
        place = {"x": [west], "y": [south], "dw": [east - west], "dh": [north - south]}
        return {"image": [pixels[::-1]], **place, "alpha": [1.0]}

    def _take_tool(self, event: param.parameterized.Event) -> None:
        with_lock(hold, self._figure, event.new)


def _later(answer: Callable[[Event], Awaitable[None]], event: Event) -> None:
    """Answer an event of the browser: bokeh 3.9 awaits no callback of these."""
    pn.state.execute(partial(answer, event), schedule=True)


def hold(fig: figure, tool: str) -> None:
    """Let a drag and a click do what a tool says."""
    drags = {"lasso": LassoSelectTool, "box": BoxSelectTool}
    found = {kind: next(one for one in fig.tools if isinstance(one, kind)) for kind in (*drags.values(), PanTool)}
    fig.toolbar.active_drag = found[drags.get(tool, PanTool)]
    corners = next(one for one in fig.tools if isinstance(one, PolySelectTool))
    fig.toolbar.active_tap = corners if tool == "polygon" else None


def has_scale(grid: GeoBox) -> bool:
    """Return whether a scale bar in metres, and north upwards, is true of a grid: of one in UTM.

    Examples
    --------
    >>> from affine import Affine
    >>> from odc.geo.geobox import GeoBox
    >>> has_scale(GeoBox((4, 4), Affine(10, 0, 0, 0, -10, 0), "EPSG:32648"))
    True
    >>> has_scale(GeoBox((4, 4), Affine(10, 0, 0, 0, -10, 0), "EPSG:3857"))
    False
    """
    return grid.crs is not None and grid.crs.proj.utm_zone is not None


def paint_marks(codes: NDArray[np.uint8], legend: Legend, taken: NDArray[np.bool_] | None = None) -> NDArray[np.uint32]:
    """Return marks as red, green, blue and opacity, a byte each, shape (y, x): edges are opaque, what is taken faint.

    Examples
    --------
    >>> from lulc_explorer.engine.classes import LEGEND
    >>> paint_marks(np.array([[0, 1, 1, 1]], np.uint8), LEGEND).view(np.uint8).reshape(4, 4)[:, 3].tolist()
    [0, 255, 255, 255]
    """
    palette = np.zeros((256, 4), np.uint8)
    for one in legend:
        palette[one.code] = (*one.colour, _INSIDE)
    painted = palette[codes]
    around = np.pad(codes, 1)
    edge = np.zeros(codes.shape, bool)
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        edge |= around[dy : dy + codes.shape[0], dx : dx + codes.shape[1]] != codes
    painted[edge & (codes > 0), 3] = _EDGE
    if taken is not None:
        painted[taken & (codes > 0), 3] = _TAKEN
    return painted.view("<u4")[..., 0]


def drawing_of(labelling: LabelSession) -> dict[str, object]:
    """Return how the tile on screen is drawn on, for the sheet; empty for a point."""
    marking, shown = labelling.marking, labelling.shown
    if shown is None or shown.draft is None:
        return {}
    names = ("chosen", "tool", "look", "false_colour", "hidden", "theirs")
    return {name: getattr(marking, name) for name in names} | {"marked": _marked(marking.codes)}


def _marked(codes: NDArray[np.uint8] | None) -> str:
    share = 0.0 if codes is None else float((codes > 0).mean())
    return f"{percent(share)} of the tile is marked"


def _numbers(values: Any) -> list[float]:
    """Return corners as numbers: the browser sends a list, or an object with the positions as names."""
    return [float(value) for value in (values.values() if isinstance(values, dict) else values)]
