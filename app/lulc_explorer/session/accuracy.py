"""The accuracy assessment of one person: its sample, its merged classes and its display. No widgets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine import accuracy, samples
from lulc_explorer.engine.accuracy import Study
from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.samples import Sample
from lulc_explorer.session.display import MAP
from lulc_explorer.session.link_formats import SIZES, Drawing, Drawn, read_drawing, write_drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_explorer.session.session import Session

PAPER, OWN, DRAWN = "paper", "own", "drawn"
OTHERS = "All others"


class AccuracySession(param.Parameterized):
    """One person's accuracy assessment.

    Parameters
    ----------
    session
        The person's session, whose open map samples are drawn from.
    """

    source: param.Selector[str] = param.Selector(
        default=PAPER, objects=[PAPER, OWN, DRAWN], doc="Where the error matrix comes from."
    )
    region: param.Selector[str] = param.Selector(
        default=accuracy.REGIONS[0], objects=list(accuracy.REGIONS), doc="Region of the paper."
    )
    corrected = param.Boolean(False, doc="Whether the paper's misprints are corrected.")
    show: param.Selector[str] = param.Selector(
        default="share", objects=["share", "row", "column", "hectares", "counts"], doc="Figure shown in the cells."
    )
    focus = param.Boolean(False, doc="Show grass, scrub and crops, and merge all other classes.")
    kept = param.List(doc="Merged groups of classes.")
    chosen = param.List(doc="Classes selected for merging.")
    size = param.Integer(600, bounds=SIZES, doc="Pixels to draw.")
    pixel_m = param.Number(10.0, bounds=(0.1, 10_000.0), doc="Pixel size of the map of an uploaded sample, metres.")
    decimal: param.Selector[str] = param.Selector(
        default="", objects=["", ".", ","], doc="Decimal mark of uploaded files; empty where they tell."
    )
    seed = param.Integer(1, bounds=(0, None), doc="The same seed draws the same pixels.")
    drawing = Drawn(doc="The drawn sample, as `600,1;crops:1.5`: pixels, seed, class weights.")
    files = param.Dict({}, doc="Uploaded files: sample, strata or areas to name and content.")
    dark = param.Boolean(False, doc="Whether the page is dark.")

    sample = param.ClassSelector(class_=Sample, allow_None=True, doc="The sample that is assessed.")
    classes = param.List(doc="Classes before merging.")
    study = param.ClassSelector(class_=Study, allow_None=True, doc="The assessment on screen.")
    problem = param.String(doc="What went wrong, and what to do.")
    busy = param.Boolean(False, doc="Whether an assessment is running.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._samples: dict[str, tuple[Sample, Study | None]] = {}
        self._drawn_as = ""
        self.begin()

    @property
    def options(self) -> list[str]:
        """Classes that can still be merged; a merged group counts as one."""
        taken = {name for group in self.kept for name in group}
        return [*(" + ".join(group) for group in self.kept), *(n for n in self.classes if n not in taken)]

    @property
    def merge(self) -> dict[str, list[str]]:
        """Merged class to its classes."""
        if self.focus:
            apart = accuracy.in_focus(self.classes)
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
        return bool(accuracy.in_focus(self.classes))

    def press(self, option: str) -> None:
        """Select a class for merging, or deselect it."""
        pressed = {option} if self.focus else {*self.chosen} ^ {option}
        chosen = [name for name in self.options if name in pressed]
        if len(chosen) > 1 and chosen == self.options:
            self.problem = "All classes cannot be merged into one: leave out at least one."
        else:
            self.param.update(focus=False, chosen=chosen)

    def keep(self) -> None:
        """Keep the selected classes merged, so that others can be selected."""
        if not self.focus:
            self.param.update(kept=list(self.merge.values()), chosen=[])

    def split(self) -> None:
        """Undo all merging."""
        self.param.update(kept=[], chosen=[], focus=False)

    async def illuminate(self, row: int, column: int) -> None:
        """Highlight a cell on the map: all its pixels where the truth is known, else those of the sample."""
        session, study, sample, land_cover = self.session, self.study, self.sample, self.session.map.land_cover
        if study is None or sample is None or not study.press:
            return
        cell = study.classes[row], study.classes[column]
        if sample.composite is None:
            await self.show_sample(cell)
        elif land_cover is None or sample.stale(session.map.composite):
            self.problem = (
                "The class weights have changed since the sample was drawn. Weigh it anew, or restore the weights."
            )
        else:
            found = await asyncio.to_thread(samples.spotlight, land_cover, sample.composite, *cell, self.merge)
            session.focus.param.update(spotlight=found, sample_points=None)
            session.layers.param.update(left="truth", right="classes")
            session.display.tab = MAP

    async def show_sample(self, cell: tuple[str, str] | None = None) -> None:
        """Show the pixels of the sample on the map: those of a cell, or all."""
        session, sample, land_cover = self.session, self.sample, self.session.map.land_cover
        if sample is None:
            return
        if land_cover is None:
            self.problem = "No map is open. Make the sampled map in the tab “Map” first."
            return
        try:
            found = await asyncio.to_thread(samples.locate, sample, land_cover, cell, self.merge)
        except Exception as error:
            self.problem = user_message(error)
        else:
            self.problem = ""
            session.focus.param.update(sample_points=found, spotlight=None)
            session.layers.right = "classes"
            session.display.tab = MAP

    async def upload(self, sample: bytes, strata: bytes | None, areas: bytes | None, name: str) -> None:
        """Assess an uploaded sample."""
        read = partial(samples.uploaded, name=name, pixel_m=self.pixel_m, decimal=self.decimal)
        await self._assess(OWN, partial(read, sample, strata, areas))

    def clear(self) -> None:
        """Discard the uploaded files and their assessment."""
        self._samples.pop(OWN, None)
        self.files = {}
        self.begin()

    async def draw(self) -> None:
        """Draw a sample from the open map, and assess it if the truth is known."""
        weights = dict(self.session.weights.chosen)
        await self._draw(Drawing(size=self.size, seed=self.seed, weights=weights, compared=weights))

    async def draw_again(self, *_: object) -> None:
        """Draw the sample that a link asks for, once its map is open; discard the drawn one if it asks for none."""
        if self.drawing == self._drawn_as:
            return
        if not self.drawing:
            self._discard()
        elif self.session.arrived:
            asked = read_drawing(self.drawing)
            self.param.update(size=asked.size, seed=asked.seed)
            await self._draw(asked)

    async def _draw(self, drawing: Drawing) -> None:
        session, land_cover = self.session, self.session.map.land_cover
        if land_cover is None or self.busy:
            return
        by = session.selection.networks[session.selection.network].title

        def read() -> Sample:
            composite = land_cover.weigh(drawing.weights)
            sample = samples.drawn(land_cover, composite, drawing.size, drawing.seed, by=by)
            if drawing.compared == drawing.weights:
                return sample
            return samples.weighed_anew(sample, land_cover, land_cover.weigh(drawing.compared))

        await self._assess(DRAWN, read)
        if land_cover is session.map.land_cover:
            self._remember(write_drawing(drawing) if DRAWN in self._samples else "")

    def _remember(self, drawing: str) -> None:
        """Keep in the link how the sample was drawn; empty for none."""
        self._drawn_as = drawing
        self.drawing = drawing

    def _discard(self, why: str = "") -> None:
        """Discard the drawn sample."""
        self._samples.pop(DRAWN, None)
        self._remember("")
        if self.source == DRAWN:
            self.begin(why)

    async def weigh_anew(self) -> None:
        """Compare the labels of the drawn sample with the map as it is now, by its present class weights."""
        sample, land_cover, composite = self.sample, self.session.map.land_cover, self.session.map.composite
        if sample is not None and land_cover is not None and composite is not None:
            weights = dict(self.session.weights.chosen)
            await self._assess(DRAWN, partial(samples.weighed_anew, sample, land_cover, composite))
            if self._drawn_as:
                self._remember(write_drawing(replace(read_drawing(self._drawn_as), compared=weights)))

    async def _assess(self, source: str, read: Callable[[], Sample]) -> None:
        """Assess what `read` returns, unless its map has been closed meanwhile."""
        if self.busy:
            return
        self.param.update(busy=True, problem="")
        land_cover = self.session.map.land_cover
        try:
            assessed = await asyncio.to_thread(lambda: _assessed(source, read()))
            if source == OWN or land_cover is self.session.map.land_cover:
                self._samples[source] = assessed
                self.begin()
        except Exception as error:
            self._samples.pop(source, None)
            self.begin(user_message(error))
        finally:
            self.busy = False

    def leave_map(self, *_: object) -> None:
        """Discard a sample drawn from a map that is no longer open."""
        if DRAWN in self._samples:
            self._discard("The sample was of another map and was discarded. Draw one from this map.")

    def begin(self, problem: str = "") -> None:
        """Show the source, no class merged but for the focus."""
        sample, study = self._samples.get(self.source, (None, None))
        if self.source == PAPER:
            study = accuracy.printed_study(self.region, corrected=self.corrected)
        self.param.update(
            sample=sample,
            kept=[],
            chosen=[],
            focus=self.focus and (study is None or bool(accuracy.in_focus(study.classes))),
            show=self.show if study is None or study.knows(self.show) else "share",
            classes=list(study.classes) if study else [],
            study=study,
            problem=problem,
        )
        if self.focus:
            self.param.trigger("focus")  # another study, to be merged as the last one was

    async def recompute(self, *_: object) -> None:
        """Assess with the merged classes; while they are still changing, only the latest count."""
        if not self.classes:
            return
        sample, region, corrected, merge = chosen = self._chosen
        try:
            if sample is None:
                study = accuracy.printed_study(region, corrected=corrected, merge=merge)
            else:
                study = await asyncio.to_thread(accuracy.assessed, sample, merge)
            problem = ""
        except Exception as error:
            study, problem = None, user_message(error)
        if chosen == self._chosen:
            self.param.update(study=study, problem=problem)

    @property
    def _chosen(self) -> tuple[Sample | None, str, bool, dict[str, list[str]]]:
        """The sample, or which matrix of the paper, and which classes are merged."""
        return self.sample, self.region, self.corrected, self.merge


def _assessed(source: str, sample: Sample) -> tuple[Sample, Study | None]:
    """Return a sample with its assessment; without, if it was drawn and is not labelled."""
    return sample, None if source == DRAWN and sample.waits else accuracy.assessed(sample)
