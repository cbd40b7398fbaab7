"""What is in chips: each is read once, so that a bad file shows before the training, and what is odd is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.averaged_codes import SeamTally
from lulc_core.class_rasters import remarks_on_codes
from lulc_core.counted import counted, percent
from lulc_core.errors import InvalidInputError
from lulc_core.imagery.scenes import BANDS
from lulc_core.imagery.typical_reflectance import DARK, OFFSET, odd_bands, share_of_blue
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.plausibility import FILLED_SHARE
from lulc_core.progress import Progress, ProgressCallback, check, silent
from lulc_core.training.datasets import read_counted
from lulc_core.training.places import content_of
from lulc_core.training.rasters import FULL_DN

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_core.training.datasets import Chip

MANY_BRIGHT = 0.1
"""Share of the images that water and shadow are missing from by more than chance: sand and clouds are rarer."""
FEWEST_PX = 100
"""Fewer pixels of land say too little of an image."""
MANY_ODD = 0.5
"""Share of the images that have something odd by more than chance."""
STRETCHED = 0.995
"""Reflectance that every band of an image exceeds, and undercuts its distance to 1, where each is stretched to 0-1."""
_BLUE = "more blue (B02) than red (B04), unlike land: without names, the order is B04 B03 B02"
"""What is odd where red and blue are exchanged."""
_NAMES = dict(zip(LEGEND.codes, LEGEND.names, strict=True))
AVERAGED = "averaged"
"""Kind of doubt that all labels together can raise, too."""
WATER = 1
"""Code of the legend for water; trees in Dynamic World's."""
DRY = 2.0
"""Water has less infrared (B08) for its green (B03); leaves have five times as much."""
UNLIKE_LAND = (WATER, 4)
"""Codes of the legend for water and flooded vegetation, whose infrared may be as dark as it likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is in some chips."""

    counts: NDArray[np.int64]
    """Shape (code,): pixels of every code from 0 (no data) to 10."""
    unnamed: NDArray[np.int64]
    """Shape (code,): pixels of every code in labels that name no classes; of 0 where nothing says it is no data."""
    hidden: int
    """Labelled pixels for which the image has no data; they count as no data."""
    dry: int = 0
    """Pixels labelled water that are as bright in the infrared as leaves."""
    darkest: float
    """The lowest reflectance in any of them."""
    brightest: float
    """The highest reflectance in any of them."""
    chips: int = 0
    """How many they are."""
    bright: tuple[str, ...] = ()
    """Names of those in which every reflectance is above `OFFSET`."""
    stretched: tuple[str, ...] = ()
    """Names of those in which every band reaches from 0 to 1."""
    odd: tuple[tuple[str, str], ...] = ()
    """What is odd about the bands of an image's land, and its name."""
    seams: SeamTally = field(default_factory=SeamTally)
    """What of the codes of all labels lies between what."""
    doubtful: tuple[tuple[str, str], ...] = ()
    """Kind and remark of what is doubtful in a chip by itself."""
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
            dry=self.dry + other.dry,
            darkest=min(self.darkest, other.darkest),
            brightest=max(self.brightest, other.brightest),
            chips=self.chips + other.chips,
            bright=self.bright + other.bright,
            stretched=self.stretched + other.stretched,
            odd=self.odd + other.odd,
            seams=self.seams + other.seams,
            doubtful=self.doubtful + other.doubtful,
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
            said.append(f"{counted(self.hidden, 'labelled pixel', 'are')} not learned: the image has no data there.")
        said += [*self._doubts_of_reflectance(), *self._doubts_of_places()]
        present = np.flatnonzero(self.unnamed).tolist()
        said += [*self._doubts_of_chips(), *self._doubts_of_water()]
        return [*said, *remarks_on_codes(present, "The set of labels")]

    def _doubts_of_reflectance(self) -> list[str]:
        """Return remarks on images that no ground looks like."""
        said = []
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
        if len(self.stretched) > MANY_ODD * self.chips:
            said.append(
                f"In {len(self.stretched):,} of {self.chips:,} images, such as that of {self.stretched[0]}, every band "
                "reaches from 0 to 1, as no ground does: they seem to be stretched band by band. A network that learns "
                "from them is wrong on reflectance: give that."
            )
        for what, count in Counter(what for what, _ in self.odd).items():
            if count > MANY_ODD * self.chips:
                name = next(name for odd, name in self.odd if odd == what)
                said.append(
                    f"Most of the land in {count:,} of {self.chips:,} images, such as that of {name}, has {what}."
                )
        return said

    def _doubts_of_places(self) -> list[str]:
        """Return remarks on labels and images that stand in two places."""
        said = []
        if self.copies:
            said.append(
                f"{counted(len(self.copies), 'label', 'equal')} that of another place, pixel for pixel, such as "
                f"{' and '.join(self.copies[0])}: is each label that of its image?"
            )
        if self.twins:
            said.append(
                f"{counted(len(self.twins), 'image', 'are')} on both sides of the split, mirrored or turned perhaps, "
                f"such as {' and '.join(self.twins[0])}: validation will be too good. Put what is made of one image "
                "into a folder of its own, or remove it."
            )
        return said

    def _doubts_of_chips(self) -> list[str]:
        """Return a remark on each kind of what is doubtful in single chips, and on codes averaged in all together."""
        first = dict(reversed(self.doubtful))
        count = Counter(kind for kind, _ in self.doubtful)
        said = [f"{first[kind]} It is one of {count[kind]:,} such in {self.chips:,} chips." for kind in sorted(first)]
        together = "" if AVERAGED in first else self.seams.remark("the labels", _NAMES)
        return [*said, together] if together else said

    def _doubts_of_water(self) -> list[str]:
        """Return a remark on water that looks like leaves; raises `InvalidInputError` if nothing names it water."""
        if self.dry <= max(FEWEST_PX, MANY_ODD * self.counts[WATER]):
            return []
        dry = f"{percent(self.dry / self.counts[WATER])} of the pixels labelled {LEGEND[WATER].name} ({WATER})"
        words = f"{dry} are more than {DRY:g} times as bright in the infrared (B08) as in green (B03), unlike water"
        if self.unnamed[WATER]:
            raise InvalidInputError(
                f"The set of labels names no classes, and {words}. In Dynamic World's codes, which count from 0, "
                f"{WATER} is trees. Name the classes (category names), or correct the codes."
            )
        return [f"{words}: is each label that of its image?"]


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
    seen: list[_Seen] = []
    for done, chip in enumerate(chips, start=1):
        check(cancel)
        seen.append(_look_at(chip))
        progress(Progress(stage="check", done=done, total=len(chips), detail="data"))
    if not any(one.counts[1:].any() for one in seen):
        raise InvalidInputError(
            f"None of the {len(chips)} chips{which} has a labelled pixel; all are 0 (no data). Give other chips, or "
            "another seed."
        )
    labels, copies = _same_labels(seen)
    return Survey(
        counts=np.sum([one.counts for one in seen], axis=0),
        unnamed=np.sum([one.unnamed for one in seen], axis=0),
        hidden=sum(one.hidden for one in seen),
        dry=sum(one.dry for one in seen),
        darkest=min(one.darkest for one in seen),
        brightest=max(0.0, *(one.brightest for one in seen)),
        chips=len(chips),
        bright=tuple(one.chip.name for one in seen if one.darkest > OFFSET),
        stretched=tuple(one.chip.name for one in seen if one.stretched),
        odd=tuple((what, one.chip.name) for one in seen for what in one.odd),
        seams=sum((one.seams for one in seen), SeamTally()),
        doubtful=tuple(doubt for one in seen for doubt in one.doubtful),
        labels=labels,
        copies=copies,
        images={one.content: one.chip.name for one in seen if one.content is not None},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is in one chip; the fields are those of `Survey`, but for these."""

    chip: Chip
    counts: NDArray[np.int64]
    unnamed: NDArray[np.int64]
    hidden: int
    dry: int
    darkest: float
    brightest: float
    stretched: bool
    odd: list[str]
    seams: SeamTally
    doubtful: list[tuple[str, str]]
    label: int | None
    """Hash of the label; None if that has no more than one class."""
    content: tuple[int, ...] | None
    """`content_of` the image; None if there is nothing in it, or no label."""


def _look_at(chip: Chip) -> _Seen:
    """Read a chip, and return what is in it."""
    image, label, hidden, unnamed, cut = read_counted(chip)
    labelled, seams = bool(label.any()), SeamTally()
    seams.add(label)
    doubts = {AVERAGED: seams.remark(chip.name, _NAMES), "cut": cut, "white": _remark_on_white(image, chip.name)}
    return _Seen(
        chip=chip,
        counts=np.bincount(label.ravel(), minlength=len(LEGEND) + 1),
        unnamed=unnamed,
        hidden=hidden,
        dry=_dry(image, label),
        darkest=float(image.min()),
        brightest=float(image.max()),
        stretched=_is_stretched(image),
        odd=_oddities(image, label),
        seams=seams,
        doubtful=[(kind, said) for kind, said in doubts.items() if said],
        label=hash(label.tobytes()) if labelled and np.ptp(label) else None,
        content=content_of(image) if labelled and np.ptp(image) else None,
    )


def _same_labels(seen: Sequence[_Seen]) -> tuple[dict[int, tuple[str, str]], tuple[tuple[str, str], ...]]:
    """Return the place and name of the first chip of each label, and the names of chips of two places with the same."""
    labels: dict[int, tuple[str, str]] = {}
    copies = []
    for one in seen:
        if one.label is not None:
            place, name = labels.setdefault(one.label, (one.chip.place, one.chip.name))
            copies += [(name, one.chip.name)] if place != one.chip.place else []
    return labels, tuple(copies)


def _dry(image: NDArray[np.float32], label: NDArray[np.uint8]) -> int:
    """Return how many pixels labelled water are as bright in the infrared as leaves."""
    if len(image) != len(BANDS):
        return 0
    infrared, green = (image[BANDS.index(band)][label == WATER] for band in ("B08", "B03"))
    return int(np.count_nonzero(infrared > DRY * green))


def _remark_on_white(image: NDArray[np.float32], name: str) -> str:
    """Return that pixels are white in every band, as no cloud is in the short-wave infrared; empty if they are few."""
    share = float((image.min(axis=0) >= 1).mean())
    if share <= FILLED_SHARE or len(image) != len(BANDS):
        return ""
    return (
        f"{percent(share, 1)} of the pixels of the image of {name} have a reflectance of 1 and more in every band. If "
        "that means no data, say so in the file (gdal_edit.py -a_nodata)."
    )


def _is_stretched(image: NDArray[np.float32]) -> bool:
    """Return whether every band of an image reaches from 0 to 1; clouds and snow reach 1 in visible light only."""
    return bool(image.max(axis=(1, 2)).min() > STRETCHED and image.min(axis=(1, 2)).max() < 1 - STRETCHED)


def _oddities(image: NDArray[np.float32], label: NDArray[np.uint8]) -> list[str]:
    """Return what is odd about the bands of the land in an image, at most one thing."""
    odd = [each.code for each in LEGEND if each.cloud or each.ephemeral]
    land = image[:, ~np.isin(label, (NO_DATA, *UNLIKE_LAND, *odd))]
    if land.shape[1] < FEWEST_PX or len(land) != len(BANDS):
        return []
    found = odd_bands(land, BANDS)
    if found and found[1] > MANY_ODD:
        return [found[0].rpartition("; ")[0]]
    return [_BLUE] if share_of_blue(land, BANDS) > MANY_ODD else []


def count_labels(
    chips: Sequence[Chip], *, progress: ProgressCallback = silent, cancel: threading.Event | None = None
) -> NDArray[np.int64]:
    """Return the pixels of every code from 0 (no data) to 10, shape (code,); as `survey`."""
    return survey(chips, progress=progress, cancel=cancel).counts
