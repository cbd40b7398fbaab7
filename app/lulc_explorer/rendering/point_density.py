"""The density of many points in a viewport, as an image by Datashader. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_explorer.rendering.palette import RIGHT, WRONG
from lulc_explorer.rendering.raster import Picture

if TYPE_CHECKING:
    from lulc_explorer.rendering.markers import SamplePoints
    from lulc_explorer.rendering.raster import Viewport

_FAINTEST = 140
"""Opacity, of 255, of a single point."""
_LARGEST_PX = 4
"""Maximum size of an isolated point."""


def shade(points: SamplePoints, viewport: Viewport) -> Picture:
    """Return the points in a viewport in the colours of right and wrong, darker where they are denser.

    Parameters
    ----------
    points
        Any number.
    viewport
        What to show.

    Returns
    -------
    Picture
        Red, green, blue and opacity as uint32; transparent without points.
    """
    import datashader as ds  # it and Numba take 65 MB: only for who has so many samples
    from datashader import transfer_functions as tf

    west, south, east, north = viewport.bounds
    kind = pd.Categorical(np.where(points.right, "right", "wrong"), categories=["right", "wrong"])
    table = pd.DataFrame({"x": points.x, "y": points.y, "kind": kind})
    canvas = ds.Canvas(viewport.width, viewport.height, x_range=(west, east), y_range=(south, north))
    counts = canvas.points(table, "x", "y", ds.by("kind", ds.count()))
    shaded = tf.shade(counts, color_key={"right": RIGHT, "wrong": WRONG}, how="log", min_alpha=_FAINTEST)
    return Picture(pixels=tf.dynspread(shaded, max_px=_LARGEST_PX).values[::-1], bounds=viewport.bounds)
