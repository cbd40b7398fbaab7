"""The scenes of a map, classified one after the other; the next is read, and the last one written, meanwhile.

The network does not wait between two: it has the first chips of the next while the last ones are blended and written.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from dask.callbacks import Callback
from dask.local import SynchronousExecutor

from lulc_core.cores import beside
from lulc_core.counted import counted
from lulc_core.errors import CancelledError, UnreachableError
from lulc_core.imagery.fetching import checkable
from lulc_core.imagery.loading import load, load_scene_classification, quicklook
from lulc_core.imagery.radiometry import is_corrected
from lulc_core.imagery.scenes import Scene, acquisitions
from lulc_core.mapping.ahead import ahead, reading_ahead
from lulc_core.mapping.cloud_masks import clear_by_network, clear_sky
from lulc_core.mapping.fingerprints import fingerprint, what_decides
from lulc_core.mapping.inference import label_scenes, nobody_waits
from lulc_core.mapping.plausibility import look_at
from lulc_core.mapping.stated_shares import contradicted
from lulc_core.progress import Progress, ProgressCallback, check

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from concurrent.futures import Executor, Future

    import xarray as xr

    from lulc_core.imagery.selection import Selection
    from lulc_core.mapping.kept_scenes import KeptScene, KeptScenes
    from lulc_core.mapping.request import MapRequest
    from lulc_core.mapping.stated_shares import Contradiction
    from lulc_core.mapping.stopwatch import Stopwatch
    from lulc_core.networks.model import Model

IN_MEMORY_PX = 4_000_000
"""A scene of at most this many pixels is read at once, while the one before it is classified; a larger one block by
block as it is classified itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """One acquisition, not read yet."""

    number: int
    parts: tuple[Scene, ...]
    mark: str
    """Its fingerprint."""
    known: KeptScene | None
    """What a run before made of it."""
    reflectance: xr.DataArray
    """Lazy, one time step."""
    classes: xr.DataArray | None
    """Its scene classification, if that masks the clouds; lazy, one time step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """What was read of an acquisition."""

    reflectance: xr.DataArray
    """One time step; lazy if it is large."""
    clear: xr.DataArray | None
    """`clear_sky` of its scene classification, if that masks the clouds."""
    odd: tuple[str, float] | None
    """As `look_at` returns it."""
    contradicted: list[Contradiction]
    """As the function of that name returns it."""


_Read = tuple[_Pass, "_Image | KeptScene | UnreachableError"]
"""An acquisition: as it was read, as a run before has left it, or why it was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """How far an acquisition is."""

    given: threading.Event = field(default_factory=threading.Event)
    """Set when the network has the last of it."""
    blended: threading.Event = field(default_factory=threading.Event)
    """Set when it is classified."""
    written: threading.Event = field(default_factory=threading.Event)
    """Set when it is written."""

    def end(self) -> None:
        """Let nobody wait for it any more."""
        for event in (self.given, self.blended, self.written):
            event.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """The acquisitions of one request, and what became of them."""

    request: MapRequest
    model: Model
    kept: KeptScenes
    stages: Stopwatch
    progress: ProgressCallback
    cancel: threading.Event | None
    finished: list[KeptScene] = field(default_factory=list)
    """Those that have been classified, by a run before or now, in order."""
    failed: list[dict[str, str]] = field(default_factory=list)
    """Scenes that could not be read: id and why."""
    _ended: threading.Event = field(default_factory=threading.Event)
    """Set when nothing more is to be read."""
    _stopped: threading.Event = field(default_factory=threading.Event)
    """Set when nothing more is to be classified."""
    _broken: threading.Event = field(default_factory=threading.Event)
    """Set when an acquisition has ended the run: none after it is kept, or there would be gaps."""

    def run(self, selection: Selection) -> None:
        """Classify every acquisition that no run before has; each is written while the next is classified."""
        passes = acquisitions(selection)
        self.kept.scenes = len(passes)
        with (
            ThreadPoolExecutor(2, thread_name_prefix="predict") if beside() else SynchronousExecutor() as pool,
            contextlib.closing(self._read_in_turn(passes, selection)) as read,
        ):
            try:
                self._take_turns(read, pool)
            except BaseException:
                self._stopped.set()
                raise
        if not self.finished:
            raise UnreachableError(
                f"None of {counted(len(passes), 'scene')} could be read, so there is no map. "
                f"The first: {self.failed[0]['reason']}"
            )

    def _take_turns(self, read: Iterator[_Read], pool: Executor) -> None:
        """Begin each acquisition when the network has the last chips of the one before it, which then is written."""
        begun: deque[tuple[_Pass, Future[KeptScene]]] = deque()
        before = _Turn()
        before.end()
        for one, image in read:
            check(self.cancel)
            turn = _Turn()
            with self.stages("predict"):
                begun.append((one, pool.submit(self._take, one, image, turn, before)))
                del image  # one more is about to be read
                turn.given.wait()
            while len(begun) > 1 or (begun and begun[0][1].done()):
                self._finish(*begun.popleft())
            before = turn
        while begun:
            self._finish(*begun.popleft())

    def _take(self, one: _Pass, image: _Image | KeptScene | UnreachableError, turn: _Turn, before: _Turn) -> KeptScene:
        """Classify an acquisition, and write it after the one before."""
        try:
            write = self._classified(one, image, turn, before)
            turn.given.set()
            turn.blended.set()
            before.written.wait()
            check(self._broken)
            return write()
        except BaseException as error:
            before.written.wait()
            if self.request.strict or not isinstance(error, UnreachableError):
                for event in (self._broken, self._stopped, self._ended):
                    event.set()
            raise
        finally:
            turn.end()

    def _finish(self, one: _Pass, kept: Future[KeptScene]) -> None:
        """Wait until an acquisition is classified and written."""
        try:
            with self.stages("predict"):
                self.finished.append(kept.result())
        except UnreachableError as error:
            self._give_up(one.parts, error)

    def _read_in_turn(self, passes: list[tuple[Scene, ...]], selection: Selection) -> Generator[_Read, None, None]:
        """Yield each acquisition as it was read, or why it was not; the next is read meanwhile, if it is small.

        One that breaks the run ends this, and the image that is being read stops at its next block.
        """
        waiting = self._passes(passes, selection)
        in_turn = (
            ahead(reading_ahead(selection), self._read, waiting, ended=self._ended)
            if self._small
            else (self._read(one) for one in waiting)
        )
        with contextlib.closing(in_turn):
            while True:
                try:
                    with self.stages("load"):
                        read = next(in_turn, None)
                except CancelledError:
                    if self._broken.is_set():
                        return
                    raise
                if read is None:
                    return
                yield read
                del read

    @property
    def _small(self) -> bool:
        return bool(np.prod(self.request.region.grid.shape) <= IN_MEMORY_PX)

    def _passes(self, passes: list[tuple[Scene, ...]], selection: Selection) -> Iterator[_Pass]:
        """Yield the acquisitions, not read yet, and look for what runs before have made of them."""
        grid, decides = self.request.region.grid, what_decides(self.request, self.model)
        reflectance = load(selection, grid, self.model.bands)
        classes = load_scene_classification(selection, grid) if self.request.mask == "scl" else None
        for number, parts in enumerate(passes):
            check(self.cancel)
            mark, step = fingerprint(parts, decides), slice(number, number + 1)
            yield _Pass(
                number=number,
                parts=parts,
                mark=mark,
                known=self.kept.find(mark),
                reflectance=reflectance[step],
                classes=None if classes is None else classes[step],
            )

    def _read(self, one: _Pass) -> _Read:
        if one.known is not None:
            return one, one.known
        try:
            return one, self._image(one)
        except UnreachableError as error:
            return one, error

    def _image(self, one: _Pass) -> _Image:
        """Read an acquisition, and say what is odd about its values."""
        classes = None if one.classes is None else self._computed(one.classes)
        clear = None if classes is None else clear_sky(classes)
        whole = self._small or self.request.quicklooks
        reflectance = self._computed(one.reflectance) if whole else one.reflectance
        odd = look_at(reflectance, classes, clear=clear, corrected=any(map(is_corrected, one.parts)))
        said = self._contradicted(one.parts, reflectance, classes)
        return _Image(reflectance=reflectance, clear=clear, odd=odd, contradicted=said)

    def _contradicted(
        self, parts: tuple[Scene, ...], reflectance: xr.DataArray, classes: xr.DataArray | None
    ) -> list[Contradiction]:
        """Return what the items say and the pixels contradict; of a scene that is not masked, where it has no data."""
        grid = self.request.region.grid
        if classes is not None:
            return contradicted(parts, classes.values[0], grid)
        if reflectance.chunks is not None:  # large: not read yet
            return []
        data = np.isfinite(reflectance.values[0]).any(axis=0)
        return contradicted(parts, data.astype(np.uint8), grid, of=("nodata",))

    def _computed(self, lazy: xr.DataArray) -> xr.DataArray:
        """Read what is lazy; stop before the next block when nothing more is wanted."""

        def go_on(*_: object) -> None:
            check(self.cancel)
            check(self._ended)

        return lazy.compute(callbacks=[*Callback.active, (None, None, go_on, None, None)])

    def _classified(
        self, one: _Pass, image: _Image | KeptScene | UnreachableError, turn: _Turn, before: _Turn
    ) -> Callable[[], KeptScene]:
        """Classify an acquisition, if no run before has; return what writes it. Raises why it was not read."""
        if isinstance(image, UnreachableError):
            raise image
        if isinstance(image, _Image):
            return partial(self._keep, one, image.odd, image.contradicted, self._predictions(one, image, turn, before))
        self._tell(Progress(stage="resume", done=one.number + 1, total=self.kept.scenes), before)
        return lambda: image

    def _predictions(self, one: _Pass, image: _Image, turn: _Turn, before: _Turn) -> xr.Dataset:
        """Return the predictions of what was read of an acquisition."""
        ask, clear = self.request, image.clear
        given = turn.given.set if self._small else nobody_waits  # two large ones would not fit into memory
        predicted = label_scenes(
            image.reflectance,
            self.model,
            chip=ask.chip,
            overlap=ask.overlap,
            probabilities=ask.probabilities,
            progress=self._counting(one.number, before),
            cancel=self.cancel,
            given=given,
            ahead_of_use=reading_ahead(one.parts),
        )
        turn.blended.set()
        if ask.mask == "model":
            clear = clear_by_network(predicted["label"], self.model.legend)
        if ask.quicklooks:
            predicted["quicklook"] = quicklook(image.reflectance)
        return self._within(predicted if clear is None else predicted.assign(clear=clear))

    def _within(self, predicted: xr.Dataset) -> xr.Dataset:
        """Leave no data in what does not count; the network has seen it, so that chips do not end there."""
        if self.request.region.within is not None:
            counted = self.request.region.counted()
            for name in predicted.data_vars.keys() - {"quicklook"}:
                seen = predicted[name]
                predicted[name] = seen.copy(data=seen.values * counted.astype(seen.dtype))
        return predicted

    def _counting(self, number: int, before: _Turn) -> ProgressCallback:
        """Return what turns the progress of one acquisition into that of all."""

        def chip_done(p: Progress) -> None:
            done, total = number * p.total + p.done, self.kept.scenes * p.total
            self._tell(Progress(stage="predict", done=done, total=total, detail=p.detail), before)

        return chip_done

    def _tell(self, step: Progress, before: _Turn) -> None:
        """Tell how far the work is, when all is told of the acquisition before: by one thread at a time, in order."""
        before.blended.wait()
        check(self._stopped)
        self.progress(step)

    def _keep(
        self, one: _Pass, odd: tuple[str, float] | None, said: Sequence[Contradiction], predictions: xr.Dataset
    ) -> KeptScene:
        """Write the predictions of an acquisition."""
        keys = [(scene, key) for scene in one.parts for key in self.request.images(scene, self.model)]
        checked = sum(key in s.checksums and checkable(s.hrefs[key], s.checksums[key]) for s, key in keys)
        look = odd and (one.parts[0].id, *odd)
        return self.kept.keep(one.mark, predictions, look=look, checked=checked, contradicted=said)

    def _give_up(self, parts: tuple[Scene, ...], error: UnreachableError) -> None:
        if self.request.strict:
            raise error
        self.failed.extend({"id": scene.id, "reason": str(error)} for scene in parts)
