"""How cost grows with pixels, scenes, classes and cores: core seconds at several sizes each, and the exponent.

Run: ``python -P benchmarks/growth.py``. Simulated imagery, the shipped network, one core but for the last table.
Medians of interleaved rounds. The exponent is the slope of a line through the logarithms: 1 grows as the size does, 0
not at all. For cores it is that of the wall time, of which a busy machine tells little: -1 is twice as fast on two.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

import lulc_core as lulc
from lulc_core.cores import at_most, cores

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3
EDGES, SCENES, CLASSES = (496, 720, 1024, 1440), (1, 2, 4, 8), (2, 4, 8, 16)
SCENE_PX, MAP_PX, MAP_SCENES = 400, 1000, 6


def seconds(acts: dict[int, Callable[[], object]], clock: Callable[[], float]) -> dict[int, float]:
    """Return the median seconds of what is done at each size; the first round, which compiles, does not count."""
    taken = defaultdict(list)
    for counted in range(ROUNDS + 1):
        for size, act in acts.items():
            start = clock()
            act()
            if counted:
                taken[size].append(clock() - start)
    return {size: float(np.median(each)) for size, each in taken.items()}


def show(title: str, taken: dict[int, float]) -> None:
    slope = np.polyfit(np.log(list(taken)), np.log(list(taken.values())), 1)[0] if len(taken) > 1 else np.nan
    each = ", ".join(f"{size:,}: {one:.3f} s" for size, one in taken.items())
    print(f"{title:34} {each}; exponent {slope:.2f}", flush=True)


def images(edge: int, scenes: int) -> xr.DataArray:
    place = lulc.simulate_place("belgium", 2022, shape=(edge, edge), acquisitions=scenes)
    return place.reflectance[:scenes].compute()


def legend_of(count: int) -> lulc.Legend:
    """A legend of so many classes."""
    return lulc.Legend(
        tuple(
            lulc.LandCoverClass(code=code, name=f"class {code}", colour=(code, 0, 0), definition="Made up.")
            for code in range(1, count + 1)
        )
    )


def votes_of(count: int) -> Callable[[], object]:
    """Compositing labels of so many classes."""
    random, shape, dims = np.random.default_rng(0), (MAP_SCENES, MAP_PX, MAP_PX), ("time", "y", "x")
    label = random.integers(1, count + 1, shape).astype(np.uint8)
    confidence = random.integers(60, 256, shape).astype(np.uint8)
    predictions, legend = xr.Dataset({"label": (dims, label), "confidence": (dims, confidence)}), legend_of(count)
    return lambda: lulc.composite(predictions, legend)


def main() -> None:
    with at_most(1):
        model = lulc.Model.open("unet-simulated")
        print(f"{model.runtime}, {model.precision}")
        shots = {edge: images(edge, 1) for edge in EDGES}
        by_pixels = {edge**2: (lambda shot=shot: lulc.predict(shot, model)) for edge, shot in shots.items()}
        show("predict, by pixels", seconds(by_pixels, time.process_time))
        series = images(SCENE_PX, SCENES[-1])
        by_scenes = {n: (lambda n=n: lulc.composite(lulc.predict(series[:n], model))) for n in SCENES}
        show("predict and composite, by scenes", seconds(by_scenes, time.process_time))
        show("composite, by classes", seconds({n: votes_of(n) for n in CLASSES}, time.process_time))
    by_cores = {}
    for n in sorted({min(n, cores()) for n in (1, 2, 4, 8)}):
        with at_most(n):
            model = lulc.Model.open("unet-simulated")
            by_cores[n] = lambda model=model: lulc.predict(shots[1024], model)
            by_cores[n]()  # compiled within these cores
    show("predict, wall, by cores", seconds(by_cores, time.perf_counter))
    show("predict, core, by cores", seconds(by_cores, time.process_time))


if __name__ == "__main__":
    main()
