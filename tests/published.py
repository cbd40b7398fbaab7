"""Maps as others publish them: real rasters, and items made after real ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import rasterio
from making import shared
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

ANNUAL, WORLDCOVER = "io-lulc-annual-v02", "esa-worldcover"
CCI, LCMAP = "esa-cci-lc", "usgs-lcmap-conus-v13"
WITHOUT_EXAMPLE = (CCI, LCMAP)
"""Collections of which no real item lies beside the project: theirs have start, end and the asset, and no datetime."""


def publish(
    folder: Path,
    name: str,
    codes: np.ndarray,
    *,
    collection: str,
    year: int,
    asset: str,
    crs: str,
    corner: Any,
    step: float | None = None,
) -> dict[str, Any]:
    """Write a map and return its item, made after a real one of the same collection where there is one."""
    example = _example(collection, asset)
    step = step or (10.0 if crs.startswith("EPSG:326") else 1 / 12_000)
    height, width = codes.shape
    place = {"crs": crs, "transform": from_origin(*corner, step, step), "height": height, "width": width}
    with rasterio.open(folder / f"{name}.tif", "w", driver="GTiff", count=1, dtype="uint8", **place) as target:
        target.write(codes, 1)
        bounds = transform_bounds(crs, "EPSG:4326", *target.bounds)
    w, s, e, n = bounds
    dates = {"start_datetime": f"{year}-01-01T00:00:00Z", "end_datetime": f"{year + 1}-01-01T00:00:00Z"}
    return {
        **example,
        "id": name,
        "links": [],
        "bbox": list(bounds),
        "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
        "properties": {**example["properties"], **dates},
        "assets": {asset: {**example["assets"][asset], "href": f"./{name}.tif"}},
    }


def _example(collection: str, asset: str) -> dict[str, Any]:
    if collection not in WITHOUT_EXAMPLE:
        return json.loads(next(shared(f"stac-items/{collection}").glob("*.json")).read_text())
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "collection": collection,
        "properties": {"datetime": None},
        "assets": {asset: {"type": "image/tiff; application=geotiff; profile=cloud-optimized", "roles": ["data"]}},
    }
