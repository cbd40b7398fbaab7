"""A simulated place of any size with 24 scenes a year: one of 1000 x 1000 pixels, repeated in time and in space.

How fast a map is on screen does not depend on what is on it; to read 24 scenes of 2000 x 2000 pixels with a network
would take longer than all that is measured. As a plugin of `panel serve` this tells the app the size, from `EDGE`.
"""

import json
import os
import shutil
import threading
from pathlib import Path

import making
import numpy as np
import xarray as xr
from lulc_explorer.engine.repository import MapRepository, MapRequest, the_repository
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

import lulc_core as lulc

PLACE, YEARS, SCENES = "laos", (2019, 2023), 24


def lay_out(folder: Path, edge: int) -> Path:
    """Return a cache with both years' maps, `edge` pixels a side; made if need be.

    Parameters
    ----------
    folder
        Where caches are kept.
    edge
        A multiple of 1000.
    """
    small = MapRepository(folder / "read", catalog=None, model="unet-simulated")
    cache = folder / f"{edge}"
    large = making.shrink(MapRepository(cache, catalog=None, model="unet-simulated"), PLACE, edge=edge)
    for year in YEARS:
        order = large.request(PLACE, year)
        if not large.has(order):
            made = small.request(PLACE, year)
            small.make(made, lambda _: None, threading.Event())
            _repeat(folder / "read" / made.key, cache / order.key, order)
    return cache


def _repeat(source: Path, target: Path, order: MapRequest) -> None:
    """Write a map again, its scenes repeated to 24 and laid side by side."""
    shutil.rmtree(target, ignore_errors=True)
    grid = order.place.region.grid
    kept = lulc.open_predictions(source / lulc.MapFile.PREDICTIONS)[["label", "confidence", "clear"]].load()
    lulc.write_predictions(_tiled(_often(kept), grid), target / lulc.MapFile.PREDICTIONS)
    report = json.loads((source / lulc.MapFile.REPORT).read_text())
    truth = lulc.read_map(Path(report["catalog"]).with_name("truth.tif"))
    lulc.write_map(_tiled(truth.to_dataset(name="truth"), grid)["truth"], target / "truth.tif")
    report["catalog"] = str(target / "items.json")
    (target / lulc.MapFile.REPORT).write_text(json.dumps(report))


def _often(scenes: xr.Dataset) -> xr.Dataset:
    """Return the scenes of a year and, a day later each, as many of them again as make 24."""
    again = scenes.isel(time=np.arange(SCENES) % scenes.sizes["time"])
    later = np.arange(SCENES) // scenes.sizes["time"] * np.timedelta64(1, "D")
    return again.assign_coords(time=again["time"].values + later).sortby("time")


def _tiled(small: xr.Dataset, grid: GeoBox) -> xr.Dataset:
    """Return rasters side by side until they fill a grid."""
    times = grid.shape.y // small.sizes["y"]
    coords = {name: small[name] for name in small.coords if name not in ("y", "x", "spatial_ref")}
    rasters = {
        name: (v.dims, np.tile(v.values, (*(1 for _ in v.dims[:-2]), times, times))) for name, v in small.items()
    }
    return xr.Dataset(rasters, coords={**coords, **xr_coords(grid)}, attrs=small.attrs)


ROUTES: list[object] = []
"""What a plugin must have."""
if "EDGE" in os.environ:
    making.shrink(the_repository(), PLACE, edge=int(os.environ["EDGE"]))
