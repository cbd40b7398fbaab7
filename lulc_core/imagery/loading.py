"""From scenes to reflectance on one grid.

Each block of each acquisition is a task of its own, which signs the addresses just before it opens them: a graph
computed an hour later, or on another machine, still has valid signatures.
"""

from __future__ import annotations

import contextlib
import logging
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING

import dask.array as da
import numba
import numpy as np
import xarray as xr
from dask.delayed import delayed
from odc.geo.xr import xr_coords
from rasterio.errors import NotGeoreferencedWarning

from lulc_core.errors import InvalidInputError, UnreachableError
from lulc_core.imagery.access import without_secrets
from lulc_core.imagery.assets import SCL
from lulc_core.imagery.band_reading import BandReader, OneForTwoError
from lulc_core.imagery.connections import in_words
from lulc_core.imagery.fetching import once, patiently, unreachable, verified
from lulc_core.imagery.scenes import BANDS, Scene, acquisitions
from lulc_core.imagery.signing import forget_tokens
from lulc_core.imagery.silence import is_given_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

_log = logging.getLogger(__name__)
BLOCK_PX = 1024

# rasterio 1.4 warps arrays in memory, and would say that they have no place before it gives them one. It silences that
# for itself, which does not hold in threads: one that ends lets the warnings of the others through.
_WARPING = r"rasterio\.(warp|env)|odc\.loader"
warnings.filterwarnings("ignore", "Dataset has no geotransform", NotGeoreferencedWarning, _WARPING)


def load(scenes: Iterable[Scene], grid: GeoBox, bands: Sequence[str] = BANDS) -> xr.DataArray:
    """Open scenes as surface reflectance on one grid, lazily.

    Parameters
    ----------
    scenes
        Scenes, any order; those of one acquisition become one time step, in which the first scene that has
        data at a pixel fills it, so that no datatake counts twice.
    grid
        Where. Bands of other grids (the 20 m bands among them) are resampled bilinearly, those much finer averaged.
    bands
        Asset keys, in the order wanted.

    Returns
    -------
    xarray.DataArray
        Dims (time, band, y, x), float32, unitless, nominally 0-1: ``DN * scale + offset`` as the item or the file
        says, else ``(DN + boa_offset) / 10000``; dark water may lie a little below 0. NaN where the file has 0,
        its no-data value or a mask. A fill value that neither item nor file names comes out as reflectance:
        `make_map` looks at the values and says so, this does not. Lazy; coordinates ``scene`` and ``cloud_cover``
        (%) along time.

    Raises
    ------
    InvalidInputError
        If there are no scenes, or no scene has one of the bands.
    UnreachableError
        On compute: if an image cannot be read after three attempts; the message names scene and file.
    """
    passes = _checked_passes(scenes, bands)
    cubes = [_lazy(parts, grid, tuple(bands), np.dtype(np.float32)) for parts in passes]
    return xr.DataArray(
        da.stack(cubes),
        dims=("time", "band", "y", "x"),
        coords={"band": list(bands), **_coords(passes, grid)},
        name="reflectance",
        attrs={"units": "1", "long_name": "surface reflectance"},
    )


def load_scene_classification(scenes: Iterable[Scene], grid: GeoBox) -> xr.DataArray:
    """Open ESA's scene classification (SCL) of scenes on one grid, lazily.

    Parameters
    ----------
    scenes, grid
        As for `load`; resampled to the nearest pixel.

    Returns
    -------
    xarray.DataArray
        Dims (time, y, x), uint8, SCL codes, 0 = no data; the same time steps as `load`.

    Raises
    ------
    InvalidInputError, UnreachableError
        As `load`.
    """
    passes = _checked_passes(scenes, (SCL,))
    layers = [_lazy(parts, grid, (SCL,), np.dtype(np.uint8))[0] for parts in passes]
    return xr.DataArray(
        da.stack(layers), dims=("time", "y", "x"), coords=_coords(passes, grid), name="scene_classification"
    )


def quicklook(reflectance: xr.DataArray) -> xr.DataArray:
    """Return reflectance as bytes for display: a square root gives dark ground most of the steps.

    Parameters
    ----------
    reflectance
        Any dims, unitless, NaN = no data.

    Returns
    -------
    xarray.DataArray
        The same dims, uint8: ``1 + 254 sqrt(reflectance)``, rounded, for reflectance cut at 0 and 1; 0 = no data.
        A step is 0.0018 of reflectance at 0.05 and 0.004 at 0.3.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> quicklook(xr.DataArray([np.nan, -0.01, 0.0, 0.25, 1.0])).values
    array([  0,   1,   1, 128, 255], dtype=uint8)
    """
    shown: xr.DataArray = xr.apply_ufunc(
        _shown, reflectance, dask="parallelized", output_dtypes=[np.uint8], keep_attrs=True
    )
    return shown.rename("quicklook")


def _shown(reflectance: NDArray[np.floating]) -> NDArray[np.uint8]:
    shown = np.empty(reflectance.size, np.uint8)
    _show(reflectance.ravel(), shown)
    return shown.reshape(reflectance.shape)


@numba.njit(cache=True, nogil=True)
def _show(reflectance: NDArray[np.floating], shown: NDArray[np.uint8]) -> None:
    for i in range(shown.size):
        cut = min(max(reflectance[i], np.float32(0)), np.float32(1))
        step = np.rint(np.float32(1) + np.float32(254) * np.sqrt(cut))
        shown[i] = np.uint8(0) if np.isnan(reflectance[i]) else np.uint8(step)


def _checked_passes(scenes: Iterable[Scene], bands: Sequence[str]) -> list[tuple[Scene, ...]]:
    scenes = list(scenes)
    if not scenes:
        raise InvalidInputError("There are no scenes to load; choose at least one.")
    for band in bands:
        if not any(band in scene.hrefs or band in scene.refused for scene in scenes):
            instead = "Use mask none or mask model" if band == SCL else "Choose a model that needs only these"
            raise InvalidInputError(
                f"No scene has the band {band!r}; {scenes[0].id} has {', '.join(sorted(scenes[0].hrefs))}. "
                f"{instead}, or another catalog."
            )
    return acquisitions(scenes)


def _coords(passes: list[tuple[Scene, ...]], grid: GeoBox) -> dict[str, object]:
    moments = [min(s.datetime for s in parts).replace(tzinfo=None) for parts in passes]
    return {
        "time": np.array(moments, "datetime64[ns]"),
        "scene": ("time", [parts[0].id for parts in passes]),
        "cloud_cover": ("time", [float(np.mean([s.cloud_cover for s in parts])) for parts in passes]),
        **{str(name): coord for name, coord in xr_coords(grid).items()},
    }


def _lazy(parts: tuple[Scene, ...], grid: GeoBox, bands: tuple[str, ...], dtype: np.dtype[np.generic]) -> da.Array:
    """Return (band, y, x) of one acquisition, a task a block."""
    read = delayed(_read_acquisition, pure=True)
    height, width = grid.shape
    rows = []
    for y in range(0, height, BLOCK_PX):
        row = []
        for x in range(0, width, BLOCK_PX):
            block = grid[y : min(y + BLOCK_PX, height), x : min(x + BLOCK_PX, width)]
            task = read(parts, block, bands, dtype)
            row.append(da.from_delayed(task, (len(bands), *block.shape), dtype=dtype))
        rows.append(row)
    return da.block(rows)


def _read_acquisition(
    parts: tuple[Scene, ...], grid: GeoBox, bands: tuple[str, ...], dtype: np.dtype[np.generic]
) -> NDArray[np.generic]:
    """Read one block of one acquisition: at each pixel the first part that has data there."""
    filled = _read_scene(parts[0], grid, bands, dtype)
    for part in parts[1:]:
        empty = _is_empty(filled)
        if not empty.any():
            break
        filled[:, empty] = _read_scene(part, grid, bands, dtype)[:, empty]
    return filled


def _is_empty(block: NDArray[np.generic]) -> NDArray[np.bool_]:
    return np.all(np.isnan(block) if block.dtype.kind == "f" else block == 0, axis=0)


def _read_scene(scene: Scene, grid: GeoBox, bands: tuple[str, ...], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Return (band, y, x) of one scene: reflectance with NaN, or codes with 0."""
    missing = [band for band in bands if band not in scene.hrefs]
    if refused := [f"{band} {scene.refused[band]}" for band in missing if band in scene.refused]:
        raise UnreachableError(f"Scene {scene.id} is not read: {'; '.join(refused)}.")
    if missing:
        raise UnreachableError(f"Scene {scene.id} lacks the asset(s) {', '.join(missing)}.")
    numbers = _read_with_retries(scene, grid, bands)
    return numbers if dtype.kind == "f" else np.nan_to_num(numbers).astype(dtype)


def _read_with_retries(scene: Scene, grid: GeoBox, bands: tuple[str, ...]) -> NDArray[np.float32]:
    """Return `_read_numbers`: of all bands at once, or else band by band, each patiently."""
    name, hrefs = f"Scene {scene.id}", [scene.hrefs[b] for b in bands]
    if len(bands) > 1:
        began = time.monotonic()
        try:
            return once(lambda: _read_numbers(scene, grid, bands), hrefs, scene.reach)
        except OneForTwoError as error:
            raise UnreachableError(f"Scene {scene.id} is not read: {error}.") from error
        except Exception as error:  # the one bad answer is that of one band
            if is_given_up(hrefs):
                raise unreachable(name, error) from error
            _log.info("Scene %s: reading its bands one by one: %s", scene.id, without_secrets(in_words(error)))
            forget_tokens(began)
    one_by_one = [
        patiently(partial(_read_numbers, scene, grid, (b,)), [scene.hrefs[b]], name, scene.reach) for b in bands
    ]
    return np.concatenate(one_by_one)


def _read_numbers(scene: Scene, grid: GeoBox, bands: tuple[str, ...]) -> NDArray[np.float32]:
    """Return (band, y, x): reflectance with NaN, or the codes of `SCL` with 0."""
    with contextlib.ExitStack() as opened:
        sources = {
            b: opened.enter_context(verified(scene.hrefs[b], scene.checksums.get(b, ""), scene.reach)) for b in bands
        }
        return BandReader(scene=scene, grid=grid).read(sources)
