"""Imagery of a territory over the border of two zones: real files, real STAC."""

from __future__ import annotations

import json

import pytest
from making import MadeCatalog, write_model
from many_tiles import CORNERS, TERRITORY, YEARS, MadeRun

import lulc_core as lulc


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    """A run of two tiles, each with three scenes a year, by a network of one convolution."""
    root = tmp_path_factory.mktemp("runs")
    items = []
    for tile, corner in CORNERS.items():
        made = MadeCatalog(root / "imagery" / tile, size=100, corner=corner)
        for year in YEARS:
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
    region = lulc.tile_years([str(territory)], YEARS, clip=True)[0].region
    template = lulc.MapRequest(region=region, year=YEARS[0], model=model, catalog=catalog, keep="nothing")
    return MadeRun(territory=territory, template=template)


@pytest.fixture(scope="session")
def finished(made_run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> lulc.Run:
    """That run, made in this process."""
    run = made_run.into(tmp_path_factory.mktemp("finished"))
    lulc.run_here(run)
    return run
