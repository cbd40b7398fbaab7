"""From the choice to the open map: open it if it has been made, else make it, and say what went wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from lulc_explorer.analysis.pixel_evidence import PixelEvidence
from lulc_explorer.background.jobs import STARTING
from lulc_explorer.engine.errors import UnreachableError, UserError, user_message
from lulc_explorer.engine.requests import LIVE_CATALOGS
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.session.display import LABEL, MAP
from lulc_explorer.session.layers import SIDES, USUAL
from lulc_explorer.session.link_formats import PLACE, YEAR, unavailable
from lulc_explorer.session.session import at_once

if TYPE_CHECKING:
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

NO_PLACE = "No place has been chosen."


def open_map(session: Session) -> None:
    """Show the chosen map, if it has been made and nothing is wrong with the choice."""
    if session.map.problem:
        return
    look_here(session)
    session.map.linked = session.selection.choice
    try:
        found = session.repository.find(session.selection.request)
        _show(session, found, session.weights.chosen, session.inspection.pixel)
        for year in session.years.values():
            year.open_now()
        for panel in session.panels.values():
            panel.show(panel.read())
    except Exception as error:
        _refuse_map(session, error)


async def reopen(session: Session) -> None:
    """Open the chosen map, or make it; none that a person has not chosen, in place of one that their link asks for."""
    stop(session)
    opened = session.map
    linked = opened.linked == session.selection.choice
    if linked and opened.refused:
        return
    opened.linked = session.selection.choice if linked else ()
    try:
        request = session.selection.request
        found = await asyncio.to_thread(session.repository.find, request)
        if request == session.selection.request:
            if found is None or found is not opened.land_cover:  # else a link has opened it
                if opened.land_cover is not None:
                    session.layers.scene = ""  # the nearest in time may be all cloud
                weights, pixel = session.weights.chosen, session.inspection.pixel
                _show(session, found, *((weights, pixel) if linked else ()))
            await begin(session)
    except Exception as error:
        _refuse_map(session, error)


async def begin(session: Session) -> None:
    """Make the map of a simulated place without being asked, or copy that of a run; then prefetch the others.

    Whoever goes on with another catalog has asked already. Who labels needs no map: it is made when another tab opens.
    """
    if session.map.problem or session.display.tab == LABEL:
        return
    if session.map.land_cover is None:
        place = session.selection.request.place
        if place.simulated or place.made or session.map.instead_of:
            await make(session)
    session.map.instead_of = ""
    if session.map.land_cover is not None and session.prefetch is not None:
        session.prefetch.start(session.selection.ahead)


async def make(session: Session) -> None:
    """Make the chosen map, or wait for the one being made, and show it."""
    opened = session.map
    if opened.step is not None:
        return
    try:
        request = replace(session.selection.request, instead_of=opened.instead_of)
        opened.ticket = ticket = session.jobs.join(request.key, partial(session.repository.make, request))
        opened.param.update(step=STARTING, problem="", refused=False, other_catalog="")
        async for opened.step in ticket.steps():
            pass
        if (made := ticket.result()) is not None:
            _show(session, made, session.weights.chosen, session.inspection.pixel)
    except Exception as error:
        _fail(session, error)
    finally:
        opened.ticket = None
        opened.step = None


def go_on(session: Session) -> None:
    """Make the map with the imagery of the other catalog, since the chosen one did not answer."""
    session.map.instead_of = session.map.problem
    session.selection.imagery = session.map.other_catalog


def stop(session: Session) -> None:
    """Stop waiting for the map being made; it is cancelled if nobody else waits for it."""
    if session.map.ticket is not None:
        session.map.ticket.leave()


def refuse(session: Session, values: dict[str, object]) -> None:
    """Say that the map of the link is not available, given its invalid values; a year of an unknown place is none."""
    selection = session.selection
    if selection.lacks_year and PLACE not in values:
        values = {**values, YEAR: selection.year}
    _fail(session, UserError(f"The link asks for {unavailable(values)}. Choose a place and a year instead."))
    _stand_in(session, lacks_place=PLACE in values)


def _refuse_map(session: Session, error: Exception) -> None:
    """Say why the chosen map cannot be opened; in place of a year that only a link has, offer the latest."""
    _fail(session, error)
    if session.selection.lacks_year:
        _stand_in(session, lacks_place=False)


def _stand_in(session: Session, *, lacks_place: bool) -> None:
    """Choose what is on offer in place of what a link asks for, until a person goes on with it."""
    selection, opened = session.selection, session.map
    if selection.lacks_year:
        selection.year = max(selection.years)
    opened.linked, opened.stand_in = selection.choice, selection.choice if lacks_place else ()
    opened.refused = True


def tell_refusal(session: Session) -> None:
    """Say on any tab but Map, which tells it in place of the maps, that the map of the link is not available.

    The other tabs say by themselves that a place is not.
    """
    if session.display.tab != MAP and (session.map.refused or session.selection.grid is not None):
        session.remarks.say(session.map.problem)


async def weigh(session: Session) -> None:
    """Composite with the chosen weights; while they are being dragged, only the latest count."""
    opened, weights = session.map, session.weights.chosen
    land_cover = opened.land_cover
    if land_cover is None:
        return
    composite = await asyncio.to_thread(land_cover.weigh, weights)
    if land_cover is opened.land_cover and weights == session.weights.chosen:
        opened.composite = composite


async def gather(session: Session) -> None:
    """Read the evidence for the votes on the inspected pixel; only the latest pixel counts."""
    inspection = session.inspection
    land_cover, pixel = session.inspected, inspection.pixel
    if land_cover is None or pixel is None:
        inspection.evidence = None
        return
    try:
        evidence = await asyncio.to_thread(land_cover.evidence, pixel)
    except Exception as error:
        evidence = PixelEvidence(pixel=pixel, lacking=user_message(error))
    if land_cover is session.inspected and pixel == inspection.pixel:
        inspection.evidence = evidence


async def gather_again(session: Session) -> None:
    """Show the evidence again: what was read before the page had loaded may not have reached it."""
    if session.inspection.evidence is not None:
        session.inspection.evidence = None
        await gather(session)


def look_here(session: Session) -> None:
    """Show the whole place, and say so, if the view of a link lies outside it."""
    view = session.display.view
    if view and session.bounds == raster.home(session.selection.grid):
        session.display.view = ""
        session.remarks.say(f"The view of the link, {view}, lies outside this place.")


def on_the_map(
    session: Session, pixel: tuple[int, int] | None, land_cover: LandCoverMap | None
) -> tuple[int, int] | None:
    """Return the pixel of a link if it lies on the map; else say that it does not."""
    if pixel is None or land_cover is None or land_cover.has(pixel):
        return pixel
    rows, columns = land_cover.grid.shape
    session.remarks.say(
        f"The link asks for the pixel in row {pixel[0]} and column {pixel[1]}; this map has rows 0 to {rows - 1} and "
        f"columns 0 to {columns - 1}."
    )
    return None


def nearest_scene(session: Session, moment: str, land_cover: LandCoverMap) -> str:
    """Return the time of the scene that a link asks for, or else of the nearest, and say so."""
    if land_cover.why_no_votes:
        return ""
    nearest = land_cover.moments[land_cover.nearest(moment)]
    if land_cover.lacks(moment):
        session.remarks.say(f"The link asks for the scene of {moment}; this map has none. The nearest is of {nearest}.")
    return nearest


def _show(
    session: Session,
    land_cover: LandCoverMap | None,
    weights: dict[str, float] | None = None,
    pixel: tuple[int, int] | None = None,
) -> None:
    """Show a map with the weights and the pixel requested before, if any."""
    weights, composite = weights or {}, None
    if land_cover is not None and land_cover.why_no_votes and weights:
        session.remarks.say(f"The link asks for other weights. {land_cover.why_no_votes}")
        weights = {}
    opened, layers = session.map, session.layers
    if land_cover is not None:
        composite = land_cover.weigh(weights) if weights else land_cover.composite
    with at_once(session.weights, session.inspection, layers, opened):
        session.weights.chosen = weights
        session.inspection.pixel = on_the_map(session, pixel, land_cover)
        if land_cover is not None:
            _choose_layers(session, land_cover)
            layers.scene = nearest_scene(session, layers.scene, land_cover)
        opened.param.update(land_cover=land_cover, composite=composite, problem="", refused=False, other_catalog="")


def _choose_layers(session: Session, land_cover: LandCoverMap) -> None:
    """Show the usual layers in place of those that a map lacks, and say so; of the composite, where that is all."""
    for side, usual in zip(SIDES, ("support", "classes") if land_cover.why_no_votes else USUAL, strict=True):
        asked = LAYERS[getattr(session.layers, side)]
        if asked.offered(land_cover):
            continue
        session.layers.param.update({side: usual})
        if not land_cover.why_no_votes:
            shown = LAYERS[usual].title
            session.remarks.say(f"This map has no layer “{asked.title}”: the map on the {side} shows “{shown}”.")


def other_catalog(session: Session, error: Exception) -> str:
    """Return the catalog to go on with, since the chosen one did not answer; empty for none."""
    now = session.selection.imagery
    others = [name for name in LIVE_CATALOGS if name != now]
    return others[0] if isinstance(error, UnreachableError) and now in LIVE_CATALOGS else ""


def _fail(session: Session, error: Exception) -> None:
    problem, elsewhere = user_message(error), other_catalog(session, error)
    with at_once(session.inspection, session.map):
        session.inspection.pixel = None
        session.map.param.update(land_cover=None, composite=None, problem=problem, refused=False)
        session.map.param.update(other_catalog=elsewhere, instead_of="")
