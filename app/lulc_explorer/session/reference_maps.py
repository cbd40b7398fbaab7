"""Reference maps of the place, downloaded when they are shown."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS
from lulc_explorer.layers.fetched_map import FetchedMap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.open_map import OpenMap
    from lulc_explorer.session.remarks import Remarks


class ReferenceMaps(param.Parameterized):
    """The reference maps one person has shown.

    Parameters
    ----------
    open_map
        Holds the map of the place.
    remarks
        Shows why a download failed.
    """

    fetched = param.Dict(default={}, doc="Reference maps of this place, as `FetchedMap`, by collection.")

    def __init__(self, open_map: OpenMap, remarks: Remarks) -> None:
        super().__init__()
        self._map = open_map
        self._remarks = remarks

    async def fetch(self, names: Iterable[str]) -> None:
        """Download those that are shown and have not been downloaded."""
        for name in {*names} & {*REFERENCE_MAPS}:
            before = self.fetched.get(name)
            if self._map.land_cover is not None and (before is None or before.again):
                await self._fetch(name, self._map.land_cover)

    async def _fetch(self, name: str, land_cover: LandCoverMap) -> None:
        cancel = threading.Event()
        coming = asyncio.ensure_future(asyncio.to_thread(land_cover.reference_map, name, cancel))
        self._keep(name, FetchedMap(codes=None, words="Downloading …", coming=coming))
        try:
            found = await coming
            notes = tuple(filter(None, (found.attrs["remark"], *found.attrs["hides"])))
            got = FetchedMap(codes=found.values, words="", notes=notes)
        except asyncio.CancelledError:
            cancel.set()
            got = FetchedMap(codes=None, words="Cancelled.", again=True)
        except Exception as error:
            words = "Download failed." if REFERENCE_MAPS[name].published else "This file cannot be shown."
            got = FetchedMap(codes=None, words=words, again=True)
            self._remarks.say(f"{REFERENCE_MAPS[name].title}: {user_message(error)}")
        if land_cover is self._map.land_cover:
            self._keep(name, got)

    async def press(self, name: str) -> None:
        """Cancel a download that is running; retry one that failed."""
        fetched = self.fetched.get(name)
        if fetched is not None and fetched.coming is not None:
            fetched.coming.cancel()
        else:
            await self.fetch([name])

    def action(self, name: str) -> str:
        """Return the label of `press`; empty if it does nothing."""
        fetched = self.fetched.get(name)
        if fetched is None:
            return ""
        return "Cancel" if fetched.coming is not None else "Try again" if fetched.again else ""

    def _keep(self, name: str, fetched: FetchedMap) -> None:
        self.fetched = {**self.fetched, name: fetched}
