"""What one person assesses: whose sample, which classes as one, and how the matrix is shown. No widgets."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine import accuracy as assessing
from lulc_explorer.engine import samples as sampled
from lulc_explorer.engine.accuracy import Study
from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.samples import Sample
from lulc_explorer.session.display import MAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_explorer.session.session import Session

PAPER, OWN, DRAWN = "paper", "own", "drawn"
OTHERS = "All others"


class AccuracySession(param.Parameterized):
    """One person's choices about accuracy, and what follows from them.

    Parameters
    ----------
    session
        What the person looks at: the map that samples are drawn from.
    """

    source = param.Selector(default=PAPER, objects=[PAPER, OWN, DRAWN], doc="Where the error matrix comes from.")
    region = param.Selector(default=assessing.REGIONS[0], objects=list(assessing.REGIONS), doc="Of the paper.")
    corrected = param.Boolean(False, doc="Whether the paper's misprints are corrected.")
    show = param.Selector(
        default="share", objects=["share", "row", "column", "hectares", "counts"], doc="What the cells say."
    )
    focus = param.Boolean(False, doc="Grass, scrub and crops alone, all other classes as one.")
    kept = param.List(doc="Groups of classes that are taken as one.")
    chosen = param.List(doc="Classes that are being taken as one.")
    size = param.Integer(600, bounds=(20, 100_000), doc="Pixels to draw.")
    pixel_m = param.Number(10.0, bounds=(0.1, 10_000.0), doc="Side of a pixel of an uploaded sample's map, metres.")
    seed = param.Integer(1, bounds=(0, None), doc="The same seed draws the same pixels.")
    files = param.Dict({}, doc="Chosen files of one's own: sample, strata or areas to name and content.")
    dark = param.Boolean(False, doc="Whether the page is dark.")

    sample = param.ClassSelector(class_=Sample, allow_None=True, doc="The sample that is assessed.")
    classes = param.List(doc="Classes before any are taken as one.")
    study = param.ClassSelector(class_=Study, allow_None=True, doc="What is on screen.")
    problem = param.String(doc="What went wrong, and what to do.")
    busy = param.Boolean(False, doc="Whether something is being worked out.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._samples: dict[str, tuple[Sample, Study | None]] = {}
        self.begin()

    @property
    def options(self) -> list[str]:
        """Classes that can still be taken together: what is kept counts as one."""
        taken = {name for group in self.kept for name in group}
        return [*(" + ".join(group) for group in self.kept), *(n for n in self.classes if n not in taken)]

    @property
    def merge(self) -> dict[str, list[str]]:
        """New class to the classes it takes in."""
        if self.focus:
            apart = assessing.in_focus(self.classes)
            return {OTHERS: [name for name in self.classes if name not in apart]} if apart else {}
        whole = {" + ".join(group): group for group in self.kept}
        if len(self.chosen) > 1:
            together = {name for option in self.chosen for name in whole.pop(option, [option])}
            ordered = [name for name in self.classes if name in together]
            whole[" + ".join(ordered)] = ordered
        return whole

    @property
    def can_focus(self) -> bool:
        """Whether grass, scrub or crops are among the classes."""
        return bool(assessing.in_focus(self.classes))

    def press(self, option: str) -> None:
        """Take a class together with the others that are chosen, or by itself again."""
        pressed = {option} if self.focus else {*self.chosen} ^ {option}
        chosen = [name for name in self.options if name in pressed]
        if len(chosen) > 1 and chosen == self.options:
            self.problem = "Of all classes as one nothing can be wrong: leave one of them apart."
        else:
            self.param.update(focus=False, chosen=chosen)

    def keep(self) -> None:
        """Keep the chosen classes as one, so that others can be chosen."""
        if not self.focus:
            self.param.update(kept=list(self.merge.values()), chosen=[])

    def split(self) -> None:
        """Take every class by itself again."""
        self.param.update(kept=[], chosen=[], focus=False)

    async def illuminate(self, row: int, column: int) -> None:
        """Show on the map what is in a cell: all its pixels where the truth is known, else those of the sample."""
        session, study, sample = self.session, self.study, self.sample
        if study is None or sample is None or not study.press:
            return
        cell = study.classes[row], study.classes[column]
        if sample.composite is None:
            await self.show_sample(cell)
        elif (
            session.map.composite is None
            or sample.composite.data.attrs["weights"] != session.map.composite.data.attrs["weights"]
        ):
            self.problem = (
                "The map on screen has other class weights than the one that was sampled. Put them back, or draw again."
            )
        else:
            opened = session.map.land_cover
            found = await asyncio.to_thread(sampled.spotlight, opened, sample.composite, *cell, self.merge)
            session.focus.param.update(spotlight=found, sample_points=None)
            session.layers.param.update(left="truth", right="classes")
            session.display.tab = MAP

    async def show_sample(self, cell: tuple[str, str] | None = None) -> None:
        """Show on the map where the sample's pixels lie, those of a cell or all."""
        session, sample = self.session, self.sample
        if session.map.land_cover is None:
            self.problem = "There is no map on screen. Make the one that was sampled in the tab “Map” first."
            return
        try:
            found = await asyncio.to_thread(sampled.dots, sample, session.map.land_cover, cell, self.merge)
        except Exception as error:
            self.problem = user_message(error)
        else:
            self.problem = ""
            session.focus.param.update(sample_points=found, spotlight=None)
            session.layers.right = "classes"
            session.display.tab = MAP

    async def upload(self, sample: bytes, strata: bytes | None, areas: bytes | None, name: str) -> None:
        """Assess an uploaded sample."""
        await self._assess(OWN, partial(sampled.uploaded, sample, strata, areas, name=name, pixel_m=self.pixel_m))

    def clear(self) -> None:
        """Forget the files of one's own, and what was assessed of them."""
        self._samples.pop(OWN, None)
        self.files = {}
        self.begin()

    async def draw(self) -> None:
        """Draw a sample from the map on screen, and assess it if its truth is known."""
        session, result, composite = self.session, self.session.map.land_cover, self.session.map.composite
        if result is None or composite is None:
            return
        by = session.selection.networks[session.selection.network].title
        await self._assess(DRAWN, partial(sampled.drawn, result, composite, self.size, self.seed, by=by))

    async def _assess(self, source: str, read: Callable[[], Sample]) -> None:
        """Assess what `read` returns, unless the map it may be of has left the screen meanwhile."""
        if self.busy:
            return
        self.param.update(busy=True, problem="")
        result = self.session.map.land_cover
        try:
            assessed = await asyncio.to_thread(lambda: _assessed(source, read()))
            if source == OWN or result is self.session.map.land_cover:
                self._samples[source] = assessed
                self.begin()
        except Exception as error:
            self._samples.pop(source, None)
            self.begin(user_message(error))
        finally:
            self.busy = False

    def leave_map(self, *_: object) -> None:
        """Forget a sample of a map that is no longer on screen."""
        if self._samples.pop(DRAWN, None) and self.source == DRAWN:
            self.begin("The map on screen is another one now, so its sample is gone. Draw one from this map.")

    def begin(self, problem: str = "") -> None:
        """Show what the source has, every class by itself."""
        sample, study = self._samples.get(self.source, (None, None))
        if self.source == PAPER:
            study = assessing.published(self.region, corrected=self.corrected)
        self.param.update(
            sample=sample,
            kept=[],
            chosen=[],
            focus=False,
            show=self.show if study and study.knows(self.show) else "share",
            classes=list(study.classes) if study else [],
            study=study,
            problem=problem,
        )

    async def recompute(self, *_: object) -> None:
        """Follow what is taken as one; while that is still changing, only the latest counts."""
        if not self.classes:
            return
        sample, of_paper, merge = chosen = self._chosen
        try:
            if sample is None:
                study = assessing.published(**of_paper, merge=merge)
            else:
                study = await asyncio.to_thread(assessing.assessed, sample, merge)
            problem = ""
        except Exception as error:
            study, problem = None, user_message(error)
        if chosen == self._chosen:
            self.param.update(study=study, problem=problem)

    @property
    def _chosen(self) -> tuple[Sample | None, dict[str, object], dict[str, list[str]]]:
        """The sample, or which matrix of the paper, and what is taken as one."""
        return self.sample, {"region": self.region, "corrected": self.corrected}, self.merge


def _assessed(source: str, sample: Sample) -> tuple[Sample, Study | None]:
    """Return a sample with what follows from it; without, if it was drawn and waits for labels."""
    return sample, None if source == DRAWN and sample.waits else assessing.assessed(sample)
