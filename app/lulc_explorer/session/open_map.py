"""The open map, the progress of the one being made, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import param

from lulc_explorer.analysis.composite import Composite
from lulc_explorer.background.jobs import Step
from lulc_explorer.engine.land_cover_map import LandCoverMap
from lulc_explorer.engine.requests import LIVE_CATALOGS

if TYPE_CHECKING:
    from lulc_explorer.background.jobs import Ticket


class OpenMap(param.Parameterized):
    """The map one person has open."""

    land_cover = param.ClassSelector(class_=LandCoverMap, allow_None=True, doc="The open map.")
    composite = param.ClassSelector(class_=Composite, allow_None=True, doc="Its composite with the chosen weights.")
    step = param.ClassSelector(class_=Step, allow_None=True, doc="Progress of the map being made; None if none is.")
    problem = param.String(doc="What went wrong, and what to do.")
    refused = param.Boolean(doc="Whether it went wrong because the link asks for what is not available.")

    other_catalog: param.Selector[str] = param.Selector(
        default="", objects=["", *LIVE_CATALOGS], doc="Catalog to go on with, since another did not answer."
    )
    instead_of = param.String(doc="Why that one did not answer, once somebody goes on with the other.")

    stand_in: tuple[object, ...] = ()
    """The choice in place of one of a link whose place nobody knows."""
    linked: tuple[object, ...] = ()
    """The choice that the page was opened with, of which the link says more; empty once a person has chosen another."""
    ticket: Ticket[LandCoverMap] | None = None
    """This person's wait for the map being made."""
