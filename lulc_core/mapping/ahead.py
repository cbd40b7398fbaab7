"""Work that is done ahead of its use."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable

_T = TypeVar("_T")
_R = TypeVar("_R")


def ahead(
    at_once: int, do: Callable[[_T], _R], items: Iterable[_T], *, ended: threading.Event | None = None
) -> Generator[_R, None, None]:
    """Yield what is made of each item, in order, while threads make it of the next `at_once`.

    Items are taken in the thread that asks. What `do` raises is raised where its item is due. Closing the generator
    sets `ended`, which `do` may heed, and waits for what is being made.

    Examples
    --------
    >>> list(ahead(2, abs, [-1, 2, -3]))
    [1, 2, 3]
    """
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
