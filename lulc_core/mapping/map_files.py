"""The names of what `make_map` writes into the folder of a map."""

from __future__ import annotations

from enum import StrEnum


class MapFile(StrEnum):
    """A file, or a store, in the folder of a map; a text that joins a path as any other.

    Examples
    --------
    >>> from pathlib import Path
    >>> (Path("maps") / MapFile.MAP).as_posix()
    'maps/map.tif'
    """

    MAP = "map.tif"
    """Land cover, legend codes."""
    QUALITY = "quality.tif"
    """Runner-up, support, margin, observations."""
    PREDICTIONS = "predictions.zarr"
    """Of every scene, if they were kept."""
    VOTES = "votes.zarr"
    """Of all scenes by class, if they were kept."""
    ITEM = "item.json"
    """The STAC item."""
    REPORT = "report.json"
    """What was done."""
