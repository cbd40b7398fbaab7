"""Work that is done ahead of its use."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from lulc_core.cores import beside
from lulc_core.imagery.access import is_served

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable

    from lulc_core.imagery.scenes import Scene

_T = TypeVar("_T")
_R = TypeVar("_R")


def ahead(
    at_once: int, do: Callable[[_T], _R], items: Iterable[_T], *, ended: threading.Event | None = None
) -> Generator[_R, None, None]:
    """Yield what is made of each item, in order, while threads make it of the next `at_once`, if that is not 0.

    Items are taken in the thread that asks, each before the one before it is yielded. What `do` raises is raised where
    its item is due. Closing the generator sets `ended`, which `do` may heed, and waits for what is being made.

    Examples
    --------
    >>> list(ahead(2, abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    if not at_once:
        held: list[_T] = []
        for item in items:
            yield from map(do, held)
            held = [item]
        yield from map(do, held)
        return
    with ThreadPoolExecutor(at_once, thread_name_prefix="ahead") as pool:
        waiting: deque[Future[_R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(do, item))
                if len(waiting) > at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            if ended is not None:
                ended.set()
            pool.shutdown(wait=True, cancel_futures=True)


def reading_ahead(scenes: Iterable[Scene], at_once: int = 1) -> int:
    """Return how many images or blocks to read ahead of their use: on one core only what a server has to send."""
    return at_once if any(is_served(href) for scene in scenes for href in scene.hrefs.values()) else beside(at_once)
