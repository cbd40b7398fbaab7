"""What a network learns from: chips with labels, read from files or cut from scenes."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox

from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home
from lulc_core.imagery.grids import remark_on_pixels
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.chips import spans
from lulc_core.regions import RESOLUTION_M
from lulc_core.training.chip_files import ChipNote
from lulc_core.training.files import paired_files, warn_of
from lulc_core.training.places import Footprint, folders_taken_for_places, places_of
from lulc_core.training.rasters import FULL_DN, ReadPair, check_range, footprint, open_tiff, read_pair

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lulc_core.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """An image and its label, in memory or as files."""

    name: str
    """What messages call it: the path of the label, or a description."""
    place: str
    """Chips of one place are never split between learning and validation."""
    image: Path | NDArray[np.uint16] = field(repr=False)
    """Shape (band, y, x), bands in the order of `BANDS`, reflectance x 10 000; or a file, see `read_chips`."""
    label: Path | NDArray[np.uint8] = field(repr=False)
    """Shape (y, x), legend codes, 0 = no data; or a file, if the image is one."""
    group: str = ""
    """What the image says that it belongs to, such as who labelled it; `hold_out` can validate on one."""

    def read(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return image (band, y, x) float32, reflectance clipped to 0-1, and label (y, x) uint8.

        Raises
        ------
        InvalidInputError
            If a file is not what it should be; the message names it.
        """
        image, label, *_ = read_counted(self)
        return image, label


def read_counted(chip: Chip) -> ReadPair:
    """Return image and label as `Chip.read`, and what was found on the way."""
    if isinstance(chip.image, Path) and isinstance(chip.label, Path):
        return read_pair(chip.image, chip.label)
    if isinstance(chip.image, Path) or isinstance(chip.label, Path):
        raise InvalidInputError(f"{chip.name} must have image and label as files, or both in memory.")
    values = chip.image / np.float32(FULL_DN)
    check_range(values, chip.name)
    unnamed = np.zeros(len(LEGEND) + 1, np.int64)
    return ReadPair(np.clip(values, 0, 1, dtype=np.float32), chip.label, 0, unnamed, "")


def read_chips(folder: str | os.PathLike[str]) -> list[Chip]:
    """List the chips of a folder of GeoTIFFs; warns of files that are left out, and counts them.

    The layout: ``images/<id>.tif`` has the bands B04 B03 B02 B08 B11 B12, in this order unless the file names its
    bands, as float reflectance, as uint16 reflectance x 10 000 (offset removed), or as whole numbers with scale and
    offset in the file; ``labels/<id>.tif`` beside it has one band of uint8 legend codes, or of others whose classes
    the file names, 0 = no data and tagged so, on the same pixels. ``<id>`` may contain folders; ``.tiff`` and
    capitals will do. These codes are those of the published training set of Dynamic World by National Geographic
    (Tait et al. 2021, PANGAEA, doi:10.1594/PANGAEA.933475), whose label tiles go into ``labels`` under their own
    names; the Sentinel-2 image of each tile and date goes into ``images`` under the same name.

    The place of a chip, which is never split between learning and validation, is its id without a date
    (``YYYYMMDD`` or ``YYYY-MM-DD``); for an id without a date, its folder below ``images`` if it is in one, else
    its id. Chips that share more than a tenth of their ground are of one place, whatever their names.

    Parameters
    ----------
    folder
        Has the folders ``images`` and ``labels``.

    Returns
    -------
    list of Chip
        Ordered by id. Pixels are read when a chip is read.

    Raises
    ------
    NotFoundError
        If there is no such folder, or no image in it, or an image has no label.
    InvalidInputError
        If there are two images or labels of one id, or an image is not a GeoTIFF.
    """
    files = paired_files(from_home(folder))
    said = [_said(image) for image, _ in files.values()]
    footprints = [where for where, *_ in said]
    unplaced = [image for (image, _), where in zip(files.values(), footprints, strict=True) if where is None]
    warn_of(
        unplaced,
        "Without a place, so that image and label are paired by name alone, and chips on the same ground are not "
        "noticed",
    )
    warn_of(
        [image for (image, _), (*_, size) in zip(files.values(), said, strict=True) if size],
        f"Pixels of another size on the ground than the {RESOLUTION_M} m of maps, which may look like other classes to "
        "a network that learned them",
    )
    warn_of(
        folders_taken_for_places(list(files)),
        "Folders of chips without a date in their names, each taken for one place, on one side of the split",
    )
    places = places_of(list(files), footprints)
    groups = [group for _, group, _ in said]
    return [
        Chip(name=str(label), place=place, image=image, label=label, group=group)
        for (image, label), place, group in zip(files.values(), places, groups, strict=True)
    ]


def _said(image: Path) -> tuple[Footprint | None, str, str]:
    """Return where an image lies, its group, and what must be said of its pixels, as far as the file says."""
    with open_tiff(image) as source:
        where = footprint(source)
        return where, ChipNote.of(source).group, remark_on_pixels(GeoBox.from_rio(source)) if where else ""


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
        Its `validation` and `seed` decide, or `validate_on`.

    Returns
    -------
    learned, held : list of Chip
        `held` is whole places, drawn at random until they have at least the recipe's share of the chips, or the group
        that the recipe validates on; the same list twice if nothing is to be held out.

    Raises
    ------
    InvalidInputError
        If the chips are of a single place, or no chip is of the group, or every one is on its ground.
    """
    if recipe.validation == 0:
        return list(chips), list(chips)
    if recipe.validate_on is not None:
        return _hold_out_group(chips, recipe.validate_on)
    places = sorted({chip.place for chip in chips})
    if len(places) < 2:
        raise InvalidInputError(
            f"Validation is held out by place, so it takes two places or more; all chips are of {places}. Chips are of "
            "one place on the same ground, in one folder, or if their names differ in the date only."
        )
    drawn: set[str] = set()
    for place in np.random.default_rng(recipe.seed).permutation(places)[: len(places) - 1]:
        if sum(chip.place in drawn for chip in chips) >= recipe.validation * len(chips):
            break
        drawn.add(str(place))
    return [c for c in chips if c.place not in drawn], [c for c in chips if c.place in drawn]


def _hold_out_group(chips: Sequence[Chip], group: str) -> tuple[list[Chip], list[Chip]]:
    """Part chips into those of a group and those of other places than its; warns of what is neither."""
    held = [chip for chip in chips if chip.group == group]
    places = {chip.place for chip in held}
    learned = [chip for chip in chips if chip.place not in places]
    if not held or not learned:
        known = Counter(chip.group or "without a group" for chip in chips).items()
        raise InvalidInputError(
            f"Validation on the group {group!r} takes chips of it, and others on other ground; the chips are "
            f"{', '.join(f'{name} ({count:,})' for name, count in known)}. Choose one of these, or leave it out."
        )
    if beside := len(chips) - len(held) - len(learned):
        warnings.warn(
            f"{counted(beside, 'chip', 'are')} not learned, on the ground of chips of the group {group!r}, which "
            "validate.",
            stacklevel=3,
        )
    return learned, held
