"""The predictions of finished scenes, kept beside a map until it is done, so that a run that was ended goes on."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.counted import counted
from lulc_core.errors import LulcError
from lulc_core.locking import cannot_write, folder_to_write, if_free
from lulc_core.mapping.checksums import check_files, write_checksums
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.prediction_store import write_predictions
from lulc_core.mapping.staging import clear, made, scratch
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import xarray as xr

    from lulc_core.mapping.stated_shares import Contradiction

UNFINISHED = ".unfinished"
"""Name of the folder of finished scenes in that of a map which is not."""
MOST_DAYS = 7
"""Scenes that were kept longer than this are removed."""
_STORE, _REMARKS, _PART = MapFile.PREDICTIONS, "remarks.json", ".part-"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptScene:
    """One acquisition that has been classified."""

    folder: Path
    """Where its predictions are."""
    look: tuple[str, str, float] | None
    """Its name, what is odd about its values, and in which share (0-1) of the clear land pixels."""
    checked: int
    """How many of its images were compared with the checksum of their item."""
    contradicted: tuple[Contradiction, ...] = ()
    """What its items say, and its pixels contradict."""

    @property
    def store(self) -> Path:
        """The Zarr store of its predictions, of one time step."""
        return self.folder / _STORE


@dataclass(slots=True, kw_only=True)
class KeptScenes:
    """The finished scenes of a map that is being made."""

    folder: Path
    """Holds a folder for each, by its fingerprint; not there before the first is kept."""
    scenes: int = 0
    """How many scenes the map is made of, once that is known."""
    written: int = 0
    """How many of them this run has finished."""
    taken_over: int = 0
    """How many of them another run had finished."""

    @property
    def done(self) -> int:
        """How many of them are finished."""
        return self.written + self.taken_over

    def find(self, fingerprint: str) -> KeptScene | None:
        """Return a scene that was kept; None if it was not, or is not as it was written: then it is removed."""
        folder = self.folder / fingerprint
        if not folder.is_dir():
            return None
        try:
            check_files(folder, needed=True)
            remarks = read_json(folder / _REMARKS)
            look, checked, said = remarks["look"], remarks["checked"], remarks["contradicted"]
        except (LulcError, OSError, ValueError, LookupError):
            clear(folder)
            return None
        self.taken_over += 1
        contradicted = tuple((item, name, both) for item, name, both in said)
        return KeptScene(folder=folder, look=look and tuple(look), checked=checked, contradicted=contradicted)

    def keep(
        self,
        fingerprint: str,
        predictions: xr.Dataset,
        *,
        look: tuple[str, str, float] | None,
        checked: int,
        contradicted: Sequence[Contradiction] = (),
    ) -> KeptScene:
        """Write the predictions of a scene with their checksums; they appear by one rename.

        They are not synced to the disk: of what a power cut leaves half written, the checksums tell.
        """
        part, folder = self.folder / f"{_PART}{uuid.uuid4().hex[:8]}", self.folder / fingerprint
        folder_to_write(part)
        write_predictions(predictions, part / _STORE)
        remarks = {"look": look, "checked": checked, "contradicted": contradicted}
        (part / _REMARKS).write_text(json.dumps(remarks), "utf-8")
        write_checksums(part)
        part.rename(folder)
        self.written += 1
        return KeptScene(folder=folder, look=look, checked=checked, contradicted=tuple(contradicted))

    def sweep(self) -> None:
        """Remove what was half written, and what is too old; the folder, too, if nothing is left."""
        oldest = time.time() - MOST_DAYS * 86_400
        for path in self.folder.glob("*"):
            if path.name.startswith(_PART) or path.stat().st_mtime < oldest:
                clear(path)
        with contextlib.suppress(OSError):
            self.folder.rmdir()


@contextlib.contextmanager
def kept_scenes(out: Path) -> Iterator[KeptScenes]:
    """Keep the finished scenes of a map until the block ends well; if it raises, another run can take them over.

    Only one run at a time keeps scenes for others in a folder: one beside it has its own, and clears them away.

    Parameters
    ----------
    out
        Folder of the map, made if it is not there.

    Raises
    ------
    InvalidInputError
        If the folder cannot be written.
    """
    with made(out) as folder, contextlib.ExitStack() as held:
        try:
            free = held.enter_context(if_free(folder / f"{UNFINISHED}.lock"))
        except OSError as error:
            raise cannot_write(folder, error) from error
        kept = KeptScenes(folder=folder / UNFINISHED if free else held.enter_context(scratch(folder)))
        kept.sweep()
        try:
            yield kept
        except BaseException as error:
            kept.sweep()
            if free and kept.done:
                done = f"{kept.done:,} of {counted(kept.scenes, 'scene')} {'is' if kept.done == 1 else 'are'} done"
                error.add_note(f"{done} and kept in {kept.folder}. Make the same map again to go on.")
            raise
        clear(kept.folder)
