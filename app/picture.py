"""The picture on screen as a file: the scene and the map of the year side by side, with their legend."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import raster
from matplotlib.colors import LinearSegmentedColormap, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from palette import DOUBT, NO_DATA
from state import LAYERS
from store import LEGEND, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from state import Explorer

_DPI = 100
_WIDTH, _TALLEST, _LEAST = 800, 1600, 300
_HEAD, _FOOT, _RIM = 80, 110, 20
"""Pixels of a map's width and the limits of its height; of the words over and under both, and between."""
_RAMP = LinearSegmentedColormap.from_list("doubt", DOUBT, 101)(np.arange(101))


def picture(explorer: Explorer) -> bytes:
    """Return a PNG of what both maps show now."""
    result = explorer.result
    viewport = _viewport(explorer)
    width, height = 2 * _WIDTH + 3 * _RIM, viewport.height + _HEAD + _FOOT
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    title = f"{result.order.place.title} in {result.order.year}" + (" · simulated" if result.simulated else "")
    figure.text(_RIM / width, 1 - 22 / height, title, size=15, va="center")
    layer = explorer.layer
    day = "Simulated truth" if explorer.sight == "truth" else f"One day: {explorer.scene[:10]}"
    year = f"The whole year {result.order.year}" + (f": {LAYERS[layer].lower()}" if layer != "classes" else "")
    panels = ((day, *_scene(explorer)), (year, *_composite(explorer)))
    for number, (words, values, colours) in enumerate(panels):
        left = _RIM + number * (_WIDTH + _RIM)
        axes = figure.add_axes(
            (left / width, _FOOT / height, _WIDTH / width, viewport.height / height), xticks=[], yticks=[]
        )
        axes.set_title(words, loc="left", size=11)
        _paint(axes, values, colours, explorer, viewport)
    seen = {*np.unique(explorer.on_the_left), *np.unique(explorer.cover.label)}
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
    try:
        west, south, east, north = map(float, explorer.view.split(","))
        bounds = raster.to_mercator((west, south, east, north))
    except ValueError:
        bounds = raster.home(explorer.grid)
    height = round(_WIDTH * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0]))
    return raster.Viewport(bounds=bounds, width=_WIDTH, height=min(max(height, _LEAST), _TALLEST))


def _scene(explorer: Explorer) -> tuple[NDArray[np.uint8], NDArray[np.floating]]:
    return _classes(explorer, explorer.on_the_left, explorer.away_on_the_left)


def _composite(explorer: Explorer) -> tuple[NDArray[np.uint8], NDArray[np.floating]]:
    """Return what the map of the year shows, as positions in a list of colours."""
    cover = explorer.cover
    if explorer.layer != "classes":
        return cover.layer(explorer.layer)[0], _RAMP
    return _classes(explorer, cover.label, explorer.away)


def _classes(
    explorer: Explorer, codes: NDArray[np.uint8], away: NDArray[np.bool_] | None
) -> tuple[NDArray[np.uint8], NDArray[np.floating]]:
    positions, colours = PALETTE.painted(codes, highlight=explorer.highlight, hidden=explorer.hidden, away=away)
    return positions, to_rgba_array(colours)


def _paint(
    axes: Axes,
    values: NDArray[np.uint8],
    colours: NDArray[np.floating],
    explorer: Explorer,
    viewport: raster.Viewport,
) -> None:
    """Paint positions in colours; what is beyond them stays bare."""
    warped = raster.warp(values, explorer.result.grid, viewport, fill=NO_DATA)
    table = np.zeros((256, 4))
    table[: len(colours)] = colours
    west, south, east, north = warped.bounds
    axes.imshow(table[warped.pixels], extent=(west, east, south, north), interpolation="nearest", aspect="auto")
    axes.set(xlim=viewport.bounds[::2], ylim=viewport.bounds[1::2])
