"""How the maps are shown: the view, the map layout and the base map."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.classes import COLOURS, PUBLISHED
from lulc_explorer.layers import basemaps
from lulc_explorer.session.link_formats import View
from lulc_explorer.session.stage import ON, SCENES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from param.parameterized import Event

MAP, YEARS, CHANGE, ERROR_MATRIX, AREA, LABEL = "map", "years", "change", "error-matrix", "area", "label"
"""Keys of the tabs that other parts of a session refer to."""
MODES = {"side-by-side": "Side by side", "swipe": "Swipe"}
"""Map layouts, with the label shown to the user."""
_OVER_TILES = 0.7
"""Opacity of the classes when a base map is first shown."""


class MapDisplay(param.Parameterized):
    """How the maps of one person are shown.

    Parameters
    ----------
    tabs
        Keys of the tabs of the page.
    """

    tab: param.Selector[str] = param.Selector(objects=[MAP], doc="Key of the open tab.")
    view = View(doc="West, south, east, north in degrees, comma-separated; empty shows the whole place.")
    mode: param.Selector[str] = param.Selector(default="side-by-side", objects=list(MODES), doc="Map layout.")
    divider = param.Number(0.5, bounds=(0.0, 1.0), doc="Position of the divider, as a share of the width.")
    basemap: param.Selector[str] = param.Selector(
        default="", objects=["", *basemaps.TILES], doc="The requested base map."
    )
    tiles = param.String(doc="The base map on screen, once its server has answered.")
    notice = param.String(doc="A remark on the base map; empty if there is none.")
    opacity = param.Number(default=1.0, bounds=(0.0, 1.0), doc="Opacity of the classes over the base map.")
    colours: param.Selector[str] = param.Selector(
        default=PUBLISHED, objects=list(COLOURS), doc="Colours of the classes."
    )
    graticule = param.Boolean(False, doc="Whether the maps have lines of longitude and latitude.")
    stage: param.Selector[str] = param.Selector(
        default="", objects=["", ON, *(scene.key for scene in SCENES)], doc="Scene on stage; empty off stage."
    )
    drawing = param.Boolean(False, doc="Whether a drag over a map draws an own place.")
    painted = param.Boolean(False, doc="Whether the page has been painted: the rest of it is built from then on.")
    adding = param.Boolean(False, doc="Whether what is drawn becomes a part of the chosen own place.")

    def __init__(self, tabs: Sequence[str]) -> None:
        super().__init__()
        self.param.tab.objects = list(tabs)
        self.param.tab.default = self.tab = tabs[0]

    async def ask_for_tiles(self, event: Event) -> None:
        """Show a base map if its server answers."""
        if not event.new:
            self.tiles = ""
        elif await asyncio.to_thread(basemaps.answers, event.new):
            self.param.update(tiles=event.new, notice="", opacity=min(self.opacity, _OVER_TILES))
        else:
            self.param.update(basemap="", notice=basemaps.NOBODY_ANSWERS)
