"""The bands of one scene, each from its own file, on one grid: as reflectance, or as codes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numba
import numpy as np
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from odc.geo.overlap import compute_reproject_roi
from odc.loader import RasterLoadParams, RasterSource, RioDriver, RioReader

from lulc_core.imagery.aligned import Alignment
from lulc_core.imagery.assets import SCL
from lulc_core.imagery.fetching import RefusedError, find_band, open_image
from lulc_core.imagery.grids import refuse_coarser, refuse_elsewhere
from lulc_core.imagery.radiometry import LEAST_FLOAT, MOST_FLOAT, SATURATED_DN, calibration, examine
from lulc_core.imagery.traffic import count_needed
from lulc_core.valid_pixels import refuse_lossy, with_zero_as_no_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from lulc_core.imagery.aligned import Place
    from lulc_core.imagery.radiometry import StoredValues
    from lulc_core.imagery.scenes import Scene

MOST_SCL = 11
"""Highest code of ESA's scene classification: snow or ice."""
FINER = 1.5
"""Pixels of a file along one of the grid, from which on they are averaged: bilinear weights reach beyond the pixel."""
_CORNERS = 100
"""Points of an outline that is moved into another CRS, at least."""


class OneForTwoError(RefusedError):
    """Two bands are one band of one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandReader:
    """Reads the bands of a scene on a grid."""

    scene: Scene
    grid: GeoBox
    places: dict[tuple[str, int], str] = field(default_factory=dict)
    """Address, and position in its file, to the band that was read there."""

    def read(self, sources: Mapping[str, str]) -> NDArray[np.float32]:
        """Return (band, y, x): reflectance with NaN, or the codes of `SCL` with 0.

        Parameters
        ----------
        sources
            Asset key of each band to what to open. Nothing is opened if the scene does not reach the grid.
        """
        out = np.empty((len(sources), *self.grid.shape), np.float32)
        if not _reaches(self.scene.footprint, self.grid):
            for band, into in zip(sources, out, strict=True):
                into[:] = 0 if band == SCL else np.nan
            return out
        driver = RioDriver()
        with driver.restore_env(driver.capture_env(), driver.new_load(self.grid)) as context:
            for (band, uri), into in zip(sources.items(), out, strict=True):
                self._read(band, uri, into, context)
        return out

    def _read(self, band: str, uri: str, into: NDArray[np.float32], context: Any) -> None:
        with open_image(uri) as image:
            position = self._found(band, image)
            stored = examine(image, position, no_data=self.scene.no_data.get(band))
            where, numbers = self._numbers(band, uri, image, position, context)
        into[:] = 0
        into[where] = numbers
        if band == SCL:
            _check_codes(into)
        else:
            _to_reflectance(into, *_formula(stored, *calibration(self.scene, band, stored)))

    def _found(self, band: str, image: rasterio.DatasetReader) -> int:
        """Return the position of a band in its file, if that is the one that its item means."""
        scene, href, source = self.scene, self.scene.hrefs[band], GeoBox.from_rio(image)
        refuse_elsewhere(source, scene.footprint, scene.bounds.get(band))
        if band in scene.pixels:
            refuse_coarser(source, band, scene.pixels[band], scene.bounds[band][0])
        position = find_band(image, band, scene.positions.get(band))
        if urlsplit(href).scheme in ("http", "https"):
            count_needed(href, image, position, self.grid)
        if (other := self.places.setdefault((href, position), band)) != band:
            raise OneForTwoError(f"its assets {other} and {band} lead to one band of one file")
        return position

    def _numbers(self, band: str, uri: str, image: rasterio.DatasetReader, position: int, context: Any) -> Place:
        """Read what is stored on the grid, 0 = no data beside whatever value or mask the file names.

        Without it, warping mixes the zeros beyond the edge of a swath into their neighbours.
        """
        codes, grid = band == SCL, GeoBox.from_rio(image)
        if codes and image.driver == "GTiff":  # those in JPEG 2000 are ESA's own
            refuse_lossy(image, f"{SCL} of scene {self.scene.id}")
        source = with_zero_as_no_data(image, uri, position, also=self.scene.no_data.get(band), overviews=not codes)
        aligned = Alignment.of(grid, self.grid) if image.dtypes[position - 1] in ("uint8", "uint16") else None
        if aligned is not None and source == uri:
            return aligned.read(image, nearest=codes)
        if aligned is not None:
            with rasterio.open(source, sharing=False) as of_zero:
                return aligned.read(of_zero, nearest=codes)
        finer = not codes and compute_reproject_roi(grid, self.grid).scale >= FINER
        how = "nearest" if codes else "average" if finer else "bilinear"
        wanted = RasterLoadParams(dtype="float32", fill_value=0, src_nodata_fallback=0, resampling=how)
        found: Place = RioReader(RasterSource(source), context).read(wanted, self.grid)
        return found


@lru_cache(maxsize=256)
def _on(crs: str, footprint: BaseGeometry) -> Geometry:
    """Return the outline of a scene, in degrees, in another CRS."""
    outline = Geometry(footprint, "EPSG:4326")
    return outline.to_crs(crs, math.sqrt(outline.area) * 4 / _CORNERS, check_and_fix=True).dropna()


def _reaches(footprint: BaseGeometry, grid: GeoBox) -> bool:
    """Return whether a scene's outline, in degrees, touches a grid."""
    return bool(_on(str(grid.crs), footprint).intersects(grid.extent))


def _formula(stored: StoredValues, scale: float, offset: float) -> tuple[np.float32, ...]:
    """Return how to make reflectance of stored numbers, for `_to_reflectance`; exact where these are whole."""
    least, beyond = (-np.inf, MOST_FLOAT) if stored.floats else (0, SATURATED_DN if stored.kind == "uint16" else np.nan)
    if stored.floats and scale == 1:
        least = LEAST_FLOAT
    return np.float32(least), np.float32(beyond), np.float32(offset / scale), np.float32(1 / scale)


@numba.njit(cache=True, nogil=True)
def _to_reflectance(
    numbers: NDArray[np.float32], least: np.float32, beyond: np.float32, added: np.float32, divisor: np.float32
) -> None:
    """Make reflectance of stored numbers, in place: NaN where they are 0, below the least, or not below another."""
    for y in range(numbers.shape[0]):
        for x in range(numbers.shape[1]):
            number = numbers[y, x]
            empty = number == 0 or not number >= least or number >= beyond
            numbers[y, x] = np.float32(np.nan) if empty else (number + added) / divisor


def _check_codes(codes: NDArray[np.float32]) -> None:
    """Raise `RefusedError` for what are no codes of the scene classification."""
    if np.nanmax(codes, initial=0) > MOST_SCL or np.nanmin(codes, initial=0) < 0 or (codes % 1 > 0).any():
        raise RefusedError(
            f"its {SCL} holds {np.nanmin(codes):g} to {np.nanmax(codes):g}, where ESA's codes are 0 to {MOST_SCL}. "
            "Use mask none or mask model"
        )
