"""Base maps: shown only when asked for, and only when their server answers."""

from __future__ import annotations

import urllib.request

import xyzservices.providers as xyz

TILES = {"streets": xyz.OpenStreetMap.Mapnik, "imagery": xyz.Esri.WorldImagery}
NOBODY_ANSWERS = "The base map's server does not answer, so the map stays without one. Everything else works offline."
_PATIENCE_S = 3.0


def answers(name: str) -> bool:
    """Return whether a base map can be had; asks its server for one tile."""
    url = TILES[name].build_url(x=0, y=0, z=0)
    request = urllib.request.Request(url, headers={"User-Agent": "lulc-explorer"})
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as response:
            return response.status == 200
    except OSError:
        return False
