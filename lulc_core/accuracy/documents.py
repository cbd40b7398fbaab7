"""A document of headings, texts, tables, equations and a picture, as one HTML page and as Markdown.

Whatever a text says is shown as text: markup in it is escaped in both. The page needs no other file and no script.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from lulc_core.display import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_core.accuracy.equations import Equation


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading."""

    text: str
    level: int = 2
    """1 is the title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; an open one says what is not known, and is marked."""

    text: str
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list of texts."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a caption."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    """Cells as text; the first of a row is its name."""
    marks: Sequence[str] = ()
    """Of each row: "done", "not" or "open", if the table is a checklist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """An equation with what it is for."""

    text: str
    equation: Equation


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with its key."""

    caption: str
    png: bytes
    key: Sequence[tuple[str, tuple[int, int, int]]]
    """Names with their colours, red, green and blue, 0-255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart, whose numbers a table has, too."""

    caption: str
    svg: str
    """Markup in which every name is escaped."""


Part = Heading | Text | Bullets | Table | Formula | Picture | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    r"""Parts from top to bottom.

    Examples
    --------
    >>> document = Document(parts=(Heading(text="A <b>", level=1), Text(text="1 < 2")))
    >>> print(document.markdown())
    # A \<b\>
    <BLANKLINE>
    1 \< 2
    <BLANKLINE>
    >>> "<p>1 &lt; 2</p>" in document.html()
    True
    """

    parts: tuple[Part, ...]

    def html(self) -> str:
        """Return the page."""
        title = next((part.text for part in self.parts if isinstance(part, Heading)), "Report")
        body = "\n".join(map(_html, self.parts))
        head = (
            f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{as_html(title)}</title>'
        )
        page = f"<head>{head}<style>{_STYLE}</style></head>\n<body><main>\n{body}\n</main></body>"
        return f'<!doctype html>\n<html lang="en">\n{page}\n</html>\n'

    def markdown(self) -> str:
        """Return the same as Markdown, with equations as LaTeX and the picture within."""
        return "\n\n".join(map(_markdown, self.parts)) + "\n"


_STYLE = """
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem;overflow-wrap:break-word}
h1{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid #c8ccd1;padding-bottom:.2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0 1.5rem;font-variant-numeric:tabular-nums}
caption{text-align:left;white-space:nowrap;font-weight:600;padding:.3rem 0}
th,td{padding:.25rem .6rem;border-bottom:1px solid #dfe2e6;text-align:right;vertical-align:top}
th:first-child,td:first-child,.text td,.text th{text-align:left}thead th{border-bottom:2px solid #8a9099}
.open{border-left:4px solid #a04000;background:#fdf2e9;padding:.3rem .7rem}
tr.open td{background:#fdf2e9}tr.not td:first-child{font-weight:700}
figure{margin:1rem 0}img{max-width:100%;min-width:min(100%,24rem);image-rendering:pixelated;border:1px solid #c8ccd1}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.9rem}
.key i{display:inline-block;width:1em;height:1em;margin-right:.35em;border:1px solid #8888;vertical-align:-.15em}
math{margin:.5rem 0}small{color:#4a5058}
@media print{h2{break-after:avoid}table,figure{break-inside:avoid}}
"""
_WORDS = {"done": "yes", "not": "no", "open": "open"}


def _html(part: Part) -> str:
    match part:
        case Heading(text=text, level=level):
            return f"<h{level:d}>{as_html(text)}</h{level:d}>"
        case Text(text=text, is_open=is_open):
            return f'<p class="open">{as_html(text)}</p>' if is_open else f"<p>{as_html(text)}</p>"
        case Bullets(texts=texts):
            return f"<ul>{''.join(f'<li>{as_html(text)}</li>' for text in texts)}</ul>"
        case Table():
            return _html_table(part)
        case Formula(text=text, equation=equation):
            words = f"<p>{as_html(text)} <small>({as_html(equation.source)})</small></p>"
            return f'{words}\n<div class="wide">{equation.mathml}</div>'
        case Picture():
            return _html_picture(part)
        case Chart(caption=caption, svg=svg):
            labelled = svg.replace("<svg ", f'<svg aria-label="{as_html(caption)}" ', 1)
            return f"<figure>{labelled}<figcaption>{as_html(caption)}</figcaption></figure>"


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{as_html(column)}</th>' for column in table.columns)
    marks = [*table.marks, *[""] * (len(table.rows) - len(table.marks))]
    rows = "\n".join(
        f'<tr class="{escape(mark)}">{"".join(f"<td>{as_html(cell)}</td>" for cell in row)}</tr>'
        for row, mark in zip(table.rows, marks, strict=True)
    )
    kind = "text" if table.marks else "numbers"
    caption = f"<caption>{as_html(table.caption)}</caption>"
    body = f"{caption}<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody>"
    return f'<div class="wide"><table class="{kind}">{body}</table></div>'


def _html_picture(picture: Picture) -> str:
    key = "".join(
        f'<span><i style="background:rgb({r:d},{g:d},{b:d})"></i>{as_html(name)}</span>'
        for name, (r, g, b) in picture.key
    )
    image = f'<img alt="{as_html(picture.caption)}" src="{_data(picture.png)}">'
    return f'<figure>{image}<figcaption>{as_html(picture.caption)}</figcaption><div class="key">{key}</div></figure>'


def _markdown(part: Part) -> str:
    match part:
        case Heading(text=text, level=level):
            return f"{'#' * level} {_plain(text)}"
        case Text(text=text, is_open=is_open):
            return f"> **Open:** {_plain(text)}" if is_open else _plain(text)
        case Bullets(texts=texts):
            return "\n".join(f"- {_plain(text)}" for text in texts)
        case Table(caption=caption, columns=columns, rows=rows):
            lines = [f"| {' | '.join(map(_plain, row))} |" for row in (columns, *rows)]
            return "\n".join([f"**{_plain(caption)}**", "", lines[0], f"|{'---|' * len(columns)}", *lines[1:]])
        case Formula(text=text, equation=equation):
            return f"{_plain(text)} ({_plain(equation.source)})\n\n$$\n{equation.latex}\n$$"
        case Picture(caption=caption, png=png, key=key):
            return f"![{_plain(caption)}]({_data(png)})\n\nKey: {', '.join(_plain(name) for name, _ in key)}"
        case Chart(caption=caption, svg=svg):
            return f"![{_plain(caption)}]({_data(svg.encode(), 'svg+xml')})"


def _data(image: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def _plain(text: str) -> str:
    """Return a text in which nothing is markup, on one line."""
    return re.sub(r"([\\`*_\[\]<>|$#])", r"\\\1", " ".join(text.split()))
