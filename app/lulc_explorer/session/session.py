"""One person's session: its parts, and what follows from several of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from param.parameterized import batch_call_watchers

from lulc_explorer.engine.errors import UserError
from lulc_explorer.layers.layer import LayerContext
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.session.link_formats import read_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    import param

    from lulc_explorer.background.jobs import Jobs, Step
    from lulc_explorer.background.prefetch import Prefetch
    from lulc_explorer.engine.allowance import PersonalJobs
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.display import MapDisplay
    from lulc_explorer.session.focus import Focus
    from lulc_explorer.session.inspection import PixelInspection
    from lulc_explorer.session.layers import LayerSelection
    from lulc_explorer.session.map_panel import MapPanel
    from lulc_explorer.session.network_download import NetworkDownload
    from lulc_explorer.session.open_map import OpenMap
    from lulc_explorer.session.reference_maps import ReferenceMaps
    from lulc_explorer.session.remarks import Remarks
    from lulc_explorer.session.selection import MapSelection
    from lulc_explorer.session.side_year import SideYear
    from lulc_explorer.session.weights import ClassWeights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False, weakref_slot=True)
class Session:
    """The state of one person's page; no widgets."""

    repository: MapRepository
    """Opens and makes maps; shared by all sessions."""
    jobs: Jobs[Any] | PersonalJobs[Any]
    """The work that is running; shared by all sessions."""
    prefetch: Prefetch | None
    """Makes the maps of the other places ahead of time; None if prefetching is off."""
    selection: MapSelection
    network_download: NetworkDownload
    display: MapDisplay
    layers: LayerSelection
    weights: ClassWeights
    inspection: PixelInspection
    focus: Focus
    map: OpenMap
    references: ReferenceMaps
    remarks: Remarks
    panels: Mapping[str, MapPanel]
    """The two maps, by side."""
    years: Mapping[str, SideYear]
    """The years of the two maps, by side."""

    @property
    def bounds(self) -> raster.Bounds:
        """Bounds to show, web Mercator metres: the view if it overlaps the place, else the whole place."""
        home = raster.home(self.selection.grid)
        asked = raster.to_mercator(read_view(self.display.view)) if self.display.view else home
        return asked if raster.overlap(asked, home) else home

    @property
    def lacks_place(self) -> bool:
        """Whether the link asks for a place that nobody knows, and nobody has chosen one since."""
        return self.map.refused and self.map.stand_in == self.selection.choice

    def accept_stand_in(self) -> bool:
        """Go on with the place on screen in place of an unknown one; return whether it stood in for one."""
        lacked = self.lacks_place
        if lacked:
            self.map.param.update(refused=False, problem="")
        return lacked

    @property
    def makes_unasked(self) -> bool:
        """Whether what a tab lacks of the chosen place is made without a question: of a simulated one, if at all."""
        place = self.selection.places.get(self.selection.place)
        return self.prefetch is not None and place is not None and place.simulated

    def left_at(self, year: int | None) -> Step | None:
        """Return how far the map of a year was when the last person who waited for it left; None if nobody did."""
        try:
            return self.jobs.left_at(self.selection.request_for(year).key)
        except UserError:
            return None

    @property
    def arrived(self) -> bool:
        """Whether the open map is the chosen one."""
        opened = self.map.land_cover
        return opened is not None and self.selection.can_make and opened.request == self.selection.request

    @property
    def inspected(self) -> LandCoverMap | None:
        """The map whose votes on the inspected pixel are shown: that of the side clicked, or the open one."""
        year = self.years.get(self.inspection.side)
        return self.map.land_cover if year is None or year.shown is None else year.shown

    @property
    def scene_index(self) -> int:
        """Position of the chosen scene in the map on screen."""
        land_cover = self.map.land_cover
        return land_cover.nearest(self.layers.scene) if land_cover is not None else 0

    def layer(self, side: str) -> str:
        """Return the name of the layer of a side: the chosen one, or the default if its map lacks it."""
        chosen, land_cover = getattr(self.layers, side), self.years[side].shown
        has = land_cover is None or LAYERS[chosen].offered(land_cover)
        return chosen if has else self.layers.param[side].default

    @property
    def context(self) -> LayerContext | None:
        """The open map and the choices that layers depend on; None without a map."""
        if self.map.land_cover is None or self.map.composite is None:
            return None
        return LayerContext(
            land_cover=self.map.land_cover,
            composite=self.map.composite,
            scene=self.layers.scene,
            target_class=self.layers.target_class,
            threshold=self.layers.threshold,
            highlight=self.layers.highlight,
            hidden=self.layers.hidden,
            colours=self.display.colours,
            pair=self.focus.pair,
            spotlight=self.focus.spotlight,
            references=self.references.fetched,
        )

    def context_of(self, side: str) -> LayerContext | None:
        """Return the map that a side shows, and the choices; None while that of another year is not open."""
        context, other = self.context, self.years[side]
        if context is None or not other.apart:
            return context
        if other.shown is None or other.composite is None:
            return None
        return replace(
            context,
            land_cover=other.shown,
            composite=other.composite,
            scene=other.scene_of(other.shown, context.scene),
            spotlight=None,
            references={},
        )


def at_once(*parts: param.Parameterized) -> ExitStack:
    """Return a context in which parts change together: watchers see all the new values."""
    stack = ExitStack()
    for part in parts:
        stack.enter_context(batch_call_watchers(part))
    return stack
