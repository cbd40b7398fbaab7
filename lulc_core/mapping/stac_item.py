"""The STAC item of a map, with the projection and classification extensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pystac
from pystac.extensions.classification import Classification, ClassificationExtension
from pystac.extensions.projection import ProjectionExtension

from lulc_core.legend import LEGEND, NO_DATA, Legend
from lulc_core.mapping.map_files import MapFile
from lulc_core.mapping.products import NO_QUALITY, QUALITY_BANDS
from lulc_core.regions import bbox_of, footprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

COG = pystac.MediaType.COG
ASSETS = {
    "map": (f"./{MapFile.MAP}", "Land cover, legend codes", COG, ["data"]),
    "quality": (f"./{MapFile.QUALITY}", "Runner-up, support %, margin %, observations", COG, ["data", "quality"]),
    "predictions": (f"./{MapFile.PREDICTIONS}", "Predictions per scene", "application/vnd.zarr; version=3", ["data"]),
    "votes": (f"./{MapFile.VOTES}", "Votes of all scenes by class", "application/vnd.zarr; version=3", ["data"]),
    "report": (f"./{MapFile.REPORT}", "Report", pystac.MediaType.JSON, ["metadata"]),
}
"""Asset key to href, title, media type and roles."""
BANDS: dict[str, list[dict[str, Any]]] = {
    "map": [{"name": "land_cover", "data_type": "uint8", "nodata": NO_DATA}],
    "quality": [
        {"name": name, "data_type": "uint16", "nodata": NO_QUALITY} | ({"unit": unit} if unit else {})
        for name, unit in QUALITY_BANDS.items()
    ],
}
"""Asset key to its bands, as STAC 1.1 describes them: a reader keeps their type without opening the file."""
KEPT = {"predictions": MapFile.PREDICTIONS, "votes": MapFile.VOTES}
"""Those of which a map has one at most, and their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapDescription:
    """What the STAC item of a map says."""

    identifier: str
    """The item's id."""
    grid: GeoBox
    """Of the map."""
    start: datetime
    """First moment that the map stands for, UTC."""
    end: datetime
    """Last moment that the map stands for, UTC."""
    scene_links: Mapping[str, str]
    """Scene id to the address of its item, for ``derived_from``."""
    properties: Mapping[str, Any]
    """More properties, ready for JSON."""
    ground: BaseGeometry | None = None
    """What of the grid counts, degrees; None for all."""
    keep: str = "predictions"
    """Which of the assets ``predictions`` and ``votes`` there is, if any."""
    legend: Legend = LEGEND
    """The classes of ``map.tif``."""
    licence: str = ""
    """Address of the licence of the imagery; empty where it has none."""


def map_item(description: MapDescription) -> pystac.Item:
    """Describe a map as a STAC item; its assets lie beside it."""
    grid = description.grid
    outline = footprint(grid) if description.ground is None else description.ground
    item = pystac.Item(
        id=description.identifier,
        geometry=outline.__geo_interface__,
        bbox=list(bbox_of(outline)),
        datetime=None,
        start_datetime=description.start,
        end_datetime=description.end,
        properties=dict(description.properties),
    )
    ProjectionExtension.ext(item, add_if_missing=True).apply(
        code=str(grid.crs), shape=list(grid.shape), transform=list(grid.transform)[:6]
    )
    for key, (href, title, media_type, roles) in ASSETS.items():
        if key in KEPT and key != description.keep:
            continue
        fields = {"bands": BANDS[key]} if key in BANDS else None
        item.add_asset(key, pystac.Asset(href, title=title, media_type=media_type, roles=roles, extra_fields=fields))
    classes = ClassificationExtension.ext(item.assets["map"], add_if_missing=True)
    classes.apply(classes=_classes(description.legend))
    for name, href in description.scene_links.items():
        item.add_link(pystac.Link(pystac.RelType.DERIVED_FROM, href, pystac.MediaType.GEOJSON, title=name))
    if description.licence:
        item.add_link(licence_link(description.licence))
    return item


def licence_link(address: str) -> pystac.Link:
    """Return the link to a licence that has no SPDX identifier, as STAC wants one."""
    return pystac.Link(pystac.RelType.LICENSE, address, title="Licence of the imagery")


def _classes(legend: Legend) -> list[Classification]:
    """Return no data and the classes of a legend, as the classification extension writes them."""
    nothing = Classification.create(value=NO_DATA, name="no_data", description="No data", nodata=True)
    return [
        nothing,
        *(
            Classification.create(
                value=c.code,
                name=c.identifier,
                description=c.definition or c.name,
                color_hint=c.hex[1:].upper(),
            )
            for c in legend
        ),
    ]
