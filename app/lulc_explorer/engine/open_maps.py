"""The maps that are in memory: no more than people look at, and a few that they may come back to."""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

_MOST = 4
"""Maps kept for those who come back."""

Map = TypeVar("Map")


class OpenMaps(Generic[Map]):
    """Maps by key. One that somebody holds is found as long as it is held, so that none is read twice.

    Examples
    --------
    >>> class Map: ...
    >>> maps, held = OpenMaps(most=1), Map()
    >>> maps.add("a", held), maps.add("b", Map()), maps.add("c", Map())
    (None, None, None)
    >>> maps.get("a") is held, maps.get("b"), sorted(maps.keys())
    (True, None, ['a', 'c'])
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Map] = OrderedDict()
        self._held: WeakValueDictionary[str, Map] = WeakValueDictionary()

    def get(self, key: str) -> Map | None:
        """Return a map; None if it is not in memory."""
        with self._lock:
            return self._held.get(key)

    def keys(self) -> set[str]:
        """Return the keys of the maps in memory."""
        with self._lock:
            return set(self._held)

    def add(self, key: str, land_cover: Map) -> None:
        """Keep a map, as the one that was looked at last."""
        with self._lock:
            self._kept[key] = self._held[key] = land_cover
            self._kept.move_to_end(key)
        if self._keep(self._most):
            gc.collect()  # xarray's accessors hold what holds them; Python looks for that by number, not by size

    def release(self) -> None:
        """Keep the last alone for those who come back: somebody has left. Panel collects garbage after that."""
        self._keep(1)

    def _keep(self, most: int) -> bool:
        """Keep the maps that were looked at last, and return whether any had to go."""
        with self._lock:
            left = [self._kept.popitem(last=False) for _ in range(len(self._kept) - most)]
        return bool(left)
