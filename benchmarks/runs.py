"""Twelve tile-years on 1, 2 and 4 workers: what a cluster costs beside making the maps one after the other.

Core seconds are those of all processes, and hold on a crowded machine, too; wall seconds do not.

Run: ``python -P benchmarks/runs.py [edge in px]``. The imagery is that of the four simulated places in three years; the
middle of each is mapped with the shipped network.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import shapely

import lulc_core as lulc
from lulc_core.cores import cores
from lulc_core.regions import bbox_of, footprint

YEARS = (2020, 2021, 2022)
WORKERS = (1, 2, 4)


def catalog_of_all(folder: Path) -> Path:
    """Write one catalog of all places and years, with the whole addresses of the images."""
    features = []
    for name in lulc.region_names():
        for year in YEARS:
            source = lulc.simulate(name, year)
            for item in json.loads(source.read_text())["features"]:
                for asset in item["assets"].values():
                    asset["href"] = str((source.parent / asset["href"]).resolve())
                features.append(item)
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def territory_of(folder: Path, edge: int) -> Path:
    """Write the middle of each place as one territory."""
    grids = [lulc.Region.named(name).grid for name in lulc.region_names()]
    parts = [shapely.box(*bbox_of(footprint(grid[500 : 500 + edge, 500 : 500 + edge]))) for grid in grids]
    path = folder / "territory.geojson"
    path.write_text(json.dumps(shapely.MultiPolygon(parts).__geo_interface__))
    return path


def core_s() -> float:
    """Return the core seconds of this process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Print wall seconds, core seconds and what a task costs beside its map."""
    edge = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as where:
        folder = Path(where)
        units = tuple(lulc.tile_years([str(territory_of(folder, edge))], YEARS, clip=True))
        template = lulc.MapRequest(
            region=units[0].region,
            year=YEARS[0],
            model="unet-simulated",
            catalog=catalog_of_all(folder),
            data_dirs=(lulc.default_cache(),),
            keep="nothing",
        )
        print(f"{len(units)} tile-years of about {edge} x {edge} px, {cores()} cores\n")
        print("| | wall s | core s | of them in maps | beside them, core s a task |\n|---|---|---|---|---|")
        for workers in (0, *WORKERS):
            out = folder / f"by-{workers}"
            out.mkdir()
            run, began, before = lulc.Run(units=units, template=template, folder=out), time.monotonic(), core_s()
            if workers:
                with lulc.connected("local", workers=workers) as client:
                    lulc.run_on(client, run)
            else:
                lulc.run_here(run)
            wall, core = time.monotonic() - began, core_s() - before
            maps = sum(sum(record.core_seconds.values()) for record in lulc.run_records(out))
            name = f"{workers} workers" if workers else "this process"
            print(f"| {name} | {wall:.1f} | {core:.1f} | {maps:.1f} | {(core - maps) / len(units):.2f} |", flush=True)


if __name__ == "__main__":
    main()
