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
_settling, _settings = threading.Lock(), contextlib.ExitStack()
_blocks: set[object] = set()


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

    Raises
    ------
    InvalidInputError
        If it is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise InvalidInputError(f"A run takes one core or more; got {jobs}.")
    before = os.environ.get(JOBS)
    if jobs is not None:
        os.environ[JOBS] = str(jobs)
    try:
        yield
    finally:
        if before is not None:
            os.environ[JOBS] = before
        elif jobs is not None:
            del os.environ[JOBS]


@contextlib.contextmanager
def sharing_cores() -> Iterator[None]:
    """Let Dask, GDAL and Zarr use `cores`, no more, in what this thread asks of them until the block ends.

    Dask works in threads of this process, also within a task of a cluster. Zarr's threads are those of the whole
    process: it makes them once, when it first works in such a block.
    """
    import rasterio

    budget = cores()
    with _settings_of_the_process(budget), rasterio.Env(GDAL_NUM_THREADS=budget):
        yield


@contextlib.contextmanager
def _settings_of_the_process(budget: int) -> Iterator[None]:
    """Set what Dask and Zarr keep for all threads at once, until the last block that wants it ends.

    Else a block that ends would take the settings away from one that began later, in another thread.
    """
    import dask.threaded
    import zarr

    block = object()
    with _settling:
        if not _blocks:
            _settings.enter_context(dask.config.set(num_workers=budget, scheduler=dask.threaded.get))
            _settings.enter_context(zarr.config.set({"threading.max_workers": budget}))
        _blocks.add(block)
    try:
        yield
    finally:
        with _settling:
            _blocks.remove(block)
            if not _blocks:
                _settings.close()


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
