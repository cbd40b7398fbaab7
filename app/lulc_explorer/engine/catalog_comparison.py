"""Whether the two catalogs of real imagery list the same acquisitions of a place and a year."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import lulc_core as lulc
from lulc_explorer.engine.requests import LIVE_CATALOGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_explorer.engine.requests import MapRequest

_PATIENCE_S = 15.0
"""Timeout of a request to a catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a catalog lists of a place and a year."""

    acquisitions: int
    """How many, of each tile."""
    lacks: tuple[tuple[str, str], ...]
    """Tile and day, as ``2021-06-01``, of those that the other lists and this one does not."""


def compare_live_catalogs(request: MapRequest) -> Mapping[str, Listed]:
    """Return what each of `LIVE_CATALOGS` lists of the place and year of a map, by its name for people.

    Raises `UserError` if one of them does not answer.
    """
    find = partial(
        lulc.search,
        request.region,
        year=request.year,
        timeout=_PATIENCE_S,
        on_imperfect=lambda _: None,
        on_remark=lambda _: None,
    )
    with ThreadPoolExecutor(len(LIVE_CATALOGS)) as pool:
        one, other = pool.map(lambda catalog: find(catalog=catalog), LIVE_CATALOGS)
    found = lulc.compare_catalogs(one, other)
    return {
        title: Listed(acquisitions=count, lacks=tuple((tile, f"{moment:%Y-%m-%d}") for moment, tile in lacks))
        for title, count, lacks in zip(LIVE_CATALOGS.values(), found.counts, found.missing, strict=True)
    }
