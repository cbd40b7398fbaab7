"""The app with small simulated places, for `panel serve`: all of it is real but the size, and what a test plants.

A place of one's own stays as it is. The folder `PLANTED` may hold three files. While `fault` is there, a map cannot be
saved: a crash. While `hold` is there, every map that is being made stops at its first step, and while `hold-predict`
is, at its first of that stage, but for those of the places that the file names, until it is cancelled.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "app"), str(ROOT / "tests")]

import making
from lulc_explorer.engine.land_cover_map import LandCoverMap
from lulc_explorer.engine.repository import MapRepository, the_repository

store = the_repository()
if any(place.simulated and place.region.grid.shape.x > making.SMALL for place in store.places.values()):
    names = os.environ.get("SMALL_PLACES", "laos belgium").split()
    own = {key: place for key, place in store.places.items() if not place.simulated}
    store.places = own | making.shrink(store, *names, edge=making.SMALL).places

if "PLANTED" in os.environ and not hasattr(MapRepository, "plain_make"):  # once, though this runs for every person
    planted = Path(os.environ["PLANTED"])
    MapRepository.plain_make, LandCoverMap.plain_file = MapRepository.make, LandCoverMap.map_file

    def make(self, order, progress, cancel, planted=planted):
        def held(name):
            try:
                return order.place.key not in (planted / name).read_text().split()
            except FileNotFoundError:
                return False

        def step(now):
            progress(now)
            for name in ("hold", f"hold-{now.stage}"):
                while held(name) and not cancel.wait(0.05):
                    pass

        return self.plain_make(order, step, cancel)

    def map_file(self, *given, fault=planted / "fault"):
        return 1 / 0 if fault.exists() else self.plain_file(*given)

    MapRepository.make, LandCoverMap.map_file = make, map_file

exec(compile((ROOT / "app" / "main.py").read_text(), "main.py", "exec"))
