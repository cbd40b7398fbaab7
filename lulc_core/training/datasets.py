"""What a network learns from: chips with labels, read from files or cut from scenes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.class_rasters import remarks_on_codes
from lulc_core.errors import InvalidInputError
from lulc_core.imagery.reflectance import DARK, OFFSET, odd_bands
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.chips import spans
from lulc_core.progress import Progress, ProgressCallback, check, silent
from lulc_core.training.files import paired_files, warn_of
from lulc_core.training.places import Footprint, content_of, folders_taken_for_places, places_of
from lulc_core.training.rasters import FULL_DN, check_range, footprint, open_tiff, read_pair

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_core.training.recipe import Recipe

MANY_BRIGHT = 0.1
"""Share of the images that water and shadow are missing from by more than chance: sand and clouds are rarer."""
MANY_ZEROS = 0.05
"""Share of 0 in labels that do not say what it is from which it may be a class, as water is Dynamic World's."""
FEWEST_PX = 100
"""Fewer pixels of land say too little of an image."""
MANY_ODD = 0.5
"""Share of the images that have something odd by more than chance."""
UNLIKE_LAND = (1, 4)
"""Codes of the legend for water and flooded vegetation, whose infrared may be as dark as it likes."""


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

    def read(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return image (band, y, x) float32, reflectance clipped to 0-1, and label (y, x) uint8.

        Raises
        ------
        InvalidInputError
            If a file is not what it should be; the message names it.
        """
        image, label, *_ = _read(self)
        return image, label


def _read(chip: Chip) -> tuple[NDArray[np.float32], NDArray[np.uint8], int, NDArray[np.int64]]:
    """Return image, label, and what `read_pair` counts."""
    if isinstance(chip.image, Path) and isinstance(chip.label, Path):
        return read_pair(chip.image, chip.label)
    if isinstance(chip.image, Path) or isinstance(chip.label, Path):
        raise InvalidInputError(f"{chip.name} must have image and label as files, or both in memory.")
    values = chip.image / np.float32(FULL_DN)
    check_range(values, chip.name)
    return np.clip(values, 0, 1, dtype=np.float32), chip.label, 0, np.zeros(len(LEGEND) + 1, np.int64)


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
    files = paired_files(Path(folder))
    footprints = [_footprint(image) for image, _ in files.values()]
    unplaced = [image for (image, _), where in zip(files.values(), footprints, strict=True) if where is None]
    warn_of(
        unplaced,
        "do not say where they lie, so that image and label are paired by name alone, and chips on the "
        "same ground are not noticed",
    )
    warn_of(
        folders_taken_for_places(list(files)),
        "are folders of chips without a date in their names; each folder is one place, on one side of the split",
    )
    places = places_of(list(files), footprints)
    return [
        Chip(name=str(label), place=place, image=image, label=label)
        for (image, label), place in zip(files.values(), places, strict=True)
    ]


def _footprint(image: Path) -> Footprint | None:
    with open_tiff(image) as source:
        return footprint(source)


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
            f"Validation is held out by place, so it takes two places or more; all chips are of {places}. Chips are of "
            "one place on the same ground, in one folder, or if their names differ in the date only."
        )
    drawn: set[str] = set()
    for place in np.random.default_rng(recipe.seed).permutation(places)[: len(places) - 1]:
        if sum(chip.place in drawn for chip in chips) >= recipe.validation * len(chips):
            break
        drawn.add(str(place))
    return [c for c in chips if c.place not in drawn], [c for c in chips if c.place in drawn]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is in some chips."""

    counts: NDArray[np.int64]
    """Shape (code,): pixels of every code from 0 (no data) to 10."""
    unnamed: NDArray[np.int64]
    """Shape (code,): pixels of every code in labels that name no classes; of 0 where nothing says it is no data."""
    hidden: int
    """Labelled pixels for which the image has no data; they count as no data."""
    darkest: float
    """The lowest reflectance in any of them."""
    brightest: float
    """The highest reflectance in any of them."""
    chips: int = 0
    """How many they are."""
    bright: tuple[str, ...] = ()
    """Names of those in which every reflectance is above `OFFSET`."""
    odd: tuple[tuple[str, str], ...] = ()
    """What is odd about the bands of an image's land, and its name."""
    labels: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Place and name of a chip by the hash of its label, if that has several classes."""
    copies: tuple[tuple[str, str], ...] = ()
    """Names of chips of two places that have the same label, pixel for pixel."""
    images: Mapping[tuple[int, ...], str] = field(default_factory=dict)
    """Name of a chip by `content_of` its image."""
    twins: tuple[tuple[str, str], ...] = ()
    """Names of chips on both sides of a sum that are one image, mirrored or turned perhaps."""

    def __add__(self, other: Survey) -> Survey:
        return Survey(
            counts=self.counts + other.counts,
            unnamed=self.unnamed + other.unnamed,
            hidden=self.hidden + other.hidden,
            darkest=min(self.darkest, other.darkest),
            brightest=max(self.brightest, other.brightest),
            chips=self.chips + other.chips,
            bright=self.bright + other.bright,
            odd=self.odd + other.odd,
            labels={**self.labels, **other.labels},
            copies=self.copies + other.copies,
            images={**self.images, **other.images},
            twins=tuple((name, other.images[own]) for own, name in self.images.items() if own in other.images),
        )

    @property
    def remarks(self) -> list[str]:
        """What a person should know of them; raises `InvalidInputError` if the codes may be another map's."""
        said = []
        if self.hidden:
            said.append(f"{self.hidden:,} labelled pixels are not learned, because their image has no data there.")
        if self.darkest > OFFSET:
            said.append(
                f"No reflectance in any image is below {self.darkest:.3f}. Even water and shadow are brighter than the "
                "offset of processing baseline 04.00 (1000, or 0.1): has it been removed?"
            )
        elif len(self.bright) >= MANY_BRIGHT * self.chips > 0:
            said.append(
                f"In {len(self.bright):,} of {self.chips:,} images, such as that of {self.bright[0]}, no reflectance "
                f"is below {OFFSET}; in the others there is. Unless it is bright sand, snow or clouds, the offset of "
                "processing baseline 04.00 (1000, or 0.1) is still in these: remove it."
            )
        if self.brightest < DARK:
            said.append(
                f"No reflectance in any image is above {self.brightest:.3f}. Land is brighter: are the values "
                f"reflectance x {FULL_DN}?"
            )
        for what, count in Counter(what for what, _ in self.odd).items():
            if count > MANY_ODD * self.chips:
                name = next(name for odd, name in self.odd if odd == what)
                said.append(
                    f"Most of the land in {count:,} of {self.chips:,} images, such as that of {name}, has {what}."
                )
        if self.copies:
            said.append(
                f"{len(self.copies):,} label(s) are those of another place, pixel for pixel, such as "
                f"{' and '.join(self.copies[0])}: is each label that of its image?"
            )
        if self.twins:
            said.append(
                f"{len(self.twins):,} image(s) are on both sides of the split, mirrored or turned perhaps, such as "
                f"{' and '.join(self.twins[0])}: validation will be too good. Put what is made of one image into a "
                "folder of its own, or remove it."
            )
        few = self.unnamed[NO_DATA] < MANY_ZEROS * self.unnamed.sum()
        present = {int(code) for code in np.flatnonzero(self.unnamed)} - ({NO_DATA} if few else set())
        return [*said, *remarks_on_codes(present, "The set of labels")]


def survey(
    chips: Sequence[Chip],
    which: str = "",
    *,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> Survey:
    """Read every chip once, so that a bad file shows before the training, and count its labels.

    Parameters
    ----------
    chips
        What to read.
    which
        Which chips they are, for messages: follows the word.
    progress, cancel
        Called after each chip; set to stop.

    Raises
    ------
    InvalidInputError
        If a file is not what it should be, or nothing is labelled at all.
    """
    counts, hidden, darkest, brightest = np.zeros(len(LEGEND) + 1, np.int64), 0, np.inf, 0.0
    unnamed, images, bright = np.zeros_like(counts), dict[tuple[int, ...], str](), list[str]()
    odd, labels, copies = list[tuple[str, str]](), dict[int, tuple[str, str]](), list[tuple[str, str]]()
    for done, chip in enumerate(chips, start=1):
        check(cancel)
        image, label, unseen, codes = _read(chip)
        odd += [(what, chip.name) for what in _oddities(image, label)]
        if label.any() and np.ptp(label):
            place, name = labels.setdefault(hash(label.tobytes()), (chip.place, chip.name))
            copies += [(name, chip.name)] if place != chip.place else []
        unnamed += codes
        counts += np.bincount(label.ravel(), minlength=len(counts))
        hidden += unseen
        if label.any() and np.ptp(image):
            images[content_of(image)] = chip.name
        bright += [chip.name] if image.min() > OFFSET else []
        darkest, brightest = min(darkest, float(image.min())), max(brightest, float(image.max()))
        progress(Progress(stage="check", done=done, total=len(chips), detail="data"))
    if not counts[1:].any():
        raise InvalidInputError(
            f"None of the {len(chips)} chips{which} has a labelled pixel; all are 0 (no data). Give other chips, or "
            "another seed."
        )
    return Survey(
        counts=counts,
        unnamed=unnamed,
        hidden=hidden,
        darkest=darkest,
        brightest=brightest,
        chips=len(chips),
        bright=tuple(bright),
        odd=tuple(odd),
        labels=labels,
        copies=tuple(copies),
        images=images,
    )


def _oddities(image: NDArray[np.float32], label: NDArray[np.uint8]) -> list[str]:
    """Return what is odd about the bands of the land in an image, at most one thing."""
    odd = [each.code for each in LEGEND if each.cloud or each.ephemeral]
    land = image[:, ~np.isin(label, (NO_DATA, *UNLIKE_LAND, *odd))]
    found = odd_bands(land, BANDS) if land.shape[1] >= FEWEST_PX and len(land) == len(BANDS) else None
    return [found[0].rpartition("; ")[0]] if found and found[1] > MANY_ODD else []


def count_labels(
    chips: Sequence[Chip], *, progress: ProgressCallback = silent, cancel: threading.Event | None = None
) -> NDArray[np.int64]:
    """Return the pixels of every code from 0 (no data) to 10, shape (code,); as `survey`."""
    return survey(chips, progress=progress, cancel=cancel).counts
