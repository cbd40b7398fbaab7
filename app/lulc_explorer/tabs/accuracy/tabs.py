"""The tabs Error matrix and Area."""

from __future__ import annotations

from lulc_explorer.tabs.accuracy.areas import Areas
from lulc_explorer.tabs.accuracy.error_matrix import ErrorMatrix
from lulc_explorer.tabs.tab import Tab

ERROR_MATRIX = Tab(key="error-matrix", title="Error matrix", build=lambda visit: [ErrorMatrix(visit.accuracy)])
AREA = Tab(key="area", title="Area", build=lambda visit: [Areas(visit.accuracy)])
