"""The layout of the tab Map: maps, with legend and evidence beside them on a wide screen, docked below elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel.viewable import Viewer

    from lulc_explorer.session.session import Session

_CSS = (Path(__file__).parent / "bench.css").read_text()


class Bench(pn.viewable.Viewer):
    """The parts of the tab, laid out so that map and evidence are seen together.

    Parameters
    ----------
    session
        The session of one person.
    work
        The maps and what moves them.
    legend
        The legend.
    dock
        What a click shows.
    more
        What follows further below.
    """

    def __init__(
        self,
        session: Session,
        *,
        work: Sequence[Viewer],
        legend: Viewer,
        dock: Sequence[Viewer],
        more: Sequence[Viewer],
    ) -> None:
        super().__init__()
        looks = {"stylesheets": [_CSS], "margin": 0, "sizing_mode": "stretch_width"}
        asked = pn.bind(_dock_classes, session.inspection.param.pixel, session.focus.param.pair)
        self._view = pn.Column(
            pn.Column(*work, css_classes=["work"], **looks),
            pn.Column(
                pn.Column(legend, css_classes=["key"], **looks),
                pn.Column(*dock, css_classes=asked, **looks),
                css_classes=["side"],
                **looks,
            ),
            pn.Column(*more, css_classes=["more"], **looks),
            css_classes=pn.bind(lambda mode: ["bench", mode], session.display.param.mode),
            **looks,
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def _dock_classes(pixel: tuple[int, int] | None, pair: tuple[int, int] | None) -> list[str]:
    """Return the style classes of the dock, which grows when it has an answer."""
    return ["dock", "full"] if pixel is not None or pair is not None else ["dock"]
