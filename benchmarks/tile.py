"""A whole tile of 10980 x 10980 px: peak resident memory, and core hours by stage, also for a year of 22.5 scenes.

Run: ``python -P benchmarks/tile.py [edge in px] [scenes]``. The imagery is simulated and laid side by side to full
size; the files are real COGs in a real catalog (4 GB for 4 scenes, removed in the end). The map is made in a process of
its own, of low priority. That memory does not hang on the scenes is shown on a smaller grid and, for many scenes, on
the composite alone. On a crowded machine core seconds tell about the same as on a quiet one; wall seconds do not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND
from lulc_core.mapping.assembly import Observations, compose
from lulc_core.mapping.windows import windows
from lulc_core.regions import bbox_of, footprint
from lulc_core.simulation.items import write_raster

TILE_PX, SCENES, SCENES_A_YEAR = 10_980, 4, 22.5
SMALLER_PX, FEWER, MORE = 2_200, 2, 8
PLACE, YEAR = "belgium", 2021


def lay_out(folder: Path, edge: int, scenes: int) -> Path:
    """Write a catalog of a tile of `edge` px: scenes of a simulated place, repeated side by side."""
    source = lulc.simulate(PLACE, YEAR)
    whole = [item for item in json.loads(source.read_text())["features"] if _is_whole(item)]
    features = [_enlarged(item, source.parent, folder, edge) for item in whole[:scenes]]
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return folder / "items.json"


def _is_whole(item: dict) -> bool:
    return item["properties"]["s2:nodata_pixel_percentage"] == 0 and item["properties"]["eo:cloud_cover"] < 60


def _enlarged(item: dict, source: Path, target: Path, edge: int) -> dict:
    """Write the images of an item again, larger; return the item of these."""
    (target / "assets").mkdir(parents=True, exist_ok=True)
    for asset in item["assets"].values():
        with rasterio.open(source / asset["href"]) as image:
            small, transform, crs = image.read(1), image.transform, image.crs
        side = edge * 10 // round(transform.a)
        grid = GeoBox((side, side), transform, str(crs))
        times = -(-side // min(small.shape))
        write_raster(target / asset["href"], np.tile(small, (times, times))[:side, :side], grid)
        asset |= {"proj:shape": [side, side], "proj:bbox": list(grid.boundingbox.bbox)}
        for of_the_smaller in ("file:checksum", "file:size"):
            asset.pop(of_the_smaller, None)
    outline = footprint(grid)
    return item | {"bbox": list(bbox_of(outline)), "geometry": outline.__geo_interface__}


def peak_mib(*, reset: bool = True) -> int:
    """Return the peak resident memory of this process since the last call, MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return peak >> 10


def make(catalog: str, out: str) -> None:
    """Make the map of a catalog in this process; print the peaks and the core seconds of its stages as JSON."""
    region = lulc.catalog_region(catalog)
    request = lulc.MapRequest(region=region, year=YEAR, catalog=catalog, model="unet-simulated", max_scenes=0)
    peaks: dict[str, int] = {}

    def watch(step: lulc.Progress) -> None:
        peaks[step.stage] = max(peaks.get(step.stage, 0), peak_mib())

    begun = time.perf_counter()
    report = lulc.make_map(request, Path(out), progress=watch)
    peaks["end"] = peak_mib()
    stages = {stage: spent["core"] for stage, spent in report.seconds.items()} | {"read": read_alone(request)}
    wall = time.perf_counter() - begun
    network = f"{report.network['runtime']} in {report.network['precision']}"
    print(json.dumps({"peaks": peaks, "core": stages, "wall": wall, "network": network}))


def read_alone(request: lulc.MapRequest) -> float:
    """Return the core seconds of reading one scene, which `make_map` does while it predicts."""
    scenes = lulc.search(request.region, year=YEAR, catalog=request.catalog)
    image = lulc.load(scenes, request.region.grid, BANDS)[0]
    start = time.process_time()
    for first in range(0, image.sizes["y"], 1024):
        image[:, first : first + 1024].compute()
    return time.process_time() - start


def measured(edge: int, scenes: int) -> dict:
    """Lay out a tile, and make its map in another process of low priority."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        catalog = lay_out(Path(folder) / "catalog", edge, scenes)
        command = ["nice", "-n", "10", sys.executable, "-P", __file__, "--make", str(catalog), f"{folder}/out"]
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        size = sum(path.stat().st_size for path in Path(folder, "out").rglob("*.tif"))
    return json.loads(ran.stdout.splitlines()[-1]) | {"rasters": size}


def composite_alone(numbers: tuple[int, ...], edge: int = 2048) -> None:
    """Print the peak of compositing many scenes, one stored scene in the place of each."""
    random, shape = np.random.default_rng(0), (1, edge, edge)
    codes = np.append(LEGEND.codes, 0).astype(np.uint8)
    layers = {"label": random.choice(codes, shape), "confidence": random.integers(1, 256, shape, np.uint8)}
    scene = xr.Dataset(
        {name: (("time", "y", "x"), values) for name, values in (layers | {"clear": layers["label"] > 2}).items()},
        {"time": np.array([f"{YEAR}-01-01"], "datetime64[ns]")},
    )
    with tempfile.TemporaryDirectory() as folder:
        lulc.write_predictions(scene, Path(folder) / "scene")
        del scene, layers
        for number in (numbers[0], *numbers):  # the first time compiles
            peak_mib()
            observations = Observations([Path(folder) / "scene"] * number)
            for window in windows((edge, edge)):
                compose(observations, window, LEGEND, {})
            peak = peak_mib()
            print(f"  composite of {number:3} scenes: peak {peak:5} MiB")


def show(result: dict, edge: int, scenes: int) -> None:
    """Print the peaks and the core hours of a map."""
    print(
        f"{edge} x {edge} px, {scenes} scenes, {result['network']}: peak {max(result['peaks'].values())} MiB resident"
    )
    print("  by what it was doing:", ", ".join(f"{stage} {peak}" for stage, peak in result["peaks"].items()))
    core = result["core"]
    read = core["load"] / scenes + core["read"]
    each = {"read": read, "predict": core["predict"] / scenes - core["read"]}
    hours = {stage: seconds * SCENES_A_YEAR / 3600 for stage, seconds in each.items()}
    hours["composite"] = core["composite"] * SCENES_A_YEAR / scenes / 3600
    hours["write"] = core["write"] / 3600  # once a map: scenes are written while others are predicted, and count there
    print("  core seconds:", ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in core.items()))
    print(f"  core hours for {SCENES_A_YEAR} scenes (an upper bound: compositing grows less than the scenes):")
    print("   ", ", ".join(f"{stage} {h:.3f}" for stage, h in hours.items()), f"-> {sum(hours.values()):.3f}")
    print(f"  wall {result['wall'] / 60:.1f} min; map and quality {result['rasters'] >> 20} MiB", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--make"]:
        make(*sys.argv[2:])
        return
    given = [int(text) for text in sys.argv[1:]]
    edge, scenes = [*given, *(TILE_PX, SCENES)[len(given) :]]
    show(measured(edge, scenes), edge, scenes)
    for number in (FEWER, MORE):
        show(measured(SMALLER_PX, number), SMALLER_PX, number)
    composite_alone((2, 8, 32, 91))


if __name__ == "__main__":
    main()
