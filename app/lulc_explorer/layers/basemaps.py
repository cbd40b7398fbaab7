"""Base maps: shown on request, if their server responds."""

from __future__ import annotations

import urllib.request

import xyzservices.providers as xyz

TILES = {"streets": xyz.OpenStreetMap.Mapnik, "imagery": xyz.Esri.WorldImagery}
NAMES = {"imagery": TILES["imagery"](variant="Reference/World_Boundaries_and_Places")}
"""Names of places for base maps that have none, from the same server."""
NOBODY_ANSWERS = "The base map could not be reached, check your connection. Everything else works offline."
_PATIENCE_S = 3.0


def answers(name: str) -> bool:
    """Return whether the server of a base map responds to a request for one tile."""
    url = TILES[name].build_url(x=0, y=0, z=0)
    request = urllib.request.Request(url, headers={"User-Agent": "lulc-explorer"})
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as response:
            return response.status == 200
    except OSError:
        return False
