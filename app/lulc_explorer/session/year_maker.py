"""Makes maps of other years of the chosen place, while one person waits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.background.jobs import STARTING, Step

if TYPE_CHECKING:
    from lulc_explorer.background.jobs import Jobs, Ticket
    from lulc_explorer.engine.allowance import PersonalJobs
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.selection import MapSelection


class YearMaker(param.Parameterized):
    """One person's wait for the map of another year: one at a time, the latest.

    Parameters
    ----------
    repository, jobs
        Shared by all sessions.
    selection
        The person's choice of a map.
    """

    step = param.ClassSelector(class_=Step, allow_None=True, doc="How far the map being made is; None if none is.")
    year = param.Integer(default=None, allow_None=True, doc="The year whose map is being made.")

    def __init__(
        self,
        repository: MapRepository,
        jobs: Jobs[LandCoverMap] | PersonalJobs[LandCoverMap],
        selection: MapSelection,
    ) -> None:
        super().__init__()
        self._repository, self._jobs, self._selection = repository, jobs, selection
        self._ticket: Ticket[LandCoverMap] | None = None

    async def make(self, year: int) -> LandCoverMap | None:
        """Make the map of a year, or wait for it if it is being made; None for one who has stopped waiting."""
        self.stop()
        request = self._selection.request_for(year)
        self._ticket = ticket = self._jobs.join(request.key, partial(self._repository.make, request))
        self.param.update(step=STARTING, year=year)
        try:
            async for step in ticket.steps():
                if ticket is self._ticket:
                    self.step = step
            return ticket.result()
        finally:
            if ticket is self._ticket:
                self._forget()

    def stop(self) -> None:
        """Stop waiting for the map; it is cancelled if nobody else waits for it."""
        if self._ticket is not None:
            self._ticket.leave()
            self._forget()

    def _forget(self) -> None:
        self._ticket = None
        self.param.update(step=None, year=None)
