"""Overlapping windows over a scene and the weights that blend them. Pure NumPy.

A network sees a chip at a time. Near a chip's edge it sees less context, so neighbouring chips overlap and
each fades towards its edges, except at the border of the scene, where there is no neighbour.
Everything here is along one axis; the weight of a pixel is the product of its row's and its column's.
"""

from __future__ import annotations

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


def reflect_to_multiple(
    chip: NDArray[np.float32], multiple: int, least: int = 1
) -> tuple[NDArray[np.float32], tuple[slice, slice]]:
    """Pad the last two axes by reflection, evenly on both sides, to a multiple of what a network halves.

    Parameters
    ----------
    chip
        Shape (..., height, width).
    multiple
        For example 16 for a network that halves its input four times.
    least
        Pad at least to this size.

    Returns
    -------
    padded : numpy.ndarray
        Shape (..., height', width').
    inside : tuple of slice
        Where the chip lies in the last two axes of `padded`.

    Examples
    --------
    >>> padded, inside = reflect_to_multiple(np.ones((6, 500, 500), np.float32), 16)
    >>> padded.shape, padded[:, *inside].shape
    ((6, 512, 512), (6, 500, 500))
    """
    pads, inside = [(0, 0)] * (chip.ndim - 2), []
    for size in chip.shape[-2:]:
        wanted = max(size, least)
        extra = wanted - size + -wanted % multiple
        pads.append((extra // 2, extra - extra // 2))
        inside.append(slice(extra // 2, extra // 2 + size))
    return np.pad(chip, pads, mode="reflect"), (inside[0], inside[1])
