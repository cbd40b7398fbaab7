"""The published labels of Dynamic World, the training set of the paper, with the images that they were made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home
from lulc_core.progress import ProgressCallback, silent
from lulc_core.training.chip_making import imagery_card, make_chips
from lulc_core.training.dataset_report import DatasetReport
from lulc_core.training.day_imagery import DayImage, ImagerySource, image_of_day
from lulc_core.training.label_tiles import LabelTile, find_label_tiles
from lulc_core.untrusted import sha256_of

if TYPE_CHECKING:
    import os
    import threading
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

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
    source, labels, out = source or ImagerySource(), from_home(labels), from_home(out)
    tiles, refused = find_label_tiles(labels)
    source.check()
    report = DatasetReport(folder=out, left_out=refused)
    wanted = [_TileChip(tile=tile, source=source) for tile in tiles]
    make_chips(wanted, report, imagery_card(source) | {"labels": LABELS}, progress, cancel)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _TileChip:
    """The chip of a label tile."""

    tile: LabelTile
    source: ImagerySource

    @property
    def id(self) -> Path:
        return self.tile.id

    @property
    def group(self) -> str:
        return self.tile.group

    @property
    def day(self) -> str:
        return str(self.tile.day)

    @property
    def grid(self) -> GeoBox:
        return self.tile.grid

    @property
    def label_from(self) -> str:
        return sha256_of(self.tile.path)

    def label(self) -> NDArray[np.uint8]:
        codes = self.tile.read()
        if not codes.any():
            raise InvalidInputError(f"Nothing is marked in {self.tile.path}.")
        return codes

    def image(self, cancel: threading.Event | None) -> DayImage:
        return image_of_day(self.tile.grid, self.tile.day, self.source, cancel=cancel)
