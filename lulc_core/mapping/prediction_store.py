"""The predictions of every scene of a map, kept in a Zarr store and opened lazily."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from lulc_core.errors import NotFoundError

if TYPE_CHECKING:
    import os


def write_predictions(predictions: xr.Dataset, path: Path) -> None:
    """Write predictions to a Zarr store, or append their time steps to the one that is there.

    An interrupt (Ctrl-C) waits until it is written: Zarr's threads would otherwise write into a folder that is gone.

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
    texts = {name: c.astype(object) for name, c in predictions.coords.items() if c.dtype.kind == "U"}
    plain = predictions.assign_coords(texts)
    if path.exists():
        plain.drop_vars(["y", "x", "spatial_ref", "class", "band"], errors="ignore").to_zarr(
            path, append_dim="time", consolidated=False
        )
        return
    grid = {"grid_mapping": "spatial_ref"} if "spatial_ref" in plain.coords else {}  # where GDAL looks for the CRS
    encoding: dict[Any, dict[str, Any]] = {name: {"chunks": _chunks(v), **grid} for name, v in plain.data_vars.items()}
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
