"""The error matrix as a table and heat map, with the accuracies on its margins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import param

from lulc_explorer.components.figures import area, blend, fixed_percent, fixed_share, inks, interval_name, measured
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.classes import CONFUSABLE
from lulc_explorer.engine.counts import counted
from lulc_explorer.rendering.palette import ink_on
from lulc_explorer.session.merging import OTHERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_explorer.components.figures import Inks
    from lulc_explorer.engine.accuracy import Estimate, Study

MATRIX_CSS = Path(__file__).with_name("matrix.css").read_text()
SHOWS = {"Share of area": "share", "Row %": "row", "Column %": "column", "Hectares": "hectares", "Counts": "counts"}
"""What the cells can show: label of the button to short name."""
_MEANINGS = {
    "share": "Each cell: share of {whole}, 0 to 1",
    "row": "Each cell: percentage of the part of {whole} that is mapped as the row's class",
    "column": "Each cell: percentage of the part of {whole} whose reference is the column's class",
    "hectares": "Each cell: hectares, M for million",
    "counts": "Each cell: sampled pixels, unweighted",
}

_PRODUCERS = "Producer's accuracy of {}"
_OTHERS_MERGED = f" “{OTHERS}” merges all classes but {', '.join(CONFUSABLE)}."


def shown_as(study: Study | None) -> dict[str, str]:
    """Return what the cells of a study can show; without one, all there is."""
    named = {name if study is None else name.replace("area", study.whole.split()[-1]): of for name, of in SHOWS.items()}
    return {name: of for name, of in named.items() if study is None or study.knows(of)}


class Matrix(StyledComponent):
    """A heat map that is a table, with keyboard navigation."""

    html = param.String(doc="The table; its cells are buttons.")

    _esm = Path(__file__).with_name("matrix.js")


def heat_map(study: Study | None, show: str, dark: bool, *, still: bool = False) -> str:
    """Return the matrix as an HTML table; empty without a study.

    Parameters
    ----------
    study
        The matrix.
    show
        What the cells show: share, row, column, hectares or counts.
    dark
        Whether the page is dark.
    still
        Whether nothing happens at a click, as on paper.
    """
    if study is None:
        return ""
    study = replace(study, press="") if still else study
    looks = _Looks(show=show, colours=inks(dark), still=still)
    numbers = values(study, show)
    names = "".join(f'<th scope="col"><span>{_breakable(name)}</span></th>' for name in study.classes)
    body = "".join(_row(study, numbers, i, looks) for i in range(len(study.classes)))
    producers = "".join(
        f"<td>{_margin(figure, _PRODUCERS.format(name), looks, study.marks.get((len(numbers), j), ''))}</td>"
        for j, (name, figure) in enumerate(zip(study.classes, study.producers, strict=True))
    )
    overall = _margin(study.overall, "Overall accuracy", looks, "")
    caption = _MEANINGS[show].format(whole=study.whole) + "." + (_OTHERS_MERGED if OTHERS in study.classes else "")
    return (
        f'<table aria-label="Error matrix" style="--alarm:{looks.colours.alarm};'
        f'--alarm-ink:{ink_on(looks.colours.alarm)}">'
        f'<caption>{caption}</caption><thead><tr><th scope="col">Map ↓ Reference →</th>{names}<th scope="col" '
        f'class="margin">User\'s accuracy<small>correct when mapped</small></th></tr></thead><tbody>{body}<tr>'
        f'<th scope="row">Producer\'s accuracy<small>found when present</small></th>{producers}'
        f'<td class="margin">{overall}</td></tr></tbody></table>'
    )


def values(study: Study, show: str) -> NDArray[np.float64]:
    """Return the numbers of the cells, NaN where undefined."""
    shares = study.shares
    if show == "counts" and study.counts is not None:
        return study.counts
    if show == "hectares":
        return shares * (study.total_ha or np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        if show == "row":
            return shares / shares.sum(1, keepdims=True)
        if show == "column":
            return shares / shares.sum(0, keepdims=True)
    return shares


def format_cell(value: float, show: str, *, from_paper: bool = False) -> str:
    """Return the text of one cell."""
    if np.isnan(value):
        return "–"
    if show == "hectares":
        return area(value)
    if show == "counts":
        return f"{value:,.0f}"
    if show == "share":
        return f"{value:.5f}" if from_paper else f"{value:.4f}"
    return fixed_percent(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looks:
    """How the cells look."""

    show: str
    colours: Inks
    still: bool
    """Whether they are no buttons."""

    def cell(self, text: str, lines: list[str], colour: str, *, flagged: bool, at: str = "") -> str:
        told = [escape(line) for line in lines if line]
        cell = f' data-cell="{at}"' if at else ""
        start, end = ('div role="img"', "div") if self.still else ('button type="button" tabindex="-1"', "button")
        return (
            f'<{start} class="cell{" flag" if flagged else ""}" '
            f'style="background:{colour};color:{ink_on(colour)}" aria-label="{"; ".join(told)}" '
            f'data-tip="{"&#10;".join(told)}"{cell}>{text.removesuffix(" ha")}</{end}>'
        )


def _row(study: Study, numbers: NDArray[np.float64], i: int, looks: _Looks) -> str:
    strongest = np.nanmax(numbers, initial=0.0) or 1.0
    name, colours = study.classes[i], looks.colours
    cells = []
    for j, column in enumerate(study.classes):
        number = float(numbers[i, j])
        strength = 0.0 if np.isnan(number) else float(np.sqrt(max(number, 0.0) / strongest))
        cell = looks.cell(
            format_cell(number, looks.show, from_paper=study.from_paper),
            [f"Map {name}, reference {column}", *_known(study, i, j), study.marks.get((i, j), "")],
            blend(colours.paper, colours.right if i == j else colours.wrong, strength),
            flagged=(i, j) in study.marks,
            at=f"{i},{j}" if study.press else "",
        )
        cells.append(f"<td>{cell}</td>")
    mark = study.marks.get((i, len(numbers)), "")
    user = _margin(study.users[i], f"User's accuracy of {name}", looks, mark)
    return f'<tr><th scope="row"><span>{escape(name)}</span></th>{"".join(cells)}<td class="margin">{user}</td></tr>'


def _known(study: Study, i: int, j: int) -> list[str]:
    """Return the estimate of a cell, its interval and its sampled pixels, whatever the cells show."""
    cell = study.cells[i][j]
    if cell.value is None:
        return ["Not defined"]
    share, ends = measured(cell, fixed_share)
    lines = [f"{share} of the area" + (f", {area(cell.value * study.total_ha)}" if study.total_ha else "")]
    lines.append(f"{interval_name(cell)}: {ends}")
    if study.counts is not None:
        lines.append(counted(study.counts[i, j], "sampled pixel"))
    if study.press:
        lines += study.press.split("\n")
    return lines


def _breakable(name: str) -> str:
    """Return a name that may wrap after a slash."""
    return escape(name).replace("/", "/<wbr>")


def _margin(figure: Estimate, what: str, looks: _Looks, mark: str) -> str:
    colour = blend(looks.colours.paper, looks.colours.right, 0.0 if figure.value is None else 0.35 * figure.value)
    value, ends = measured(figure, fixed_percent)
    lines = [what, value, f"{interval_name(figure)}: {ends}", mark]
    return looks.cell(fixed_percent(figure.value), lines, colour, flagged=bool(mark))
