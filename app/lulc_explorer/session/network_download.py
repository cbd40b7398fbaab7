"""A network that one person downloads: its progress, and what went wrong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.background.jobs import STARTING, Jobs, Step
from lulc_explorer.engine.errors import user_message

if TYPE_CHECKING:
    from lulc_explorer.background.jobs import Ticket
    from lulc_explorer.engine.networks import Offer
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.selection import MapSelection

_RUNNING: Jobs[str] = Jobs()
"""The downloads of this process: whoever asks for a network that is coming waits for the same download."""


class NetworkDownload(param.Parameterized):
    """The download of a network, which is then chosen.

    Parameters
    ----------
    repository
        Downloads and keeps networks; shared by all sessions.
    selection
        Where the network is chosen.
    """

    step = param.ClassSelector(class_=Step, allow_None=True, doc="Progress; None if nothing is downloaded.")
    problem = param.String(doc="What went wrong, and what to do.")

    def __init__(self, repository: MapRepository, selection: MapSelection) -> None:
        super().__init__()
        self._repository, self._selection = repository, selection
        self._ticket: Ticket[str] | None = None

    @property
    def offer(self) -> Offer | None:
        """The network that can be downloaded; None if there is none, or all are there."""
        return next(iter(self._repository.offered_networks), None)

    async def get(self) -> None:
        """Download the network on offer, unless that is being done, and choose it."""
        offer = self.offer
        if offer is None or self.step is not None:
            return
        try:
            self._ticket = ticket = _RUNNING.join(offer.name, partial(self._repository.get_network, offer.name))
            self.param.update(step=STARTING, problem="")
            async for self.step in ticket.steps():
                pass
            if (key := ticket.result()) is not None:
                self._selection.add_network(key)
        except Exception as error:
            self.problem = user_message(error)
        finally:
            self._ticket = None
            self.step = None

    def stop(self) -> None:
        """Stop waiting for it; it is cancelled if nobody else waits."""
        if self._ticket is not None:
            self._ticket.leave()
