"""Reference maps of the place, downloaded when they are shown."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.own_map import OwnMap
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS
from lulc_explorer.layers.fetched_map import FetchedMap
from lulc_explorer.layers.reference_maps import OWN_MAP

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

    own = param.ClassSelector(class_=OwnMap, allow_None=True, doc="The map of one's own that was uploaded.")
    fetched = param.Dict(default={}, doc="Reference maps of this place, as `FetchedMap`, by collection.")

    def __init__(self, open_map: OpenMap, remarks: Remarks) -> None:
        super().__init__()
        self._map = open_map
        self._remarks = remarks

    def take(self, own: OwnMap) -> None:
        """Hold another map of one's own, which is read when it is shown."""
        self.forget()
        self.fetched = {name: fetched for name, fetched in self.fetched.items() if name != OWN_MAP}
        self.own = own

    def forget(self) -> None:
        """Remove the file that was uploaded."""
        if self.own is not None:
            self.own.forget()

    async def fetch(self, names: Iterable[str]) -> None:
        """Download those that are shown and have not been downloaded."""
        there = {*REFERENCE_MAPS, *([OWN_MAP] if self.own else [])}
        for name in {*names} & there:
            before = self.fetched.get(name)
            if self._map.land_cover is not None and (before is None or before.again):
                await self._fetch(name, self._map.land_cover)

    async def _fetch(self, name: str, land_cover: LandCoverMap) -> None:
        cancel = threading.Event()
        own = self.own if name == OWN_MAP else None
        read = partial(own.read, land_cover.request.region) if own else partial(land_cover.reference_map, name)
        coming = asyncio.ensure_future(asyncio.to_thread(read, cancel))
        self._keep(name, FetchedMap(codes=None, words="Downloading …", coming=coming))
        try:
            found = await coming
            notes = tuple(filter(None, (found.attrs["remark"], *found.attrs["hides"])))
            classes = tuple(found.attrs.get("classes", ()))
            got = FetchedMap(codes=found.values, words="", notes=notes, classes=classes)
        except asyncio.CancelledError:
            cancel.set()
            got = FetchedMap(codes=None, words="Cancelled.", again=True)
        except Exception as error:
            got = self._failed(name, user_message(error))
        if land_cover is self._map.land_cover and own is (self.own if name == OWN_MAP else None):
            self._keep(name, got)

    def _failed(self, name: str, why: str) -> FetchedMap:
        """Say why a map is not available, and return that."""
        if name == OWN_MAP:  # said where it was uploaded
            return FetchedMap(codes=None, words="This file cannot be shown.", why=why)
        known = REFERENCE_MAPS[name]
        self._remarks.say(f"{known.title}: {why}")
        words = "Download failed." if known.published else "This file cannot be shown."
        return FetchedMap(codes=None, words=words, why=why, again=True)

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
