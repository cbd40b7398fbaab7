"""What one person assesses: whose sample, which classes as one, and how the matrix is shown. No widgets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import assessing
import param
from assessing import Sample, Study
from store import in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from state import Explorer

PAPER, OWN, DRAWN = "paper", "own", "drawn"
OTHERS = "All others"


class Review(param.Parameterized):
    """One person's choices about accuracy, and what follows from them.

    Parameters
    ----------
    explorer
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
    dark = param.Boolean(False, doc="Whether the page is dark.")

    sample = param.ClassSelector(class_=Sample, allow_None=True, doc="The sample that is assessed.")
    classes = param.List(doc="Classes before any are taken as one.")
    study = param.ClassSelector(class_=Study, allow_None=True, doc="What is on screen.")
    problem = param.String(doc="What went wrong, and what to do.")
    busy = param.Boolean(False, doc="Whether something is being worked out.")

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.explorer = explorer
        self._samples: dict[str, Sample] = {}
        self.param.watch(self._turn, ["source", "region"])
        self.param.watch(self._recompute, ["corrected", "focus", "kept", "chosen"])
        explorer.param.watch(self._leave_map, "result")
        self._begin()

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
            together = [name for option in self.chosen for name in whole.pop(option, [option])]
            whole[" + ".join(together)] = together
        return whole

    @property
    def can_focus(self) -> bool:
        """Whether grass, scrub or crops are among the classes."""
        return bool(assessing.in_focus(self.classes))

    def keep(self) -> None:
        """Keep the chosen classes as one, so that others can be chosen."""
        groups = list(self.merge.values())
        if not self.focus:
            self.param.update(kept=groups, chosen=[])

    def split(self) -> None:
        """Take every class by itself again."""
        self.param.update(kept=[], chosen=[], focus=False)

    async def illuminate(self, row: int, column: int) -> None:
        """Show on the map which pixels are in a cell of the matrix; only where the truth is known everywhere."""
        explorer, study = self.explorer, self.study
        if study is None or not study.on_map or explorer.result is None:
            return
        names = study.classes[row], study.classes[column]
        found = await asyncio.to_thread(assessing.spotlight, explorer.result, *names, self.merge)
        explorer.param.update(spotlight=found, left="truth", layer="classes", tab="map")

    def upload(self, sample: bytes, strata: bytes | None, areas: bytes | None, name: str) -> None:
        """Assess an uploaded sample."""
        self._attempt(
            lambda: self._take(OWN, assessing.uploaded(sample, strata, areas, name=name, pixel_m=self.pixel_m))
        )

    async def draw(self) -> None:
        """Draw a sample from the map on screen, and assess it if its truth is known."""
        result = self.explorer.result
        if result is None or self.busy:
            return
        self.param.update(busy=True, problem="")
        try:
            sample = await asyncio.to_thread(assessing.drawn, result, self.size, self.seed)
            if result is self.explorer.result:
                self._take(DRAWN, sample)
        except Exception as error:
            self._fail(error)
        finally:
            self.busy = False

    def _take(self, source: str, sample: Sample) -> None:
        self._samples[source] = sample
        self._begin()

    def _turn(self, *_: object) -> None:
        self._attempt(self._begin)

    def _leave_map(self, *_: object) -> None:
        """Forget a sample of a map that is no longer on screen."""
        if self._samples.pop(DRAWN, None) and self.source == DRAWN:
            self._attempt(self._begin)

    def _begin(self) -> None:
        """Show what the source has, every class by itself."""
        sample = self._samples.get(self.source)
        study = self._study(sample, {})
        show = self.show
        if show == "counts" and (study is None or study.counts is None):
            show = "share"
        self.param.update(
            sample=sample,
            kept=[],
            chosen=[],
            focus=False,
            show=show,
            classes=list(study.classes) if study else [],
            study=study,
            problem="",
        )

    def _recompute(self, *_: object) -> None:
        self._attempt(lambda: self.param.update(study=self._study(self.sample, self.merge), problem=""))

    def _study(self, sample: Sample | None, merge: dict[str, list[str]]) -> Study | None:
        if self.source == PAPER:
            return assessing.published(self.region, corrected=self.corrected, merge=merge)
        return assessing.assessed(sample, merge) if sample is not None and sample.labelled else None

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do something, or say in words why it cannot be done."""
        try:
            work()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Say what went wrong, and leave nothing stale on screen."""
        self.param.update(study=None, problem=in_words(error))
