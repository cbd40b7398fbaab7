"""Published label tiles as they are distributed: nested folders of GeoTIFFs whose names say where and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from lulc_core.class_rasters import ClassRaster
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.ground_area import metres_of
from lulc_core.legend import LEGEND
from lulc_core.regions import RESOLUTION_M
from lulc_core.training.files import geotiffs
from lulc_core.training.rasters import open_tiff

if TYPE_CHECKING:
    import rasterio
    from numpy.typing import NDArray

EXPERT, NON_EXPERT, VALIDATION = "expert", "non-expert", "validation"
"""Who labelled a tile, and the publisher's own validation set."""
_NAME = re.compile(
    r"dw_(?P<lon>-?\d+(?:[.p](?P<decimals>\d+))?)_(?P<lat>-?\d+(?:[.p]\d+)?)-(?P<day>\d{8})", re.IGNORECASE
)
"""``dw_-0.64_6.82-20190226`` as of the training tiles, or ``dw_-0p64_6p82-20190226`` as of the consensus tiles."""
_KIND = re.compile(r"(label|probs)_", re.IGNORECASE)
"""What the files of a consensus tile begin with."""
_DEGREE_M = 111_320
"""Metres of a degree of latitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelTile:
    """A published tile of labels."""

    path: Path
    """The file."""
    id: Path
    """Its path below the folder, without ending."""
    group: str
    """`EXPERT`, `NON_EXPERT` or `VALIDATION`, from the folders that it is in; empty if they do not say."""
    day: date
    """When the image was sensed that was labelled, UTC."""
    grid: GeoBox
    """Its pixels: projected, 10 m, north up."""

    def read(self) -> NDArray[np.uint8]:
        """Return its legend codes, dims (y, x), 0 = unmarked.

        Raises
        ------
        InvalidInputError
            If the file holds other codes, or contradicts itself.
        """
        with open_tiff(self.path) as source:
            codes = ClassRaster.of(source, self.path).read()
        LEGEND.check_codes(np.unique(codes), str(self.path))
        return codes


def find_label_tiles(folder: Path) -> tuple[list[LabelTile], dict[Path, str]]:
    """List the label tiles below a folder, and why others are none, by their paths below it.

    A tile is named ``dw_<lon>_<lat>-<YYYYMMDD>.tif`` and is one band of uint8 on 10 m pixels around the place of its
    name. Folders named ``Experts``, ``Non_expert`` and ``validation...`` say its group.

    Raises
    ------
    NotFoundError
        If there is no GeoTIFF in the folder.
    InvalidInputError
        If two files differ in the ending only.
    """
    files, _ = geotiffs(folder)
    if not files:
        raise NotFoundError(
            f"No GeoTIFF in {folder}. Expected label tiles, dw_<lon>_<lat>-<YYYYMMDD>.tif, in any folders below it."
        )
    tiles, refused = [], {}
    for name, path in files.items():
        try:
            tiles.append(_tile(path, name, group_of(Path(folder.resolve().name) / name)))
        except InvalidInputError as error:
            refused[name] = str(error)
    return tiles, refused


def group_of(path: Path) -> str:
    """Return the group that the folders of a path name.

    Examples
    --------
    >>> [group_of(Path(p)) for p in ("Experts/EH/1/a", "Non_expert/WorkForce/EH/1/a", "validation_set/a", "EH/1/a")]
    ['expert', 'non-expert', 'validation', '']
    """
    folders = [folder.casefold().replace("_", "-") for folder in path.parent.parts]
    for group in (VALIDATION, NON_EXPERT, EXPERT):  # a validation set may have folders of experts
        if any(folder.startswith(group) for folder in folders):
            return group
    return ""


def _tile(path: Path, name: Path, group: str) -> LabelTile:
    """Return a tile; raises `InvalidInputError` if the file is none, or is not what its name says."""
    with open_tiff(path) as source:
        if source.count != 1 or source.dtypes[0] != "uint8":
            raise InvalidInputError(f"{path} must be one band of uint8; it has {source.count} of {source.dtypes[0]}.")
        grid = _grid(source, path)
    return LabelTile(path=path, id=name, group=group, day=day_of(path, grid), grid=grid)


def day_of(path: Path, grid: GeoBox) -> date:
    """Return the day in the name of a tile; raises `InvalidInputError` if it has none, or the tile lies elsewhere."""
    found = _NAME.fullmatch(tile_named(path.stem))
    if found is None:
        raise InvalidInputError(f"{path} is no label tile by its name; expected dw_<lon>_<lat>-<YYYYMMDD>.tif.")
    try:
        day = datetime.strptime(found["day"], "%Y%m%d").date()
    except ValueError:
        raise InvalidInputError(f"{path} has no date in its name: {found['day']}; expected YYYYMMDD.") from None
    lon, lat = (float(found[side].casefold().replace("p", ".")) for side in ("lon", "lat"))
    _refuse_elsewhere(grid, path, lon, lat, decimals=len(found["decimals"] or ""))
    return day


def tile_named(stem: str) -> str:
    """Return the name that the files of one tile share.

    Examples
    --------
    >>> tile_named("probs_dw_-0p64_6p82-20190226"), tile_named("dw_-0.64_6.82-20190226")
    ('dw_-0p64_6p82-20190226', 'dw_-0.64_6.82-20190226')
    """
    return stem[found.end() :] if (found := _KIND.match(stem)) else stem


def _grid(source: rasterio.DatasetReader, path: Path) -> GeoBox:
    """Return the grid of an open tile; raises `InvalidInputError` unless it is projected, 10 m and north up."""
    grid = GeoBox.from_rio(source)
    turned = (grid.affine.b, grid.affine.d) != (0, 0)
    if turned or metres_of(grid) != 1 or not np.allclose((grid.affine.a, grid.affine.e), (RESOLUTION_M, -RESOLUTION_M)):
        raise InvalidInputError(
            f"{path} must have north-up pixels of {RESOLUTION_M} m in a projected CRS (UTM); it has CRS {source.crs} "
            f"and transform {tuple(grid.affine)[:6]}."
        )
    return grid


def _refuse_elsewhere(grid: GeoBox, path: Path, lon: float, lat: float, *, decimals: int) -> None:
    """Raise `InvalidInputError` if a grid does not hold the place, degrees, that the name of its file says."""
    rounded = _DEGREE_M * 10.0**-decimals / 2 + RESOLUTION_M
    x, y = Transformer.from_crs("EPSG:4326", str(grid.crs), always_xy=True).transform(lon, lat)
    west, south, east, north = grid.boundingbox
    if not (west - rounded <= x <= east + rounded and south - rounded <= y <= north + rounded):
        middle = grid.extent.to_crs("EPSG:4326").centroid.coords[0]
        raise InvalidInputError(
            f"{path} is named after {lon} {lat}, but lies around {middle[0]:.4f} {middle[1]:.4f} (longitude, "
            "latitude). Name and file contradict each other; correct the one that is wrong."
        )
