"""The published labels of Dynamic World, the training set of the paper, with the images that they were made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lulc_core.errors import InvalidInputError, LulcError, UnreachableError
from lulc_core.imagery.access import public
from lulc_core.imagery.catalog import COLLECTION
from lulc_core.imagery.scenes import BANDS
from lulc_core.locking import enough_room
from lulc_core.mapping.ahead import ahead
from lulc_core.mapping.staging import made, scratch
from lulc_core.progress import Progress, ProgressCallback, check, silent
from lulc_core.training.chip_files import ChipNote, counts_of, paths_of, write_chip
from lulc_core.training.dataset_report import DatasetReport
from lulc_core.training.day_imagery import ImagerySource, image_of_day
from lulc_core.training.label_tiles import LabelTile, find_label_tiles
from lulc_core.untrusted import sha256_of

if TYPE_CHECKING:
    import os
    import threading

AT_ONCE = 8
"""Tiles that are fetched at once: they wait for the network, not for a core."""
GIVE_UP = 8
"""Tiles in a row that cannot be reached after which nothing will be."""
LABELS = {
    "title": "Dynamic World training dataset for global land use and land cover categorization of satellite imagery",
    "citation": (
        "Tait, A. M., Brumby, S. P., Hyde, S. B., Mazzariello, J., Corcoran, M. (2021). Dynamic World training dataset "
        "for global land use and land cover categorization of satellite imagery. PANGAEA. "
        "https://doi.org/10.1594/PANGAEA.933475"
    ),
    "doi": "10.1594/PANGAEA.933475",
    "license": "CC-BY-4.0",
}
"""Whose labels they are."""


def fetch_dynamic_world(
    labels: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    source: ImagerySource | None = None,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> DatasetReport:
    """Make a dataset for `train` of published label tiles: find the scene of each place and date, and cut its bands.

    A run that was ended goes on: a chip that is there is not fetched again. What could not be had is named in
    ``chips.csv``, and tried again by the next run.

    Parameters
    ----------
    labels
        Folder with the unpacked label tiles, in any folders: see `find_label_tiles`.
    out
        Folder for ``images``, ``labels``, the card ``dataset.json`` and ``chips.csv``.
    source
        Where the scenes are; by default the Planetary Computer.
    progress
        Called after each tile.
    cancel
        Set it to stop; tiles that are being fetched are finished first.

    Returns
    -------
    DatasetReport
        What is in the dataset, and what could not be had.

    Raises
    ------
    NotFoundError
        If there is no GeoTIFF in the folder, or no such catalog file.
    InvalidInputError
        If the dataset cannot be written, or two tiles are of one name.
    UnreachableError
        If tile after tile cannot be reached; what was had stays.
    CancelledError
        If cancelled; what was had stays.

    Examples
    --------
    >>> fetch_dynamic_world("Experts", "dataset").groups  # doctest: +SKIP
    {'expert': 4102}
    """
    source, labels, out = source or ImagerySource(), Path(labels), Path(out)
    tiles, refused = find_label_tiles(labels)
    source.check()
    report = DatasetReport(folder=out, left_out=refused)
    with made(out), scratch(out) as stage, enough_room(out):
        fetching = _Fetching(out=out, stage=stage, source=source, cancel=cancel, report=report)
        try:
            fetching.run(tiles, progress)
        finally:
            report.write(card_of(source) | {"labels": LABELS})
    return report


def card_of(source: ImagerySource) -> dict[str, Any]:
    """Return what the card of a dataset says of its images."""
    return {
        "format": "images/<id>.tif: uint16 reflectance x 10 000, 0 = no data; labels/<id>.tif: legend codes, 0 = none",
        "bands": list(BANDS),
        "imagery": {
            "collection": COLLECTION,
            "catalog": public(str(source.catalog)),
            "credit": "Contains modified Copernicus Sentinel data",
            "resampling": "bilinear for bands of 20 m",
        },
    }


@dataclass(slots=True, kw_only=True)
class _Fetching:
    """Tiles while they are fetched."""

    out: Path
    stage: Path
    source: ImagerySource
    cancel: threading.Event | None
    report: DatasetReport
    unreachable: int = 0
    """Tiles in a row that could not be reached."""

    def run(self, tiles: list[LabelTile], progress: ProgressCallback) -> None:
        """Make the chip of each tile that is not there; returns when all were tried."""
        wanted = [tile for tile in tiles if not self._is_there(tile)]
        done = len(tiles) - len(wanted)
        for tile, outcome in zip(wanted, ahead(AT_ONCE, self._fetch, wanted), strict=True):
            self._note(tile, outcome)
            done += 1
            progress(Progress(stage="fetch", done=done, total=len(tiles), detail=tile.id.name))
            check(self.cancel)

    def _is_there(self, tile: LabelTile) -> bool:
        """Whether an earlier run made the chip of a tile, of the same labels; its note is kept."""
        check(self.cancel)
        image, label = paths_of(self.out, tile.id)
        note = ChipNote.read(image) if label.is_file() else None
        if note is None or note.label_from != sha256_of(tile.path):
            return False
        self.report.chips[tile.id] = note
        self.report.taken_over += 1
        return True

    def _fetch(self, tile: LabelTile) -> ChipNote | LulcError:
        """Make the chip of a tile; return its note, or why there is none."""
        try:
            label = tile.read()
            if not label.any():
                raise InvalidInputError(f"Nothing is marked in {tile.path}.")
            image = image_of_day(tile.grid, tile.day, self.source, cancel=self.cancel)
        except LulcError as error:
            return error
        seen = np.isfinite(image.reflectance).all(axis=0)
        if not (label[seen]).any():
            return InvalidInputError(f"{' and '.join(image.scenes)} has no data at any labelled pixel of {tile.path}.")
        note = ChipNote(
            group=tile.group,
            day=str(tile.day),
            scenes=image.scenes,
            label_from=sha256_of(tile.path),
            counts=counts_of(label),
            unseen=int(np.count_nonzero(label[~seen])),
            remarks=image.remarks,
        )
        write_chip(self.out, tile.id, image.reflectance, label, tile.grid, note, stage=self.stage)
        return note

    def _note(self, tile: LabelTile, outcome: ChipNote | LulcError) -> None:
        """Keep what came of a tile; raises what will be true of every other, too."""
        check(self.cancel)
        if isinstance(outcome, ChipNote):
            self.report.chips[tile.id] = outcome
        else:
            self.report.left_out[tile.id] = str(outcome)
        self.unreachable = self.unreachable + 1 if isinstance(outcome, UnreachableError) else 0
        if isinstance(outcome, UnreachableError) and self.unreachable >= GIVE_UP:
            raise UnreachableError(
                f"{self.unreachable} tiles in a row could not be reached, so the others were not tried. The last: "
                f"{outcome} {len(self.report.chips)} chip(s) are in {self.out}; give the same command again to go on."
            ) from outcome
