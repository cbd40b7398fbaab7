"""The windows of a raster that are in memory at once: those of the chunks of stored predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CHUNK_PX = 1024
"""Edge of a chunk."""

Window = tuple[slice, slice]
"""Rows and columns."""


def windows(shape: Sequence[int], edge: int = CHUNK_PX) -> list[Window]:
    """Cut a raster into windows, row by row.

    Parameters
    ----------
    shape
        Height and width, px.
    edge
        Of a window, px; the last ones are smaller.

    Examples
    --------
    >>> windows((1000, 1500))
    [(slice(0, 1000, None), slice(0, 1024, None)), (slice(0, 1000, None), slice(1024, 1500, None))]
    """
    rows, columns = ([slice(at, min(at + edge, size)) for at in range(0, size, edge)] for size in shape)
    return [(down, right) for down in rows for right in columns]
