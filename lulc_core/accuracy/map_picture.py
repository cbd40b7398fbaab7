"""The picture of a map in a report: a PNG in the colours of the legend, with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.io import MemoryFile

from lulc_core.accuracy.documents import Picture
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    import xarray as xr

MOST_PX = 900
"""Longer side of the picture, pixels."""


def draw_map_picture(label: xr.DataArray, *, caption: str = "The map") -> Picture:
    """Return the picture of a class raster, coarser where it is large: every n-th pixel is shown.

    Parameters
    ----------
    label
        Dims (y, x), legend codes, 0 = no data, which stays white.
    caption
        Text under it; say in it that a map is simulated.

    Raises
    ------
    InvalidInputError
        For codes outside the legend, and a raster without a labelled pixel.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 20, 10), crs="EPSG:32631", resolution=10)
    >>> picture = draw_map_picture(wrap_xr(np.array([[1, 2]], np.uint8), grid))
    >>> picture.png[1:4], [name for name, _ in picture.key]
    (b'PNG', ['water', 'trees'])
    """
    codes = class_codes(label, "The map").values
    present = np.unique(codes)
    LEGEND.check_codes(present, "the map")
    if not (present != NO_DATA).any():
        raise InvalidInputError("The map has no labelled pixel to show.")
    step = -(-max(codes.shape) // MOST_PX)
    shown = codes[::step, ::step]
    classes = [LEGEND[int(code)] for code in present if code != NO_DATA]
    colours = np.full((256, 3), 255, np.uint8)
    for one in classes:
        colours[one.code] = one.colour
    profile = {"driver": "PNG", "height": shown.shape[0], "width": shown.shape[1], "count": 3, "dtype": "uint8"}
    profile["transform"] = rasterio.Affine(2, 0, 0, 0, -2, 0)  # or rasterio warns that there is none
    with MemoryFile() as memory:
        with rasterio.Env(GDAL_PAM_ENABLED="NO"), memory.open(**profile) as target:
            target.write(np.moveaxis(colours[shown], -1, 0))
        png = memory.read()
    note = f" One pixel of {step} x {step} is shown." if step > 1 else ""
    return Picture(caption=caption + note, png=png, key=[(one.name, one.colour) for one in classes])
