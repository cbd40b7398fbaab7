"""The app with small simulated places, for `panel serve`: all of it is real but the size."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "app"), str(ROOT / "tests")]

import making
import store

if any(place.region.grid.shape.x > making.SMALL for place in store.the_store().places.values()):
    making.shrink(store.the_store(), "laos", "belgium", edge=making.SMALL)
exec(compile((ROOT / "app" / "main.py").read_text(), "main.py", "exec"))
