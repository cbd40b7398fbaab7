"""Map tools: scale bar, toolbar, markers, base map, keyboard, and one scale for both axes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import (
    BoxSelectTool,
    BoxZoomTool,
    ColumnDataSource,
    CustomJS,
    HoverTool,
    ImageRGBA,
    Line,
    MultiLine,
    PanTool,
    ResetTool,
    ScaleBar,
    Scatter,
    WheelZoomTool,
)
from odc.geo.geom import Geometry
from shapely import get_parts

from lulc_explorer.layers.basemaps import NAMES, TILES
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.palette import RIGHT, WRONG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bokeh.models import CustomJSHover
    from bokeh.plotting import figure
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

    Columns = Mapping[str, Sequence[object]]
    """The data of glyphs; nothing is drawn of empty columns."""

    from lulc_explorer.rendering.markers import SamplePoints

_SAME_SCALE = """
    if (figure.properties.inner_width.is_unset || figure.properties.inner_height.is_unset) { return }  // not laid out
    const {inner_width: width, inner_height: height, x_range: x, y_range: y} = figure
    if (!(width > 0 && height > 0)) { return }
    const now = [x.start, x.end, y.start, y.end]
    const fitted = figure.fitted  // what this made of `wanted` last time
    const wanted = fitted && now.every((v, i) => v === fitted.now[i]) ? fitted.wanted : now
    const half = Math.max((wanted[1] - wanted[0]) / width, (wanted[3] - wanted[2]) / height) / 2
    const [cx, cy] = [(wanted[0] + wanted[1]) / 2, (wanted[2] + wanted[3]) / 2]
    x.setv({start: cx - half * width, end: cx + half * width})
    y.setv({start: cy - half * height, end: cy + half * height})
    figure.fitted = {wanted, now: [x.start, x.end, y.start, y.end]}
"""
"""Fit the requested bounds at one scale for both axes; a resize fits the requested bounds again."""


BORDER = 1
"""Screen pixels around a map: bokeh 3.9 leaves half of the outermost as they were painted before."""
_TELL = "cb_context.index.find_one(figure)?.trigger_ranges_update_event()"
"""Report the view to the server: Bokeh does so only for gestures."""
_TELL_OF_A_PART = f"""
    const {{x_range: x, y_range: y, fitted}} = figure
    const home = [x.reset_start, x.reset_end, y.reset_start, y.reset_end]
    const isOther = (view) => fitted.now.some((v, i) => v !== view?.[i])  // of a size, the second side changes nothing
    if (fitted?.wanted.some((v, i) => v !== home[i]) && isOther(figure.told)) {{
        figure.told = fitted.now
        {_TELL}
    }}
"""
"""Report a view of a part of the place, larger now than it was asked for; around the whole there is nothing."""
_CLOSEST_M, _FARTHEST_M = 50, 4e7
"""Web Mercator metres that a map shows at least: a few pixels; and at most: the world."""
_ROUND_LENGTH = """
    const {x_range: x, y_range: y} = fig
    const metres_per_unit = 1 / Math.cosh((y.start + y.end) / 2 / 6378137)
    const longest = (x.end - x.start) / 5 * metres_per_unit
    if (!(longest > 0 && longest < Infinity)) { return }  // while a map moves to another place
    const power = 10 ** Math.floor(Math.log10(longest))
    const length = Math.max(...[1, 2, 5].filter((step) => step * power <= longest)) * power
    bar.setv({
        visible: longest < 1e6,  // of a larger part of the world no length is true
        bar_length: length / metres_per_unit,
        label: length >= 1000 ? `${length / 1000} km` : `${Number(length.toPrecision(1))} m`,
    })
"""
"""A round length of at most a fifth of the map, if that is less than 1000 km; Bokeh's own label takes web Mercator's
metres for real ones."""

_TOOLBAR = """:host(.bk-inner) {
  background-color: color-mix(in srgb, var(--panel-on-background-color) 12%, var(--panel-surface-color));
  --bokeh-icon-color: color-mix(in srgb, var(--panel-on-background-color) 70%, transparent);
}"""
"""Bokeh's own is white in dark mode as well."""


OVER_IMAGERY = "over imagery"
"""Name of what is drawn on a map, whenever that is, above its imagery."""
_PLACED = {"x": "x", "y": "y", "dw": "dw", "dh": "dh"}
"""The columns of `pictured` that place it."""
_SCALE_LOOKS = {
    "location": "bottom_left",
    "bar_line_width": 2,
    "label_text_font_size": "12px",
    "title": "N ↑",
    "title_location": "left",
    "title_text_font_size": "12px",
    "title_text_font_style": "bold",
    "background_fill_alpha": 0.8,
    "border_line_alpha": 0,
    "padding": 6,
    "margin": 8,
}
_BY_KEYBOARD = "arrow keys pan, plus and minus zoom, Home shows the whole map, Enter inspects the pixel in the middle"
_KEYS = (Path(__file__).parent / "map_keys.js").read_text()
_POINTER = (Path(__file__).parent / "map_pointer.js").read_text()
_TOUCH = (Path(__file__).parent / "map_touch.js").read_text()
_NO_STOP = """
    const surface = cb_context.index.find_one(cb_obj)?.canvas_view.events_el
    surface?.removeAttribute("tabindex")
    surface?.setAttribute("role", "img")
    surface?.setAttribute("aria-label", words)
"""


def answer_keys(fig: figure, name: str) -> None:
    """Let a map be moved and asked by keyboard, and label it for screen readers."""
    fig.js_on_change("inner_width", CustomJS(args={"words": f"{name}: {_BY_KEYBOARD}"}, code=_KEYS))


def answer_touch(fig: figure) -> None:
    """Let one finger scroll the page and two move the map, and add a button that shows the whole place."""
    fig.js_on_change("inner_width", CustomJS(code=_TOUCH))


def tell_pointer(fig: figure, place: ColumnDataSource) -> None:
    """Say where the pointer is, with the pixel by the column `fit` of a place."""
    fig.js_on_change("inner_width", CustomJS(args={"place": place}, code=_POINTER))


def only_look(fig: figure, words: str) -> None:
    """Label a figure for screen readers, and skip it when tabbing: it has no keyboard actions."""
    fig.js_on_change("inner_width", CustomJS(args={"words": words}, code=_NO_STOP))


def draw_boxes(fig: figure, drawing: bool) -> None:
    """Let a drag draw a box, or move the map again."""
    kind = BoxSelectTool if drawing else PanTool
    fig.toolbar.active_drag = next(tool for tool in fig.tools if isinstance(tool, kind))


def add_tools(fig: figure) -> None:
    """Add the tools to a new map, and style it."""
    zoom = WheelZoomTool(zoom_on_axis=False)
    fig.tools = [*fig.tools, PanTool(), zoom, BoxZoomTool(match_aspect=True), ResetTool()]
    fig.tools.append(BoxSelectTool(renderers=[], visible=False))  # started from the sidebar
    fig.toolbar.active_scroll = zoom
    fig.toolbar.logo = None
    fig.toolbar.autohide = True
    fig.toolbar.stylesheets = [_TOOLBAR]
    fig.toolbar_inner = True
    fig.min_border = BORDER
    fig.outline_line_color = None
    fig.background_fill_alpha = 0
    fig.border_fill_alpha = 0


def keep_one_scale(fig: figure) -> None:
    """Keep one scale for both axes, whatever the size or view of a map."""
    same_scale, tell = _fit(fig)
    tell_of_a_part = CustomJS(args={"figure": fig}, code=_TELL_OF_A_PART)
    fig.js_on_change("inner_width", same_scale, tell_of_a_part)
    fig.js_on_change("inner_height", same_scale, tell_of_a_part)
    fig.js_on_event("reset", same_scale, tell)
    fig.y_range.js_on_change("name", same_scale, tell)  # the last that `look_at` sets
    fig.x_range.update(min_interval=_CLOSEST_M, max_interval=_FARTHEST_M)
    fig.y_range.update(min_interval=_CLOSEST_M, max_interval=_FARTHEST_M)


def keep_scale_on_reset(fig: figure, first: figure) -> None:
    """Keep one scale when a map that shares the ranges of the `first` is reset."""
    fig.js_on_event("reset", *_fit(first))


def _fit(fig: figure) -> list[CustomJS]:
    """Return what puts a map on one scale, and what tells the server."""
    return [CustomJS(args={"figure": fig}, code=code) for code in (_SAME_SCALE, _TELL)]


def look_at(fig: figure, bounds: raster.Bounds, home: raster.Bounds | None = None) -> None:
    """Show the whole of some bounds, and return on reset to others, or to the same.

    The browser hears of it by the name of a range: HoloViews keeps what panel links axes by in the tags.
    """
    west, south, east, north = bounds
    come_home_to(fig, home or bounds)
    fig.x_range.update(start=west, end=east)
    fig.y_range.update(start=south, end=north, name=str(bounds))


def come_home_to(fig: figure, home: raster.Bounds) -> None:
    """Return to some bounds on reset."""
    west, south, east, north = home
    fig.x_range.update(reset_start=west, reset_end=east)
    fig.y_range.update(reset_start=south, reset_end=north)


def add_scale_bar(fig: figure, first: figure) -> None:
    """Add a scale bar in metres on the ground, at any latitude and zoom, with where north is.

    panel 1.9 gives linked figures the ranges of the `first`, after this.
    """
    bar = ScaleBar(bar_length_units="data", length_sizing="exact", bar_length=1.0, **_SCALE_LOOKS)
    fig.add_layout(bar)
    measure = CustomJS(args={"bar": bar, "fig": fig}, code=_ROUND_LENGTH)
    for side in (first.x_range, first.y_range):
        side.js_on_change("start", measure)
        side.js_on_change("end", measure)
    fig.js_on_change("inner_width", measure)


def add_plain_scale_bar(fig: figure) -> ScaleBar:
    """Add a scale bar to a figure whose axes are metres on the ground, with where north is; return it."""
    bar = ScaleBar(unit="m", bar_length=0.2, **_SCALE_LOOKS)
    fig.add_layout(bar)
    return bar


def outline(fig: figure, place: Columns) -> ColumnDataSource:
    """Draw the edge of a place, as `edges`, over imagery as well; return its data, for another place."""
    source = ColumnDataSource(dict(place))
    looks = {"line_color": {"field": "ink"}, "line_width": {"field": "width"}}
    fig.add_glyph(source, MultiLine(xs="xs", ys="ys", **looks), name=OVER_IMAGERY)
    return source


def draw_patch(fig: figure, rings: Columns) -> ColumnDataSource:
    """Draw the outline of a patch; return its data, for another."""
    source = ColumnDataSource(dict(rings))
    casing = MultiLine(xs="xs", ys="ys", line_color="#ffffff", line_width=5, line_alpha=0.9)
    fig.add_glyph(source, casing, name=OVER_IMAGERY)
    fig.add_glyph(source, MultiLine(xs="xs", ys="ys", line_color="#000000", line_width=2), name=OVER_IMAGERY)
    return source


def mark(fig: figure, pixel: Columns) -> ColumnDataSource:
    """Frame the pixel that is asked about, with a ring to find it by; return its data, as `framed`."""
    source = ColumnDataSource(dict(pixel))
    ring = {"x": "middle_x", "y": "middle_y", "marker": "circle", "size": 22, "fill_alpha": 0}
    fig.add_glyph(source, Scatter(line_color="#ffffff", line_width=5, **ring), name=OVER_IMAGERY)
    fig.add_glyph(source, Scatter(line_color="#000000", line_width=2, **ring), name=OVER_IMAGERY)
    fig.add_glyph(source, Line(x="x", y="y", line_color="#ffffff", line_width=5, line_alpha=0.9), name=OVER_IMAGERY)
    fig.add_glyph(source, Line(x="x", y="y", line_color="#000000", line_width=2), name=OVER_IMAGERY)
    return source


def draw_points(fig: figure, pixels: Columns) -> ColumnDataSource:
    """Draw sampled pixels of `point_columns`: circles where the map is right, crosses elsewhere. Return the data."""
    source = ColumnDataSource(dict(pixels))
    looks = {"x": "x", "y": "y", "marker": {"field": "marker"}, "size": 8, "fill_alpha": 0}
    fig.add_glyph(source, Scatter(line_color="#ffffff", line_width=4, **looks), name=OVER_IMAGERY)
    inks = fig.add_glyph(source, Scatter(line_color={"field": "colour"}, line_width=2, **looks), name=OVER_IMAGERY)
    fig.add_tools(HoverTool(renderers=[inks], tooltips=[("", "@words")], visible=False))
    return source


def point_columns(points: SamplePoints | None) -> Columns:
    """Return sampled pixels as columns, whose marker repeats what the colour says; empty for none, and for too many."""
    if points is None or points.crowded:
        return {name: [] for name in ("x", "y", "marker", "colour", "words")}
    return {
        "x": points.x.tolist(),
        "y": points.y.tolist(),
        "marker": ["circle" if right else "x" for right in points.right],
        "colour": [RIGHT if right else WRONG for right in points.right],
        "words": points.words,
    }


def lay_imagery(fig: figure, picture: Columns, hover: CustomJSHover) -> ColumnDataSource:
    """Show imagery, as `pictured`, over the classes and below all else; return its data."""
    source = ColumnDataSource(dict(picture))
    seen = fig.add_glyph(source, ImageRGBA(image="image", global_alpha="alpha", **_PLACED))
    above = [renderer for renderer in fig.renderers if renderer.name == OVER_IMAGERY]
    fig.renderers = [*(one for one in fig.renderers if one not in above), *above]
    words = {"tooltips": [("", "@image{custom}")], "formatters": {"@image": hover}}
    fig.add_tools(HoverTool(renderers=[seen], visible=False, **words))
    return source


def pictured(picture: raster.Picture | None, opacity: float = 1.0) -> Columns:
    """Return a picture of red, green, blue and opacity as columns; empty for none."""
    if picture is None:
        return {name: [] for name in ("image", "x", "y", "dw", "dh", "alpha")}
    west, south, east, north = picture.bounds
    place = {"x": [west], "y": [south], "dw": [east - west], "dh": [north - south]}
    return {"image": [picture.pixels[::-1]], **place, "alpha": [opacity]}


def draw_density(fig: figure, picture: Columns) -> ColumnDataSource:
    """Draw the density of sampled pixels that are too many for markers, as `pictured`; return its data."""
    source = ColumnDataSource(dict(picture))
    fig.add_glyph(source, ImageRGBA(image="image", **_PLACED), name=OVER_IMAGERY)
    return source


def edge(grid: GeoBox | None) -> dict[str, list[float]]:
    """Return the edge of a grid in web Mercator metres, as columns `x` and `y`; empty without a grid."""
    if grid is None:
        return {"x": [], "y": []}
    x, y = zip(*raster.footprint(grid).exterior.coords, strict=True)
    return {"x": list(x), "y": list(y)}


def edges(grid: GeoBox | None, outline: BaseGeometry | None) -> Columns:
    """Return the edge of a grid, and the rings of what of it counts (degrees), as columns of lines with their looks.

    The rings are black on white: seen on any imagery, and by any colour vision.
    """
    whole = edge(grid)
    lines = [(whole["x"], whole["y"], "#808a86", 1.0)] if whole["x"] else []
    boundary = None if outline is None else Geometry(outline, "EPSG:4326").to_crs(raster.MERCATOR).geom.boundary
    rings = [np.transpose(ring.coords).tolist() for ring in get_parts(boundary)] if boundary is not None else []
    lines += [(*ring, ink, width) for ink, width in (("#ffffff", 4.0), ("#000000", 1.5)) for ring in rings]
    return {name: [line[at] for line in lines] for at, name in enumerate(("xs", "ys", "ink", "width"))}


def framed(pixel: GeoBox | None) -> dict[str, list[float]]:
    """Return the edge of a pixel, and its middle at each of its corners, as columns; empty without a pixel."""
    columns = edge(pixel)
    middle = {f"middle_{axis}": [sum(at[1:]) / (len(at) - 1)] * len(at) for axis, at in columns.items()}
    return columns | middle


def lay_basemap(fig: figure, name: str) -> None:
    """Show a base map below the classes, and names of places above them; an empty name takes both away."""
    fig.renderers = [renderer for renderer in fig.renderers if "basemap" not in renderer.tags]
    if name:
        fig.add_tile(TILES[name], level="underlay", tags=["basemap"])
    if name in NAMES:
        fig.add_tile(NAMES[name], level="overlay", tags=["basemap"])
