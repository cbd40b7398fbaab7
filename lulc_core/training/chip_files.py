"""Chips as files: an image and its label that appear whole, and what the image says of itself."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import rasterio
import rasterio.errors

from lulc_core.imagery.radiometry import SATURATED_DN
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.staging import sync
from lulc_core.training.rasters import FULL_DN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

_TAG = "LULC_CHIP"
"""Tag of an image that holds what it says of itself, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipNote:
    """What an image says of itself."""

    group: str = ""
    """Such as who labelled it; `hold_out` can validate on one."""
    day: str = ""
    """When it was sensed, YYYY-MM-DD, UTC."""
    scenes: tuple[str, ...] = ()
    """Ids of the scenes that it was cut from."""
    label_from: str = ""
    """SHA-256 of the file that its label was read from, or what the label was made of."""
    counts: tuple[int, ...] = ()
    """Pixels of every code from 0 (unmarked or no data) to 10 in the label."""
    unseen: int = 0
    """Labelled pixels that the image has no data for; the training leaves them out."""
    remarks: tuple[str, ...] = ()
    """What a reader of the image should know."""

    @classmethod
    def of(cls, source: rasterio.DatasetReader) -> Self:
        """Return the note in an open raster; an empty one if it has none that can be read."""
        try:
            said: dict[str, Any] = json.loads(source.tags().get(_TAG, "{}"))
            said |= {key: tuple(value) for key, value in said.items() if isinstance(value, list)}
            return cls(**said)
        except (ValueError, TypeError, AttributeError):
            return cls()

    @classmethod
    def read(cls, image: Path) -> Self | None:
        """Return the note in a file; None if there is no such image."""
        try:
            with rasterio.open(image, driver="GTiff") as source:
                return cls.of(source)
        except rasterio.errors.RasterioError:
            return None

    @property
    def labelled(self) -> int:
        """Labelled pixels."""
        return sum(self.counts[1:])

    def as_tag(self) -> dict[str, str]:
        """Return it as the tag of a raster."""
        return {_TAG: json.dumps({name: getattr(self, name) for name in self.__slots__})}


def write_chip(
    folder: Path,
    name: Path,
    reflectance: NDArray[np.float32],
    label: NDArray[np.uint8],
    grid: GeoBox,
    note: ChipNote,
    *,
    stage: Path,
) -> None:
    """Write a chip in the form that `read_chips` reads: uint16 reflectance x 10 000, and legend codes.

    The label appears first, then the image, each by one rename: a chip whose image is there is whole.

    Parameters
    ----------
    folder
        The dataset.
    name
        Id of the chip: a path without ending.
    reflectance
        Dims (band, y, x), bands in the order of `BANDS`, unitless, NaN = no data; from 0.0001 to 6.5.
    label
        Dims (y, x), legend codes, 0 = no data.
    grid
        Their pixels.
    note
        What the image says of itself.
    stage
        Folder on the same disk for unfinished files.
    """
    stored = np.clip(np.rint(reflectance * FULL_DN), 1, SATURATED_DN - 1)
    seen = np.isfinite(reflectance).all(axis=0)
    image = np.where(seen, stored, 0).astype(np.uint16)
    image_file, label_file = paths_of(folder, name)
    for target, values, tags in ((label_file, label[None], {}), (image_file, image, note.as_tag())):
        part = stage / f"{hash(target):x}.tif"
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(part, values, grid, tags)
        sync([part])
        os.replace(part, target)


def paths_of(folder: Path, name: Path) -> tuple[Path, Path]:
    """Return the image and the label of a chip by its id.

    Examples
    --------
    >>> from pathlib import Path
    >>> [path.as_posix() for path in paths_of(Path("dataset"), Path("EH/dw_1.5_3.2-20190703"))]
    ['dataset/images/EH/dw_1.5_3.2-20190703.tif', 'dataset/labels/EH/dw_1.5_3.2-20190703.tif']
    """
    file = name.with_name(f"{name.name}.tif")
    return folder / "images" / file, folder / "labels" / file


def _write(path: Path, values: NDArray[np.unsignedinteger], grid: GeoBox, tags: Mapping[str, str]) -> None:
    """Write bands (band, y, x) as a GeoTIFF with no data 0: reflectance with its bands' names, or codes in colours."""
    count, height, width = values.shape
    shape = {"count": count, "height": height, "width": width, "dtype": values.dtype, "nodata": NO_DATA}
    place = {"crs": str(grid.crs), "transform": grid.transform}
    how = {"compress": "DEFLATE", "predictor": 2 if count > 1 else 1}
    with rasterio.open(path, "w", driver="GTiff", **shape, **place, **how) as target:
        target.write(values)
        target.update_tags(**tags)
        if count == 1:
            target.write_colormap(1, {0: (0, 0, 0, 0)} | {code: (*rgb, 255) for code, rgb in LEGEND.colours.items()})
        else:
            target.descriptions = BANDS


def counts_of(label: NDArray[np.uint8]) -> tuple[int, ...]:
    """Return the pixels of every code from 0 to 10.

    Examples
    --------
    >>> counts_of(np.array([[0, 2], [2, 10]], np.uint8))
    (1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1)
    """
    return tuple(np.bincount(label.ravel(), minlength=len(LEGEND) + 1).tolist())
