"""The rasters of a map: class rasters and their quality as Cloud-Optimised GeoTIFFs."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import odc.geo.xr
import rasterio
import rasterio.errors
import rasterio.shutil
from rasterio.io import MemoryFile

from lulc_core.class_rasters import ClassRaster
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.ground_area import is_on_earth
from lulc_core.legend import LEGEND, NO_DATA, Legend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from rasterio.io import DatasetWriter

QUALITY_BANDS = ("runner_up", "support_percent", "margin_percent", "observations")


def write_map(
    label: xr.DataArray, path: Path, *, legend: Legend = LEGEND, tags: Mapping[str, str] | None = None
) -> None:
    """Write a class raster as a Cloud-Optimised GeoTIFF with colours, names and overviews by mode.

    Parameters
    ----------
    label
        Dims (y, x), uint8 legend codes, 0 = no data.
    path
        Where; beside it a ``.aux.xml`` with the class names, which QGIS and GDAL read.
    legend
        Names and colours.
    tags
        More GeoTIFF tags.

    Raises
    ------
    InvalidInputError
        If `label` holds a code that is not in the legend.
    """
    legend.check_codes(np.unique(label.values), "The map")
    with _cog(label.values[None], path, label.odc.geobox, nodata=NO_DATA) as target:
        target.descriptions = ["land cover"]
        target.update_tags(**{f"CLASS_{c.code}": c.name for c in legend}, **(tags or {}))
        target.write_colormap(1, {NO_DATA: (0, 0, 0, 0), **{code: (*rgb, 255) for code, rgb in legend.colours.items()}})
    path.with_name(path.name + ".aux.xml").write_text(_category_names(legend))


def write_quality(composite: xr.Dataset, path: Path, *, tags: Mapping[str, str] | None = None) -> None:
    """Write how certain a map is as a COG of four uint16 bands.

    Parameters
    ----------
    composite
        As `composite` returns it.
    path
        Where. Bands: runner-up (legend code), support (%), margin (%), observations; where the last is 0 there
        is no data.
    tags
        GeoTIFF tags.
    """
    percent = [np.rint(np.nan_to_num(composite[name].values) * 100) for name in ("support", "margin")]
    layers = np.stack([composite["runner_up"].values, *percent, composite["observations"].values]).astype(np.uint16)
    with _cog(layers, path, composite["label"].odc.geobox, nodata=None) as target:
        target.descriptions = list(QUALITY_BANDS)
        target.update_tags(**(tags or {}))


def _warn(remark: str) -> None:
    warnings.warn(remark, stacklevel=3)


def read_map(
    path: str | os.PathLike[str], *, legend: Legend = LEGEND, on_remark: Callable[[str], None] = _warn
) -> xr.DataArray:
    """Read a class raster.

    Parameters
    ----------
    path
        A single-band uint8 raster with a CRS; 0 and what its tag or mask says is no data.
    legend
        Its classes. A raster that names others in its own order is translated by the names.
    on_remark
        Called where the raster names no classes, so that its codes are taken for those of `legend`; by default a
        Python warning.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8 legend codes, on the file's grid (``.odc.geobox``).

    Raises
    ------
    NotFoundError
        If there is no such file.
    InvalidInputError
        If it is not such a raster, holds a code or class name that is not in the legend, or names no classes and may
        have the codes of another map.
    """
    if not Path(path).is_file():
        raise NotFoundError(f"No map at {path}.")
    try:
        with rasterio.open(path) as source:
            raster = ClassRaster.of(source, path, legend=legend)
            grid = odc.geo.geobox.GeoBox.from_rio(source)
            if source.dtypes[0] != "uint8" or not is_on_earth(grid):
                raise InvalidInputError(
                    f"{path} must be one uint8 band with a georeference and a projected or geographic CRS; it has "
                    f"{source.count} of {source.dtypes[0]}, transform {tuple(grid.affine)[:6]}, CRS {source.crs}. "
                    "Assign the right CRS (gdal_edit.py -a_srs), or warp it."
                )
            codes = raster.read()
            legend.check_codes(np.unique(codes), str(path))
            remarks = raster.remarks()
    except rasterio.errors.RasterioError as error:
        raise InvalidInputError(f"{path} is not a readable raster: {error}") from error
    for remark in remarks:
        on_remark(remark)
    return odc.geo.xr.wrap_xr(codes, grid)


@contextlib.contextmanager
def _cog(layers: NDArray[Any], path: Path, grid: GeoBox, *, nodata: int | None) -> Iterator[DatasetWriter]:
    """Write layers (band, y, x) under a temporary name, then rename; yields the dataset for names, tags and colours."""
    temporary = path.with_name(f".{path.name}.partial")
    count, height, width = layers.shape
    shape = {"count": count, "height": height, "width": width, "dtype": layers.dtype, "nodata": nodata}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", crs=str(grid.crs), transform=grid.transform, **shape) as target:
            target.write(layers)
            yield target
        overviews = {"overview_resampling": "mode", "warp_resampling": "nearest"}
        rasterio.shutil.copy(memory.name, temporary, driver="COG", compress="DEFLATE", blocksize=512, **overviews)
    os.replace(temporary, path)


def _category_names(legend: Legend) -> str:
    """Return GDAL's auxiliary metadata that names each code."""
    names = {c.code: c.name for c in legend} | {NO_DATA: "no data"}
    rows = "".join(f"<Category>{escape(names.get(code, ''))}</Category>" for code in range(max(names) + 1))
    return f'<PAMDataset><PAMRasterBand band="1"><CategoryNames>{rows}</CategoryNames></PAMRasterBand></PAMDataset>\n'
