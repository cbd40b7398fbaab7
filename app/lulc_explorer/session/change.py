"""Change between two years of the chosen place. No widgets: views bind to these parameters."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakSet, WeakValueDictionary

import param
from cachetools import LRUCache, cached

from lulc_explorer.analysis.change import UNCERTAIN_BELOW, Change, compare_labels, correct_shares
from lulc_explorer.analysis.composite import sum_hectares
from lulc_explorer.analysis.likely_change import find_transitions
from lulc_explorer.engine.classes import PALETTE, ROTATED
from lulc_explorer.engine.errors import UserError, user_message
from lulc_explorer.engine.pixel_of_year import PixelOfYear, read_pixel
from lulc_explorer.layers.layer import same_day
from lulc_explorer.session.display import CHANGE, MAP
from lulc_explorer.session.layers import SIDES
from lulc_explorer.session.opening import NO_PLACE
from lulc_explorer.session.year_maker import YearMaker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_explorer.analysis.likely_change import Transitions
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.requests import MapRequest
    from lulc_explorer.session.session import Session


FEWEST = 4
"""With fewer clear observations of most pixels, votes do not tell what is real from what is not: decision 0117."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compared:
    """The change between two maps of a place."""

    years: tuple[int, int]
    title: str
    """Title of the place."""
    grid: GeoBox
    simulated: bool
    weighted: bool
    """Whether the class weights are not the legend's."""
    change: Change
    untold: str
    """Why nobody can tell how much is real; empty if the votes can."""
    real_ha: float | None
    """Area of the change that is real by the simulated truth; None if nobody knows."""
    real: Mapping[str, float | None] | None
    """The share of the clear and of the uncertain change that is correct, None without such; None if nobody knows."""


class NothingToCompareError(UserError):
    """Two years of the place must be chosen first; nothing is wrong with its maps."""


class ChangeSession(param.Parameterized):
    """Two years of the chosen place.

    Parameters
    ----------
    session
        The person's session.
    """

    active = param.Boolean(False, doc="Whether the tab is open: nothing is read before.")
    before = param.Integer(default=None, allow_None=True, doc="The earlier year.")
    after = param.Integer(default=None, allow_None=True, doc="The later year.")
    uncertain_below = param.Number(
        default=UNCERTAIN_BELOW, bounds=(0.01, 0.5), doc="A margin below this share of the score is uncertain."
    )
    clear_only = param.Boolean(False, doc="Fade uncertain change.")
    stays = param.Boolean(False, doc="Show unchanged area as well.")
    flow: param.Parameter[tuple[int, int] | None] = param.NumericTuple(  # type: ignore[assignment]  # floats to param
        default=None, length=2, allow_None=True, doc="Positions of the transition shown alone."
    )

    compared = param.ClassSelector(class_=Compared, allow_None=True, doc="The change, once both maps have been made.")
    pixels = param.List(item_type=PixelOfYear, doc="The inspected pixel in both years; empty without one.")
    missing = param.List(item_type=int, doc="The years whose map has not been made.")
    problem = param.String(doc="What went wrong, and what to do.")
    undecided = param.Boolean(doc="Whether nothing went wrong, but two years have to be chosen.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.maker = YearMaker(session.repository, session.jobs, session.selection)
        self._asked = 0
        self._stopped = False
        self.choose_years()

    def open(self) -> None:
        """Compare at once if the page opens on this tab."""
        if self.session.display.tab == CHANGE:
            with param.discard_events(self):
                self.active = True
            try:
                self._show(self._compare(self._requests(), dict(self.session.weights.chosen), self.uncertain_below))
            except Exception as error:
                self._fail(error)

    async def make(self) -> None:
        """Make the missing maps, or wait for those being made, and compare; or go on with the place on screen."""
        self._stopped = False
        if self.session.accept_stand_in():
            await self.refresh()
        else:
            await self._make(lambda: self.missing)

    async def _make(self, due: Callable[[], list[int]]) -> None:
        """Make maps of the years that are due one after the other, and compare."""
        if self.maker.year in self.missing:
            return
        try:
            while (years := due()) and await self.maker.make(years[0]) is not None:
                await self._read()
        except Exception as error:
            self._fail(error)

    def _begun(self) -> list[int]:
        """Return the missing years whose maps are being made for somebody."""
        keys = self.session.jobs.running()
        return [year for year in self.missing if self.session.selection.request_for(year).key in keys]

    def stop(self) -> None:
        """Stop waiting for the map being made; it is cancelled if nobody else waits for it."""
        self._stopped = True
        self.maker.stop()

    def attend(self, *_: param.parameterized.Event) -> None:
        """Compare only while the tab is open."""
        self.active = self.session.display.tab == CHANGE

    def choose_years(self, *_: param.parameterized.Event) -> None:
        """Compare the first year with the last."""
        years = self.session.selection.years
        self.param.update(before=min(years, default=None), after=max(years, default=None), flow=None)

    def begin(self, *_: param.parameterized.Event) -> None:
        """Wait no longer for a map of another choice."""
        self.maker.stop()
        self._stopped = False

    async def refresh(self, *_: param.parameterized.Event) -> None:
        """Compare the chosen years, and make what is missing of a simulated place, unless somebody stopped that.

        Elsewhere wait at least for what is being made already.
        """
        if not self.active or not await self._read() or self._stopped:
            return
        if self.session.makes_unasked:
            await self.make()
        else:
            await self._make(self._begun)

    async def _read(self) -> bool:
        """Compare; while the choice is still changing, only the latest counts. Return whether this was the latest."""
        self._asked = asked = self._asked + 1
        if self.compared is None:
            _WAITING.add(self)
        try:
            requests, weights = self._requests(), dict(self.session.weights.chosen)
            found = await asyncio.to_thread(self._compare, requests, weights, self.uncertain_below)
        except Exception as error:
            if asked == self._asked:
                self._fail(error)
            return False
        finally:
            _WAITING.discard(self)
        if asked != self._asked:
            return False
        if found is self.compared:
            await self.inspect()  # of a pixel that was chosen while nobody looked
        else:
            self._show(found)
        return asked == self._asked

    async def inspect(self, *_: param.parameterized.Event) -> None:
        """Read why the inspected pixel has its classes in both years; only the latest pixel counts."""
        compared, pixel = self.compared, self.session.inspection.pixel
        if compared is None or pixel is None or not self.active:
            self.pixels = []
            return
        repository, weights = self.session.repository, dict(self.session.weights.chosen)
        try:
            found = [
                await asyncio.to_thread(read_pixel, repository, request, pixel, weights) for request in self._requests()
            ]
        except Exception as error:
            self.session.remarks.say(user_message(error))
            return
        if compared is self.compared and pixel == self.session.inspection.pixel:
            self.pixels = found

    def show_on_map(self, side: str = "", moment: str = "") -> None:
        """Show both years on the two maps with a divider; or the imagery of one scene on the map of its side."""
        session = self.session
        layers = {"left": "classes", "right": "classes"}
        for each, year in zip(SIDES, (self.before, self.after), strict=True):
            session.years[each].year = None if year == session.selection.year else year
        if moment and session.selection.year is not None:
            layers = {side: "true-colour", "scene": same_day(moment, session.selection.year)}
        session.layers.param.update(**layers)
        if moment and session.years[side].apart:
            session.years[side].scene = moment
        session.display.param.update(mode="swipe", tab=MAP)

    def _show(self, found: Compared | list[int]) -> None:
        if isinstance(found, Compared):
            flow = self.flow if self.flow and found.change.hectares[self.flow] else None
            self.param.update(compared=found, missing=[], problem="", flow=flow)
        else:
            self.param.update(compared=None, missing=found, problem="", flow=None)

    def _requests(self) -> tuple[MapRequest, MapRequest]:
        """Return the maps to compare; raises `UserError` if they are not available."""
        if self.session.lacks_place:
            raise NothingToCompareError(NO_PLACE)
        place = self.session.selection.places.get(self.session.selection.place)
        if place and not place.problem and len(place.years) < 2:
            raise NothingToCompareError(
                f"{place.title} has imagery of {place.years[0]} only. "
                "Change needs two years: choose another place, or add scenes of another year to its catalog."
            )
        if self.before == self.after:
            raise NothingToCompareError(
                f"Both years are {self.before}, and nothing differs from itself. Choose another year in “From” or “To”."
            )
        first, second = (self.session.selection.request_for(year) for year in (self.before, self.after))
        return first, second

    def _compare(
        self, requests: tuple[MapRequest, MapRequest], weights: Mapping[str, float], uncertain_below: float
    ) -> Compared | list[int]:
        """Return the comparison, or the years whose map has not been made. Reads files."""
        maps = [self.session.repository.find(request) for request in requests]
        first, second = maps
        if first is None or second is None:
            return [request.year for request, land_cover in zip(requests, maps, strict=True) if land_cover is None]
        return compare(first, second, weights, uncertain_below)

    def _fail(self, error: Exception) -> None:
        undecided = isinstance(error, NothingToCompareError)
        self.param.update(compared=None, missing=[], problem=user_message(error), undecided=undecided)


_WAITING: WeakSet[ChangeSession] = WeakSet()
"""Who has nothing of a comparison yet."""
_LINE: deque[object] = deque()
"""Who has a comparison and waits to draw it, the first first."""
_GIVES_WAY_S, _MOMENT_S = 3.0, 0.005


@contextlib.asynccontextmanager
async def in_turn() -> AsyncIterator[None]:
    """Let those go first who wait for a comparison, when many open one at once, and others who draw one; not for long.

    Between two that are drawn there is a moment in which whoever comes meanwhile is heard.
    """
    until, place = time.monotonic() + _GIVES_WAY_S, object()
    _LINE.append(place)
    try:
        while (_WAITING or _LINE[0] is not place) and time.monotonic() < until:
            await asyncio.sleep(_MOMENT_S)
        yield
        await asyncio.sleep(_MOMENT_S)
    finally:
        _LINE.remove(place)


def _same(
    first: LandCoverMap, second: LandCoverMap, weights: Mapping[str, float], uncertain_below: float
) -> tuple[object, ...]:
    return first, second, tuple(sorted(weights.items())), uncertain_below


@cached(WeakValueDictionary(), key=_same, condition=threading.Condition())
def compare(
    first: LandCoverMap, second: LandCoverMap, weights: Mapping[str, float], uncertain_below: float
) -> Compared:
    """Compare two maps of one place, with the same class weights; a margin below `uncertain_below` is uncertain.

    Sessions share what is on screen.
    """
    composites = [land_cover.weigh(weights) for land_cover in (first, second)]
    maps = composites[0].label, composites[1].label
    margins = composites[0].data["margin"].values, composites[1].data["margin"].values
    untold, chances = _untold(first, second), None
    if not untold:
        chances = transitions_between(first, second).chances(_votes(first, second), maps[0] != maps[1])
    change = compare_labels(
        maps, margins, chances, PALETTE, pixel_ha=first.pixel_ha, uncertain_below=uncertain_below, rotated=ROTATED
    )
    real, real_ha = None, None
    if first.truth is not None and second.truth is not None:
        truly = first.truth != second.truth
        real = correct_shares(change, truly)
        real_ha = float(sum_hectares(truly & change.changed, first.pixel_ha, 2)[1])
    return Compared(
        years=(first.request.year, second.request.year),
        title=first.request.place.title,
        grid=first.grid,
        simulated=first.simulated or second.simulated,
        weighted=bool(weights),
        change=change,
        untold=untold,
        real_ha=real_ha,
        real=real,
    )


def _untold(*maps: LandCoverMap) -> str:
    """Return why the votes of two maps do not tell what is real; empty if they do."""
    if any(land_cover.why_no_votes for land_cover in maps):
        return "these maps were kept without their votes"
    for land_cover in maps:
        if land_cover.usual_observations < FEWEST:
            return f"half of the area was seen clearly fewer than {FEWEST} times in {land_cover.request.year}"
    return ""


@cached(LRUCache(1000), key=lambda first, second: (first.origin, second.origin), condition=threading.Condition())
def transitions_between(first: LandCoverMap, second: LandCoverMap) -> Transitions:
    """Return how often classes turn into one another between two maps: found once, whatever the weights."""
    rotated = [PALETTE.names.index(name) for name in ROTATED]
    return find_transitions(_votes(first, second), rotated)


def _votes(first: LandCoverMap, second: LandCoverMap) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    return first.votes["confidence"].values, second.votes["confidence"].values
