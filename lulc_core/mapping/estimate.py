"""What a map will take, said before it is made: scenes, bytes to read, time, and room on the disk."""

from __future__ import annotations

import functools
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.cores import cores, sharing_cores
from lulc_core.home import from_home
from lulc_core.imagery.access import is_served, local_path
from lulc_core.imagery.assets import SCL
from lulc_core.imagery.fetching import MOST_CHECKED_BYTES, checkable
from lulc_core.imagery.loading import BLOCK_PX
from lulc_core.imagery.scenes import acquisitions
from lulc_core.mapping.compositing import VOTES
from lulc_core.mapping.cost import Cost
from lulc_core.mapping.fingerprints import fingerprint, what_decides
from lulc_core.mapping.inference import chips_of
from lulc_core.mapping.kept_scenes import UNFINISHED
from lulc_core.mapping.windows import windows

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from odc.geo.geobox import GeoBox

    from lulc_core.imagery.scenes import Scene
    from lulc_core.imagery.selection import Selection
    from lulc_core.mapping.request import MapRequest
    from lulc_core.networks.model import Model

PIXEL_M = dict.fromkeys(("B02", "B03", "B04", "B08"), 10) | dict.fromkeys(("B01", "B09", "B10"), 60)
"""Edge of a pixel of Sentinel-2's bands, m; 20 in those that are not here."""
COG_BLOCK_PX = 512
"""Edge of the blocks of a COG, of which each is read whole."""
STORED_BYTES = 1.8
"""Bytes of a pixel of reflectance in a COG; measured in Flanders: 1.5 at 10 m, 2.1 at 20 m."""
STORED_CLASS_BYTES = 0.5
"""Bytes of a pixel of the scene classification in a COG, measured in Flanders."""
FULL_SIZE = 0.75
"""Share of a COG's bytes that are not overviews."""
HEAD_BYTES = 2**15
"""What is read of a file to open it: GDAL asks for 16 KiB, and often twice."""
DISK_BYTES_S = 12e6
"""Bytes of images that a core unpacks and warps in a second; measured on simulated places."""
LINE_BYTES_S = (2e6, 50e6)
"""Bytes that a slow line and a fast one bring in a second: a home's, and a data centre's beside the archive."""
FINISH_S_PX = 1e-6
"""Core seconds a pixel for the decision and the rasters of the map; measured on simulated places."""
SPREAD = 1.5
"""Other work on the machine, and chips unlike the one that was timed, make a run longer by this factor at most."""
PACKED = {"label": 0.15, "confidence": 0.7, "clear": 0.05, "probability": 0.4, "quicklook": 0.9}
"""Share of its bytes that each kind of prediction takes on the disk; measured on simulated places."""
PACKED_VOTES = 0.07
"""And that the votes take; measured on simulated places."""
MAP_BYTES = (3.0, 21.0)
"""Bytes a pixel of the map and its quality, with overviews, and of what they are made of: as measured on simulated
places, and without compression."""


def estimate(request: MapRequest, out: str | os.PathLike[str]) -> Cost:
    """Search for the scenes of a map, time the network on a chip or two, and return what the map would take.

    Nothing is written, and of images only what `measure_clear_shares` looks at is read. `make_map` does the same itself
    if it is given `on_cost`, without a second search.

    Parameters
    ----------
    request
        What to make.
    out
        Folder of the map; it need not be there.

    Returns
    -------
    Cost
        Sizes are estimates within a factor of about two, times within that of the line.

    Raises
    ------
    NotFoundError, InvalidInputError, UnreachableError
        As `make_map`.

    Examples
    --------
    >>> import lulc_core as lulc
    >>> region = lulc.Region.from_bbox((4.70, 50.85, 4.80, 50.92))
    >>> request = lulc.MapRequest(region=region, year=2021, model="unet-simulated")
    >>> print(lulc.estimate(request, "leuven"))  # doctest: +SKIP
    14 scenes: about 312 MB to read, 1 to 4 minutes, 15 MB of disk (45 MB at most, 100.0 GB are free)
    """
    with sharing_cores():
        model = request.open_model()
        return cost_of(request, model, request.choose_scenes(lambda _: None), from_home(out))


def cost_of(request: MapRequest, model: Model, selection: Selection, out: Path) -> Cost:
    """Return what a map of chosen scenes takes; as `estimate`, which see."""
    decides, passes = what_decides(request, model), acquisitions(selection)
    waiting = [parts for parts in passes if not (out / UNFINISHED / fingerprint(parts, decides)).is_dir()]
    images = [(scene, key) for parts in waiting for scene in parts for key in request.images(scene, model)]
    measured = _Reading(request.region.grid)
    read = round(sum(measured.bytes_of(scene, key) for scene, key in images))
    live = any(is_served(scene.hrefs[key]) for scene, key in images)
    usual, most, passing = _disk_bytes(request, model, len(passes))
    return Cost(
        scenes=len(passes),
        kept=len(passes) - len(waiting),
        live=live,
        read_bytes=read,
        seconds=_seconds(request, model, len(waiting), read, live=live),
        disk_bytes=usual,
        most_disk_bytes=most,
        passing_bytes=passing,
        free_bytes=shutil.disk_usage(next(path for path in (out, *out.absolute().parents) if path.is_dir())).free,
    )


class _Reading:
    """How many bytes of images are read for a grid."""

    def __init__(self, grid: GeoBox) -> None:
        self._boxes = [grid[part].boundingbox for part in windows(grid.shape, BLOCK_PX)]
        self._touched = functools.cache(self._count)

    def bytes_of(self, scene: Scene, key: str) -> float:
        """Return how many bytes of an image are read: of its size, if that is known, or by its pixels."""
        href, footprint = scene.hrefs[key], ("EPSG:4326", scene.footprint.bounds)
        touched, whole, parts = self._touched(*scene.bounds.get(key, footprint), PIXEL_M.get(key, 20))
        stored = STORED_CLASS_BYTES if key == SCL else STORED_BYTES
        size = scene.sizes.get(key) or _local_size(href) or whole * COG_BLOCK_PX**2 * stored / FULL_SIZE
        if checkable(href, scene.checksums.get(key, "")):
            if is_served(href) and size <= MOST_CHECKED_BYTES:
                return size * parts
            size += size * (not is_served(href))
        return min(size, HEAD_BYTES) * parts + size * FULL_SIZE * touched / whole

    def _count(self, crs: str, bounds: tuple[float, float, float, float], pixel_m: float) -> tuple[float, float, int]:
        """Return the blocks of an image that are read, each as often as it is; all that it has; and how often it is."""
        west, south, east, north = bounds
        boxes = [box.to_crs(crs) for box in self._boxes]
        edge = COG_BLOCK_PX * pixel_m * (1 if max(map(abs, bounds)) > 360 else 1 / 111_320)
        pairs = [
            _within(box.left - west, box.right - west, edge, east - west)
            * _within(north - box.top, north - box.bottom, edge, north - south)
            for box in boxes
        ]
        return sum(pairs), (east - west) / edge * (north - south) / edge, sum(pair > 0 for pair in pairs)


def _within(start: float, stop: float, edge: float, length: float) -> float:
    """Return how many blocks of an edge, from the start of an axis of a length, lie at an interval; the last is cut."""
    if stop <= 0 or start >= length:
        return 0.0
    first, last = max(floor(start / edge), 0) * edge, min(ceil(stop / edge) * edge, length)
    return (last - first) / edge


def _local_size(href: str) -> int:
    """Return the size of a local file; 0 if it is served, or not there."""
    if is_served(href) or not local_path(href).is_file():
        return 0
    return local_path(href).stat().st_size


def _disk_bytes(request: MapRequest, model: Model, scenes: int) -> tuple[int, int, tuple[int, int]]:
    """Return how much a map takes while it is made, how much if nothing can be compressed, and what of both passes.

    Predictions are on the disk until it is done, whatever is kept.
    """
    written = {"label": 1, "confidence": 1} | ({"clear": 1} if request.mask != "none" else {})
    written |= {"probability": len(model.legend)} if request.probabilities else {}
    written |= {"quicklook": len(model.bands)} if request.quicklooks else {}
    usual, most = sum(n * PACKED[name] for name, n in written.items()), sum(written.values())
    votes = len(model.legend) * sum(dtype.itemsize for dtype in VOTES.values()) if request.keep == "votes" else 0
    pixels = int(np.prod(request.region.grid.shape))
    predictions = round(pixels * scenes * usual), pixels * scenes * most
    return (
        predictions[0] + round(pixels * (votes * PACKED_VOTES + MAP_BYTES[0])),
        predictions[1] + round(pixels * (votes + MAP_BYTES[1])),
        (0, 0) if request.keep == "predictions" else predictions,
    )


def _seconds(request: MapRequest, model: Model, scenes: int, read_bytes: int, *, live: bool) -> tuple[float, float]:
    """Return the shortest and the longest time for a map; scenes are read while others are classified."""
    shape = request.region.grid.shape
    finish = FINISH_S_PX * int(np.prod(shape)) / cores()
    slow, fast = LINE_BYTES_S if live else (DISK_BYTES_S, DISK_BYTES_S * cores())
    network = scenes * _seconds_a_scene(request, model) if scenes else 0.0
    return max(network, read_bytes / fast) + finish, SPREAD * (network + finish) + read_bytes / slow


def _seconds_a_scene(request: MapRequest, model: Model) -> float:
    """Return how long a scene takes, by the time of as many of its chips as the network takes at once."""
    height, width = request.region.grid.shape
    count, size = chips_of((height, width), model, request.chip, request.overlap)
    chip = np.random.default_rng(0).random((1, len(model.bands), *size), np.float32)
    model.probabilities(chip)  # compiles it for chips of this size, which stays done
    together = [chip] * min(model.network.at_once, count)
    with ThreadPoolExecutor(len(together)) as pool:
        started = time.perf_counter()
        list(pool.map(model.probabilities, together))
        return (time.perf_counter() - started) * count / len(together)
