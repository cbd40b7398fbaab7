"""Which scenes show a unit, by what is chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lulc_explorer.engine.labelling import pixel_of
from lulc_explorer.engine.place_scenes import find_scenes

if TYPE_CHECKING:
    from lulc_explorer.engine.labelling import LabelUnit, Scenes
    from lulc_explorer.engine.requests import MapRequest
    from lulc_explorer.session.session import Session


def scenes_of(session: Session, unit: LabelUnit) -> tuple[Scenes | None, MapRequest | None]:
    """Return the scenes that show a unit, of the map on screen first; else whose are to be opened; else nothing.

    Those of a map are on the disk; without one they are read where they are.
    """
    now = session.map.land_cover
    if now is not None and session.arrived and not now.why_no_votes and pixel_of(now.grid, unit) is not None:
        return now, None
    missing = bare = known = None
    for request in _places_of(session, unit):
        found = session.repository.find(request)
        if found is None:
            known = known or find_scenes(request)
            missing = missing or request
        elif not found.why_no_votes:
            return found, None
        else:
            bare = bare or found
    return (known, None) if known is not None else (bare if missing is None else None, missing)


def _places_of(session: Session, unit: LabelUnit) -> list[MapRequest]:
    """Return the requests for the places that cover a unit, that which is chosen first, in the chosen year."""
    selection = session.selection
    covering = [
        place
        for key, place in sorted(selection.places.items(), key=lambda pair: pair[0] != selection.place)
        if place.region is not None and place.years and pixel_of(place.region.grid, unit) is not None
    ]
    ask = partial(session.repository.request, imagery=selection.imagery, network=selection.network or None)
    year = selection.year
    return [ask(place.key, year if year in place.years else place.years[-1]) for place in covering]
