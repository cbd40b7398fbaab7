"""What scenes show of a small part of a place, read without a map of it: to look at, not to classify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from lulc_core.errors import UnreachableError
from lulc_core.imagery.loading import load, load_scene_classification, quicklook
from lulc_core.mapping.ahead import ahead, reading_ahead
from lulc_core.mapping.clear_shares import AT_ONCE
from lulc_core.mapping.cloud_masks import clear_sky

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.imagery.scenes import Scene


def read_quicklooks(scenes: Iterable[Scene], grid: GeoBox, bands: Sequence[str]) -> xr.Dataset:
    """Read what scenes show of a part of a place, and where they are clear. Only the blocks of that part are read.

    Parameters
    ----------
    scenes
        Any order; those of one acquisition become one time step, as in `load`.
    grid
        Where; such a part of the grid of a map gives the pixels of that map.
    bands
        Asset keys, in the order wanted.

    Returns
    -------
    xarray.Dataset
        ``quicklook`` (time, band, y, x) uint8, as the function of that name returns it; ``clear`` (time, y, x) bool, as
        `clear_sky` returns it, False without data; ``read`` (time) bool: False for an acquisition of which a file could
        not be read, which then has no data. In memory; coordinates as those of `load`.

    Raises
    ------
    InvalidInputError
        If there are no scenes, or no scene has one of the bands or a scene classification.
    UnreachableError
        If no scene can be read.

    Examples
    --------
    >>> from lulc_core.regions import Region
    >>> read_quicklooks([], Region.named("laos").grid, ["B04"])
    Traceback (most recent call last):
    lulc_core.errors.InvalidInputError: There are no scenes to load; choose at least one.
    """
    scenes = list(scenes)
    reflectance, classes = load(scenes, grid, bands), load_scene_classification(scenes, grid)

    def read(step: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]] | UnreachableError:
        try:
            codes = classes[step].compute(scheduler="synchronous")
            shown = quicklook(reflectance[step].compute(scheduler="synchronous")).values
        except UnreachableError as error:
            return error
        return shown, clear_sky(codes).values & shown.all(axis=0)

    looks = list(ahead(reading_ahead(scenes, AT_ONCE), read, range(len(reflectance))))
    lost = [look for look in looks if isinstance(look, UnreachableError)]
    whole = [look for look in looks if not isinstance(look, UnreachableError)]
    if not whole:
        raise lost[0]
    none = np.zeros_like(whole[0][0]), np.zeros_like(whole[0][1])
    shown, clear = zip(*(none if isinstance(look, UnreachableError) else look for look in looks), strict=True)
    return xr.Dataset(
        {
            "quicklook": (reflectance.dims, np.stack(shown)),
            "clear": (classes.dims, np.stack(clear)),
            "read": ("time", [not isinstance(look, UnreachableError) for look in looks]),
        },
        reflectance.coords,
    )
