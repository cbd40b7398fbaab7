"""A miniature of the published label tiles, in the layout that they are distributed in, and the scenes they are of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from making import MadeCatalog, item, write_cog
from odc.geo.geobox import GeoBox

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

SIDE, TILE = 96, 32
"""Pixels a side of the place, and of a tile of labels; a published tile has 510."""
FOLDERS = ("Experts/EH/1", "Non_expert/WorkForce/EH/1", "validation_set")
"""As in the three archives."""


@cache
def place() -> lulc.Place:
    """The corner of a simulated place: reflectance and truth that belong together."""
    whole = lulc.Region.named("belgium")
    corner = lulc.Region.from_grid(GeoBox((SIDE, SIDE), whole.grid.affine, whole.grid.crs), name="belgium")
    return lulc.simulate_place(corner, 2019, acquisitions=2)


def day(t: int) -> date:
    return datetime.fromisoformat(str(place().reflectance.time.values[t])[:10]).date()


def numbers(t: int) -> NDArray[np.uint16]:
    """Digital numbers (band, y, x) of an acquisition, 0 = no data."""
    image: xr.DataArray = place().reflectance[t]
    stored = np.clip(np.rint(image.values * 10_000), 1, 60_000)
    return np.where(np.isnan(image.values), 0, stored).astype(np.uint16)


class Scenes(MadeCatalog):
    """A catalog of scenes of the place."""

    def add_scene(self, name: str, t: int, dn: NDArray[np.uint16] | None = None, **properties: Any) -> None:
        assets = {band: self.root / "assets" / f"{name}_{band}.tif" for band in lulc.BANDS}
        for path, values in zip(assets.values(), numbers(t) if dn is None else dn, strict=True):
            write_cog(path, values)
        assets["SCL"] = self.root / "assets" / f"{name}_SCL.tif"
        write_cog(assets["SCL"], place().scl.values[t, ::2, ::2], 20.0)
        moment = f"{day(t)}T10:50:00Z"
        self.items.append(item(name, moment, assets, self.root, SIDE, **properties))
        self.save()


def scenes(folder: Path) -> Scenes:
    """Both acquisitions of the place."""
    catalog = Scenes(folder, SIDE)
    for t in (0, 1):
        catalog.add_scene(f"S2A_{day(t):%Y%m%d}", t)
    return catalog


@dataclass(frozen=True)
class Tile:
    """A tile of labels, a corner of the place."""

    row: int
    column: int
    t: int

    @property
    def at(self) -> tuple[slice, slice]:
        return (slice(self.row, self.row + TILE), slice(self.column, self.column + TILE))

    @property
    def grid(self) -> GeoBox:
        return place().region.grid[self.at]

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The truth; a corner is unmarked, and another is cloud."""
        codes = place().truth.values[self.at].astype(np.uint8)
        codes[:8, :8], codes[-4:, -4:] = 0, 10
        return codes

    @property
    def name(self) -> str:
        lon, lat = self.grid.extent.to_crs("EPSG:4326").centroid.coords[0]
        return f"dw_{lon:.6f}_{lat:.6f}-{day(self.t):%Y%m%d}.tif"


TILES = {
    FOLDERS[0]: [Tile(0, 0, 0), Tile(0, 32, 0)],
    FOLDERS[1]: [Tile(0, 64, 1), Tile(32, 0, 0)],
    FOLDERS[2]: [Tile(64, 64, 1)],
}


def write_label(path: Path, codes: NDArray[Any], grid: GeoBox, **profile: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"count": 1, "height": codes.shape[0], "width": codes.shape[1], "dtype": codes.dtype}
    where = {"crs": str(grid.crs), "transform": grid.transform}
    with rasterio.open(path, "w", driver="GTiff", **(shape | where | profile)) as target:
        target.write(codes, 1)
    return path


def write_labels(folder: Path) -> Path:
    for below, tiles in TILES.items():
        for tile in tiles:
            write_label(folder / below / tile.name, tile.codes, tile.grid)
    return folder
