"""A labelling project that a person makes at the desk. No widgets: views bind to these parameters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.label_projects import POINTS, RULES, SAMPLE, UNITS, ProjectOrder, make_project
from lulc_explorer.session.display import ERROR_MATRIX, MAP
from lulc_explorer.session.numbers import Measure, WholeNumber

if TYPE_CHECKING:
    from lulc_explorer.session.accuracy import AccuracySession
    from lulc_explorer.session.labelling import LabelSession


class ProjectMaking(param.Parameterized):
    """What a new project asks for.

    Parameters
    ----------
    labelling
        The desk of the person.
    accuracy
        Their accuracy assessment, whose sample can be labelled.
    """

    name_of_project = param.String(doc="Its name.")
    units: param.Selector[str] = param.Selector(default=POINTS, objects=list(UNITS), doc="What is labelled.")
    size = WholeNumber(100, bounds=(1, 100_000), label="How many", doc="Points or tiles to draw.")
    tile_m = Measure(5000.0, bounds=(20.0, 100_000.0), label="Side of a tile, m")
    interpreters = WholeNumber(2, bounds=(1, 20), label="People per unit", doc="People who label each unit.")
    rule: param.Selector[str] = param.Selector(default="adjudicated", objects=list(RULES), doc="How labels become one.")
    target = Measure(2.0, bounds=(0.1, 50.0), label="Standard error, %", doc="Planned, of the overall accuracy.")
    problem = param.String(doc="Why no project could be made; empty if one could.")
    busy = param.Boolean(False, doc="Whether one is being made.")
    lacking: param.Selector[str] = param.Selector(
        default="", objects=["", MAP, ERROR_MATRIX], doc="Key of the tab that has to be opened first; empty for none."
    )

    def __init__(self, labelling: LabelSession, accuracy: AccuracySession) -> None:
        super().__init__()
        self._labelling, self._accuracy = labelling, accuracy

    def open_what_is_lacking(self) -> None:
        """Open the tab that has what the project is to be made of; what was filled in stays."""
        self._accuracy.session.display.tab = self.lacking
        self.param.update(problem="", lacking="")

    async def make(self) -> None:
        """Make the project, and let the person choose it; the second press of a double click makes no other."""
        if self.busy:
            return
        order = ProjectOrder(
            name=self.name_of_project,
            units=self.units,
            size=self.size,
            tile_m=self.tile_m,
            seed=self._accuracy.seed,
            interpreters=self.interpreters,
            rule=self.rule,
            target=self.target / 100,
        )
        composite, sample = self._accuracy.session.map.composite, self._accuracy.sample
        self.param.update(busy=True, problem="", lacking="")
        try:
            await asyncio.to_thread(make_project, self._labelling.store, order, composite, sample)
            self.name_of_project = ""
            await self._labelling.look_for_projects()
        except Exception as error:
            needs = (ERROR_MATRIX, sample) if order.units == SAMPLE else (MAP, composite)
            self.param.update(problem=user_message(error), lacking=needs[0] if needs[1] is None else "")
        finally:
            self.busy = False
