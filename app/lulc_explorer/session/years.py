"""The areas of the classes in every year of the chosen place. No widgets: views bind to these parameters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import param

from lulc_explorer.analysis.area_series import AreaSeries
from lulc_explorer.engine.area_series import read_area_series
from lulc_explorer.engine.errors import UserError, user_message
from lulc_explorer.session.display import MAP, YEARS
from lulc_explorer.session.opening import NO_PLACE
from lulc_explorer.session.year_maker import YearMaker

if TYPE_CHECKING:
    from lulc_explorer.engine.requests import MapRequest
    from lulc_explorer.session.session import Session


class YearsSession(param.Parameterized):
    """The areas of the classes, year by year.

    Parameters
    ----------
    session
        The person's session.
    """

    active = param.Boolean(False, doc="Whether the tab is open: nothing is read before.")
    series = param.ClassSelector(class_=AreaSeries, allow_None=True, doc="The areas of the years that have been made.")
    problem = param.String(doc="What went wrong, and what to do.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.maker = YearMaker(session.repository, session.jobs, session.selection)
        self._asked = 0
        self._wanted = self._making = self._stopped = False

    def open(self) -> None:
        """Read at once what there is if the page opens on this tab."""
        if self.session.display.tab == YEARS:
            with param.discard_events(self):
                self.active = True
            try:
                self._show(read_area_series(self.session.repository, self._requests(), self.session.weights.chosen))
            except Exception as error:
                self._fail(error)

    def attend(self, *_: param.parameterized.Event) -> None:
        """Read only while the tab is open."""
        self.active = self.session.display.tab == YEARS

    def begin(self, *_: param.parameterized.Event) -> None:
        """Forget the maps of another place, network or imagery, and that somebody stopped making them."""
        self._wanted = self._stopped = False
        self.maker.stop()
        self.param.update(series=None, problem="")

    async def refresh(self, *_: param.parameterized.Event) -> None:
        """Read the areas, and make the missing maps of a simulated place, unless somebody stopped that."""
        if self.active and await self._read() and self.session.makes_unasked and not self._stopped:
            await self.make()

    async def make(self) -> None:
        """Make the missing maps one after the other; the areas of each are there as soon as it is made.

        If no place has been chosen, go on with the one on screen.
        """
        if self.session.accept_stand_in():
            await self.refresh()
            return
        self._wanted, self._stopped = True, False
        if self._making:
            return
        self._making = True
        try:
            while self._wanted and self.series is not None and self.series.missing:
                await self.maker.make(self.series.missing[-1])
                await self._read()
        except Exception as error:
            self.problem = user_message(error)
        finally:
            self._wanted = self._making = False

    def stop(self) -> None:
        """Stop waiting for the map being made, and for the others."""
        self._wanted, self._stopped = False, True
        self.maker.stop()

    def show(self, year: int) -> None:
        """Open the map of a year."""
        self.session.selection.year = year
        self.session.display.tab = MAP

    def _requests(self) -> list[MapRequest]:
        """Return the maps of all years; raises `UserError` if the place cannot be used."""
        selection = self.session.selection
        place = selection.places.get(selection.place)
        if self.session.lacks_place:
            raise UserError(NO_PLACE)
        if place is None or not place.years:
            raise UserError(place.problem if place else f"There is no place called {selection.place!r}.")
        return [selection.request_for(year) for year in place.years]

    async def _read(self) -> bool:
        """Read the areas; return whether nothing went wrong, and no later choice came meanwhile."""
        self._asked = asked = self._asked + 1
        weights = dict(self.session.weights.chosen)
        try:
            found = await asyncio.to_thread(read_area_series, self.session.repository, self._requests(), weights)
        except Exception as error:
            if asked == self._asked:
                self._fail(error)
            return False
        if asked == self._asked:
            self._show(found)
        return asked == self._asked

    def _show(self, series: AreaSeries) -> None:
        self.param.update(series=series, problem="")

    def _fail(self, error: Exception) -> None:
        self.param.update(series=None, problem=user_message(error))
