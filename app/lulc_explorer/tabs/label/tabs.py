"""The tab Label: several people interpret the units of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.tabs.label.label_view import LabelTab
from lulc_explorer.tabs.tab import Tab

if TYPE_CHECKING:
    from panel.viewable import Viewer

    from lulc_explorer.session.visit import Visit


def _build(visit: Visit) -> list[Viewer]:
    return [LabelTab(visit.labelling, visit.projects, dark=lambda: visit.accuracy.dark)]


LABEL = Tab(key="label", title="Label", build=_build)
