"""The picture on screen as a file: both maps side by side, with their legend."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lulc_explorer.engine.repository import LEGEND
from lulc_explorer.layers.registry import LAYERS, ClassRaster, ContinuousRaster, ImageryRaster, positions
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.palette import NO_DATA

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lulc_explorer.layers.registry import LayerData
    from lulc_explorer.session.explorer import Explorer

_DPI = 100
_WIDTH, _TALLEST, _LEAST = 800, 1600, 300
_HEAD, _FOOT, _RIM = 80, 110, 20
"""Pixels of a map's width and the limits of its height; of the words over and under both, and between."""


def picture(explorer: Explorer) -> bytes:
    """Return a PNG of what both maps show now."""
    result = explorer.result
    viewport = _viewport(explorer)
    width, height = 2 * _WIDTH + 3 * _RIM, viewport.height + _HEAD + _FOOT
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    title = f"{result.order.place.title} in {result.order.year}" + (" · simulated" if result.simulated else "")
    figure.text(_RIM / width, 1 - 22 / height, title, size=15, va="center")
    shown = {side: screen.look() for side, screen in explorer.screens.items()}
    for number, side in enumerate(shown):
        left = _RIM + number * (_WIDTH + _RIM)
        axes = figure.add_axes(
            (left / width, _FOOT / height, _WIDTH / width, viewport.height / height), xticks=[], yticks=[]
        )
        layer = LAYERS[explorer.layer(side)]
        axes.set_title(f"{layer.heading(explorer)} · {layer.title.lower()}", loc="left", size=11)
        _paint(axes, shown[side], explorer, viewport)
    seen = {*np.unique([each.codes for each in shown.values() if isinstance(each, ClassRaster)])}
    figure.legend(
        handles=[Patch(color=c.hex, label=c.name) for c in LEGEND if c.code in seen],
        loc="lower center",
        ncols=5,
        frameon=False,
    )
    text = io.BytesIO()
    figure.savefig(text, format="png")
    return text.getvalue()


def _viewport(explorer: Explorer) -> raster.Viewport:
    """Return what the person looks at, with pixels for a picture."""
    bounds = explorer.bounds
    height = round(_WIDTH * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0]))
    return raster.Viewport(bounds=bounds, width=_WIDTH, height=min(max(height, _LEAST), _TALLEST))


def _paint(axes: Axes, shown: LayerData, explorer: Explorer, viewport: raster.Viewport) -> None:
    """Paint what is shown; where there is no data the paper stays bare."""
    picture, colours = _coloured(shown, explorer, viewport)
    west, south, east, north = picture.bounds
    axes.imshow(colours, extent=(west, east, south, north), interpolation="nearest", aspect="auto")
    axes.set(xlim=viewport.bounds[::2], ylim=viewport.bounds[1::2])


def _coloured(
    shown: LayerData, explorer: Explorer, viewport: raster.Viewport
) -> tuple[raster.Picture, NDArray[np.floating] | NDArray[np.uint8]]:
    """Return what is in view, and its colours: shape (y, x, 4)."""
    grid = explorer.result.grid
    if isinstance(shown, ImageryRaster):
        picture = raster.warp(shown.looks, grid, viewport, fill=0)
        return picture, shown.painted(picture.pixels)[..., None].view(np.uint8)
    values, colours = positions(shown, explorer)
    picture = raster.warp(values, grid, viewport, fill=NO_DATA, mean=isinstance(shown, ContinuousRaster))
    table = np.zeros((256, 4))
    table[: len(colours)] = to_rgba_array(colours)
    return picture, table[picture.pixels]
