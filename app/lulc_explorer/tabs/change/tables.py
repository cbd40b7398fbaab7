"""The tables of change: the transition matrix, and gains and losses of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.engine.classes import PALETTE, css_colour, css_ink
from lulc_explorer.rendering.formatting import hectares

if TYPE_CHECKING:
    from lulc_explorer.analysis.change import ClassChange
    from lulc_explorer.session.change import Compared


_CLASSES = range(len(PALETTE.codes))


def transition_table(compared: Compared | None) -> str:
    """Return the transition matrix in hectares: rows are the earlier, columns the later year."""
    if compared is None:
        return ""
    area, (before, after) = compared.change.hectares, compared.years
    there = [i for i in _CLASSES if area[i].sum() or area[:, i].sum()]
    head = "".join(f'<th scope="col">{PALETTE.names[j].replace("/", "/<wbr>")}</th>' for j in there)
    rows = "".join(
        f'<tr><th scope="row">{_chip(i)}</th>'
        + "".join(_cell(area[i, j], kept=i == j) for j in there)
        + f"{_cell(area[i].sum())}</tr>"
        for i in there
    )
    totals = "".join(_cell(area[:, j].sum()) for j in there)
    return (
        f"<h3>Transition matrix, in hectares</h3><p>Rows: class in {before}. Columns: class in {after}. "
        'Shaded: unchanged</p><div class="scroll" tabindex="0" role="region" aria-label="Transitions">'
        f'<table class="matrix"><thead><tr><th scope="col">{before} ↓ {after} →</th>{head}'
        f'<th scope="col">total {before}</th></tr></thead><tbody>{rows}'
        f'<tr class="sum"><th scope="row">total {after}</th>{totals}{_cell(area.sum())}</tr></tbody></table></div>'
    )


def balance_table(compared: Compared | None) -> str:
    """Return losses and gains of each class, as bars and in hectares."""
    if compared is None:
        return ""
    before, after = compared.years
    pairs = [(i, b) for i, b in enumerate(compared.change.classes()) if b.before or b.after]
    most = max((max(b.gain, b.loss) for _, b in pairs), default=0) or 1.0
    head = "".join(
        f'<th scope="col" class="number"{title}>{name}</th>'
        for name, title in (
            (before, ""),
            ("lost", ""),
            ("gained", ""),
            ("net", ' title="Gain minus loss"'),
            ("swap", ' title="Lost in one place and gained in another: twice the smaller of the two"'),
            (after, ""),
        )
    )
    rows = "".join(_balance(i, b, most) for i, b in pairs)
    return (
        "<h3>Gains and losses, in hectares</h3><p>Left of the line: losses. Right: gains</p>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Gains and losses"><table class="balance"><thead>'
        f'<tr><th scope="col">class</th><td colspan="2"></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _balance(position: int, balance: ClassChange, most: float) -> str:
    def side(name: str, area: float) -> str:
        looks = f"width:{100 * area / most:.1f}%;background:{css_colour(PALETTE.codes[position])}"
        return f'<td class="{name}"><span style="{looks}"></span></td>'

    sign = "+" if balance.net > 0 else "−" if balance.net < 0 else ""
    numbers = "".join(
        f'<td class="number">{text}</td>'
        for text in (
            hectares(balance.before),
            hectares(balance.loss),
            hectares(balance.gain),
            f"{sign}{hectares(abs(balance.net))}",
            hectares(balance.swap),
            hectares(balance.after),
        )
    )
    bars = side("lost", balance.loss) + side("gained", balance.gain)
    return f'<tr><th scope="row">{_chip(position)}</th>{bars}{numbers}</tr>'


def _cell(area: float, *, kept: bool = False) -> str:
    looks = " ".join(name for name, there in (("number", True), ("kept", kept), ("none", not area)) if there)
    return f'<td class="{looks}">{hectares(area) if area else "0"}</td>'


def _chip(position: int) -> str:
    code, name = PALETTE.codes[position], PALETTE.names[position]
    return f'<span class="class" style="background:{css_colour(code)};color:{css_ink(code)}">{name}</span>'
