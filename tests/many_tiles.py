"""A territory over the border of two zones of UTM, and a run of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from making import MadeCatalog, write_model

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

YEARS = (2020, 2021)
TERRITORY = shapely.box(5.996, 50.900, 6.004, 50.903)
CORNERS = {"31UGS": (709_500, 5_643_400, 32631), "32UKB": (288_900, 5_643_400, 32632)}
"""West and north edge of the imagery on both sides of 6 degrees east, and its EPSG code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRun:
    """What a run needs."""

    territory: Path
    template: lulc.MapRequest
    years: tuple[int, ...]

    def into(self, folder: Path, years: tuple[int, ...] = ()) -> lulc.Run:
        folder.mkdir(parents=True, exist_ok=True)
        units = tuple(lulc.tile_years([str(self.territory)], years or self.years, clip=True))
        return lulc.Run(units=units, template=self.template, folder=folder)


def prepare(root: Path, years: tuple[int, ...]) -> MadeRun:
    """A run of both tiles, each with three scenes a year, by a network of one convolution: real files, real STAC."""
    items = []
    for tile, corner in CORNERS.items():
        made = MadeCatalog(root / "imagery" / tile, size=100, corner=corner)
        for year in years:
            for month in (5, 7, 9):
                made.add(f"S2A_{year}{month:02}_{tile}", f"{year}-{month:02}-15T10:50:00Z", **{"s2:mgrs_tile": tile})
        for one in made.items:
            for asset in one["assets"].values():
                asset["href"] = f"./{tile}/{asset['href'].removeprefix('./')}"
        items += made.items
    catalog = root / "imagery" / "items.json"
    catalog.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    territory = root / "territory.geojson"
    territory.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": TERRITORY.__geo_interface__}))
    model = write_model(root / "network")
    region = lulc.tile_years([str(territory)], years, clip=True)[0].region
    template = lulc.MapRequest(region=region, year=years[0], model=model, catalog=catalog, keep="nothing")
    return MadeRun(territory=territory, template=template, years=years)


def maps_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every map of a run, by name."""
    return {path.parent.name: path.read_bytes() for path in sorted(folder.glob("[0-9]*-[0-9]*/map.tif"))}
