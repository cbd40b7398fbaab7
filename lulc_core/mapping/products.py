"""What is kept of a map: predictions (Zarr), maps (COG), their STAC item. Everything appears by rename."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import odc.geo.xr
import pystac
import rasterio
import rasterio.errors
import rasterio.shutil
import xarray as xr
from pystac.extensions.classification import Classification, ClassificationExtension
from pystac.extensions.projection import ProjectionExtension
from rasterio.io import MemoryFile

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.legend import LEGEND, NO_DATA, Legend
from lulc_core.locking import alone, cannot_write, enough_room, folder_to_write, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

_STAGE = ".partial-"
"""What the name of a folder that is being written begins with; beside it lies its lock."""
QUALITY_BANDS = ("runner_up", "support_percent", "margin_percent", "observations")


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Write several files, then let them appear in `folder` together, each by rename.

    Parameters
    ----------
    folder
        Made if it is not there. Files and folders of the same names in it are replaced, and what runs that were
        killed left half-done in it is removed.

    Yields
    ------
    pathlib.Path
        An empty folder beside, on the same disk. If the block raises, it is removed and `folder` is as it was.

    Raises
    ------
    InvalidInputError
        If the folder cannot be written, or its disk is full.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "map"
    >>> with staged(out) as stage:
    ...     _ = (stage / "a.txt").write_text("whole")
    >>> [p.name for p in out.iterdir()]
    ['a.txt']
    """
    made = not folder.exists()
    folder_to_write(folder)
    sweep(folder, f"{_STAGE}*.lock", lambda lock: _clear(lock.with_suffix("")))
    stage = folder / f"{_STAGE}{uuid.uuid4().hex[:8]}"
    try:
        with _alone_in(stage):
            try:
                with enough_room(folder):
                    yield stage
                    finished = sorted(stage.iterdir())
                    _check_kinds(finished, folder)
                    for new in finished:
                        _replace(new, folder / new.name)
            finally:
                _clear(stage)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):  # another run may write to it by now
                folder.rmdir()
        raise


@contextlib.contextmanager
def _alone_in(stage: Path) -> Iterator[None]:
    """Make an empty folder that is known to be in use for as long as this process lives."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(alone(stage.with_suffix(".lock")))
            stage.mkdir()
        except OSError as error:
            raise cannot_write(stage.parent, error) from error
        yield


def _clear(folder: Path) -> None:
    """Remove a folder; raises if some of it stays."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise InvalidInputError(f"Could not remove {folder}, which is half-done; remove it by hand.")


def _check_kinds(finished: list[Path], folder: Path) -> None:
    for new in finished:
        target = folder / new.name
        if target.exists() and target.is_dir() != new.is_dir():
            there, wanted = ("folder", "file") if target.is_dir() else ("file", "folder")
            raise InvalidInputError(
                f"{target} is a {there}, but a {wanted} of that name is to be written. "
                "Move it away, or give another folder; nothing was changed."
            )


def _replace(new: Path, target: Path) -> None:
    if target.is_dir():  # a folder cannot be renamed over one that is not empty
        old = new.with_name(new.name + ".old")
        target.rename(old)
        new.rename(target)
        shutil.rmtree(old)
    else:
        os.replace(new, target)


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
    names = {f"CLASS_{c.code}": c.name for c in legend}
    colours = {NO_DATA: (0, 0, 0, 0), **{code: (*rgb, 255) for code, rgb in legend.colours.items()}}
    _write_cog(label.values[None], path, label.odc.geobox, ["land cover"], {**names, **(tags or {})}, colours)
    path.with_name(path.name + ".aux.xml").write_text(_category_names(legend))


def write_quality(cover: xr.Dataset, path: Path, *, tags: Mapping[str, str] | None = None) -> None:
    """Write how sure a map is as a COG of four uint16 bands.

    Parameters
    ----------
    cover
        As `composite` returns it.
    path
        Where. Bands: runner-up (legend code), support (%), margin (%), observations; where the last is 0 there
        is no data.
    tags
        GeoTIFF tags.
    """
    percent = [np.rint(np.nan_to_num(cover[name].values) * 100) for name in ("support", "margin")]
    layers = [cover["runner_up"].values, *percent, cover["observations"].values]
    grid = cover["label"].odc.geobox
    _write_cog(np.stack(layers).astype(np.uint16), path, grid, list(QUALITY_BANDS), tags or {}, None, nodata=None)


def read_map(path: str | os.PathLike[str], *, legend: Legend = LEGEND) -> xr.DataArray:
    """Read a class raster.

    Parameters
    ----------
    path
        A single-band uint8 raster in a projected CRS, 0 = no data.
    legend
        Its classes.

    Returns
    -------
    xarray.DataArray
        Dims (y, x), uint8 legend codes, on the file's grid (``.odc.geobox``).

    Raises
    ------
    NotFoundError
        If there is no such file.
    InvalidInputError
        If it is not such a raster, or holds a code that is not in the legend.
    """
    if not Path(path).is_file():
        raise NotFoundError(f"No map at {path}.")
    try:
        with rasterio.open(path) as source:
            if source.count != 1 or source.dtypes[0] != "uint8" or source.crs is None:
                raise InvalidInputError(
                    f"{path} must be one uint8 band with a CRS; "
                    f"it has {source.count} of {source.dtypes[0]}, CRS {source.crs}."
                )
            codes = source.read(1)
            grid = odc.geo.geobox.GeoBox.from_rio(source)
    except rasterio.errors.RasterioError as error:
        raise InvalidInputError(f"{path} is not a readable raster: {error}") from error
    legend.check_codes(np.unique(codes), str(path))
    return odc.geo.xr.wrap_xr(codes, grid)


def write_predictions(predictions: xr.Dataset, path: Path) -> None:
    """Write predictions to a Zarr store, or append their time steps to the one that is there.

    An interrupt (Ctrl-C) waits for the end of it: Zarr's threads would go on writing what has been cleared away.

    Parameters
    ----------
    predictions
        As `predict` returns them, later than what is stored.
    path
        The store, a folder.
    """
    with ThreadPoolExecutor(1) as apart:  # leaving it waits
        apart.submit(_write_predictions, predictions, path).result()


def _write_predictions(predictions: xr.Dataset, path: Path) -> None:
    # A fixed-width string would cut the longer scene names of a later append.
    texts = {name: c.astype(np.dtypes.StringDType()) for name, c in predictions.coords.items() if c.dtype.kind == "U"}
    plain = predictions.assign_coords(texts)
    if path.exists():
        plain.drop_vars(["y", "x", "spatial_ref", "class", "band"], errors="ignore").to_zarr(
            path, append_dim="time", consolidated=False
        )
        return
    encoding: dict[Any, dict[str, Any]] = {name: {"chunks": _chunks(v)} for name, v in plain.data_vars.items()}
    encoding["time"] = {"units": "microseconds since 1970-01-01", "dtype": "int64"}
    plain.to_zarr(path, encoding=encoding, consolidated=False)


def _chunks(variable: xr.DataArray) -> tuple[int, ...]:
    """Return chunks of one scene; small ones where a pixel has many values, so that one pixel is read fast."""
    edge = 1024 if variable.ndim == 3 else 256
    return tuple({"time": 1, "y": min(edge, n), "x": min(edge, n)}.get(str(d), n) for d, n in variable.sizes.items())


def open_predictions(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open stored predictions lazily.

    Parameters
    ----------
    path
        A ``predictions.zarr``.

    Returns
    -------
    xarray.Dataset
        As `predict` returns it, with ``clear`` (time, y, x) bool where scenes were masked, and ``quicklook``
        (time, band, y, x) where it was kept.

    Raises
    ------
    NotFoundError
        If there is no such store.
    """
    if not Path(path).is_dir():
        raise NotFoundError(f"No predictions at {path}; expected the folder predictions.zarr of a finished map.")
    opened = xr.open_zarr(path, consolidated=False, decode_coords="all")
    return opened.assign_coords({name: opened[name].compute() for name in opened.coords})


def map_item(
    *,
    identifier: str,
    grid: GeoBox,
    start: datetime,
    end: datetime,
    scene_links: Mapping[str, str],
    properties: Mapping[str, Any],
    legend: Legend = LEGEND,
) -> pystac.Item:
    """Describe a map as a STAC item, with the projection and classification extensions.

    Parameters
    ----------
    identifier
        The item's id.
    grid
        Of the map.
    start, end
        The time that it stands for, UTC.
    scene_links
        Scene id to address, for ``derived_from``.
    properties
        More properties.
    legend
        The classes of ``map.tif``.
    """
    footprint = grid.extent.to_crs("EPSG:4326")
    item = pystac.Item(
        id=identifier,
        geometry=footprint.geom.__geo_interface__,
        bbox=list(footprint.boundingbox.bbox),
        datetime=None,
        start_datetime=start,
        end_datetime=end,
        properties=dict(properties),
    )
    ProjectionExtension.ext(item, add_if_missing=True).apply(
        code=str(grid.crs), shape=list(grid.shape), transform=list(grid.transform)[:6]
    )
    cog = pystac.MediaType.COG
    item.add_asset("map", pystac.Asset("./map.tif", title="Land cover, legend codes", media_type=cog, roles=["data"]))
    item.add_asset(
        "quality",
        pystac.Asset(
            "./quality.tif",
            title="Runner-up, support %, margin %, observations",
            media_type=cog,
            roles=["data", "quality"],
        ),
    )
    item.add_asset(
        "predictions",
        pystac.Asset(
            "./predictions.zarr",
            title="Predictions per scene",
            media_type="application/vnd.zarr; version=3",
            roles=["data"],
        ),
    )
    item.add_asset(
        "report",
        pystac.Asset("./report.json", title="Report", media_type=pystac.MediaType.JSON, roles=["metadata"]),
    )
    classes = [
        Classification.create(
            value=c.code,
            name=_identifier(c.name),
            description=c.definition or c.name,
            color_hint=c.hex[1:].upper(),
        )
        for c in legend
    ]
    nothing = Classification.create(value=NO_DATA, name="no_data", description="No data", nodata=True)
    ClassificationExtension.ext(item.assets["map"], add_if_missing=True).apply(classes=[nothing, *classes])
    for name, href in scene_links.items():
        item.add_link(pystac.Link("derived_from", href, title=name))
    return item


def _identifier(name: str) -> str:
    return name.replace("/", "_").replace(" ", "_")


def _write_cog(
    layers: NDArray[Any],
    path: Path,
    grid: GeoBox,
    names: list[str],
    tags: Mapping[str, str],
    colours: Mapping[int, tuple[int, ...]] | None,
    *,
    nodata: int | None = NO_DATA,
) -> None:
    """Write (band, y, x) under a temporary name, then rename."""
    temporary = path.with_name(f".{path.name}.partial")
    count, height, width = layers.shape
    profile = {
        "driver": "GTiff",
        "count": count,
        "height": height,
        "width": width,
        "dtype": layers.dtype,
        "nodata": nodata,
    }
    with MemoryFile() as memory:
        with memory.open(**profile, crs=str(grid.crs), transform=grid.transform) as target:
            target.write(layers)
            target.descriptions = names
            target.update_tags(**tags)
            if colours:
                target.write_colormap(1, colours)
        overviews = {"overview_resampling": "mode", "warp_resampling": "nearest"}
        rasterio.shutil.copy(memory.name, temporary, driver="COG", compress="DEFLATE", blocksize=512, **overviews)
    os.replace(temporary, path)


def _category_names(legend: Legend) -> str:
    """Return GDAL's auxiliary metadata that names each code."""
    names = {c.code: c.name for c in legend} | {NO_DATA: "no data"}
    rows = "".join(f"<Category>{escape(names.get(code, ''))}</Category>" for code in range(max(names) + 1))
    return f'<PAMDataset><PAMRasterBand band="1"><CategoryNames>{rows}</CategoryNames></PAMRasterBand></PAMDataset>\n'
