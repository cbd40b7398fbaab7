"""The map that was opened last, read when the server starts: whoever comes first is likely to ask for it."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.engine.requests import MapRequest


def open_last(repository: MapRepository) -> Composite | None:
    """Open the map that was opened last, and return its composite; None if it is not on offer, or cannot be read."""
    folder = repository.last_opened
    if folder is None:
        return None
    with contextlib.suppress(lulc.LulcError):  # told to whoever asks for it
        request = next((each for each in _requests_like(repository, folder) if each.key == folder.name), None)
        if request is not None and (land_cover := repository.find(request)) is not None:
            return land_cover.composite
    return None


def _requests_like(repository: MapRepository, folder: Path) -> Iterator[MapRequest]:
    """Yield the requests that a map may be of, by what its report says; raises `UserError` if that cannot be read."""
    report = lulc.read_report(folder)
    region, year = report.get("region"), report.get("year")
    for imagery, network in itertools.product(repository.imagery, repository.networks):
        for key, place in repository.offer(imagery).items():
            if place.region is not None and place.region.name == region and year in place.years:
                with contextlib.suppress(lulc.LulcError):  # of a network that has a problem
                    yield repository.request(key, year, imagery=imagery, network=network)
