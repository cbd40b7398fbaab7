"""The transitions between two years as a Sankey diagram: a band per transition, as wide as its area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.analysis.change import split_by_size
from lulc_explorer.engine.classes import PALETTE, css_colour
from lulc_explorer.rendering.formatting import hectares

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_explorer.analysis.change import Change, Flow

LEAST = 0.01
"""Transitions below this share of the total are not drawn."""
_HEIGHT = 460
"""Of the picture, screen pixels."""
_GAP = 32
"""Screen pixels between two bars at least: a name has two lines."""
_SPAN, _BAR = 1000, 16
"""How wide the picture and a bar are, in units that the browser stretches."""


def sankey(change: Change, *, stays: bool) -> str:
    """Return the transitions that are large enough to see, as HTML; empty if there are none.

    Parameters
    ----------
    change
        The two years, compared.
    stays
        Whether to draw unchanged area as well.
    """
    flows, _ = split_by_size(change.flows(stays=stays), LEAST)
    if not flows:
        return ""
    was, became = _areas(flows, "before"), _areas(flows, "after")
    room = _HEIGHT - _GAP * (max(len(was), len(became)) - 1)
    scale = room / sum(was.values())
    left, right = _tops(was, scale), _tops(became, scale)
    picture = _bands(flows, left, right, scale) + _bars(was, left, 0, scale) + _bars(became, right, _SPAN - _BAR, scale)
    return (
        '<div class="flows" role="img" aria-label="Transitions, also listed in the table below">'
        f"{_names(was, left, 'before', scale)}"
        f'<svg viewBox="0 0 {_SPAN} {_HEIGHT}" preserveAspectRatio="none">{picture}</svg>'
        f"{_names(became, right, 'after', scale)}</div>"
    )


def _areas(flows: list[Flow], side: str) -> dict[int, float]:
    """Return the hectares of every class on one side, in legend order."""
    there = sorted({getattr(flow, side) for flow in flows})
    return {position: sum(f.hectares for f in flows if getattr(f, side) == position) for position in there}


def _tops(areas: Mapping[int, float], scale: float) -> dict[int, float]:
    """Return where the bar of every class begins: one below the other, from the top of the picture to its foot."""
    spare = _HEIGHT - scale * sum(areas.values())
    gap = spare / (len(areas) - 1) if len(areas) > 1 else 0.0
    tops, at = {}, 0.0 if gap else spare / 2
    for position, area in areas.items():
        tops[position] = at
        at += area * scale + gap
    return tops


def _bands(flows: list[Flow], left: Mapping[int, float], right: Mapping[int, float], scale: float) -> str:
    """Return the bands; those that leave or reach one bar lie in the order of the bars at their other end."""
    start, end, bands = dict(left), dict(right), []
    half = _SPAN / 2
    for flow in sorted(flows, key=lambda f: (f.before, f.after)):
        high, low, thick = start[flow.before], end[flow.after], flow.hectares * scale
        start[flow.before] += thick
        end[flow.after] += thick
        names, colour = (PALETTE.names[flow.before], PALETTE.names[flow.after]), css_colour(PALETTE.codes[flow.after])
        bands.append(
            f'<path d="M0 {high:.1f}C{half} {high:.1f} {half} {low:.1f} {_SPAN} {low:.1f}v{thick:.1f}'
            f'C{half} {low + thick:.1f} {half} {high + thick:.1f} 0 {high + thick:.1f}z" '
            f'fill="{colour}"><title>{names[0]} → {names[1]}: {hectares(flow.hectares)} ha'
            "</title></path>"
        )
    return "".join(bands)


def _bars(areas: Mapping[int, float], tops: Mapping[int, float], x: int, scale: float) -> str:
    return "".join(
        f'<rect x="{x}" y="{tops[position]:.1f}" width="{_BAR}" height="{max(area * scale, 1):.1f}" '
        f'fill="{css_colour(PALETTE.codes[position])}"/>'
        for position, area in areas.items()
    )


def _names(areas: Mapping[int, float], tops: Mapping[int, float], side: str, scale: float) -> str:
    names = "".join(
        f'<span style="top:{tops[position] + area * scale / 2:.1f}px">{PALETTE.names[position]}<br>'
        f"{hectares(area)} ha</span>"
        for position, area in areas.items()
    )
    return f'<div class="{side}">{names}</div>'
