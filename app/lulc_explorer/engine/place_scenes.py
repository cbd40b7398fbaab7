"""The scenes of a place and a year without a map of them: what interpreters look at needs none."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cachetools import LRUCache

import lulc_core as lulc
from lulc_explorer.analysis.shown_imagery import SHOWN_BANDS, Window
from lulc_explorer.engine.asking import asked
from lulc_explorer.rendering.formatting import to_the_minute

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from odc.geo.geobox import GeoBox

    from lulc_explorer.engine.requests import MapRequest

_KEPT = 8
"""Places and years whose scenes a process knows; of imagery it keeps nothing here."""
_known: LRUCache[str, PlaceScenes] = LRUCache(_KEPT)
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaceScenes:
    """The scenes that a map would be made of; windows of them are read when they are asked for."""

    request: MapRequest
    catalog: Path | str
    """Where they were found."""
    selection: lulc.Selection
    times: xr.DataArray
    """When each acquisition was taken, UTC, datetime64, dim time; with the coordinate `scene`, its id."""

    @property
    def grid(self) -> GeoBox:
        """That of the map."""
        return self.request.region.grid

    @property
    def origin(self) -> str:
        """Where what is read comes from: it never changes."""
        return f"scenes:{self.request.key}"

    @property
    def simulated(self) -> bool:
        """Whether the imagery is not real."""
        return any(scene.simulated for scene in self.selection)

    @property
    def moments(self) -> tuple[str, ...]:
        """When each acquisition was taken, UTC, to the minute."""
        return to_the_minute(self.times)

    def window(self, rows: slice, columns: slice) -> Window:
        """Read a part of every scene; raises `UserError` if none can be read."""
        offered = {band for scene in self.selection for band in (*scene.hrefs, *scene.refused)}
        bands = [band for band in SHOWN_BANDS if band in offered]
        found = lulc.read_quicklooks(self.selection, self.grid[rows, columns], bands)
        unread = int((~found["read"]).sum())
        return Window(clear=found["clear"], imagery=found["quicklook"], unread=unread)


def find_scenes(request: MapRequest) -> PlaceScenes | None:
    """Return the scenes of a place and a year if this process knows them, and they are still there; else None."""
    with _lock:
        found = _known.get(request.key)
    lost = found is not None and isinstance(found.catalog, Path) and not found.catalog.exists()
    return None if lost else found


def open_scenes(request: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> PlaceScenes:
    """Search and choose the scenes that a map would be made of; raises `UserError`."""
    engine = asked(request, progress, cancel)
    selection = engine.choose_scenes(lambda _: None, progress=progress, cancel=cancel)
    times = lulc.load_scene_classification(selection, engine.region.grid)["time"]
    found = PlaceScenes(request=request, catalog=engine.catalog, selection=selection, times=times)
    with _lock:
        _known[request.key] = found
    return found
