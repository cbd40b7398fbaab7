"""The votes of all scenes of a map, kept in a Zarr store, written window by window and opened lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array as da
import xarray as xr
import zarr

from lulc_core.mapping.chunks import consolidate, mark_whole
from lulc_core.mapping.compositing import VOTES
from lulc_core.mapping.prediction_store import open_store, uninterrupted
from lulc_core.mapping.provenance import of_votes
from lulc_core.mapping.windows import CHUNK_PX

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from lulc_core.legend import Legend
    from lulc_core.mapping.windows import Window


class VoteStore:
    """A new store, to write window by window.

    Parameters
    ----------
    path
        The store, a folder.
    predictions
        Of a scene: for the grid.
    legend
        The classes.
    """

    def __init__(self, path: Path, predictions: xr.Dataset, legend: Legend) -> None:
        dims, edge = ("class", "y", "x"), CHUNK_PX // 2
        shape = (len(legend), predictions.sizes["y"], predictions.sizes["x"])
        empty = {name: (dims, da.zeros(shape, dtype=dtype, chunks=-1)) for name, dtype in VOTES.items()}
        grid = {name: predictions[name] for name in ("y", "x", "spatial_ref") if name in predictions.coords}
        encoding = {"chunks": (len(legend), min(edge, shape[1]), min(edge, shape[2])), "grid_mapping": "spatial_ref"}
        whole = xr.Dataset(empty, coords={"class": legend.codes, **of_votes(legend), **grid})
        encodings = dict.fromkeys(VOTES, encoding)
        whole.to_zarr(path, encoding=encodings, consolidated=False, compute=False, write_empty_chunks=True)
        mark_whole(path)
        consolidate(path)
        with zarr.config.set({"array.write_empty_chunks": True}):
            group = zarr.open_group(path, mode="r+")
            self._arrays: dict[str, Any] = {name: group[name] for name in VOTES}

    def write(self, counted: xr.Dataset, window: Window) -> None:
        """Write the votes of a window, those of no scene elsewhere. An interrupt waits until they are written."""
        uninterrupted(self._write, counted, window)

    def _write(self, counted: xr.Dataset, window: Window) -> None:
        for name in VOTES:
            self._arrays[name][:, *window] = counted[name].values


def open_votes(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open stored votes lazily.

    Parameters
    ----------
    path
        A ``votes.zarr``.

    Returns
    -------
    xarray.Dataset
        As `votes` returns it, for `decide` with other weights; the coordinate ``weights`` has those of the network,
        which hold for the classes that are given no other. The votes of a whole tile take 7 GB in memory: give
        `decide` a part at a time, such as ``open_votes(path).isel(y=slice(0, 1024))``.

    Raises
    ------
    NotFoundError
        If there is no such store.
    InvalidInputError
        If a file of it is missing that the checksums beside it name, or a chunk that was written.
    """
    return open_store(
        path, f"No votes at {path}; expected the folder votes.zarr of a finished map that was made to keep votes."
    )
