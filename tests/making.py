"""Real inputs from beside the project, and small made-up catalogs and networks: real files, real STAC, real ONNX."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from onnx import TensorProto, helper, numpy_helper
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds

import lulc_core as lulc
from lulc_core.locking import alone
from lulc_core.networks import dynamic_world

if TYPE_CHECKING:
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session.session import Session
    from numpy.typing import NDArray

SHARED = Path(__file__).parents[2] / "shared"
SMALL = 96
"""Pixels a side of the small places that the browser tests are served."""
WEST, NORTH, EPSG = 622_000, 5_643_000, 32631
CORNER = (WEST, NORTH, EPSG)


def shared(path: str) -> Path:
    """A real input, or a skip that says which is not there."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"real input {path} is not there: the shared folder lies beside the project only in development")
    return found


def write_cog(
    path: Path, values: NDArray[Any], resolution: float = 10.0, corner: tuple[int, int, int] = CORNER
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = values.shape
    shape = {"count": 1, "height": height, "width": width, "dtype": values.dtype}
    west, north, epsg = corner
    place = {"crs": f"EPSG:{epsg}", "transform": from_origin(west, north, resolution, resolution)}
    with rasterio.open(path, "w", driver="GTiff", **shape, **place) as target:
        target.write(values, 1)


def item(
    name: str,
    date: str,
    assets: dict[str, Path],
    root: Path,
    size: int,
    corner: tuple[int, int, int] = CORNER,
    **properties: Any,
) -> dict[str, Any]:
    """A Sentinel-2 L2A item of `size` 10 m pixels, as the Planetary Computer writes them."""
    west, north, epsg = corner
    bounds = (west, north - 10 * size, west + 10 * size, north)
    w, s, e, n = transform_bounds(f"EPSG:{epsg}", "EPSG:4326", *bounds)
    ring = [[w, s], [e, s], [e, n], [w, n], [w, s]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": name,
        "collection": "sentinel-2-l2a",
        "bbox": [w, s, e, n],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": date,
            "platform": "Sentinel-2A",
            "proj:epsg": epsg,
            "eo:cloud_cover": 10.0,
            "s2:mgrs_tile": "31UFS",
            "s2:processing_baseline": "02.12",
            **properties,
        },
        "links": [],
        "assets": {
            key: {
                "href": f"./{path.relative_to(root)}",
                "proj:bbox": bounds,
                "proj:transform": [10.0, 0.0, west, 0.0, -10.0, north],
            }
            for key, path in assets.items()
        },
    }


class MadeCatalog:
    """A small catalog of made-up scenes with random reflectance; real files, real STAC."""

    def __init__(self, root: Path, size: int = 40, corner: tuple[int, int, int] = CORNER) -> None:
        self.root, self.size, self.items, self.corner = root, size, [], corner
        self.random = np.random.default_rng(0)

    def add(
        self, name: str, date: str, *, dn: NDArray[np.uint16] | None = None, scl: int = 4, **properties: Any
    ) -> None:
        """Add a scene: `dn` in B04, B03 and B02 at 10 m, random if not given."""
        assets = {band: self.root / "assets" / f"{name}_{band}.tif" for band in ("B04", "B03", "B02", "SCL")}
        for band, path in assets.items():
            if band == "SCL":
                write_cog(path, np.full((self.size // 2, self.size // 2), scl, np.uint8), 20.0, self.corner)
            else:
                random = self.random.integers(1, 8000, (self.size, self.size)).astype(np.uint16)
                write_cog(path, random if dn is None else dn, corner=self.corner)
        self.items.append(item(name, date, assets, self.root, self.size, self.corner, **properties))
        self.save()

    def save(self) -> None:
        collection = {"type": "FeatureCollection", "features": self.items}
        (self.root / "items.json").write_text(json.dumps(collection))


def write_model(folder: Path, *, kernel: int = 3, classes: int = 4, seed: int = 0, **changes: Any) -> Path:
    """A tiny real ONNX network, one convolution of three bands, and its model.json."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.random.default_rng(seed).normal(size=(classes, 3, kernel, kernel)).astype(np.float32)
    pad = kernel // 2
    convolution = helper.make_node("Conv", ["x", "w"], ["y"], pads=[pad] * 4)
    graph = helper.make_graph(
        [convolution],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3, None, None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, classes, None, None])],
        [numpy_helper.from_array(weights, "w")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), folder / "model.onnx"
    )
    card = {
        "name": "tiny",
        "format": "onnx",
        "input": {"layout": "NCHW"},
        "output": {"layout": "NCHW", "kind": "logits"},
        "bands": ["B04", "B03", "B02"],
        "scaling": {"kind": "clip", "low": 0, "high": 1},
        "classes": [{"index": i, "legend_code": code} for i, code in enumerate((3, 5, 6, 10)[:classes])],
    }
    (folder / "model.json").write_text(json.dumps(card | changes))
    return folder


def shrink(store: MapRepository, *names: str, edge: int = 64) -> MapRepository:
    """Leave a store only some of its simulated places, each cut down to its corner: real ones, made in seconds."""

    def corner(region: lulc.Region) -> lulc.Region:
        grid = GeoBox((edge, edge), region.grid.affine, region.grid.crs)
        return lulc.Region.from_grid(grid, name=region.name, title=region.title)

    places = store.places
    store.places = {name: replace(places[name], region=corner(lulc.Region.named(name))) for name in names}
    return store


TABS = ("map", "years", "change", "error-matrix", "area", "label")


def choose(session: Session, **values: Any) -> None:
    """Let a person choose some things at once, each by the name of its parameter in the part that has it."""
    for part in (
        session.selection,
        session.display,
        session.layers,
        session.weights,
        session.focus,
        session.inspection,
        session.map,
    ):
        own = {name: value for name, value in values.items() if name in part.param}
        part.param.update(own)
        values = {name: value for name, value in values.items() if name not in own}
    assert not values


async def all_done() -> None:
    """Wait until all that follows from what was just changed has happened."""
    await asyncio.sleep(0)  # watchers that were called become tasks
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


OF_THE_RUN = Path()
"""A folder of all workers of a run, which conftest.py names."""


@cache
def _small_map(name: str, year: int) -> Path:
    """The folder of a cache that holds the map of a small simulated place alone: made once, for all workers."""
    from lulc_explorer.engine.repository import MapRepository

    folder = OF_THE_RUN / f"map-of-{name}-{year}"
    with alone(OF_THE_RUN / f"{folder.name}.lock"):
        if not folder.exists():
            being_made = Path(mkdtemp(dir=OF_THE_RUN))
            store = shrink(MapRepository(being_made, catalog=None, model="unet-simulated"), name)
            store.make(store.request(name, year), lambda _: None, threading.Event())
            being_made.rename(folder)
    return folder


def compile_kernels() -> None:
    """Compile what most maps need, and keep it on disk for other processes."""
    grid = GeoBox.from_bbox((WEST, NORTH - 80, WEST + 80, NORTH), crs=EPSG, resolution=10)
    model = lulc.Model.open("unet-simulated")
    values = np.full((1, len(model.bands), *grid.shape), 0.1, np.float32)
    of_one = {"time": np.array(["2020-06-01"], "datetime64[ns]"), "band": list(model.bands)}
    seen = xr.DataArray(values, dims=("time", "band", "y", "x"), coords=of_one | xr_coords(grid))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr("lulc_core.networks.proof.kept_in", lambda: Path(folder))
        predictions = lulc.predict(seen, model)
    predictions["clear"] = predictions.label > 0
    for weight in (1.0, 0.1):  # in float32, which is exact here, and in float64
        lulc.composite(predictions, weights=dict.fromkeys(lulc.LEGEND.names, weight))
    lulc.decide(lulc.votes(predictions))


def small_session(
    folder: Path, *names: str, year: int = 2023, also: tuple[int, ...] = (), unmade: tuple[str, ...] = ()
) -> Session:
    """A person who looks at the first of some small simulated places, whose maps have been made but for `unmade`.

    They are of one year, and of some others.
    """
    from lulc_explorer.background.jobs import Jobs
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.session import opening
    from lulc_explorer.session.build import build_session

    for name in names:
        for made in (year, *also):
            shutil.copytree(_small_map(name, made), folder, symlinks=True, dirs_exist_ok=True)
    store = shrink(MapRepository(folder, catalog=None, model="unet-simulated"), *names, *unmade)
    person = build_session(store, Jobs(), tabs=TABS)
    person.selection.year = year
    opening.open_map(person)
    return person


def random_dynamic_world(seed: int = 0) -> bytes:
    """A file laid out as the published weights of Dynamic World are, with random numbers and a text at its end."""
    random, parts = np.random.default_rng(seed), []
    for (_, part), (shape, _) in dynamic_world.tensors().items():
        spread = (
            1 / np.sqrt(np.prod(shape[:-1]) if part == "kernel" and shape[-1] > 1 else 9) if part == "kernel" else 0.2
        )
        values = random.normal(0, spread, shape)
        parts.append((1 + values**2 if part in ("gamma", "variance") else values).astype("<f4").tobytes())
    return b"".join(parts) + bytes([3]) + bytes(4) + b"end"
