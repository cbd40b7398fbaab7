"""What a network learns from: chips with labels, read from files or cut from scenes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import rasterio.errors

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.chips import spans
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lulc_core.training.recipe import Recipe

FULL_DN = 10_000
"""Stored value of reflectance 1 in images of whole numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """An image and its label, in memory or as files."""

    name: str
    """What messages call it: the path of the label, or a description."""
    place: str
    """Chips of one place are never split between learning and validation."""
    image: Path | NDArray[np.uint16] = field(repr=False)
    """Shape (band, y, x), bands in the order of `BANDS`; reflectance x 10 000, or float reflectance in a file."""
    label: Path | NDArray[np.uint8] = field(repr=False)
    """Shape (y, x), legend codes, 0 = no data."""

    def read(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return image (band, y, x) float32, reflectance clipped to 0-1, and label (y, x) uint8.

        Raises
        ------
        InvalidInputError
            If a file is not what it should be; the message names it.
        """
        label = _read_label(self.label) if isinstance(self.label, Path) else self.label
        values = _read_image(self.image, label.shape) if isinstance(self.image, Path) else self.image
        full = np.float32(FULL_DN if values.dtype.kind == "u" else 1)
        return np.clip(values / full, 0, 1, dtype=np.float32), label


def read_chips(folder: str | os.PathLike[str]) -> list[Chip]:
    """List the chips of a folder of GeoTIFFs.

    The layout: ``images/<id>.tif`` has the bands B04 B03 B02 B08 B11 B12 in this order, as float reflectance
    or as uint16 reflectance x 10 000 (offset removed); ``labels/<id>.tif`` beside it has one band of uint8
    legend codes, 0 = no data, on the same pixels. ``<id>`` may contain folders. These codes are those of the
    published training set of Dynamic World by National Geographic (Tait et al. 2021, PANGAEA,
    doi:10.1594/PANGAEA.933475), whose label tiles go into ``labels`` under their own names; the Sentinel-2
    image of each tile and date goes into ``images`` under the same name.

    The place of a chip, which is never split between learning and validation, is its id without an ending
    date (``-YYYYMMDD``); for an id without a date, its folder below ``images`` if it is in one, else its id.

    Parameters
    ----------
    folder
        Has the folders ``images`` and ``labels``.

    Returns
    -------
    list of Chip
        Ordered by id. Files are opened when a chip is read.

    Raises
    ------
    NotFoundError
        If there is no such folder, or no image in it, or an image has no label.
    """
    root = Path(folder)
    images = sorted((root / "images").rglob("*.tif"))
    if not images:
        raise NotFoundError(f"No GeoTIFF in {root / 'images'}. Expected images/<id>.tif and labels/<id>.tif.")
    chips = []
    for image in images:
        relative = image.relative_to(root / "images")
        label = root / "labels" / relative
        if not label.is_file():
            raise NotFoundError(f"{image} has no label; expected {label}.")
        chips.append(Chip(name=str(label), place=_place(relative), image=image, label=label))
    return chips


def cut_chips(
    reflectance: NDArray[np.float32], label: NDArray[np.uint8], *, name: str, place: str, size: int = 256
) -> list[Chip]:
    """Cut one scene and its label into chips in memory.

    Parameters
    ----------
    reflectance
        Shape (band, y, x), unitless, bands in the order of `BANDS`, NaN = no data. Gaps are filled with
        their chip's mean, as `predict` fills them, and get label 0.
    label
        Shape (y, x), legend codes, 0 = no data.
    name, place
        As the fields of `Chip`.
    size
        Chip edge, px; the scene is at least that large.

    Returns
    -------
    list of Chip
        Row by row; the last of a row or column is shifted back to the edge. Chips without any label are
        left out.

    Examples
    --------
    >>> scene, label = np.zeros((6, 64, 100), np.float32), np.ones((64, 100), np.uint8)
    >>> chips = cut_chips(scene, label, name="a", place="b", size=64)
    >>> [chip.name for chip in chips]
    ['a y0 x0', 'a y0 x36']
    """
    seen = np.all(np.isfinite(reflectance), axis=0)
    known = np.where(seen, label, NO_DATA).astype(np.uint8)
    chips = []
    for rows in spans(label.shape[0], size, 0):
        for columns in spans(label.shape[1], size, 0):
            if not known[rows, columns].any():
                continue
            values, inside = reflectance[:, rows, columns], seen[rows, columns]
            filled = np.where(inside, values, values[:, inside].mean(axis=1)[:, None, None])
            chips.append(
                Chip(
                    name=f"{name} y{rows.start} x{columns.start}",
                    place=place,
                    image=np.rint(np.clip(filled, 0, 1) * FULL_DN).astype(np.uint16),
                    label=known[rows, columns].copy(),
                )
            )
    return chips


def hold_out(chips: Sequence[Chip], recipe: Recipe) -> tuple[list[Chip], list[Chip]]:
    """Part chips by place: what is learned and what validates.

    Parameters
    ----------
    chips
        Of two places or more, unless `recipe` holds nothing out.
    recipe
        Its `validation` and `seed` decide.

    Returns
    -------
    learned, held : list of Chip
        `held` is whole places, drawn at random until they have at least the recipe's share of the chips; the
        same list twice if nothing is to be held out.

    Raises
    ------
    InvalidInputError
        If the chips are of a single place.
    """
    if recipe.validation == 0:
        return list(chips), list(chips)
    places = sorted({chip.place for chip in chips})
    if len(places) < 2:
        raise InvalidInputError(
            f"Validation is held out by place, so it takes two places or more; all chips are of {places}."
        )
    drawn: set[str] = set()
    for place in np.random.default_rng(recipe.seed).permutation(places)[: len(places) - 1]:
        if sum(chip.place in drawn for chip in chips) >= recipe.validation * len(chips):
            break
        drawn.add(str(place))
    return [c for c in chips if c.place not in drawn], [c for c in chips if c.place in drawn]


def count_labels(
    chips: Sequence[Chip], *, progress: ProgressCallback = silent, cancel: threading.Event | None = None
) -> NDArray[np.int64]:
    """Read every chip once, so that a bad file shows before the training, and count its labels.

    Returns
    -------
    numpy.ndarray
        Shape (code,): pixels of every code from 0 (no data) to 10.

    Raises
    ------
    InvalidInputError
        If a file is not what it should be, or nothing is labelled at all.
    """
    counts = np.zeros(len(LEGEND) + 1, np.int64)
    for done, chip in enumerate(chips, start=1):
        check(cancel)
        counts += np.bincount(chip.read()[1].ravel(), minlength=len(counts))
        progress(Progress(stage="check", done=done, total=len(chips), detail="data"))
    if not counts[1:].any():
        raise InvalidInputError(f"None of the {len(chips)} chips has a labelled pixel; all are 0 (no data).")
    return counts


def _place(relative: Path) -> str:
    undated = re.sub(r"-\d{8}$", "", relative.stem)
    if undated == relative.stem and relative.parent != Path():
        return str(relative.parent)
    return str(relative.with_name(undated))


def _read_image(path: Path, shape: tuple[int, ...]) -> NDArray[Any]:
    values = _read_raster(path)
    if len(values) != len(BANDS):
        raise InvalidInputError(f"{path} must have the {len(BANDS)} bands {' '.join(BANDS)}; it has {len(values)}.")
    if values.shape[1:] != shape:
        raise InvalidInputError(f"{path} is {values.shape[1:]} px (height, width), but its label is {shape}.")
    if values.dtype != np.uint16 and values.dtype.kind != "f":
        raise InvalidInputError(
            f"{path} must hold float reflectance or uint16 reflectance x {FULL_DN}; it holds {values.dtype}."
        )
    if not np.isfinite(values).all():
        raise InvalidInputError(
            f"{path} holds NaN or infinity. Write 0 there, and 0 (no data) in the label, for pixels without data."
        )
    return values


def _read_label(path: Path) -> NDArray[np.uint8]:
    values = _read_raster(path)
    if len(values) != 1 or values.dtype != np.uint8:
        raise InvalidInputError(f"{path} must be one band of uint8; it has {len(values)} of {values.dtype}.")
    LEGEND.check_codes(np.unique(values), str(path))
    return values[0]


def _read_raster(path: Path) -> NDArray[Any]:
    try:
        with rasterio.open(path) as source:
            return source.read()
    except rasterio.errors.RasterioError as error:
        raise InvalidInputError(f"{path} is not a readable GeoTIFF: {error}") from error
