"""The rasters of a map: class rasters and their quality as Cloud-Optimised GeoTIFFs."""

from __future__ import annotations

import contextlib
import os
import warnings
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
import odc.geo.xr
import rasterio
import rasterio.errors
import rasterio.shutil
import rasterio.windows

from lulc_core.class_rasters import ClassRaster, existing_map
from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import is_on_earth
from lulc_core.home import from_home
from lulc_core.legend import LEGEND, NO_DATA, Legend
from lulc_core.mapping.windows import windows
from lulc_core.raster_layout import class_codes, upright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from rasterio.io import DatasetWriter

    from lulc_core.mapping.windows import Window

MOST_CACHED_BYTES = 64 * 2**20
"""Of a raster that is written, kept by GDAL; its own default is a twentieth of the machine's memory."""
QUALITY_BANDS = {"runner_up": "", "support_percent": "%", "margin_percent": "%", "observations": "1"}
"""Name to unit."""
NO_QUALITY = 65535
"""No data of a raster of quality, where 0 is a value: a tie has a margin of 0."""


def write_map(
    label: xr.DataArray, path: str | os.PathLike[str], *, legend: Legend = LEGEND, tags: Mapping[str, str] | None = None
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
        If `label` has other dims or another type, or holds a code that is not in the legend.
    """
    label = class_codes(label, "The map")
    parts = windows(label.shape)
    for part in parts:
        legend.check_codes(np.flatnonzero(np.bincount(label.values[part].ravel())), "The map")
    with map_to_write(from_home(path), label.odc.geobox, legend=legend, tags=tags) as target:
        for part in parts:
            write_window(target, label.values[None, *part], part)


def write_quality(
    composite: xr.Dataset, path: str | os.PathLike[str], *, tags: Mapping[str, str] | None = None
) -> None:
    """Write how certain a map is as a COG of four uint16 bands.

    Parameters
    ----------
    composite
        As `composite` returns it.
    path
        Where. Bands, with their units: runner-up (legend code), support (%), margin (%), observations; 65535 is no
        data in the first three, and the last is 0 there.
    tags
        GeoTIFF tags.
    """
    composite = upright(composite, "The composite")
    with quality_to_write(from_home(path), composite["label"].odc.geobox, tags=tags) as target:
        for rows, columns in windows(composite["label"].shape):
            write_window(target, quality_bands(composite.isel(y=rows, x=columns)), (rows, columns))


@contextlib.contextmanager
def map_to_write(
    path: Path, grid: GeoBox, *, legend: Legend = LEGEND, tags: Mapping[str, str] | None = None
) -> Iterator[DatasetWriter]:
    """Open a class raster to write window by window: `write_map`, which is there when the block ends."""
    with _cog(path, grid, bands=1, dtype="uint8", nodata=NO_DATA) as target:
        target.descriptions = ["land cover"]
        target.update_tags(**{**(tags or {}), **{f"CLASS_{c.code}": c.name for c in legend}})
        target.write_colormap(1, {NO_DATA: (0, 0, 0, 0), **{code: (*rgb, 255) for code, rgb in legend.colours.items()}})
        yield target
    path.with_name(path.name + ".aux.xml").write_text(_category_names(legend))


@contextlib.contextmanager
def quality_to_write(path: Path, grid: GeoBox, *, tags: Mapping[str, str] | None = None) -> Iterator[DatasetWriter]:
    """Open a raster of `quality_bands` to write window by window: `write_quality`, there when the block ends."""
    with _cog(path, grid, bands=len(QUALITY_BANDS), dtype="uint16", nodata=NO_QUALITY) as target:
        target.descriptions = list(QUALITY_BANDS)
        target.units = list(QUALITY_BANDS.values())
        target.update_tags(**(tags or {}))
        yield target


def quality_bands(composite: xr.Dataset) -> NDArray[np.uint16]:
    """Return the bands of `write_quality`, dims (band, y, x)."""
    seen = composite["observations"].values
    percent = [np.rint(np.nan_to_num(composite[name].values) * 100) for name in ("support", "margin")]
    bands = np.stack([composite["runner_up"].values, *percent, seen]).astype(np.uint16)
    bands[:-1, seen == 0] = NO_QUALITY
    return bands


def write_window(target: DatasetWriter, layers: NDArray[np.generic], window: Window) -> None:
    """Write layers (band, y, x) to a window of a raster."""
    target.write(layers, window=rasterio.windows.Window.from_slices(*window))


def _warn(remark: str) -> None:
    warnings.warn(remark, stacklevel=4)


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
    return read_tagged_map(path, legend=legend, on_remark=on_remark)[0]


def read_tagged_map(
    path: str | os.PathLike[str], *, legend: Legend = LEGEND, on_remark: Callable[[str], None]
) -> tuple[xr.DataArray, dict[str, str]]:
    """Return a class raster as `read_map` does, and the tags of its file."""
    path = existing_map(path)
    try:
        with rasterio.open(path) as source:
            raster = ClassRaster.of(source, path, legend=legend)
            grid = odc.geo.geobox.GeoBox.from_rio(source)
            if source.dtypes[0] != "uint8" or not is_on_earth(grid):
                raise InvalidInputError(
                    f"{path} must be one uint8 band with a georeference and a projected or geographic CRS; it has "
                    f"{source.count} of {source.dtypes[0]}, transform {tuple(grid.affine)[:6]}, CRS {source.crs}. "
                    + (
                        "Assign the right CRS (gdal_edit.py -a_srs), or warp it."
                        if source.dtypes[0] == "uint8"
                        else "Convert it (gdal_translate -ot Byte), with no data as 0 or tagged."
                    )
                )
            codes = raster.read()
            legend.check_codes(np.unique(codes), str(path))
            remarks, tags = raster.remarks(), source.tags()
    except rasterio.errors.RasterioError as error:
        raise InvalidInputError(f"{path} is not a readable raster: {error}") from error
    for remark in remarks:
        on_remark(remark)
    return odc.geo.xr.wrap_xr(codes, grid), tags


@contextlib.contextmanager
def _cog(path: Path, grid: GeoBox, *, bands: int, dtype: str, nodata: int) -> Iterator[DatasetWriter]:
    """Open a raster to write by windows; when the block ends, it is copied to a COG, which appears by one rename."""
    whole, temporary = (path.with_name(f".{path.name}.{state}") for state in ("whole", "partial"))
    shape = {"count": bands, "height": grid.shape.y, "width": grid.shape.x, "dtype": dtype, "nodata": nodata}
    tiles = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "DEFLATE", "zlevel": 1}
    overviews = {"overview_resampling": "mode", "warp_resampling": "nearest"}
    try:
        with rasterio.Env(GDAL_CACHEMAX=MOST_CACHED_BYTES):
            with rasterio.open(
                whole, "w", driver="GTiff", crs=str(grid.crs), transform=grid.transform, **shape, **tiles
            ) as target:
                yield target
            rasterio.shutil.copy(whole, temporary, driver="COG", compress="DEFLATE", blocksize=512, **overviews)
        os.replace(temporary, path)
    finally:
        for leftover in (whole, temporary):
            leftover.unlink(missing_ok=True)


def _category_names(legend: Legend) -> str:
    """Return GDAL's auxiliary metadata that names each code."""
    names = {c.code: c.name for c in legend} | {NO_DATA: "no data"}
    rows = "".join(f"<Category>{escape(names.get(code, ''))}</Category>" for code in range(max(names) + 1))
    return f'<PAMDataset><PAMRasterBand band="1"><CategoryNames>{rows}</CategoryNames></PAMRasterBand></PAMDataset>\n'
