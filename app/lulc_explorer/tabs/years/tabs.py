"""The tab Years: the area of every class in all years of a place."""

from __future__ import annotations

from lulc_explorer.tabs.tab import Tab
from lulc_explorer.tabs.years.published_view import PublishedAreas
from lulc_explorer.tabs.years.years_view import YearsTab

YEARS = Tab(
    key="years",
    title="Years",
    build=lambda visit: [YearsTab(visit.years), PublishedAreas(visit.years, visit.published)],
)
