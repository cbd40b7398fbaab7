"""A map that is opened without the votes behind it: they were not kept, or would not fit in memory."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import rasterio
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from rasterio.enums import ColorInterp
from rasterio.windows import Window

import lulc_core as lulc
from lulc_explorer.analysis.composite import Composite
from lulc_explorer.engine.classes import PUBLISHED, in_colours
from lulc_explorer.engine.land_cover_map import LEGEND, LandCoverMap, read_land_cover_map
from lulc_explorer.engine.places import MOST_HA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lulc_explorer.engine.requests import MapRequest

_VOTES = lulc.MapFile.PREDICTIONS
_STRIP_PX = 2**24
"""Pixels of a map that are read at a time."""


def step_of(region: lulc.Region) -> int:
    """Return of how many pixels, in each direction, one is shown, so that a map fits in memory; 1 for all."""
    return max(math.ceil(math.sqrt(region.area_ha / MOST_HA)), 1)


def coarser(grid: GeoBox, step: int) -> GeoBox:
    """Return the grid of the pixels that are shown, of which each stands for `step` x `step`.

    Examples
    --------
    >>> grid = GeoBox.from_bbox((0, 0, 100, 90), crs="EPSG:32631", resolution=10)
    >>> coarser(grid, 4).shape.yx, coarser(grid, 4).resolution.x
    ((2, 2), 40.0)
    """
    return GeoBox((grid.shape.y // step, grid.shape.x // step), grid.affine @ Affine.scale(step), grid.crs)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CompositeOnly(LandCoverMap):
    """The composite of a map, with the weights that it was made with."""

    data: xr.Dataset
    """`label`, `runner_up`, `support`, `margin`, `observations` on (y, x)."""
    step: int = 1
    """As `step_of`."""

    @cached_property
    def composite(self) -> Composite:
        """The composite as it was made; the areas are those of all pixels."""
        names = {0: "no data"} | {int(c.code): c.name for c in LEGEND}
        hectares = {code: float(self.report["classes"][name]["area_ha"]) for code, name in names.items()}
        return Composite(data=self.data, hectares=hectares, pixel_ha=self.pixel_ha)

    def weigh(self, weights: Mapping[str, float]) -> Composite:
        """Return the composite as it was made; raises `UserError` for other weights."""
        return self._refuse() if weights else self.composite

    def map_file(self, composite: Composite, colours: str = PUBLISHED) -> bytes:
        """Return the whole map, as it was written; in other colours, written anew."""
        path, legend = self.folder / lulc.MapFile.MAP, in_colours(self.legend, colours)
        with rasterio.open(path) as source, tempfile.TemporaryDirectory() as folder:
            if _is_drawn_in(legend, source):
                return path.read_bytes()
            tags = {name: text for name, text in source.tags().items() if name != "AREA_OR_POINT"}
            again = Path(folder) / path.name
            lulc.write_map(lulc.read_map(path), again, legend=legend, tags=tags)
            return again.read_bytes()

    def quality_file(self, composite: Composite) -> bytes:
        """Return the whole quality, as it was written."""
        return (self.folder / lulc.MapFile.QUALITY).read_bytes()

    def ledger(self, pixel: tuple[int, int], weights: Mapping[str, float]) -> NoReturn:
        """Raise `UserError`: there are no votes."""
        self._refuse()

    def evidence(self, pixel: tuple[int, int]) -> NoReturn:
        """Raise `UserError`: there are no votes."""
        self._refuse()

    def nearest(self, moment: str) -> int:
        """Return 0."""
        return 0

    def lacks(self, moment: str) -> bool:
        """Whether a link asks for a scene."""
        return bool(moment)

    def _refuse(self) -> NoReturn:
        raise lulc.NotFoundError(self.why_no_votes)


def read_made_map(request: MapRequest, folder: Path) -> LandCoverMap:
    """Read a map that `lulc.make_map` wrote, with the votes behind it if they were kept and fit in memory."""
    report = lulc.read_report(folder)
    step = round(request.region.grid.resolution.x / report["grid"]["transform"][0])
    if step == 1 and (folder / _VOTES).is_dir():
        return read_land_cover_map(request, folder)
    return _read_composite_only(request, folder, report, step)


def _read_composite_only(request: MapRequest, folder: Path, report: dict[str, Any], step: int) -> CompositeOnly:
    grid = request.region.grid
    (label,) = _read(folder / lulc.MapFile.MAP, grid, step)
    runner_up, support, margin, seen = _read(folder / lulc.MapFile.QUALITY, grid, step)
    shares = {
        name: np.where(seen > 0, band / 100, np.nan).astype(np.float32)
        for name, band in (("support", support), ("margin", margin))
    }
    runner_up = np.where(seen > 0, runner_up, 0).astype(np.uint8)
    bands = {"label": label, "runner_up": runner_up, **shares, "observations": seen}
    coords = xr_coords(grid)
    data = xr.Dataset({name: (grid.dimensions, band) for name, band in bands.items()}, coords)
    why = _why(request, folder, step, mosaic=bool(report.get("tiles")))
    nothing = np.zeros((0, *grid.shape), np.uint8)
    return CompositeOnly(
        request=request,
        folder=folder,
        predictions=xr.Dataset(
            dict.fromkeys(("label", "confidence", "clear"), (("time", *grid.dimensions), nothing)),
            {**coords, "time": np.zeros(0, "datetime64[ns]")},
        ),
        report={**report, "warnings": [why, *report["warnings"]]},
        votes=xr.Dataset(),
        data=data.assign_attrs(weights=report["weights"]),
        step=step,
        why_no_votes=why,
    )


def _is_drawn_in(legend: lulc.Legend, source: rasterio.DatasetReader) -> bool:
    """Return whether a map has the colours of a legend."""
    colours = source.colormap(1) if source.colorinterp[0] == ColorInterp.palette else {}
    return all(colours.get(code, ())[:3] == colour for code, colour in legend.colours.items())


def _read(path: Path, grid: GeoBox, step: int) -> NDArray[np.generic]:
    """Return of every `step` x `step` pixels of a raster the one in their middle, dims (band, y, x)."""
    height, width = grid.shape
    with rasterio.open(path) as source:
        found = np.empty((source.count, height, width), source.dtypes[0])
        most = max(_STRIP_PX // (width * step * step), 1)
        for row in range(0, height, most):
            rows = min(most, height - row)
            strip = source.read(window=Window(0, row * step, width * step, rows * step))
            found[:, row : row + rows] = strip[:, step // 2 :: step, step // 2 :: step]
    return found


def _why(request: MapRequest, folder: Path, step: int, *, mosaic: bool) -> str:
    """Return why there are no votes, what is shown, and what to do about it."""
    shown = f" One pixel of every {step} x {step} is shown; areas and downloads are of all." if step > 1 else ""
    if mosaic:
        return f"Votes are not available: a mosaic holds none.{shown} For the votes, open a tile of its run."
    if (folder / _VOTES).is_dir():
        return (
            f"Votes are not available: this tile covers {request.region.area_ha / 100:,.0f} km², and the explorer "
            f"reads those of {MOST_HA / 100:,.0f} at most.{shown} For the votes, run smaller parts with --clip."
        )
    return (
        f"Votes are not available: the predictions of each scene were not kept when this map was made.{shown} For the "
        "votes, run again into another folder with --keep predictions."
    )
