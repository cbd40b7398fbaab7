"""What the labels of a project say so far: the matrix, the areas, and how many units of which stratum are missing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.components.figures import SCROLL_CSS, area, fixed_percent, interval
from lulc_explorer.engine.accuracy import finest
from lulc_explorer.tabs.accuracy.matrix import Matrix, heat_map

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import param

    from lulc_explorer.engine.accuracy import Estimate
    from lulc_explorer.engine.labelling import LabelResults
    from lulc_explorer.session.labelling import LabelSession

_CSS = (
    SCROLL_CSS
    + """
:host { color: var(--panel-on-background-color); font: 13px/1.4 var(--bokeh-base-font); overflow-wrap: anywhere; }
h2 { font-size: 18px; font-weight: 500; margin: 12px 0 4px; }
h3 { font-size: 14px; font-weight: 500; margin: 12px 0 4px; }
p { margin: 0 0 4px; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 2px 16px 2px 0; font-weight: 400; white-space: nowrap; }
thead th { font-size: 12px; opacity: 0.75; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
"""
)


class ResultsView(pn.viewable.Viewer):
    """Shown once a person asks for it.

    Parameters
    ----------
    labelling
        The desk of one person.
    dark
        Tells whether the page is dark.
    """

    def __init__(self, labelling: LabelSession, dark: Callable[[], bool]) -> None:
        super().__init__()
        self._dark = dark
        wide = {"stylesheets": [_CSS], "sizing_mode": "stretch_width", "margin": 0}
        self._head, self._tables = pn.pane.HTML("", **wide), pn.pane.HTML("", **wide)
        self._matrix = Matrix(html="", sizing_mode="stretch_width", margin=0)
        self._view = pn.Column(self._head, self._matrix, self._tables, visible=False, sizing_mode="stretch_width")
        labelling.param.watch(self._redraw, "results")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _redraw(self, event: param.parameterized.Event) -> None:
        found: LabelResults | None = event.new
        self._view.visible = found is not None
        self._matrix.html = heat_map(found.study, "counts", self._dark()) if found is not None else ""
        self._head.object = headline(found) if found is not None else ""
        tables = area_table, needed_table, agreement_table, bounds_table
        self._tables.object = "".join(table(found) for table in tables) if found is not None else ""


def headline(found: LabelResults) -> str:
    """Return the overall accuracy so far, and what to know of it."""
    study = found.study
    remarks = "".join(f"<p>{escape(remark)}</p>" for remark in study.remarks)
    overall = _ends(study.overall)
    return (
        f"<h2>{escape(study.title)} so far: {fixed_percent(study.overall.value)} of {escape(study.whole)} is mapped "
        f"correctly</h2><p>{escape(study.basis)}{f' · 95 % interval {overall}' if overall else ''}</p>"
        f"<p>{escape(study.units)}</p>{remarks}"
    )


def area_table(found: LabelResults) -> str:
    """Return the area of every class with its interval, where the size of a pixel is known."""
    rows = "".join(
        f'<tr><th scope="row">{escape(a.name)}</th><td class="number">{area(a.estimated.value, a.estimated.finest)}'
        f'</td><td class="number">{interval(a.estimated, area)}</td></tr>'
        for a in found.study.areas
    )
    if all(a.estimated.value is None for a in found.study.areas):
        return "<h3>Areas</h3><p>Not known: the project does not say how large a pixel is (--pixel-ha).</p>"
    head = '<th scope="col">class</th><th scope="col" class="number">estimate</th><th scope="col">95 % interval</th>'
    return _table("Areas", head, rows)


def needed_table(found: LabelResults) -> str:
    """Return how many more units of which stratum reach the planned standard errors."""
    if found.needed is None:
        return f"<h3>Units that are missing</h3><p>{escape(found.why_not)}</p>"
    rows = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td class="number">{row["labelled"]:,.0f}</td>'
        f'<td class="number">{row["more"]:,.0f}</td><td class="number">{row["draw"]:,.0f}</td></tr>'
        for name, row in found.needed.iterrows()
    )
    columns = ("labelled", "more for the planned standard error", "of them to draw again")
    head = '<th scope="col">stratum</th>' + "".join(f'<th scope="col" class="number">{name}</th>' for name in columns)
    return _table("Units that are missing", head, rows)


def agreement_table(found: LabelResults) -> str:
    """Return how far the interpreters agree, over all and by class, all of them and in pairs; empty for one."""
    if found.agreement is None or found.pairs is None:
        return ""
    together = found.agreement.rename(columns={"any": "both", "all": "agree"}).reset_index()
    people = found.pairs["first"] + " and " + found.pairs["second"]
    parts = [("all who label it", together), *((name, found.pairs[people == name]) for name in people.unique())]
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(row["class"]) or "all classes"}</td>'
        f'<td class="number">{row["agree"]:,.0f} of {row["both"]:,.0f}</td>'
        f'<td class="number">{_share(row, "share")}</td>'
        f'<td class="number">{_share(row, "low")} to {_share(row, "high")}</td></tr>'
        for name, table in parts
        for _, row in table.iterrows()
    )
    columns = ("same class", "agreement", "95 % interval")
    head = '<th scope="col">people</th><th scope="col">class</th>'
    head += "".join(f'<th scope="col" class="number">{name}</th>' for name in columns)
    return _table("How far people agree", head, rows)


def bounds_table(found: LabelResults) -> str:
    """Return between which values each figure lies whatever the units without a consensus are; empty if not known."""
    if found.bounds is None:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(row["figure"])}</th><td>{escape(row["class"])}</td>'
        + "".join(f'<td class="number">{fixed_percent(row[name])}</td>' for name in ("dropped", "low", "high"))
        + "</tr>"
        for _, row in found.bounds.iterrows()
    )
    columns = ("without those units", "at the least", "at the most")
    head = '<th scope="col">figure</th><th scope="col">class</th>'
    head += "".join(f'<th scope="col" class="number">{name}</th>' for name in columns)
    return _table("What units without a consensus may hide", head, rows)


def _share(row: pd.Series, name: str) -> str:
    """Return a share of a row, or an end of its interval, with decimals that tell one from the other."""
    return fixed_percent(row[name], finest(row["share"], None, (row["low"], row["high"])))


def _table(title: str, head: str, rows: str) -> str:
    return (
        f'<h3>{title}</h3><div class="scroll" tabindex="0" role="region" aria-label="{title}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _ends(figure: Estimate) -> str:
    ends = figure.interval()
    return " to ".join(fixed_percent(end, figure.finest) for end in ends) if ends else ""
