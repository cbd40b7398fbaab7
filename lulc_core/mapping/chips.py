"""Overlapping windows over a scene and the weights that blend them. Pure NumPy.

A network sees a chip at a time. Near a chip's edge it sees less context, so neighbouring chips overlap and
each fades towards its edges, except at the border of the scene, where there is no neighbour.
A network that halves its input answers by where the halves lie: every chip starts on a multiple of what it halves,
so that all halve the same pixels together, as one pass over the whole scene would.
Everything here is along one axis; the weight of a pixel is the product of its row's and its column's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHIP_PX = 500
"""Chip edge in the paper: 5 km at 10 m."""
OVERLAP_PX = 100
"""Overlap of neighbouring chips in the paper: 1 km at 10 m."""


def check_chips(chip: int, overlap: int, length: int = 1) -> None:
    """Raise `InvalidInputError` unless chips of an edge and an overlap (px) can cut an axis of a length (px)."""
    if length < 1 or chip < 1 or not 0 <= overlap < chip:
        raise InvalidInputError(
            "Give a length and a chip size >= 1 px and an overlap >= 0 px that is smaller than the chip; "
            f"got length {length}, chip {chip}, overlap {overlap}."
        )


def spans(length: int, size: int = CHIP_PX, overlap: int = OVERLAP_PX) -> list[slice]:
    """Cut an axis into overlapping spans; the last is shifted back to end at the edge.

    Parameters
    ----------
    length
        Pixels along the axis, >= 1.
    size
        Pixels of a span, >= 1; a shorter axis gives one span of its own length.
    overlap
        Pixels that neighbours share at least, 0 <= overlap < size.

    Raises
    ------
    InvalidInputError
        If the numbers are outside these bounds.

    Examples
    --------
    >>> [(s.start, s.stop) for s in spans(1100)]
    [(0, 500), (400, 900), (600, 1100)]
    >>> len(spans(10980))
    28
    """
    check_chips(size, overlap, length)
    if length <= size:
        return [slice(0, length)]
    starts = [*range(0, length - size, size - overlap), length - size]
    return [slice(start, start + size) for start in starts]


def taper(cuts: list[slice], length: int) -> list[NDArray[np.float64]]:
    """Return the blend weights of each span; at every pixel they sum to one.

    Parameters
    ----------
    cuts
        Spans in order, as `spans` gives them; together they cover the axis.
    length
        Pixels along the axis.

    Returns
    -------
    list of numpy.ndarray
        One array per span, of its length, in (0, 1]. It rises linearly from the edges where the span meets
        a neighbour and stays flat at the ends of the axis.

    Examples
    --------
    >>> taper(spans(6, size=4, overlap=2), 6)
    [array([1.        , 1.        , 0.66..., 0.33...]), array([0.33..., 0.66..., 1.        , 1.        ])]
    """
    raw = []
    for before, cut, after in zip([None, *cuts[:-1]], cuts, [*cuts[1:], None], strict=True):
        position = np.arange(cut.start, cut.stop)
        rise = position - cut.start + 1.0
        fall = cut.stop - position + 0.0
        rising = np.minimum(rise, before.stop - cut.start + 1) if before else np.full(rise.shape, np.inf)
        falling = np.minimum(fall, cut.stop - after.start + 1) if after else np.full(fall.shape, np.inf)
        weight = np.minimum(rising, falling)
        raw.append(np.where(np.isinf(weight), 1.0, weight))
    total = np.zeros(length)
    for cut, weight in zip(cuts, raw, strict=True):
        total[cut] += weight
    return [weight / total[cut] for cut, weight in zip(cuts, raw, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where a chip lies along an axis of a scene."""

    at: slice
    """Pixels of the scene that it covers."""
    pads: tuple[int, int]
    """Pixels before and after the ends of the scene, filled by reflection."""
    weights: NDArray[np.float64]
    """Of the pixels of the scene, in (0, 1]; those of all windows sum to one at every pixel."""

    @property
    def inside(self) -> slice:
        """Where the pixels of the scene lie in the chip."""
        return slice(self.pads[0], self.pads[0] + self.at.stop - self.at.start)


def windows(length: int, chip: int, overlap: int, multiple: int = 1, least: int = 1) -> list[Window]:
    """Cover an axis by as few windows of one size as will do, evenly spread, each starting on a multiple.

    The axis is padded by reflection, evenly on both sides, to a multiple; windows are multiples of it, too.

    Parameters
    ----------
    length
        Pixels along the axis, >= 1.
    chip
        Pixels of a window, at most, rounded up to the multiple; more if it could not hold the overlap, or is less than
        `least`.
    overlap
        Pixels that neighbours share at least, 0 <= overlap < chip.
    multiple
        For example 16 for a network that halves its input four times.
    least
        Pixels of a window, at least; itself such a multiple or smaller than one.

    Raises
    ------
    InvalidInputError
        If the numbers are outside these bounds.

    Examples
    --------
    >>> [(w.at.start, w.at.stop, w.pads) for w in windows(1000, chip=500, overlap=100, multiple=16)]
    [(0, 412, (4, 0)), (284, 700, (0, 0)), (588, 1000, (0, 4))]
    >>> (w,) = windows(500, chip=500, overlap=100, multiple=16)
    >>> w.at, w.pads, w.inside
    (slice(0, 500, None), (6, 6), slice(6, 506, None))
    """
    check_chips(chip, overlap, length)
    shared, lowest, whole = (-(-pixels // multiple) for pixels in (overlap, least, max(length, least)))
    most = max(-(-chip // multiple), lowest, shared + 1)
    count = max(1, -(-(whole - shared) // (most - shared)))
    size = max(-(-(whole + (count - 1) * shared) // count), lowest)
    before = (whole * multiple - length) // 2
    starts = [i * (whole - size) // max(count - 1, 1) * multiple - before for i in range(count)]
    cuts = [slice(max(start, 0), min(start + size * multiple, length)) for start in starts]
    return [
        Window(at=at, pads=(at.start - start, start + size * multiple - at.stop), weights=weights)
        for start, at, weights in zip(starts, cuts, taper(cuts, length), strict=True)
    ]


def reflected(chip: NDArray[np.float32], rows: Window, columns: Window) -> NDArray[np.float32]:
    """Return what a network is to see of two windows: their pixels of the scene (..., y, x), padded if need be.

    Examples
    --------
    >>> (rows,), (columns,) = (windows(length, 500, 100, multiple=16) for length in (40, 500))
    >>> reflected(np.ones((6, 40, 500), np.float32), rows, columns).shape
    (6, 48, 512)
    """
    if not any(rows.pads + columns.pads):
        return chip
    return np.pad(chip, [*[(0, 0)] * (chip.ndim - 2), rows.pads, columns.pads], mode="reflect")
