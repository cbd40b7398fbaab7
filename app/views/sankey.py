"""The flows between two years as a picture: a band from each class to what it became, as wide as its area."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import holoviews as hv
from bokeh.core.properties import value
from bokeh.models import CustomJS, GlyphRenderer, Scatter, Text
from change import drawn
from store import PALETTE

from views.drawing import FONT, bare, inks
from views.legend import hectares

if TYPE_CHECKING:
    from change import Change, Flow

LEAST = 0.01
"""Flows smaller than this share of all that is shown are not drawn."""
HEIGHT = 460
"""Of the picture, screen pixels."""
_SPAN = 1000
"""What HoloViews takes a Sankey's width for, in its own units."""
_ASIDE = 9
"""Screen pixels between a bar and its name."""
_MAKE_ROOM = """
    const room = Math.min(130, 0.32 * figure.inner_width)
    const scale = span / (figure.inner_width - 2 * room)
    figure.x_range.setv({start: -room * scale, end: span + room * scale})
"""
"""Names stand beside the bars, not on them: keep as many pixels free on both sides as the longest needs."""


def sankey(change: Change, *, stays: bool, dark: bool) -> hv.Sankey | None:
    """Return the flows that are large enough to see; None if there are none.

    Parameters
    ----------
    change
        What became what.
    stays
        Whether to draw what stayed the same, too.
    dark
        Whether the page is dark.
    """
    flows, _ = drawn(change.flows(stays=stays), LEAST)
    if not flows:
        return None
    was = sorted({flow.before for flow in flows})
    became = sorted({flow.after for flow in flows})
    left = {position: i for i, position in enumerate(was)}
    right = {position: len(was) + i for i, position in enumerate(became)}
    names = PALETTE.names
    labels = [_label(flows, position, "before") for position in was]
    labels += [_label(flows, position, "after") for position in became]
    classes = [names[position] for position in (*was, *became)]
    nodes = hv.Dataset((range(len(labels)), labels, classes), "index", ["label", "class"])
    edges = [
        (left[f.before], right[f.after], f.hectares, names[f.before], names[f.after], f"{hectares(f.hectares)} ha")
        for f in flows
    ]
    colours = dict(zip(names, PALETTE.colours, strict=True))
    return hv.Sankey((edges, nodes), vdims=["hectares", "from", "to", "area"]).opts(
        labels="label",
        label_position="outer",
        label_text_font_size="12px",
        show_values=False,
        node_color="class",
        cmap=colours,
        node_line_color=None,
        edge_color="to",
        edge_cmap=colours,
        edge_line_color=None,
        edge_fill_alpha=0.55,
        node_padding=24,
        node_sort=False,
        default_tools=[],
        tools=["hover"],
        inspection_policy="edges",
        toolbar=None,
        hooks=[bare, partial(_finish, ink=inks(dark).text)],
    )


def _label(flows: list[Flow], position: int, side: str) -> str:
    area = sum(flow.hectares for flow in flows if getattr(flow, side) == position)
    return f"{PALETTE.names[position]}\n{hectares(area)} ha"


def _finish(plot: hv.plotting.bokeh.ElementPlot, _: hv.Element, *, ink: str) -> None:
    """Fill the width, and write as the page does."""
    fig = plot.state
    fig.update(width=None, height=HEIGHT, sizing_mode="stretch_width")
    fig.js_on_change("inner_width", CustomJS(args={"figure": fig, "span": _SPAN}, code=_MAKE_ROOM))
    for renderer in fig.select(type=GlyphRenderer):
        if isinstance(renderer.glyph, Text):
            renderer.glyph.update(text_color=value(ink), text_font=value(FONT), x_offset=value(_aside(renderer.glyph)))
        renderer.visible = not isinstance(renderer.glyph, Scatter)  # dots on the bars, which say nothing


def _aside(glyph: Text) -> int:
    """Return how far names are moved off their bars, pixels."""
    return -_ASIDE if glyph.text_align in ("right", value("right")) else _ASIDE
