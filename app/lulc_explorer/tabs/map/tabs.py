"""The tab Map: two linked maps, and the evidence for a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.components.empty_state import EmptyState
from lulc_explorer.tabs.map.bench import Bench
from lulc_explorer.tabs.map.class_probability import ClassProbability
from lulc_explorer.tabs.map.clicked_pixel.panel import ClickedPixel
from lulc_explorer.tabs.map.downloads import DownloadMap
from lulc_explorer.tabs.map.headline import Headline
from lulc_explorer.tabs.map.inspector.inspector import Inspector
from lulc_explorer.tabs.map.legend import Legend
from lulc_explorer.tabs.map.maps import Maps
from lulc_explorer.tabs.map.published import Published
from lulc_explorer.tabs.map.spotlight import SpotlightBar
from lulc_explorer.tabs.map.timeline import Timeline
from lulc_explorer.tabs.tab import Tab

if TYPE_CHECKING:
    from panel.viewable import Viewer

    from lulc_explorer.session.visit import Visit


def _build(visit: Visit) -> list[Viewer]:
    session = visit.session
    bench = Bench(
        session,
        work=[
            Headline(session),
            SpotlightBar(session),
            Maps(session, over=EmptyState(session)),
            Timeline(session),
            ClassProbability(session),
        ],
        legend=Legend(session),
        dock=[Inspector(session), ClickedPixel(session)],
        more=[Published(session), DownloadMap(session)],
    )
    return [bench]


MAP = Tab(key="map", title="Map", build=_build)
