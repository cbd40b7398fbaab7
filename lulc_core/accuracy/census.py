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
from lulc_core.accuracy.designs import Design, MappedAreas, agreed_pixel_ha
from lulc_core.accuracy.other_codes import other_pairing
from lulc_core.accuracy.samples import observe
from lulc_core.class_rasters import ClassRaster, existing_map
from lulc_core.counted import counted, percent
from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import pixel_areas, sum_hectares
from lulc_core.ground_area import pixel_ha as pixel_ha_of
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.raster_layout import class_codes, on_grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from lulc_core.accuracy.report import Assessment

    Labels = NDArray[np.uint8]


_PAIRS = 256 * 256
"""Pairs of two codes."""
LEAST_KNOWN = 0.5
"""Share of the mapped pixels that have a reference, below which it is hardly known everywhere."""
MOST_ALIKE_PX = 1000
"""In so many pixels and more, no map of several classes is right everywhere."""
_LABELLED = np.arange(256) != NO_DATA


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
        For other dims or types, different grids, codes outside the legend, or no pixel that both label.
    """
    mapped, reference = class_codes(mapped, "The map"), class_codes(reference, "The reference")
    reference = on_grid(reference, mapped, "The reference", "the map")
    return _census([(mapped.values, reference.values, pixel_areas(mapped.odc.geobox))], ["One of them"])


def assess_rasters(map_path: Path | str, reference_path: Path | str, *, pixel_ha: float | None = None) -> Assessment:
    """Compare two class rasters wall to wall, block by block; for truth that is known everywhere.

    Parameters
    ----------
    map_path, reference_path
        Single-band class rasters on one grid, in codes of `LEGEND` or with class names that it has; 0 and what the
        file's tag or mask says is no data.
    pixel_ha
        Area of a pixel in hectares, where the georeference does not give it.

    Returns
    -------
    Assessment
        Without standard errors: nothing was sampled.

    Raises
    ------
    NotFoundError
        If one of them is no file.
    InvalidInputError
        For a file that cannot be read, different grids, codes outside the legend, no pixel that both label, or an
        area of a pixel that the georeference contradicts.
    """
    map_path, reference_path = existing_map(map_path), existing_map(reference_path)
    try:
        with rasterio.open(map_path) as first, rasterio.open(reference_path) as second:
            _refuse_other_grid(first, second)
            mapped, reference = ClassRaster.of(first, map_path), ClassRaster.of(second, reference_path)
            grid = GeoBox.from_rio(first)
            known = pixel_ha_of(grid)
            given = agreed_pixel_ha(known, pixel_ha)
            blocks = (
                (mapped.read(part), reference.read(part), pixel_areas(grid, *part.toslices()) if known else given)
                for _, part in first.block_windows(1)
            )
            report = _census(blocks, [str(raster.path) for raster in (mapped, reference) if not raster.names])
            return replace(report, warnings=(*mapped.remarks(), *reference.remarks(), *report.warnings))
    except rasterio.errors.RasterioIOError as error:
        raise InvalidInputError(
            f"Map and reference must be rasters that GDAL reads; {str(error).rstrip('.')}."
        ) from error


def _census(
    blocks: Iterable[tuple[Labels, Labels, float | NDArray[np.float32] | None]], unnamed: Sequence[str]
) -> Assessment:
    """Figures of a map that is compared with the truth everywhere, by blocks: map, reference, hectares of a pixel.

    Rasters that are `unnamed` do not say which classes their codes mean. Shares are those of the area where pixels are
    not of one size, and of pixels where they are, or where nothing is known of their size.
    """
    tally, area, equal, size = np.zeros(_PAIRS, np.int64), np.zeros(_PAIRS), True, None
    for mapped, reference, size in blocks:
        pairs = mapped.astype(np.int64) * 256 + reference
        tally += np.bincount(pairs.ravel(), minlength=_PAIRS)
        area += sum_hectares(pairs, 1.0 if size is None else size, _PAIRS)
        equal &= not isinstance(size, np.ndarray)
    counts, areas = tally.reshape(256, 256), area.reshape(256, 256)
    LEGEND.check_codes(np.flatnonzero(counts.sum(1)), "the map")
    LEGEND.check_codes(np.flatnonzero(counts.sum(0)), "the reference")
    both = np.where(np.outer(_LABELLED, _LABELLED), counts, 0)
    if not both.any():
        raise InvalidInputError("No pixel has a label in both the map and the reference; nothing to compare.")
    _refuse_other_codes(both, unnamed)
    one_sided = int(counts.sum() - both.sum() - counts[NO_DATA, NO_DATA])
    if np.count_nonzero(both) == 1 and one_sided:
        raise InvalidInputError(
            f"Map and reference both label {int(both.sum()):,} pixels, all with one class, and {one_sided:,} pixels "
            "are labelled in only one of them: whatever is wrong lies there. If no data stands for a class, as for the "
            "rest of a binary map, give it a code of its own."
        )
    mean = float(areas[both > 0].sum() / both.sum())
    report = _figures(both if equal else np.where(both, areas / mean, 0), None if size is None else mean)
    if one_sided:
        left_out = f"{counted(one_sided, 'pixel', 'were')} left out: only one of map and reference has a label there."
        report = replace(report, warnings=(*report.warnings, left_out))
    return replace(report, warnings=(*_doubts(counts, both), *report.warnings))


def _doubts(counts: NDArray[np.int64], both: NDArray[np.int64]) -> list[str]:
    """Return warnings of a reference that is the map itself, or is known in few of its pixels."""
    labelled = int(both.sum())
    known = labelled / int(counts[_LABELLED].sum())
    doubts = []
    if known < LEAST_KNOWN:
        doubts.append(
            f"The reference labels {percent(known, 1)} of the mapped pixels: figures and areas are of these, not of "
            "the map. If they were sampled, give a table of them, with the design."
        )
    if labelled >= MOST_ALIKE_PX and labelled == np.trace(both) and np.count_nonzero(both) > 1:
        doubts.append("Map and reference are alike in every pixel: is one a copy of the other?")
    return doubts


def _refuse_other_codes(pixels: NDArray[np.int64], unnamed: Sequence[str]) -> None:
    """Refuse rasters that agree far better if the codes of one that names no classes mean other classes."""
    found = other_pairing(pixels) if unnamed else None
    if found:
        pairs = ", ".join(f"{i} is {j}" for i, j in found.pairs)
        raise InvalidInputError(
            f"Map and reference agree in {percent(found.same)} of the pixels, but in {percent(found.best)} if codes "
            f"of the map are other codes of the reference ({pairs}). Name the classes of "
            f"{' and '.join(unnamed)} (category names); Dynamic World's codes count from 0 (water)."
        )


def _figures(pixels: NDArray[np.floating | np.integer], pixel_ha: float | None) -> Assessment:
    """Figures of the pixels, as of mean size, of each map class (row) and reference class (column)."""
    rows, columns = np.nonzero(pixels)
    sample = pd.DataFrame(
        {
            "map": [LEGEND[int(i)].name for i in rows],
            "reference": [LEGEND[int(j)].name for j in columns],
            "pixels": pixels[rows, columns],
        }
    )
    design = Design(sizes={"all": float(pixels.sum())}, kind="census", relative=True)
    classes = [c.name for c in LEGEND if pixels[c.code].any() or pixels[:, c.code].any()]
    observed = observe(sample, design, classes=classes, tallied=True)
    mapped = sample.groupby("map")["pixels"].sum()
    census = MappedAreas(pixels={str(name): float(n) for name, n in mapped.items()}, pixel_ha=pixel_ha)
    return assessment(observed, census, None, "census")


def _refuse_other_grid(first: rasterio.DatasetReader, second: rasterio.DatasetReader) -> None:
    def grid(raster: rasterio.DatasetReader) -> str:
        return f"{raster.crs}, {raster.height} x {raster.width} pixels, transform {tuple(raster.transform)[:6]}"

    same = first.crs == second.crs and first.shape == second.shape
    if not (same and first.transform.almost_equals(second.transform, 1e-6)):
        raise InvalidInputError(
            f"Map and reference must lie on one grid; got {grid(first)} and {grid(second)}. Warp one to the "
            "other with nearest neighbour."
        )
