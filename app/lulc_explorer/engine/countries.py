"""In which country a place lies, or whether at sea, by borders that the package contains. Pure."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.geometry

if TYPE_CHECKING:
    from lulc_explorer.engine.boxes import Box

BORDERS = Path(__file__).with_name("borders.geojson")
"""Countries by Natural Earth, 1:110 million, public domain; without Antarctica and small islands."""
_NEAR = 0.3
"""Degrees from a coast that are not yet at sea: its line is as coarse."""


def country_of(box: Box) -> str:
    """Return the name of the country in or near which the middle of a box lies; empty at sea.

    Examples
    --------
    >>> country_of((4.7, 50.85, 4.8, 50.92)), country_of((50.85, 4.7, 50.92, 4.8))
    ('Belgium', '')
    """
    names, tree = _countries()
    middle = shapely.Point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    found = tree.query(middle, "dwithin", _NEAR)
    apart = shapely.distance(tree.geometries[found], middle)
    return names[found[int(np.argmin(apart))]] if len(found) else ""


@cache
def _countries() -> tuple[list[str], shapely.STRtree]:
    features = json.loads(BORDERS.read_text("utf-8"))["features"]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    return [str(feature["properties"]["name"]) for feature in features], shapely.STRtree(shapes)
