"""Read a map of others from a file, on the grid of a region, in the project's classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import rasterio
import rasterio.errors

from lulc_core.class_rasters import existing_map
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.ground_area import is_on_earth
from lulc_core.legend import NO_DATA
from lulc_core.reference_maps.on_grid import codes_on_grid, remark_on_averages, remark_on_pixels
from lulc_core.reference_maps.own_table import read_crosswalk
from lulc_core.reference_maps.recognition import legend_of

if TYPE_CHECKING:
    import os

    import xarray as xr

    from lulc_core.reference_maps.crosswalks import CrosswalkTable
    from lulc_core.regions import Region


def read_reference_map(
    path: str | os.PathLike[str], region: Region, *, crosswalk: CrosswalkTable | None = None
) -> xr.DataArray:
    """Read a class raster of any legend on the grid of a region, by nearest neighbour.

    Parameters
    ----------
    path
        A raster of one band with a CRS; its no data is what its tag or mask says.
    region
        The place, and the grid.
    crosswalk
        What its codes mean. By default the table beside it, for ``map.tif`` ``map.crosswalk.csv``, or what the file
        says by the names of its classes or by its colours: those of a map in `CROSSWALKS`, or names of our own classes.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8, codes of `REFERENCE_LEGEND`, 0 = no data. Attributes ``title``, the name of the file, and
        ``crosswalk``, ``hides`` and ``remark`` as of `load_reference_map`; ``classes``, what each of its codes is here.

    Raises
    ------
    NotFoundError
        If there is no such file, or it does not cover the region.
    InvalidInputError
        If it is not such a raster, does not say what its codes mean, contradicts the crosswalk, or holds codes that
        the crosswalk does not have.

    Examples
    --------
    >>> leuven = Region.from_bbox((4.70, 50.85, 4.72, 50.87))  # doctest: +SKIP
    >>> read_reference_map("nlcd.tif", leuven, crosswalk=CROSSWALKS["nlcd"])  # doctest: +SKIP
    """
    path = existing_map(path)
    beside = path.with_suffix(".crosswalk.csv")
    if crosswalk is None and beside.is_file():
        crosswalk = read_crosswalk(beside)
    try:
        with rasterio.open(path) as source:
            if not is_on_earth(odc.geo.geobox.GeoBox.from_rio(source)):
                raise InvalidInputError(f"{path} does not say where it lies. Assign its CRS (gdal_edit.py -a_srs).")
            table = legend_of(source, path, crosswalk)
            theirs, remarks = codes_on_grid(source, region.grid), [remark_on_pixels(source, region.grid)]
            remarks.append(remark_on_averages(source, region.grid, path.name))
    except rasterio.errors.RasterioError as error:
        raise InvalidInputError(f"{path} is not a readable raster: {error}") from error
    label = table.crosswalk.apply(theirs)
    if not (label != NO_DATA).any():
        raise NotFoundError(f"{path} has no class of ours in {region.title}: it lies elsewhere, or has no data there.")
    codes = np.unique(theirs).tolist()
    described = {"crosswalk": table.name, "hides": table.hidden(codes), "remark": " ".join(filter(None, remarks))}
    described["classes"] = table.translated(codes)
    return odc.geo.xr.wrap_xr(label, region.grid).assign_attrs(title=path.name, **described)
