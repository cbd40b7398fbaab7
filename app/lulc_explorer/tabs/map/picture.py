"""The picture on screen as a file: both maps side by side, with their legend."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.engine.classes import LEGEND, in_colours
from lulc_explorer.layers.layer import ClassRaster, ContinuousRaster, ImageryRaster, positions
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.palette import NO_DATA

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lulc_explorer.layers.layer import LayerContext, LayerData
    from lulc_explorer.session.session import Session

_DPI = 100
_WIDTH, _TALLEST, _LEAST = 800, 1600, 300
_HEAD, _FOOT, _RIM = 80, 130, 20
"""Pixels: width and limits of the height of a map; heights of the title and legend; space between."""


def picture(session: Session) -> bytes:
    """Return a PNG of what both maps show now."""
    context = session.context
    if context is None:
        raise ValueError("There is no map to draw. Open a map first.")
    from matplotlib.figure import Figure  # 15 MB: only for who downloads a picture
    from matplotlib.patches import Patch

    viewport = _viewport(session)
    width, height = 2 * _WIDTH + 3 * _RIM, viewport.height + _HEAD + _FOOT
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    request, note = context.land_cover.request, " · simulated" if context.land_cover.simulated else ""
    title = f"{request.place.title} in {request.year}{note}"
    figure.text(_RIM / width, 1 - 22 / height, title, size=15, va="center")
    shown = {side: LAYERS[session.layer(side)].show(context) for side in session.panels}
    for number, side in enumerate(shown):
        left = _RIM + number * (_WIDTH + _RIM)
        axes = figure.add_axes(
            (left / width, _FOOT / height, _WIDTH / width, viewport.height / height), xticks=[], yticks=[]
        )
        layer = LAYERS[session.layer(side)]
        axes.set_title(f"{layer.heading(context)} · {layer.title.lower()}", loc="left", size=11)
        _paint(axes, shown[side], context, viewport)
    seen = {*np.unique([each.codes for each in shown.values() if isinstance(each, ClassRaster)])}
    figure.legend(
        handles=[Patch(color=c.hex, label=c.name) for c in in_colours(LEGEND, context.colours) if c.code in seen],
        loc="lower center",
        bbox_to_anchor=(0.5, 20 / height),
        ncols=5,
        frameon=False,
    )
    figure.text(_RIM / width, 12 / height, context.land_cover.attribution, size=9, va="center", color="0.3")
    text = io.BytesIO()
    figure.savefig(text, format="png")
    return text.getvalue()


def _viewport(session: Session) -> raster.Viewport:
    """Return the current view at the size of the picture."""
    bounds = session.bounds
    height = round(_WIDTH * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0]))
    return raster.Viewport(bounds=bounds, width=_WIDTH, height=min(max(height, _LEAST), _TALLEST))


def _paint(axes: Axes, shown: LayerData, context: LayerContext, viewport: raster.Viewport) -> None:
    """Paint a layer; pixels without data stay white."""
    picture, colours = _coloured(shown, context, viewport)
    west, south, east, north = picture.bounds
    axes.imshow(colours, extent=(west, east, south, north), interpolation="nearest", aspect="auto")
    axes.set(xlim=viewport.bounds[::2], ylim=viewport.bounds[1::2])


def _coloured(
    shown: LayerData, context: LayerContext, viewport: raster.Viewport
) -> tuple[raster.Picture, NDArray[np.floating] | NDArray[np.uint8]]:
    """Return the part in view, and its colours, shape (y, x, 4)."""
    grid = context.land_cover.grid
    if isinstance(shown, ImageryRaster):
        picture = raster.warp(shown.looks, grid, viewport, fill=0)
        return picture, shown.painted(picture.pixels)[..., None].view(np.uint8)
    values, colours = positions(shown, context)
    picture = raster.warp(values, grid, viewport, fill=NO_DATA, mean=isinstance(shown, ContinuousRaster))
    from matplotlib.colors import to_rgba_array

    table = np.zeros((256, 4))
    table[: len(colours)] = to_rgba_array(colours)
    return picture, table[picture.pixels]
