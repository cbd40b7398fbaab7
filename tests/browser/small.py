"""The app with small simulated places, for `panel serve`: all of it is real but the size."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "app"), str(ROOT / "tests")]

import making
from lulc_explorer.engine import land_cover_map as results
from lulc_explorer.engine import repository as store

FAULT = Path(os.environ["LULC_CACHE"]).with_name("fault")
"""While this file is there, a map cannot be saved: a crash for the tests to plant."""

if any(place.region.grid.shape.x > making.SMALL for place in store.the_repository().places.values()):
    making.shrink(store.the_repository(), "laos", "belgium", edge=making.SMALL)
if not hasattr(results.LandCoverMap, "sound"):
    results.LandCoverMap.sound = results.LandCoverMap.map_file
    results.LandCoverMap.map_file = lambda self, composite, fault=FAULT: (
        1 / 0 if fault.exists() else self.sound(composite)
    )
exec(compile((ROOT / "app" / "main.py").read_text(), "main.py", "exec"))
