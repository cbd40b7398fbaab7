"""The tables of change: every transition, every class's gains and losses, and the flows in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.engine.classes import PALETTE
from lulc_explorer.rendering.formatting import hectares
from lulc_explorer.rendering.palette import ink_on

if TYPE_CHECKING:
    from lulc_explorer.analysis.change import ClassChange
    from lulc_explorer.session.change import Compared


_CLASSES = range(len(PALETTE.codes))


def transition_table(compared: Compared | None) -> str:
    """Return every transition in hectares: rows are what was, columns what became."""
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
        f"<h3>Every transition, in hectares</h3><p>Rows: class in {before}. Columns: class in {after}. "
        'Shaded: kept its class</p><div class="scroll" tabindex="0" role="region" aria-label="Transitions">'
        f'<table class="matrix"><thead><tr><th scope="col">{before} ↓ {after} →</th>{head}'
        f'<th scope="col">all of {before}</th></tr></thead><tbody>{rows}'
        f'<tr class="sum"><th scope="row">all of {after}</th>{totals}{_cell(area.sum())}</tr></tbody></table></div>'
    )


def balance_table(compared: Compared | None) -> str:
    """Return what each class lost and gained, as bars to both sides and in hectares."""
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
            ("net", ' title="Gained less lost"'),
            ("swap", ' title="Lost in one place and gained in another: twice the smaller of the two"'),
            (after, ""),
        )
    )
    rows = "".join(_balance(i, b, most) for i, b in pairs)
    return (
        "<h3>Gains and losses, in hectares</h3><p>Left of the line: lost. Right: gained</p>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Gains and losses"><table class="balance"><thead>'
        f'<tr><th scope="col">class</th><td colspan="2"></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def flow_table(compared: Compared | None) -> str:
    """Return every flow, largest first, under a title that opens."""
    if compared is None:
        return ""
    flows = compared.change.flows()
    rows = "".join(
        f"<tr><td>{_chip(f.before)}</td><td>{_chip(f.after)}</td>"
        f'<td class="number">{hectares(f.hectares)}</td>'
        f'<td class="number">{100 * compared.change.narrow[f.before, f.after] / f.hectares:.0f} %</td></tr>'
        for f in flows
    )
    head = (
        f'<th scope="col">{compared.years[0]}</th><th scope="col">{compared.years[1]}</th>'
        '<th scope="col" class="number">hectares</th><th scope="col" class="number">of that narrow</th>'
    )
    return (
        f"<details><summary>All {len(flows)} flows as a table</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _balance(position: int, balance: ClassChange, most: float) -> str:
    def side(name: str, area: float) -> str:
        looks = f"width:{100 * area / most:.1f}%;background:{PALETTE.colours[position]}"
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
    colour = PALETTE.colours[position]
    return f'<span class="class" style="background:{colour};color:{ink_on(colour)}">{PALETTE.names[position]}</span>'
