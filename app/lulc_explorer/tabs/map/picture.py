"""The picture on screen as a file: both maps with legend, areas, scale, north, source, date and link."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.engine.classes import REFERENCE_LEGEND, in_colours
from lulc_explorer.layers.captions import other_weights, without_class
from lulc_explorer.layers.layer import ClassRaster, ContinuousRaster, ImageryRaster, painted
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.formatting import hectares, percent
from lulc_explorer.rendering.palette import ink_on, ramp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.layers.layer import Layer, LayerContext, LayerData
    from lulc_explorer.session.session import Session

_DPI = 100
_WIDTH, _TALLEST, _LEAST = 800, 1600, 300
_HEAD, _FOOT, _RIM = 80, 150, 20
"""Pixels: width and limits of the height of a map; heights of the title and legend; space between."""
_LEGEND = 75
"""Pixels of the foot that are for the legend of classes."""
_LINE, _LINES = 18, 3
"""Pixels of a line below the legend, and how many of them its height has room for."""
_LINE_OF_LINK = 200
"""Characters of a link that fit on a line."""


def picture(session: Session, link: str = "") -> bytes:
    """Return a PNG of what both maps show now, with the link to it."""
    context = session.context
    if context is None:
        raise ValueError("There is no map to draw. Open a map first.")
    from matplotlib.figure import Figure  # 15 MB: only for who downloads a picture

    viewport, signed = _viewport(session), _signature(session, context, link)
    sides = {side: its for side in session.panels if (its := session.context_of(side)) is not None}
    shown = {side: LAYERS[session.layer(side)].show(its) for side, its in sides.items()}
    seen = {*np.unique([each.codes for each in shown.values() if isinstance(each, ClassRaster)])}
    foot = _FOOT - (0 if seen else _LEGEND) + _LINE * max(0, len(signed) - _LINES)
    width, height = 2 * _WIDTH + 3 * _RIM, viewport.height + _HEAD + foot
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    request, note = context.land_cover.request, " · simulated" if context.land_cover.simulated else ""
    title = f"{request.place.title} in {request.year}{note}"
    figure.text(_RIM / width, 1 - 22 / height, title, size=15, va="center")
    for number, (side, its) in enumerate(sides.items()):
        left = _RIM + number * (_WIDTH + _RIM)
        axes = figure.add_axes(
            (left / width, foot / height, _WIDTH / width, viewport.height / height), xticks=[], yticks=[]
        )
        _caption(axes, LAYERS[session.layer(side)], its, shown[side])
        _paint(axes, shown[side], its, viewport)
        _explain(axes, shown[side])
        _measure(axes, viewport)
        if session.display.graticule:
            _rule(axes, viewport)
    _sign(figure, context, [c.code for c in REFERENCE_LEGEND if c.code in seen], signed)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _caption(axes: Axes, layer: Layer, context: LayerContext, shown: LayerData) -> None:
    """Say what a map shows: of which date and class, in which bands, how it agrees, and why it is faded."""
    axes.set_title(f"{layer.heading(context)} · {layer.title.lower()}", loc="left", size=11, pad=20)
    said = layer.says(context).rstrip(": ")
    if isinstance(shown, ClassRaster) and shown.masked_faded:
        said = f"{said}; what is masked is faded"
    axes.annotate(said, (0, 1), (0, 6), "axes fraction", "offset points", size=9, color="0.3")


def _viewport(session: Session) -> raster.Viewport:
    """Return the current view at the size of the picture."""
    bounds = session.bounds
    height = round(_WIDTH * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0]))
    return raster.Viewport(bounds=bounds, width=_WIDTH, height=min(max(height, _LEAST), _TALLEST))


def _sign(figure: Figure, context: LayerContext, codes: Sequence[int], lines: Sequence[str]) -> None:
    """Add the legend with the areas of the year's composite, and lines from the bottom up, below the maps."""
    from matplotlib.patches import Patch

    height = figure.get_figheight() * _DPI
    legend = in_colours(REFERENCE_LEGEND, context.colours)
    figure.legend(
        handles=[
            Patch(
                facecolor=c.hex,
                edgecolor=ink_on(c.hex) if c.name == context.hatched else "0.5",
                hatch="///" if c.name == context.hatched else None,
                linewidth=0.5,
                label=_label(c.name, context.composite, c.code),
            )
            for c in map(legend.__getitem__, codes)
        ],
        loc="lower center",
        bbox_to_anchor=(0.5, (8 + _LINE * len(lines)) / height),
        ncols=4,
        frameon=False,
        fontsize=10,
    )
    for line, said in enumerate(lines):
        left = _RIM / (figure.get_figwidth() * _DPI)
        figure.text(left, (14 + _LINE * line) / height, said, size=9, va="center", color="0.3")


def credits_of(session: Session) -> list[str]:
    """Return whose work both maps show, a line each: imagery and network, then published maps."""
    sides = [(LAYERS[session.layer(side)], its) for side in session.panels if (its := session.context_of(side))]
    own = [its.land_cover.attribution for _, its in sides]
    published = [f"{layer.heading(its)}: {layer.credit}" for layer, its in sides if layer.credit]
    return list(dict.fromkeys([*own, *published]))


def _signature(session: Session, context: LayerContext, link: str) -> list[str]:
    """Return date and link, sources, and the class weights if they are not those of the map, from the bottom up."""
    made, land_cover = f"{datetime.now(UTC):%-d %B %Y}", context.land_cover
    dated = f"{made} · {link}" if link else made
    lines = [dated[at : at + _LINE_OF_LINK] for at in range(0, len(dated), _LINE_OF_LINK)]
    weights = other_weights(land_cover, context.composite)
    lost = without_class(land_cover, context.composite)
    weighed = f"Class weights: {weights}{' · ' if lost else ''}{lost}"
    return [*reversed(lines), *reversed(credits_of(session)), *([weighed] if weights else [])]


def _label(name: str, composite: Composite, code: int) -> str:
    """Return a class with its share and area in the composite of the year."""
    area = composite.hectares.get(code, 0.0)
    return f"{name}: {percent(area / composite.mapped_ha)}, {hectares(area)} ha" if area else name


def _explain(axes: Axes, shown: LayerData) -> None:
    """Add the scale of a continuous quantity with the labels of its ends; classes are in the legend."""
    if not isinstance(shown, ContinuousRaster):
        return
    from matplotlib.colors import to_rgba_array

    left, width = 0.03, 0.3
    bar = axes.inset_axes((left, 0.955, width, 0.02), xticks=[], yticks=[])
    bar.imshow([to_rgba_array(ramp(shown.least))], aspect="auto", interpolation="nearest")
    back = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2}
    for end, (at, side) in zip(shown.ends, ((left, "left"), (left + width, "right")), strict=True):
        axes.text(at, 0.945, end, size=9, ha=side, va="top", bbox=back, transform=axes.transAxes)


def _measure(axes: Axes, viewport: raster.Viewport) -> None:
    """Add a scale bar in metres on the ground in the middle of the view, and where north is."""
    west, south, east, north = viewport.bounds
    metres = _round((east - west) * viewport.ground / 5)
    x, y, rise = west + (east - west) / 40, south + (north - south) / 40, (north - south) / 100
    back = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 3}
    words = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    axes.text(x, y + 2 * rise, words, size=10, va="bottom", bbox=back)
    axes.plot([x, x + metres / viewport.ground], [y, y], color="white", linewidth=5)
    axes.plot([x, x + metres / viewport.ground], [y, y], color="black", linewidth=2)
    axes.annotate(
        "N",
        xy=(0.965, 0.97),
        xytext=(0.965, 0.9),
        xycoords="axes fraction",
        ha="center",
        size=11,
        arrowprops={"arrowstyle": "-|>", "color": "black"},
        bbox=back,
    )


def _rule(axes: Axes, viewport: raster.Viewport) -> None:
    """Draw lines of longitude and latitude, with their degrees below the map and on its left."""
    from matplotlib.patheffects import withStroke
    from matplotlib.ticker import MaxNLocator

    west, south, east, north = raster.to_degrees(viewport.bounds)
    spaced = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])
    lon, lat = (
        [at for at in map(float, spaced.tick_values(*ends)) if ends[0] < at < ends[1]]
        for ends in ((west, east), (south, north))
    )
    axes.set_xticks([*map(raster.mercator_x, lon)], [_degrees(at, "E", "W") for at in lon], size=8)
    axes.set_yticks(
        [*map(raster.mercator_y, lat)], [_degrees(at, "N", "S") for at in lat], size=8, rotation=90, va="center"
    )
    axes.tick_params(length=0, pad=2)
    halo = withStroke(linewidth=2.2, foreground="white", alpha=0.5)  # so that it shows on a dark map
    axes.grid(color="black", alpha=0.7, linewidth=0.7, path_effects=[halo])


def _degrees(at: float, positive: str, negative: str) -> str:
    return f"{abs(at):.6g}° {positive if at >= 0 else negative}"


def _round(length: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is at most a length."""
    power = 10 ** math.floor(math.log10(length))
    return power * max(n for n in (1, 2, 5) if n * power <= length)


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
    if isinstance(shown, ImageryRaster):
        picture = raster.warp(shown.looks, context.land_cover.grid, viewport, fill=0)
        return picture, shown.painted(picture.pixels)[..., None].view(np.uint8)
    picture, colours = painted(shown, context, viewport)
    from matplotlib.colors import to_rgba_array

    table = np.zeros((256, 4))
    table[: len(colours)] = to_rgba_array(colours)
    return picture, table[picture.pixels]
