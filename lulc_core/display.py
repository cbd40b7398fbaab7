"""Objects as a notebook shows them: HTML in which everything that came from elsewhere is escaped. No libraries.

A notebook runs the scripts in what is shown, so that a name of a class, a file or a region must not become markup.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from lulc_core.counted import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_ROWS = 60
"""Rows of a table that are shown: of more, the first ones, with how many there are."""
_CELL = "padding: 2px 8px; vertical-align: top; text-align: {}"
_SWATCH = "display: inline-block; width: 1em; height: 1em; border: 1px solid #8888; vertical-align: -0.15em"


def as_html(text: str) -> str:
    r"""Return a text as HTML, in which no line begins with the per cent sign of a number.

    Examples
    --------
    >>> as_html("5 < 6, or 83 %")
    '5 &lt; 6, or 83\xa0%'
    """
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", escape(text))


@dataclass(frozen=True, slots=True)
class Swatch:
    """A cell of a table that shows a colour."""

    colour: tuple[int, int, int]
    """Red, green, blue, 0-255."""


def block(title: str, *parts: str) -> str:
    """Return a title, as text, above parts that are HTML already.

    Examples
    --------
    >>> block("5 < 6", paragraph("so it is"))
    '<div><p><b>5 &lt; 6</b></p><p>so it is</p></div>'
    """
    return f"<div><p><b>{as_html(title)}</b></p>{''.join(parts)}</div>"


def paragraph(text: str) -> str:
    """Return a text as a paragraph; nothing for an empty one."""
    return f"<p>{as_html(text)}</p>" if text else ""


def bullets(texts: Sequence[str]) -> str:
    """Return texts as a list; nothing for none."""
    return f"<ul>{''.join(f'<li>{as_html(text)}</li>' for text in texts)}</ul>" if texts else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table.

    Parameters
    ----------
    columns
        The heads.
    rows
        The cells of each row: text, to the left; numbers, as they are printed, to the right; None for an empty cell; or
        a `Swatch`. Of more than `MOST_ROWS` the first are shown.

    Examples
    --------
    >>> "&lt;b&gt;" in table(["class"], [["<b>"]])
    True
    """
    rows = list(rows)
    head = "".join(f'<th style="{_CELL.format("left")}">{as_html(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in itertools.islice(rows, MOST_ROWS))
    more = paragraph(f"The first {MOST_ROWS} of {len(rows):,} rows.") if len(rows) > MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def pairs(facts: Iterable[tuple[str, object]]) -> str:
    """Return facts as a table of two columns: what each is, and the fact, as a cell of `table`.

    Examples
    --------
    >>> "<th" in pairs([("year", 2021)])
    True
    """
    head = _CELL.format("left")
    rows = "".join(f'<tr><th style="{head}">{as_html(name)}</th>{_cell(fact)}</tr>' for name, fact in facts)
    return f"<table><tbody>{rows}</tbody></table>"


def meter(text: str, done: int, total: int) -> str:
    r"""Return a progress bar with what it is about.

    Examples
    --------
    >>> meter("predict", 3, 12)
    '<div><progress value="3" max="12"></progress> 25\xa0% predict</div>'
    """
    share = percent(done / total) if total else ""
    return f'<div><progress value="{done:d}" max="{max(total, 1):d}"></progress> {as_html(f"{share} {text}")}</div>'


def _cell(value: object) -> str:
    if isinstance(value, Swatch):
        colour = "#{:02x}{:02x}{:02x}".format(*value.colour)
        return f'<td style="{_CELL.format("center")}"><span style="{_SWATCH}; background: {colour}"></span></td>'
    text = "" if value is None else str(value)
    number = re.fullmatch(r"[-+]?[\d,.]+( ?%)?", text)
    return f'<td style="{_CELL.format("right" if number else "left")}">{as_html(text)}</td>'
