"""How much of a place each scene sees clearly: a tile of 110 km says little of a valley in it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import UnreachableError
from lulc_core.imagery.assets import SCL
from lulc_core.imagery.loading import load_scene_classification
from lulc_core.imagery.selection import LEAST_USABLE
from lulc_core.mapping.ahead import ahead, reading_ahead
from lulc_core.mapping.cloud_masks import clear_sky
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.imagery.scenes import Scene
    from lulc_core.regions import Region

SCL_M = 20.0
"""Side of a pixel of ESA's scene classification, m."""
NEARLY_ALL = 0.8
"""Where a place is at least such a share of what a scene shows, the catalog's figure of the whole scene is as good."""
NO_DATA = 0
"""Code of the scene classification."""
AT_ONCE = 8
"""Scenes that are read at once: hardly a line is busy with the few blocks of one."""


def measure_clear_shares(
    scenes: Iterable[Scene],
    region: Region,
    *,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> list[Scene]:
    """Return scenes with the share of a place that each sees clearly, by their scene classification at full resolution.

    Only the blocks of the place are read. `Scene.usable` then is that share, and `select` goes by it.

    Parameters
    ----------
    scenes
        As `search` returns them, any number of tiles.
    region
        The place, of polygons what lies within. Its part in a tile is what any scene of that tile has data of.
    progress, cancel
        Called after each scene; set to stop.

    Returns
    -------
    list of Scene
        In the same order. A scene keeps the catalog's figure if it has no scene classification or that cannot be read,
        or if the place is nearly all that it shows, unless the scene would be left for that figure, which may be wrong.

    Raises
    ------
    CancelledError
        If `cancel` was set.

    Examples
    --------
    >>> from lulc_core.regions import Region
    >>> measure_clear_shares([], Region.named("laos"))
    []
    """
    scenes = list(scenes)
    grid = region.grid.zoom_out(max(1.0, SCL_M / abs(region.grid.affine.a))) if _in_metres(region) else region.grid
    waiting = [scene for scene in scenes if _is_worth_it(scene, region)]
    clear: dict[int, int] = {}
    covered: dict[str, NDArray[np.uint8]] = {}
    counts = region.counted(grid)
    at_once = reading_ahead(waiting, AT_ONCE)
    with contextlib.closing(ahead(at_once, lambda scene: _look(scene, grid, counts), waiting)) as looks:
        for number, (scene, seen) in enumerate(zip(waiting, looks, strict=True), 1):
            check(cancel)
            progress(Progress(stage="search", done=number, total=len(waiting), detail=f"{scene.datetime:%Y-%m-%d}"))
            if seen is not None:
                data, clear[id(scene)] = seen
                covered[scene.mgrs_tile] = data | covered.get(scene.mgrs_tile, np.uint8(0))
    others = _pixels((scene for scene in scenes if id(scene) not in clear), region, int(counts.sum()))
    pixels = {tile: max(int(np.bitwise_count(data).sum()), others.get(tile, 0)) for tile, data in covered.items()}
    return [
        replace(scene, clear_share=clear[id(scene)] / pixels[scene.mgrs_tile])
        if id(scene) in clear and pixels[scene.mgrs_tile]
        else scene
        for scene in scenes
    ]


def _in_metres(region: Region) -> bool:
    return region.grid.crs is not None and bool(region.grid.crs.projected)


def _is_worth_it(scene: Scene, region: Region) -> bool:
    """Return whether what a scene shows of a place may differ from what it shows in all, or is to leave it."""
    part = _part(scene, region)
    differs = part < NEARLY_ALL * scene.footprint.area or scene.usable < LEAST_USABLE
    return SCL in scene.hrefs and part > 0 and differs


def _part(scene: Scene, region: Region) -> float:
    return float(scene.footprint.intersection(region.ground).area)


def _pixels(scenes: Iterable[Scene], region: Region, counted: int) -> dict[str, int]:
    """Return how many of a place's `counted` pixels each tile shows, by the scene with the largest footprint there."""
    most: dict[str, float] = {}
    for scene in scenes:
        most[scene.mgrs_tile] = max(most.get(scene.mgrs_tile, 0.0), _part(scene, region))
    return {tile: int(part / region.ground.area * counted) for tile, part in most.items()}


def _look(scene: Scene, grid: GeoBox, counts: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], int] | None:
    """Return where a scene has data, as bits, and in how many pixels it is clear, of those that count.

    None if it is not read.
    """
    try:
        codes = load_scene_classification([scene], grid)[0].compute(scheduler="synchronous")
    except UnreachableError:
        return None
    return np.packbits((codes != NO_DATA).values & counts), int((clear_sky(codes).values & counts).sum())
