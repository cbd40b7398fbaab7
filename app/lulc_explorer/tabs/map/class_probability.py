"""The probability of one class: the choice of class, a histogram of area, and the threshold below which it fades."""

from __future__ import annotations

from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import panel as pn
import panel_material_ui as pmui

from lulc_explorer.analysis.composite import BIN, areas, histogram
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.engine.classes import CONFUSABLE
from lulc_explorer.layers.layer import ContinuousRaster
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering.formatting import PERCENT, hectares, percent
from lulc_explorer.rendering.palette import RAMP, RAMP_STOPS

if TYPE_CHECKING:
    import param
    from numpy.typing import NDArray

    from lulc_explorer.analysis.composite import PixelHa
    from lulc_explorer.layers.layer import Layer, LayerContext
    from lulc_explorer.session.session import Session

_CSS = (Path(__file__).parent / "class_probability.css").read_text()
_DECADES = 5
"""Powers of ten that a histogram shows."""
_STRIP = "strip"
_STOPS = "".join(f'<stop offset="{i / (len(RAMP_STOPS) - 1):.0%}" stop-color="{c}"/>' for i, c in enumerate(RAMP_STOPS))
_GRADIENT = f'<defs><linearGradient id="{_STRIP}">{_STOPS}</linearGradient></defs>'


class ClassProbability(pn.viewable.Viewer):
    """Controls and histogram of the layers of one class; visible while a map shows such a layer.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._words = pn.pane.HTML("", stylesheets=[_CSS], margin=0, sizing_mode="stretch_width")
        self._view = LateColumn(self._build, sizing_mode="stretch_width")
        for panel in session.panels.values():
            panel.param.watch(self._redraw, "shown")
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _buttons(self) -> dict[str, pmui.Button]:
        return {name: self._button(name) for name in CONFUSABLE}

    def _build(self) -> pn.Column:
        layers = self._session.layers
        wide = {"description": "", "size": "small", "sizing_mode": "stretch_width"}
        choices = pn.Column(
            pmui.Select.from_param(layers.param.target_class, label="Class", margin=(8, 6, 6, 6), **wide),
            pn.Row(*self._buttons.values(), margin=(0, 3)),
            pmui.IntSlider.from_param(layers.param.threshold, label="Fade below (%)", margin=(4, 12), **wide),
            margin=0,
        )
        return pn.Column(
            choices, self._words, css_classes=["class-probability"], stylesheets=[_CSS], margin=(4, 0, 8, 0)
        )

    def _button(self, name: str) -> pmui.Button:
        choose = lambda _: self._session.layers.param.update(target_class=name)  # noqa: E731
        return pmui.Button(label=name.capitalize(), size="small", margin=(6, 3), on_click=choose)

    def _redraw(self, *_: param.parameterized.Event) -> None:
        session = self._session
        layers = {side: LAYERS[session.layer(side)] for side in session.panels}
        parts = [
            _part(layers[side], panel.shown, panel.context)
            for side, panel in session.panels.items()
            if panel.context is not None and layers[side].of_class and isinstance(panel.shown, ContinuousRaster)
        ]
        self._view.show(bool(parts))
        if not parts:
            return
        for name, button in self._buttons.items():
            button.variant = "contained" if name == session.layers.target_class else "outlined"
        self._words.object = '<div class="histograms">' + "".join(parts) + "</div>"


def _part(layer: Layer, shown: ContinuousRaster, context: LayerContext) -> str:
    title = f"{layer.heading(context)}: {layer.title.lower().replace('a class', context.target_class)}"
    return histogram_section(
        title, shown, context.land_cover.pixel_ha, of="scene" if "scene" in layer.follows else "map"
    )


def histogram_section(title: str, shown: ContinuousRaster, pixel_ha: PixelHa, *, of: str = "map") -> str:
    """Return a histogram under a title, and the area that reaches the threshold.

    Parameters
    ----------
    title
        What is shown.
    shown
        The layer, with its threshold.
    pixel_ha
        Area of a pixel, hectares, or of each, shape (y, x).
    of
        What the area is a part of: a scene or a map.
    """
    every = areas(shown.hundredths, pixel_ha)
    words = describe(every, shown.least, of)
    drawn = _draw(histogram(every), shown.least)
    return (
        f'<section><h3>{escape(title)}</h3><div class="plot" role="img" '
        f'aria-label="Hectares per {BIN}{PERCENT}. {words}">{drawn}</div><p>{words}</p></section>'
    )


def describe(every: NDArray[np.floating], least: int, of: str = "map") -> str:
    """Return the area that reaches a threshold and the mean, given the hectares of every hundredth."""
    whole = every.sum()
    if not whole:
        return f"No part of the {of} has data."
    mean = f"Mean {percent(float(every @ np.arange(101) / 100 / whole))}."
    reached = float(every[least:].sum())
    if not least:
        return f"{hectares(whole)} ha in total. {mean}"
    if not reached:
        return f"No part of the {of} has at least {least}{PERCENT}. {mean}"
    return f"{hectares(reached)} ha, {percent(reached / whole)} of the {of}, have at least {least}{PERCENT}. {mean}"


def _draw(bins: NDArray[np.floating], least: int) -> str:
    """Return the bars on a logarithmic scale, so that rare values stay visible."""
    top = np.ceil(np.log10(max(bins.max(), 1e-9)))
    heights = np.where(bins > 0, np.clip(1 + (np.log10(np.maximum(bins, 1e-12)) - top) / _DECADES, 0.01, 1), 0)
    lines = "".join(_line(share / _DECADES, 10.0 ** (top - _DECADES + share)) for share in range(1, _DECADES + 1))
    bars = "".join(_bar(i, float(height), least, float(bins[i])) for i, height in enumerate(heights))
    ticks = "".join(
        f'<text class="tick" x="{at}%" y="100%" dy="24">{at}{PERCENT}</text>' for at in (0, 25, 50, 75, 100)
    )
    edge = f'<line class="threshold" x1="{least}%" x2="{least}%" y1="-4" y2="100%"/>' if least else ""
    strip = f'<rect y="100%" width="100%" height="8" fill="url(#{_STRIP})"/>'
    return f"<svg>{_GRADIENT}{lines}{bars}{strip}{ticks}{edge}</svg>"


def _line(height: float, area: float) -> str:
    y = f"{100 * (1 - height):.2f}%"
    return (
        f'<line class="grid" x2="100%" y1="{y}" y2="{y}"/>'
        f'<text x="-6" y="{y}" dy="0.32em" text-anchor="end">{area:,.{0 if area >= 1 else 2}f} ha</text>'
    )


def _bar(place: int, height: float, least: int, area: float) -> str:
    start, stop = place * BIN, place * BIN + BIN
    faded = ' class="below"' if stop <= least else ""
    return (
        f'<rect{faded} data-ha="{area:.4f}" x="{start + 0.3}%" width="{BIN - 0.6}%" y="{100 * (1 - height):.2f}%" '
        f'height="{100 * height:.2f}%" fill="{RAMP[start + BIN // 2]}"><title>'
        f"{start} to {stop}{PERCENT}: {hectares(area)} ha</title></rect>"
    )
