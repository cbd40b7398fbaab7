"""The tab Change: two years of a place compared."""

from __future__ import annotations

from lulc_explorer.tabs.change.change_view import ChangeTab
from lulc_explorer.tabs.tab import Tab

CHANGE = Tab(key="change", title="Change", build=lambda visit: [ChangeTab(visit.change)])
