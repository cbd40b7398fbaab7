"""The maps that were opened last, read when the server starts: whoever comes first is likely to ask for them."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.engine.requests import MapRequest

_MOST = 2
"""A change has two years, and the one that is opened last is not the one on the maps."""


def open_last(repository: MapRepository, within_s: float) -> list[LandCoverMap]:
    """Open the maps that were opened last, and return them, each with its composite.

    Parameters
    ----------
    repository
        What is on offer. What of it cannot be read is told to whoever asks for it.
    within_s
        Seconds after which no other map is begun.
    """
    until, found = time.monotonic() + within_s, []
    for folder in repository.last_opened[:_MOST]:
        if time.monotonic() >= until:
            break
        with contextlib.suppress(lulc.LulcError, OSError):  # OSError: a broken one that cannot be set aside
            request = next((each for each in _requests_like(repository, folder) if each.key == folder.name), None)
            if request is not None and (land_cover := repository.find(request)) is not None:
                _ = land_cover.composite
                found.append(land_cover)
    return found


def _requests_like(repository: MapRepository, folder: Path) -> Iterator[MapRequest]:
    """Yield the requests that a map may be of, by what its report says; raises `UserError` if that cannot be read."""
    report = lulc.read_report(folder)
    region, year = report.get("region"), report.get("year")
    for imagery, network in itertools.product(repository.imagery, repository.networks):
        for key, place in repository.offer(imagery).items():
            if place.region is not None and place.region.name == region and year in place.years:
                with contextlib.suppress(lulc.LulcError):  # of a network that has a problem
                    yield repository.request(key, year, imagery=imagery, network=network)
