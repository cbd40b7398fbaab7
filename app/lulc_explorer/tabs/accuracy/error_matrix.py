"""The error matrix tab: accuracies, confusions and their intervals."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import panel as pn

from lulc_explorer.components.choices import flow, toggle
from lulc_explorer.components.download_button import saving
from lulc_explorer.components.figures import fixed_percent, interval_methods
from lulc_explorer.components.simulated import simulated_note
from lulc_explorer.tabs.accuracy.matrix import Matrix, heat_map, shown_as
from lulc_explorer.tabs.accuracy.merging import Merging
from lulc_explorer.tabs.accuracy.sources import ACCURACY_CSS, PAPERS_MATRIX, Sources
from lulc_explorer.tabs.accuracy.trade_off import TradeOff

if TYPE_CHECKING:
    from panel.models.esm import DataEvent

    from lulc_explorer.engine.accuracy import Study
    from lulc_explorer.session.accuracy import AccuracySession
    from lulc_explorer.session.trade_off import TradeOffSession


class ErrorMatrix(pn.viewable.Viewer):
    """The error matrix as a heat map, with its findings in words.

    Parameters
    ----------
    accuracy
        The accuracy assessment of one person.
    trade_off
        The trade-off of two classes by its sample.
    """

    def __init__(self, accuracy: AccuracySession, trade_off: TradeOffSession) -> None:
        super().__init__()
        self._accuracy = accuracy
        wide = {"stylesheets": [ACCURACY_CSS], "sizing_mode": "stretch_width", "margin": 0}
        study = accuracy.param.study
        self._show = toggle(accuracy.param.show, "Cells", shown_as(None))
        self._show.visible = pn.bind(bool, accuracy.param.classes)
        accuracy.param.watch(self._offer, "study")
        self._offer()
        matrix = Matrix(
            html=pn.bind(heat_map, study, accuracy.param.show, accuracy.param.dark),
            sizing_mode="stretch_width",
            margin=0,
        )
        matrix.on_msg(self._show_cell)
        words = pn.pane.HTML(pn.bind(findings, study), css_classes=["findings"], stylesheets=[ACCURACY_CSS], margin=0)
        self._view = pn.Column(
            Sources(accuracy),
            pn.pane.HTML(pn.bind(headline, study), css_classes=["headline"], **wide),
            pn.Column(
                flow(self._show, Merging(accuracy), styles={"align-self": "stretch"}),
                css_classes=["tools", "cells"],
                **wide,
            ),
            pn.Column(
                matrix,
                pn.Column(  # not before the matrix, which would push it down
                    TradeOff(trade_off),
                    words,
                    visible=pn.bind(lambda found: found is not None, study),
                    sizing_mode="stretch_width",
                    margin=0,
                ),
                css_classes=["beside"],
                stylesheets=[ACCURACY_CSS],
                margin=0,
            ),
            saving(
                accuracy,
                {
                    "error-matrix.csv": lambda s: s.matrix_table.to_csv(index=False),
                    "error-matrix.json": lambda s: s.json,
                },
            ),
            css_classes=["accuracy"],
            stylesheets=[ACCURACY_CSS],
            sizing_mode="stretch_width",
        )

    async def _show_cell(self, event: DataEvent) -> None:
        """Show the pixels of the cell that was pressed, given as row and column."""
        await self._accuracy.illuminate(*event.data)

    def _offer(self, *_: object) -> None:
        """Offer hectares and counts only where they are known."""
        shows = shown_as(self._accuracy.study)
        if self._show.options != shows:
            self._show.options = shows

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def headline(study: Study | None) -> str:
    """Return the overall accuracy and the largest confusion."""
    if study is None:
        return ""
    overall = study.overall
    ends = [fixed_percent(end, overall.finest) for end in overall.interval() or ()]
    sure = f": 95 % interval {' to '.join(ends)}" if ends else ": no 95 % interval is known"
    how = f"Overall accuracy: the sum of the diagonal's area shares. {interval_methods([overall])}"
    by = f"{PAPERS_MATRIX}, " if study.from_paper else ""
    return (
        f"<h2>{escape(study.title)}: {by}{fixed_percent(overall.value)} of {study.whole} is mapped correctly"
        f'{simulated_note(study.simulated)}</h2><p title="{escape(how)}">'
        f'<span class="basis">{escape(study.basis)}</span>Overall accuracy{sure}. {_worst(study)}</p>'
        f"<p>{escape(study.units)}</p>"
    )


def _worst(study: Study) -> str:
    """Return the largest confusion in words."""
    wrong = np.nan_to_num(study.shares * (1 - np.eye(len(study.classes))))
    if not wrong.any():
        return "No class is confused in this sample."
    i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
    row, column = study.classes[int(i)], study.classes[int(j)]
    return (
        f"Largest confusion: map {escape(row)}, reference {escape(column)}, "
        f"{fixed_percent(float(wrong[i, j]))} of {study.whole}."
    )


def findings(study: Study | None) -> str:
    """Return the flagged cells and the warnings as a list."""
    if study is None:
        return ""
    items = [
        f"<li{' class=flag' if any(text in mark for mark in study.marks.values()) else ''}>{escape(text)}</li>"
        for text in study.remarks
    ]
    title = "Inconsistencies in the published table" if study.from_paper else "Limitations"
    if not items:
        return "<h3>Limitations</h3><p>No warnings for this sample.</p>"
    return f"<h3>{title}</h3><ul>{''.join(items)}</ul>"
