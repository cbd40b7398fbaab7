"""The tab Map: two linked maps, and the evidence for a pixel."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from lulc_explorer.components.empty_state import EmptyState
from lulc_explorer.session.display import MAP as KEY
from lulc_explorer.tabs.map import downloads, headline, legend, side_year, swipe
from lulc_explorer.tabs.map.bench import Bench
from lulc_explorer.tabs.map.class_probability import ClassProbability
from lulc_explorer.tabs.map.clicked_pixel import panel
from lulc_explorer.tabs.map.clicked_pixel.panel import ClickedPixel
from lulc_explorer.tabs.map.downloads import DownloadMap
from lulc_explorer.tabs.map.headline import Headline
from lulc_explorer.tabs.map.inspector import inspector
from lulc_explorer.tabs.map.inspector.inspector import Inspector
from lulc_explorer.tabs.map.legend import Legend
from lulc_explorer.tabs.map.maps import Maps
from lulc_explorer.tabs.map.published import Published
from lulc_explorer.tabs.map.spotlight import SpotlightBar
from lulc_explorer.tabs.map.timeline import Timeline
from lulc_explorer.tabs.tab import Tab

if TYPE_CHECKING:
    from panel.viewable import Viewer

    from lulc_explorer.components.command import Command
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.visit import Visit


def _build(visit: Visit) -> list[Viewer]:
    session = visit.session
    bench = Bench(
        session,
        top=Headline(session),
        work=[
            SpotlightBar(session),
            Maps(session, over=EmptyState(session)),
            Timeline(session),
            ClassProbability(session),
        ],
        legend=Legend(session),
        dock=[Inspector(session), ClickedPixel(session)],
        more=[Published(session), DownloadMap(visit)],
    )
    return [bench]


def _commands(visit: Visit) -> list[Command]:
    """Return what can be done on the maps, which are then shown, and what can be saved."""
    session = visit.session
    of_maps = chain.from_iterable(
        part.commands(session) for part in (panel, inspector, headline, side_year, swipe, legend)
    )
    shown = (replace(command, run=partial(_on_the_map, session, command)) for command in of_maps)
    return [*shown, *downloads.commands(visit)]


def _on_the_map(session: Session, command: Command) -> object:
    session.display.tab = KEY
    return command.run()


MAP = Tab(key=KEY, title="Map", build=_build, commands=_commands)
