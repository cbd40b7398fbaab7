"""The app with small simulated places, for `panel serve`: all of it is real but the size, and what a test plants.

The folder `PLANTED` may hold two files. While `fault` is there, a map cannot be saved: a crash. While `hold` is there,
every map that is being made stops at its first step, but for those of the places that it names, until it is cancelled.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "app"), str(ROOT / "tests")]

import making
from lulc_explorer.engine.land_cover_map import LandCoverMap
from lulc_explorer.engine.repository import MapRepository, the_repository

if any(place.region.grid.shape.x > making.SMALL for place in the_repository().places.values()):
    names = os.environ.get("SMALL_PLACES", "laos belgium").split()
    making.shrink(the_repository(), *names, edge=making.SMALL)

if "PLANTED" in os.environ and not hasattr(MapRepository, "plain_make"):  # once, though this runs for every person
    planted = Path(os.environ["PLANTED"])
    MapRepository.plain_make, LandCoverMap.plain_file = MapRepository.make, LandCoverMap.map_file

    def make(self, order, progress, cancel, hold=planted / "hold"):
        def step(now):
            progress(now)
            while hold.exists() and order.place.key not in hold.read_text().split() and not cancel.wait(0.05):
                pass

        return self.plain_make(order, step, cancel)

    def map_file(self, composite, fault=planted / "fault"):
        return 1 / 0 if fault.exists() else self.plain_file(composite)

    MapRepository.make, LandCoverMap.map_file = make, map_file

exec(compile((ROOT / "app" / "main.py").read_text(), "main.py", "exec"))
