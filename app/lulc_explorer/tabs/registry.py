"""Every tab of the page, in order; the first is open unless the link says otherwise."""

from __future__ import annotations

from lulc_explorer.tabs.accuracy.tabs import AREA, ERROR_MATRIX
from lulc_explorer.tabs.change.tabs import CHANGE
from lulc_explorer.tabs.map.tabs import MAP

TABS = (MAP, CHANGE, ERROR_MATRIX, AREA)
