"""The area tab: mapped beside estimated area of each class."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import holoviews as hv
import panel as pn
import param
from bokeh.models import CustomJSTickFormatter

from lulc_explorer.components.download_button import saving
from lulc_explorer.components.figures import FONT, area, bare, inks, interval, interval_methods
from lulc_explorer.components.simulated import simulated_note
from lulc_explorer.engine.accuracy import CLASSIFIED, decimals, finest
from lulc_explorer.rendering.formatting import PERCENT
from lulc_explorer.tabs.accuracy.merging import Merging
from lulc_explorer.tabs.accuracy.sources import ACCURACY_CSS, PAPERS_MATRIX, Sources

if TYPE_CHECKING:
    from lulc_explorer.components.figures import Inks
    from lulc_explorer.engine.accuracy import ClassArea, Study
    from lulc_explorer.session.accuracy import AccuracySession

_SLACK = 0.03
"""Room for a marker at either end, as a share of the longest bar."""
_SHORT_TICKS = "return tick == 0 ? '0' : Math.abs(tick) >= 1e6 ? `${tick / 1e6} M ha` : `${tick.toLocaleString()} ha`"
_OF_THE_PAPER = (
    " Crosses: the paper's printed areas. Intervals need its sample, which is not published: the printed ones (± in "
    "the table) treat millions of pixels that were labelled together as independent, and are far too short."
)
_TIPS = [("Class", "@name"), ("Estimated", "@estimated"), ("95 % interval", "@interval"), ("Mapped", "@mapped")]


class Areas(pn.viewable.Viewer):
    """Mapped beside estimated area, as a figure and as a table.

    Parameters
    ----------
    accuracy
        The accuracy assessment of one person.
    """

    def __init__(self, accuracy: AccuracySession) -> None:
        super().__init__()
        wide = {"stylesheets": [ACCURACY_CSS], "sizing_mode": "stretch_width", "margin": 0}
        study, display = accuracy.param.study, accuracy.session.display
        self._view = pn.Column(
            Sources(accuracy),
            pn.pane.HTML(pn.bind(headline, study), css_classes=["headline"], **wide),
            Merging(accuracy),
            pn.Column(
                pn.pane.HoloViews(
                    pn.bind(_picture, study, accuracy.param.dark, display.param.tab, display.param.colours),
                    sizing_mode="stretch_width",
                    margin=0,
                ),
                pn.pane.HTML(pn.bind(table, study, display.param.colours), **wide),
                css_classes=["areas"],
                **wide,
            ),
            saving(
                accuracy,
                {
                    "areas.csv": lambda s: s.area_table.to_csv(index=False),
                    "areas.json": lambda s: s.json,
                },
            ),
            css_classes=["accuracy"],
            stylesheets=[ACCURACY_CSS],
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def _picture(study: Study | None, dark: bool, tab: str, colours: str) -> hv.Overlay | None:
    """Draw the areas only while their tab is open: the figure is the slowest part to redraw."""
    if tab != "area":
        raise param.Skip
    return bars(study, dark, colours) if study is not None and study.total_ha is not None else None


def headline(study: Study | None, *, drawn: bool = True) -> str:
    """Return the largest bias in one sentence, and the key to the figure, if one is drawn."""
    if study is None:
        return ""
    off = [a for a in study.areas if round(100 * (a.bias or 0))]
    largest = max(off, key=lambda a: (not by_chance(a), _off_by(a)), default=None)
    words = f"the map shows {bias(largest, largest.name)}" if largest else "mapped and estimated areas agree"
    words = f"{PAPERS_MATRIX}, {words} (interval not known)" if study.from_paper else words
    words = escape(words) if _mapped(study) else "estimated area of each class"
    more = " ".join(filter(None, [_key(study) if drawn else "", _printed_total(study), _of_a_part(study)]))
    if study.total_ha is None:
        words, more = "areas are not available", _why_no_areas(study)
    how = escape(interval_methods(a.estimated for a in study.areas))
    return (
        f"<h2>{escape(study.title)}: {words}{simulated_note(study.simulated)}</h2>"
        f'<p title="{how}">{more}</p><p>{escape(study.units)}</p>'
    )


def _of_a_part(study: Study) -> str:
    """Return that the areas leave out what has no class; empty where all has one."""
    if study.whole != CLASSIFIED:
        return ""
    left_out = "what has no class with these weights is left out, whatever its true class."
    return f"<b>All areas are within {escape(study.whole)}, {area(study.total_ha or 0)}</b>: {left_out}"


def _why_no_areas(study: Study) -> str:
    """Return what the files lack: a sampled pixel in each stratum, or the total area."""
    if study.overall.value is None:
        return "A stratum has no sampled pixel, so its area cannot be estimated. Sample it, or merge it with another."
    return (
        "The files do not give the total area. Choose the sample's strata or the mapped areas above, and press Assess."
    )


def _off_by(a: ClassArea) -> float:
    """Return the mapped area less the estimate, hectares, without its sign."""
    return abs((a.mapped_ha or 0.0) - (a.estimated.value or 0.0))


def bias(a: ClassArea, name: str = "") -> str:
    """Return how far the map is off, with its 95 % interval: ``12 % too much grass (3 to 24 %)``."""
    of = f" {name}" if name else ""
    if a.mapped_ha is not None and a.estimated.value == 0:
        chance = " (may be chance)" if by_chance(a) and a.mapped_ha else ""
        return f"some{of}, but the estimate is zero{chance}" if a.mapped_ha else f"no{of or 'ne'}, as estimated"
    if a.bias is None:
        return f"unknown{of}"
    width = finest(1 + a.bias, None, [None if end is None else 1 + end for end in a.bias_interval or ()])
    digits = decimals(width and 100 * width, 0)
    size = f"{100 * abs(a.bias):.{digits}f}"
    said = f"{size}{PERCENT} too {_sign(a.bias)}" if float(size) else f"less than 1{PERCENT} too much or too little"
    return f"{said}{of}{_range(a, digits)}"


def _range(a: ClassArea, digits: int) -> str:
    """Return the interval of the bias in brackets; empty if there is none."""
    ends = a.bias_interval
    if ends is None:
        return ""
    low, high = round(100 * ends[0], digits), None if ends[1] is None else round(100 * ends[1], digits)
    if by_chance(a):
        most = "more" if high is None else _signed(high, digits) + PERCENT
        return f" (may be chance: {_signed(low, digits)} to {most})"
    if high is None:
        return f" ({low:.{digits}f}{PERCENT} or more)"
    near, far = sorted((abs(low), abs(high)))
    return f" ({near:.{digits}f} to {far:.{digits}f}{PERCENT})"


def _signed(per_cent: float, digits: int) -> str:
    return f"{per_cent:+.{digits}f}".replace("-", "−") if per_cent else "0"


def _sign(share: float) -> str:
    return "much" if share > 0 else "little"


def by_chance(a: ClassArea) -> bool:
    """Return whether the interval of the estimate contains the mapped area."""
    ends = a.estimated.interval()
    return ends is not None and a.mapped_ha is not None and ends[0] <= a.mapped_ha <= ends[1]


def _key(study: Study) -> str:
    whisker = " with its 95 % interval" if any(a.estimated.interval() for a in study.areas) else ""
    beside = "Diamonds: mapped area." if _mapped(study) else "To compare the map, choose its mapped areas above."
    return f"Bars: estimated area{whisker}. {beside}{_OF_THE_PAPER if study.from_paper else ''}"


def _mapped(study: Study) -> bool:
    return any(a.mapped_ha is not None for a in study.areas)


def _printed_total(study: Study) -> str:
    if not study.from_paper or study.total_ha is None:
        return ""
    printed = sum(a.printed_ha or 0.0 for a in study.areas)
    return f"The printed areas sum to {area(printed)}; the region has {area(study.total_ha)}."


def bars(study: Study, dark: bool, colours: str) -> hv.Overlay:
    """Return the areas as a figure: one bar per class, with whiskers, diamonds and crosses."""
    ink = inks(dark)
    rows = list(enumerate(study.areas))
    ends = [(y, a.estimated.interval()) for y, a in rows]
    known = [v for a in study.areas for v in (a.estimated.value, a.mapped_ha, a.printed_ha) if v is not None]
    most = max([*known, *(e[1] for _, e in ends if e)])
    boxes = hv.Rectangles(
        [(0, y + 0.18, a.estimated.value or 0.0, y + 0.82, a.colours[colours], *_tip(a)) for y, a in rows],
        vdims=["colour", "name", "estimated", "interval", "mapped"],
    ).opts(color=hv.dim("colour"), line_alpha=0, tools=["hover"], hover_tooltips=_TIPS, default_tools=[])
    whiskers = hv.Segments([(e[0], y + 0.5, e[1], y + 0.5) for y, e in ends if e]).opts(
        color=ink.text, line_width=2, default_tools=[]
    )
    caps = hv.Segments([(x, y + 0.36, x, y + 0.64) for y, e in ends if e for x in e]).opts(
        color=ink.text, line_width=2, default_tools=[]
    )
    mapped = hv.Points([(a.mapped_ha, y + 0.5) for y, a in rows if a.mapped_ha is not None]).opts(
        marker="diamond", size=13, color=ink.paper, line_color=ink.text, line_width=2, default_tools=[]
    )
    printed = hv.Points([(a.printed_ha, y + 0.5) for y, a in rows if a.printed_ha is not None]).opts(
        marker="x", size=11, line_color=ink.alarm, line_width=3, default_tools=[]
    )
    return (boxes * whiskers * caps * mapped * printed).opts(
        responsive=True,
        height=40 * len(rows) + 40,
        yticks=[(y + 0.5, a.name) for y, a in rows],
        xlabel="",
        ylabel="",
        xlim=(-_SLACK * most, (1 + _SLACK) * most),
        ylim=(-0.1, len(rows)),
        invert_yaxis=True,
        toolbar=None,
        show_legend=False,
        hooks=[bare, lambda plot, _: _dress_axis(plot, ink)],
    )


def _tip(a: ClassArea) -> tuple[str, str, str, str]:
    return a.name, area(a.estimated.value, a.estimated.finest), interval(a.estimated, area), area(a.mapped_ha)


def _dress_axis(plot: hv.plotting.bokeh.ElementPlot, colours: Inks) -> None:
    names, amounts = plot.state.yaxis[0], plot.state.xaxis[0]
    amounts.formatter = CustomJSTickFormatter(code=f"if (tick < 0) {{ return '' }} {_SHORT_TICKS}")
    for axis, ink, size in ((names, colours.text, "13px"), (amounts, colours.quiet, "12px")):
        axis.update(
            axis_line_alpha=0,
            major_tick_line_alpha=0,
            minor_tick_line_alpha=0,
            major_label_text_color=ink,
            major_label_text_font=FONT,
            major_label_text_font_size=size,
        )
    grid = plot.state.xgrid[0]
    grid.update(grid_line_color=colours.quiet, grid_line_alpha=0.25, visible=True, bounds=(0, plot.state.x_range.end))


def table(study: Study | None, colours: str) -> str:
    """Return the areas as a table, with the bias in words."""
    if study is None:
        return ""
    extra = '<th scope="col">Printed</th><th scope="col">Printed minus estimated</th>' if study.from_paper else ""
    body = "".join(_row(a, colours, from_paper=study.from_paper) for a in study.areas)
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Table of areas">'
        '<table aria-label="Areas"><thead><tr><th scope="col">Class</th><th scope="col">Mapped</th>'
        '<th scope="col" title="Estimated from the reference: total area times the estimated share (Olofsson et al. '
        '2014)">Estimated</th><th scope="col">95 % interval</th><th scope="col">Bias of the map</th>'
        f"{extra}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(a: ClassArea, colours: str, *, from_paper: bool) -> str:
    said = bias(a)
    estimated = area(a.estimated.value, a.estimated.finest)
    cells = [area(a.mapped_ha), estimated, interval(a.estimated, area), said]
    if from_paper:
        width = a.printed_interval_ha
        half = f" ± {width:,.{decimals(width, 0)}f}" if width is not None else ""
        printed = a.printed_ha or 0.0
        difference = None if a.estimated.value is None else printed - a.estimated.value
        cells += [f"{printed:,.0f}{half} ha", area(difference)]
    swatch = f'<span class="swatch" style="background:{a.colours[colours]}"></span>'
    return f'<tr><th scope="row">{swatch}{escape(a.name)}</th>{"".join(f"<td>{c}</td>" for c in cells)}</tr>'
