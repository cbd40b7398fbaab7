"""Every tab of the page, in order; the first is open unless the link says otherwise. A new tab is one more line."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lulc_explorer.tabs.tab import Tab

TABS: tuple[Tab, ...] = (
    resolve_name("lulc_explorer.tabs.map.tabs:MAP"),
    resolve_name("lulc_explorer.tabs.years.tabs:YEARS"),
    resolve_name("lulc_explorer.tabs.change.tabs:CHANGE"),
    resolve_name("lulc_explorer.tabs.accuracy.tabs:ERROR_MATRIX"),
    resolve_name("lulc_explorer.tabs.accuracy.tabs:AREA"),
    resolve_name("lulc_explorer.tabs.label.tabs:LABEL"),
)
