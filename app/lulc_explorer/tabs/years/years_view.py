"""The years tab: the area of every class in all years of a place, stacked; a click on a year opens its map."""

from __future__ import annotations

import re
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.analysis.area_series import NO_DATA
from lulc_explorer.components.download_button import save_button
from lulc_explorer.components.empty_state import MapCard, go_on_with, say
from lulc_explorer.components.figures import SCROLL_CSS
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.message import busy
from lulc_explorer.components.simulated import NOTE_CSS, simulated_note
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.accuracy import decimals
from lulc_explorer.engine.classes import REFERENCE_LEGEND, css_colour, css_ink
from lulc_explorer.engine.year_panel import SIZE
from lulc_explorer.rendering.formatting import hectares, percent, spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lulc_explorer.analysis.area_series import AreaSeries
    from lulc_explorer.session.years import YearsSession

YEARS_CSS = SCROLL_CSS + NOTE_CSS + Path(__file__).with_name("years.css").read_text()
_WIDE = {"sizing_mode": "stretch_width", "margin": 0}
_BARE = "color-mix(in srgb, var(--panel-on-background-color) 12%, transparent)"
"""The colour of what has no class."""
_ROW = {"flex-flow": "row wrap", "align-items": "flex-start", "column-gap": "40px"}
"""Of a column: what does not fit beside is below."""


class AreaStack(StyledComponent):
    """Stacked areas: a bar a year, bands between them; tells the year that was clicked."""

    shown = param.Dict(default={}, doc="Years and classes with their areas: see `stack`; empty for none.")

    _esm = Path(__file__).with_name("stack.js")


class YearsTab(pn.viewable.Viewer):
    """The area of every class in all years.

    Parameters
    ----------
    years
        The areas of one person's place.
    """

    def __init__(self, years: YearsSession) -> None:
        super().__init__()
        self._years = years
        series, chosen = years.param.series, years.session.selection.param.year
        drawn = AreaStack(shown=pn.bind(stack, series, chosen), **_WIDE)
        drawn.on_msg(lambda event: years.show(int(event.data)))
        self._save = save_button("Areas (CSV)", "areas.csv", self._table)
        there = pn.bind(lambda found: found is not None and bool(found.hectares), series)
        words, counted = (
            pn.pane.HTML(text, stylesheets=[YEARS_CSS], **_WIDE)
            for text in (pn.bind(_above, series, years.param.problem), pn.bind(table, series))
        )
        chart = pn.Column(drawn, visible=there, styles=_beside(3, 700), **_WIDE)
        figures = pn.Column(counted, self._save, visible=there, **_WIDE)
        listed = pn.Column(MissingYears(years), figures, styles=_beside(1, 640), **_WIDE)
        self._view = pn.Column(words, pn.Column(chart, listed, styles=_ROW, **_WIDE), **_WIDE)
        years.param.watch(self._name, "series")
        self._name()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _name(self, *_: param.parameterized.Event) -> None:
        """Name the file after the place; it says whether it is simulated."""
        found = self._years.series
        if found is not None:
            place = re.sub(r"[^a-z0-9]+", "-", found.title.lower()).strip("-")
            self._save.filename = f"{place}{'-simulated' if found.simulated else ''}-areas-by-year.csv"

    def _table(self) -> bytes:
        return self._years.series.table().encode() if self._years.series is not None else b""


class MissingYears(pn.viewable.Viewer):
    """What is said of the years without a map: an invitation to make them, progress, or a problem.

    Parameters
    ----------
    years
        The areas of one person's place.
    """

    def __init__(self, years: YearsSession) -> None:
        super().__init__()
        self._years = years
        self._view = LateColumn(lambda: self._card, align="center", sizing_mode="stretch_width")
        years.param.watch(self._redraw, ["series", "problem"])
        years.maker.param.watch(self._redraw, ["step", "year"])
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _card(self) -> MapCard:
        years, weighted = self._years, "those of the other years once they are made"
        return MapCard(years.session, weighted, years.make, years.stop, max_width=460, margin=(12, 0))

    def _redraw(self, *_: param.parameterized.Event) -> None:
        series, step, problem = self._years.series, self._years.maker.step, self._years.problem
        shown = bool(problem or step is not None or (series is not None and series.missing))
        self._view.show(shown)
        if not shown:
            return
        missing = series.missing if series is not None else []
        years = spans(missing)
        if step is not None:
            title, text = f"Making the map of {self._years.maker.year}", say(step)
        elif problem:
            title, text = "Areas unavailable", problem
        else:
            title, text = f"No map yet of {years}", "The areas of a year are counted on its map."
        self._card.missing = () if problem else missing
        action = f"Make the map{'s' if len(missing) > 1 else ''} of {years}" if missing else ""
        if self._years.session.lacks_place:
            action = go_on_with(self._years.session)
        self._card.show(title, text, step, action=action)


def _beside(share: int, least_px: int) -> dict[str, str]:
    """Return the style of a part of a row: its share of what is free, and the width below which the row breaks."""
    return {"flex": f"{share} 1 min({least_px}px, 100%)", "min-width": "0"}


def _above(series: AreaSeries | None, problem: str) -> str:
    """Return what stands above the areas, or in their place while the maps are being read."""
    return busy("Reading the maps") if series is None and not problem else headline(series)


def headline(series: AreaSeries | None, *, opens: bool = True) -> str:
    """Return what changed most, in one sentence, what the areas are, and whether a click on a year opens its map."""
    if series is None or not series.hectares:
        return ""
    made, change = series.made, series.largest_change
    span = f"in {made[0]}" if len(made) == 1 else f"{made[0]} to {made[-1]}"
    moved = "" if change is None else f": {escape(change[0])} {_moved(change[1])}{_may_be_chance(series, change[0])}"
    click = " Click a year to open its map." if opens else ""
    weighted = " With the class weights on screen." if series.weighted else ""
    return (
        f"<h2>{escape(series.title)} {span}{moved}{simulated_note(series.simulated)}</h2>"
        f"<p>The area of each class on the map of each year.{click}{weighted} Counted pixels "
        "carry the errors of the maps: a difference between two years may be one of them.</p>"
    )


def stack(series: AreaSeries | None, chosen: int | None) -> dict[str, object]:
    """Return what the stacked areas show: each class with hectares for every year, 0 where there is no map."""
    if series is None:
        return {}
    drawn = stacked(series.years, series.hectares, series.classes, intervals=series.intervals, opens=True)
    return {**drawn, "open": chosen}


def stacked(
    years: Sequence[int],
    areas: Mapping[int, Mapping[str, float]],
    classes: Sequence[str],
    *,
    intervals: Mapping[int, Mapping[str, tuple[float, float]]],
    opens: bool,
) -> dict[str, object]:
    """Return the years and classes that `AreaStack` draws; years without `areas` have no map."""
    return {
        "years": [{"year": year, "made": year in areas, "opens": opens} for year in years],
        "open": None,
        "classes": [
            {
                "name": name,
                "colour": colour_of(name),
                "ink": "inherit" if name == NO_DATA else css_ink(REFERENCE_LEGEND[name].code),
                "intervals": [list(intervals.get(year, {}).get(name, ())) for year in years],
                "areas": [areas.get(year, {}).get(name, 0.0) for year in years],
            }
            for name in classes
        ],
    }


def table(series: AreaSeries | None) -> str:
    """Return the areas as a table: a row a class, a column a year, and the change from the first to the last."""
    if series is None or not series.hectares:
        return ""
    years = "".join(f'<th scope="col" class="number">{year}</th>' for year in series.made)
    compared = len(series.made) > 1
    last = f'<th scope="col" class="number">{series.made[0]} to {series.made[-1]}</th>' if compared else ""
    rows = "".join(_row(series, name, compared=compared) for name in series.classes)
    return (
        f"<h3>Hectares of each class</h3>{_of_the_panel(series)}"
        '<div class="scroll" tabindex="0" role="region" aria-label="Areas by year">'
        f'<table><thead><tr><th scope="col">class</th>{years}{last}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(series: AreaSeries, name: str, *, compared: bool) -> str:
    areas = [of_year[name] for of_year in series.hectares.values()]
    wholes = [sum(of_year.values()) for of_year in series.hectares.values()]
    cells = "".join(
        f'<td class="number" title="{percent(area / whole)}">{hectares(area)}{_interval(series, year, name)}</td>'
        for year, area, whole in zip(series.made, areas, wholes, strict=True)
    )
    change = f'<td class="number">{_signed(areas[-1] - areas[0])}</td>' if compared else ""
    looks = f'style="background:{colour_of(name)}"'
    return f'<tr><th scope="row"><span class="swatch" {looks}></span>{escape(name)}</th>{cells}{change}</tr>'


def _of_the_panel(series: AreaSeries) -> str:
    """Return what the intervals are; empty without any."""
    if not series.intervals:
        return ""
    return (
        f"<p>Below each: the 95 % interval of the true area, from the same {SIZE} pixels in every year, labelled by "
        "the simulated truth.</p>"
    )


def _interval(series: AreaSeries, year: int, name: str) -> str:
    ends = series.intervals.get(year, {}).get(name)
    if ends is None:
        return ""
    low, high = map(hectares, ends)
    if low == high:
        low, high = (f"{end:,.{decimals(ends[1] - ends[0], 2)}f}" for end in ends)
    area = series.hectares[year][name]
    off = " · map too small" if area < ends[0] else " · map too large" if area > ends[1] else ""
    return f"<small>{low} to {high}{off}</small>"


def colour_of(name: str) -> str:
    """Return the colour of a class, ours or a published one, in CSS; grey for no data."""
    return _BARE if name == NO_DATA else css_colour(REFERENCE_LEGEND[name].code)


def _moved(change: float) -> str:
    return f"{'grew' if change > 0 else 'shrank'} most, by {hectares(abs(change))} ha"


def _may_be_chance(series: AreaSeries, name: str) -> str:
    """Return that a true area may not have changed: its intervals of the first and the last year overlap."""
    first, last = (series.intervals.get(year, {}).get(name) for year in (series.made[0], series.made[-1]))
    overlap = first is not None and last is not None and first[0] <= last[1] and last[0] <= first[1]
    return ", which may be chance" if overlap else ""


def _signed(change: float) -> str:
    return "0" if not change else f"{'+' if change > 0 else '−'}{hectares(abs(change))}"
