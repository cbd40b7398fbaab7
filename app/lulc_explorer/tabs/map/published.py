"""How far the composite agrees with the published maps that are shown: figures by class, and what they hide."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.components.figures import SCROLL_CSS, area, fixed_percent
from lulc_explorer.engine.classes import REFERENCE_LEGEND, css_colour
from lulc_explorer.layers.reference_maps import agreement_with
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering.formatting import percent
from lulc_explorer.session.layers import SIDES

if TYPE_CHECKING:
    from lulc_explorer.engine.reference_maps import Agreement
    from lulc_explorer.layers.layer import LayerContext
    from lulc_explorer.session.session import Session

_CSS = (
    SCROLL_CSS
    + """
:host { color: var(--panel-on-background-color); font: 13px/1.45 var(--bokeh-base-font); }
h3 { font-size: 15px; font-weight: 500; line-height: 1.35; margin: 8px 0 0; }
p { margin: 0 0 4px; max-width: 90ch; }
table { border-collapse: collapse; }
th, td { padding: 3px 16px 3px 0; font-weight: 400; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; }
thead th { font-size: 12px; border-bottom: 1px solid rgb(128 128 128 / 0.4); }
td { font-variant-numeric: tabular-nums; }
summary { cursor: pointer; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
"""
)
_COLUMNS = {
    "Class": "",
    "This map": "Area that this map gives the class, where both maps have one",
    "Their map": "Area that their map gives the class, where both maps have one",
    "Of ours": "Share of this map's that theirs has, too",
    "Of theirs": "Share of theirs that this map has, too",
    "Quantity": "Share of the area that differs because the class has another area (Pontius & Millones 2011)",
    "Allocation": "Share of the area that differs because the class lies elsewhere (Pontius & Millones 2011)",
}


class Published(pn.viewable.Viewer):
    """The agreement of the composite with each published map that is shown.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        shown = [session.panels[side].param.shown for side in SIDES]
        words = pn.bind(lambda *_: self._words(), *shown)
        self._view = pn.pane.HTML(
            words, visible=pn.bind(bool, words), stylesheets=[_CSS], margin=(4, 6), sizing_mode="stretch_width"
        )

    def _words(self) -> str:
        context, names = self._session.context, dict.fromkeys(map(self._session.layer, SIDES))
        return "".join(agreement_table(context, name) for name in names) if context else ""

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def agreement_table(context: LayerContext, name: str) -> str:
    """Return the figures of a layer that is a published map, as HTML; empty if it is none, or not there yet."""
    found, fetched = agreement_with(context, name), context.references.get(name)
    if found is None or fetched is None:
        return ""
    heading = f"This map of {context.land_cover.request.year} and {LAYERS[name].heading(context)}"
    notes = "".join(f"<li>{escape(note)}</li>" for note in fetched.notes)
    hidden = f"<details><summary>What the comparison hides</summary><ul>{notes}</ul></details>" if notes else ""
    head = "".join(f'<th scope="col" title="{escape(title)}">{column}</th>' for column, title in _COLUMNS.items())
    return (
        f"<h3>{escape(heading)}: {percent(found.overall)} agreement</h3><p>{_summary(found)}</p>{hidden}"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(heading)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{_rows(found)}</tbody></table></div>"
    )


def _summary(found: Agreement) -> str:
    merged = " Grass and scrub are one class." if found.merged else ""
    apart = found.only_ours_ha + found.only_theirs_ha
    left_out = f" {area(apart)} that only one of them has are left out." if apart else ""
    return (
        f"Of {area(found.area_ha)}, {percent(found.quantity)} differ by the areas of the classes (quantity), "
        f"{percent(found.allocation)} by where they lie (allocation). Neither map is the truth.{merged}{left_out}"
    )


def _rows(found: Agreement) -> str:
    rows = []
    for name, one in found.by_class.items():
        cells = [area(one.ours_ha), area(one.theirs_ha), *map(fixed_percent, (one.of_ours, one.of_theirs))]
        cells += map(fixed_percent, (one.quantity, one.allocation))
        swatch = f'<span class="swatch" style="background:{css_colour(REFERENCE_LEGEND[name].code)}"></span>'
        rows.append(f'<tr><th scope="row">{swatch}{escape(name)}</th>{"".join(f"<td>{c}</td>" for c in cells)}</tr>')
    return "".join(rows)
