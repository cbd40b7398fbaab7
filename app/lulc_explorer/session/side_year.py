"""The year that one of the two maps shows: the chosen one, or another, whose map is opened beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import param

from lulc_explorer.analysis.composite import Composite
from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.land_cover_map import LandCoverMap
from lulc_explorer.layers.layer import same_day
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session.link_formats import Moment

if TYPE_CHECKING:
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.layers import LayerSelection
    from lulc_explorer.session.open_map import OpenMap
    from lulc_explorer.session.remarks import Remarks
    from lulc_explorer.session.selection import MapSelection
    from lulc_explorer.session.weights import ClassWeights
    from lulc_explorer.session.year_maker import YearMaker


class SideYear(param.Parameterized):
    """The year of one of the two maps.

    Parameters
    ----------
    side
        Which of `session.layers.SIDES`.
    repository
        Where maps are kept.
    open_map, selection, layers, weights
        What the person has chosen.
    maker
        Makes the map of the year.
    remarks
        Shows that there is no such year.
    """

    year = param.Integer(default=None, allow_None=True, doc="Calendar year; None for the chosen one.")
    land_cover = param.ClassSelector(class_=LandCoverMap, allow_None=True, doc="The map of another year.")
    composite = param.ClassSelector(class_=Composite, allow_None=True, doc="Its composite with the chosen weights.")
    scene = Moment(doc="Time of the scene asked for in that year; empty for the clearest of the season.")
    problem = param.String(doc="What went wrong, and what to do.")

    def __init__(
        self,
        side: str,
        repository: MapRepository,
        *,
        open_map: OpenMap,
        selection: MapSelection,
        layers: LayerSelection,
        weights: ClassWeights,
        maker: YearMaker,
        remarks: Remarks,
    ) -> None:
        super().__init__()
        self._side, self._repository = side, repository
        self._map, self._selection, self._layers, self._weights = open_map, selection, layers, weights
        self._remarks, self.maker = remarks, maker
        self._asked = 0

    @property
    def applies(self) -> bool:
        """Whether the layer has years to choose from: maps of others are those nearest to the chosen year."""
        return "references" not in LAYERS[getattr(self._layers, self._side)].follows

    @property
    def apart(self) -> bool:
        """Whether the map shows another year than the open one."""
        opened = self._map.land_cover
        return opened is not None and self.year not in (None, opened.request.year) and self.applies

    @property
    def shown(self) -> LandCoverMap | None:
        """The map of the year; None while it is not open."""
        opened, other = self._map.land_cover, self.land_cover
        if opened is None or not self.apart:
            return opened
        here = other is not None and other.request == replace(opened.request, year=self.year or 0)
        return other if here else None

    def scene_of(self, land_cover: LandCoverMap, moment: str) -> str:
        """Return the time of the scene of another year: that asked for, or the clearest in the season of a moment."""
        if land_cover.why_no_votes:
            return ""
        if self.scene:
            return land_cover.moments[land_cover.nearest(self.scene)]
        return land_cover.moments[land_cover.clearest_near(same_day(moment, land_cover.request.year))]

    def follow_season(self, event: param.parameterized.Event) -> None:
        """Ask for no scene any more, since another year, or another scene of the open one, has been chosen."""
        if event.old:
            self.scene = ""

    def open_now(self) -> None:
        """Open the map at once, if it has been made: before a page is shown."""
        if self.apart and self.year in self._selection.years:
            found = self._repository.find(self._selection.request_for(self.year))
            if found is not None:
                self._show(found)

    async def open(self, *_: param.parameterized.Event) -> None:
        """Open the map of the year, made if need be on a simulated place; only the latest choice counts."""
        self._asked = asked = self._asked + 1
        self.maker.stop()
        if not self.apart:
            self.param.update(land_cover=None, composite=None, problem="")
            return
        if self.year not in self._selection.years:
            self._leave()
            return
        try:
            request = self._selection.request_for(self.year)
            found = await asyncio.to_thread(self._repository.find, request)
            if asked != self._asked:
                return
            if found is not None:
                self._show(found)
            else:
                self.param.update(land_cover=None, composite=None, problem="")
                if request.place.simulated or request.place.made:
                    await self.make()
        except Exception as error:
            if asked == self._asked:
                self._fail(error)

    async def make(self) -> None:
        """Make the map of the year, and show it unless another has been chosen meanwhile."""
        asked, year = self._asked, self.year
        if year is None or self.maker.step is not None:
            return
        self.problem = ""
        try:
            made = await self.maker.make(year)
            if made is not None and asked == self._asked:
                self._show(made)
        except Exception as error:
            if asked == self._asked:
                self._fail(error)

    async def weigh(self, *_: param.parameterized.Event) -> None:
        """Composite with the chosen weights; while they are being dragged, only the latest count."""
        land_cover, weights = self.land_cover, self._weights.chosen
        if land_cover is None:
            return
        composite = await asyncio.to_thread(land_cover.weigh, weights)
        if land_cover is self.land_cover and weights == self._weights.chosen:
            self.composite = composite

    def _leave(self) -> None:
        """Go back to the chosen year, since the place has no imagery of this one."""
        years = ", ".join(map(str, self._selection.years))
        self._remarks.say(
            f"There is no imagery of {self.year} for the map on the {self._side}: it shows the chosen year. This place "
            f"has {years}."
        )
        self.year = None

    def _show(self, land_cover: LandCoverMap) -> None:
        if self.scene and not land_cover.why_no_votes and land_cover.lacks(self.scene):
            nearest = land_cover.moments[land_cover.nearest(self.scene)]
            self._remarks.say(
                f"The map of {land_cover.request.year} on the {self._side} has no scene of {self.scene}. "
                f"The nearest is of {nearest}."
            )
            self.scene = nearest
        weights = {} if land_cover.why_no_votes else self._weights.chosen
        self.param.update(land_cover=land_cover, composite=land_cover.weigh(weights), problem="")

    def _fail(self, error: Exception) -> None:
        self.param.update(land_cover=None, composite=None, problem=user_message(error))
