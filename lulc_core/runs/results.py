"""What came of a run: areas in which no ground counts twice, and a STAC catalog of the maps."""

from __future__ import annotations

import contextlib
import importlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import pystac
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from rasterio.features import geometry_mask

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.ground_area import pixel_areas, sum_hectares
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.report_files import MOST_REPORT_BYTES, checked_report
from lulc_core.mapping.stac_item import licence_link
from lulc_core.mapping.staging import staged
from lulc_core.mapping.windows import windows
from lulc_core.runs.plan import CATALOG
from lulc_core.runs.records import DONE, run_records
from lulc_core.runs.storage import found_anywhere, storage
from lulc_core.runs.tiles import Tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from lulc_core.json_types import JsonObject
    from lulc_core.runs.records import Record
    from lulc_core.runs.storage import Storage


def run_areas(folder: Path | str, *, territory: BaseGeometry | None = None) -> pd.DataFrame:
    """Return the area of each class by year, over all finished maps of a run.

    Each pixel counts for the tile whose square of the grid it lies in, in its own zone, so that the rims that tiles
    share count once. A pixel counts if its middle lies in the territory.

    Parameters
    ----------
    folder
        Of the run; or its bucket.
    territory
        Degrees (WGS 84); None for all that is mapped.

    Returns
    -------
    pandas.DataFrame
        Index: class name, and ``no data``; a column a year; hectares.

    Raises
    ------
    NotFoundError
        If no map is finished.
    """
    import pandas as pd

    found: dict[int, NDArray[np.float64]] = {}
    for record in finished_maps(folder):
        with storage(folder).local(f"{record.name}/{MapFile.MAP}") as path:
            one = _hectares(path, Tile.named(record.tile), territory)
        found[record.year] = found.get(record.year, np.zeros(256)) + one
    if not any(one.any() for one in found.values()):
        raise NotFoundError(f"No map in {folder} has ground in that territory. Give another, with an area.")
    names = {NO_DATA: "no data"} | {c.code: c.name for c in LEGEND}
    return pd.DataFrame({year: one[list(names)] for year, one in sorted(found.items())}, index=list(names.values()))


def write_run_catalog(folder: Path | str) -> str:
    """Write a STAC collection of the finished maps of a run, and return the address of its ``collection.json``.

    It links to the ``item.json`` of each map; ``catalog.json``, which pystac-client opens, links to it. The same items,
    with addresses of the files, stand beside it in ``items.json``, which ``lulc search`` and other readers of one file
    take, and in ``items.parquet``, which is stac-geoparquet, where the extra ``cluster`` is installed.

    Parameters
    ----------
    folder
        Of the run; or its bucket.

    Raises
    ------
    NotFoundError
        If no map is finished.
    """
    place = storage(found_anywhere(folder))
    items = [_item(place, record) for record in finished_maps(folder)]
    collection = pystac.Collection(
        id=PurePosixPath(str(folder).rstrip("/")).name,
        title="Land cover by the class-weighted mode of Sentinel-2 scenes",
        description="One map a tile and year, made after Karra et al. 2021.",
        extent=pystac.Extent.from_items(items),
        **_terms(items),
    )
    for address in sorted({link.href for item in items for link in item.get_links(pystac.RelType.LICENSE)}):
        collection.add_link(licence_link(address))
    for item in items:
        collection.add_link(pystac.Link(pystac.RelType.ITEM, item.self_href, pystac.MediaType.GEOJSON))
    target = place.address(f"{CATALOG}/collection.json")
    collection.set_self_href(target)
    with place.folder_to_fill(CATALOG) as out, staged(out) as stage:
        collection.save_object(dest_href=str(stage / "collection.json"))
        _root_of(collection).save_object(dest_href=str(stage / "catalog.json"))
        pystac.ItemCollection(items).save_object(str(stage / "items.json"))
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module("rustac").write_sync(
                str(stage / "items.parquet"), [item.to_dict(transform_hrefs=False) for item in items]
            )
    return target


def read_map_report(folder: Path | str, name: str) -> JsonObject:
    """Return what ``report.json`` says of a map of a run: the fields of `MapReport`.

    Parameters
    ----------
    folder
        Of the run; or its bucket.
    name
        Of the map, such as ``31UFS-2021``.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InvalidInputError, UnreachableError
        If it is none of ours, or the bucket does not answer.
    """
    place, path = storage(folder), f"{name}/{MapFile.REPORT}"
    value = place.read_json(path, most_bytes=MOST_REPORT_BYTES)
    if value is None:
        raise NotFoundError(f"{place.address(path)} is missing, though its record says that the map is done.")
    return checked_report(value, place.address(path))


def finished_maps(folder: Path | str) -> list[Record]:
    """Return the records of the maps of a run that are made; raises `NotFoundError` if none is."""
    done = [record for record in run_records(folder) if record.status == DONE]
    if not done:
        raise NotFoundError(f"No map in {folder} is finished. Give the folder of a run.")
    return done


def _root_of(collection: pystac.Collection) -> pystac.Catalog:
    """Return a catalog of one collection: pystac-client opens nothing else."""
    target = collection.self_href
    root = pystac.Catalog(id=f"{collection.id}-catalog", description="The maps of one run.")
    root.set_self_href(f"{target.rpartition('/')[0]}/catalog.json")
    root.add_link(pystac.Link(pystac.RelType.CHILD, target, pystac.MediaType.JSON))
    return root


def _terms(items: Sequence[pystac.Item]) -> JsonObject:
    """Return whose work the maps are, as a collection says it: each provider and attribution once."""
    providers = {provider.name: provider for item in items for provider in item.common_metadata.providers or ()}
    credits_ = sorted({str(item.properties["attribution"]) for item in items if "attribution" in item.properties})
    named = {"providers": list(providers.values())} if providers else {}
    return named | {"license": "other", "extra_fields": {"attribution": " ".join(credits_)} if credits_ else {}}


def _item(place: Storage, record: Record) -> pystac.Item:
    """Return the STAC item of a map, with addresses of its files."""
    name = f"{record.name}/{MapFile.ITEM}"
    value = place.read_json(name)
    if value is None:
        raise NotFoundError(f"{place.address(name)} is missing, though its record says that the map is done.")
    item = pystac.Item.from_dict(value)
    item.set_self_href(place.address(name))
    item.make_asset_hrefs_absolute()
    return item


def _hectares(path: Path, tile: Tile, territory: BaseGeometry | None) -> NDArray[np.float64]:
    """Return the hectares of each code of a map on the ground of its tile, shape (256,)."""
    counts = tile.ground if territory is None else tile.ground.intersection(territory)
    total = np.zeros(256)
    if counts.is_empty:
        return total
    with rasterio.open(path) as source:
        grid = GeoBox(source.shape, source.transform, source.crs)
        shape = Geometry(counts, "EPSG:4326").to_crs(source.crs, resolution=0.01).geom
        for rows, columns in windows(source.shape):
            part = grid[rows, columns]
            inside = geometry_mask([shape], part.shape, part.affine, invert=True)
            codes = source.read(1, window=rasterio.windows.Window.from_slices(rows, columns))
            ha = pixel_areas(grid, rows, columns)
            if ha is None:
                raise InvalidInputError(f"{path} does not say where it lies.")
            weights = np.broadcast_to(np.float64(ha) if isinstance(ha, float) else ha, codes.shape)
            total += sum_hectares(codes[inside], weights[inside])
    return total
