"""Simulated places, in memory or as files in the cache."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr, xr_coords
from xarray import DataArray

from lulc_core.cores import cores
from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home
from lulc_core.imagery.scenes import BANDS
from lulc_core.locking import alone, enough_room, folder_to_write, sweep
from lulc_core.progress import Progress, check, silent
from lulc_core.regions import Region
from lulc_core.simulation.imagery import scene_classification, view
from lulc_core.simulation.items import Product, products, write_product, write_truth
from lulc_core.simulation.land import Ground, Landscape, ground, landscape
from lulc_core.simulation.noise import generator
from lulc_core.simulation.passes import Pass, passes
from lulc_core.simulation.styles import style_of

if TYPE_CHECKING:
    import threading

    from lulc_core.json_types import JsonObject
    from lulc_core.progress import ProgressCallback

_log = logging.getLogger(__name__)
_STAGE = "simulate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A simulated place in one year, in memory."""

    region: Region
    """The region whose style it has, with the place's own grid."""
    year: int
    """2019 to 2023."""
    seed: int
    """Seed of the landscape."""
    truth: DataArray
    """``(y, x)`` uint8 legend codes 1-9."""
    reflectance: DataArray
    """``(time, band, y, x)`` float32, unitless, 0-1, NaN = no data; bands as in `lulc_core.imagery.scenes.BANDS`."""
    scl: DataArray
    """``(time, y, x)`` uint8: ESA's scene classification codes, errors included, 0 = no data."""
    clouds: DataArray
    """``(time, y, x)`` bool: where cloud hides the ground, without the errors of `scl`."""


def simulate_place(
    region: Region | str,
    year: int,
    seed: int = 0,
    *,
    shape: tuple[int, int] | None = None,
    acquisitions: int | None = None,
) -> Place:
    """Make a place in memory, without files.

    Parameters
    ----------
    region
        A built-in region or its name; a region of such a name with another grid gives a place on that grid.
    year
        2019 to 2023. Other years of the same region and seed show the same landscape, changed.
    seed
        Seed of the landscape: another seed gives another landscape.
    shape
        ``(height, width)`` in pixels of 10 m, each at least 32; the region's own by default. Another shape
        gives another landscape.
    acquisitions
        Number of acquisitions, drawn from those with less than 90 % cloud; all by default, however cloudy.

    Returns
    -------
    Place

    Raises
    ------
    InvalidInputError
        For another year, a region without a style, a negative seed, or a shape or number that is too small.

    Examples
    --------
    >>> place = simulate_place("laos", 2021, seed=3, shape=(64, 96), acquisitions=2)
    >>> place.reflectance.dims, place.reflectance.shape
    (('time', 'band', 'y', 'x'), (2, 6, 64, 96))
    >>> bool(place.truth.min() >= 1), bool(place.truth.max() <= 9)
    (True, True)
    """
    region = _region_on(region, shape)
    looks = _some(passes(region, year, seed), acquisitions, (region.name, seed, year))
    land, cover = _land(region, year, seed)
    views = [view(land, cover, look) for look in looks]
    height, width = region.grid.shape
    scl = [
        scene_classification(land, seen, look).repeat(2, 0).repeat(2, 1)[:height, :width]
        for seen, look in zip(views, looks, strict=True)
    ]
    times = np.array([look.sensed.replace(tzinfo=None) for look in looks], "datetime64[ns]")
    coordinates = {"time": times, **xr_coords(region.grid)}
    return Place(
        region=region,
        year=year,
        seed=seed,
        truth=wrap_xr(cover.truth, region.grid),
        reflectance=DataArray(
            np.stack([seen.reflectance for seen in views]),
            coordinates | {"band": list(BANDS)},
            ("time", "band", "y", "x"),
            name="reflectance",
        ),
        scl=DataArray(np.stack(scl), coordinates, ("time", "y", "x"), name="scl"),
        clouds=DataArray(
            np.stack([seen.opacity > 0.5 for seen in views]), coordinates, ("time", "y", "x"), name="clouds"
        ),
    )


def simulate(
    region: Region | str,
    year: int,
    *,
    seed: int = 0,
    cache: str | os.PathLike[str] | None = None,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> Path:
    """Return a place from the cache, or simulate it: Sentinel-2 L2A images, their STAC items and the truth.

    Parameters
    ----------
    region
        A built-in region or its name.
    year
        2019 to 2023.
    seed
        Seed of the landscape: another seed gives another landscape.
    cache
        Folder of places; by default ``$LULC_CACHE``, or ``lulc-explorer`` in the user's cache folder.
    progress, cancel
        Progress callback, and an event to set to cancel.

    Returns
    -------
    pathlib.Path
        ``items.json``, a STAC ItemCollection with hrefs relative to it; ``truth.tif`` lies beside it.

    Raises
    ------
    InvalidInputError
        For another year, a region without a style, a negative seed, or a folder that cannot be written.
    CancelledError
        If `cancel` is set.
    """
    region = _region_on(region, None)
    passes(region, year, seed)  # refuses what cannot be simulated before anything is written
    root = from_home(cache or default_cache()) / "simulated"
    folder = root / f"simulated-{region.name}-{year}-seed{seed}-{_version(region.grid)}"
    items = folder / "items.json"
    if items.exists():
        _log.info("Imagery simulated before is used: %s", folder)
        return items
    folder_to_write(root)
    sweep(root, ".*.lock", _clear)
    with alone(root / f".{folder.name}.lock", cancel=cancel):
        if not items.exists():
            part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.part-", dir=root))
            try:
                with enough_room(root):
                    _make(part, region, year, seed, progress or silent, cancel)
                part.chmod(stat.S_IMODE(root.stat().st_mode))  # for all who may use the cache, not for one
                part.rename(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    return items


def simulated_truth(
    region: Region | str, year: int, *, seed: int = 0, cache: str | os.PathLike[str] | None = None
) -> DataArray:
    """Return the truth of a place, simulated if it is not in the cache.

    Parameters
    ----------
    region, year, seed, cache
        As of `simulate`.

    Returns
    -------
    xarray.DataArray
        ``(y, x)`` uint8 legend codes 1-9 on the region's grid.

    Raises
    ------
    InvalidInputError
        As of `simulate`.
    """
    region = _region_on(region, None)
    with rasterio.open(simulate(region, year, seed=seed, cache=cache).with_name("truth.tif")) as file:
        return wrap_xr(file.read(1), region.grid).rename("label")


def default_cache() -> Path:
    """Return the cache folder: ``$LULC_CACHE``, or ``lulc-explorer`` in the user's cache folder.

    Where that is not ``~/.cache``, a ``~/.cache/lulc-explorer`` of an earlier release is still used.
    """
    if chosen := os.environ.get("LULC_CACHE"):
        return from_home(chosen)
    earlier = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lulc-explorer"
    return earlier if earlier.is_dir() else platformdirs.user_cache_path("lulc-explorer", appauthor=False)


def _region_on(region: Region | str, shape: tuple[int, int] | None) -> Region:
    """Return the region, on a grid of `shape` with its corner in the north-west if one is given."""
    region = Region.named(region) if isinstance(region, str) else region
    height, width = shape or region.grid.shape
    if min(height, width) < 32:
        raise InvalidInputError(f"A simulated place must be at least 32 x 32 pixels; got {height} x {width}.")
    grid = GeoBox((height, width), region.grid.affine, region.grid.crs)
    return region if grid == region.grid else Region.from_grid(grid, name=region.name, title=region.title)


def _land(region: Region, year: int, seed: int) -> tuple[Landscape, Ground]:
    height, width = region.grid.shape
    place = landscape(style_of(region), (region.name, seed), (height, width))
    return place, ground(place, year)


def _some(looks: list[Pass], count: int | None, key: tuple[str | int, ...]) -> list[Pass]:
    if count is None:
        return looks
    if count < 1:
        raise InvalidInputError(f"acquisitions must be at least 1; got {count}.")
    open_sky = [look for look in looks if look.cloud < 0.9]
    chosen = generator(*key, "some").permutation(len(open_sky))[:count]
    return [open_sky[i] for i in sorted(chosen)]


def _make(
    folder: Path,
    region: Region,
    year: int,
    seed: int,
    progress: ProgressCallback,
    cancel: threading.Event | None,
) -> None:
    """Write a whole place into an empty folder."""
    looks = passes(region, year, seed)
    total = len(looks) + 1
    progress(Progress(stage=_STAGE, done=0, total=total, detail="landscape"))
    place, cover = _land(region, year, seed)
    check(cancel)
    (folder / "assets").mkdir()
    write_truth(folder / "truth.tif", cover.truth, region.grid)
    published = products(looks, (region.name, seed, year))
    features: list[JsonObject] = []
    pool = ThreadPoolExecutor(min(2, cores()))
    try:
        work = {pool.submit(_publish, folder, region, place, cover, p, cancel): p[0].look for p in published}
        for done, future in enumerate(as_completed(work), start=1):
            features += future.result()
            detail = f"{work[future].sensed:%Y-%m-%d}"
            progress(Progress(stage=_STAGE, done=done, total=total, detail=detail))
    finally:
        pool.shutdown(cancel_futures=True)
    features.sort(key=lambda item: (item["properties"]["datetime"], item["id"]))
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": features}, indent=1))
    progress(Progress(stage=_STAGE, done=total, total=total, detail="items"))


def _publish(
    folder: Path,
    region: Region,
    place: Landscape,
    cover: Ground,
    parts: list[Product],
    cancel: threading.Event | None,
) -> list[JsonObject]:
    """Make one acquisition and write its products."""
    check(cancel)
    look = parts[0].look
    seen = view(place, cover, look)
    scl = scene_classification(place, seen, look)
    return [write_product(folder, region, part, seen.reflectance, scl) for part in parts]


def _clear(lock: Path) -> None:
    """Remove the partial files of a killed process, given its lock ``.<name>.lock``."""
    for leftover in lock.parent.glob(f"{lock.stem}.part-*"):
        shutil.rmtree(leftover, ignore_errors=True)


@lru_cache
def _version(grid: GeoBox) -> str:
    """Return a digest of this code and the grid: places are simulated again when the code has changed."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(repr((tuple(grid.shape), tuple(grid.affine), str(grid.crs))).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:8]
