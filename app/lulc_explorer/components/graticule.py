"""Lines of longitude and latitude over a map, put there when they are first asked for."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from bokeh.models import AdaptiveTicker, CustomJSTickFormatter, Grid, LinearAxis, MercatorTicker, Title

if TYPE_CHECKING:
    from bokeh.plotting import figure

_TAG = "graticule"
_ROOM = {"7px": "above", "20px": "left"}
"""Blanks as high as half of what is written at a corner: HoloViews 1.23 sets the borders anew in every painting."""
_LINES = {"grid_line_color": None, "level": "overlay"}
_INKS: tuple[dict[str, str | float], ...] = (
    {"minor_grid_line_color": "#ffffff", "minor_grid_line_alpha": 0.45, "minor_grid_line_width": 3},
    {"minor_grid_line_color": "#000000", "minor_grid_line_alpha": 0.7},
)
"""A light line under each dark one, so that it shows on any map. Minor lines: panel-material-ui 0.16 gives the others
a tenth of the ink, and the degrees the colour of its theme."""
_SAY = """
    const degrees = (metres) => %s
    const apart = ticks.length > 1 ? Math.abs(degrees(ticks[1]) - degrees(ticks[0])) : 0.0001
    const step = Math.min(apart, 360 - apart)
    return `${degrees(tick).toFixed(Math.max(Math.ceil(-Math.log10(step) - 1e-4), 0))}°`
"""
_DEGREES = {
    "lon": _SAY % "((metres / 6378137 * 180 / Math.PI + 540) % 360 + 360) % 360 - 180",
    "lat": _SAY % "Math.atan(Math.sinh(metres / 6378137)) * 180 / Math.PI",
}
"""Every line has as many decimals as the step between two needs: bokeh 3.9 writes 102.4 beside 102.405."""
_FINEST = {"min_interval": math.radians(1e-7) * 6_378_137}
"""The finest step, in metres; coarser ones are 1, 2 or 5 times it by a power of ten."""
_TICKERS = {
    "lon": partial(AdaptiveTicker, **_FINEST),  # MercatorTicker of bokeh 3.9 ends at 180 degrees, a map there does not
    "lat": partial(MercatorTicker, dimension="lat"),
}
"""Where lines are, for each dimension."""


def rule(fig: figure, ruled: bool) -> None:
    """Draw lines of longitude and latitude with their degrees, or take them away.

    Parameters
    ----------
    fig
        A map in web Mercator.
    ruled
        Whether it is to have them.

    Examples
    --------
    >>> from bokeh.plotting import figure
    >>> fig = figure()
    >>> rule(fig, True)
    >>> [type(axis.formatter).__name__ for axis in (fig.below[-1], fig.right[-1])]
    ['CustomJSTickFormatter', 'CustomJSTickFormatter']
    >>> rule(fig, False)
    >>> fig.below[-1].visible
    False
    """
    drawn = [model for model in (*fig.center, *fig.below, *fig.left, *fig.above, *fig.right) if _TAG in model.tags]
    for model in drawn or (_lines(fig) if ruled else ()):
        model.visible = ruled


def _lines(fig: figure) -> list[Grid | LinearAxis | Title]:
    """Add the lines, with their degrees below the map and on its right, and room for those at its corners."""
    models: list[Grid | LinearAxis | Title] = [Title(text=" ", text_font_size=size, tags=[_TAG]) for size in _ROOM]
    for blank, side in zip(models, _ROOM.values(), strict=True):
        fig.add_layout(blank, side)
    for number, (dimension, side) in enumerate((("lon", "below"), ("lat", "right"))):
        ticker = _TICKERS[dimension](desired_num_ticks=4, num_minor_ticks=2)
        axis = LinearAxis(ticker=ticker, formatter=CustomJSTickFormatter(code=_DEGREES[dimension]), tags=[_TAG])
        lines = [Grid(dimension=number, ticker=ticker, tags=[_TAG], **_LINES, **ink) for ink in _INKS]
        fig.add_layout(axis, side)
        for line in lines:
            fig.add_layout(line)
        models += [axis, *lines]
    return models
