"""The tabs Error matrix and Area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.session import display
from lulc_explorer.session.accuracy import DRAWN
from lulc_explorer.tabs.accuracy.areas import Areas
from lulc_explorer.tabs.accuracy.error_matrix import ErrorMatrix
from lulc_explorer.tabs.tab import Tab

if TYPE_CHECKING:
    from lulc_explorer.session.visit import Visit


def _of_the_map(visit: Visit) -> bool:
    return visit.accuracy.source == DRAWN


ERROR_MATRIX = Tab(
    key=display.ERROR_MATRIX,
    title="Error matrix",
    build=lambda visit: [ErrorMatrix(visit.accuracy, visit.trade_off)],
    shows_place=_of_the_map,
)
AREA = Tab(key=display.AREA, title="Area", build=lambda visit: [Areas(visit.accuracy)], shows_place=_of_the_map)
