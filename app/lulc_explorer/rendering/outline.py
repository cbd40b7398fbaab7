"""The outline of a patch of pixels in web Mercator. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geom import Geometry
from rasterio.features import shapes

from lulc_explorer.rendering.raster import MERCATOR, in_one_piece

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """A patch of pixels."""

    pixels: NDArray[np.bool_]
    """Which belong to it, shape (y, x) of its box."""
    grid: GeoBox
    """Of its box."""


def outline(patch: Patch | None) -> dict[str, list[list[float]]]:
    """Return the rings around a patch, holes included, as columns `xs` and `ys`; empty for none."""
    if patch is None:
        return {"xs": [], "ys": []}
    mask = patch.pixels.astype(np.uint8)
    found = shapes(mask, patch.pixels, transform=patch.grid.transform)
    crs = patch.grid.crs
    lines = (
        Geometry({"type": "LineString", "coordinates": ring}, crs)
        for shape, _ in found
        for ring in shape["coordinates"]
    )
    rings = [np.array(in_one_piece(line.to_crs(MERCATOR), crs).coords, float) for line in lines]
    return {"xs": [ring[:, 0].tolist() for ring in rings], "ys": [ring[:, 1].tolist() for ring in rings]}
