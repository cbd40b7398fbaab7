"""The tab Label: several people interpret the units of a sample."""

from __future__ import annotations

from lulc_explorer.tabs.label.tab import LabelTab
from lulc_explorer.tabs.tab import Tab

LABEL = Tab(key="label", title="Label", build=lambda visit: [LabelTab(visit.labelling, dark=lambda: visit.accuracy.dark)])
