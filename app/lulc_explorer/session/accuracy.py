"""The accuracy assessment of one person: its sample and its display. No widgets."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine import accuracy, printed_studies, samples
from lulc_explorer.engine.accuracy import Study
from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.samples import Sample
from lulc_explorer.session.display import AREA, ERROR_MATRIX, MAP
from lulc_explorer.session.link_formats import SIZES, Drawing, Drawn, read_drawing, write_drawing
from lulc_explorer.session.merging import ClassMerging
from lulc_explorer.session.numbers import Measure, WholeNumber

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

PAPER, OWN, DRAWN = "paper", "own", "drawn"
_OF_ITS_FILE = "The map classes are those of the file, not those of the open map: no weights change them."


class AccuracySession(ClassMerging):
    """One person's accuracy assessment: of the map on screen, unless they choose another.

    Parameters
    ----------
    session
        The person's session, whose open map samples are drawn from.
    """

    source: param.Selector[str] = param.Selector(
        default=DRAWN, objects=[DRAWN, OWN, PAPER], doc="Where the error matrix comes from."
    )
    region: param.Selector[str] = param.Selector(
        default=printed_studies.REGIONS[0], objects=list(printed_studies.REGIONS), doc="Region of the paper."
    )
    corrected = param.Boolean(False, doc="Whether the paper's misprints are corrected.")
    show: param.Selector[str] = param.Selector(
        default="share", objects=["share", "row", "column", "hectares", "counts"], doc="Figure shown in the cells."
    )
    size = WholeNumber(600, bounds=SIZES, label="Pixels to draw")
    pixel_m = Measure(10.0, bounds=(0.1, 1e4), label="Pixel side, m", doc="Of the map of an uploaded sample.")
    decimal: param.Selector[str] = param.Selector(
        default="", objects=["", ".", ","], doc="Decimal mark of uploaded files; empty where they tell."
    )
    seed = WholeNumber(1, bounds=(0, None), label="Seed", doc="The same seed draws the same pixels.")
    drawing = Drawn(doc="The drawn sample, as `600,1;crops:1.5`: pixels, seed, class weights.")
    files = param.Dict({}, doc="Uploaded files: sample, strata or areas to name and content.")
    dark = param.Boolean(False, doc="Whether the page is dark.")

    sample = param.ClassSelector(class_=Sample, allow_None=True, doc="The sample that is assessed.")
    study = param.ClassSelector(class_=Study, allow_None=True, doc="The assessment on screen.")
    behind = param.String(doc="Why the figures are not of the class weights of the map; empty if they are.")
    busy = param.Boolean(False, doc="Whether an assessment is running.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._samples: dict[str, tuple[Sample, Study | None]] = {}
        self._drawn_as = ""
        self._read: Callable[[], Sample] | None = None
        self._turn = asyncio.Lock()
        self._weighing = False
        self.begin()

    async def illuminate(self, row: int, column: int) -> None:
        """Highlight a cell on the map: all its pixels where the truth is known, else those of the sample."""
        session, study, sample, land_cover = self.session, self.study, self.sample, self.session.map.land_cover
        if study is None or sample is None or not study.press:
            return
        cell = study.classes[row], study.classes[column]
        if sample.composite is None:
            await self.show_sample(cell)
        elif land_cover is None or sample.stale(session.map.composite):
            self.problem = self.behind or "The class weights have changed since these figures were made. Try again."
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
        self._read = partial(read, sample, strata, areas)
        await self._assess_own(self._read)

    async def _assess_own(self, read: Callable[[], Sample]) -> None:
        """Assess the uploaded sample: as one of the open map, whose weights it follows, if it is."""
        land_cover, composite = self.session.map.land_cover, self.session.map.composite

        def recognized() -> Sample:
            found = read()
            if land_cover is None or composite is None or found.waits:
                return found
            found = samples.with_map_classes(found, land_cover, composite)
            return samples.recognized(found, land_cover, (composite, land_cover.composite))

        await self._assess(OWN, recognized)
        await self.weigh_anew()

    def clear(self) -> None:
        """Discard the uploaded files and their assessment."""
        self._samples.pop(OWN, None)
        self._read = None
        self.files = {}
        self.begin()

    async def attend(self, *_: object) -> None:
        """When the figures are looked at: draw a sample where the truth of the map is known, and follow the weights."""
        session, land_cover = self.session, self.session.map.land_cover
        if session.display.tab not in (ERROR_MATRIX, AREA) or self.busy:
            return
        if self.source not in self._samples and land_cover is not None:
            if self.source == OWN and self._read is not None:
                await self._assess_own(self._read)
            elif self.source == DRAWN and self.drawing == self._drawn_as and land_cover.truth is not None:
                await self._draw(Drawing(size=self.size, seed=self.seed, weights={}))
        await self.weigh_anew()
        if self._other_weights is None:
            self.behind = self._of_its_file(self.sample)

    def _of_its_file(self, sample: Sample | None) -> str:
        """Return that the weights that are chosen change no figure of a sample; empty if they do."""
        fixed = self.source == OWN and sample is not None and sample.weights is None
        return _OF_ITS_FILE if fixed and self.session.weights.chosen else ""

    async def draw(self) -> None:
        """Draw a sample from the open map, and assess it if the truth is known."""
        drawing = Drawing(size=self.size, seed=self.seed, weights=dict(self.session.weights.chosen))
        await self._draw(drawing, keep=True)

    async def draw_again(self, *_: object) -> None:
        """Draw the sample that a link asks for, once its map is open; discard the drawn one if it asks for none."""
        if self.drawing == self._drawn_as:
            return
        if not self.drawing:
            self._discard()
            await self.attend()
        elif self.session.arrived:
            asked = read_drawing(self.drawing)
            self.param.update(size=asked.size, seed=asked.seed)
            await self._draw(asked, keep=True)

    async def _draw(self, drawing: Drawing, *, keep: bool = False) -> None:
        """Draw a sample of the open map; one that anybody who opens the tab gets is not kept in the link."""
        session, land_cover = self.session, self.session.map.land_cover
        if land_cover is None:
            return
        by = session.selection.networks[session.selection.network].title

        def read() -> Sample:
            return samples.drawn(land_cover, land_cover.weigh(drawing.weights), drawing.size, drawing.seed, by=by)

        await self._assess(DRAWN, read, land_cover)
        if land_cover is session.map.land_cover:
            if keep:
                self._remember(write_drawing(drawing) if DRAWN in self._samples else "")
            await self.weigh_anew()
        else:
            await self.attend()

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
        """Compare the labels with the map as it is now; while its weights are being dragged, only the latest count."""
        tried = None
        while not self._weighing and (composite := self._other_weights) not in (None, tried):
            self._weighing, tried = True, composite
            try:
                await self._weigh(composite)
            finally:
                self._weighing = False

    @property
    def weighs(self) -> bool:
        """Whether the sample is still to follow the chosen weights."""
        sample, land_cover = self.sample, self.session.map.land_cover
        if sample is None or sample.weights is None or land_cover is None or self.behind:
            return False
        return sample.weights != land_cover.legend.weights_by_name | self.session.weights.chosen

    @property
    def _other_weights(self) -> Composite | None:
        """The composite on screen, if the sample is of other weights."""
        opened, sample = self.session.map, self.sample
        return opened.composite if sample is not None and sample.stale(opened.composite) else None

    async def _weigh(self, composite: Composite) -> None:
        """Assess the sample as one of a composite, and keep the merged classes."""
        source, sample, merge, land_cover = self.source, self.sample, self.merge, self.session.map.land_cover
        if sample is None or land_cover is None:
            return
        try:
            weighed, whole, study = await asyncio.to_thread(_weighed, sample, land_cover, composite, merge)
        except Exception as error:
            self.behind = user_message(error) if self.sample is sample else self.behind
            return
        if self.sample is not sample:
            return
        self._samples[source] = weighed, whole
        classes = list(whole.classes) if whole is not None else []
        same = classes == self.classes and merge == self.merge
        told = {"behind": "", "problem": "", "classes": classes}
        self.param.update(sample=weighed, **told, **({"study": study} if same else {}))
        if not same:
            await self.recompute()

    async def _assess(self, source: str, read: Callable[[], Sample], of: LandCoverMap | None = None) -> None:
        """Assess what `read` returns, unless the map that it is of has been closed meanwhile."""
        async with self._turn:
            if of is not None and of is not self.session.map.land_cover:
                return
            self.param.update(busy=True, problem="")
            found, problem = {}, ""
            try:
                found[source] = await asyncio.to_thread(lambda: _assessed(source, read()))
            except Exception as error:
                problem = user_message(error)
            self.busy = False
            if of is not None and of is not self.session.map.land_cover:
                return
            if source == OWN and not found:
                self._read = None
            self._samples = {name: each for name, each in self._samples.items() if name != source} | found
            self.begin(problem)

    def leave_map(self, *_: object) -> None:
        """Discard what is of a map that is no longer open: an uploaded sample is read again."""
        own = self._samples.get(OWN, (None, None))[0]
        if own is not None and own.weights is not None:
            self._samples.pop(OWN)
            self.begin()
        if DRAWN in self._samples:
            self._discard("The sample was of another map and was discarded. Draw one from this map.")

    def begin(self, problem: str = "") -> None:
        """Show the source, no class merged but for the focus."""
        sample, study = self._samples.get(self.source, (None, None))
        if self.source == PAPER:
            study = printed_studies.printed_study(self.region, corrected=self.corrected)
        self.param.update(
            sample=sample,
            kept=[],
            chosen=[],
            focus=self.focus and (study is None or bool(accuracy.in_focus(study.classes))),
            show=self.show if study is None or study.knows(self.show) else "share",
            classes=list(study.classes) if study else [],
            study=study,
            problem=problem,
            behind=self._of_its_file(sample),
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
                study = printed_studies.printed_study(region, corrected=corrected, merge=merge)
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


def _weighed(
    sample: Sample, land_cover: LandCoverMap, composite: Composite, merge: dict[str, list[str]]
) -> tuple[Sample, Study | None, Study | None]:
    """Return a sample of a composite with its assessment, and that with merged classes; None if it is not labelled."""
    weighed, whole = _assessed(DRAWN, samples.weighed_anew(sample, land_cover, composite))
    return weighed, whole, accuracy.assessed(weighed, merge) if whole is not None and merge else whole
