"""Finds class weights that agree with reference labels, for the map one person looks at. No widgets."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.background.jobs import STARTING, Jobs, Step, Ticket
from lulc_explorer.engine.errors import UserError, user_message

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lulc_explorer.engine.land_cover_map import Calibration, LandCoverMap
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.session import Session

OBJECTIVES = {"All pixels alike": "overall", "All classes alike": "balanced"}
HERE, ELSEWHERE = "blocks", "places"


class CalibrationSession(param.Parameterized):
    """One person's search for better weights.

    Parameters
    ----------
    session
        What the person looks at.
    jobs
        The searches that are running, shared with everybody else.
    """

    objective = param.Selector(default="overall", objects=list(OBJECTIVES.values()), doc="What to do best.")
    judged = param.Selector(default=HERE, objects=[HERE, ELSEWHERE], doc="What is left out to judge the weights.")
    sample = param.Bytes(default=None, allow_None=True, doc="A CSV of labels to go by in place of the known truth.")

    found = param.Parameter(doc="The calibration; None before.")
    step = param.ClassSelector(class_=Step, allow_None=True, doc="How far it is; None if it is not running.")
    problem = param.String(doc="What went wrong, and what to do.")

    def __init__(self, session: Session, jobs: Jobs[Calibration]) -> None:
        super().__init__()
        self.session = session
        self._jobs = jobs
        self._ticket: Ticket[Calibration] | None = None

    @property
    def places(self) -> list[str]:
        """Other simulated places whose map of the same year has been made, by title."""
        result = self.session.map.land_cover
        return [request.place.title for request in self.session.repository.siblings(result.request)] if result else []

    @property
    def can_find(self) -> bool:
        """Whether there is a map, and labels to go by."""
        result = self.session.map.land_cover
        return result is not None and (result.truth is not None or bool(self.sample))

    async def find(self) -> None:
        """Find the weights, unless a search is already running."""
        result = self.session.map.land_cover
        if result is None or self.step is not None:
            return
        try:
            self._ticket = ticket = self._jobs.join(
                self._key(result),
                partial(_search, self.session.repository, result, self.judged, self.sample, self.objective),
            )
            self.param.update(step=STARTING, problem="", found=None)
            async for self.step in ticket.steps():
                pass
            found = ticket.result()
            if result is self.session.map.land_cover:
                self.found = found
        except Exception as error:
            self.problem = user_message(error)
        finally:
            self._ticket = None
            self.step = None

    def stop(self) -> None:
        """Stop the search."""
        if self._ticket is not None:
            self._ticket.leave()

    def use(self) -> None:
        """Put the weights that were found on the sliders."""
        result = self.session.map.land_cover
        if self.found is not None and result is not None:
            usual = {c.name: c.weight for c in result.legend}
            self.session.weights.chosen = {name: w for name, w in self.found.weights.items() if w != usual[name]}

    def _key(self, result: LandCoverMap) -> str:
        """Return what the work depends on, so that nobody joins another's."""
        parts = (result.request.key, self.objective, self.judged, hashlib.sha256(self.sample or b"").hexdigest())
        return " ".join(("calibrate", *parts))

    def forget(self, *_: object) -> None:
        """Forget what was found."""
        self.stop()
        self.param.update(found=None, problem="")


def _search(
    store: MapRepository,
    result: LandCoverMap,
    judged: str,
    sample: bytes | None,
    objective: str,
    progress: Callable[[object], None],
    cancel: threading.Event,
) -> Calibration:
    """Do the work; it knows nothing of the person who asked, so it does not keep their session alive."""
    results = [result]
    if judged == ELSEWHERE:
        if sample:
            raise UserError("A sample of labels is of one map: judge its weights on parts of this map.")
        results += [store.find(request) for request in store.siblings(result.request)]
    return result.calibrate(results, sample=sample, objective=objective, progress=progress, cancel=cancel)
