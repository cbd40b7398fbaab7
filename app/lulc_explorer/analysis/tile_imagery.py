"""What an interpreter sees of a tile: imagery of the whole of it on its clearest dates.

It reads where scenes are clear, and nothing of their classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.analysis.pixel_evidence import missing_imagery
from lulc_explorer.analysis.shown_imagery import ShownImagery, dates_to_show, overlap, shown_bands

if TYPE_CHECKING:
    from lulc_explorer.analysis.shown_imagery import Window


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TileImagery(ShownImagery):
    """Imagery of a tile."""

    clearest: int = 0
    """Place among `scenes` of the one that shows most of the tile."""


def read_tile_imagery(window: Window, corner: tuple[int, int], shape: tuple[int, int]) -> TileImagery:
    """Read what is shown of a tile.

    Parameters
    ----------
    window
        The tile, or more.
    corner
        Row and column in it of the tile's first pixel; it may lie outside.
    shape
        Rows and columns of the tile.
    """
    clear, imagery = window.clear, window.imagery
    lacking = missing_imagery(imagery)
    if lacking or imagery is None:
        return TileImagery(stored=np.zeros((0, 0, *shape), np.uint8), lacking=lacking)
    bands = shown_bands(imagery)
    spans = [overlap(*axis) for axis in zip(corner, shape, clear.shape[1:], strict=True)]
    inside, into = zip(*spans, strict=True)
    seen = clear.values[:, *inside].mean((1, 2))
    scenes = dates_to_show(seen, seen > 0, clear["time"].dt.dayofyear.values)
    stored = np.zeros((len(scenes), len(bands), *shape), np.uint8)
    stored[:, :, *into] = imagery.sel(band=bands)[scenes, :, *inside].values
    none = "" if scenes else "No imagery: this tile is cloudy in every scene."
    best = int(np.argmax(seen[scenes])) if scenes else 0
    return TileImagery(
        scenes=tuple(scenes), bands=tuple(bands), stored=stored, lacking=none, clearest=best, unread=window.unread
    )
