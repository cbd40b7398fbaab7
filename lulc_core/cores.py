"""One budget of cores: how many this process may use, and the libraries with threads of their own held to it."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")

JOBS = "LULC_JOBS"
"""Environment variable with the most cores to use; the processes that are started inherit it."""


def cores() -> int:
    """Return how many cores to use: all that the system gives, at most ``LULC_JOBS`` and ``OMP_NUM_THREADS``.

    The system gives those of its affinity, and of a container's quota. The second variable bounds nothing where it is
    not a whole number.

    Raises
    ------
    InvalidInputError
        If ``LULC_JOBS`` is not a whole number, at least 1.

    Examples
    --------
    >>> with at_most(1):
    ...     cores()
    1
    """
    import dask.system  # takes a while, and the help needs no cores

    asked, threads = os.environ.get("LULC_JOBS"), os.environ.get("OMP_NUM_THREADS", "")
    if asked and not (asked.isdecimal() and int(asked)):
        raise InvalidInputError(f"{JOBS} must be a whole number of cores, at least 1; got {asked!r}.")
    bounds = [int(text) for text in (asked, threads) if text and text.isdecimal() and int(text)]
    return min([dask.system.CPU_COUNT, *bounds])


def beside(threads: int = 1) -> int:
    """Return how many threads may compute beside the one that asks: of so many none where one core is to be used.

    Examples
    --------
    >>> with at_most(1):
    ...     beside(4)
    0
    """
    return threads if cores() > 1 else 0


@contextlib.contextmanager
def at_most(jobs: int | None) -> Iterator[None]:
    """Use at most so many cores in this process, and in those that it starts, until the block ends; None: as before.

    Of several blocks, within each other or in several threads, the least counts.

    Raises
    ------
    InvalidInputError
        If it is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise InvalidInputError(f"A run takes one core or more; got {jobs}.")
    with contextlib.nullcontext() if jobs is None else _JOBS.at_most(jobs):
        yield


@contextlib.contextmanager
def sharing_cores() -> Iterator[None]:
    """Let Dask, GDAL and Zarr use `cores`, no more, in what this thread asks of them until the block ends.

    Dask works in threads of this process, also within a task of a cluster. Its budget is that of the whole process: the
    least of the blocks that run. Zarr's threads are those of the whole
    process: it makes them once, when it first works in such a block.
    """
    import rasterio

    budget = cores()
    with _LIBRARIES.at_most(budget), rasterio.Env(GDAL_NUM_THREADS=budget):
        yield


class _Bound:
    """A setting of the whole process, bounded by the least that the blocks ask for which run, in whatever threads.

    Else a block that begins would get the threads of another, and one that ends would take the setting away from it.
    """

    def __init__(self, bound: Callable[[int, contextlib.ExitStack], None]) -> None:
        self._bound, self._before = bound, contextlib.ExitStack()
        self._asked: dict[object, int] = {}
        self._settling = threading.Lock()

    @contextlib.contextmanager
    def at_most(self, jobs: int) -> Iterator[None]:
        block = object()
        with self._settling:
            self._asked[block] = jobs
            self._settle()
        try:
            yield
        finally:
            with self._settling:
                del self._asked[block]
                self._settle()

    def _settle(self) -> None:
        if self._asked:
            self._bound(min(self._asked.values()), self._before)
        else:
            self._before.close()


def _bound_variable(jobs: int, before: contextlib.ExitStack) -> None:
    if os.environ.get(JOBS) != str(jobs):
        before.callback(_set_variable, os.environ.get(JOBS))
        _set_variable(str(jobs))


def _set_variable(jobs: str | None) -> None:
    if jobs is None:
        del os.environ[JOBS]
    else:
        os.environ[JOBS] = jobs


def _bound_libraries(jobs: int, before: contextlib.ExitStack) -> None:
    import dask.threaded
    import zarr

    if (dask.config.get("num_workers", None), dask.config.get("scheduler", None)) != (jobs, dask.threaded.get):
        before.enter_context(dask.config.set(num_workers=jobs, scheduler=dask.threaded.get))
        before.enter_context(zarr.config.set({"threading.max_workers": jobs}))


_JOBS, _LIBRARIES = _Bound(_bound_variable), _Bound(_bound_libraries)


def in_parts(do: Callable[[int, int], _T], length: int, least: int) -> list[_T]:
    """Let each of `cores` do a part of some work, from a place to another; none gets less than it is worth.

    Examples
    --------
    >>> with at_most(1):
    ...     in_parts(lambda start, stop: stop - start, 10, least=1)
    [10]
    """
    parts = max(1, min(cores(), length // least))
    bounds = [length * part // parts for part in range(parts + 1)]
    if parts == 1:
        return [do(*bounds)]
    with ThreadPoolExecutor(parts) as pool:
        return list(pool.map(do, bounds[:-1], bounds[1:]))
