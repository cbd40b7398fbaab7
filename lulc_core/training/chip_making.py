"""Chips that are made one by one into a dataset: several at once, none twice, and none half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError, LulcError, UnreachableError
from lulc_core.imagery.access import public
from lulc_core.imagery.catalog import COLLECTION
from lulc_core.imagery.scenes import BANDS
from lulc_core.locking import enough_room
from lulc_core.mapping.ahead import ahead
from lulc_core.mapping.attribution import COPERNICUS
from lulc_core.mapping.staging import made, scratch
from lulc_core.progress import Progress, ProgressCallback, check
from lulc_core.training.chip_files import ChipNote, counts_of, paths_of, write_chip

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.json_types import JsonFields, JsonObject
    from lulc_core.training.dataset_report import DatasetReport
    from lulc_core.training.day_imagery import DayImage, ImagerySource

AT_ONCE = 8
"""Chips that are made at once: they wait for the network, not for a core."""
GIVE_UP = 8
"""Chips in a row that cannot be reached after which nothing will be."""


class WantedChip(Protocol):
    """A chip that a dataset is to have."""

    @property
    def id(self) -> Path:
        """Its path in the dataset, without ending."""

    @property
    def group(self) -> str:
        """As that of `Chip`."""

    @property
    def day(self) -> str:
        """When its image was sensed, YYYY-MM-DD, UTC."""

    @property
    def grid(self) -> GeoBox:
        """Its pixels."""

    @property
    def label_from(self) -> str:
        """What its label is made of: if that changes, the chip is made anew."""

    def label(self) -> NDArray[np.uint8]:
        """Return its legend codes, (y, x), 0 = no data; raises `LulcError` if it has none."""

    def image(self, cancel: threading.Event | None) -> DayImage:
        """Return its image, with no data where the label does not hold; raises `LulcError` if it has none."""


def make_chips(
    wanted: Sequence[WantedChip],
    report: DatasetReport,
    card: JsonFields,
    progress: ProgressCallback,
    cancel: threading.Event | None,
) -> None:
    """Make the chips that are not there, and write card and table, also if the run is ended.

    Parameters
    ----------
    wanted
        The chips.
    report
        Filled with what came of each.
    card
        What the card of the dataset says.
    progress, cancel
        Called after each chip; set to stop: chips that are being made are finished first.

    Raises
    ------
    InvalidInputError
        If the dataset cannot be written.
    UnreachableError
        If chip after chip cannot be reached.
    CancelledError
        If cancelled.
    """
    with made(report.folder) as folder, scratch(folder) as stage, enough_room(folder):
        making = _Making(stage=stage, cancel=cancel, report=report)
        try:
            making.run(wanted, progress)
        finally:
            report.write(card)


def imagery_card(source: ImagerySource) -> JsonObject:
    """Return what the card of a dataset says of its images."""
    return {
        "format": "images/<id>.tif: uint16 reflectance x 10 000, 0 = no data; labels/<id>.tif: legend codes, 0 = none",
        "bands": list(BANDS),
        "imagery": {
            "collection": COLLECTION,
            "catalog": public(str(source.catalog)),
            "credit": COPERNICUS,
            "resampling": "bilinear for bands of 20 m",
        },
    }


@dataclass(slots=True, kw_only=True)
class _Making:
    """Chips while they are made."""

    stage: Path
    cancel: threading.Event | None
    report: DatasetReport
    unreachable: int = 0
    """Chips in a row that could not be reached."""

    def run(self, chips: Sequence[WantedChip], progress: ProgressCallback) -> None:
        """Make each chip that is not there; returns when all were tried."""
        missing = []
        for done, chip in enumerate(chips, start=1):
            missing += [] if self._is_there(chip) else [chip]
            progress(Progress(stage="check", done=done, total=len(chips), detail="what is there"))
        done = len(chips) - len(missing)
        for chip, outcome in zip(missing, ahead(AT_ONCE, self._make, missing), strict=True):
            self._note(chip, outcome)
            done += 1
            progress(Progress(stage="fetch", done=done, total=len(chips), detail=chip.id.name))
            check(self.cancel)

    def _is_there(self, chip: WantedChip) -> bool:
        """Whether an earlier run made a chip, of the same label; its note is kept."""
        check(self.cancel)
        image, label = paths_of(self.report.folder, chip.id)
        note = ChipNote.read(image) if label.is_file() else None
        if note is None or note.label_from != chip.label_from:
            return False
        self.report.chips[chip.id] = note
        self.report.taken_over += 1
        return True

    def _make(self, chip: WantedChip) -> ChipNote | LulcError:
        """Make a chip; return its note, or why there is none."""
        try:
            label = chip.label()
            image = chip.image(self.cancel)
        except LulcError as error:
            return error
        seen = np.isfinite(image.reflectance).all(axis=0)
        if not label[seen].any():
            return InvalidInputError(f"{' and '.join(image.scenes)} has no data at any labelled pixel of {chip.id}.")
        note = ChipNote(
            group=chip.group,
            day=chip.day,
            scenes=image.scenes,
            label_from=chip.label_from,
            counts=counts_of(label),
            unseen=int(np.count_nonzero(label[~seen])),
            remarks=image.remarks,
        )
        write_chip(self.report.folder, chip.id, image.reflectance, label, chip.grid, note, stage=self.stage)
        return note

    def _note(self, chip: WantedChip, outcome: ChipNote | LulcError) -> None:
        """Keep what came of a chip; raises what will be true of every other, too."""
        check(self.cancel)
        if isinstance(outcome, ChipNote):
            self.report.chips[chip.id] = outcome
        else:
            self.report.left_out[chip.id] = str(outcome)
        self.unreachable = self.unreachable + 1 if isinstance(outcome, UnreachableError) else 0
        if isinstance(outcome, UnreachableError) and self.unreachable >= GIVE_UP:
            raise UnreachableError(
                f"{self.unreachable} chips in a row could not be reached, so the others were not tried. The last: "
                f"{outcome} {counted(len(self.report.chips), 'chip', 'are')} in {self.report.folder}; give the same "
                "command again to go on."
            ) from outcome
