"""The layout of the tab Map: maps, with legend and evidence beside them on a wide screen, docked below elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel.viewable import Viewer

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

_HERE = Path(__file__).parent
_WIDE = {"side-by-side": 1800, "swipe": 1200}
"""Screen pixels from which on the dock lies beside the maps, by their layout: one map takes half the room of two."""
_BESIDE = (_HERE / "beside.css").read_text()
_CSS = (_HERE / "bench.css").read_text() + "".join(
    f"@media (min-width: {width}px) {{ {_BESIDE.replace('MODE', mode)} }}\n" for mode, width in _WIDE.items()
)


class Bench(pn.viewable.Viewer):
    """The parts of the tab, laid out so that map and evidence are seen together.

    Parameters
    ----------
    session
        The session of one person.
    top
        What lies above all else, as wide as the page: the same in every layout.
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
        top: Viewer,
        work: Sequence[Viewer],
        legend: Viewer,
        dock: Sequence[Viewer],
        more: Sequence[Viewer],
    ) -> None:
        super().__init__()
        looks = {"stylesheets": [_CSS], "margin": 0, "sizing_mode": "stretch_width"}
        mode = session.display.param.mode
        asked = (session.map.param.land_cover, session.inspection.param.pixel, session.focus.param.pair)

        def column(name: str, *parts: Viewer | pn.Column) -> pn.Column:
            return pn.Column(*parts, css_classes=pn.bind(lambda mode: [name, mode], mode), **looks)

        docked = pn.Column(*dock, css_classes=pn.bind(_dock_classes, mode, *asked), **looks)
        side = column("side", column("key", legend), docked)
        self._view = column("bench", column("top", top), column("work", *work), side, column("more", *more))

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def _dock_classes(
    mode: str, land_cover: LandCoverMap | None, pixel: tuple[int, int] | None, pair: tuple[int, int] | None
) -> list[str]:
    """Return the style classes of the dock, which grows when it has an answer."""
    answers = land_cover is not None and (pixel is not None or pair is not None)
    return ["dock", mode, *(["full"] if answers else [])]
