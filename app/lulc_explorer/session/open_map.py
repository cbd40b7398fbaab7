"""The open map, the progress of the one being made, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import param

from lulc_explorer.analysis.composite import Composite
from lulc_explorer.background.jobs import Step
from lulc_explorer.engine.land_cover_map import LandCoverMap

if TYPE_CHECKING:
    from lulc_explorer.background.jobs import Ticket


class OpenMap(param.Parameterized):
    """The map one person has open."""

    land_cover = param.ClassSelector(class_=LandCoverMap, allow_None=True, doc="The open map.")
    composite = param.ClassSelector(class_=Composite, allow_None=True, doc="Its composite with the chosen weights.")
    step = param.ClassSelector(class_=Step, allow_None=True, doc="Progress of the map being made; None if none is.")
    problem = param.String(doc="What went wrong, and what to do.")
    refused = param.Boolean(doc="Whether it went wrong because the link asks for what is not available.")

    ticket: Ticket[LandCoverMap] | None = None
    """This person's wait for the map being made."""
