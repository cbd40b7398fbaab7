"""Prefetching: makes the maps that are likely to be requested next, at low priority, while nobody waits."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from lulc_explorer.background.jobs import Jobs, Progress


class Request(Protocol):
    """What to make."""

    @property
    def key(self) -> str:
        """Identifier of what is made."""


class Maker(Protocol):
    """Makes and keeps maps."""

    def has(self, request: Any) -> bool:
        """Whether it has been made."""

    def make(self, request: Any, progress: Callable[[Progress], None], cancel: threading.Event) -> Any:
        """Make it."""


_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.5


class Prefetch:
    """Makes maps one by one in the background; gives way to every request. Used in the event loop.

    Parameters
    ----------
    maker
        Makes maps, and keeps them.
    jobs
        The running jobs, which requests for the same maps join.
    """

    def __init__(self, maker: Maker, jobs: Jobs[Any]) -> None:
        self._maker = maker
        self._jobs = jobs
        self._task: asyncio.Task[None] | None = None
        self._waiting: dict[str, Request] = {}
        self.stopped = False
        """Whether a person has stopped prefetching."""

    @property
    def busy(self) -> bool:
        """Whether there are maps to be made yet."""
        return self._task is not None and not self._task.done()

    def start(self, requests: Sequence[Request]) -> None:
        """Make these maps, before others that have been asked for and not begun, unless prefetching was stopped."""
        if self.stopped:
            return
        self._waiting = {request.key: request for request in requests} | self._waiting
        if not self.busy:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._make(), context=contextvars.Context())  # outside any session

    def stop(self) -> None:
        """Stop prefetching until `resume`."""
        self.stopped = True
        self._waiting = {}
        if self._task is not None:
            self._task.cancel()

    def resume(self, requests: Sequence[Request]) -> None:
        """Make these maps, after `stop`."""
        self.stopped = False
        self.start(requests)

    async def _make(self) -> None:
        while self._waiting:
            request = self._waiting.pop(next(iter(self._waiting)))
            try:
                while not self._maker.has(request):
                    while self._jobs.running():
                        await asyncio.sleep(_LOOK_EVERY_S)
                    await self._try(request)
            except Exception:
                _log.exception("could not prefetch %s", request)

    async def _try(self, request: Request) -> None:
        """Make a map; work that gives way starts again later."""
        ticket = self._jobs.join(request.key, partial(self._maker.make, request), quiet=True)
        try:
            async for _ in ticket.steps():
                pass
            ticket.result()
        finally:
            ticket.leave()
