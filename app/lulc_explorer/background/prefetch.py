"""Maps that are likely to be asked for next, made before anybody asks: quietly, and only while nobody waits."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
from functools import cache, partial
from typing import TYPE_CHECKING

from lulc_explorer.background.jobs import Jobs, the_jobs
from lulc_explorer.engine.repository import MapRepository, MapRequest, the_repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_explorer.engine.land_cover_map import LandCoverMap

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.5


class Prefetch:
    """Makes maps one after the other, in the background; gives way to every person. Used in the event loop.

    Parameters
    ----------
    store
        Where maps come from and are kept.
    jobs
        The work that is running: a person who asks for one of these maps joins it there.
    """

    def __init__(self, store: MapRepository, jobs: Jobs[LandCoverMap]) -> None:
        self._repository = store
        self._jobs = jobs
        self._task: asyncio.Task[None] | None = None
        self.stopped = False
        """Whether a person has asked for quiet."""

    @property
    def busy(self) -> bool:
        """Whether there are maps to be made yet."""
        return self._task is not None and not self._task.done()

    def start(self, orders: Sequence[MapRequest]) -> None:
        """Make these maps, unless others are being made ahead already or a person has stopped that."""
        if not self.busy and not self.stopped:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._make(orders), context=contextvars.Context())  # of no one's session

    def stop(self) -> None:
        """Make no more maps ahead until `resume`."""
        self.stopped = True
        if self._task is not None:
            self._task.cancel()

    def resume(self, orders: Sequence[MapRequest]) -> None:
        """Make these maps after all."""
        self.stopped = False
        self.start(orders)

    async def _make(self, orders: Sequence[MapRequest]) -> None:
        for order in orders:
            try:
                while not self._repository.has(order):
                    while self._jobs.running():
                        await asyncio.sleep(_LOOK_EVERY_S)
                    await self._try(order)
            except Exception:
                _log.exception("could not make %s %s ahead", order.place.key, order.year)

    async def _try(self, order: MapRequest) -> None:
        """Make a map, or as much of it as nobody minds: who gives way starts again later."""
        ticket = self._jobs.join(order.key, partial(self._repository.make, order), quiet=True)
        try:
            async for _ in ticket.steps():
                pass
            ticket.result()
        finally:
            ticket.leave()


@cache
def the_prefetch() -> Prefetch | None:
    """Return what makes maps ahead in this process; None where ``LULC_AHEAD=no`` asks for none."""
    return None if os.environ.get("LULC_AHEAD") == "no" else Prefetch(the_repository(), the_jobs())
