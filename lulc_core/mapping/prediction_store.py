"""The predictions of every scene of a map, kept in a Zarr store and opened lazily."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import xarray as xr
import zarr
from zarr.codecs import ZstdCodec

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.legend import LEGEND
from lulc_core.mapping.checksums import check_complete
from lulc_core.mapping.chunks import WHOLE, check_chunks, consolidate, mark_whole, unconsolidate
from lulc_core.mapping.provenance import carried, refuse_repeated
from lulc_core.mapping.staging import link_or_copy
from lulc_core.mapping.windows import CHUNK_PX
from lulc_core.raster_layout import on_grid

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

P = ParamSpec("P")
_PACKED = ZstdCodec(level=1)
"""As small as Zarr's own level, in half of the time."""


def write_predictions(predictions: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write predictions to a Zarr store, or append their time steps to the one that is there.

    An interrupt (Ctrl-C) waits until it is written: Zarr's threads would otherwise write into a folder that is gone.

    Parameters
    ----------
    predictions
        As `predict` returns them, later than what is stored, on the same grid.
    path
        The store, a folder.

    Raises
    ------
    InvalidInputError
        If they are not later than what is stored, on another grid, or have a scene twice.
    """
    refuse_repeated(predictions)
    uninterrupted(_write_predictions, predictions, Path(path))


def uninterrupted(act: Callable[P, None], *given: P.args, **named: P.kwargs) -> None:
    """Do something to its end, even if an interrupt comes meanwhile, which is raised then."""
    with ThreadPoolExecutor(1) as apart:  # leaving it waits
        apart.submit(act, *given, **named).result()


def _write_predictions(predictions: xr.Dataset, path: Path) -> None:
    # A fixed-width string would cut the longer scene names of a later append.
    texts = {name: c.astype(object) for name, c in predictions.coords.items() if c.dtype.kind == "U"}
    plain = predictions.assign_coords(texts)
    if path.exists():
        plain = _later(plain, open_predictions(path))
        plain.attrs = {**zarr.open_group(path, mode="r", use_consolidated=False).attrs, **plain.attrs}
        unconsolidate(path)
        plain.drop_vars(["y", "x", "spatial_ref", "class", "band"], errors="ignore").to_zarr(
            path, append_dim="time", consolidated=False, write_empty_chunks=True
        )
        consolidate(path)
        return
    grid = {"grid_mapping": "spatial_ref"} if "spatial_ref" in plain.coords else {}  # where GDAL looks for the CRS
    packed = {"compressors": _PACKED, **grid}
    encoding: dict[Any, dict[str, Any]] = {n: {"chunks": _chunks(v), **packed} for n, v in plain.data_vars.items()}
    encoding["time"] = {"units": "microseconds since 1970-01-01", "dtype": "int64"}
    if "label" in plain:
        plain = plain.assign(label=plain["label"].assign_attrs(_flags(plain)))
    plain.to_zarr(path, encoding=encoding, consolidated=False, write_empty_chunks=True)
    mark_whole(path)
    consolidate(path)


def _flags(predictions: xr.Dataset) -> dict[str, object]:
    """Return what the codes mean, as the CF conventions write it; nothing where no network says its classes."""
    said = carried(predictions)
    if not said or any({*json.loads(text)} != {*LEGEND.names} for text in said):
        return {}
    return {
        "flag_values": [c.code for c in LEGEND],
        "flag_meanings": " ".join(c.identifier for c in LEGEND),
        "flag_colors": " ".join(c.hex for c in LEGEND),
    }


def _later(predictions: xr.Dataset, stored: xr.Dataset) -> xr.Dataset:
    """Return predictions on the grid of those that are stored; raise if they are not later."""
    first, last = predictions["time"].values.min(), stored["time"].values.max()
    if first <= last:
        raise InvalidInputError(
            f"Predictions to append must be later than {str(last)[:19]}, the last that is stored; got "
            f"{str(first)[:19]}. Write them in order of time, each once."
        )
    return on_grid(predictions, stored, "The predictions", "those that are stored")


def _chunks(variable: xr.DataArray) -> tuple[int, ...]:
    """Return chunks of one scene; small ones where a pixel has many values, so that one pixel is read fast."""
    edge = CHUNK_PX if variable.ndim == 3 else CHUNK_PX // 4
    return tuple({"time": 1, "y": min(edge, n), "x": min(edge, n)}.get(str(d), n) for d, n in variable.sizes.items())


def join_predictions(stores: Sequence[Path], path: Path) -> None:
    """Make one Zarr store of several, bit for bit as if all had been appended to it.

    No value is read: the files of a time step are hard links, where the disk has them. An interrupt waits, as above.

    Parameters
    ----------
    stores
        As `write_predictions` makes them, each of one time step and all of the same variables and grid, in order of
        time.
    path
        The new store, a folder.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> for day in ("2020-01-01", "2020-02-01"):
    ...     time = np.array([day], "datetime64[ns]")
    ...     one = xr.Dataset({"label": (("time", "y", "x"), np.ones((1, 2, 2), np.uint8))}, {"time": time})
    ...     write_predictions(one, folder / day)
    >>> join_predictions(sorted(folder.iterdir()), folder / "predictions.zarr")
    >>> dict(open_predictions(folder / "predictions.zarr").sizes)
    {'time': 2, 'y': 2, 'x': 2}
    """
    uninterrupted(_join_predictions, stores, path)


def _join_predictions(stores: Sequence[Path], path: Path) -> None:
    shutil.copytree(stores[0], path, copy_function=_link_values)
    unconsolidate(path)
    for name, array in zarr.open_group(path, mode="r+").arrays():
        if (array.metadata.dimension_names or ("",))[0] == "time":  # type: ignore[union-attr]  # of Zarr's format 3
            array.resize((len(stores), *array.shape[1:]))
            for number, store in enumerate(stores[1:], 1):
                _link(store / name / "c" / "0", path / name / "c" / str(number))
    consolidate(path)


def _link_values(source: str, target: str) -> None:
    """Let a file be in another store, too; but not its description of an array, which changes there."""
    (shutil.copy2 if Path(source).name == "zarr.json" else link_or_copy)(source, target)


def _link(chunks: Path, target: Path) -> None:
    """Link the chunks of one time step: a folder or a file."""
    if chunks.is_dir():
        shutil.copytree(chunks, target, copy_function=link_or_copy)
    else:
        target.parent.mkdir(exist_ok=True)
        link_or_copy(chunks, target)


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
    InvalidInputError
        If a file of it is missing that the checksums beside it name, or a chunk that was written. Where an earlier
        release wrote none of what is no data, and there are no checksums, a warning says how many are missing.
    """
    return open_store(
        path,
        f"No predictions at {path}; expected the folder predictions.zarr of a finished map. A map that was made to "
        "keep votes or nothing has none: make it again, and keep predictions.",
    )


def open_store(path: str | os.PathLike[str], missing: str) -> xr.Dataset:
    """Open a Zarr store of rasters lazily, its coordinates in memory; `NotFoundError` says what is `missing`."""
    if not Path(path).is_dir():
        raise NotFoundError(missing)
    if not check_complete(Path(path)):
        check_chunks(Path(path))
    opening = partial(xr.open_zarr, path, consolidated=False, decode_coords="all")
    opened, plain = opening(), opening(chunks=None)  # of coordinates, a chunk a scene, Dask takes ten times as long
    opened.attrs.pop(WHOLE, None)
    return opened.assign_coords({name: plain[name].load() for name in plain.coords})
