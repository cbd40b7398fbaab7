"""Wall-to-wall comparison of a map with a reference that is known everywhere: figures without standard errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import pandas as pd
import rasterio
from odc.geo.geobox import GeoBox

from lulc_core.accuracy.assessment import assessment
from lulc_core.accuracy.designs import Design, MappedAreas, check_pixel_ha
from lulc_core.accuracy.samples import observe
from lulc_core.class_rasters import ClassRaster
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.pixel_areas import pixel_ha as pixel_ha_of

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from lulc_core.accuracy.report import Assessment


def assess_labels(mapped: xr.DataArray, reference: xr.DataArray) -> Assessment:
    """Compare a map with a reference that is known everywhere, as in simulated regions.

    Parameters
    ----------
    mapped, reference
        Legend codes, dims ``(y, x)``, uint8, 0 = no data, on one grid.

    Returns
    -------
    Assessment
        Without standard errors: nothing was sampled.

    Raises
    ------
    InvalidInputError
        For different grids, codes outside the legend, or no pixel that both label.
    """
    grids = mapped.odc.geobox, reference.odc.geobox
    if grids[0] != grids[1]:
        raise InvalidInputError(f"Map and reference must lie on one grid; got {grids[0]} and {grids[1]}.")
    tally = _tally(np.asarray(mapped), np.asarray(reference))
    return _census(tally, pixel_ha_of(grids[0]), None)


def assess_rasters(map_path: Path | str, reference_path: Path | str, *, pixel_ha: float | None = None) -> Assessment:
    """Compare two class rasters wall to wall, block by block; for truth that is known everywhere.

    Parameters
    ----------
    map_path, reference_path
        Single-band class rasters on one grid, in codes of `LEGEND` or with class names that it has; 0 and what the
        file's tag or mask says is no data.
    pixel_ha
        Area of a pixel in hectares, where the projection does not give it.

    Returns
    -------
    Assessment
        Without standard errors: nothing was sampled.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, different grids, codes outside the legend, or no pixel that both
        label.
    """
    check_pixel_ha(pixel_ha)
    tally = np.zeros((256, 256), np.int64)
    try:
        with rasterio.open(map_path) as first, rasterio.open(reference_path) as second:
            _refuse_other_grid(first, second)
            mapped, reference = ClassRaster.of(first, map_path), ClassRaster.of(second, reference_path)
            for _, window in first.block_windows(1):
                tally += _tally(mapped.read(window), reference.read(window))
            return _census(tally, pixel_ha_of(GeoBox.from_rio(first)), pixel_ha)
    except rasterio.errors.RasterioIOError as error:
        raise InvalidInputError(
            f"Map and reference must be rasters that GDAL reads; {str(error).rstrip('.')}."
        ) from error


def _tally(mapped: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.int64]:
    pairs = mapped.astype(np.int64).ravel() * 256 + reference.ravel()
    return np.bincount(pairs, minlength=256 * 256).reshape(256, 256)


def _census(tally: NDArray[np.int64], pixel_ha: float | None, given_ha: float | None) -> Assessment:
    """Figures of a map that is compared with the truth everywhere."""
    LEGEND.check_codes(np.flatnonzero(tally.sum(1)), "the map")
    LEGEND.check_codes(np.flatnonzero(tally.sum(0)), "the reference")
    both = tally.copy()
    both[NO_DATA] = both[:, NO_DATA] = 0
    if not both.any():
        raise InvalidInputError("No pixel has a label in both the map and the reference; nothing to compare.")
    rows, columns = np.nonzero(both)
    sample = pd.DataFrame(
        {
            "map": [LEGEND[int(i)].name for i in rows],
            "reference": [LEGEND[int(j)].name for j in columns],
            "pixels": both[rows, columns],
        }
    )
    design = Design(sizes={"all": float(both.sum())}, kind="census")
    classes = [c.name for c in LEGEND if both[c.code].any() or both[:, c.code].any()]
    observed = observe(sample, design, classes=classes, tallied=True)
    counted = sample.groupby("map")["pixels"].sum()
    census = MappedAreas(pixels={str(name): float(n) for name, n in counted.items()}, pixel_ha=given_ha or pixel_ha)
    report = assessment(observed, census, None, "census")
    one_sided = int(tally.sum() - both.sum() - tally[NO_DATA, NO_DATA])
    if one_sided:
        left_out = f"{one_sided} pixels that only one of map and reference labels were left out."
        report = replace(report, warnings=(*report.warnings, left_out))
    return report


def _refuse_other_grid(first: rasterio.DatasetReader, second: rasterio.DatasetReader) -> None:
    def grid(raster: rasterio.DatasetReader) -> str:
        return f"{raster.crs}, {raster.height} x {raster.width} pixels, transform {tuple(raster.transform)[:6]}"

    same = first.crs == second.crs and first.shape == second.shape
    if not (same and first.transform.almost_equals(second.transform, 1e-6)):
        raise InvalidInputError(
            f"Map and reference must lie on one grid; got {grid(first)} and {grid(second)}. Warp one to the "
            "other with nearest neighbour."
        )
