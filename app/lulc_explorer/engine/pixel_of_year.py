"""What the map of a year says of one pixel, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_explorer.analysis.pixel_evidence import PixelEvidence
    from lulc_explorer.analysis.vote_ledger import VoteLedger
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.engine.requests import MapRequest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelOfYear:
    """A pixel on the map of a year, with its votes and imagery where they were kept."""

    land_cover: LandCoverMap
    pixel: tuple[int, int]
    """Row and column."""
    ledger: VoteLedger | None = None
    """Every scene's vote; None if the map has no votes."""
    evidence: PixelEvidence | None = None
    """Probabilities and imagery; None if the map has no votes."""


def read_pixel(
    repository: MapRepository, request: MapRequest, pixel: tuple[int, int], weights: Mapping[str, float]
) -> PixelOfYear:
    """Return what the map of a year says of a pixel. Reads files.

    Parameters
    ----------
    repository
        Where maps are kept.
    request
        The map.
    pixel
        Row and column.
    weights
        Class name to weight where it differs from that of the map.

    Raises
    ------
    UserError
        If the map is no longer there.
    """
    land_cover = repository.find(request)
    if land_cover is None:
        raise lulc.NotFoundError(f"The map of {request.year} is no longer on disk. Reload the page to make it again.")
    if land_cover.why_no_votes:
        return PixelOfYear(land_cover=land_cover, pixel=pixel)
    return PixelOfYear(
        land_cover=land_cover,
        pixel=pixel,
        ledger=land_cover.ledger(pixel, weights),
        evidence=land_cover.evidence(pixel),
    )
