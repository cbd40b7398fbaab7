"""What a published series gives the chosen place, year by year. No widgets."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.classes import REFERENCE_LEGEND
from lulc_explorer.engine.errors import UserError, user_message
from lulc_explorer.engine.published_areas import YearAreas, areas_of
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS

if TYPE_CHECKING:
    from lulc_explorer.engine.reference_maps import Reference
    from lulc_explorer.engine.requests import MapRequest
    from lulc_explorer.session.selection import MapSelection

SERIES = {"": "None"} | {name: one.title for name, one in REFERENCE_MAPS.items() if one.published}
"""Published maps by name, with their titles; empty for none."""


class PublishedYears(param.Parameterized):
    """The areas of the classes on the maps of a published series.

    Parameters
    ----------
    selection
        The choice of place and year.
    """

    series: param.Selector[str] = param.Selector(default="", objects=list(SERIES), doc="The published map beside.")
    theirs = param.List(item_type=YearAreas, doc="Of the years of `series` that have been read.")
    reading = param.Integer(default=None, allow_None=True, doc="The year of `series` that is being read.")
    problem = param.String(doc="Why nothing of `series` is read.")

    def __init__(self, selection: MapSelection) -> None:
        super().__init__()
        self._selection = selection
        self._cancel = threading.Event()

    async def read(self, *_: param.parameterized.Event) -> None:
        """Read the chosen series, a year after the other."""
        self.stop()
        cancel = self._cancel = threading.Event()
        self.param.update(theirs=[], problem="", reading=None)
        if not self.series:
            return
        reference, requests = REFERENCE_MAPS[self.series], self._requests()
        try:
            years = _years_of(reference, requests)
        except UserError as error:
            self.problem = str(error)
            return
        for request in years:
            self.reading = request.year
            one = await asyncio.to_thread(_read, reference, request, cancel)
            if cancel.is_set():
                return
            self.theirs = [*self.theirs, one]
        self.reading = None

    def stop(self, *_: param.parameterized.Event) -> None:
        """Stop reading."""
        self._cancel.set()
        self.reading = None

    def leave(self, *_: param.parameterized.Event) -> None:
        """Forget what is of another place."""
        self.stop()
        self.param.update(series="", theirs=[], problem="")

    def _requests(self) -> list[MapRequest]:
        """Return the maps of all years of the chosen place; none if it cannot be used."""
        try:
            return [self._selection.request_for(year) for year in self._selection.years]
        except UserError:
            return []


def _years_of(reference: Reference, requests: list[MapRequest]) -> list[MapRequest]:
    """Return those of the years that a series has; raises `UserError` if there is none."""
    if any(request.place.simulated or request.place.made_of_simulated for request in requests):
        raise UserError("This place is simulated: no published map shows its landscape. Choose real imagery.")
    published = reference.published.years if reference.published else ()
    found = [request for request in requests if request.year in published]
    if not found:
        raise UserError(
            f"{reference.title} has the years {min(published)} to {max(published)}, and none of this place."
        )
    return found


def _read(reference: Reference, request: MapRequest, cancel: threading.Event) -> YearAreas:
    """Return the areas of one year of a published series, or why there are none."""
    try:
        codes = reference.read(request.region, request.year, cancel)
        hectares = areas_of(codes, REFERENCE_LEGEND, request.place.outline)
    except Exception as error:
        return YearAreas(year=request.year, hectares={}, problem=user_message(error))
    return YearAreas(year=request.year, hectares=hectares)
