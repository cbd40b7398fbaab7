"""How many bytes of served images are read, and how many the blocks take that are needed."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from math import ceil, floor
from typing import TYPE_CHECKING

from rasterio.errors import RasterioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import rasterio
    from odc.geo.geobox import GeoBox

MARGIN_PX = 1
"""What bilinear resampling reads beyond the edge of a place."""
_lock = threading.Lock()
_open: list[Traffic] = []


@dataclass(slots=True)
class Traffic:
    """Bytes of served images while a `measured` block runs."""

    read: int = 0
    """That came, with the heads of files, what was asked for again, and what connections take."""
    blocks: dict[tuple[str, int, int, int], int] = field(default_factory=dict)
    """File, band and position of each block that was needed to its size as it is stored."""
    alone: bool = True
    """Whether no other was measured meanwhile: bytes do not say for whom they come."""

    def summary(self) -> dict[str, float] | None:
        """Return both in bytes, and the first over the second; None if that is not known.

        It is not where nothing was served, where a proxy of the environment or ``NO_PROXY`` makes the connections, or
        where two maps were made at once.
        """
        needed = sum(self.blocks.values())
        if not (self.alone and self.read and needed):
            return None
        return {"read_bytes": self.read, "needed_bytes": needed, "ratio": round(self.read / needed, 3)}


@contextlib.contextmanager
def measured() -> Iterator[Traffic]:
    """Measure what the process reads until the block ends."""
    own = Traffic()
    with _lock:
        _open.append(own)
        if len(_open) > 1:
            for each in _open:
                each.alone = False
    try:
        yield own
    finally:
        with _lock:
            _open.remove(own)


def count_read(count: int) -> None:
    """Count bytes that came of a served image."""
    with _lock:
        for each in _open:
            each.read += count


def count_needed(href: str, image: rasterio.DatasetReader, band: int, grid: GeoBox) -> None:
    """Count the blocks of an image that a grid needs, each once however often it is read; only of GeoTIFF."""
    if not _open or image.driver != "GTiff" or image.crs is None:
        return
    with contextlib.suppress(RasterioError, ValueError, TypeError):
        found = _blocks(image, band, grid)
        with _lock:
            for each in _open:
                each.blocks |= {(href, band, x, y): size for (x, y), size in found.items()}


def _blocks(image: rasterio.DatasetReader, band: int, grid: GeoBox) -> dict[tuple[int, int], int]:
    """Return the sizes of the blocks of full resolution that cover a grid, by column and row."""
    box, (height, width) = grid.boundingbox.to_crs(image.crs), image.block_shapes[band - 1]
    (left, top), (right, bottom) = ~image.transform @ (box.left, box.top), ~image.transform @ (box.right, box.bottom)
    columns = _span(left, right, width, image.width)
    rows = _span(top, bottom, height, image.height)
    said = {(x, y): image.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", band) for y in rows for x in columns}
    return {where: int(size) for where, size in said.items() if size}


def _span(start: float, stop: float, block: int, size: int) -> range:
    """Return the blocks of an axis from one pixel to another, as far as the image goes."""
    first, last = max(floor(min(start, stop)) - MARGIN_PX, 0), min(ceil(max(start, stop)) + MARGIN_PX, size)
    return range(first // block, ceil(last / block)) if first < last else range(0)
