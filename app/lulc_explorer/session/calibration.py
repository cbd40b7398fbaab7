"""The search for class weights that agree with reference labels of the open map. No widgets."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Literal

import param

from lulc_explorer.background.jobs import STARTING, Jobs, Step, Ticket
from lulc_explorer.engine.calibration import calibrate
from lulc_explorer.engine.errors import UserError, user_message

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lulc_explorer.engine.calibration import Calibration
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.session import Session

OBJECTIVES = {"Overall accuracy": "overall", "Mean class accuracy": "balanced"}
HERE, ELSEWHERE = "blocks", "places"


class CalibrationSession(param.Parameterized):
    """One person's search for class weights.

    Parameters
    ----------
    session
        The person's session.
    jobs
        The searches that are running, shared by all sessions.
    """

    objective: param.Selector[str] = param.Selector(
        default="overall", objects=list(OBJECTIVES.values()), doc="The accuracy to maximize."
    )
    judged: param.Selector[str] = param.Selector(
        default=HERE, objects=[HERE, ELSEWHERE], doc="What is held out for validation."
    )
    sample = param.Bytes(default=None, allow_None=True, doc="A CSV of labels in place of the known truth.")

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
        land_cover = self.session.map.land_cover
        return (
            [request.place.title for request in self.session.repository.siblings(land_cover.request)]
            if land_cover
            else []
        )

    @property
    def can_find(self) -> bool:
        """Whether there is a map with reference labels."""
        land_cover = self.session.map.land_cover
        return land_cover is not None and (land_cover.truth is not None or bool(self.sample))

    async def find(self) -> None:
        """Find the weights, unless a search is already running."""
        land_cover = self.session.map.land_cover
        if land_cover is None or self.step is not None:
            return
        try:
            self._ticket = ticket = self._jobs.join(
                self._key(land_cover),
                partial(_search, self.session.repository, land_cover, self.judged, self.sample, self.objective),
            )
            self.param.update(step=STARTING, problem="", found=None)
            async for self.step in ticket.steps():
                pass
            found = ticket.result()
            if land_cover is self.session.map.land_cover:
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
        """Apply the weights that were found."""
        land_cover = self.session.map.land_cover
        if self.found is not None and land_cover is not None:
            self.session.weights.choose(self.found.weights, land_cover.legend)

    def _key(self, land_cover: LandCoverMap) -> str:
        """Return a key of all that the search depends on."""
        parts = (land_cover.request.key, self.objective, self.judged, hashlib.sha256(self.sample or b"").hexdigest())
        return " ".join(("calibrate", *parts))

    def forget(self, *_: object) -> None:
        """Forget what was found."""
        self.stop()
        self.param.update(found=None, problem="")


def _search(
    repository: MapRepository,
    land_cover: LandCoverMap,
    judged: str,
    sample: bytes | None,
    objective: Literal["overall", "balanced"],
    progress: Callable[[object], None],
    cancel: threading.Event,
) -> Calibration:
    """Return better weights. Without the session, which it would keep alive."""
    maps = [land_cover]
    if judged == ELSEWHERE:
        if sample:
            raise UserError("Labels describe one map: validate their weights on blocks of this map.")
        made = map(repository.find, repository.siblings(land_cover.request))
        maps += [other for other in made if other is not None]
    return calibrate(maps, sample=sample, objective=objective, progress=progress, cancel=cancel)
