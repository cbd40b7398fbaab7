"""What charts and tables share: colours of the light and the dark theme, number formats, and how they scroll."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.engine.accuracy import decimals, finest, interval_title
from lulc_explorer.rendering.formatting import PERCENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import holoviews as hv

    from lulc_explorer.engine.accuracy import Estimate

FONT = "Roboto, Helvetica, Arial, sans-serif"
SCROLL_CSS = (Path(__file__).parent / "scroll.css").read_text()
"""Style of what may be wider than the screen."""


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours of one theme."""

    paper: str
    text: str
    quiet: str
    right: str
    """What the map has right, at its strongest."""
    wrong: str
    """What it confuses, at its strongest."""
    alarm: str


LIGHT = Inks(paper="#eef1ef", text="#1d2421", quiet="#5b6661", right="#14594b", wrong="#b3471b", alarm="#b00070")
DARK = Inks(paper="#242b28", text="#eef2f0", quiet="#a7b2ad", right="#7ccfb8", wrong="#ff9a62", alarm="#ff7ac8")


def inks(dark: bool) -> Inks:
    """Return the colours of the page's theme."""
    return DARK if dark else LIGHT


def blend(paper: str, ink: str, strength: float) -> str:
    """Return paper with some ink on it: 0 is bare, 1 is full."""
    ends = [np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in (paper, ink)]
    mixed = ends[0] + (ends[1] - ends[0]) * min(max(strength, 0.0), 1.0)
    return "#{:02x}{:02x}{:02x}".format(*(round(float(v)) for v in mixed))


def bare(plot: hv.plotting.bokeh.ElementPlot, _: hv.Element) -> None:
    """Take away all of a figure that is not drawn on purpose."""
    fig = plot.state
    fig.background_fill_alpha = 0
    fig.border_fill_alpha = 0
    fig.outline_line_color = None
    fig.toolbar_location = None
    fig.min_border = 0


def fixed_percent(share: float | None, width: float | None = None) -> str:
    """Return a share, 0-1, in per cent with one decimal, more if a width is to be seen; a dash if undefined."""
    if share is None or np.isnan(share):
        return "–"
    return f"{100 * share:.{decimals(width and 100 * width, 1)}f}{PERCENT}"


def fixed_share(share: float, width: float | None = None) -> str:
    """Return a share, 0-1, with five decimals, or more if a width is to be seen."""
    return f"{share:.{decimals(width, 5)}f}"


def area(hectares: float | None, width: float | None = None) -> str:
    """Return an area in hectares, short unless a width is to be seen; a dash where it is undefined."""
    if hectares is None or np.isnan(hectares):
        return "–"
    size = abs(hectares)
    if size >= 1e6:
        return f"{hectares / 1e6:.{decimals(width and width / 1e6, 2)}f} M ha"
    return f"{hectares:,.{decimals(width, 0 if size >= 10 else 2)}f} ha"


def interval(figure: Estimate, say: Callable[[float, float | None], str]) -> str:
    """Return the 95 % interval of a figure in the words of `say`: `fixed_percent`, `fixed_share` or `area`."""
    return measured(figure, say)[1]


def measured(figure: Estimate, say: Callable[[float, float | None], str]) -> tuple[str, str]:
    """Return a figure and its 95 % interval in the words of `say`, with as many decimals as the interval needs."""
    value, ends = figure.value, figure.interval()
    if value is None:
        return "–", "not known"
    width = finest(value, figure.standard_error, ends)
    return say(value, width), "not known" if ends is None else " to ".join(say(end, width) for end in ends)


def interval_name(figure: Estimate) -> str:
    """Return what its interval is called in a tooltip, with its method: ``95 % interval (modified Wilson)``."""
    title = interval_title(figure)
    return f"95 % interval ({title})" if title else "95 % interval"


def interval_methods(figures: Iterable[Estimate]) -> str:
    """Return by which methods the intervals of figures are made, for a tooltip or a report; empty without any."""
    titles = dict.fromkeys(filter(None, map(interval_title, figures)))
    return f"Method of the 95 % interval: {'; '.join(titles)}." if titles else ""
