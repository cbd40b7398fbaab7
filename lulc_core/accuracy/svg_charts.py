"""Charts of an assessment as SVG that stands in a page: text and shapes only, no script, no other file.

Names are escaped: they come from a file. One hue, and numbers in it: nothing hangs on telling colours apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_core.counted import percent
from lulc_core.display import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_core.accuracy.figures import Estimate
    from lulc_core.accuracy.report import Assessment

_LETTER, _ROW, _PLOT, _CELL = 7.2, 26, 420, 64
"""Width of a letter of 13 px, height of a row, width of the plot and of a cell, pixels."""
_LONGEST = 28
"""Letters of a name that are shown."""


def area_chart(found: Assessment) -> str | None:
    """Return the areas of the classes with their 95 % intervals, in hectares where known; None without any.

    Examples
    --------
    >>> import pandas as pd
    >>> from lulc_core.accuracy.assessment import assess
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb")})
    >>> area_chart(assess(sample, design=Design.simple_random(100))).startswith("<svg")
    True
    """
    hectares = any(area.area_ha.value is not None for area in found.area.values())
    shown = {name: area.area_ha if hectares else area.proportion for name, area in found.area.items()}
    mapped = {name: area.mapped_ha if hectares else None for name, area in found.area.items()}
    rows = [(name, figure, mapped[name]) for name, figure in shown.items() if figure.value is not None]
    if not rows:
        return None
    ends = [figure.interval() or (figure.value or 0.0,) * 2 for _, figure, _ in rows]
    top = max(max(high, known or 0.0) for (_, high), (_, _, known) in zip(ends, rows, strict=True)) or 1.0
    left = _LETTER * max(len(_short(name)) for name, *_ in rows) + 12
    lines = [_area_row(i, row, end, left, top) for i, (row, end) in enumerate(zip(rows, ends, strict=True))]
    bottom = _ROW * len(rows)
    lines.append(f'<path d="M{left:.1f} 0V{bottom}H{left + _PLOT:.1f}" fill="none" stroke="#8a9099"/>')
    unit = "ha" if hectares else "share of the area"
    ticks = [(left, "0", "start"), (left + _PLOT, f"{top:,.4g} {unit}", "end")]
    lines += [_words(x, bottom + 16, text, anchor) for x, text, anchor in ticks]
    return _svg(left + _PLOT + 12, bottom + 24, lines)


def _area_row(
    i: int, row: tuple[str, Estimate, float | None], ends: tuple[float, float], left: float, top: float
) -> str:
    """Return a class: its name, a dot at the area, a line over the interval, and a hollow square at what is mapped."""
    name, figure, mapped = row
    middle, scale = _ROW * (i + 0.5), _PLOT / top
    low, high, value = (left + scale * max(x, 0.0) for x in (*ends, figure.value or 0.0))
    parts = [_words(left - 8, middle + 4, _short(name), "end")]
    parts.append(f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}" stroke="#1b1f24" stroke-width="2"/>')
    parts += [f'<path d="M{x:.1f} {middle - 5:.1f}v10" stroke="#1b1f24" stroke-width="2"/>' for x in (low, high)]
    parts.append(f'<circle cx="{value:.1f}" cy="{middle:.1f}" r="5" fill="#0b5cad"/>')
    if mapped is not None:
        x, y = left + scale * mapped - 5, middle - 5
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="10" height="10" fill="none" stroke="#a04000"/>')
    return "".join(parts)


def matrix_chart(found: Assessment) -> str | None:
    """Return the error matrix in shares of the area, rows map, columns reference, the darker the larger.

    None where a share is not known.
    """
    names = [_short(name, 9) for name in found.classes]
    cells = [[cell.value for cell in row] for row in found.error_matrix]
    if not cells or any(value is None for row in cells for value in row):
        return None
    shares = [[float(value or 0.0) for value in row] for row in cells]
    most, left, high = max(map(max, shares)) or 1.0, _LETTER * max(map(len, names)) + 12, 20
    lines = [_words(left + _CELL * (j + 0.5), 14, name, "middle") for j, name in enumerate(names)]
    for i, row in enumerate(shares):
        y = high + _ROW * i
        lines.append(_words(left - 8, y + 17, names[i], "end"))
        for j, share in enumerate(row):
            strength = (share / most) ** 0.5
            ink = "#fff" if strength > 0.6 else "#1b1f24"
            edge = ' stroke="#1b1f24" stroke-width="1.5"' if i == j else ' stroke="#dfe2e6"'
            x = left + _CELL * j
            lines.append(
                f'<rect x="{x:.1f}" y="{y}" width="{_CELL}" height="{_ROW}" fill="#0b4a8a" '
                f'fill-opacity="{strength:.2f}"{edge}/>'
                + _words(x + _CELL / 2, y + 17, percent(share, 1), "middle", ink)
            )
    return _svg(left + _CELL * len(names) + 4, high + _ROW * len(names) + 4, lines)


def _svg(width: float, height: float, lines: Sequence[str]) -> str:
    style = 'font-family="system-ui,sans-serif" font-size="13"'
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" style="max-width:100%;height:auto"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} {style}>{"".join(lines)}</svg>'


def _words(x: float, y: float, text: str, anchor: str, ink: str = "#1b1f24") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}">{as_html(text)}</text>'


def _short(name: str, longest: int = _LONGEST) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
