"""A published series beside the areas of the years: its stacked areas, and a table with both, class by class."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.analysis.area_series import NO_DATA
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.message import busy
from lulc_explorer.engine.classes import REFERENCE_LEGEND
from lulc_explorer.engine.published_areas import YearAreas, as_series
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS
from lulc_explorer.rendering.formatting import hectares
from lulc_explorer.session.published_years import SERIES
from lulc_explorer.tabs.years.years_view import YEARS_CSS, AreaStack, colour_of, stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lulc_explorer.analysis.area_series import AreaSeries
    from lulc_explorer.session.published_years import PublishedYears
    from lulc_explorer.session.years import YearsSession

_WIDE = {"sizing_mode": "stretch_width", "margin": 0}


class PublishedAreas(pn.viewable.Viewer):
    """The choice of a published series, and its areas beside those of this explorer's maps.

    Parameters
    ----------
    years, published
        Of one person's place.
    """

    def __init__(self, years: YearsSession, published: PublishedYears) -> None:
        super().__init__()
        self._years, self._published = years, published
        self._view = LateColumn(self._build, **_WIDE)
        years.param.watch(self._attend, "series")
        self._attend()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _attend(self, *_: object) -> None:
        self._view.show(self._years.series is not None)

    def _build(self) -> pn.Column:
        published = self._published
        choice = pmui.Select.from_param(
            published.param.series,
            label="Published map beside",
            description="",
            options={title: name for name, title in SERIES.items()},
            size="small",
            width=280,
            margin=(16, 12, 0, 0),
        )
        stop = pmui.Button(
            label="Cancel",
            on_click=published.stop,
            variant="outlined",
            size="small",
            visible=pn.bind(lambda year: year is not None, published.param.reading),
            margin=(16, 8, 0, 0),
        )
        said = pn.bind(_say, published.param.reading, published.param.problem)
        both = pn.bind(beside, self._years.param.series, published.param.theirs, published.param.series)
        words, table = (pn.pane.HTML(text, stylesheets=[YEARS_CSS], **_WIDE) for text in (said, both))
        row = pn.Column(choice, stop, styles={"flex-flow": "row wrap", "align-items": "center"}, **_WIDE)
        drawn = AreaStack(
            shown=pn.bind(stack, self._years.param.series, published.param.theirs),
            visible=pn.bind(lambda theirs: any(not one.problem for one in theirs), published.param.theirs),
            **_WIDE,
        )
        return pn.Column(row, words, table, drawn, **_WIDE)


def beside(ours: AreaSeries | None, theirs: Sequence[YearAreas], series: str) -> str:
    """Return the areas of both as a table: a row a class of theirs, a column a year and map."""
    published = REFERENCE_MAPS[series].published if series else None
    if ours is None or published is None or not theirs:
        return ""
    columns = [(year, "ours", as_series(ours.hectares[year], published), "") for year in ours.made]
    columns += [(one.year, "theirs", one.hectares, one.problem) for one in theirs]
    columns.sort(key=lambda column: column[0])
    head = "".join(f'<th scope="col" class="number">{year}<br>{whose}</th>' for year, whose, *_ in columns)
    names = _found([areas for *_, areas, _ in columns])
    rows = "".join(
        f"<tr>{_named(name)}{''.join(_cell(a.get(name), why) for *_, a, why in columns)}</tr>" for name in names
    )
    title = f"Hectares of each class: this explorer and {published.title}"
    return (
        f"<h3>{escape(title)}</h3><p>Neither map is the truth. {escape(published.credit)}</p>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}"><table><thead><tr>'
        f'<th scope="col">class</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>{_problems(theirs)}'
    )


def stack(ours: AreaSeries | None, theirs: Sequence[YearAreas]) -> dict[str, object]:
    """Return what the stacked areas of a published series show: the years of ours, so that both pictures line up."""
    if ours is None:
        return {}
    read = {one.year: one.hectares for one in theirs if not one.problem}
    return stacked(ours.years, read, _found([*read.values()]), intervals={}, opens=False)


def _found(areas: Sequence[Mapping[str, float]]) -> list[str]:
    """Return the classes that have an area in any of some maps, in the order of the legend."""
    return [name for name in (*REFERENCE_LEGEND.names, NO_DATA) if any(each.get(name) for each in areas)]


def _named(name: str) -> str:
    return f'<th scope="row"><span class="swatch" style="background:{colour_of(name)}"></span>{escape(name)}</th>'


def _cell(area: float | None, problem: str) -> str:
    text = "–" if problem else hectares(area) if area else "0"
    return f'<td class="number">{text}</td>'


def _problems(theirs: Sequence[YearAreas]) -> str:
    return "".join(f'<p role="alert">{one.year}: {escape(one.problem)}</p>' for one in theirs if one.problem)


def _say(reading: int | None, problem: str) -> str:
    if reading is not None:
        return busy(f"Reading the map of {reading}")
    return f'<p role="alert">{escape(problem)}</p>' if problem else ""
